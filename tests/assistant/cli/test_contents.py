"""`carrel export`: what the library holds, in files of other programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from assistant.cli.exits import Exit
from ingest.ownfiles import is_own
from tests.running import Carrel
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

    indexed.here("export", "chunks", "--jsonl", chunks)
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
