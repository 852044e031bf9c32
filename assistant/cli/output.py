"""The two streams of a command: data on stdout, narration on stderr.

All text passes through `policies.hygiene`, so text from a document, file name or model cannot control the
terminal. With `--json`, stdout carries one JSON object and nothing else.
"""

import base64
import io
import json
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO

from assistant.cli.progress import FIRST_S, ProgressLines
from policies.errors import CarrelError
from policies.hygiene import one_line, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import ProgressColumn

MIN_COLUMNS_WIDTH = 80
"""Terminal width, in characters, from which two answers are shown side by side."""

Line = Sequence[tuple[str, str | None]]
"""The parts of a line, each with its Rich style; None for plain text."""


@dataclass(frozen=True)
class Output:
    """Where one command writes."""

    stdout: TextIO
    stderr: TextIO
    as_json: bool = False
    """Whether stdout carries one JSON object; text for people is then dropped."""
    quiet: bool = False
    """Whether narration is dropped; errors are still reported."""
    verbose: bool = False
    """Whether narration includes what only a person who tunes models wants to know."""

    def print(self, text: str = "", *, style: str | None = None, end: str = "\n") -> None:
        """Writes data for people to stdout; does nothing with `--json`."""
        if not self.as_json:
            with _writing():
                self._out.print(visible(text), style=style, end=end, soft_wrap=True)

    def print_verbatim(self, text: str) -> None:
        """Writes text whose spaces and tabs matter to stdout, on lines of its own; nothing with `--json`."""
        if not self.as_json:
            with _writing():
                self.stdout.write(visible(text) + "\n")

    def print_line(self, line: Line) -> None:
        """Writes a line of styled parts, as `print` does."""
        if not self.as_json:
            with _writing():
                self._out.print(_styled(line), soft_wrap=True)

    def print_columns(self, *columns: Sequence[Line]) -> None:
        """Writes columns of styled lines side by side, each with the same share of the width."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(expand=True, padding=(0, 2))
        for _ in columns:
            table.add_column(ratio=1)
        table.add_row(*(Text("\n").join(map(_styled, column)) for column in columns))
        with _writing():
            self._out.print(table)

    def print_json(self, value: dict[str, Any]) -> None:
        """Writes the JSON object to stdout; does nothing without `--json`.

        The object is written in ASCII, so its strings cannot control a terminal. A name whose bytes are not
        UTF-8 is written with replacement characters; its key with `_bytes` added holds the bytes in base64.
        NaN and the infinities become null.
        """
        if self.as_json:
            with _writing():
                self.stdout.write(json_line(value))
                # A closed pipe raises here, where it is handled, and not when the interpreter exits.
                self.stdout.flush()

    def note(self, text: str, *, style: str | None = None) -> None:
        """Writes narration to stderr; does nothing with `--quiet`."""
        if not self.quiet:
            self._err.print(visible(text), style=style, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Writes narration that needs attention."""
        self.note(text, style="yellow")

    def prompt(self, text: str) -> None:
        """Writes a prompt to stderr, even with `--quiet`, and leaves the cursor behind it."""
        self._err.print(visible(text), end="")

    def report_error(self, message: str, remedy: str, code: int) -> None:
        """Writes an error to stderr, and as the JSON object if `--json` asks for one."""
        self.stderr.write(visible(f"carrel: {message}{f' {remedy}' if remedy else ''}") + "\n")
        self.print_json({"error": {"message": message, "remedy": remedy, "exit": code}})

    @property
    def fits_columns(self) -> bool:
        """Whether stdout is a terminal wide enough for two columns."""
        return not self.as_json and self._out.is_terminal and self._out.width >= MIN_COLUMNS_WIDTH

    @property
    def is_watched(self) -> bool:
        """Whether stderr is a terminal and narration is wanted."""
        return not self.quiet and self._err.is_terminal

    @contextmanager
    def progress(self, unit: str, *, patient: bool = False) -> Iterator[Callable[[int, int, str], None]]:
        """A progress bar on stderr with the rate in `unit` per second and the time left.

        Yields a function of (done, total, current item). Where stderr is not a terminal, it writes a line
        every few seconds instead: words, or JSON with `--json`. It does nothing with `--quiet`.

        patient: whether the bar, like the lines, appears only if the work takes longer than two seconds.
        """
        if self.quiet:
            yield lambda done, total, item: None
            return
        if not self.is_watched:
            yield ProgressLines(self.stderr, unit, as_json=self.as_json).show
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            _rate_column(unit),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
        )
        bar = Progress(*columns, console=self._err, transient=True)
        task = bar.add_task("", total=None)
        due = time.monotonic() + (FIRST_S if patient else 0.0)

        def show(done: int, total: int, item: str) -> None:
            bar.update(task, completed=done, total=total, description=one_line(item)[:40])
            if not bar.live.is_started and time.monotonic() >= due:
                bar.start()

        try:
            if not patient:
                bar.start()
            yield show
        finally:
            bar.stop()

    @cached_property
    def _out(self) -> "Console":
        return _console(self.stdout)

    @cached_property
    def _err(self) -> "Console":
        return _console(self.stderr)


class OutputFailed(CarrelError):
    """Stdout cannot be written, for example because the disk is full."""


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFailed(
            f"The output cannot be written: {error.strerror or error}.",
            remedy="Free some space, or send it to another place.",
        ) from error


class VisibleStream(io.TextIOBase):
    """A text stream that makes unseen characters visible before it passes text on.

    For what others write: the parser of the command line quotes arguments in its messages.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes the visible form of `text`, which has the same length."""
        return self._stream.write(visible(text))

    def flush(self) -> None:
        """Flushes the stream below."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream below is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream below."""
        return self._stream.fileno()


def _console(stream: TextIO) -> "Console":
    # 0.05 s to import.
    from rich.console import Console

    return Console(file=stream, markup=False, emoji=False, highlight=False)


def _rate_column(unit: str) -> "ProgressColumn":
    from rich.progress import ProgressColumn, Task
    from rich.text import Text

    class RateColumn(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f} {unit}/s" if task.speed else "")

    return RateColumn()


def json_line(value: dict[str, Any]) -> str:
    """An object as one line of JSON, as `Output.print_json` writes it."""
    return json.dumps(_as_unicode(value), allow_nan=False) + "\n"


def _as_unicode(value: Any) -> Any:
    """A value of JSON whose strings are Unicode and whose numbers are finite."""
    match value:
        case dict():
            result = {}
            for key, part in value.items():
                result[key] = _as_unicode(part)
                if (raw := _raw_bytes(part)) is not None:
                    result[f"{key}_bytes"] = raw
            return result
        case list() | tuple():
            return [_as_unicode(part) for part in value]
        case str():
            return _raw(value).decode("utf-8", "replace")
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value


def _raw_bytes(value: Any) -> Any:
    """The bytes in base64 of a string that stands for bytes that are not UTF-8; None for any other value.

    For a list with such a string, a list of them, with None for its other values.
    """
    match value:
        case str() if _BYTE.search(value):
            return base64.b64encode(_raw(value)).decode("ascii")
        case list() | tuple():
            parts = [_raw_bytes(part) for part in value]
            return parts if any(part is not None for part in parts) else None
        case _:
            return None


def _raw(text: str) -> bytes:
    """The bytes that `text` stands for. A surrogate that stands for no byte becomes U+FFFD."""
    return _NO_BYTE.sub("\ufffd", text).encode("utf-8", "surrogateescape")


_BYTE = re.compile("[\udc80-\udcff]")
"""Surrogates by which Python represents bytes of a file name that are not UTF-8."""

_NO_BYTE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""All other surrogates."""


def _styled(line: Line) -> Any:
    from rich.text import Text

    return Text.assemble(*((visible(part), style or "") for part, style in line))
