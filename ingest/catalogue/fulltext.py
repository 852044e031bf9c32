"""The full-text index: which chunks contain which words.

It is a table of SQLite's FTS5 with one row for each chunk, in three columns: the names of its document, its
headings and its text, all in the form of `ingest.keywords`. FTS5 needs the columns of a row again only to
change or delete it, because exactly these words must then be removed from the index. So the columns are
compressed and stored in a table of their own, which FTS5 reads through a view. All statements that read or
write these tables are in this module.
"""

import functools
import json
import sqlite3
import zlib
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from typing import Any

from ingest.catalogue.chunks import ID, WITH_IDS, divided
from ingest.catalogue.vocabulary import Vocabulary
from ingest.database import Database
from ingest.keywords import SHORTEST_PART, compound_parts, index_text, match_expression

MOST_COMPOUNDS = 20
"""Most compounds that a query is expanded to."""

CONSIDERED_CHUNKS = 2_000
"""Chunks from which `FullTextIndex.documents` takes the documents."""

WIDE = 0.05
"""Share of all chunks above which a restriction is applied to what was found, not before."""

MERGED_PAGES = 2_000
"""Pages of the index that are merged in one portion: some 0.1 s."""

COLUMN_WEIGHTS = (1.0, 1.0, 1.0)
"""Weights of names, headings and text in BM25."""

_TOKENIZER = "tokenize = 'porter unicode61 remove_diacritics 2'"

# A view of where words occur; it stores nothing.
_OCCURRENCES = "CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab(main, words, 'instance')"

_COMPARED_ROWS = 1_000
"""Rows of which `FullTextIndex.is_consistent` makes an index at once."""

SCHEMA = f"""
CREATE TABLE indexed (chunk INTEGER PRIMARY KEY, texts BLOB NOT NULL) STRICT;
CREATE VIEW indexed_texts AS
    SELECT chunk, unpacked(texts, 0) AS title, unpacked(texts, 1) AS heading, unpacked(texts, 2) AS body
    FROM indexed;
CREATE VIRTUAL TABLE words USING fts5 (
    title, heading, body, content = 'indexed_texts', content_rowid = 'chunk', {_TOKENIZER}
);
CREATE TRIGGER words_follow_chunks AFTER DELETE ON chunks BEGIN
    DELETE FROM words WHERE rowid = old.key;
    DELETE FROM indexed WHERE chunk = old.key;
END;
"""
"""The index and its rows, in the catalogue's file. Deleting a chunk, alone or with its document, deletes its
row."""

LONGEST_ROW = 1 << 26
"""Bytes above which a row counts as damaged: another program could store one that unpacks without end."""


def packed(*columns: str) -> bytes:
    """The columns of a row, compressed."""
    # Columns are separated by null characters, which the tokenizer treats as spaces. A larger window would
    # not help: most rows are shorter than this one.
    texts = "\0".join(column.replace("\0", " ") for column in columns)
    compressor = zlib.compressobj(wbits=12, memLevel=5)
    return compressor.compress(texts.encode("utf-8")) + compressor.flush()


def unpacked(texts: bytes, column: int) -> str:
    """One column of a row that was compressed; empty if it is damaged."""
    return _columns(texts)[column]


def _columns(texts: bytes) -> list[str]:
    inflater = zlib.decompressobj()
    try:
        columns = inflater.decompress(texts, LONGEST_ROW).decode("utf-8").split("\0")
    except (zlib.error, UnicodeDecodeError):
        columns = []
    return columns if inflater.eof and len(columns) == 3 else ["", "", ""]


class FullTextIndex:
    """The full-text index of one library."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's file."""
        self._db = database
        self._vocabulary = Vocabulary(database)
        database.prepare(_OCCURRENCES)

    # Queries

    def scores(
        self,
        words: list[str],
        limit: int,
        *,
        among: Sequence[str] | None = None,
        documents: Collection[int] | None = None,
        share: float = 0.0,
    ) -> dict[str, float]:
        """BM25 scores of the `limit` best chunks with at least one of `words`, by chunk id, best first.

        Scores are positive and unbounded.

        words: as `ingest.keywords.terms` returns them.
        among: restricts the result to these chunks, given by id.
        documents: restricts the result to the chunks of these documents, given by key.
        share: of all chunks that are in these documents; 0 if it is not known.
        """
        if not words:
            return {}
        if documents is not None and share >= WIDE:
            return self._widening(words, limit, frozenset(documents), share)
        only = ""
        restrictions: list[str] = []
        # Without the plus, SQLite would query the index once for each allowed row: 7 s instead of 20 ms for
        # all but one document of a Korean library. With it, SQLite queries once and filters the rows.
        if among is not None:
            only += f"AND +words.rowid IN (SELECT chunks.key FROM {WITH_IDS}) "
            restrictions.append(divided(among))
        if documents is not None:
            only += (
                "AND +words.rowid IN (SELECT chunks.key FROM json_each(?) JOIN chunks ON document = value)"
            )
            restrictions.append(json.dumps(list(documents)))
        rows = self._db.rows(
            f"SELECT {ID}, -score FROM ("
            "SELECT words.rowid AS chunk, bm25(words, ?, ?, ?) AS score FROM words "
            f"WHERE words MATCH ? {only} ORDER BY score LIMIT ?) JOIN chunks ON chunks.key = chunk "
            "JOIN documents ON documents.key = document ORDER BY score",
            (*COLUMN_WEIGHTS, match_expression(words), *restrictions, limit),
        )
        return dict(rows)

    def _widening(
        self, words: list[str], limit: int, documents: frozenset[int], share: float
    ) -> dict[str, float]:
        """`scores` for documents that hold many chunks: looks at more of the best chunks of all documents."""
        looked_at = int(2 * limit / share)
        while True:
            rows = self._db.rows(
                f"SELECT {ID}, -score, document FROM ("
                "SELECT words.rowid AS chunk, bm25(words, ?, ?, ?) AS score FROM words "
                "WHERE words MATCH ? ORDER BY score LIMIT ?) JOIN chunks ON chunks.key = chunk "
                "JOIN documents ON documents.key = document ORDER BY score",
                (*COLUMN_WEIGHTS, match_expression(words), looked_at),
            )
            found = [(chunk_id, score) for chunk_id, score, document in rows if document in documents]
            if len(found) >= limit or len(rows) < looked_at:
                return dict(found[:limit])
            looked_at *= 4

    def documents(self, words: list[str], limit: int, *, among: Sequence[int]) -> list[int]:
        """The keys of up to `limit` of the documents `among`, given by key, that contain one of `words`.

        They are ordered by the best BM25 score of their chunks.

        words: as `ingest.keywords.terms` returns them.
        """
        if not words:
            return []
        rows = self._db.rows(
            "SELECT document FROM (SELECT words.rowid AS chunk, bm25(words, ?, ?, ?) AS score FROM words "
            "WHERE words MATCH ? ORDER BY score LIMIT ?) JOIN chunks ON chunks.key = chunk ORDER BY score",
            (*COLUMN_WEIGHTS, match_expression(words), CONSIDERED_CHUNKS),
        )
        allowed = set(among)
        return list(dict.fromkeys(key for (key,) in rows if key in allowed))[:limit]

    def documents_beginning(self, beginnings: Iterable[str]) -> set[int]:
        """The keys of the documents with a word that begins with one of `beginnings`, which are folded."""
        expression = " OR ".join(f'"{beginning}"*' for beginning in beginnings)
        rows = self._db.rows(
            "SELECT DISTINCT document FROM words JOIN chunks ON chunks.key = words.rowid WHERE words MATCH ?",
            (expression,),
        )
        return {key for (key,) in rows}

    def expand(self, words: Iterable[str]) -> list[str]:
        """The words to search for in place of `words` (`ingest.keywords.terms`).

        A word that is not in the index is replaced by the parts of its compound. If it has none, it stays and
        the compounds that contain it are added.
        """
        contains = functools.cache(self._contains)
        expanded = {
            word: [word] if contains(word) or not word.isalpha() else compound_parts(word, contains)
            for word in words
        }
        missing = [word for word, replacements in expanded.items() if not replacements]
        result = [entry for word, replacements in expanded.items() for entry in replacements or [word]]
        return list(dict.fromkeys(result + self._compounds(missing)))

    def frequencies(self, words: Iterable[str]) -> tuple[int, dict[str, int]]:
        """How many chunks there are, and how many of them contain each of `words`."""
        ((chunks,),) = self._db.rows("SELECT count(*) FROM chunks")
        frequencies: dict[str, int] = {}
        for word in words:
            ((frequencies[word],),) = self._db.rows(
                "SELECT count(*) FROM words WHERE words MATCH ?", (match_expression([word]),)
            )
        return chunks, frequencies

    def is_indexed(self, word: str) -> bool:
        """Whether `word`, of `ingest.keywords.terms`, occurs in the library: as a word, or in a compound."""
        return (
            self._contains(word)
            or bool(compound_parts(word, self._contains))
            or any(self._is_part(word, compound) for compound in self._compounds([word]))
        )

    def documents_with(self, phrase: str, most: int) -> dict[int, bool]:
        """The documents that contain `phrase`, which is folded, by key; none if too many chunks do.

        Each with whether the phrase is in its names or headings, or in its first chunk.

        most: the largest number of chunks.
        """
        found, named = (
            self._db.rows(
                "SELECT document, count(*), min(ordinal) FROM ("
                "SELECT rowid AS chunk FROM words WHERE words MATCH ? LIMIT ?) "
                "JOIN chunks ON chunks.key = chunk GROUP BY document",
                (columns + match_expression([phrase]), most + 1),
            )
            for columns in ("", "{title heading} : ")
        )
        if sum(count for _, count, _ in found) > most:
            return {}
        prominent = {document for document, _, _ in named}
        return {document: first == 0 or document in prominent for document, _, first in found}

    def stems(self, beginnings: Iterable[str], shortest: int, longest: int) -> list[tuple[str, int]]:
        """The stems in the index that begin with one of `beginnings`, each with its number of chunks.

        shortest, longest: the length of the stems, in characters.
        """
        # One range of the sorted vocabulary for each beginning: 2 ms for 230 of them and 11,000 words.
        return self._db.rows(
            "SELECT DISTINCT term, doc FROM json_each(?) CROSS JOIN vocabulary "
            "ON term >= value AND term < value || char(0x10ffff) WHERE length(term) BETWEEN ? AND ?",
            (json.dumps(list(beginnings)), shortest, longest),
        )

    def texts_with(self, stem: str, limit: int) -> list[str]:
        """Names, headings and text of chunks that contain a word with this stem, verbatim.

        limit: the number of occurrences that are looked up.
        """
        rows = self._db.rows(
            "SELECT title || ' ' || heading || ' ' || "
            "substr(text, first_char + 1, end_char - first_char) FROM ("
            "SELECT DISTINCT doc AS chunk FROM (SELECT doc FROM occurrences WHERE term = ? LIMIT ?)) "
            "JOIN chunks ON chunks.key = chunk JOIN documents ON documents.key = chunks.document "
            "JOIN pages ON pages.document = chunks.document AND number = coalesce(page, 1)",
            (stem, limit),
        )
        return [text for (text,) in rows]

    @staticmethod
    def _is_part(word: str, compound: str) -> bool:
        """Whether `compound`, which contains `word`, has room for another part at one of its sides."""
        head, _, tail = compound.partition(word)
        return max(len(head), len(tail)) >= SHORTEST_PART

    def _contains(self, word: str) -> bool:
        return bool(
            self._db.rows("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (match_expression([word]),))
        )

    def _compounds(self, words: Sequence[str]) -> list[str]:
        """Indexed words that contain one of `words`, most frequent first."""
        parts = [word for word in words if len(word) >= SHORTEST_PART]
        return self._vocabulary.containing(parts, MOST_COMPOUNDS) if parts else []

    # Verifying

    def rows_apart(self) -> tuple[int, int]:
        """How many chunks have no row in the index, and how many of its rows have no chunk."""
        ((missing, left_over),) = self._db.rows(
            "SELECT (SELECT count(*) FROM chunks WHERE key NOT IN (SELECT id FROM words_docsize)), "
            "(SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT key FROM chunks))"
        )
        return missing, left_over

    def is_consistent(self) -> bool:
        """Whether the index has exactly the words of its rows.

        Compares sums over all occurrences of words, as FTS5's own check does, which cannot run in a file that
        is only read. An index of some rows at a time is made in memory for it.
        """
        with self._db.exclusive():
            kept = _checksum(self._db.execute)
            made, last = 0, -1
            while rows := self._db.rows(
                "SELECT chunk, texts FROM indexed WHERE chunk > ? ORDER BY chunk LIMIT ?",
                (last, _COMPARED_ROWS),
            ):
                last = rows[-1][0]
                with closing(sqlite3.connect(":memory:")) as index:
                    index.execute(
                        f"CREATE VIRTUAL TABLE words USING fts5 (title, heading, body, {_TOKENIZER})"
                    )
                    index.execute(_OCCURRENCES)
                    index.executemany(
                        "INSERT INTO words (rowid, title, heading, body) VALUES (?, ?, ?, ?)",
                        ((chunk, *_columns(texts)) for chunk, texts in rows),
                    )
                    made += _checksum(index.execute)
        return kept == made

    # Changes that are part of a transaction of the catalogue. Rows are deleted with their chunk.

    def insert(self, chunk: int, *, names: str, heading: str, text: str) -> None:
        """Indexes the chunk with this key.

        names: title, file name, tags and date of its document.
        heading: the headings above it.
        """
        self._insert(chunk, index_text(names), index_text(heading), index_text(text))

    def insert_copy(self, origin: int, chunk: int, *, names: str) -> None:
        """Indexes a chunk, given by key, with headings and text of the chunk `origin` and its own names."""
        ((texts,),) = self._db.rows("SELECT texts FROM indexed WHERE chunk = ?", (origin,))
        self._insert(chunk, index_text(names), *_columns(texts)[1:])

    def _insert(self, chunk: int, *columns: str) -> None:
        self._db.execute(
            "INSERT INTO words (rowid, title, heading, body) VALUES (?, ?, ?, ?)", (chunk, *columns)
        )
        self._db.execute("INSERT INTO indexed VALUES (?, ?)", (chunk, packed(*columns)))
        self._vocabulary.add(*columns)

    def rename(self, document: int, *, names: str) -> None:
        """Indexes the chunks of a document, given by key, under its new names."""
        # The index first: to remove the old words from it, FTS5 reads them from `indexed`.
        for change in (
            "UPDATE words SET title = ?1 WHERE rowid",
            "UPDATE indexed SET texts = packed(?1, unpacked(texts, 1), unpacked(texts, 2)) WHERE chunk",
        ):
            self._db.execute(
                f"{change} IN (SELECT key FROM chunks WHERE document = ?2)", (index_text(names), document)
            )
        self._vocabulary.add(index_text(names))

    def purge(self) -> None:
        """Rewrites the index without the words of deleted chunks, which FTS5 keeps until it merges parts.

        In portions, between which other threads may change the catalogue.
        """
        self._vocabulary.forget()
        pages = -MERGED_PAGES  # Negative the first time: all parts are merged, also those that are complete.
        while True:
            with self._db.transaction():
                before = self._db.changes()
                self._db.execute("INSERT INTO words (words, rank) VALUES ('merge', ?)", (pages,))
                if self._db.changes() - before < 2:  # As FTS5 says that nothing is left to merge.
                    return
            pages = MERGED_PAGES


def _checksum(execute: Callable[[str], Iterable[Any]]) -> int:
    """A sum over the occurrences of words, and over the lengths of the rows, in any order."""
    return sum(map(hash, execute("SELECT term, doc, col, offset FROM occurrences"))) + sum(
        map(hash, execute("SELECT id, sz FROM words_docsize"))
    )
