"""The catalogue: one SQLite file, `catalogue.db`, which is the truth about a library.

It holds the sources, each document with its state and the text of its pages, the chunks as spans of those
pages, the vectors, and the full-text index. The vector store is derived from it. No other module
writes the file, and one process at a time opens it (`ingest.lock`); the threads of that process take turns.

    catalogue.py   `Catalogue`: opens the file, holds the tables, and has the transactions that span them
    sources.py     the folders and files that were added
    collections.py sets of folders, documents and tags under a name
    exclusions.py  the paths in them that are excluded
    contents.py    which contents the documents have
    documents.py   documents: their states, their pages, and what they can be selected by
    texts.py       what documents say: titles, pages and names
    descriptions.py  what documents say about others
    chunks.py      chunks and their vectors
    codes.py       the codes by which stored text is recognised
    fulltext.py    the full-text index: all reading and writing of it
    vocabulary.py  the words of that index, in memory
    layout.py      the schema, its number, and the migrations from older ones
    verifying.py   verifies all of it, for `carrel check`
    records.py     the values that are returned
    paths.py       paths in SQL

A document is *pending* once its chunks are stored: full-text search finds it. It is *indexed* once its
vectors are stored as well and the vector index holds them; that step is flushed to the disk before it is
reported. *Failed* and *skipped* documents keep the reason and the stamp of their file, so that the file is
tried again when it changes.

A vector is named by the text it was made from. Equal texts share a vector, and a file that is moved or
changed keeps the vectors of the text it still has. A vector that no chunk uses stays until
`ChunkTable.delete_unused_vectors`, because text that disappears in one place often appears in another.
"""

from ingest.catalogue.catalogue import Catalogue
from ingest.catalogue.records import (
    DocumentContent,
    DocumentEntry,
    DocumentExtent,
    DocumentState,
    FileMove,
    FileRecord,
    LibraryCounts,
    PageText,
)
from ingest.catalogue.verifying import Damage, Verified

__all__ = [
    "Catalogue",
    "Damage",
    "DocumentContent",
    "DocumentEntry",
    "DocumentExtent",
    "DocumentState",
    "FileMove",
    "FileRecord",
    "LibraryCounts",
    "PageText",
    "Verified",
]
