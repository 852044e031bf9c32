"""The vocabulary of the full-text index: finds the words that contain another one.

FTS5 lists its words only together with their occurrences, so looking through them takes as long as reading
the whole index: 0.2 s for every 100,000 chunks, for each word of a question that occurs nowhere. So the words
are kept in memory once they were listed, in one string, which is searched in a millisecond. Words of new
chunks are added. Words of deleted chunks stay until `forget`, so what is found is looked up in the index.
"""

import json
import re
import threading
from collections.abc import Iterable, Iterator

import snowballstemmer

from ingest.database import Database

MOST_LOOKED_UP = 1_000
"""Words found that are looked up in the index, those that are listed first."""

_WORD = re.compile(r"[^\W_]+")

_VIEW = "CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, 'row')"
"""The words that FTS5 keeps, each with the number of its chunks. It stores nothing."""


def index_stemmer() -> "snowballstemmer.stemmer":
    """What reduces words to the stems under which the index has them, for use by one thread."""
    return snowballstemmer.stemmer("porter")


class Vocabulary:
    """The words of one library's full-text index."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's file, which has the index."""
        self._db = database
        self._listed = ""
        """The words, each between line ends; empty while they are not known."""
        self._added: set[str] = set()
        """Words that were stored since, as they occur in the text."""
        self._lock = threading.Lock()
        self._stemmer = index_stemmer()
        database.prepare(_VIEW)

    def containing(self, parts: Iterable[str], limit: int) -> list[str]:
        """Up to `limit` words of the index that contain one of `parts`, the most frequent first."""
        with self._lock:
            if not self._listed:
                # On the connection that changes the file: words that are stored later are added.
                with self._db.exclusive():
                    terms = [term for (term,) in self._db.execute("SELECT term FROM vocabulary")]
                    self._added = set()
                    self._listed = "\n".join(["", *terms, ""])
            if self._added:
                added, self._added = self._added, set()
                stems = set(map(self._stemmer.stemWord, added))
                self._listed += "".join(f"{stem}\n" for stem in sorted(stems))
            found = dict.fromkeys(term for part in parts for term in self._with(part))
        rows = self._db.rows(
            "SELECT term, doc FROM json_each(?) CROSS JOIN vocabulary ON term = value",
            (json.dumps(list(found)[:MOST_LOOKED_UP]),),
        )
        return [term for term, _ in sorted(rows, key=lambda row: (-row[1], row[0]))[:limit]]

    def _with(self, part: str) -> Iterator[str]:
        """The listed words that contain `part`."""
        at = self._listed.find(part)
        while at >= 0:
            start, end = self._listed.rfind("\n", 0, at) + 1, self._listed.find("\n", at)
            yield self._listed[start:end]
            at = self._listed.find(part, end)

    def add(self, *texts: str) -> None:
        """Takes note of the words of a new chunk, as part of the transaction that stores it.

        texts: in the form in which the index stores them.
        """
        if self._listed:
            self._added.update(word for text in texts for word in _WORD.findall(text))

    def forget(self) -> None:
        """Drops the words, because some may have been deleted."""
        with self._lock:
            self._listed, self._added = "", set()
