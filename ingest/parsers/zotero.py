"""The database of Zotero, `zotero.sqlite`: a section for each entry, with its notes and annotations.

An entry's files lie in `storage/`, each in a folder of its own, or are linked: they stay where they are, with
an absolute path or a path from Zotero's base directory, which the database does not name. They are documents
themselves; this one describes them (`ingest.documents.Description`), so that they have the title, the
authors, the date, the collections and the tags of their entry. The database is read from its bytes, in
memory: nothing is opened, and Zotero, if it runs, is not disturbed. What Zotero keeps in a journal is read
once it was written back.
"""

import contextlib
import datetime
import posixpath
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ingest.documents import LINKED, BlockKind, Description
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import Extract, Layout, Outline, damage_refused
from ingest.parsers.metadata import MAX_NAMES
from ingest.parsers.pagetree import put
from ingest.parsers.text import clean, line

_MAGIC = b"SQLite format 3\0"
_WRITE_AHEAD = slice(18, 20)
"""Bytes that say that changes are written to a second file, which a database in memory cannot have."""
_STORED = "storage:"
"""Begins the path of a file in `storage/`."""
_NOT_ENTRIES = ("attachment", "note", "annotation")
"""Types of items that belong to an entry."""
_SHOWN = (
    *(("publicationTitle", "Published in"), ("bookTitle", "Published in"), ("publisher", "Publisher")),
    *(("volume", "Volume"), ("issue", "Issue"), ("pages", "Pages"), ("DOI", "DOI"), ("ISBN", "ISBN")),
    ("url", "Address"),
)
"""The fields of an entry that are read besides title, date and abstract, and what they are called."""


@dataclass(slots=True)
class _Entry:
    """An entry of the library, or a note that stands alone."""

    fields: dict[str, str] = field(default_factory=dict)
    authors: list[str] = field(default_factory=list)
    collections: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """As targets of descriptions."""
    notes: list[str] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.fields.get("title", "")

    @property
    def year(self) -> str:
        year = re.match(r"\d{4}", self.fields.get("date", ""))
        return year[0] if year and year[0] != "0000" else ""


@damage_refused("Zotero database")
def extract(data: bytes) -> Extract:
    """Parses `zotero.sqlite`."""
    if not data.startswith(_MAGIC):
        raise UnreadableDocument(
            "not a Zotero database", remedy="Start Zotero to repair it, or exclude it with `carrel rm`."
        )
    content = bytearray(data)
    content[_WRITE_AHEAD] = b"\1\1"
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        database.deserialize(bytes(content))
        for setting in ("trusted_schema = OFF", "cell_size_check = ON", "temp_store = MEMORY"):
            database.execute(f"PRAGMA {setting}")
        entries = _entries(database)
    outline = Outline()
    parts: list[str] = []
    length = 0

    def add(text: str, kind: BlockKind | None = None, level: int = 0) -> None:
        nonlocal length
        if text.strip():
            if kind is None:
                outline.heading(level, text, length, length + len(text))
            else:
                outline.add(kind, length, length + len(text))
            parts.extend((text, "\n\n"))
            length += len(text) + 2

    for entry in entries:
        if not (entry.fields or entry.notes or entry.annotations):
            continue
        add(entry.title or "(untitled)", level=1)
        add("\n".join(_facts(entry)), BlockKind.ROWS)
        add(entry.fields.get("abstractNote", ""), BlockKind.PROSE)
        for name, texts in (("Notes", entry.notes), ("Annotations", entry.annotations)):
            if texts:
                add(name, level=2)
            for text in texts:
                add(text, BlockKind.PROSE)
    about = tuple(_described(entry, file) for entry in entries for file in entry.files)
    return Extract("Zotero", ("".join(parts),), outline.spans(), Layout.FLOW, about=about)


def _facts(entry: _Entry) -> list[str]:
    names = (("Authors", entry.authors), ("Collections", entry.collections), ("Tags", entry.tags))
    facts = [f"{name}: {', '.join(values)}" for name, values in names if values]
    year = [f"Year: {entry.year}"] if entry.year else []
    fields = [f"{name}: {entry.fields[key]}" for key, name in _SHOWN if entry.fields.get(key)]
    files = [f"File: {file.removeprefix(LINKED).rpartition('/')[2]}" for file in entry.files]
    return facts[:1] + year + fields + facts[1:] + files


def _described(entry: _Entry, file: str) -> Description:
    tags = tuple(dict.fromkeys([*entry.collections, *entry.tags]))[:MAX_NAMES]
    return Description(file, entry.title, tuple(entry.authors[:MAX_NAMES]), tags, _date(entry))


def _date(entry: _Entry) -> datetime.date | None:
    """The day of an entry, or the first day of its month or year."""
    stated = re.match(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", entry.fields.get("date", ""))
    if not stated or not entry.year:
        return None
    year, month, day = (int(part or 0) for part in stated.groups())
    try:
        return datetime.date(year, month or 1, day or 1)
    except ValueError:
        return None


def _entries(database: sqlite3.Connection) -> list[_Entry]:
    """The entries in the order in which they were added, and after them the notes that stand alone."""

    def rows(query: str) -> list[tuple[Any, ...]]:
        # A version of Zotero may lack a table.
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError as exc:
            if "no such" in str(exc):
                return []
            raise

    deleted = {item for (item,) in rows("SELECT itemID FROM deletedItems")}
    entries: dict[int, _Entry] = defaultdict(_Entry)
    names = ", ".join(f"'{name}'" for name in _NOT_ENTRIES)
    known = database.execute(
        f"SELECT itemID FROM items JOIN itemTypes USING (itemTypeID) WHERE typeName NOT IN ({names}) "
        "ORDER BY itemID"
    )
    for (item,) in known.fetchall():
        if item not in deleted:
            entries[item] = _Entry()
    is_entry = entries.keys()
    for item, name, value in rows(
        "SELECT itemID, fieldName, value FROM itemData JOIN fields USING (fieldID) "
        "JOIN itemDataValues USING (valueID)"
    ):
        if item in is_entry:
            text = clean(str(value))
            entries[item].fields[str(name)] = text.strip() if name == "abstractNote" else line(text)
    for item, first, last in rows(
        "SELECT itemID, firstName, lastName FROM itemCreators JOIN creators USING (creatorID) "
        "ORDER BY itemID, orderIndex"
    ):
        if item in is_entry and (name := line(f"{first or ''} {last or ''}")):
            entries[item].authors.append(name)
    for item, name in rows(
        "SELECT itemID, collectionName FROM collectionItems JOIN collections USING (collectionID)"
    ):
        if item in is_entry:
            entries[item].collections.append(line(str(name)))
    for item, name in rows("SELECT itemID, name FROM itemTags JOIN tags USING (tagID)"):
        if item in is_entry:
            entries[item].tags.append(line(str(name)))
    owner: dict[int, int] = {}
    for item, parent, path, key in rows(
        "SELECT itemID, parentItemID, path, key FROM itemAttachments JOIN items USING (itemID)"
    ):
        if item in deleted:
            continue
        owner[item] = parent
        if parent in is_entry and (file := _target(str(path or ""), str(key))):
            entries[parent].files.append(file)
    for item, parent, title, note in rows("SELECT itemID, parentItemID, title, note FROM itemNotes"):
        if item in deleted:
            continue
        # A note that stands alone is an entry.
        entry = entries[parent] if parent in is_entry else _Entry({"title": line(str(title or ""))})
        entry.notes.append(_plain(str(note or "")))
        if parent is None:
            entries[item] = entry
    for item, parent, text, comment, page in rows(
        "SELECT itemID, parentItemID, text, comment, pageLabel FROM itemAnnotations "
        "ORDER BY parentItemID, sortIndex"
    ):
        above = owner.get(parent, parent)
        if above in is_entry and item not in deleted:
            entries[above].annotations.append(_annotation(text, comment, page))
    return list(entries.values())


def _target(path: str, key: str) -> str:
    """Where the file of an attachment is, as the target of a description; empty for a link to a web page.

    path: as Zotero has it. key: the attachment's.
    """
    if path.startswith(_STORED):
        name = path.removeprefix(_STORED)
        return "" if "/" in name else f"storage/{key}/{name}"
    place = path.removeprefix(LINKED)
    is_linked = path.startswith("/") or (path.startswith(LINKED) and not place.startswith("/"))
    is_resolved = posixpath.normpath(place) == place and not place.startswith("..")
    return path if is_linked and is_resolved else ""


def _annotation(text: object, comment: object, page: object) -> str:
    where = f" on page {line(str(page))}" if page else ""
    marked = f": “{line(str(text))}”" if text else ""
    said = f"\nComment: {_plain(str(comment))}" if comment else ""
    return clean(f"Annotation{where}{marked}{said}")


def _plain(note: str) -> str:
    """The text of a note, which is written in HTML."""
    # Loaded with markitdown.
    from bs4 import BeautifulSoup

    page = BeautifulSoup(note, "html.parser")
    blocks = page.find_all(["p", "div", "br", "li", "h1", "h2", "h3", "blockquote", "tr"])
    put((block, ["\n", block]) for block in blocks)
    return clean(join_lines(page.get_text().split("\n")))


def join_lines(texts: Iterable[str]) -> str:
    """The lines that have text, each on one line."""
    return "\n".join(filter(None, map(line, texts)))
