"""Documents: one row for each file that was read, failed or skipped, with its tags, links and pages."""

import datetime
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple

from ingest.catalogue.codes import CodeTable
from ingest.catalogue.collections import CollectionTable
from ingest.catalogue.paths import BELOW, below
from ingest.catalogue.records import READ_AGAIN, DocumentEntry, DocumentState, FileRecord
from ingest.catalogue.texts import LISTS, DocumentTexts
from ingest.database import Database
from ingest.documents import Document, document_id
from ingest.opening import Stamp
from ingest.parsers import MAIL_TYPES, fallback_title, type_name
from ingest.selection import DocumentTraits, Selection, holding

_SEARCHABLE = "state IN ('pending', 'indexed')"

_OPENED = "(state != 'skipped' OR media_type IS NOT NULL)"
"""SQL condition: the file was opened. A file skipped because of its name or kind has no media type."""

_STAMP = "bytes, mtime_ns, ctime_ns, inode"
"""The columns of a `Stamp`, in the order of its fields."""

_SET_STAMP = "bytes = ?, mtime_ns = ?, ctime_ns = ?, inode = ?"

REMAINS = "remains"
"""Name of the fact that the library's files may still hold content that was deleted or renamed."""


class DocumentTable(DocumentTexts):
    """The documents of one library. A document is named by its path, or by its key in this table."""

    def __init__(self, database: Database, codes: CodeTable, collections: CollectionTable) -> None:
        """database: the catalogue's file. codes: of its documents. collections: of its documents."""
        super().__init__(database, codes)
        self._collections = collections

    # Listing and selecting

    def entries(self) -> list[DocumentEntry]:
        """All documents, ordered by path."""
        rows = self._db.rows(
            "SELECT key, path, state, reason, (SELECT count(*) FROM chunks WHERE document = documents.key), "
            "bytes, media_type, indexed_at, digest, mtime_ns FROM documents ORDER BY path"
        )
        hidden, other_names = self.hidden(), self.other_names()
        collections = self._collections.all()
        tags = self._tags() if collections else {}
        return [
            DocumentEntry(
                os.fsdecode(path),
                DocumentState(state),
                reason,
                chunks,
                size,
                media_type,
                indexed_at,
                hidden.get(key, ()),
                digest or None,
                mtime_ns / 1e9 if mtime_ns > 0 else None,
                tuple(sorted(holding(collections, os.fsdecode(path), tags.get(key, ())))),
                other_names.get(key, ()),
            )
            for key, path, state, reason, chunks, size, media_type, indexed_at, digest, mtime_ns in rows
        ]

    def count_by_state(self) -> dict[DocumentState, int]:
        """How many documents are in each state."""
        counts = dict(self._db.rows("SELECT state, count(*) FROM documents GROUP BY state"))
        return {state: counts.get(state.value, 0) for state in DocumentState}

    def file_records(self, roots: Iterable[str]) -> dict[str, FileRecord]:
        """The files at or below `roots` that were opened, whether or not they could be read, by path."""
        records: dict[str, FileRecord] = {}
        for root in roots:
            rows = self._db.rows(
                f"SELECT path, digest, state, {_STAMP} FROM documents WHERE {_OPENED} AND {BELOW}",
                below(root),
            )
            for path, digest, state, *columns in rows:
                records[os.fsdecode(path)] = FileRecord(Stamp(*columns), digest, DocumentState(state))
        return records

    def names_of(self, inodes: Iterable[int]) -> list[tuple[int, str, DocumentState]]:
        """Inode, path and state of the files that had one of these inodes when they were opened last."""
        rows = self._db.rows(
            f"SELECT inode, path, state FROM documents WHERE {_OPENED} "
            "AND inode IN (SELECT value FROM json_each(?))",
            (json.dumps(list(inodes)),),
        )
        return [(inode, os.fsdecode(path), DocumentState(state)) for inode, path, state in rows]

    def linked(self, inode: int) -> list[str]:
        """The paths of the files that had this inode when they were opened last."""
        return [path for _, path, _ in self.names_of([inode])]

    def select(self, selection: Selection) -> list[tuple[int, str]]:
        """Key and path of the searchable documents that `selection` holds, ordered by path."""
        return [
            (key, document.path)
            for key, document, _ in self._traits(_SEARCHABLE, selection)
            if selection.selects(document)
        ]

    def unread(self, selection: Selection) -> list[tuple[str, str]]:
        """Path and reason of the documents that `selection` would hold and that could not be read."""
        return [
            (document.path, reason)
            for _, document, reason in self._traits(f"NOT {_SEARCHABLE} AND {_OPENED}", selection)
            if selection.selects(document)
        ]

    def filter_values(self, sources: Sequence[str]) -> dict[str, list[str]]:
        """The values of filters: folders below `sources` (`in`), suffixes (`type`), tags (`tag`), and names
        of collections (`collection`)."""
        folders, suffixes = set(), set()
        for (raw,) in self._db.rows(f"SELECT path FROM documents WHERE {_SEARCHABLE}"):
            path = os.fsdecode(raw)
            suffixes.add(type_name(path))
            source = min((source for source in sources if path.startswith(source)), key=len, default="")
            above = os.path.dirname(os.path.relpath(path, source)) if source else ""
            while above:
                folders.add(above)
                above = os.path.dirname(above)
        tags = [tag for (tag,) in self._db.rows("SELECT DISTINCT tag FROM tags ORDER BY tag")]
        names = [each.name for each in self._collections.all()]
        return {"in": sorted(folders), "type": sorted(suffixes - {""}), "tag": tags, "collection": names}

    def _tags(self) -> dict[int, set[str]]:
        """The tags of each document that has some."""
        tags: dict[int, set[str]] = {}
        for key, tag in self._db.rows("SELECT document, tag FROM tags"):
            tags.setdefault(key, set()).add(tag)
        return tags

    def _people(self, selection: Selection) -> dict[int, str]:
        """The headers of each mail that name people, if `selection` asks for people."""
        if not selection.senders and not selection.recipients:
            return {}
        types = ", ".join(f"'{name}'" for name in sorted(MAIL_TYPES))
        return {
            # Only a message's own headers count, not those of a message enclosed in it.
            key: text if media_type == "application/mbox" else text.partition("\n\n")[0]
            for key, media_type, text in self._db.rows(
                "SELECT documents.key, media_type, text FROM documents "
                "JOIN pages ON document = documents.key "
                f"WHERE number = 1 AND media_type IN ({types})"
            )
        }

    def _traits(self, condition: str, selection: Selection) -> Iterator[tuple[int, DocumentTraits, str]]:
        """Key, reason and what `selection` asks for of the documents that meet an SQL condition, by path."""
        tags = self._tags() if selection.tags or selection.collections else {}
        names = self.other_names() if selection.folders or selection.titles else {}
        is_dated = selection.since is not None or selection.until is not None
        people = self._people(selection)
        collections = self._collections.all() if selection.collections else []
        for key, raw, media_type, title, date, mtime_ns, reason in self._db.rows(
            "SELECT key, path, media_type, title, date, mtime_ns, reason FROM documents "
            f"WHERE {condition} ORDER BY path"
        ):
            path = os.fsdecode(raw)
            changed = datetime.date.fromtimestamp(mtime_ns / 1e9) if is_dated else datetime.date.min
            traits = DocumentTraits(
                path=path,
                media_type=media_type or "",
                title=(title or fallback_title(path)) if selection.titles else "",
                tags=frozenset(tags.get(key, ())),
                date=datetime.date.fromisoformat(date) if date and is_dated else changed,
                people=people.get(key, ""),
                collections=holding(collections, path, tags.get(key, ())),
                names=names.get(key, ()),
            )
            yield key, traits, reason

    # Changes that are complete in themselves

    def set_failed(
        self,
        path: str,
        reason: str,
        *,
        stamp: Stamp,
        media_type: str | None,
        state: DocumentState = DocumentState.FAILED,
    ) -> None:
        """Records that the file at `path` was tried and could not be read. It replaces the path's document.

        state: `FAILED`; `SKIPPED` when the file is sound and this Carrel lacks the means to read it.
        """
        with self._db.transaction():
            values = (*astuple(stamp), media_type, state, reason, os.fsencode(path))
            again = self._db.execute(
                f"UPDATE documents SET {_SET_STAMP}, media_type = ?, state = ?, reason = ? "
                "WHERE path = ? AND digest IS NULL",
                values,
            )
            if not again.rowcount:
                self.delete([path])
                self._db.execute(
                    f"INSERT INTO documents ({_STAMP}, media_type, state, reason, path) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    values,
                )

    def set_skipped(self, roots: Sequence[str], skipped: Iterable[tuple[str, str]]) -> None:
        """Records which files at or below `roots` are not opened, as (path, reason); no others are."""
        wanted = {os.fsencode(path): reason for path, reason in skipped}
        recorded: dict[bytes, str] = {}
        for root in roots:
            recorded |= self._db.rows(
                f"SELECT path, reason FROM documents WHERE NOT {_OPENED} AND {BELOW}", below(root)
            )
        if wanted == recorded:
            return
        with self._db.transaction():
            self._db.executemany("DELETE FROM documents WHERE path = ?", ((path,) for path in recorded))
            if recorded.keys() - wanted.keys():
                self._note_remains()
            self._db.executemany(
                "INSERT OR REPLACE INTO documents (path, bytes, mtime_ns, state, reason) "
                "VALUES (?, 0, 0, 'skipped', ?)",
                wanted.items(),
            )

    def retry_failed(self, root: str) -> int:
        """Makes files at or below `root` that could not be read look changed. Returns how many there are."""
        with self._db.transaction():
            changed = self._db.execute(
                f"UPDATE documents SET mtime_ns = {READ_AGAIN} "
                f"WHERE NOT {_SEARCHABLE} AND {_OPENED} AND {BELOW}",
                below(root),
            )
        return changed.rowcount

    def read_again(self, media_types: Iterable[str]) -> None:
        """Makes the documents of these types look changed, as part of a transaction of the catalogue."""
        for media_type in media_types:
            self._db.execute(
                f"UPDATE documents SET mtime_ns = {READ_AGAIN} WHERE media_type = ? AND {_OPENED}",
                (media_type,),
            )

    def read_file_again(self, path: str) -> None:
        """Makes the document at `path` look changed; its text stays until it is read again."""
        with self._db.transaction():
            self._db.execute(
                f"UPDATE documents SET mtime_ns = {READ_AGAIN} WHERE path = ? AND {_OPENED}",
                (os.fsencode(path),),
            )

    def set_stamp(self, path: str, stamp: Stamp) -> None:
        """Records the new stamp of a file whose content has not changed."""
        with self._db.transaction():
            self._db.execute(
                f"UPDATE documents SET {_SET_STAMP} WHERE path = ?", (*astuple(stamp), os.fsencode(path))
            )

    def mark_indexed(self, vectors: Sequence[str] | None = None) -> list[str]:
        """Marks pending documents, all or those with one of `vectors`, as indexed if all of their chunks have
        vectors, flushed to the disk. Call it when the vector store holds these. Returns their paths."""
        with self._db.exclusive():
            ready = self._db.execute(
                "SELECT key, path FROM documents WHERE state = 'pending' AND (?1 IS NULL OR key IN ("
                "SELECT document FROM json_each(?1) JOIN chunks ON chunks.vector = unhex(value))) "
                "AND NOT EXISTS (SELECT 1 FROM chunks LEFT JOIN vectors ON name = chunks.vector "
                "WHERE document = documents.key AND name IS NULL)",
                (vectors and json.dumps(vectors),),
            ).fetchall()
            if not ready:
                return []
            self._db.execute("PRAGMA synchronous = FULL")
            try:
                with self._db.transaction():
                    self._db.executemany(
                        "UPDATE documents SET state = 'indexed', indexed_at = ? WHERE key = ?",
                        ((time.time(), key) for key, _ in ready),
                    )
            finally:
                self._db.execute("PRAGMA synchronous = NORMAL")
        return [os.fsdecode(path) for _, path in ready]

    # Changes that are part of a transaction of the catalogue

    def insert(self, document: Document, *, digest: str, stamp: Stamp) -> int:
        """Stores a pending document without its chunks. Returns its key."""
        metadata = document.metadata
        key = self._inserted(
            f"INSERT INTO documents (path, id, digest, {_STAMP}, media_type, title, date, state, "
            "reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?)",
            (
                os.fsencode(document.path),
                document.id,
                digest,
                *astuple(stamp),
                document.media_type,
                document.title,
                metadata.date.isoformat() if metadata.date else None,
                document.unread,
            ),
        )
        for table, names in (("tags", metadata.tags), ("links", metadata.links), ("names", metadata.names)):
            self._db.executemany(
                f"INSERT OR IGNORE INTO {table} VALUES (?, ?)", ((key, name) for name in names)
            )
        hidden: dict[int, list[tuple[int, str, str]]] = {}
        for piece in document.hidden:
            hidden.setdefault(piece.page, []).append((piece.at, piece.text, piece.how))
        self._db.executemany(
            "INSERT INTO pages VALUES (?, ?, ?, ?)",
            (
                (key, number, text, json.dumps(hidden.get(number, []), ensure_ascii=False))
                for number, text in enumerate(document.pages, start=1)
            ),
        )
        return key

    def insert_copy(self, origin: int, path: str, stamp: Stamp) -> int:
        """Stores a copy of document `origin` at `path`, pending and without its chunks. Returns its key."""
        old_path, digest, title = self._identity(origin)
        key = self._inserted(
            f"INSERT INTO documents (path, id, digest, {_STAMP}, media_type, title, date, state, "
            "reason) SELECT ?, ?, digest, ?, ?, ?, ?, media_type, ?, date, 'pending', reason "
            "FROM documents WHERE key = ?",
            (
                os.fsencode(path),
                document_id(path, digest),
                *astuple(stamp),
                _title_at(path, old_path, title),
                origin,
            ),
        )
        for table, columns in {**LISTS, "pages": "number, text, hidden"}.items():
            self._db.execute(
                f"INSERT INTO {table} SELECT ?, {columns} FROM {table} WHERE document = ?", (key, origin)
            )
        return key

    def rename(self, key: int, path: str, stamp: Stamp) -> None:
        """Gives a document another path, and the id and title that go with it."""
        self._db.execute(f"UPDATE documents SET {_SET_STAMP} WHERE key = ?", (*astuple(stamp), key))
        self.relocate(key, path)

    def relocate(self, key: int, path: str) -> None:
        """Gives a document another path, and the id and title that go with it. Its file stays as it is."""
        old_path, digest, title = self._identity(key)
        self._db.execute(
            "UPDATE documents SET path = ?, id = ?, title = ? WHERE key = ?",
            (os.fsencode(path), document_id(path, digest), _title_at(path, old_path, title), key),
        )
        self._note_remains()

    def delete(self, paths: Iterable[str]) -> None:
        """Deletes the documents at `paths`, with their tags, links, pages and chunks."""
        for path in paths:
            self._codes.forgetting(path)
            if self._db.execute("DELETE FROM documents WHERE path = ?", (os.fsencode(path),)).rowcount:
                self._note_remains()

    def searchable_key(self, path: str) -> int | None:
        """The key of the document at `path`; None when there is none, or it could not be read."""
        rows = self._db.rows(
            f"SELECT key FROM documents WHERE path = ? AND {_SEARCHABLE}", (os.fsencode(path),)
        )
        return int(rows[0][0]) if rows else None

    def id_of(self, key: int) -> str:
        """The id of a stored document (`ingest.documents.document_id`)."""
        ((identity,),) = self._db.rows("SELECT id FROM documents WHERE key = ?", (key,))
        return str(identity)

    def _note_remains(self) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, 'yes')", (REMAINS,))

    def _identity(self, key: int) -> tuple[str, str, str]:
        """Path, digest and title of a document that was read."""
        ((path, digest, title),) = self._db.rows(
            "SELECT path, digest, title FROM documents WHERE key = ?", (key,)
        )
        return os.fsdecode(path), digest, title

    def _inserted(self, sql: str, values: Sequence[object]) -> int:
        key = self._db.execute(sql, values).lastrowid
        assert key is not None
        return key


def _title_at(path: str, old_path: str, title: str) -> str:
    """The title of a document after its file moved: its own title, or the new file name if it has none."""
    return fallback_title(path) if title == fallback_title(old_path) else title
