"""`carrel export`: what the library holds, in files for other programs."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest
from markdown_it import MarkdownIt

from assistant.cli.exits import Exit
from assistant.config import Config
from assistant.library import texts
from assistant.library.owner import Owner
from ingest.documents import Chunk
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from ingest.ownfiles import is_own
from tests.running import Carrel, Outcome, write
from tests.still import StillLibrary

pytestmark = pytest.mark.model


def lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a file after its mark."""
    first, *rest = file.read_text(encoding="utf-8").splitlines()
    assert json.loads(first) == {"generator": "Carrel"}
    return [json.loads(line) for line in rest]


def test_documents_and_their_chunks_are_written_as_lines_of_json(indexed: Carrel, tmp_path: Path) -> None:
    documents, chunks = tmp_path / "documents.jsonl", tmp_path / "chunks.jsonl"
    done = indexed.here("export", "documents", "--jsonl", documents, "--json")
    assert done.code == Exit.DONE, done.narration
    listed = [entry for entry in indexed.here("ls", "--json").object["documents"] if entry["chunks"]]
    assert done.object["exported"] == len(listed)
    written = {document["path"]: document for document in lines(documents)}
    assert written.keys() == {entry["path"] for entry in listed}
    assert all(written[entry["path"]]["digest"] == entry["digest"] for entry in listed)
    lease = next(document for path, document in written.items() if path.endswith("lease-agreement.pdf"))
    assert [page["page"] for page in lease["pages"]] == [1, 2, 3, 4]

    done = indexed.here("export", "chunks", "--jsonl", chunks)
    assert done.text == f"chunks of {len(listed)} documents exported\n"
    found = lines(chunks)
    assert len(found) == sum(entry["chunks"] for entry in listed)
    for chunk in found:
        pages = written[chunk["path"]]["pages"]
        start, end = chunk["chars"]
        assert pages[(chunk["page"] or 1) - 1]["text"][start:end] == chunk["text"]


def test_one_document_is_written_as_markdown(indexed: Carrel, tmp_path: Path) -> None:
    file = tmp_path / "lease.md"
    path = next(
        entry["path"]
        for entry in indexed.here("ls", "--json").object["documents"]
        if entry["path"].endswith("lease-agreement.pdf")
    )
    assert indexed.here("export", "documents", path, "--markdown", file).text == "1 document exported\n"
    assert is_own(file.read_bytes())
    blocks = [token for token in MarkdownIt().parse(file.read_text()) if token.type == "fence"]
    assert len(blocks) == 4
    assert "5. Term" in blocks[1].content
    assert "page 2" in file.read_text()


def test_conversations_are_written(filled: Carrel, tmp_path: Path) -> None:
    with filled.opened() as run:
        run("ask", "How much is the deposit?", "--conversation", "flat")
        run("ask", "Where are the shears?", "--conversation", "garden")
        run("export", "conversations", "--jsonl", tmp_path / "all.jsonl", "--markdown", tmp_path / "all.md")
        run("export", "conversations", "flat", "--jsonl", tmp_path / "flat.jsonl")
    assert [turn["conversation"] for turn in lines(tmp_path / "all.jsonl")] == ["flat", "garden"]
    (turn,) = lines(tmp_path / "flat.jsonl")
    assert turn["question"] == "How much is the deposit?"
    assert turn["citations"]
    assert "How much is the deposit?" in (tmp_path / "all.md").read_text()


PARTS = "\n\n".join(f"# Part {number}\n\nThe key of shed {number} is red." for number in range(6))


@pytest.fixture
def notes(carrel: Carrel) -> Path:
    write(carrel.home / "notes" / "keys.md", PARTS)
    write(carrel.home / "notes" / "hedge.md", "The hedge is cut in March.\n")
    return carrel.home / "notes"


@pytest.mark.parametrize("what", ["documents", "chunks"])
def test_a_document_whose_text_was_altered_is_named_and_not_counted(
    carrel: Carrel, notes: Path, jail: Jail, tmp_path: Path, what: str
) -> None:
    with carrel.opened(embedder=HashingEmbedder(), jail=jail) as run:
        assert run("add", notes).code == 0
        with closing(sqlite3.connect(carrel.library / "catalogue.db", isolation_level=None)) as database:
            changed = "UPDATE pages SET text = replace(text, 'red', 'blue') WHERE text LIKE '%shed%'"
            assert database.execute(changed).rowcount == 1
        done = run(
            "export", what, "--jsonl", tmp_path / "all.jsonl", "--markdown", tmp_path / "all.md", "--json"
        )
    assert done.object["exported"] == 1
    assert done.object["left_out"] == [str(notes / "keys.md")]
    assert "its text in the library was changed by another program" in done.narration
    assert {line["path"] for line in lines(tmp_path / "all.jsonl")} == {str(notes / "hedge.md")}
    assert "shed" not in (tmp_path / "all.md").read_text()


class _Overtaken:
    """A library in which a document is read again whenever some of it was exported."""

    def __init__(self, owner: Owner, change: Callable[[], None]) -> None:
        self._owner, self._change = owner, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._owner, name)

    def __enter__(self) -> "_Overtaken":
        return self

    def __exit__(self, *error: object) -> None:
        """The owner is closed by who opened it."""

    def page(self, locator: Any) -> Any:
        found = self._owner.page(locator)
        self._change()
        return found

    def chunks(self, path: Path, first: int) -> list[Chunk]:
        found = self._owner.chunks(path, first)
        self._change()
        return found


@pytest.mark.parametrize("what", ["documents", "chunks"])
def test_a_document_that_is_read_again_meanwhile_is_never_exported_half_old_and_half_new(
    carrel: Carrel, notes: Path, jail: Jail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(texts, "CHUNKS_AT_ONCE", 2)
    outcome: Outcome
    with Owner(carrel.library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))

        def change() -> None:
            write(notes / "keys.md", PARTS.replace("red", "blue"))
            list(owner.add(notes))

        overtaken = cast("Any", _Overtaken(owner, change))
        outcome = carrel.here(
            "export", what, notes / "keys.md", "--jsonl", tmp_path / "keys.jsonl", "--json", library=overtaken
        )
    assert outcome.code == Exit.DONE, outcome.narration
    assert outcome.object["left_out"] == [str(notes / "keys.md")]
    assert "It changed during the export." in outcome.narration
    assert lines(tmp_path / "keys.jsonl") == []


def test_a_folder_is_also_named_by_a_link_to_it(
    carrel: Carrel, notes: Path, jail: Jail, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(notes)
    with carrel.opened(embedder=HashingEmbedder(), jail=jail) as run:
        assert run("add", notes).code == 0
        done = run("export", "documents", tmp_path / "link", "--jsonl", tmp_path / "notes.jsonl")
        printed = run("get", tmp_path / "link" / "hedge.md")
        found = run("search", "hedge", "--in", tmp_path / "link", "--json")
    assert done.text == "2 documents exported\n", done.narration
    assert printed.text == "The hedge is cut in March.\n", printed.narration
    assert found.object["passages"][0]["path"] == str(notes / "hedge.md")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["documents"], "Name one with --jsonl or --markdown."),
        (["documents", "/nowhere", "--jsonl", "a.jsonl"], "no document at or below /nowhere"),
        (["conversations", "nothing", "--jsonl", "a.jsonl"], "There is no conversation nothing."),
        (["secrets", "--jsonl", "a.jsonl"], "secrets"),
    ],
)
def test_what_cannot_be_exported_is_said_and_leaves_no_file(
    carrel: Carrel, arguments: list[str], words: str
) -> None:
    outcome = carrel.here("export", *arguments, library=StillLibrary())
    assert outcome.code == Exit.USAGE
    assert words in outcome.narration
    assert not list(carrel.home.glob("*a.jsonl*"))
