"""Foreign text made into something to show: the one way from the façade to a widget.

Foreign is what Carrel did not write: documents, file names, titles, what a model answers, what a person
pastes, and the messages that quote them. Textual and Rich take square brackets in a string for markup, and
every widget hands escape sequences to the terminal as they are; so widgets are given `Content`, which is
never parsed, of text that `policies.hygiene` has made visible.
"""

import time
from pathlib import PurePath

from rich.text import Text as RichText
from textual.content import Content

from ingest.documents import Locator
from policies.hygiene import one_line, visible


def text(value: str, style: str = "") -> Content:
    """Foreign text of any length; line feeds stay."""
    return Content.styled(visible(value), style) if style else Content(visible(value))


def line(value: str, style: str = "") -> Content:
    """Foreign text on one line: names, titles, headings."""
    return Content.styled(one_line(value), style) if style else Content(one_line(value))


def label(value: str) -> RichText:
    """As `line`, for the widgets that take no `Content`."""
    return RichText(one_line(value))


def name(path: str) -> str:
    """A file's name, on one line."""
    return one_line(PurePath(path).name or path)


def short(path: str, width: int) -> str:
    """A path on one line of at most `width` characters, its end kept."""
    whole = one_line(path)
    return whole if len(whole) <= width else "…" + whole[len(whole) - width + 1 :]


def where(locator: Locator) -> str:
    """The place in a document, in a few words; empty when there is nothing to tell."""
    return one_line(locator.where)


def size(count: int) -> str:
    """Bytes for people."""
    value, units = float(count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 10 else f"{value:.1f} {units[0]}"


def duration(seconds: float) -> str:
    """Seconds for people, to the minute above one."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def day(at: float) -> str:
    """A time in seconds since 1970, as the person's date and time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 document`, `1,200 documents`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
