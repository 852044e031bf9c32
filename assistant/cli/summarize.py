"""The command that summarizes."""

from __future__ import annotations

import dataclasses
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.ask import CpuMoe, Device, GpuLayers, computed_on
from assistant.cli.exits import UsageError
from assistant.cli.render import figures, quoted, stats_object
from assistant.cli.session import Session, command
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from assistant.answers.summarizing import Summarizer
    from assistant.dialogue import Sentence, Summary
    from ingest.documents import Document

FORMS = ("md", "bullets", "json")


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(summarize)


def summarize(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE|DIR", help="In the library or not; - reads stdin.")],
    length: Annotated[str, typer.Option("--length", help="short, medium or long.")] = "medium",
    form: Annotated[str, typer.Option("--format", help="md, bullets or json.")] = "md",
    focus: Annotated[str, typer.Option("--focus", help="What it is to be about.")] = "",
    language: Annotated[
        str, typer.Option("--lang", help="The language to write in, for models that write.")
    ] = "",
    gpu_layers: GpuLayers = None,
    device: Device = None,
    cpu_moe: CpuMoe = None,
) -> None:
    """Summarize a whole document, section by section, or every document of a folder."""
    # 0.3 s: the parsers and numpy.
    from assistant.dialogue import Length
    from assistant.library.oneshot import summarizer

    if length not in set(Length):
        raise UsageError(f"There is no length {length}.", remedy="Lengths are short, medium and long.")
    if form not in FORMS:
        raise UsageError(f"There is no format {form}.", remedy="Formats are md, bullets and json.")
    session = computed_on(session, gpu_layers, device, cpu_moe)
    session = dataclasses.replace(session, as_json=session.as_json or form == "json")
    folder = Path(file) if file != "-" and Path(file).is_dir() else None
    wanted = Length(length)
    with summarizer(
        session.config, library=session.library, length=wanted, focus=focus, language=language
    ) as made_for:
        if folder is not None:
            _summarize_folder(session, folder, made_for, form)
            return
        document = _document(session, file)
        summary = _summary(session, made_for(document), document)
    _print_summary(session, summary, form)
    session.print_json(_object(summary, "-" if file == "-" else document.path))


def _document(session: Session, file: str) -> Document:
    from assistant.library.oneshot import read_document, read_text

    if file == "-":
        return read_text(sys.stdin.buffer.read())
    return read_document(Path(file), session.config)


def _summarize_folder(
    session: Session, folder: Path, made_for: Callable[[Document], Summarizer], form: str
) -> None:
    """Each document by itself, then all of them together. One that cannot be read is named."""
    from assistant.library.oneshot import documents_in, read_document
    from ingest.errors import UnreadableDocument

    summaries = []
    unread = []
    merge = None
    for path in documents_in(folder, session.config):
        try:
            document = read_document(path, session.config)
        except UnreadableDocument as error:
            session.say(error.message, style="yellow")
            unread.append({"path": str(path), "reason": error.message})
            continue
        merge = made_for(document)
        summary = _summary(session, merge, document)
        summaries.append(summary)
        session.print(one_line(str(path)), style="bold")
        _print_text(session, summary, form)
        session.print()
    whole = merge.merged([each.text for each in summaries], folder.resolve().name) if merge else ""
    session.print(f"All of {one_line(str(folder))}", style="bold")
    session.print(whole)
    session.say(f"{len(summaries)} of {len(summaries) + len(unread)} files were read", style="dim")
    session.print_json(
        {
            "path": str(folder.resolve()),
            "summary": whole,
            "documents": [_object(each, each.path) for each in summaries],
            "unread": unread,
        }
    )


def _summary(session: Session, summarizer: Summarizer, document: Document) -> Summary:
    """The summary, with its progress. Ctrl-C keeps what is done."""
    from assistant.dialogue import Summary

    with session.progress("parts") as watch, interruptible() as interrupted:
        for event in summarizer.summarize(document, cancelled=interrupted):
            if isinstance(event, Summary):
                summary = event
            else:
                watch(event.done, event.total, " › ".join(event.heading) or document.title)
    return summary


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one ends the command."""
    pressed: list[int] = []

    def press(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        pressed.append(number)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def _print_summary(session: Session, summary: Summary, form: str) -> None:
    _print_text(session, summary, form)
    if len(summary.sections) > 1 and form == "md":
        for section in summary.sections:
            session.print()
            session.print(_section_place(section.heading, section.pages, section.lines), style="bold")
            session.print(section.summary)


def _print_text(session: Session, summary: Summary, form: str) -> None:
    if form == "bullets":
        for sentence in summary.sentences:
            session.print(f"- {quoted(sentence.text)}{_mark(sentence)}")
    else:
        session.print(" ".join(f"{quoted(each.text)}{_mark(each)}" for each in summary.sentences))
    for sentence in summary.sentences:
        if sentence.verdict == "unbacked":
            session.say(f"not backed: {quoted(sentence.text)} ({sentence.reason})", style="yellow")
    read = len(summary.sections)
    broken_off = "" if read == summary.parts else "; run it again to go on from here"
    session.say(f"{read} of {summary.parts} parts of the document were read{broken_off}", style="dim")
    session.say(figures(summary.stats), style="dim")


def _mark(sentence: Sentence) -> str:
    return " [?]" if sentence.verdict == "unbacked" else ""


def _object(summary: Summary, path: str) -> dict[str, Any]:
    return {
        "path": path,
        "summary": summary.text,
        "sentences": [
            {"text": each.text, "verdict": each.verdict, "reason": each.reason} for each in summary.sentences
        ],
        "sections": [
            {
                "heading": list(section.heading),
                **({"pages": list(section.pages)} if section.pages else {}),
                **({"lines": list(section.lines)} if section.lines else {}),
                "summary": section.summary,
            }
            for section in summary.sections
        ],
        "coverage": {"parts": summary.parts, "read": len(summary.sections)},
        "stats": stats_object(summary.stats),
    }


def _section_place(
    heading: Sequence[str], pages: tuple[int, int] | None, lines: tuple[int, int] | None
) -> str:
    spans = {"pages": pages, "lines": lines}
    where = ", ".join(f"{unit} {span[0]}-{span[1]}" for unit, span in spans.items() if span)
    return one_line(" · ".join(filter(None, (" › ".join(heading), where))))
