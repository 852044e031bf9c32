"""Long texts within bounds: how much of a file is read, and the pages that its text is cut into.

A page is the unit in which the library stores and checks a text, so one of a hundred megabytes would be read
for every quote. Pages of text that has lines end where a block or a line ends, if there is such a place, and
one after the other they are the text, without a gap. Their number is in the locators; people are told lines.

Called by `parsers` for formats whose text is the file's own. It knows no format.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from ingest.parsers.extract import Extract, Layout, Span

TEXT_BYTES = 64 << 20
"""How much of a file of text is read. The library's owner needs about six times as much memory meanwhile."""

PAGE_CHARACTERS = 1 << 20
"""Maximum length of a page."""

MEGABYTE = 1_000_000
"""Bytes, in which sizes are told."""

_SPACE = re.compile(r"\s")


def beginning(data: bytes) -> tuple[bytes, str]:
    """As much of a text as is read, and what to say about the rest; empty if all of it is read."""
    if len(data) <= TEXT_BYTES:
        return data, ""
    newline = data.rfind(b"\n", TEXT_BYTES // 2, TEXT_BYTES)
    end = newline + 1 or TEXT_BYTES
    if b"\0" in data[:1000]:  # UTF-16 or UTF-32, whose characters have up to four bytes.
        end = end // 4 * 4
    while end > TEXT_BYTES - 4 and data[end] & 0xC0 == 0x80:  # Within a character of UTF-8.
        end -= 1
    return data[:end], f"the first {end // MEGABYTE} of {-(-len(data) // MEGABYTE)} MB were read"


def paged(content: Extract) -> Extract:
    """`content` with a long text cut into pages, and its spans divided where a page ends."""
    if content.layout is not Layout.LINES or len(content.pages[0]) <= PAGE_CHARACTERS:
        return content
    text = content.pages[0]
    ends = list(_ends(text, content.spans))
    pages = [text[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    return replace(content, pages=tuple(pages), spans=tuple(_divided(content.spans, ends)))


def _ends(text: str, spans: tuple[Span, ...]) -> Iterator[int]:
    """Where each page of a text ends."""
    start = place = 0
    while len(text) - start > PAGE_CHARACTERS:
        least, most = start + PAGE_CHARACTERS // 2, start + PAGE_CHARACTERS
        while place < len(spans) and spans[place].end < most:
            place += 1
        end = spans[place - 1].end if place else 0
        newline = text.find("\n", end, most) if end > least else text.rfind("\n", least, most)
        if newline >= 0:
            start = newline + 1
        else:
            spaces = [match.end() for match in _SPACE.finditer(text, most - 1000, most)]
            start = spaces[-1] if spaces else most
        yield start
    yield len(text)


def _divided(spans: tuple[Span, ...], ends: list[int]) -> Iterator[Span]:
    """The spans with their places on the pages that end at `ends`."""
    for span in spans:
        start = span.start
        while start < span.end:
            page = bisect_right(ends, start)
            origin, end = ends[page - 1] if page else 0, min(span.end, ends[page])
            yield replace(span, start=start - origin, end=end - origin, page=page)
            start = end
