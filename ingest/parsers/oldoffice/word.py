"""Word documents of the binary format ([MS-DOC], 2.4.1: retrieving text).

The text lies in pieces, and its properties apart from it, by places in the file. Tables, deleted text and
hidden text are told by the properties of characters and paragraphs. Headers come before the text; notes,
comments and boxes after it.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.documents import BlockKind, HiddenText, Hiding
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, comment_line, damage_refused
from ingest.parsers.metadata import stated_title
from ingest.parsers.oldoffice.compound import opened
from ingest.parsers.table import in_markdown
from ingest.parsers.text import clean, line

if TYPE_CHECKING:
    from olefile import OleFileIO

_ENCRYPTED, _OTHER_TABLE = 0x0100, 0x0200
_STORIES = ("body", "notes", "headers", "macros", "comments", "endnotes", "boxes", "header boxes")
"""The texts of a Word file, in the order in which they follow each other."""
_DELETED, _VANISHED, _ROW_END, _OUTLINE = 0x0800, 0x083C, 0x2417, 0x2640
"""Properties of characters (deleted, hidden) and of paragraphs (end of a row, level of a heading)."""
_OPERAND_BYTES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
"""Bytes that follow a property, by the upper bits of its number; the sixth kind states them."""


@damage_refused()
def extract(data: bytes) -> Extract:
    """Parses a Word document of the binary format."""
    with opened(data, "WordDocument") as file:
        return _WordFile(file).extract()


class _WordFile:
    """The text of one Word file."""

    def __init__(self, file: "OleFileIO") -> None:
        self._main = file.openstream("WordDocument").read()
        (flags,) = struct.unpack_from("<H", self._main, 0x0A)
        if flags & _ENCRYPTED:
            raise UnreadableDocument("encrypted", remedy="Save it without a password.")
        if struct.unpack_from("<H", self._main, 2)[0] < 0x00C1:
            raise UnreadableDocument(
                "written by Word 95 or older", remedy="Save it in the current format with a word processor."
            )
        self._table = file.openstream("1Table" if flags & _OTHER_TABLE else "0Table").read()
        self._title = stated_title(_summary_title(file))
        self._characters = list(self._properties(0x00FA, {_DELETED, _VANISHED}, is_paragraph=False))
        self._paragraphs = list(self._properties(0x0102, {_ROW_END, _OUTLINE}, is_paragraph=True))

    def extract(self) -> Extract:
        """The text as blocks: headers, body, then notes, comments and boxes."""
        lengths = struct.unpack_from("<8I", self._main, 0x004C)
        text, places = self._text()
        stories: dict[str, tuple[int, int]] = {}
        start = 0
        for name, length in zip(_STORIES, lengths, strict=True):
            stories[name] = (start, start + length)
            start += length
        outline = Outline()
        parts: list[str] = []
        hidden: list[HiddenText] = []
        length = 0
        seen: set[str] = set()
        for name in ("headers", "body", "notes", "endnotes", "comments", "boxes"):
            for block, level, kind, unseen in self._blocks(text, places, *stories[name]):
                hidden += [HiddenText(1, length, line(each), Hiding.MARKED) for each in unseen]
                # Every section repeats its headers.
                if not block or (name == "headers" and block in seen):
                    continue
                seen.add(block)
                block = comment_line("", "", block) if name == "comments" else block
                if level is not None and name == "body":
                    outline.heading(level, block, length, length + len(block))
                else:
                    outline.add(kind, length, length + len(block))
                parts += [block, "\n\n"]
                length += len(block) + 2
        return Extract(
            self._title or outline.title,
            ("".join(parts),),
            outline.spans(),
            Layout.FLOW,
            hidden=tuple(hidden),
        )

    def _text(self) -> tuple[str, list[int]]:
        """All text of the file, and where in the file each of its characters is."""
        at, length = struct.unpack_from("<II", self._main, 0x01A2)
        pieces = self._table[at : at + length]
        place = 0
        while pieces[place] == 1:
            place += 3 + struct.unpack_from("<H", pieces, place + 1)[0]
        (size,) = struct.unpack_from("<I", pieces, place + 1)
        count = (size - 4) // 12
        ends = struct.unpack_from(f"<{count + 1}I", pieces, place + 5)
        parts: list[str] = []
        places: list[int] = []
        for number in range(count):
            descriptor = place + 5 + 4 * (count + 1) + 8 * number
            (stored,) = struct.unpack_from("<I", pieces, descriptor + 2)
            characters = ends[number + 1] - ends[number]
            is_narrow = bool(stored & 0x4000_0000)
            first = (stored & 0x3FFF_FFFF) // 2 if is_narrow else stored & 0x3FFF_FFFF
            width = 1 if is_narrow else 2
            content = self._main[first : first + characters * width]
            if is_narrow:
                piece = content.decode("cp1252", "replace")
            else:
                # Halves of a pair count as characters of their own.
                units = len(content) // 2
                piece = "".join(map(chr, struct.unpack_from(f"<{units}H", content)))
            parts.append(piece)
            places += range(first, first + width * len(piece), width)
        return "".join(parts), places

    def _blocks(
        self, text: str, places: list[int], start: int, end: int
    ) -> Iterator[tuple[str, int | None, BlockKind, list[str]]]:
        """Text, level of heading, kind and hidden texts of each paragraph, and of each table."""
        shown_part: list[str] = []
        unseen: list[str] = []
        rows: list[list[str]] = []
        row: list[str] = []
        in_instruction = 0
        for index in range(start, min(end, len(text), len(places))):
            character = text[index]
            properties = _at_place(self._characters, places[index])
            if character == "\x13":
                in_instruction += 1
            elif character in "\x14\x15":
                in_instruction = max(0, in_instruction - (character == "\x14" or in_instruction > 0))
            elif character == "\x07":
                if _at_place(self._paragraphs, places[index]).get(_ROW_END):
                    rows.append(row)
                    row = []
                else:
                    row.append(_readable("".join(shown_part)).replace("\n", " "))
                shown_part = []
            elif character in "\r\x0c":
                if row:
                    shown_part.append(" ")
                    continue
                if rows:
                    yield in_markdown(rows), None, BlockKind.ROWS, []
                    rows = []
                level = _at_place(self._paragraphs, places[index]).get(_OUTLINE, 9)
                block = _readable("".join(shown_part))
                yield block, level + 1 if level < 9 else None, BlockKind.PROSE, _runs(unseen)
                shown_part, unseen = [], []
            elif not in_instruction and not properties.get(_DELETED):
                (unseen if properties.get(_VANISHED) else shown_part).append(character)
        if rows:
            yield in_markdown([*rows, row]), None, BlockKind.ROWS, []
        yield _readable("".join(shown_part)), None, BlockKind.PROSE, _runs(unseen)

    def _properties(
        self, at: int, wanted: set[int], *, is_paragraph: bool
    ) -> Iterator[tuple[int, int, dict[int, int]]]:
        """Start, end and wanted properties of the runs of characters or paragraphs, by places in the file."""
        start, length = struct.unpack_from("<II", self._main, at)
        count = (length - 4) // 8
        for number in range(max(count, 0)):
            (page,) = struct.unpack_from("<I", self._table, start + 4 * (count + 1) + 4 * number)
            page = (page & 0x3F_FFFF) * 512
            runs = self._main[page + 511]
            bounds = struct.unpack_from(f"<{runs + 1}I", self._main, page)
            for run in range(runs):
                entry = page + 4 * (runs + 1) + run * (13 if is_paragraph else 1)
                offset = self._main[entry] * 2
                if not offset:
                    continue
                place = page + offset
                size = self._main[place]
                if is_paragraph:
                    # Counted in words, without a byte of padding or with it.
                    size, place = (2 * size - 1, place) if size else (2 * self._main[place + 1], place + 1)
                    properties = self._main[place + 3 : place + 1 + size]
                else:
                    properties = self._main[place + 1 : place + 1 + size]
                yield bounds[run], bounds[run + 1], _wanted(properties, wanted)


def _wanted(properties: bytes, wanted: set[int]) -> dict[int, int]:
    """The wanted ones of a list of properties, whose values are a byte."""
    found: dict[int, int] = {}
    place = 0
    while place + 2 < len(properties):
        (number,) = struct.unpack_from("<H", properties, place)
        place += 2
        if number in wanted:
            found[number] = properties[place]
        kind = number >> 13
        # Tables state the bytes of their definition in two bytes.
        if kind == 6 and number == 0xD608 and place + 2 <= len(properties):
            place += 1 + struct.unpack_from("<H", properties, place)[0]
        elif kind == 6:
            place += 1 + properties[place]
        else:
            place += _OPERAND_BYTES[kind]
    return found


def _at_place(runs: list[tuple[int, int, dict[int, int]]], place: int) -> dict[int, int]:
    """The properties of the run in which a place of the file lies."""
    index = bisect_right(runs, place, key=lambda run: run[0]) - 1
    return runs[index][2] if index >= 0 and place < runs[index][1] else {}


def _readable(text: str) -> str:
    """A paragraph without the marks of pictures, notes and comments."""
    text = text.replace("\x0b", "\n").replace("\x1e", "-").replace("\xa0", " ")
    text = (
        re.sub("[\x00-\x08\x0e-\x1f]", "", text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    return "\n".join(line(clean(each)) for each in text.split("\n")).strip()


def _runs(unseen: list[str]) -> list[str]:
    text = _readable("".join(unseen))
    return [text] if re.search(r"\w", text) else []


def _summary_title(file: "OleFileIO") -> str:
    try:
        title = file.get_metadata().title
    # Metadata may be damaged, or missing; the document has its text all the same.
    except Exception:
        return ""
    return title.decode("cp1252", "replace") if isinstance(title, bytes) else ""
