"""Which chunks hold which words: the questions put to the catalogue's full-text index.

The index is SQLite's FTS5: a row a chunk, with its title, heading and text as words (`ingest.keywords`),
which the catalogue writes with the chunks and which goes with them.
"""

import functools
import json
from collections.abc import Iterable, Sequence

from ingest.database import Database
from ingest.keywords import SHORTEST_PART, compound_parts, match_expression

MOST_COMPOUNDS = 20
"""Compounds that words are looked for in."""

COLUMN_WEIGHTS = (1.0, 1.0, 1.0)
"""What a word in the title, the heading and the text counts for in BM25."""


class FullText:
    """The words of one library."""

    def __init__(self, database: Database) -> None:
        """database: the catalogue's, whose tables it reads."""
        self._db = database
        with database.exclusive():
            # The words of the index, which is where SQLite keeps them; nothing is stored for it.
            database.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, words, 'row')")

    def scores(
        self,
        words: list[str],
        limit: int,
        *,
        among: Sequence[str] | None = None,
        documents: Sequence[int] | None = None,
    ) -> dict[str, float]:
        """BM25 of the chunks that hold any of `words` (`ingest.keywords.terms`), best first.

        Positive, unbounded above. `among` restricts the answer to those chunk ids, `documents` to those
        documents by key.
        """
        if not words:
            return {}
        only = ""
        restricted: list[str] = []
        # The plus keeps SQLite from asking the index anew for every row that is allowed (7 s instead of 20 ms
        # for all but one document of a Korean library): it asks once, and looks at each row found.
        if among is not None:
            only += (
                "AND +words.rowid IN (SELECT chunks.key FROM json_each(?) JOIN chunks ON chunks.id = value) "
            )
            restricted.append(json.dumps(list(among)))
        if documents is not None:
            only += (
                "AND +words.rowid IN (SELECT chunks.key FROM json_each(?) JOIN chunks ON document = value)"
            )
            restricted.append(json.dumps(documents))
        rows = self._db.rows(
            "SELECT id, -score FROM (SELECT words.rowid AS found, bm25(words, ?, ?, ?) AS score FROM words "
            f"WHERE words MATCH ? {only} ORDER BY score LIMIT ?) JOIN chunks ON chunks.key = found "
            "ORDER BY score",
            (
                *COLUMN_WEIGHTS,
                match_expression(words),
                *restricted,
                limit,
            ),
        )
        return dict(rows)

    def known(self, words: Iterable[str]) -> list[str]:
        """`words` (`ingest.keywords.terms`) as they stand here: for one that stands nowhere, the parts it is
        made of; for one that is made of none either, the compounds that hold it as well."""
        stands = functools.cache(self._stands)
        known = {
            word: [word] if stands(word) or not word.isalpha() else compound_parts(word, stands)
            for word in words
        }
        found = [each for word, those in known.items() for each in those or [word]]
        return list(
            dict.fromkeys(found + self._compounds([word for word, those in known.items() if not those]))
        )

    def _stands(self, word: str) -> bool:
        return bool(
            self._db.rows("SELECT 1 FROM words WHERE words MATCH ? LIMIT 1", (match_expression([word]),))
        )

    def _compounds(self, words: Sequence[str]) -> list[str]:
        """Words here that hold one of `words`, the commonest first: one look at every word of the library
        (25 ms over 20,000 chunks), for all of them together."""
        wanted = [f"*{word}*" for word in words if len(word) >= SHORTEST_PART]
        if not wanted:
            return []
        held = " OR ".join(["term GLOB ?"] * len(wanted))
        rows = self._db.rows(
            f"SELECT term FROM vocabulary WHERE {held} ORDER BY doc DESC LIMIT ?", (*wanted, MOST_COMPOUNDS)
        )
        return [term for (term,) in rows]

    def occurrences(self, words: Iterable[str]) -> tuple[int, dict[str, int]]:
        """How many chunks there are, and how many of them hold each of `words` (`ingest.keywords.terms`)."""
        ((chunks,),) = self._db.rows("SELECT count(*) FROM chunks")
        found = {}
        for word in words:
            ((found[word],),) = self._db.rows(
                "SELECT count(*) FROM words WHERE words MATCH ?", (match_expression([word]),)
            )
        return chunks, found
