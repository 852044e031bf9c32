"""Conversations as they are kept: `history.db` in the library, and what goes with a document.

An answer holds words of the documents it quotes. So when a document is removed, every turn that read
it is deleted, by the same rule as prompts kept between runs; deleted rows are overwritten.
"""

import hashlib
import json
import time
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from assistant.answers import filters
from assistant.dialogue import Answer, Asking, Conversation, Turn
from assistant.errors import BadFilter
from ingest.database import Database, DatabaseLayout

SCHEMA = """
CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    at REAL NOT NULL,
    asking TEXT NOT NULL,
    answer TEXT NOT NULL
) STRICT;
CREATE INDEX turns_by_conversation ON turns (conversation, at);
CREATE TABLE sources (
    turn TEXT NOT NULL REFERENCES turns ON DELETE CASCADE,
    path TEXT NOT NULL,
    PRIMARY KEY (turn, path)
) STRICT;
CREATE INDEX sources_by_path ON sources (path);
"""


class History:
    """The conversations of one library. Threads take turns."""

    def __init__(self, path: Path) -> None:
        """Raises `LibraryDamaged` and `IngestError` when the file cannot be used."""
        rescue = f"Delete {path.name} beside the catalogue: conversations are in it, documents are not."
        self._db = Database(path, DatabaseLayout(version=1, schema=SCHEMA, rescue=rescue))

    def close(self) -> None:
        self._db.close()

    def keep(self, conversation: str, asking: Asking, answer: Answer) -> Turn:
        """Adds a turn; its id is short enough to be typed."""
        at = time.time()
        key = hashlib.sha256(f"{conversation}\0{at}\0{answer.question}".encode()).hexdigest()[:10]
        turn = Turn(key, conversation or key, at, asking, answer)
        paths = {passage.locator.path for passage in answer.passages}
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?)",
                (turn.id, turn.conversation, at, _dumped(asking), _dumped(answer)),
            )
            self._db.executemany(
                "INSERT INTO sources VALUES (?, ?)", ((turn.id, json.dumps(path)) for path in sorted(paths))
            )
        return turn

    def conversations(self) -> list[Conversation]:
        """The last one first."""
        rows = self._db.rows(
            "SELECT conversation, max(at), count(*), (SELECT answer FROM turns AS first "
            "WHERE first.conversation = turns.conversation ORDER BY at LIMIT 1) "
            "FROM turns GROUP BY conversation ORDER BY max(at) DESC"
        )
        return [
            Conversation(key, json.loads(answer)["question"], at, count) for key, at, count, answer in rows
        ]

    def turns(self, conversation: str) -> list[Turn]:
        """A conversation's, in order."""
        return self._turns("WHERE conversation = ? ORDER BY at", conversation)

    def turn(self, key: str) -> Turn | None:
        """The turn with this id."""
        return next(iter(self._turns("WHERE id = ?", key)), None)

    def forget(self, conversation: str) -> None:
        """Deletes a conversation."""
        with self._db.transaction():
            self._db.execute("DELETE FROM turns WHERE conversation = ?", (conversation,))
        self._db.purge()

    def forget_documents(self, paths: Collection[str]) -> None:
        """Deletes the turns that read any of these documents."""
        with self._db.transaction():
            self._db.execute(
                "DELETE FROM turns WHERE id IN (SELECT turn FROM sources WHERE path IN "
                "(SELECT value FROM json_each(?)))",
                (json.dumps([json.dumps(path) for path in paths]),),
            )
        self._db.purge()

    def _turns(self, condition: str, value: str) -> list[Turn]:
        rows = self._db.rows(f"SELECT id, conversation, at, asking, answer FROM turns {condition}", (value,))
        return [
            _with_selection(Turn(key, of, at, _loaded(asking, Asking), _loaded(answer, Answer)), asking)
            for key, of, at, asking, answer in rows
        ]


def _dumped(value: object) -> str:
    return json.dumps(_converter().unstructure(value))


def _loaded(text: str, kind: Any) -> Any:
    return _converter().structure(json.loads(text), kind)


def _with_selection(turn: Turn, row: str) -> Turn:
    """`turn`, with filters taken out of its question if its row was written when questions contained them."""
    if "selection" in json.loads(row):
        return turn
    try:
        question, selection = filters.parse(turn.answer.question)
    except BadFilter:  # A value that was written without escaping.
        return turn
    return replace(
        turn,
        asking=replace(turn.asking, selection=selection),
        answer=replace(turn.answer, question=question),
    )


@cache
def _converter() -> Any:
    # 0.05 s to import.
    from cattrs import Converter

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    return converter
