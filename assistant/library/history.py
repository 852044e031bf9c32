"""Kept conversations: `history.db` in the library.

An answer contains words of the documents it quotes. So each turn records the documents that it read or names,
by path and by the digest of their content, so that they are found after their files moved. When a document is
forgotten, its turns are deleted. When a document changes and no longer contains what a turn quotes, the turn
keeps its question and loses its answer's text. `assistant.library.forgetting` decides which.

Questions and answers are stored as JSON of the dataclasses in `assistant.dialogue`. Each row records the
version of its JSON. Older rows are brought to the current form when they are read: a function in `_UPGRADES`
for each version, then defaults for fields that a row lacks. Fields that this version does not know are
ignored, so a row of a newer version can be read too.
"""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from assistant.answers import filters
from assistant.dialogue import Answer, Asking, Conversation, State, Turn
from assistant.errors import BadFilter
from ingest.database import Database, DatabaseLayout
from ingest.errors import IngestError, LibraryDamaged, UnsupportedLayout

ROW_VERSION = 3
"""The version of the JSON in new rows. Raise it, and add to `_UPGRADES`, when a field of `Asking` or `Answer`
changes its meaning, or a new field has no default."""

SCHEMA = """
CREATE TABLE turns (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL,
    at REAL NOT NULL,
    asking TEXT NOT NULL,
    answer TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX turns_by_conversation ON turns (conversation, at);
CREATE TABLE sources (
    turn TEXT NOT NULL REFERENCES turns ON DELETE CASCADE,
    path TEXT NOT NULL,
    digest TEXT,
    PRIMARY KEY (turn, path)
) STRICT;
CREATE INDEX sources_by_path ON sources (path);
CREATE INDEX sources_by_digest ON sources (digest);
"""


def _add_version(database: Database) -> None:
    """Layout 2: rows record the version of their JSON, which was 1 in all rows of layout 1."""
    database.execute("ALTER TABLE turns ADD COLUMN version INTEGER NOT NULL DEFAULT 1")


def _add_digests(database: Database) -> None:
    """Layout 3: documents are recorded with their digests, which are unknown for all rows of layout 2."""
    database.execute("ALTER TABLE sources ADD COLUMN digest TEXT")
    database.execute("CREATE INDEX sources_by_digest ON sources (digest)")


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document that a turn read or names."""

    turn: str
    """The turn's id."""
    path: str
    """The document's path at that time."""
    digest: str | None
    """The digest of its content; None if it could not be read, or if it is unknown."""


class History:
    """The conversations of one library. Several threads may use it; one at a time gets access."""

    problem = ""
    """Why the file cannot be read; empty if it can."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Opens the file, creating or migrating it unless it is `read_only`.

        Raises `LibraryDamaged` and `IngestError`.
        """
        self._path = path
        layout = history_layout(path)
        self._rescue = layout.rescue
        self._db = Database(path, layout, read_only=read_only)

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def keep(
        self, conversation: str, asking: Asking, answer: Answer, digests: Mapping[str, str | None]
    ) -> Turn:
        """Adds a turn. Its id is short enough to type.

        conversation: the conversation's id; empty to start a new one.
        digests: the digests of the documents of `paths_in(answer)`, by path; unknown ones may be missing.
        """
        at = time.time()
        key = hashlib.sha256(f"{conversation}\0{at}\0{answer.question}".encode()).hexdigest()[:10]
        turn = Turn(key, conversation or key, at, asking, answer)
        with self._db.transaction():
            self._db.execute(
                "INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)",
                (turn.id, turn.conversation, at, _encode(asking), _encode(answer), ROW_VERSION),
            )
            self._db.executemany(
                "INSERT INTO sources VALUES (?, ?, ?)",
                ((turn.id, json.dumps(path), digests.get(path)) for path in sorted(paths_in(answer))),
            )
        return turn

    def conversations(self) -> list[Conversation]:
        """All conversations, the most recent first."""
        rows = self._db.rows(
            "SELECT listed.conversation, listed.last, listed.count, asking, answer, version "
            "FROM (SELECT conversation, max(at) AS last, count(*) AS count FROM turns GROUP BY conversation) "
            "AS listed JOIN turns AS first ON first.id = (SELECT id FROM turns "
            "WHERE conversation = listed.conversation ORDER BY at LIMIT 1) ORDER BY listed.last DESC"
        )
        return [Conversation(key, self._question(row), last, count) for key, last, count, *row in rows]

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, in order."""
        return self._turns("WHERE conversation = ? ORDER BY at", conversation)

    def turn(self, key: str) -> Turn | None:
        """The turn with this id; None when there is none."""
        return next(iter(self._turns("WHERE id = ?", key)), None)

    def forget(self, conversation: str) -> None:
        """Deletes a conversation. Harmless when there is none."""
        self._delete("conversation = ?", conversation)

    def forget_documents(self, paths: Collection[str]) -> int:
        """Deletes the turns that read or name a document at one of `paths`. Returns how many."""
        wanted = json.dumps([json.dumps(path) for path in paths])
        return self._delete(
            "id IN (SELECT turn FROM sources WHERE path IN (SELECT value FROM json_each(?)))", wanted
        )

    def count_before(self, at: float) -> int:
        """How many turns are older than `at`, in seconds since 1970."""
        ((count,),) = self._db.rows("SELECT count(*) FROM turns WHERE at < ?", (at,))
        return int(count)

    def forget_before(self, at: float) -> None:
        """Deletes the turns that are older than `at`, in seconds since 1970."""
        self._delete("at < ?", at)

    # The documents of the turns

    def digests(self) -> set[str]:
        """The digests of all documents that turns read."""
        rows = self._db.rows("SELECT DISTINCT digest FROM sources WHERE digest IS NOT NULL")
        return {digest for (digest,) in rows}

    def digests_at(self, path: str) -> set[str]:
        """The digests of the documents that turns read at `path`."""
        rows = self._db.rows(
            "SELECT DISTINCT digest FROM sources WHERE digest IS NOT NULL AND path = ?", (json.dumps(path),)
        )
        return {digest for (digest,) in rows}

    def documents_with(self, digests: Collection[str]) -> list[ReadDocument]:
        """The documents of turns that have one of these digests, or an unknown one."""
        rows = self._db.rows(
            "SELECT turn, path, digest FROM sources WHERE digest IS NULL OR digest IN "
            "(SELECT value FROM json_each(?))",
            (json.dumps(list(digests)),),
        )
        return [ReadDocument(turn, json.loads(path), digest) for turn, path, digest in rows]

    def set_digest(self, document: ReadDocument, digest: str | None) -> None:
        """Records that the content of a turn's document has changed."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE sources SET digest = ? WHERE turn = ? AND path = ?",
                (digest, document.turn, json.dumps(document.path)),
            )

    def replace_answer(self, turn: str, answer: Answer) -> None:
        """Stores `answer` as that of the turn with this id. Its documents stay recorded."""
        with self._db.transaction():
            self._db.execute(
                "UPDATE turns SET answer = ?, version = ? WHERE id = ?", (_encode(answer), ROW_VERSION, turn)
            )

    def delete(self, turns: Collection[str]) -> None:
        """Deletes the turns with these ids."""
        self._delete("id IN (SELECT value FROM json_each(?))", json.dumps(list(turns)))

    def clean(self) -> bool:
        """Rewrites the file without anything that was deleted; see `Database.compact`."""
        return self._db.compact()

    def faults(self, *, read_data: bool) -> Iterator[str]:
        """What is wrong with the file, as parts of sentences.

        read_data: whether to read all answers. Raises `LibraryDamaged` when the file cannot be read.
        """
        states = self._db.rows("PRAGMA integrity_check(3)") if read_data else ()
        yield from (f"the file is damaged: {state}" for (state,) in states if state != "ok")
        if self._db.rows("PRAGMA foreign_key_check"):
            yield "documents belong to no answer"
        damaged = unrecorded = 0
        for (key,) in self._db.rows("SELECT id FROM turns") if read_data else ():
            try:
                turns = self._turns("WHERE id = ?", key)
            except LibraryDamaged:
                damaged += 1
                continue
            recorded = {
                json.loads(path)
                for (path,) in self._db.rows("SELECT path FROM sources WHERE turn = ?", (key,))
            }
            unrecorded += any(paths_in(turn.answer) - recorded for turn in turns)
        if damaged:
            yield f"{damaged:,} answers cannot be read"
        if unrecorded:
            yield f"{unrecorded:,} answers name documents without a record of it"

    def relocate(self, place: Callable[[str], str], relocated: Callable[["Fields"], "Fields"]) -> None:
        """Gives the documents of all turns their new paths.

        place: the new path of a path. relocated: a question or an answer with the new paths.
        """
        with self._db.transaction():
            for key, *texts in self._db.rows("SELECT id, asking, answer FROM turns"):
                try:
                    values = [json.dumps(relocated(json.loads(text))) for text in texts]
                except ValueError:
                    continue  # A damaged answer stays as it is.
                self._db.execute("UPDATE turns SET asking = ?, answer = ? WHERE id = ?", (*values, key))
            for turn, path in self._db.rows("SELECT turn, path FROM sources"):
                self._db.execute(
                    "UPDATE OR REPLACE sources SET path = ? WHERE turn = ? AND path = ?",
                    (json.dumps(place(json.loads(path))), turn, path),
                )

    def _delete(self, condition: str, value: str | float) -> int:
        """Deletes the turns that meet an SQL condition. Returns how many.

        What other turns of their conversations took from them is deleted too: follow-ups were searched with
        words of earlier questions and names from earlier answers.
        """
        with self._db.transaction():
            deleted = self._db.execute(
                f"DELETE FROM turns WHERE {condition} RETURNING conversation", (value,)
            ).fetchall()
            for conversation in {conversation for (conversation,) in deleted}:
                self._separate(conversation)
        if deleted:
            self.clean()
        return len(deleted)

    def _separate(self, conversation: str) -> None:
        """Stores every question of a conversation as if it had been searched by itself."""
        for turn, text in self._db.rows(
            "SELECT id, answer FROM turns WHERE conversation = ?", (conversation,)
        ):
            try:
                answer = json.loads(text)
                is_joined = answer["query"] != answer["question"]
            except (ValueError, TypeError, KeyError):
                continue  # A damaged answer must not prevent the others from being erased.
            if is_joined:
                separate = json.dumps({**answer, "query": answer["question"]})
                self._db.execute("UPDATE turns SET answer = ? WHERE id = ?", (separate, turn))

    def _turns(self, condition: str, value: str) -> list[Turn]:
        rows = self._db.rows(
            f"SELECT id, conversation, at, asking, answer, version FROM turns {condition}", (value,)
        )
        return [Turn(key, conversation, at, *self._decode(row)) for key, conversation, at, *row in rows]

    def _question(self, row: Sequence[Any]) -> str:
        """The question in a row of asking, answer and version, the rest of which need not be decoded."""
        with self._as_damaged():
            return str(_upgrade(*row)[1]["question"])

    def _decode(self, row: Sequence[Any]) -> tuple[Asking, Answer]:
        """The values in a row of asking, answer and version."""
        with self._as_damaged():
            asking, answer = _upgrade(*row)
            return _converter().structure(asking, Asking), _converter().structure(answer, Answer)

    @contextmanager
    def _as_damaged(self) -> Iterator[None]:
        """Raises `LibraryDamaged` when a row cannot be decoded."""
        try:
            yield
        except Exception as error:  # cattrs raises exception groups.
            raise LibraryDamaged(f"A kept answer in {self._path} is damaged.", remedy=self._rescue) from error


def history_layout(path: Path) -> DatabaseLayout:
    """The layout of the file at `path`."""
    rescue = f"Delete {path.name} in the library's folder. It holds conversations and no documents."
    return DatabaseLayout(
        version=3, schema=SCHEMA, rescue=rescue, migrations={2: _add_version, 3: _add_digests}
    )


class UnreadableHistory(History):
    """Stands for a file that is damaged or of another program: has no conversations, and keeps none."""

    def __init__(self, path: Path, error: IngestError) -> None:
        """error: why the file cannot be read. It is raised when conversations are wanted."""
        super().__init__(Path(":memory:"))
        self._error = error
        self.problem = f"{path} cannot be read, and may hold text of documents. {error.remedy}"

    def keep(
        self, conversation: str, asking: Asking, answer: Answer, digests: Mapping[str, str | None]
    ) -> Turn:
        """Raises the error."""
        raise self._error

    def conversations(self) -> list[Conversation]:
        """Raises the error."""
        raise self._error

    def turn(self, key: str) -> Turn | None:
        """Raises the error."""
        raise self._error


def open_history(path: Path, *, read_only: bool = False) -> History:
    """The conversations in a file; none if it cannot be used, so that documents can be searched all the same.

    read_only: as in `History`.
    """
    try:
        return History(path, read_only=read_only)
    except (LibraryDamaged, UnsupportedLayout) as error:
        return UnreadableHistory(path, error)


def paths_in(answer: Answer) -> set[str]:
    """The paths of all documents that an answer read or names."""
    named = {path for passage in answer.passages for path in (*passage.also, *passage.earlier)}
    unread = {path for path, _ in answer.coverage.unread} if answer.coverage else set()
    places = (item.locator.path for items in (answer.passages, answer.citations) for item in items)
    doubted = {path for doubt in answer.doubts for path in (doubt.path, doubt.by) if path}
    return named | unread | doubted | set(places)


Fields = dict[str, Any]
"""A dataclass as it is stored."""


def _separate_filters(asking: Fields, answer: Fields) -> None:
    """From version 1, in which questions contained their filters, to 2, in which they are a selection."""
    try:
        answer["question"], selection = filters.parse(answer["question"])
    except BadFilter:
        # Version 1 wrote values without escaping them. Such a question stays as it is.
        return
    asking["selection"] = _converter().unstructure(selection)


def _name_state(asking: Fields, answer: Fields) -> None:
    """From version 2, in which an answer was an abstention or not, to 3, in which it has a state."""
    answer["state"] = State.NOT_FOUND if answer.pop("abstained") else State.ANSWERED


_UPGRADES: dict[int, Callable[[Fields, Fields], None]] = {1: _separate_filters, 2: _name_state}
"""By version: changes the fields of `Asking` and `Answer` to those of the next version."""


def _upgrade(asking: str, answer: str, version: int) -> tuple[Fields, Fields]:
    """The fields in a row, in the current version's form."""
    fields = json.loads(asking), json.loads(answer)
    for older in range(version, ROW_VERSION):
        _UPGRADES[older](*fields)
    return fields


def _encode(value: object) -> str:
    return json.dumps(_converter().unstructure(value))


@cache
def _converter() -> Any:
    # 0.05 s to import.
    from cattrs import Converter

    converter = Converter()
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    return converter
