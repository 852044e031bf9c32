"""Files of the binary Office formats, written for tests from Microsoft's descriptions of them.

Only what a reader needs is written: other programs may refuse these files.
"""

import struct
from collections.abc import Sequence

from tests.outlook import compound

TEXT_AT = 1024
"""Where the text of a Word file begins."""
DELETED, VANISHED, ROW_END, HEADING = (0x0800, 1), (0x083C, 1), (0x2417, 1), (0x2640, 0)
"""Properties of characters and paragraphs: number and value."""

Run = tuple[str, tuple[int, int] | None]
"""A text, and one property of it or none."""


def doc(characters: Sequence[Run], paragraphs: Sequence[Run] = (), *, notes: str = "") -> bytes:
    """A Word document.

    characters: the text in order, by properties of characters. A paragraph ends with a carriage return, a
        cell of a table and its row with the character 7.
    paragraphs: the same text, by properties of paragraphs.
    notes: text of the footnotes.
    """
    body = "".join(text for text, _ in characters)
    # Half of it in one byte for each character, half in two, as Word mixes them.
    narrow = "".join(text for text in body if ord(text) < 0x80) == body
    content = (body + notes).encode("cp1252" if narrow else "utf-16-le")
    width = 1 if narrow else 2
    main = bytearray(TEXT_AT + -(-len(content) // 512) * 512)
    main[TEXT_AT : TEXT_AT + len(content)] = content
    struct.pack_into("<HH", main, 0, 0xA5EC, 0x00C1)
    struct.pack_into("<8I", main, 0x004C, len(body), len(notes), 0, 0, 0, 0, 0, 0)
    stored = TEXT_AT * 2 | 0x4000_0000 if narrow else TEXT_AT
    pieces = struct.pack("<IIHIH", 0, len(body) + len(notes), 0, stored, 0)
    table = bytearray(b"\2" + struct.pack("<I", len(pieces)) + pieces)
    struct.pack_into("<II", main, 0x01A2, 0, len(table))
    for at, runs, entry in ((0x00FA, characters, 1), (0x0102, paragraphs, 13)):
        page = len(main) // 512
        struct.pack_into("<II", main, at, len(table), 12)
        table += struct.pack("<III", TEXT_AT, TEXT_AT + len(content), page)
        main += _page(runs, entry, width)
    return compound({"WordDocument": bytes(main), "0Table": bytes(table)})


def _page(runs: Sequence[Run], entry: int, width: int) -> bytes:
    page = bytearray(512)
    page[511] = len(runs)
    place = TEXT_AT
    top = 510
    for number, (text, stated) in enumerate(runs):
        struct.pack_into("<I", page, 4 * number, place)
        place += len(text) * width
        if stated is not None:
            properties = struct.pack("<HB", *stated)
            packed = bytes([3]) + properties if entry == 1 else bytes([3]) + b"\0\0" + properties
            top -= 8
            page[top : top + len(packed)] = packed
            page[4 * (len(runs) + 1) + entry * number] = top // 2
    struct.pack_into("<I", page, 4 * len(runs), place)
    return bytes(page)


def ppt(*slides: Sequence[str], notes: str = "") -> bytes:
    """A presentation of these slides, each as its texts, the title first, with notes on the first."""
    outline = b""
    for number, texts in enumerate(slides):
        outline += _record(0x03F3, struct.pack("<IIiII", 0, 0, 0, 256 + number, 0))
        outline += b"".join(_record(0x0FA0, text.encode("utf-16-le")) for text in texts)
    document = _record(0x03E8, _record(0x0FF0, outline, is_container=True), is_container=True)
    stream = document + b"".join(_record(0x03EE, b"", is_container=True) for _ in slides)
    if notes:
        about = _record(0x03F1, struct.pack("<II", 256, 0))
        stream += _record(0x03F0, about + _record(0x0FA8, notes.encode("latin-1")), is_container=True)
    return compound({"PowerPoint Document": stream})


def _record(kind: int, content: bytes, *, is_container: bool = False) -> bytes:
    return struct.pack("<HHI", 0xF if is_container else 0, kind, len(content)) + content


def xls(
    name: str, *rows: Sequence[str | float], formats: Sequence[str] = ("General",), hidden: bool = False
) -> bytes:
    """A workbook of one sheet. The number in column n has the format n, or the first one."""
    begin = struct.pack("<HHHHHII", 0x0600, 0x0005, 0, 0, 0, 0, 0)
    head = _biff(0x0809, begin[:16]) + _biff(0x0042, struct.pack("<H", 1200))
    font = struct.pack("<HHHHHBBBB", 200, 0, 0x7FFF, 400, 0, 0, 0, 0, 0) + _short("Arial")
    head += _biff(0x0031, font) * 4
    for number, code in enumerate(formats):
        head += _biff(0x041E, struct.pack("<H", 164 + number) + _long(code))
    for number in range(len(formats)):
        head += _biff(0x00E0, struct.pack("<HHH", 0, 164 + number, 0) + bytes(14))
    sheet = _biff(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            style = column if column < len(formats) else 0
            place = struct.pack("<HHH", row, column, style)
            if isinstance(cell, str):
                sheet += _biff(0x0204, place + _long(cell))
            else:
                sheet += _biff(0x0203, place + struct.pack("<d", cell))
    sheet += _biff(0x000A, b"")
    bound = struct.pack("<BB", int(hidden), 0) + _short(name)
    start = len(head) + 4 + 4 + len(bound) + 4
    head += _biff(0x0085, struct.pack("<I", start) + bound) + _biff(0x000A, b"")
    return compound({"Workbook": head + sheet})


def _biff(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _short(text: str) -> bytes:
    return struct.pack("<BB", len(text), 1) + text.encode("utf-16-le")


def _long(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")
