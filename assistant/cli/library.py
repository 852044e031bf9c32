"""Commands about what the library holds: add, ls, status, rm, retry, reindex, pause, resume."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.exits import Exit
from assistant.cli.session import Session, command
from policies import network
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.facade import Assistant, Indexing
    from ingest.pipeline import Report

FAILURES_SHOWN = 10
"""Failed files named after indexing; `carrel ls` lists the rest."""


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (add, ls, status, rm, retry, reindex, pause, resume):
        command(app)(function)


def add(
    session: Session,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Folders and files.")],
) -> Exit:
    """Index folders and files. What has not changed since the last time is left as it is."""
    with session.open() as assistant:
        reports = [(path, _add(session, assistant, path.absolute())) for path in paths]
        unreadable = [path for path in paths if not assistant.holds(path.absolute())]
    for path, report in reports:
        _print_report(session, path, report)
        if path in unreadable:
            seen = report.failed or report.skipped or report.unchanged
            why = "`carrel ls` gives the reasons." if seen else "It holds no file that Carrel looks at."
            session.say(f"Nothing in {one_line(str(path))} can be asked about. {why}", style="yellow")
    session.print_json({"sources": [report_object(path, report) for path, report in reports]})
    return Exit.FAILED if unreadable else Exit.DONE


def _add(session: Session, assistant: Assistant, path: Path) -> Report:
    from ingest.pipeline import Report

    report = None
    with session.progress("files") as watch:
        # To the end, and not only to the report: a call that is left takes its connection with it.
        for event in assistant.add(path):
            if isinstance(event, Report):
                report = event
            else:
                watch(event.files_done, event.files_total, Path(event.path).name)
    assert report is not None, "indexing ends with a report"
    return report


def _print_report(session: Session, path: Path, report: Report) -> None:
    parts = [
        f"{count} {word}"
        for count, word in (
            (report.added, "added"),
            (report.changed, "changed"),
            (report.moved, "moved"),
            (report.unchanged, "unchanged"),
            (report.removed, "removed"),
            (len(report.failed), "failed"),
            (len(report.skipped), "skipped"),
        )
        if count
    ]
    done = f"{', '.join(parts) or 'empty'}; {report.chunks} chunks in {report.seconds:.1f} s"
    session.print(f"{one_line(str(path))}: {done}")
    for failed, reason in report.failed[:FAILURES_SHOWN]:
        session.say(f"  failed: {one_line(failed)}: {reason}", style="yellow")
    if len(report.failed) > FAILURES_SHOWN:
        session.say(f"  and {len(report.failed) - FAILURES_SHOWN} more: carrel ls", style="yellow")


def report_object(path: Path, report: Report) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "failed": [{"path": failed, "reason": reason} for failed, reason in report.failed],
        "skipped": [{"path": skipped, "reason": reason} for skipped, reason in report.skipped],
        "chunks": report.chunks,
        "embedded": report.embedded,
        "seconds": round(report.seconds, 3),
    }


def ls(session: Session) -> None:
    """List the documents, with the reason of each that could not be read."""
    with session.open() as assistant:
        entries = assistant.entries()
    for entry in entries:
        held = f"{entry.chunks} chunks" if not entry.reason else entry.reason
        session.print(f"{entry.state:8} {one_line(entry.path)}  ({held})")
    session.print_json(
        {
            "documents": [
                {
                    "path": entry.path,
                    "state": entry.state,
                    "reason": entry.reason,
                    "chunks": entry.chunks,
                    "bytes": entry.bytes,
                    "media_type": entry.media_type,
                    "indexed_at": entry.indexed_at,
                }
                for entry in entries
            ]
        }
    )


def status(session: Session) -> None:
    """Show the sources, how many documents are in which state, the models, and the seal."""
    # 0.15 s: llama.cpp's libraries.
    from assistant.engine.devices import unused_gpu_build

    with session.open() as assistant:
        state = assistant.status()
        held = assistant.models()
    documents = {str(key): count for key, count in state.counts.documents.items()}
    session.print(f"library    {one_line(str(state.library))}")
    for source in state.sources:
        offline = f"  (offline: {source.offline})" if source.offline else ""
        session.print(f"source     {one_line(source.path)}{offline}")
    session.print(f"documents  {', '.join(f'{count} {key}' for key, count in documents.items())}")
    session.print(f"chunks     {state.counts.chunks}")
    session.print(f"owner      {_owner(state.indexing, attached=session.attached)}")
    if state.indexing.problem:
        session.print(f"problem    {state.indexing.problem}", style="bold red")
    for role, model in held.items():
        session.print(f"{role:10} {one_line(model.name)} ({model.sha256[:12]}, {model.source})")
    unused = unused_gpu_build()
    if unused:
        session.print(f"devices    {unused}", style="bold red")
    session.print(f"network    {session.seal.detail}")
    session.print_json(
        {
            "library": str(state.library),
            "sources": [dataclasses.asdict(source) for source in state.sources],
            "documents": documents,
            "chunks": state.counts.chunks,
            "indexing": dataclasses.asdict(state.indexing) | {"attached": session.attached},
            "models": {
                role: {"name": model.name, "sha256": model.sha256, "source": model.source}
                for role, model in held.items()
            },
            "sealed": network.sealed(),
        }
    )


def _owner(indexing: Indexing, *, attached: bool) -> str:
    """Who owns the library, and what it is doing, in words."""
    parts = ["another process" if attached else "this process"]
    parts += ["watching"] if indexing.watching else []
    parts += ["paused"] if indexing.paused else []
    if indexing.files:
        parts.append(f"{indexing.files} files to read")
    if indexing.texts:
        parts.append(f"{indexing.texts} chunks to embed")
    if indexing.files_per_second:
        parts.append(f"{indexing.files_per_second:.1f} files/s")
    if indexing.seconds_left is not None:
        parts.append(f"about {indexing.seconds_left:.0f} s left")
    return ", ".join(parts)


def rm(
    session: Session,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A document, a folder, or a source.")],
) -> None:
    """Take documents out of the library. The files stay where they are."""
    with session.open() as assistant:
        removed = assistant.remove(path.absolute())
    session.print(f"{one_line(str(path))}: {removed} removed from the library")
    session.print_json({"path": str(path.absolute()), "removed": removed})


def retry(
    session: Session,
    path: Annotated[
        Path | None, typer.Argument(metavar="[PATH]", help="A document or folder; all of them by default.")
    ] = None,
) -> None:
    """Read the files again that could not be read."""
    with session.open() as assistant:
        tried = assistant.retry(path.absolute() if path else None)
        if not session.attached:
            # Nobody else will.
            for source in assistant.status().sources:
                for _ in assistant.add(Path(source.path)):
                    pass
    session.print(f"{tried} files are read again" if session.attached else f"{tried} files were read again")
    session.print_json({"retried": tried})


def reindex(session: Session) -> None:
    """Make the library anew with the embedder and the chunk length that are now configured."""
    from assistant.library.reindexing import reindex
    from ingest.pipeline import Report

    reports = []
    with session.progress("files") as watch:
        for event in reindex(session.library, session.config):
            if isinstance(event, Report):
                reports.append(event)
            else:
                watch(event.files_done, event.files_total, Path(event.path).name)
    chunks = sum(report.chunks for report in reports)
    failed = sum(len(report.failed) for report in reports)
    session.print(f"the library is made anew: {chunks} chunks, {failed} files failed")
    session.print_json({"chunks": chunks, "failed": failed})


def pause(session: Session) -> None:
    """Stop indexing until `carrel resume`. Questions are answered all the same."""
    with session.open() as assistant:
        assistant.pause()
    session.print("indexing is paused")
    session.print_json({"paused": True})


def resume(session: Session) -> None:
    """Go on indexing."""
    with session.open() as assistant:
        assistant.resume()
    session.print("indexing goes on")
    session.print_json({"paused": False})
