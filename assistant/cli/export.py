"""Writing a file that was asked for: `--html FILE`, `--markdown FILE` and `--force`.

A command that opens the library confines itself first, and can then write no file of the person's. So a small
child is forked before, which can write to the one folder that was named. It writes the text beside its place
while it arrives and moves it there when it is whole. If the command ends before, it leaves nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.exits import UsageError
from policies.durable import drafting, move_new
from policies.errors import CarrelError
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.dialogue import Answer
    from assistant.library.facade import Assistant
    from assistant.summary import Summary

HtmlOption = Annotated[
    Path | None,
    typer.Option("--html", metavar="FILE", help="Also write it to this file, as one HTML page with quotes."),
]
MarkdownOption = Annotated[
    Path | None, typer.Option("--markdown", metavar="FILE", help="Also write it to this file, as Markdown.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace a file that exists.")]

_WHOLE = b"\0whole"
"""Follows a text that is complete."""

_PIECE_BYTES = 1 << 20

Writer = Callable[[Iterable[str]], None]
"""Writes the parts of a text to a file."""


@dataclass(frozen=True, slots=True)
class Exports:
    """The files that a command was asked for. Each function writes one; None if it is not wanted."""

    html: Writer | None
    """Writes the HTML file."""
    markdown: Writer | None
    """Writes the Markdown file."""

    def write(self, library: Assistant, title: str, answers: list[tuple[float, Answer]]) -> None:
        """Writes the files about these answers, each with its time in seconds since 1970."""
        if not (self.html or self.markdown):
            return
        from assistant.exporting import html, markdown
        from assistant.exporting.gathering import gather

        replies = gather(library, answers, pictures=self.html is not None)
        if self.html:
            self.html([html.conversation_page(title, replies)])
        if self.markdown:
            self.markdown([markdown.conversation_text(title, replies)])

    def write_summary(self, summary: Summary) -> None:
        """Writes the files about a summary that was made now."""
        if not (self.html or self.markdown):
            return
        from assistant.exporting import html, markdown

        if self.html:
            self.html([html.summary_page(summary, time.time())])
        if self.markdown:
            self.markdown([markdown.summary_text(summary, time.time())])


@contextmanager
def exporting(output: Output, html: Path | None, markdown: Path | None, *, force: bool) -> Iterator[Exports]:
    """Prepares the files, before the process is confined, and says where they were written.

    Raises `UsageError` if a file cannot be written there, or exists and `force` is not given.
    """
    with writers(output, html, markdown, force=force) as made:
        yield Exports(*made)


@contextmanager
def writers(output: Output, *files: Path | None, force: bool) -> Iterator[list[Writer | None]]:
    """Prepares files to write, as `exporting` does: a writer for each, None where there is no file."""
    with contextlib.ExitStack() as stack:
        yield [
            None if file is None else stack.enter_context(_writer(output, file, force=force))
            for file in files
        ]


def place_for(file: Path, *, force: bool) -> Path:
    """Where a file that was asked for is written.

    Raises `UsageError` if it cannot be written there, or exists and `force` is not given.
    """
    place = Path(os.path.realpath(file))
    if place.is_dir():
        raise UsageError(f"{one_line(str(file))} is a folder.", remedy="Give the name of a file in it.")
    if not place.parent.is_dir():
        raise UsageError(
            f"There is no folder {one_line(str(place.parent))}.", remedy="Make it, or name another file."
        )
    if place.exists() and not force:
        raise UsageError(
            f"There is already a file {one_line(str(file))}.", remedy="Add --force to replace it."
        )
    if not os.access(place.parent, os.W_OK):
        raise UsageError(
            f"You may not write to {one_line(str(place.parent))}.", remedy="Name a file in another folder."
        )
    return place


@contextmanager
def _writer(output: Output, file: Path, *, force: bool) -> Iterator[Writer]:
    place = place_for(file, force=force)
    texts, reports = os.pipe(), os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        _close_all_but(texts[0], reports[1])
        os._exit(_write(place, texts[0], reports[1], force=force))
    os.close(texts[0])
    os.close(reports[1])
    with os.fdopen(texts[1], "wb") as pipe, os.fdopen(reports[0], "rb") as report:

        def write(parts: Iterable[str]) -> None:
            with contextlib.suppress(BrokenPipeError):
                for part in parts:
                    pipe.write(part.encode("utf-8", "replace"))
                pipe.write(_WHOLE)
                pipe.flush()
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
            if failure := report.read().decode("utf-8"):
                raise CarrelError(f"{one_line(str(file))} was not written: {failure}.")
            output.note(f"Written to {one_line(str(file))}")

        try:
            yield write
        finally:
            with contextlib.suppress(OSError):
                pipe.close()
            os.waitpid(child, 0)


def _close_all_but(first: int, second: int) -> None:
    """Closes all other descriptors: a pipe does not end while another child keeps its end open."""
    low, high = sorted((first, second))
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, os.sysconf("SC_OPEN_MAX"))


def _write(place: Path, texts: int, reports: int, *, force: bool) -> int:
    """The child's whole life: writes the text that arrives, if it is complete; reports why it could not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with os.fdopen(texts, "rb") as pipe:
            held = pipe.read(_PIECE_BYTES)
            if not held:
                return 1
            with drafting(place.parent) as drafts:
                draft = drafts / "text"
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    while piece := pipe.read(_PIECE_BYTES):
                        held += piece
                        file.write(held[: -len(_WHOLE)])
                        held = held[-len(_WHOLE) :]
                    file.write(held.removesuffix(_WHOLE))
                    file.flush()
                    os.fsync(file.fileno())
                if not held.endswith(_WHOLE):
                    return 1
                move_new(draft, place, force=force)
    except OSError as error:
        os.write(reports, (error.strerror or str(error)).lower().encode("utf-8", "replace"))
        return 1
    return 0
