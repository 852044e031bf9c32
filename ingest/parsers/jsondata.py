"""JSON, as one value or one a line: what programs export, entry by entry.

Chats, bookmarks, notes and measurements are exported for programs: in one line, with marks and escapes. Here
they are read as a person would write them down: an item of a list is an entry with a heading, and each of
its values is a line, after its key. Times that are counted from an epoch are dates, and text that an export
divides by its typeface is joined. Keys without a value are left out.

Text that is not JSON, such as settings with comments, is read line by line (`code`).
"""

import contextlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ingest.documents import BlockKind
from ingest.parsers import code
from ingest.parsers.epochs import moment
from ingest.parsers.extract import Extract, Layout, Outline
from ingest.parsers.paging import PAGE_CHARACTERS
from ingest.parsers.text import clean, decode, letters, line

LONGEST_ENTRY = 3000
"""The most characters of an entry whose parts have no headings of their own."""
LONGEST_LINE = 120
"""The most characters of a value on the line of its key, and of values that share a line."""
LONGEST_NAME = 80
"""The most characters of the name of an entry in its heading."""
DEEPEST_INDENT = 10
"""The most levels by which a line is indented."""

_NAMES = ("title", "name", "subject", "summary", "headline", "label", "displayname", "fullname", "question")
"""Keys of the name of an entry, best first, in lower case and without `_` and `-`."""
_SENDERS = (
    "from",
    "sender",
    "sendername",
    "contactname",
    "author",
    "username",
    "user",
    "role",
    "speaker",
    "creator",
)
"""Keys of who wrote an entry."""
_TIMES = ("date", "time", "timestamp", "datetime", "createdat", "created", "sentat", "timestampms", "ts")
"""Keys of when an entry was written."""
SHORTEST_DATA = 400
"""Length from which a string without spaces is data and not text."""
_DATA = re.compile(rf"[A-Za-z0-9+/_=-]{{{SHORTEST_DATA},}}|data:[\w/+.-]+;base64,\S+")
"""A picture, a key or the like, written in letters."""

Members = tuple[tuple[str, Any], ...]
"""An object, with all its members in order, also those of one name. Other values are lists, strings (numbers
too, as they are written), booleans and None."""


def extract(data: bytes) -> Extract:
    """Parses JSON, of which each line may be a value."""
    text = decode(data)
    try:
        if (value := _parsed(text)) is not None:
            # A long text needs as much memory as the document that is made of it.
            text = ""
            return entries(value, _first(value, _NAMES[:1]) if isinstance(value, tuple) else "")
        reading = _DataPages()
        records = _records(text)
        for number, record in records:
            reading.entry(f"line {number}", record, ())
        return reading.extract("") if records else code.extract(data)
    except RecursionError:
        return code.extract(data)


def entries(value: Any, title: str) -> Extract:
    """The document of a value, in the form of `Members`."""
    reading = _DataPages()
    reading.section(value, (), is_entry=False)
    return reading.extract(title)


def _parsed(text: str) -> Any:
    """The list or object that a text is; None for any other text."""
    try:
        value = json.loads(
            text, strict=False, object_pairs_hook=tuple, parse_float=str, parse_int=str, parse_constant=str
        )
    except ValueError:
        return None
    return value if isinstance(value, list | tuple) else None


def _records(text: str) -> list[tuple[int, Any]]:
    """The values of a text that has one a line, with their lines; none for any other text.

    A line that is no value, such as one that is still being written, is kept as text.
    """
    records = [(number, each) for number, each in enumerate(text.split("\n"), 1) if each.strip()]
    values = [(number, _parsed(each), each) for number, each in records]
    if 2 * sum(value is not None for _, value, _ in values) <= len(records):
        return []
    return [(number, each if value is None else value) for number, value, each in values]


@dataclass(slots=True)
class _DataPages:
    """The text of a document of entries, as it grows."""

    _outline: Outline = field(default_factory=Outline)
    _pages: list[str] = field(default_factory=list)
    """The pages before the last one."""
    _parts: list[str] = field(default_factory=list)
    """The last page."""
    _length: int = 0

    def extract(self, title: str) -> Extract:
        """The document."""
        pages = (*self._pages, "".join(self._parts))
        return Extract(title, pages, self._outline.spans(), Layout.FLOW)

    def section(self, value: Any, above: tuple[str, ...], *, is_entry: bool) -> None:
        """Adds what is below the headings `above`.

        is_entry: whether it is an item of a list, which is divided only if it is long.
        """
        if _is_block(value) or (is_entry and _fits(value, LONGEST_ENTRY)):
            self._block(_shown_as(value, 0))
        elif isinstance(value, list):
            for number, item in enumerate(value, 1):
                self.entry(f"entry {number}", item, above)
        else:
            within = [pair for pair in value if not self._is_section(pair[1], is_entry=is_entry)]
            self._block(_members(tuple(within), 0))
            for key, member in value:
                if self._is_section(member, is_entry=is_entry):
                    self._headed(key or "(no name)", member, above, is_entry=is_entry)

    def entry(self, place: str, value: Any, above: tuple[str, ...]) -> None:
        """Adds an item of a list, whose heading is its place and its name."""
        if _is_empty(value):
            return
        name = _name(value)
        self._headed(f"{place}: {name}" if name else place, value, above, is_entry=True)

    def _headed(self, heading: str, value: Any, above: tuple[str, ...], *, is_entry: bool) -> None:
        if self._length > PAGE_CHARACTERS:
            self._pages.append("".join(self._parts))
            self._parts, self._length = [], 0
            self._outline.turn(len(self._pages))
        heading = line(heading)
        self._outline.heading(len(above) + 1, heading, self._length, self._length + len(heading))
        self._append(f"{heading}\n")
        self.section(value, (*above, heading), is_entry=is_entry)
        self._append("\n")

    @staticmethod
    def _is_section(value: Any, *, is_entry: bool) -> bool:
        if not isinstance(value, list | tuple) or _is_empty(value):
            return False
        if isinstance(value, tuple) and not is_entry:
            return True
        return not _is_block(value) and not (is_entry and _fits(value, LONGEST_ENTRY // 3))

    def _block(self, lines: Iterator[tuple[BlockKind, str]]) -> None:
        """Adds blocks of lines; a long text is a block of its own."""
        rows: list[str] = []
        for kind, text in lines:
            if kind is BlockKind.ROWS:
                rows.append(text)
            else:
                self._add(BlockKind.ROWS, "\n".join(rows))
                self._add(kind, text)
                rows = []
        self._add(BlockKind.ROWS, "\n".join(rows))

    def _add(self, kind: BlockKind, text: str) -> None:
        if text:
            self._outline.add(kind, self._length, self._length + len(text))
            self._append(f"{text}\n")

    def _append(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _is_flat(value: Any) -> bool:
    """Whether a value has neither lists nor objects in it, or is a text in pieces."""
    if not isinstance(value, list | tuple):
        return True
    members = [member for _, member in value] if isinstance(value, tuple) else value
    return _joined(value) is not None or not any(isinstance(each, list | tuple) for each in members)


def _is_block(value: Any) -> bool:
    """Whether a value has no entries: a single value, an object or list of those, or a list of such lists."""
    if isinstance(value, list):
        return all(not isinstance(each, tuple) and _is_flat(each) for each in value)
    return _is_flat(value)


def _fits(value: Any, most: int) -> bool:
    """Whether a value has at most so many characters."""
    pending, length = [value], 0
    while pending and length <= most:
        each = pending.pop()
        if isinstance(each, tuple):
            pending += (part for pair in each for part in pair)
        elif isinstance(each, list):
            pending += each
        else:
            length += len(str(each)) + 2
    return length <= most


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], ())


# Lines


def _shown_as(value: Any, depth: int) -> Iterator[tuple[BlockKind, str]]:
    """The lines of a value without a key."""
    if isinstance(value, tuple) and (text := _joined(value)) is None:
        yield from _members(value, depth)
    elif isinstance(value, list) and _joined(value) is None:
        yield from _items(value, depth)
    elif text := _written("", value):
        yield BlockKind.PROSE, text


def _members(members: Members, depth: int) -> Iterator[tuple[BlockKind, str]]:
    """The lines of an object: a key with its value each."""
    pad = "  " * min(depth, DEEPEST_INDENT)
    seen: set[str] = set()
    for key, value in members:
        name = _key(key).shown
        text = _written(key, value)
        if _is_empty(value) or text == "":
            continue
        if text is None:
            yield BlockKind.ROWS, f"{pad}{name}:"
            yield from _shown_as(value, depth + 1)
        # Some exports repeat a text, divided by its typeface.
        elif text not in seen or _joined(value) is None:
            seen.add(text)
            if "\n" in text or len(text) > LONGEST_LINE:
                yield BlockKind.PROSE, f"{pad}{name}:\n{text}" if name else text
            else:
                yield BlockKind.ROWS, f"{pad}{name}: {text}" if name else f"{pad}{text}"


def _items(items: Sequence[Any], depth: int) -> Iterator[tuple[BlockKind, str]]:
    """The lines of a list: an item each."""
    pad = "  " * min(depth, DEEPEST_INDENT)
    for item in items:
        if _is_empty(item):
            continue
        text = _in_one_line(item)
        if text is not None:
            yield BlockKind.ROWS, f"{pad}- {text}"
        elif isinstance(item, list | tuple):
            yield BlockKind.ROWS, f"{pad}-"
            yield from _shown_as(item, depth + 1)
        else:
            yield BlockKind.PROSE, _text(item)


def _in_one_line(value: Any) -> str | None:
    """A value that fits on a line; None for any other."""
    text = _written("", value)
    if text is None and isinstance(value, tuple) and _is_flat(value):
        pairs = [(_key(key).shown, _written(key, member)) for key, member in value]
        text = ", ".join(f"{key}: {said}" for key, said in pairs if said)
        # One of them may be a sentence.
        return text if "\n" not in text else None
    return text if text is not None and "\n" not in text else None


def _written(key: str, value: Any) -> str | None:
    """The text of a value that stands beside its key; None for an object, and a list of more than words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return ""
    if isinstance(value, str):
        return moment(key, value) or _text(value)
    if (text := _joined(value)) is not None:
        return text
    if isinstance(value, tuple) or not _is_flat(value):
        return None
    texts = [text for each in value if (text := _written(key, each))]
    joined = ", ".join(texts)
    return joined if len(joined) <= LONGEST_LINE or all(map(_is_number, value)) else None


def _joined(value: Any) -> str | None:
    """The text of a list whose items are pieces of it, some with their typeface; None for any other value."""
    if not isinstance(value, list) or not value:
        return None
    pieces: list[str] = []
    styled = False
    for item in value:
        if isinstance(item, tuple):
            members = dict(item)
            if not isinstance(members.get("text"), str) or not isinstance(members.get("type"), str):
                return None
            styled = True
            pieces.append(members["text"])
            if isinstance(href := members.get("href"), str):
                pieces.append(f" ({href})")
        elif isinstance(item, str):
            pieces.append(item)
        else:
            return None
    return _text("".join(pieces)) if styled else None


def _text(value: str) -> str:
    """A string as a person reads it: what was decoded twice is mended, and what is no text is left out."""
    if value.isascii() and value.isprintable() and len(value) < SHORTEST_DATA:
        return value.strip()
    with contextlib.suppress(UnicodeError):
        value = value.encode("latin-1").decode("utf-8")
    value = _DATA.sub(lambda match: f"({len(match[0])} characters of data)", value)
    return "\n".join(part.rstrip() for part in clean(value).strip().split("\n"))


def _is_number(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?", value) is not None


# Names


@dataclass(frozen=True, slots=True)
class _Key:
    """The key of a value."""

    shown: str
    """As it is written, on one line."""
    plain: str
    """Its letters and digits, in lower case."""


@lru_cache(maxsize=4096)
def _key(key: str) -> _Key:
    return _Key(line(key), letters(key))


def _name(value: Any) -> str:
    """The name of an entry: its title, or who wrote it and when; empty if it states neither."""
    if not isinstance(value, tuple):
        return ""
    if title := _first(value, _NAMES):
        return title
    if written := ", ".join(filter(None, (_first(value, _SENDERS), _first(value, _TIMES)))):
        return written
    within = (_first(member, _NAMES) for _, member in value if isinstance(member, tuple))
    return next(filter(None, within), "")


def _first(value: Members, keys: Sequence[str]) -> str:
    """The value of the first of some keys that an object has, on one line."""
    members = {_key(key).plain: (key, member) for key, member in reversed(value)}
    for each in keys:
        key, member = members.get(each, ("", None))
        if isinstance(member, tuple):
            member = _first(member, (*_NAMES, *_SENDERS)) or None
        if isinstance(member, str) and (said := line(moment(key, member) or _text(member))):
            return said if len(said) <= LONGEST_NAME else f"{said[:LONGEST_NAME].rsplit(' ', 1)[0]}…"
    return ""
