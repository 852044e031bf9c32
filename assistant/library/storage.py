"""What a library stores in its folder: each file or folder with its purpose, its retention and its size."""

import os
from dataclasses import dataclass
from pathlib import Path

_CONTENTS = (
    (
        "catalogue.db",
        "text, places and vectors of your documents",
        "until a document is removed or deleted",
    ),
    ("vectors.codes", "the vectors, in the form in which they are searched", "as long as in the catalogue"),
    ("vectors.chroma", "the index of Chroma, if it is chosen", "as long as in the catalogue"),
    ("history.db", "conversations", "until you delete them or remove a document they used"),
    ("cache", "cached prompts and finished summaries", "until one of their documents changes"),
    (
        "next",
        "an unfinished reindex or restore",
        "until it is complete, or a document is forgotten",
    ),
    ("library.key", "the key of an encrypted library, encrypted", "until the library is decrypted"),
    ("audit.jsonl", "log of actions, without names or text", "the last ten thousand entries"),
    ("reserve", "zeros: space for removing documents on a full disk", "until it is needed"),
    ("models.lock", "digests of your own models", "until the model is removed"),
)
"""Name in the library's folder, contents, and retention."""


@dataclass(frozen=True, slots=True)
class StoredData:
    """A file or folder of the library."""

    name: str
    """Its name in the library's folder."""
    contents: str
    """What it holds, in words."""
    retention: str
    """How long that is kept, in words."""
    bytes: int
    """Size on the disk, write-ahead log included; 0 if it does not exist."""


def stored_data(library: Path) -> list[StoredData]:
    """Everything that the library in this folder stores, in a fixed order."""
    return [
        StoredData(name, contents, retention, _bytes(library / name))
        for name, contents, retention in _CONTENTS
    ]


def _bytes(path: Path) -> int:
    if path.is_dir():
        return sum(_bytes(Path(entry.path)) for entry in os.scandir(path))
    files = (path, path.with_name(path.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())
