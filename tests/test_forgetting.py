"""What is left of forgotten documents in all files that Carrel writes, whatever was done with them before.

Each history has a document of its own, made of words that stand nowhere else. All are forgotten, and then
every file is searched for these words: in UTF-8 and UTF-16, in lower case, as the full-text index folds them,
escaped as in JSON, and compressed. It is searched for their vectors too.
"""

import itertools
import json
import random
import re
import shutil
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Config, IndexSettings
from assistant.dialogue import Answer
from assistant.engine.scripted import ScriptedEngine
from assistant.library.forgetting import NEXT
from assistant.library.owner import Owner
from assistant.library.reindexing import reindex
from ingest import keeper
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from ingest.keywords import index_text
from ingest.progress import Progress
from tests.running import KEY, Carrel, Outcome, write

HISTORIES = (
    "asked",
    "summarized",
    "moved",
    "copied",
    "changed",
    "replayed",
    "from standard input",
    "never indexed",
)
"""What was done with a document before it was forgotten."""

STAYS = "The hedge behind the shed is cut in the first week of March.\n"
"""The text of a document that is not forgotten."""


@dataclass
class Leftovers:
    """What was found in all files."""

    before: dict[str, set[str]] = field(default_factory=dict)
    """Files with words of the document of each history, before any was forgotten."""
    after: dict[str, set[str]] = field(default_factory=dict)
    """The same after all were forgotten."""
    searched: set[str] = field(default_factory=set)
    """The files that were searched then."""
    vectors: int = 0
    """Vectors of forgotten documents that were found then."""
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What `carrel forget --json` printed, by history."""


def invented_words(history: str) -> Iterator[str]:
    """Words that stand in no other document."""
    source = random.Random(history)
    while True:
        yield "".join(source.choice("bdfgklmnprst") + source.choice("aeiouäéø") for _ in range(5))


def text_of(history: str, sentences: int = 60) -> str:
    """A document of this history."""
    words = invented_words(history)
    lines = [f"# {next(words).title()} {next(words)}", ""]
    for _ in range(sentences):
        one, two, three, four = itertools.islice(words, 4)
        lines += [f"The {one} of {two} keeps a {three} near the {four} for the winter.", ""]
    return "\n".join(lines)


def question_about(text: str) -> str:
    words = re.findall(r"[^\W\d]+", text)
    return f"What does the {words[3]} of {words[5]} keep near the {words[11]}?"


def needles(text: str) -> set[bytes]:
    """The invented word of every third sentence, as any file may hold it.

    Five words in a row of the document are not in a file that has none of its words.
    """
    words = re.findall(r"\w{10}", text)[::12]
    written = {form for word in words for form in (word, index_text(word))}
    return {
        encoded
        for form in written
        for encoded in (
            *(form.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")),
            json.dumps(form).strip('"').encode("ascii"),
        )
    }


def forms(content: bytes) -> Iterator[bytes]:
    """The bytes of a file as they are and in lower case, and what is compressed in them."""
    yield content
    yield content.lower()
    for start in re.finditer(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08", content):
        try:
            inflated = zlib.decompressobj(wbits=47).decompress(content[start.start() :], 1 << 22)
        except zlib.error:
            continue
        if len(inflated) > 8:
            yield inflated.lower()


def places_of(text: str, files: Mapping[str, bytes]) -> set[str]:
    """The names of the files in which words of a text are found."""
    wanted = needles(text)
    return {
        name
        for name, content in files.items()
        if any(needle in form for form in forms(content) for needle in wanted)
    }


def files_below(*folders: Path) -> dict[str, bytes]:
    """Every file below these folders, by path in its folder."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }


def vectors_of(library: Path, paths: list[Path]) -> set[bytes]:
    """A part of each vector of these documents, which no two vectors share by chance."""
    with sqlite3.connect(library / "catalogue.db") as database:
        rows = [
            row
            for path in paths
            for row in database.execute(
                "SELECT vectors.vector FROM vectors JOIN chunks ON chunks.vector = vectors.name "
                "JOIN documents ON documents.key = document WHERE path = ?",
                (str(path).encode(),),
            )
        ]
    database.close()
    return {row[0][64:128] for row in rows}


@pytest.fixture(scope="module")
def leftovers(
    tmp_path_factory: pytest.TempPathFactory, cache_home: Path, embedder: Any, jail: Jail
) -> Leftovers:
    """Everything was done with every document, and then each was forgotten."""
    home = tmp_path_factory.mktemp("forgetful")
    carrel = Carrel(library=home / "library", home=home, cache=cache_home)
    notes, outside = home / "notes", home / "outside"
    texts = {history: text_of(history) for history in HISTORIES}
    places = {history: write(notes / f"{n}.md", texts[history]) for n, history in enumerate(HISTORIES[:6])}
    write(notes / "garden.md", STAYS)
    result = Leftovers()
    with carrel.opened(embedder=embedder, jail=jail) as run:
        _do_everything(run, notes, outside, texts, places)
        vectors = vectors_of(carrel.library, list(places.values()))
        stored = files_below(carrel.library)
        result.before = {history: places_of(text, stored) for history, text in texts.items()}
        for history, place in places.items():
            outcome = run("forget", place, "--json")
            assert outcome.code == 0, outcome.narration
            (result.receipts[history],) = outcome.object["receipts"]
    stored = files_below(carrel.library, home / "data", home / "config", home / "state", home / "run")
    texts["changed to"] = text_of("changed to")
    result.after = {history: places_of(text, stored) for history, text in texts.items()}
    result.searched = set(stored)
    assert vectors
    result.vectors = sum(any(vector in content for content in stored.values()) for vector in vectors)
    assert any(b"hedge behind the shed" in content for content in stored.values()), "the other document stays"
    return result


def _do_everything(
    run: Callable[..., Outcome],
    notes: Path,
    outside: Path,
    texts: dict[str, str],
    places: dict[str, Path],
) -> None:
    """Does what the histories are named by. Files that move are recorded in `places`."""

    def done(*arguments: str | Path, **options: Any) -> Outcome:
        outcome = run(*arguments, **options)
        assert outcome.code == 0, outcome.narration
        return outcome

    done("add", notes)
    for history in ("asked", "moved", "copied", "changed", "replayed"):
        for _ in range(2):
            done("ask", question_about(texts[history]), "--conversation", history)
    (turn, _) = done("history", "replayed", "--json").object["turns"]
    run("replay", turn["id"])
    for history in ("summarized", "moved", "changed"):
        done("summarize", places[history])
    done("summarize", "-", stdin=texts["from standard input"].encode())
    done("summarize", write(outside / "stray.md", texts["never indexed"]))
    places["moved"] = places["moved"].rename(notes / "elsewhere.md")
    shutil.copy(places["copied"], notes / "duplicate.md")
    write(places["changed"], text_of("changed to"))
    done("add", notes)
    done("ask", question_about(texts["moved"]), "--conversation", "moved again")
    done("ask", question_about(text_of("changed to")), "--conversation", "changed again")


@pytest.mark.model
@pytest.mark.parametrize("history", [*HISTORIES, "changed to"])
def test_nothing_is_left_of_a_forgotten_document(leftovers: Leftovers, history: str) -> None:
    assert leftovers.after[history] == set()


@pytest.mark.model
def test_the_search_finds_what_is_there_before_it_is_forgotten(leftovers: Leftovers) -> None:
    for history in ("asked", "summarized", "moved", "copied", "replayed"):
        found = leftovers.before[history]
        assert any(name.startswith("catalogue.db") for name in found)
        assert any(name.startswith("history.db") for name in found) is (history != "summarized")
        assert any("summaries" in name for name in found) is (history in ("summarized", "moved"))


@pytest.mark.model
def test_no_conversation_and_no_summary_holds_words_that_no_document_contains(leftovers: Leftovers) -> None:
    assert leftovers.before["from standard input"] == leftovers.before["never indexed"] == set()
    assert not any(name.startswith(("history", "cache")) for name in leftovers.before["changed"])


@pytest.mark.model
def test_no_vector_of_a_forgotten_document_is_left(leftovers: Leftovers) -> None:
    assert leftovers.vectors == 0
    assert {"catalogue.db", "history.db", "audit.jsonl"} <= leftovers.searched


@pytest.mark.model
def test_the_receipt_says_what_was_erased_and_what_is_kept_on_purpose(leftovers: Leftovers) -> None:
    asked, copied = leftovers.receipts["asked"], leftovers.receipts["copied"]
    assert (len(asked["documents"]), asked["copies"], asked["derived"]["answers"]) == (1, [], 2)
    assert asked["chunks"] >= asked["vectors"] > 0
    assert leftovers.receipts["summarized"]["derived"]["summaries"] == 1
    assert [Path(path).name for path in copied["copies"]] == ["duplicate.md"]
    assert leftovers.receipts["moved"]["derived"]["answers"] == 3
    for receipt in leftovers.receipts.values():
        kept = {entry["what"] for entry in receipt["kept"]}
        assert kept >= {"the file", "a digest of the path, as excluded", "copies outside the library"}
        assert receipt["unfinished"] == ""


# One library without models


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Twelve notes of different lengths, indexed with vectors made from words."""
    notes = tmp_path / "notes"
    for number in range(12):
        write(notes / f"{number}.md", text_of(f"note {number}", 5 + number * 7 % 90))
    return tmp_path / "library"


def test_a_reindex_that_was_killed_keeps_nothing_of_a_document_that_is_removed_afterwards(
    library: Path, jail: Jail
) -> None:
    notes = library.parent / "notes"
    smaller = Config(index=IndexSettings(chunk_tokens=64))
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
    for event in reindex(library, smaller, embedder=HashingEmbedder(), jail=jail):
        assert isinstance(event, Progress)
        if event.files_done == event.files_total:
            break
    assert places_of(text_of("note 3", 26), files_below(library / NEXT))
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        assert owner.forget(notes / "3.md").derived.reindex
    assert places_of(text_of("note 3", 26), files_below(library)) == set()
    list(reindex(library, smaller, embedder=HashingEmbedder(), jail=jail))
    assert places_of(text_of("note 3", 26), files_below(library)) == set()
    assert places_of(text_of("note 4", 33), files_below(library))


def test_an_owner_that_is_killed_after_a_change_leaves_the_rest_to_the_next_process(
    library: Path, jail: Jail
) -> None:
    notes = library.parent / "notes"
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
    with closing(Catalogue(library / "catalogue.db", KEY)) as catalogue:
        # All that a process does before it is killed at the worst moment.
        catalogue.remove([str(notes / f"{number}.md") for number in range(0, 12, 2)])
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail):
        pass
    for number in range(0, 12, 2):
        assert places_of(text_of(f"note {number}", 5 + number * 7 % 90), files_below(library)) == set()


def test_words_of_a_changed_file_leave_the_index_while_the_owner_runs(
    library: Path, jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "CLEAN_S", 0.1)
    notes = library.parent / "notes"
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
        write(notes / "7.md", STAYS)
        list(owner.add(notes))
        deadline = time.monotonic() + 20
        while places_of(text_of("note 7", 54), files_below(library)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert places_of(text_of("note 7", 54), files_below(library)) == set()


def test_a_file_that_becomes_unreadable_or_is_replaced_by_another_takes_everything_with_it(
    library: Path, jail: Jail
) -> None:
    notes = library.parent / "notes"
    engine = ScriptedEngine("It keeps it. [1]")
    with Owner(library, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        list(owner.add(notes))
        for number in (3, 4):
            *_, answer = owner.ask(question_about(text_of(f"note {number}", 5 + number * 7 % 90)))
            assert isinstance(answer, Answer)
            assert Path(answer.passages[0].locator.path) == notes / f"{number}.md"
        (notes / "3.md").write_bytes(b"")
        (notes / "5.md").rename(notes / "4.md")
        list(owner.add(notes))
    for number in (3, 4):
        assert places_of(text_of(f"note {number}", 5 + number * 7 % 90), files_below(library)) == set()
