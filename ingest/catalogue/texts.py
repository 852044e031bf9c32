"""What documents say: their titles, pages and names, checked by their codes before anything is returned."""

import datetime
import json
import os
from collections.abc import Iterator, Sequence

from ingest.catalogue.codes import CodeTable
from ingest.catalogue.paths import below
from ingest.catalogue.records import DocumentContent, DocumentExtent, PageText
from ingest.database import Database
from ingest.documents import HiddenText, Hiding, Locator
from ingest.parsers import fallback_title

LISTED_CHARACTERS = 200
"""Maximum characters of a hidden text in a listing."""


LISTS = {"tags": "tag", "links": "target", "names": "name"}
"""The tables of what a document has several of, each with the column of its values."""


_KEY = "(SELECT key FROM documents WHERE id = ?)"
"""SQL: the key of the document with an id."""


class DocumentTexts:
    """The texts of one library's documents."""

    def __init__(self, database: Database, codes: CodeTable) -> None:
        """database: the catalogue's file. codes: of its documents."""
        self._db = database
        self._codes = codes

    def title(self, document_id: str) -> str:
        """The title of a stored document."""
        ((title,),) = self._db.rows(f"SELECT title FROM documents WHERE key = {_KEY}", (document_id,))
        return str(title)

    def beside(self, path: str) -> dict[str, str]:
        """The titles of the documents with text in the folder of `path`, by path, with its own."""
        folder = os.path.dirname(path)
        _, first, end = below(folder)
        rows = self._db.rows(
            "SELECT path, title FROM documents WHERE id IS NOT NULL AND path > ? AND path < ? ORDER BY path",
            (first, end),
        )
        found = ((os.fsdecode(raw), title) for raw, title in rows)
        return {other: title for other, title in found if os.path.dirname(other) == folder}

    def text(self, document_id: str, locator: Locator) -> str:
        """The verbatim text at `locator` in a stored document."""
        ((page,),) = self._db.rows(
            f"SELECT text FROM pages WHERE document = {_KEY} AND number = ?",
            (document_id, locator.page or 1),
        )
        return str(page)[locator.chars[0] : locator.chars[1]]

    def page_text(self, locator: Locator) -> PageText | None:
        """The page at `locator`.

        None when the document is gone or altered, or the page is shorter now.
        """
        number = locator.page or 1
        with self._db.snapshot():
            rows = self._db.rows(
                "SELECT document, text, hidden FROM pages JOIN documents ON documents.key = document "
                "WHERE path = ? AND number = ?",
                (os.fsencode(locator.path), number),
            )
            if not rows:
                return None
            ((key, text, hidden),) = rows
            if not (self._codes.own_fits(key) and self._codes.page_fits(key, number, text)):
                self._codes.report([key])
                return None
        return PageText(text, tuple(_hidden(number, hidden))) if len(text) >= locator.chars[1] else None

    def hidden(self) -> dict[int, tuple[HiddenText, ...]]:
        """The hidden texts of all documents that have some, by their keys; long ones are shortened."""
        found: dict[int, list[HiddenText]] = {}
        for key, number, encoded in self._db.rows(
            "SELECT document, number, hidden FROM pages WHERE hidden != '[]' ORDER BY document, number"
        ):
            found.setdefault(key, []).extend(_hidden(number, encoded, longest=LISTED_CHARACTERS))
        return {key: tuple(pieces) for key, pieces in found.items()}

    def extent(self, source: str, path: str) -> DocumentExtent:
        """How long the document at `path` is; `source` is the source that the path lies in.

        Of a text with lines, only the end is read.
        """
        with self._db.snapshot():
            ((key, pages),) = self._db.rows(
                "SELECT document, max(number) FROM pages JOIN documents ON documents.key = document "
                "WHERE path = ?",
                (os.fsencode(path),),
            )
            for page, line, end in self._db.rows(
                "SELECT coalesce(page, 1), last_line, end_char FROM chunks "
                "WHERE document = ? AND last_line IS NOT NULL ORDER BY ordinal DESC LIMIT 1",
                (key,),
            ):
                texts = self._db.rows(
                    "SELECT text FROM pages WHERE document = ? AND number >= ? ORDER BY number", (key, page)
                )
                rest = "".join(text for (text,) in texts)
                # A chunk that ends with empty lines ends before them.
                after = rest[len(rest[:end].rstrip("\n")) :].removesuffix("\n")
                lines = line + after.count("\n")
                return DocumentExtent(source, pages, lines, has_lines=True, names=self._names_of_file(path))
            return DocumentExtent(source, pages or 1, 1, has_lines=False, names=self._names_of_file(path))

    def _names_of_file(self, path: str) -> tuple[str, ...]:
        """The paths with the inode of the file at `path`; empty if there is one alone."""
        rows = self._db.rows(
            "SELECT path FROM documents WHERE id IS NOT NULL AND inode != 0 "
            "AND inode = (SELECT inode FROM documents WHERE path = ?)",
            (os.fsencode(path),),
        )
        return tuple(os.fsdecode(name) for (name,) in rows) if len(rows) > 1 else ()

    def other_names(self) -> dict[int, tuple[str, ...]]:
        """The names besides their titles of the documents that have some, by key."""
        names: dict[int, tuple[str, ...]] = {}
        for key, name in self._db.rows("SELECT document, name FROM names ORDER BY document, rowid"):
            names[key] = (*names.get(key, ()), name)
        return names

    def names(self, key: int) -> str:
        """What a document is found by besides its text: title and other names, file name, tags, date."""
        ((path, title, date),) = self._db.rows(
            "SELECT path, title, date FROM documents WHERE key = ?", (key,)
        )
        tags = self._db.rows("SELECT tag FROM tags WHERE document = ? ORDER BY tag", (key,))
        names = self._db.rows("SELECT name FROM names WHERE document = ? ORDER BY rowid", (key,))
        stem = fallback_title(os.fsdecode(path))
        parts = (title, *(name for (name,) in names), stem, *(tag for (tag,) in tags), date or "")
        return " ".join(dict.fromkeys(part for part in parts if part))

    def contents(self, keys: Sequence[int]) -> Iterator[DocumentContent]:
        """These documents, given by key, with their whole texts, in this order."""
        for key in keys:
            if (content := self._content(key)) is not None:
                yield content

    def _content(self, key: int) -> DocumentContent | None:
        """A document with its whole text; None when it was removed or is altered."""
        with self._db.snapshot():
            rows = self._db.rows(
                "SELECT path, media_type, title, date, reason FROM documents WHERE key = ?", (key,)
            )
            chunks = self._db.rows(
                "SELECT page, label, heading, first_line, last_line, first_char, end_char FROM chunks "
                "WHERE document = ? ORDER BY ordinal",
                (key,),
            )
            if not rows or not chunks:  # Removed meanwhile.
                return None
            if not self._codes.fits(key):
                self._codes.report([key])
                return None
            ((raw, media_type, title, date, reason),) = rows
            path = os.fsdecode(raw)
            return DocumentContent(
                path=path,
                media_type=media_type or "",
                title=title or fallback_title(path),
                tags=frozenset(
                    tag for (tag,) in self._db.rows("SELECT tag FROM tags WHERE document = ?", (key,))
                ),
                date=datetime.date.fromisoformat(date) if date else None,
                unread=reason,
                pages=tuple(
                    text
                    for (text,) in self._db.rows(
                        "SELECT text FROM pages WHERE document = ? ORDER BY number", (key,)
                    )
                ),
                places=tuple(
                    Locator(
                        path=path,
                        page=page,
                        label=label,
                        heading=tuple(json.loads(heading)),
                        lines=None if first is None else (first, last),
                        chars=(start, end),
                    )
                    for page, label, heading, first, last, start, end in chunks
                ),
            )


def _hidden(number: int, encoded: str, *, longest: int | None = None) -> Iterator[HiddenText]:
    """The hidden texts of page `number`, cut off after `longest` characters."""
    for at, text, how in sorted(json.loads(encoded)):
        short = text if longest is None or len(text) <= longest else f"{text[:longest]}…"
        yield HiddenText(number, at, short, Hiding(how))
