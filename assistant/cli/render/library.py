"""What the library holds, and what indexing did."""

from __future__ import annotations

import dataclasses
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant import formatting
from policies import network
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assistant.cli.output import Output
    from assistant.library.facade import Indexing, Status
    from assistant.models.finding import VerifiedModel
    from assistant.policyfile import PolicyReport
    from ingest.catalogue import DocumentEntry
    from ingest.progress import Report
    from policies.network import Seal

_STATES = ("indexed", "pending", "failed", "skipped")
"""The states of documents, in the order they are counted for people."""

FAILURES_SHOWN = 10
"""Failed files that are named after indexing; `carrel ls` lists them all."""

EXCLUDED_SHOWN = 3
"""Excluded files that are named after indexing."""

_PAGED = ("pdf", "presentation")
"""How the media types of documents with pages end."""

HIDDEN_SHOWN = 5
"""Hidden texts of one document that are listed."""


def print_report(output: Output, path: Path, report: Report) -> None:
    """Prints what indexing `path` did, and on stderr the first files that failed."""
    counts = {
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": len(report.failed),
        "skipped": len(report.skipped),
        "never indexed": report.never,
    }
    chunks = formatting.count_of(report.chunks, "chunk")
    summary = f"{counts_in_words(counts) or 'no files'}; {chunks} in {report.seconds:.1f} s"
    output.print(f"{one_line(str(path))}: {summary}")
    for failed, reason in report.failed[:FAILURES_SHOWN]:
        output.warn(f"  failed: {one_line(failed)}: {reason}")
    if len(report.failed) > FAILURES_SHOWN:
        more = formatting.count_of(len(report.failed) - FAILURES_SHOWN, "more failed file")
        output.warn(f"  {more}; `carrel ls` lists them all.")
    if report.excluded:
        names = ", ".join(one_line(Path(excluded).name) for excluded in report.excluded[:EXCLUDED_SHOWN])
        more = ", …" if len(report.excluded) > EXCLUDED_SHOWN else ""
        files = "1 file stays" if len(report.excluded) == 1 else f"{len(report.excluded):,} files stay"
        output.note(
            f"  {files} excluded after `carrel rm` or `carrel forget`: {names}{more}. To take a file in, add"
            f" it by name: carrel add {one_line(shlex.quote(report.excluded[0]))}"
        )


def counts_in_words(counts: Mapping[str, int]) -> str:
    """`3 added, 1 failed`: the counts above zero."""
    return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)


def report_object(path: Path, report: Report) -> dict[str, Any]:
    """What indexing `path` did, for `--json`."""
    return {
        "path": str(path.absolute()),
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": [{"path": failed, "reason": reason} for failed, reason in report.failed],
        "skipped": [{"path": skipped, "reason": reason} for skipped, reason in report.skipped],
        "excluded": list(report.excluded),
        "never": report.never,
        "chunks": report.chunks,
        "embedded": report.embedded,
        "seconds": round(report.seconds, 3),
    }


def print_empty_library(output: Output) -> None:
    """Says on stderr that the library is empty, and how to add documents."""
    output.note("The library is empty. Add documents with: carrel add FOLDER")


def print_searchable(output: Output, status: Status) -> None:
    """Says on stderr if the library is empty, or if part of it cannot be found yet."""
    text = formatting.describe_searchable(status.counts, status.indexing.files)
    if text:
        output.note(text, style="yellow")
    elif not status.counts.chunks:
        print_empty_library(output)


def print_documents(output: Output, entries: Sequence[DocumentEntry]) -> None:
    """Prints the documents with their state, and the chunks or the reason why there are none."""
    if not entries:
        print_empty_library(output)
    for entry in entries:
        details = [entry.reason or formatting.count_of(entry.chunks, "chunk"), *entry.collections]
        output.print(f"{entry.state:8} {one_line(entry.path)}  ({', '.join(details)})")
        for piece in entry.hidden[:HIDDEN_SHOWN]:
            page = f"page {piece.page}: " if (entry.media_type or "").endswith(_PAGED) else ""
            output.print(f"         {page}{formatting.hidden_text(piece)}", style="yellow")
        if len(entry.hidden) > HIDDEN_SHOWN:
            more = formatting.count_of(len(entry.hidden) - HIDDEN_SHOWN, "more hidden text")
            output.print(f"         {more}", style="yellow")


def documents_object(entries: Sequence[DocumentEntry]) -> dict[str, Any]:
    """The documents for `--json`."""
    return {
        "documents": [
            {
                "path": entry.path,
                "state": entry.state,
                "reason": entry.reason,
                "chunks": entry.chunks,
                "bytes": entry.bytes,
                "media_type": entry.media_type,
                "names": list(entry.names),
                "indexed_at": entry.indexed_at,
                "digest": entry.digest,
                "mtime": entry.mtime,
                "collections": list(entry.collections),
                "hidden": [
                    {"page": piece.page, "how": piece.how, "text": piece.text} for piece in entry.hidden
                ],
            }
            for entry in entries
        ]
    }


def print_status(
    output: Output,
    status: Status,
    models: Mapping[str, VerifiedModel],
    seal: Seal,
    *,
    attached: bool,
    device_problem: str,
    policies: PolicyReport,
) -> None:
    """Prints the library at a glance.

    attached: whether another process owns the library.
    device_problem: why a GPU is not used although it could be; empty if there is none.
    policies: the rules that the owner enforces.
    """
    output.print(f"library    {one_line(str(status.library))}")
    for source in status.sources:
        offline = f"  (offline: {source.offline})" if source.offline else ""
        output.print(f"source     {one_line(source.path)}{offline}")
    documents = {str(state): count for state, count in status.counts.documents.items()}
    counts = {state: documents.get(state, 0) for state in _STATES}
    output.print(f"documents  {counts_in_words(counts) or 'none'}")
    output.print(f"chunks     {status.counts.chunks:,}")
    output.print(f"owner      {_describe_owner(status.indexing, attached=attached)}")
    if status.indexing.problem:
        output.print(f"problem    {status.indexing.problem}", style="bold red")
    for role, model in models.items():
        output.print(f"{role:10} {one_line(model.name)} ({model.sha256[:12]}, {model.source})")
    if device_problem:
        output.print(f"devices    {device_problem}", style="bold red")
    if policies.file:
        output.print(f"policies   {one_line(policies.file)} (`carrel policy show` lists them)")
    output.print(f"network    {seal.detail}")
    if not status.sources:
        print_empty_library(output)


def status_object(
    status: Status, models: Mapping[str, VerifiedModel], policies: PolicyReport, *, attached: bool
) -> dict[str, Any]:
    """The library at a glance, for `--json`."""
    return {
        "library": str(status.library),
        "sources": [dataclasses.asdict(source) for source in status.sources],
        "documents": {str(state): count for state, count in status.counts.documents.items()},
        "chunks": status.counts.chunks,
        "indexing": dataclasses.asdict(status.indexing) | {"attached": attached},
        "models": {
            role: {"name": model.name, "sha256": model.sha256, "source": model.source}
            for role, model in models.items()
        },
        "policies": policies.file or None,
        "sealed": network.sealed(),
    }


def _describe_owner(indexing: Indexing, *, attached: bool) -> str:
    """Which process owns the library, and how far its indexing is."""
    parts = ["another process" if attached else "this process"]
    parts += ["watching for changes"] if indexing.watching else []
    parts += ["paused"] if indexing.paused else []
    if indexing.files:
        parts.append(f"{formatting.count_of(indexing.files, 'file')} to read")
    if indexing.texts:
        parts.append(f"{formatting.count_of(indexing.texts, 'chunk')} to embed")
    if indexing.files and indexing.files_per_second:
        parts.append(f"{indexing.files_per_second:.1f} files/s")
    if indexing.seconds_left is not None:
        parts.append(f"about {formatting.duration(indexing.seconds_left)} left")
    return ", ".join(parts)
