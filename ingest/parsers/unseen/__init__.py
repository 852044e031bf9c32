"""Text that a person does not see, in formats that are converted: kept apart from the text, with its place.

A module of this package reads a file's own markup, before it is converted. In place of each hidden text it
puts a mark, which passes through the converter; `Marks.taken` takes the marks out of the converted text and
says where they were. So hidden text is never in what a converter makes, and its place is known.

What makes text hidden is judged from what the file says: styles, sizes, colours, positions. What a program in
the file would change, and style sheets outside it, are not considered.
"""

import re

from ingest.documents import HiddenText, Hiding
from ingest.parsers.text import line

_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
"""Noncharacters, which no text uses."""
_MARK = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_WRITTEN = re.compile(r"\w")

SMALLEST_POINTS = 1.0
"""Font size below which text cannot be seen."""
FAINT = 0.05
"""Opacity below which nothing can be seen."""


class Marks:
    """The hidden texts of one file, and the marks in their places."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, Hiding]] = []

    @staticmethod
    def without(text: str) -> str:
        """A file's text without characters that a mark consists of."""
        return text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")

    @staticmethod
    def dropped(text: str) -> str:
        """A text without the marks in it."""
        return _MARK.sub("", text)

    def put(self, text: str, how: Hiding) -> str:
        """The mark for a hidden text; empty for one that has no letter or number."""
        text = line(text)
        if not _WRITTEN.search(text):
            return ""
        self._pieces.append((text, how))
        return f"{_OPEN}{len(self._pieces) - 1}{_CLOSE}"

    def taken(self, *pages: str) -> tuple[tuple[str, ...], tuple[HiddenText, ...]]:
        """The pages of converted text without their marks, and the hidden texts in their places.

        A text whose mark the converter left out is at the start of the first page.
        """
        left = dict(enumerate(self._pieces))
        cleaned = []
        hidden: list[HiddenText] = []
        for number, page in enumerate(pages, start=1):
            parts = []
            length = last = 0
            for mark in _MARK.finditer(page):
                parts.append(page[last : mark.start()])
                length += len(parts[-1])
                last = mark.end()
                text, how = left.pop(int(mark[1]), ("", None))
                if how is not None:
                    hidden.append(joined(hidden, HiddenText(number, length, text, how)))
            cleaned.append("".join([*parts, page[last:]]))
        lost = [HiddenText(1, 0, text, how) for text, how in left.values()]
        return tuple(cleaned), (*lost, *hidden)


def joined(hidden: list[HiddenText], piece: HiddenText) -> HiddenText:
    """A hidden text together with the one just before it, which is taken off the list, if it continues it."""
    before = hidden[-1] if hidden else None
    if before is None or (before.page, before.at, before.how) != (piece.page, piece.at, piece.how):
        return piece
    hidden.pop()
    return HiddenText(piece.page, piece.at, f"{before.text} {piece.text}", piece.how)
