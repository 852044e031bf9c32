"""PowerPoint presentations of the binary format ([MS-PPT], 2.9: text).

The file is a tree of records. The titles and texts of all slides are in an outline, apart from the
slides, whose boxes hold further text, and from the notes, which name the slide that they are on.
"""

import struct
from collections.abc import Iterator

from ingest.documents import BlockKind
from ingest.parsers.extract import Extract, Layout, Outline, Span, damage_refused
from ingest.parsers.oldoffice.compound import opened
from ingest.parsers.text import line

MAX_RECORD_DEPTH = 32
"""Maximum depth of containers in a presentation that is followed."""

_DOCUMENT, _SLIDE, _NOTES, _LIST = 0x03E8, 0x03EE, 0x03F0, 0x0FF0
_SLIDE_START, _ABOUT_SLIDE, _TEXT_IN_TWO_BYTES, _TEXT_IN_ONE = 0x03F3, 0x03F1, 0x0FA0, 0x0FA8
"""Records of a presentation."""


@damage_refused()
def extract(data: bytes) -> Extract:
    """Parses a PowerPoint presentation of the binary format. A slide is a page."""
    with opened(data, "PowerPoint Document") as file:
        stream = file.openstream("PowerPoint Document").read()
    found = list(filter(None, _slide_texts(stream, 0, len(stream))))
    spans: list[Span] = []
    pages: list[str] = []
    title = ""
    for number, texts in enumerate(found):
        outline = Outline(number)
        start = 0
        for place, text in enumerate(texts):
            if place == 0:
                outline.heading(1, text, start, start + len(text))
            else:
                outline.add(BlockKind.PROSE, start, start + len(text))
            start += len(text) + 2
        pages.append("\n\n".join(texts))
        spans += outline.spans()
        title = title or outline.title
    return Extract(title, tuple(pages), tuple(spans), Layout.PAGES)


def _slide_texts(stream: bytes, start: int, end: int) -> Iterator[list[str]]:
    """The texts of each slide, the title first: those of the outline, and those of the boxes on the slide."""
    # Titles and texts of all slides are in a list, apart from the slides, whose boxes hold further text.
    outlines: list[list[str]] = []
    numbers: list[int] = []
    boxes: list[list[str]] = []
    notes: dict[int, list[str]] = {}
    for kind, _, first, last in _records(stream, start, end):
        if kind == _DOCUMENT:
            for number, texts in _outline_texts(stream, first, last):
                numbers.append(number)
                outlines.append(texts)
        elif kind == _SLIDE:
            boxes.append(list(_texts_in(stream, first, last, 0)))
        elif kind == _NOTES:
            about = next(
                (at for each, _, at, _ in _records(stream, first, last) if each == _ABOUT_SLIDE), None
            )
            if about is not None:
                number = struct.unpack_from("<I", stream, about)[0]
                notes.setdefault(number, []).extend(_texts_in(stream, first, last, 0))
    for place in range(max(len(outlines), len(boxes))):
        noted = notes.get(numbers[place], []) if place < len(numbers) else []
        texts = [*_at(outlines, place), *_at(boxes, place), *noted]
        yield [text for text in dict.fromkeys(texts) if text not in ("", "*")]


def _outline_texts(stream: bytes, start: int, end: int) -> Iterator[tuple[int, list[str]]]:
    """The number of each slide, and its texts in the outline."""
    for kind, instance, first, last in _records(stream, start, end):
        if kind != _LIST or instance != 0:
            continue
        texts: list[str] = []
        number = None
        for inner, _, at, until in _records(stream, first, last):
            if inner == _SLIDE_START:
                if number is not None:
                    yield number, texts
                number, texts = struct.unpack_from("<I", stream, at + 12)[0], []
            elif inner in (_TEXT_IN_TWO_BYTES, _TEXT_IN_ONE):
                texts.append(_slide_text(stream[at:until], inner))
        if number is not None:
            yield number, texts


def _at(lists: list[list[str]], number: int) -> list[str]:
    return lists[number] if number < len(lists) else []


def _texts_in(stream: bytes, start: int, end: int, depth: int) -> Iterator[str]:
    for kind, _, first, last in _records(stream, start, end):
        if kind in (_TEXT_IN_TWO_BYTES, _TEXT_IN_ONE):
            yield _slide_text(stream[first:last], kind)
        elif stream[first - 8] & 0xF == 0xF and depth < MAX_RECORD_DEPTH:
            yield from _texts_in(stream, first, last, depth + 1)


def _records(stream: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Kind, instance, start and end of the records between two places."""
    while start + 8 <= end:
        flags, kind, length = struct.unpack_from("<HHI", stream, start)
        first, last = start + 8, min(start + 8 + length, end)
        yield kind, flags >> 4, first, last
        start = last


def _slide_text(content: bytes, kind: int) -> str:
    text = content.decode("utf-16-le" if kind == _TEXT_IN_TWO_BYTES else "latin-1", "replace")
    lines = map(line, text.replace("\v", "\r").split("\r"))
    return "\n".join(filter(None, lines))
