"""Commands about the library's contents: add, ls, status, rm, retry, reindex, pause, resume."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import Exit, Interrupted
from assistant.cli.naming import located
from assistant.cli.render.library import (
    documents_object,
    print_documents,
    print_report,
    print_status,
    report_object,
    status_object,
)
from assistant.cli.session import Role, Session
from ingest.errors import IngestError
from policies.errors import PolicyRefusal
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.facade import Assistant
    from ingest.progress import Progress, Report


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (ls, status, rm, retry, pause, resume):
        command(app)(function)
    command(app, role=Role.SUCCESSOR)(add)
    command(app, role=Role.SUCCESSOR)(reindex)


def add(
    session: Session,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Folders and files.")],
) -> Exit:
    """Add folders and files to the library and index them. Unchanged files are not read again.

    Examples:
        carrel add ~/Notes
        carrel add ~/Documents/tax ~/Documents/lease.pdf
        carrel add ~/Notes --json
    """
    output = session.output
    with session.open(paths) as assistant:
        # First all of them, so that whatever interrupts the first leaves the others known.
        outcomes = assistant.add_sources([path.absolute() for path in paths])
        added = [path for path, outcome in zip(paths, outcomes, strict=True) if not outcome.problem]
        refused = [outcome for outcome in outcomes if outcome.problem]
        if not added:
            kind = PolicyRefusal if refused[0].is_forbidden else IngestError
            raise kind(refused[0].problem, remedy=refused[0].remedy)
        for outcome in outcomes:
            if outcome.problem:
                output.warn(f"{outcome.problem} {outcome.remedy}".strip())
            if outcome.part_of:
                output.note(
                    f"{one_line(str(outcome.path))} is part of the source {one_line(outcome.part_of)}."
                )
            for inner in outcome.folded:
                output.note(f"The source {one_line(inner)} is part of {one_line(str(outcome.path))} now.")
        reports = [(path, _add(session, assistant, path.absolute())) for path in added]
        without_documents = [path for path in added if not assistant.holds(path.absolute())]
    for path, report in reports:
        print_report(output, path, report)
        if path in without_documents:
            if report.failed or report.skipped or report.unchanged:
                output.warn(
                    f"No file in {one_line(str(path))} could be indexed. `carrel ls` shows the reasons."
                )
            else:
                output.warn(f"{one_line(str(path))} contains no file of a type that Carrel reads.")
    output.print_json(
        {
            "sources": [report_object(path, report) for path, report in reports],
            "refused": [{"path": str(outcome.path), "reason": outcome.problem} for outcome in refused],
        }
    )
    return Exit.FAILED if without_documents or refused else Exit.DONE


def _add(session: Session, assistant: Assistant, path: Path) -> Report:
    """Follows the indexing of a source. Raises `Interrupted` on Ctrl-C."""
    from ingest.progress import Report

    report = None
    with session.output.progress("files") as show_progress:
        try:
            # Iterated to the end: a call that is abandoned closes the connection to the owner.
            for event in assistant.add(path):
                if isinstance(event, Report):
                    report = event
                else:
                    show_progress(event.files_indexed, event.files_total, _item(event))
        except KeyboardInterrupt:
            raise _interrupted(session) from None
    assert report is not None, "indexing ends with a report"
    return report


def _item(event: Progress) -> str:
    """The file that is being read, after the number of files found only by their words."""
    by_words = event.files_done - event.files_indexed
    name = Path(event.path).name
    return f"{by_words:,} by words only  {name}" if by_words else name


def _interrupted(session: Session) -> Interrupted:
    """Says what becomes of the files when the person stops waiting for them."""
    if session.attached:
        return Interrupted(
            "The owner of the library continues to read the files.",
            remedy="`carrel status` shows how far it is, and `carrel pause` stops it.",
        )
    session.output.note("Stopping after the files that are being read now …")
    return Interrupted(
        "Interrupted. The files read so far stay in the library.",
        remedy="To continue, run the same command again, or `carrel watch`.",
    )


def ls(session: Session) -> None:
    """List the documents, with the reason for each file that failed.

    Examples:
        carrel ls
        carrel ls | grep failed
        carrel ls --json
    """
    with session.open() as assistant:
        entries = assistant.entries()
    print_documents(session.output, entries)
    session.output.print_json(documents_object(entries))


def status(session: Session) -> None:
    """Show the sources, documents, models and owner of the library.

    Examples:
        carrel status
        carrel status --json
    """
    # 0.15 s: llama.cpp's libraries.
    from assistant.engine.devices import unused_gpu_build

    with session.open() as assistant:
        state = assistant.status()
        models = assistant.models()
        policies = assistant.policies()
    print_status(
        session.output,
        state,
        models,
        session.connection.seal,
        attached=session.attached,
        device_problem=unused_gpu_build(),
        policies=policies,
    )
    session.output.print_json(status_object(state, models, policies, attached=session.attached))


def rm(
    session: Session,
    path: Annotated[
        str, typer.Argument(metavar="PATH|NAME", help="A document, a folder, or a source: its path or name.")
    ],
) -> None:
    """Remove documents from the library. The files themselves are not touched.

    Answers and summaries made from them are removed too. A path inside a source stays excluded until you
    `add` it.

    Examples:
        carrel rm ~/Notes/old
        carrel rm draft.md
    """
    with session.open() as assistant:
        place = located(assistant, path)
        receipt = assistant.remove(place)
    removed = formatting.describe_removed(len(receipt.documents), receipt.derived.answers)
    session.output.print(f"{one_line(str(place))}: {removed}")
    again = one_line(shlex.quote(str(place)))
    session.output.note(f"Files stay where they are. To index them again: carrel add {again}", style="dim")
    session.output.print_json(
        {"path": str(place), "removed": len(receipt.documents), "answers": receipt.derived.answers}
    )


def retry(
    session: Session,
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH|NAME", help="Retry only this file, or the files in this folder. Default: all."
        ),
    ] = None,
) -> None:
    """Try again to read the files that could not be indexed.

    Examples:
        carrel retry
        carrel retry ~/Notes/scan.pdf
    """
    with session.open() as assistant:
        count = assistant.retry(located(assistant, path) if path else None)
        if not session.attached:
            # No owner will read them later, so this process does.
            for source in assistant.status().sources:
                for _ in assistant.add(Path(source.path)):
                    pass
    files = formatting.count_of(count, "file")
    if not count:
        where = f" in {one_line(path)}" if path else ""
        session.output.print(f"No file{where} has failed, so there is nothing to retry.")
    elif session.attached:
        session.output.print(f"{files.capitalize()} will be read again in the background.")
    else:
        session.output.print(f"Read {files} again.")
    session.output.print_json({"retried": count})


def reindex(session: Session) -> None:
    """Rebuild the library after a change of embedder or chunk length.

    The current library stays in use until the new one is complete.

    Examples:
        carrel reindex
    """
    from assistant.library.reindexing import reindex
    from assistant.library.visits import VisitedOwner
    from ingest.progress import Report

    session.confine(create=True)
    reports = []
    with session.output.progress("files") as show_progress:
        for event in reindex(
            session.library,
            session.config,
            lock=session.connection.lock,
            open_owner=lambda config, lock: VisitedOwner(
                session.library,
                config,
                lock=lock,
                listener=session.connection.socket,
                tell=session.output.note,
            ),
        ):
            if isinstance(event, Report):
                reports.append(event)
            else:
                show_progress(event.files_indexed, event.files_total, _item(event))
    chunks = sum(report.chunks for report in reports)
    failed = sum(len(report.failed) for report in reports)
    counts = f"{formatting.count_of(chunks, 'chunk')}, {formatting.count_of(failed, 'failed file')}"
    session.output.print(f"Library rebuilt: {counts}")
    session.output.print_json({"chunks": chunks, "failed": failed})


def pause(session: Session) -> None:
    """Pause indexing until `carrel resume`. Questions are still answered.

    Examples:
        carrel pause
    """
    with session.open() as assistant:
        assistant.pause()
    session.output.print("Indexing is paused. Continue it with: carrel resume")
    session.output.print_json({"paused": True})


def resume(session: Session) -> None:
    """Continue indexing after `carrel pause`.

    Examples:
        carrel resume
    """
    with session.open() as assistant:
        assistant.resume()
    session.output.print("Indexing continues.")
    session.output.print_json({"paused": False})
