"""The command that summarizes a document or a folder."""

from __future__ import annotations

import dataclasses
import signal
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.ask import CpuMoeOption, DeviceOption, GpuLayersOption, override_devices
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.export import ForceOption, HtmlOption, MarkdownOption, exporting
from assistant.cli.naming import fitting, the_only
from assistant.cli.render.summaries import print_summary, print_summary_text, summary_object
from assistant.cli.session import Role, Session
from assistant.formatting import count_of
from ingest.errors import NotInLibrary
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.answers.summarizing import Summarizer
    from assistant.library.oneshot import OneShot
    from assistant.summary import Summary
    from ingest.documents import Document

FORMS = ("md", "bullets", "json")
"""Values of `--format`."""


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app, role=Role.ALONE)(summarize)


def summarize(
    session: Session,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|DIR|NAME",
            help="A file or folder, in the library or not, or the name of a document in the library;"
            " - reads a document from stdin.",
        ),
    ],
    length: Annotated[
        str, typer.Option("--length", metavar="LENGTH", help="short, medium or long.")
    ] = "medium",
    form: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="md, bullets or json; json is the same as --json."),
    ] = "md",
    focus: Annotated[
        str, typer.Option("--focus", metavar="TOPIC", help="Summarize what the document says about TOPIC.")
    ] = "",
    language: Annotated[
        str,
        typer.Option(
            "--lang",
            metavar="LANGUAGE",
            help="Write in this language. Small models only quote the document and ignore this.",
        ),
    ] = "",
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    force: ForceOption = False,
    gpu_layers: GpuLayersOption = None,
    device: DeviceOption = None,
    cpu_moe: CpuMoeOption = None,
) -> None:
    """Summarize a document section by section, or a whole folder.

    Ctrl-C stops early and prints the summary of the sections read so far.

    Examples:
        carrel summarize ~/Notes/minutes.md
        carrel summarize minutes
        carrel summarize report.pdf --length short --focus "the costs"
        carrel summarize - < letter.txt
    """
    from assistant.summary import Length

    if length not in set(Length):
        raise UsageError(f"There is no length {length}.", remedy="The lengths are short, medium and long.")
    if form not in FORMS:
        raise UsageError(f"There is no format {form}.", remedy="The formats are md, bullets and json.")
    session = override_devices(session, gpu_layers, device, cpu_moe)
    if form == "json":
        session = dataclasses.replace(session, output=dataclasses.replace(session.output, as_json=True))
    file = _found(session, file)
    folder = Path(file) if file != "-" and Path(file).is_dir() else None
    if folder is not None and (html or markdown):
        raise UsageError(
            "The summary of a folder cannot be written to a file yet.", remedy="Name a document in it."
        )
    with (
        exporting(session.output, html, markdown, force=force) as exports,
        _confined(session, Path(file)) as files,
    ):

        def summarizer_for(document: Document) -> Summarizer:
            return files.summarizer(document, length=Length(length), focus=focus, language=language)

        if folder is not None:
            _summarize_folder(session, files, folder, summarizer_for, form)
            return
        document = _read(session, files, file)
        summary = _summarize(session, summarizer_for(document), document)
        exports.write_summary(summary)
    print_summary(session.output, summary, form)
    session.output.print_json(summary_object(summary, "-" if file == "-" else document.path))


def _found(session: Session, wanted: str) -> str:
    """The file or folder that `wanted` names: a path, else the name of a document of the library, or `-`.

    Raises `NotInLibrary`, `UsageError` if several documents have the name, and `LibraryLocked`.
    """
    if wanted == "-" or Path(wanted).exists():
        return wanted
    # 0.3 s: the parsers and numpy.
    from assistant.library.oneshot import documents_of

    if session.library.is_dir():
        session.unlock()
    if found := fitting(documents_of(session.library), wanted):
        return the_only(found)
    raise NotInLibrary(
        f"There is no file or folder {wanted}, and no document with this name in the library.",
        remedy="Check the path; `carrel ls` lists the documents. In a shell, put quotes around spaces.",
    )


@contextmanager
def _confined(session: Session, file: Path) -> Iterator[OneShot]:
    """Confines the process to the files that a summary of `file` needs, and opens what reads them."""
    # 0.3 s: the parsers and numpy.
    from assistant.library.oneshot import OneShot

    session.confine([file])
    with OneShot(session.config, session.library) as files:
        yield files


def _read(session: Session, files: OneShot, file: str) -> Document:
    """The document in a file, or on stdin if `file` is `-`. Raises `UnreadableDocument`."""
    if file == "-":
        return files.read_bytes(session.stdin.read())
    return files.read(Path(file))


def _summarize_folder(
    session: Session,
    files: OneShot,
    folder: Path,
    summarizer_for: Callable[[Document], Summarizer],
    form: str,
) -> None:
    """Summarizes each document, then all of them together. Unreadable files are named and left out."""
    from ingest.errors import UnreadableDocument

    output = session.output
    summaries = []
    unread = []
    summarizer = None
    for path in files.documents_in(folder):
        try:
            document = files.read(path)
        except UnreadableDocument as error:
            output.warn(error.message)
            unread.append({"path": str(path), "reason": error.message})
            continue
        summarizer = summarizer_for(document)
        summary = _summarize(session, summarizer, document)
        summaries.append(summary)
        output.print(one_line(str(path)), style="bold")
        print_summary_text(output, summary, form)
        output.print()
    overall = summarizer.overview(summaries, folder.resolve().name) if summarizer else ""
    output.print(f"All of {one_line(str(folder))}", style="bold")
    output.print(overall)
    files_read = f"{len(summaries):,} of {count_of(len(summaries) + len(unread), 'file')}"
    output.note(f"Read {files_read}.", style="dim")
    output.print_json(
        {
            "path": str(folder.resolve()),
            "summary": overall,
            "documents": [summary_object(summary, summary.path) for summary in summaries],
            "unread": unread,
        }
    )


def _summarize(session: Session, summarizer: Summarizer, document: Document) -> Summary:
    """Summarizes one document and shows the progress. Ctrl-C ends it with the sections read so far."""
    from assistant.summary import Summary

    with session.output.progress("parts") as show_progress, interrupt_flag() as interrupted:
        for event in summarizer.summarize(document, cancelled=interrupted):
            if isinstance(event, Summary):
                summary = event
            else:
                show_progress(event.done, event.total, " › ".join(event.heading) or document.title)
    return summary


@contextmanager
def interrupt_flag() -> Iterator[Callable[[], bool]]:
    """Yields a function that says whether Ctrl-C was pressed; a second Ctrl-C ends the command."""
    presses: list[int] = []

    def note_press(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        presses.append(number)

    before = signal.signal(signal.SIGINT, note_press)
    try:
        yield lambda: bool(presses)
    finally:
        signal.signal(signal.SIGINT, before)
