"""Collects what a file about answers shows: each quote with the text around it, and pictures of PDF pages.

All of it comes from the library's façade. Nothing is read from a document's file but pictures of pages, which
the owner draws; what is gone or has changed is left out, and the quote stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.answers.showing import shown_citation
from policies.errors import CarrelError

if TYPE_CHECKING:
    from assistant.dialogue import Answer, Citation
    from assistant.library.facade import Assistant
    from ingest.documents import Locator, Picture

CONTEXT_CHARS = 320
"""Characters of the document shown on either side of a quote."""

PICTURE_WIDTH = 900
"""Width of the picture of a page, in pixels: readable in print."""

MOST_PICTURES = 12
"""Pages that are drawn for one file, so that it can still be sent by mail."""


@dataclass(frozen=True, slots=True)
class ExportedQuote:
    """A citation with what is around it."""

    citation: Citation
    """The citation."""
    shown: tuple[str, str, str]
    """The quote as its document shows it: before the words that answer, these words, and after them."""
    before: str
    """Text of the document before the quote; empty if the document has changed."""
    after: str
    """Text of the document after the quote; empty if the document has changed."""
    doubt: str
    """Why the document should not be relied on; empty if it should."""
    picture: Picture | None
    """The page it is on; None if it cannot be drawn, or was drawn for an earlier quote."""


@dataclass(frozen=True, slots=True)
class ExportedReply:
    """A reply with its quotes."""

    at: float
    """Time of the reply, in seconds since 1970."""
    answer: Answer
    """The reply."""
    quotes: tuple[ExportedQuote, ...]
    """Its citations, in order."""


def gather(
    library: Assistant, answers: Iterable[tuple[float, Answer]], *, pictures: bool
) -> list[ExportedReply]:
    """The answers, each with its time in seconds since 1970, and what a file about them shows.

    pictures: whether pages are drawn.
    """
    drawn: set[tuple[str, int]] = set()
    replies = []
    for at, answer in answers:
        doubts = {doubt.path: doubt.reason for doubt in answer.doubts}
        quotes = []
        for citation in answer.citations:
            locator = citation.locator
            before, after = _around(library, locator)
            page = (locator.path, locator.page or 0)
            picture = None
            if pictures and locator.is_on_page and page not in drawn and len(drawn) < MOST_PICTURES:
                with suppress(CarrelError):
                    picture = library.picture(locator, PICTURE_WIDTH)
                    drawn.add(page)
            shown = shown_citation(citation, answer.passages)
            doubt = doubts.get(locator.path, "")
            quotes.append(ExportedQuote(citation, shown, before, after, doubt, picture))
        replies.append(ExportedReply(at, answer, tuple(quotes)))
    return replies


def _around(library: Assistant, locator: Locator) -> tuple[str, str]:
    """The text before and after a place in its document, up to whole words."""
    try:
        text = library.page(locator).text
    except CarrelError:
        return "", ""
    start, end = locator.chars
    before, after = text[max(start - CONTEXT_CHARS, 0) : start], text[end : end + CONTEXT_CHARS]
    if start > CONTEXT_CHARS:
        before = f"… {before.partition(' ')[2]}"
    if end + CONTEXT_CHARS < len(text):
        after = f"{after.rpartition(' ')[0]} …"
    return before, after
