"""A document for an agent, in portions that join without a gap.

Of a long text only the parts that a portion lies in are read. The place at which the next portion begins
names its part, so that an agent that reads a document to its end does not have it read from its beginning
each time.

Text of documents is data for an agent. Invisible characters are marked, text that looks like a citation or a
turn of a conversation gets other brackets, and text that a person cannot see in a document is counted and not
sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.cli.get import StoredPiece, cut, enough, joined, lines_end, page_of, pieces_from, read, require
from assistant.cli.render.documents import ShownPage
from policies.hygiene import as_text, visible

if TYPE_CHECKING:
    from assistant.library.agents import AgentView
    from ingest.catalogue import DocumentEntry, DocumentExtent

MOST_CHARACTERS = 60_000
"""Characters of a document that one call sends."""

MARGIN = 1_000
"""Characters after a portion that are also looked at."""


@dataclass(frozen=True, slots=True)
class WantedPlace:
    """What of a document an agent asks for."""

    first: int | None
    """The first page or line; None for the beginning."""
    last: int | None
    """The last page or line; None for the end."""
    part: int | None
    """The part of a long text, as it is stored, in which to begin; None if `first` tells."""
    skip: int
    """Characters to leave out: of the part if there is one, else of page or line `first`."""


def portion(
    view: AgentView, entry: DocumentEntry, place: WantedPlace
) -> tuple[list[dict[str, Any]], dict[str, int] | None]:
    """The next pages or lines from a place on, and the arguments that read what follows; None at the end.

    Raises `UsageError` if the document does not have the place.
    """
    extent = view.extent(Path(entry.path))
    if extent is not None and extent.has_lines:
        pages, following = _of_text(view, entry, extent, place)
    else:
        pages, following = _of_pages(view, entry, place)
    if following and place.last is not None:
        following["last"] = place.last
    return pages, following


def as_data(text: str) -> str:
    """Text of a document, as an agent gets it; of the same length."""
    return visible(as_text(text))


def _of_pages(
    view: AgentView, entry: DocumentEntry, place: WantedPlace
) -> tuple[list[dict[str, Any]], dict[str, int] | None]:
    """A portion of a document that has pages, or is one text without lines of its own."""
    pages: list[dict[str, Any]] = []
    room, skip = MOST_CHARACTERS, place.skip
    for shown in read(view, entry, place.first, place.last):
        length = len(shown.text.text)
        if pages and length > room:
            return pages, {"first": shown.page or 1}
        start, end = _bounds(shown.text.text, skip, room)
        pages.append(_sent(shown, start, end))
        if end < length:
            return pages, _place_at(shown, end)
        room -= end - start
        skip = 0
    return pages, None


def _of_text(
    view: AgentView, entry: DocumentEntry, extent: DocumentExtent, place: WantedPlace
) -> tuple[list[dict[str, Any]], dict[str, int] | None]:
    """A portion of a text that has lines."""
    first, last = require(entry, "line", place.first, place.last, extent.lines)
    if place.part is None:
        pieces = pieces_from(view, entry, extent, first)
    else:
        part, _ = require(entry, "part", place.part, place.part, extent.pages)
        pieces = (
            StoredPiece(number, 0, page_of(view, entry, number)) for number in range(part, extent.pages + 1)
        )
    count = inf if place.part is not None or place.last is None else last - first + 1
    taken = enough(pieces, count, place.skip + MOST_CHARACTERS + MARGIN)
    text = joined([piece.text for piece in taken])
    line = first if place.part is None else first - text.text.count("\n", 0, place.skip)
    if place.last is not None:
        text = cut(text, 0, lines_end(text.text, last - line + 1))
    shown = ShownPage(None, None if (place.first, place.last) == (None, None) else (line, last), text)
    start, end = _bounds(text.text, place.skip, MOST_CHARACTERS)
    following = None
    if end < len(text.text):
        following = _place_at(shown, end)
        if extent.pages > 1:
            at = end
            for piece in taken:
                if at < len(piece.text.text):
                    break
                at -= len(piece.text.text)
            following = {"first": _line_at(shown, end), "part": piece.part, "skip": piece.start + at}
    return [_sent(shown, start, end)], following


def _bounds(text: str, skip: int, room: int) -> tuple[int, int]:
    """Where a portion begins and ends: after a line, if one ends in it."""
    start = min(skip, len(text))
    if len(text) <= start + room:
        return start, len(text)
    return start, text.rfind("\n", start, start + room) + 1 or start + room


def _sent(shown: ShownPage, start: int, end: int) -> dict[str, Any]:
    """The characters from `start` to `end` of a page, or of a text with lines."""
    text = shown.text.text
    is_rest = end >= len(text)
    lines = shown.lines
    if shown.page is None and (start or not is_rest):
        lines = (_line_at(shown, start), _line_at(shown, end - 1))
    return {
        "page": shown.page,
        "lines": list(lines) if lines else None,
        # What looks like a citation or a token may go on after the portion.
        "text": as_data(text[: end + MARGIN])[start:end],
        "hidden_count": sum(start <= piece.at and (piece.at < end or is_rest) for piece in shown.text.hidden),
    }


def _place_at(shown: ShownPage, at: int) -> dict[str, int]:
    """The arguments of `get` that begin at a character of a page, or of a text with lines."""
    if shown.page is not None:
        return {"first": shown.page, "skip": at}
    skip = at - (shown.text.text.rfind("\n", 0, at) + 1)
    return {"first": _line_at(shown, at), "skip": skip} if skip else {"first": _line_at(shown, at)}


def _line_at(shown: ShownPage, at: int) -> int:
    return (shown.lines[0] if shown.lines else 1) + shown.text.text.count("\n", 0, at)
