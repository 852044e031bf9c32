"""The layout of `catalogue.db`: its tables, its number, and the migrations from older layouts.

To change the layout, raise `version`, change `SCHEMA`, add the migration that produces the new number, and
add a library of the layout before it to the tests' fixtures.
"""

import sqlite3
from contextlib import closing

import numpy as np

from ingest.catalogue import chunks, codes, collections, descriptions, fulltext
from ingest.catalogue.codes import CodeTable
from ingest.catalogue.documents import REMAINS
from ingest.database import Database, DatabaseLayout
from policies.integrity import IntegrityKey

SCHEMA = f"""
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE sources (path BLOB PRIMARY KEY, added_at REAL NOT NULL, disk TEXT NOT NULL) STRICT;
CREATE TABLE excluded (path BLOB PRIMARY KEY) STRICT;
CREATE TABLE documents (
    key INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    id TEXT,
    digest TEXT,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    media_type TEXT,
    title TEXT,
    date TEXT,
    state TEXT NOT NULL CHECK (state IN ('pending', 'indexed', 'failed', 'skipped')),
    reason TEXT NOT NULL,
    indexed_at REAL,
    ctime_ns INTEGER NOT NULL DEFAULT 0,
    inode INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX documents_by_state ON documents (state, mtime_ns);
CREATE INDEX documents_by_digest ON documents (digest);
CREATE INDEX documents_by_id ON documents (id);
CREATE TABLE tags (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    tag TEXT NOT NULL,
    PRIMARY KEY (document, tag)
) STRICT;
CREATE INDEX tags_by_tag ON tags (tag);
CREATE TABLE links (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    target TEXT NOT NULL,
    PRIMARY KEY (document, target)
) STRICT;
CREATE TABLE names (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (document, name)
) STRICT;
CREATE TABLE pages (
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    number INTEGER NOT NULL,
    text TEXT NOT NULL,
    hidden TEXT NOT NULL DEFAULT '[]',
    PRIMARY KEY (document, number)
) STRICT;
CREATE TABLE chunks (
    key INTEGER PRIMARY KEY,
    document INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    page INTEGER,
    label TEXT,
    heading TEXT NOT NULL,
    first_line INTEGER,
    last_line INTEGER,
    first_char INTEGER NOT NULL,
    end_char INTEGER NOT NULL,
    vector BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX chunks_by_document ON chunks (document, ordinal);
CREATE INDEX chunks_by_vector ON chunks (vector);
CREATE TABLE vectors (name BLOB PRIMARY KEY, vector BLOB NOT NULL) STRICT;
{chunks.SCHEMA}
{fulltext.SCHEMA}
{codes.SCHEMA}
{collections.SCHEMA}
{descriptions.SCHEMA}
"""


_MAY_HIDE = (
    *("application/pdf", "text/html", "message/rfc822", "application/mbox", "application/epub+zip"),
    *("application/rtf", "application/vnd.%"),
)
"""Media types, as patterns, of files that may contain text that cannot be seen."""


def _add_change(database: Database) -> None:
    """Layout 5: the stamp of a file holds the time of its last change and its inode.

    They are unknown at first, so the next update hashes each file once; none is parsed for it.
    """
    for column in ("ctime_ns", "inode"):
        database.execute(f"ALTER TABLE documents ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


def _add_collections(database: Database) -> None:
    """Layout 6: there are collections, none at first."""
    for statement in collections.SCHEMA.split(";")[:-1]:
        database.execute(statement)


def _add_names(database: Database) -> None:
    """Layout 7: documents have names besides their titles, and may describe others."""
    _create_names(database)
    database.execute(descriptions.SCHEMA.strip().removesuffix(";"))


def _add_dropped(database: Database) -> None:
    """Layout 8: vectors whose chunks were deleted are noted. Those deleted earlier are looked for."""
    database.execute("CREATE TABLE dropped (vector TEXT PRIMARY KEY) STRICT, WITHOUT ROWID")
    database.execute(
        "INSERT INTO dropped SELECT name FROM vectors "
        "WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE chunks.vector = name)"
    )


def _halve_vectors(database: Database) -> None:
    """Layout 9: vectors are stored in half precision. The file becomes smaller when it is next rewritten.

    Vectors that have no whole number of dimensions stay damaged.
    """
    last = ""
    while rows := database.rows(
        "SELECT name, vector FROM vectors WHERE name > ? ORDER BY name LIMIT ?",
        (last, chunks.VECTORS_AT_ONCE),
    ):
        last = rows[-1][0]
        with np.errstate(over="ignore"):  # Damaged vectors may overflow.
            database.executemany(
                "UPDATE vectors SET vector = ? WHERE name = ?",
                (
                    (np.frombuffer(vector, "<f4").astype(chunks.NUMBER).tobytes(), name)
                    for name, vector in rows
                    if not len(vector) % 4
                ),
            )
    database.execute("INSERT OR REPLACE INTO facts VALUES (?, 'yes')", (REMAINS,))


def _shorten(database: Database) -> None:
    """Layout 10: the names of vectors are bytes, chunks have no ids of their own, and the rows of the
    full-text index are compressed. The file becomes smaller when it is next rewritten.

    A vector whose name is damaged is dropped.
    """
    for trigger in ("dropped_follow_chunks", "words_follow_chunks"):
        database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    for index in ("chunks_by_document", "chunks_by_vector"):
        database.execute(f"DROP INDEX {index}")
    changed = ("chunks", "vectors", "dropped", "words")
    for table in changed:
        database.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    _create(database, *changed, "indexed", "indexed_texts", "chunks_by_document")
    place, vector = f"key, document, {codes.PLACE}", "coalesce(unhex(vector), randomblob(16))"
    for filling in (
        f"chunks ({place}, vector) SELECT {place}, {vector} FROM old_chunks",
        "vectors SELECT unhex(name), vector FROM old_vectors WHERE unhex(name) IS NOT NULL",
        "dropped SELECT unhex(vector) FROM old_dropped WHERE unhex(vector) IS NOT NULL",
        "indexed SELECT id, packed(c0, c1, c2) FROM old_words_content",
        "words (words) VALUES ('rebuild')",
    ):
        database.execute(f"INSERT OR IGNORE INTO {filling}")
    for table in changed:
        database.execute(f"DROP TABLE old_{table}")
    _create(database, "chunks_by_vector", "documents_by_id")
    _create(database, "dropped_follow_chunks", "words_follow_chunks")
    database.execute("INSERT OR REPLACE INTO facts VALUES (?, 'yes')", (REMAINS,))


def _create_names(database: Database) -> None:
    """Creates the table of names, which codes cover as well, unless it is there."""
    if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'names'"):
        _create(database, "names")


def _create(database: Database, *names: str) -> None:
    """Creates tables, views, indexes and triggers of the schema, by name."""
    with closing(sqlite3.connect(":memory:")) as empty:
        empty.executescript(SCHEMA)
        statements = dict(empty.execute("SELECT name, sql FROM sqlite_master"))
    for name in names:
        database.execute(statements[name])


def layout(key: IntegrityKey) -> DatabaseLayout:
    """The layout that this version of Carrel reads and writes.

    No release wrote layouts 1 and 2, so there are no migrations from them.

    key: for the codes of what an older Carrel stored.
    """

    def add_codes(database: Database) -> None:
        """Layout 4: documents have codes. What is stored at this moment is taken for what was read.

        Pages have hidden text. Files that may contain some are read again at the next update.
        """
        database.execute("ALTER TABLE pages ADD COLUMN hidden TEXT NOT NULL DEFAULT '[]'")
        for pattern in _MAY_HIDE:
            # No file has such a time and digest, so each of these is taken for a changed one.
            database.execute(
                "UPDATE documents SET mtime_ns = -1, digest = '' WHERE digest IS NOT NULL "
                "AND state IN ('pending', 'indexed') AND media_type LIKE ?",
                (pattern,),
            )
        for statement in codes.SCHEMA.split(";")[:-1]:
            database.execute(statement)
        _create_names(database)
        table = CodeTable(database, key, lambda document: None)
        table.record_key()
        for (document,) in database.rows("SELECT key FROM documents WHERE digest IS NOT NULL"):
            table.seal(document)

    return DatabaseLayout(
        version=10,
        schema=SCHEMA,
        rescue="Run `carrel reindex`: it reads your documents again from their folders, as far as these are "
        "still known, and keeps the conversations.",
        migrations={
            4: add_codes,
            5: _add_change,
            6: _add_collections,
            7: _add_names,
            8: _add_dropped,
            9: _halve_vectors,
            10: _shorten,
        },
        functions={"packed": fulltext.packed, "unpacked": fulltext.unpacked, "unhex": chunks.unhex},
    )
