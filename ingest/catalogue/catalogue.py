"""`Catalogue`: opens the file and holds its tables. Transactions that change several tables are here."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ingest.catalogue.chunks import ChunkTable
from ingest.catalogue.codes import ALTERED, CodeTable
from ingest.catalogue.collections import CollectionTable
from ingest.catalogue.contents import ContentTable
from ingest.catalogue.descriptions import DescriptionTable
from ingest.catalogue.documents import REMAINS, DocumentTable
from ingest.catalogue.exclusions import ExclusionTable
from ingest.catalogue.fulltext import FullTextIndex
from ingest.catalogue.layout import layout
from ingest.catalogue.records import READ_AGAIN, DocumentState, FileMove, LibraryCounts
from ingest.catalogue.sources import SourceTable
from ingest.catalogue.verifying import Verification, Verified
from ingest.database import Database
from ingest.documents import Chunk, Description, Document
from ingest.errors import IngestError
from ingest.opening import Stamp
from ingest.revisions import outdated, revisions
from policies.integrity import IntegrityKey

_REVISIONS = "parsers"
"""Name of the fact that records the revisions of the parsers with which the documents were read."""


class Catalogue:
    """One library's `catalogue.db`, open until `close`. Several threads may use it."""

    def __init__(self, path: Path, key: IntegrityKey, *, read_only: bool = False) -> None:
        """Opens the catalogue, creates it when it is missing, and migrates it when its layout is older.

        key: tells text that Carrel stored from text that another program put there.
        read_only: whether to change nothing.
        Raises `LibraryDamaged` when the file is damaged or is not a catalogue, `UnsupportedLayout` when a
        newer Carrel wrote it, and `IngestError` when it cannot be used.
        """
        self._db = Database(path, layout(key), read_only=read_only)
        self.exclusions = ExclusionTable(self._db)
        """The paths that are excluded from the sources."""
        self.sources = SourceTable(self._db, self.exclusions)
        """The sources."""
        self.collections = CollectionTable(self._db)
        """The collections."""
        self.codes = CodeTable(self._db, key, self._set_altered)
        """The codes by which documents are recognised."""
        self.documents = DocumentTable(self._db, self.codes, self.collections)
        """The documents."""
        self.descriptions = DescriptionTable(self._db)
        """What documents say about others."""
        self.contents = ContentTable(self._db)
        """Which contents the documents have."""
        self.chunks = ChunkTable(self._db, self.codes)
        """The chunks and their vectors."""
        self.full_text = FullTextIndex(self._db)
        """The words of the chunks."""
        if not read_only:
            with self._db.transaction():
                self.codes.record_key()
            self._read_outdated_again()

    @property
    def read_only(self) -> bool:
        """Whether every change is refused."""
        return self._db.read_only

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """All reads inside it see the same documents, whatever other threads store meanwhile."""
        with self._db.snapshot():
            yield

    def fact(self, name: str) -> str | None:
        """A value stored with the library, such as the fingerprint of its vectors; None when not set."""
        rows = self._db.rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def set_fact(self, name: str, value: str) -> None:
        """Stores a value with the library."""
        with self._db.transaction():
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def _read_outdated_again(self) -> None:
        """Makes documents look changed if the parser of their format has a newer revision."""
        current = revisions()
        recorded = self.fact(_REVISIONS) or ""
        if recorded != current:
            with self._db.transaction():
                self.documents.read_again(outdated(recorded))
            self.set_fact(_REVISIONS, current)

    def counts(self) -> LibraryCounts:
        """The size of the library."""
        return LibraryCounts(self.documents.count_by_state(), *self.chunks.totals())

    def store(self, document: Document, chunks: Sequence[Chunk], *, digest: str, stamp: Stamp) -> None:
        """Stores a document and its chunks as pending. It replaces the document at its path.

        digest: SHA-256 of the file's bytes, in hex.
        """
        with self._db.transaction():
            said = self.descriptions.said(document.path)
            self.documents.delete([document.path])
            if description := self.descriptions.of(document.path):
                title, metadata = description.applied(document.title, document.metadata)
                document = replace(document, title=title, metadata=metadata)
            key = self.documents.insert(document, digest=digest, stamp=stamp)
            names = self.documents.names(key)
            for chunk in chunks:
                self.full_text.insert(
                    self.chunks.insert(key, document.title, chunk),
                    names=names,
                    heading=" ".join(chunk.locator.heading),
                    text=chunk.text,
                )
            self.codes.seal(key)
            self.descriptions.insert(key, document.about)
            now = {each.target: each for each in document.about}
            unsaid = (each.without(now[each.target]) if each.target in now else each for each in said)
            self._withdraw(document.path, unsaid)
            for described, description in self.descriptions.described(document.path, document.about):
                self._describe(described, description, self.descriptions.apply)

    def store_failure(
        self, path: str, reason: str, *, stamp: Stamp, media_type: str | None, state: DocumentState
    ) -> None:
        """Records that the file at `path` could not be read (`DocumentTable.set_failed`).

        What its document said about others counts until it is read again or removed: a database that another
        program is writing often cannot be read for a moment.
        """
        said = self.descriptions.said(path)
        self.documents.set_failed(path, reason, stamp=stamp, media_type=media_type, state=state)
        if said:
            with self._db.transaction():
                ((key,),) = self._db.rows("SELECT key FROM documents WHERE path = ?", (os.fsencode(path),))
                self.descriptions.insert(key, said)

    def _describe(
        self, key: int, description: Description, change: Callable[[int, Description], bool]
    ) -> bool:
        """Changes a document by what another one says about it, as part of a transaction; whether it did.

        change: `apply` or `withdraw` of the descriptions.
        """
        fits = self.codes.own_fits(key)
        if not change(key, description):
            return False
        self.full_text.rename(key, names=self.documents.names(key))
        if fits:
            self.codes.seal_own(key)
        return True

    def _withdraw(self, path: str, said: Iterable[Description]) -> int:
        """Takes from others what the one at `path` said about them; returns how many that changed."""
        found = self.descriptions.described(path, said)
        return sum(self._describe(*each, self.descriptions.withdraw) for each in found)

    def copy(self, source: str, path: str, stamp: Stamp) -> bool:
        """Stores the file at `path` as pending with the content of the document at `source`.

        Returns False, and does nothing, when there is no such document any more.
        """
        origin = self.documents.searchable_key(source)
        if origin is None:
            return False
        if not self.codes.fits(origin):
            self.codes.report([origin])
            return False
        with self._db.transaction():
            self.documents.delete([path])
            key = self.documents.insert_copy(origin, path, stamp)
            names = self.documents.names(key)
            for old, new in self.chunks.insert_copies(origin, key):
                self.full_text.insert_copy(old, new, names=names)
            self.codes.seal(key)
            if description := self.descriptions.of(path):
                self._describe(key, description, self.descriptions.apply)
        return True

    def move(self, moves: Iterable[FileMove]) -> None:
        """Gives searchable documents their new paths. Their chunks and vectors stay; what others say
        counts by the new paths."""
        moves = list(moves)
        moved = {move.old: move.new for move in moves}
        with self._db.transaction():
            self.collections.relocate(lambda path: moved.get(path, path))
            said = [self.descriptions.of(move.old) for move in moves]
            keys: list[int] = []
            for move in moves:
                key = self.documents.searchable_key(move.old)
                assert key is not None, "only searchable documents are moved"
                fits = self.codes.own_fits(key)
                self.documents.rename(key, move.new, move.stamp)
                self.full_text.rename(key, names=self.documents.names(key))
                if fits:
                    self.codes.seal_own(key)
                keys.append(key)
            for move, key, before in zip(moves, keys, said, strict=True):
                now = self.descriptions.of(move.new)
                if before and before != now:
                    self._describe(key, before, self.descriptions.withdraw)
                if now and before != now:
                    self._describe(key, now, self.descriptions.apply)

    def relocate(self, moves: Sequence[tuple[str, str]], place: Callable[[str], str]) -> dict[str, str]:
        """Moves documents, sources and excluded paths, and makes all codes with this catalogue's key.

        For a catalogue that was stored elsewhere (`assistant.library.restoring`). Documents that are altered,
        as far as this key can tell, are read again.

        moves: old and new paths of folders and files. place: the new path of any path, by these moves.
        Returns the new ids of documents by their old ones. Raises `IngestError`, and changes nothing, when
        two documents would have the same path.
        """
        is_own = self.codes.has_own_key
        if is_own:
            self.codes.report(self.codes.unlike(self.sources.paths()))
        rows = self._db.rows("SELECT key, path, digest, id FROM documents")
        places = {key: place(os.fsdecode(path)) for key, path, _, _ in rows}
        for paths in (list(places.values()), list(map(place, self.sources.paths()))):
            if twice := [path for path, count in Counter(paths).items() if count > 1]:
                raise IngestError(
                    f"Two paths of the backup would become {twice[0]}, so nothing was restored.",
                    remedy="Map them to different places.",
                )
        ids: dict[str, str] = {}
        with self._db.transaction():
            self.sources.relocate(place, keep_disks=is_own)
            self.exclusions.relocate(moves)
            self.collections.relocate(place)
            moved = [row for row in rows if places[row[0]] != os.fsdecode(row[1])]
            for key, path, *_ in moved:  # Paths are unique also while they change.
                self._db.execute("UPDATE documents SET path = ? WHERE key = ?", (b"\0" + path, key))
            for key, _, digest, identity in moved:
                if digest is None:
                    self._db.execute(
                        "UPDATE documents SET path = ? WHERE key = ?", (os.fsencode(places[key]), key)
                    )
                    continue
                self.documents.relocate(key, places[key])
                ids[identity] = self.documents.id_of(key)
                self.full_text.rename(key, names=self.documents.names(key))
            self.codes.adopt()
        return ids

    def _set_altered(self, document: int) -> None:
        """Records that the text of a document, given by key, is not what was stored, and drops it.

        Its file looks changed, so that it is read again. In a library that cannot be changed, its text is
        only left out.
        """
        if self._db.read_only:
            return
        for (path,) in self._db.rows("SELECT path FROM documents WHERE key = ?", (document,)):
            self.drop_texts([os.fsdecode(path)], ALTERED)

    def drop_texts(self, paths: Iterable[str], reason: str) -> None:
        """Deletes the texts of the documents at `paths`. They count as failed until they are read again.

        reason: why they have no text, for lists of documents.
        """
        for path in paths:
            if said := self.descriptions.said(path):
                with self._db.transaction():
                    self._withdraw(path, said)
            for size, media_type in self._db.rows(
                "SELECT bytes, media_type FROM documents WHERE path = ?", (os.fsencode(path),)
            ):
                stamp = Stamp(size, READ_AGAIN)
                self.documents.set_failed(path, reason, stamp=stamp, media_type=media_type)

    def remove(self, paths: Iterable[str]) -> int:
        """Deletes the documents at `paths` with their chunks and words. Their vectors stay until they are
        deleted as unused.

        What they said about others is taken from these, which are read again. Returns how many those are.
        """
        paths = list(paths)
        with self._db.transaction():
            said = [(path, self.descriptions.said(path)) for path in paths]
            self.documents.delete(paths)
            return sum(self._withdraw(*each) for each in said)

    def verify(self, *, read_data: bool) -> Iterator[Verified]:
        """Verifies the catalogue, part by part (`ingest.catalogue.verifying`).

        read_data: whether to read everything, not only what refers to it.
        """
        verification = Verification(
            self._db,
            codes=self.codes,
            chunks=self.chunks,
            full_text=self.full_text,
            sources=self.sources,
            read_data=read_data,
        )
        return verification.parts()

    def empty_log(self) -> None:
        """Empties SQLite's log, so that the next change needs no more space than this one did."""
        self._db.purge()

    @property
    def has_remains(self) -> bool:
        """Whether the file, or what was made from documents, may hold content that was deleted.

        Set by the transaction that deletes, so that it is still known after the process is killed.
        """
        return bool(self.fact(REMAINS))

    def clean(self) -> bool:
        """Rewrites the file and its full-text index without deleted content, and empties SQLite's log.

        Returns False when another program is reading the file, and its log could not be emptied.
        """
        self.full_text.purge()
        return self._db.compact()

    @property
    def bytes(self) -> int:
        """The size of the file, without its log."""
        ((pages,),), ((size,),) = self._db.rows("PRAGMA page_count"), self._db.rows("PRAGMA page_size")
        return int(pages * size)

    def set_clean(self) -> None:
        """Records that no deleted content remains."""
        self.set_fact(REMAINS, "")
