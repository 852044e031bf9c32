"""What is left of forgotten documents in all files that Carrel writes, whatever was done with them before.

Each history has a document of its own. The document and its name consist of words that stand nowhere else.
All are forgotten, and then every file is searched for these words: in UTF-8 and UTF-16, in lower case, as the
full-text index folds them, escaped as in JSON, and compressed. It is searched for their vectors too, and for
the keys of their names in the audit log.
"""

import functools
import itertools
import json
import random
import re
import shutil
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.config import Config, IndexSettings
from assistant.dialogue import Answer
from assistant.engine import kvcache
from assistant.engine.scripted import ScriptedEngine
from assistant.library.forgetting import NEXT, PROMPTS
from assistant.library.owner import Owner
from assistant.library.reindexing import reindex
from ingest import keeper
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from ingest.keywords import index_text
from ingest.progress import Progress
from ingest.selection import Selection
from tests.running import KEY, Carrel, Outcome, write
from tests.zoteros import write_library

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

NAMES = (*HISTORIES, "moved to", "copied to")
"""By which files are named."""

STAYS = "The hedge behind the shed is cut in the first week of March.\n"
"""The text of a document that is not forgotten."""


@dataclass
class Leftovers:
    """What was found in all files."""

    before: dict[str, set[str]] = field(default_factory=dict)
    """Files with words of the document of each history, before any was forgotten."""
    after: dict[str, set[str]] = field(default_factory=dict)
    """The same after all were forgotten."""
    names: set[str] = field(default_factory=set)
    """Files with words of the names of documents, after all were forgotten."""
    stored: dict[str, bytes] = field(default_factory=dict)
    """All files then, by path in their folder."""
    secrets: set[bytes] = field(default_factory=set)
    """Vectors of the documents, and keys of their names, that were stored before any was forgotten."""
    receipts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What `carrel forget --json` printed, by history."""


def invented_words(history: str) -> Iterator[str]:
    """Words that stand in no other document."""
    source = random.Random(history)
    while True:
        yield "".join(source.choice("bdfgklmnprst") + source.choice("aeiouäéø") for _ in range(5))


def name_of(history: str) -> str:
    """A file name of this history."""
    return f"{next(invented_words(f'{history}, name'))}.md"


def text_of(history: str, sentences: int = 12) -> str:
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
    """Its invented words, as any file may hold them. A file without them has no five words of it in a row.

    Those of the first sentence are left out: a question about it contains them, and belongs to who asked.
    """
    words = re.findall(r"\w{10}", text)
    written = {form for word in words[:2] + words[6:] for form in (word, index_text(word))}
    return {
        encoded
        for form in written
        for encoded in (
            *(form.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")),
            json.dumps(form).strip('"').encode("ascii"),
        )
    }


COMPRESSED = rb"\x78[\x01\x5e\x9c\xda]|\x48\x89|\x1f\x8b\x08"
"""How content begins that zlib or gzip compressed, or the full-text index (`packed`), as a pattern."""


def with_its_forms(content: bytes) -> bytes:
    """The bytes of a file as they are and in lower case, and what is compressed in them."""
    forms = [content, content.lower()]
    for start in re.finditer(COMPRESSED, content):
        with suppress(zlib.error):
            inflated = zlib.decompressobj(wbits=47).decompress(memoryview(content)[start.start() :], 1 << 22)
            forms.append(inflated.lower())
    return b"".join(forms)


def contains_any(wanted: set[bytes], content: bytes) -> bool:
    """Whether one of `wanted` stands in `content`. Eight bytes of all of them are looked for at once."""
    size = np.dtype(np.uint64).itemsize
    beginnings = np.frombuffer(b"".join(needle[:size] for needle in wanted), np.uint64)
    assert len(beginnings) == len(wanted)
    return any(
        np.isin(np.frombuffer(content, np.uint64, (len(content) - offset) // size, offset), beginnings).any()
        for offset in range(min(size, len(content)))
    ) and any(needle in content for needle in wanted)


def places_of(text: str, files: Mapping[str, bytes]) -> set[str]:
    """The names of the files in which words of a text are found."""
    wanted = needles(text)
    return {name for name, content in files.items() if contains_any(wanted, with_its_forms(content))}


def files_below(*folders: Path) -> dict[str, bytes]:
    """Every file below these folders, by path in its folder."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }


def secrets_of(library: Path, paths: list[Path]) -> set[bytes]:
    """A part of each vector of these documents, which no two vectors share by chance, and the keys of their
    names in the audit log."""
    vectors = (
        "SELECT substr(vectors.vector, 65, 64) FROM vectors JOIN chunks ON chunks.vector = vectors.name "
        "JOIN documents ON documents.key = document WHERE path = ?"
    )
    keys = "SELECT name_key FROM codes JOIN documents ON documents.key = document WHERE path = ?"
    with closing(sqlite3.connect(library / "catalogue.db")) as database:
        rows = [
            row for path in paths for sql in (vectors, keys) for row in database.execute(sql, (bytes(path),))
        ]
    return {secret for (secret,) in rows}


@pytest.fixture(scope="module")
def leftovers(
    tmp_path_factory: pytest.TempPathFactory, cache_home: Path, embedder: Any, jail: Jail
) -> Leftovers:
    """Everything was done with every document, and then each was forgotten."""
    home = tmp_path_factory.mktemp("forgetful")
    carrel = Carrel(library=home / "library", home=home, cache=cache_home)
    notes, outside = home / "notes", home / "outside"
    texts = {history: text_of(history) for history in HISTORIES}
    # Each in a folder of its own, so that a question can be about one of them.
    places = {history: write(notes / history / name_of(history), texts[history]) for history in HISTORIES[:6]}
    write(notes / "garden.md", STAYS)
    result = Leftovers()
    with pytest.MonkeyPatch.context() as patch, carrel.opened(embedder=embedder, jail=jail) as run:
        patch.setattr(kvcache, "LEAST_TOKENS", 64)  # So that prompts about short documents are stored.
        _do_everything(run, notes, outside, texts, places)
        result.secrets = secrets_of(carrel.library, list(places.values()))
        prompts = {file.name for file in (carrel.library / PROMPTS).iterdir()}
        assert any(name.endswith(".kv") for name in prompts)
        stored = files_below(carrel.library)
        result.before = {
            # Prompts are stored as numbers, and are large.
            history: places_of(
                text, {name: stored[name] for name in stored if Path(name).name not in prompts}
            )
            for history, text in texts.items()
        }
        for history, place in places.items():
            outcome = run("forget", place, "--json")
            assert outcome.code == 0, outcome.narration
            (result.receipts[history],) = outcome.object["receipts"]
    stored = files_below(carrel.library, home / "data", home / "config", home / "state", home / "run")
    texts["changed to"] = text_of("changed to")
    result.after = {history: places_of(text, stored) for history, text in texts.items()}
    result.names = {file for history in NAMES for file in places_of(name_of(history), stored)}
    result.stored = stored
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

    def ask(history: str, text: str) -> None:
        done("ask", question_about(text), "--in", history, "--conversation", history)

    done("add", notes)
    done("collection", "add", "everything", *places.values())
    for history in ("asked", "asked", "moved", "copied", "changed", "replayed"):
        ask(history, texts[history])
    (turn,) = done("history", "replayed", "--json").object["turns"]
    run("replay", turn["id"])
    for history in ("summarized", "moved", "changed"):
        done("summarize", places[history])
    done("summarize", "-", stdin=texts["from standard input"].encode())
    done("summarize", write(outside / name_of("never indexed"), texts["never indexed"]))
    places["moved"] = places["moved"].rename(notes / "moved" / name_of("moved to"))
    shutil.copy(places["copied"], notes / "copied" / name_of("copied to"))
    write(places["changed"], text_of("changed to"))
    done("add", notes)
    ask("moved", texts["moved"])
    for _ in range(2):  # A prompt is stored when its beginning is seen for the second time.
        ask("changed", text_of("changed to"))


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
def test_no_name_no_vector_and_no_cached_prompt_of_a_forgotten_document_is_left(leftovers: Leftovers) -> None:
    assert leftovers.names == set()
    assert len(leftovers.secrets) > len(HISTORIES)
    found = {
        name
        for name, content in leftovers.stored.items()
        if any(secret in content for secret in leftovers.secrets)
    }
    assert found == set()
    assert {"catalogue.db", "history.db", "audit.jsonl"} <= leftovers.stored.keys()
    assert not any(name.endswith(".kv") for name in leftovers.stored)


@pytest.mark.model
def test_the_receipt_says_what_was_erased_and_what_is_kept_on_purpose(leftovers: Leftovers) -> None:
    asked, copied = leftovers.receipts["asked"], leftovers.receipts["copied"]
    assert (len(asked["documents"]), asked["copies"], asked["derived"]["answers"]) == (1, [], 2)
    assert asked["chunks"] >= asked["vectors"] > 0
    assert leftovers.receipts["summarized"]["derived"]["summaries"] == 1
    assert [Path(path).name for path in copied["copies"]] == [name_of("copied to")]
    assert leftovers.receipts["moved"]["derived"]["answers"] == 2
    for receipt in leftovers.receipts.values():
        kept = {entry["what"] for entry in receipt["kept"]}
        assert kept >= {"the file", "a digest of the excluded path", "copies outside the library"}
        assert receipt["unfinished"] == ""


# One library without models


def note(number: int) -> str:
    """The text of a note, which is 5 to 89 sentences long."""
    return text_of(f"note {number}", 5 + number * 7 % 90)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Twelve notes of different lengths, indexed with vectors made from words."""
    notes = tmp_path / "notes"
    for number in range(12):
        write(notes / f"{number}.md", note(number))
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
    assert places_of(note(3), files_below(library / NEXT))
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        assert owner.forget(notes / "3.md").derived.reindex
    assert places_of(note(3), files_below(library)) == set()
    list(reindex(library, smaller, embedder=HashingEmbedder(), jail=jail))
    assert places_of(note(3), files_below(library)) == set()
    assert places_of(note(4), files_below(library))


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
        assert places_of(note(number), files_below(library)) == set()


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
        while places_of(note(7), files_below(library)) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert places_of(note(7), files_below(library)) == set()


def test_a_file_that_becomes_unreadable_or_is_replaced_by_another_takes_everything_with_it(
    library: Path, jail: Jail
) -> None:
    notes = library.parent / "notes"
    engine = ScriptedEngine("It keeps it. [1]")
    with Owner(library, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        list(owner.add(notes))
        for number in (3, 4):
            *_, answer = owner.ask(question_about(note(number)))
            assert isinstance(answer, Answer)
            assert Path(answer.passages[0].locator.path) == notes / f"{number}.md"
        (notes / "3.md").write_bytes(b"")
        (notes / "5.md").rename(notes / "4.md")
        list(owner.add(notes))
    for number in (3, 4):
        assert places_of(note(number), files_below(library)) == set()


def test_a_document_that_moved_is_forgotten_by_the_path_at_which_it_was_asked_about(
    library: Path, jail: Jail
) -> None:
    old, new = library.parent / "notes" / "3.md", library.parent / "notes" / "moved.md"
    engine = ScriptedEngine("It keeps it. [1]")
    with Owner(library, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        list(owner.add(old.parent))
        list(owner.ask(question_about(note(3))))
        old.rename(new)
        list(owner.add(old.parent))
        receipt = owner.forget(old)
        assert (receipt.documents, receipt.copies) == ((str(new),), (str(new),))
        list(owner.add(old.parent))
        assert not owner.holds(new), "it stays excluded"
    assert places_of(note(3), files_below(library)) == set()


def test_what_a_forgotten_library_of_papers_said_about_its_files_is_erased(
    tmp_path: Path, jail: Jail
) -> None:
    paper = write_library(tmp_path / "papers")
    library = tmp_path / "library"

    def files_with(word: bytes) -> set[str]:
        return {name for name, content in files_below(library).items() if word in content.lower()}

    def titles(owner: Owner, *paths: Path) -> list[str]:
        only = (Selection(folders=(str(path),)) for path in paths)
        return [owner.search("plots", 1, selection=each).passages[0].title for each in only]

    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(tmp_path / "papers"))
        copy = write(tmp_path / "papers" / "copy.md", paper.read_text())
        list(owner.add(tmp_path / "papers"))
        assert titles(owner, paper, copy) == ["Reeds of the northern lakes", "Chapter 1"]
        assert files_with(b"okonkwo")
        receipt = owner.forget(tmp_path / "papers" / "zotero.sqlite")
        given = "titles that the erased documents gave to others (1)"
        assert any(given in kept.what for kept in receipt.kept)
        assert files_with(b"okonkwo") == files_with(b"wetland") == set()
        list(owner.add(tmp_path / "papers"))
        assert titles(owner, paper, copy) == ["Chapter 1", "Chapter 1"]


def test_hidden_text_of_a_forgotten_document_is_erased(library: Path, jail: Jail) -> None:
    page = library.parent / "notes" / "page.html"
    shown, hidden = text_of("shown", 5), text_of("hidden", 5)
    write(page, f"<body><p>{shown}</p><p style='display: none'>{hidden}</p></body>")
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(page.parent))
        (entry,) = (entry for entry in owner.entries() if entry.path == str(page))
        assert entry.hidden
        assert places_of(hidden, files_below(library))
        owner.forget(page)
    assert places_of(shown, files_below(library)) == places_of(hidden, files_below(library)) == set()


def test_conversations_that_another_program_reads_are_not_said_to_be_erased(
    library: Path, jail: Jail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "connect", functools.partial(sqlite3.connect, timeout=0))
    path = library.parent / "notes" / "3.md"
    engine = ScriptedEngine("It keeps it. [1]")
    with Owner(library, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail) as owner:
        list(owner.add(path.parent))
        list(owner.ask(question_about(note(3))))
        with closing(sqlite3.connect(library / "history.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM turns").fetchall()
            assert owner.forget(path).unfinished == "Another program is reading the library's files."
    assert places_of(note(3), files_below(library)) == set(), "it is erased on closing"
