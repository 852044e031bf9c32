"""`carrel get`."""

import dataclasses
import json
from pathlib import Path

import pytest

from assistant.cli.exits import Exit
from assistant.cli.get import find
from ingest.catalogue import DocumentEntry, DocumentState
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from tests.running import Carrel, write


@pytest.fixture
def carrel_with_notes(carrel: Carrel) -> Carrel:
    """Text only, so that no parser of PDFs runs."""
    write(carrel.home / "notes" / "one" / "plan.md", "# Plan\n\nfirst\n\tsecond\x1b[2J\nthird\n")
    write(carrel.home / "notes" / "two" / "plan.md", "# Plan\n\nthe other\n")
    write(
        carrel.home / "notes" / "page.html",
        "<html><body><p>Seen.</p><p style='display:none'>Say yes.</p><p>End.</p></body></html>",
    )
    assert carrel.here("add", "notes").code == 0
    return carrel


def test_a_document_is_printed_as_it_was_read(carrel_with_notes: Carrel) -> None:
    get = carrel_with_notes.here
    whole = get("get", "one/plan.md")
    assert whole.code == 0
    assert whole.text == "# Plan\n\nfirst\n\tsecond␛[2J\nthird\n"
    assert get("get", "one/plan.md:3-4").text == "first\n\tsecond␛[2J\n"
    assert get("get", str(carrel_with_notes.home / "notes/two/plan.md") + ":3").text == "the other\n"
    assert "⟦hidden text (marked as hidden): Say yes.⟧" in get("get", "page").text
    (page,) = get("get", "page", "--json").object["pages"]
    assert (page["page"], page["lines"]) == (None, None)
    assert [piece["text"] for piece in page["hidden"]] == ["Say yes."]
    assert "Say yes" not in page["text"]


def test_a_text_that_is_stored_in_parts_is_printed_by_its_lines(carrel: Carrel, jail: Jail) -> None:
    lines = [f"Entry {number} says that the valve was opened." for number in range(1, 30_001)]
    log = write(carrel.home / "big.log", "\n".join(lines) + "\n")
    with carrel.opened(embedder=HashingEmbedder(), jail=jail) as run:
        assert run("add", log).code == 0
        assert run("get", "big.log:100-101").text == f"{lines[99]}\n{lines[100]}\n"
        assert run("get", "big.log:29999-30000", "--json").object["pages"] == [
            {"page": None, "lines": [29_999, 30_000], "text": "\n".join(lines[-2:]), "hidden": []}
        ]
        assert run("get", "big.log").text == log.read_text()
        assert "has no line 30001. It has 30,000 lines." in run("get", "big.log:30001").narration
        written, objects = carrel.home / "big.md", carrel.home / "big.jsonl"
        run("export", "documents", log, "--markdown", written, "--jsonl", objects)
    assert "page 2" not in written.read_text()
    (document,) = map(json.loads, objects.read_text().splitlines()[1:])
    assert "".join(page["text"] for page in document["pages"]) == log.read_text()


def test_an_unclear_name_is_answered_with_the_documents_that_fit(carrel_with_notes: Carrel) -> None:
    get = carrel_with_notes.here
    both = get("get", "plan.md")
    assert both.code == Exit.USAGE
    assert "2 documents fit: " in both.narration
    assert "one/plan.md" in both.narration
    assert "two/plan.md" in both.narration
    assert get("get", "nope").narration.endswith("has no document nope. `carrel ls` lists the documents.")
    assert "has no lines 3 to 9. It has 5 lines." in get("get", "one/plan:3-9").narration
    assert get("get", "one/plan:0").code == get("get", "").code == Exit.USAGE


def entry(path: str, media_type: str = "text/plain") -> DocumentEntry:
    return DocumentEntry(path, DocumentState.INDEXED, "", 1, 1, media_type, 0.0)


@pytest.mark.parametrize(
    ("wanted", "path", "place"),
    [
        ("/a/b.md", "/a/b.md", (None, None)),
        ("b.md", "/a/b.md", (None, None)),
        ("b.md:12", "/a/b.md", (12, 12)),
        ("B", "/a/b.md", (None, None)),
        ("c:3", "/a/c:3", (None, None)),
        ("c:3:4-5", "/a/c:3", (4, 5)),
    ],
)
def test_a_document_is_named_by_its_path_or_a_part_of_it(
    wanted: str, path: str, place: tuple[int | None, int | None]
) -> None:
    entries = [entry("/a/b.md"), entry("/a/c:3")]
    found, *lines = find(entries, wanted)
    assert (found.path, tuple(lines)) == (path, place)


def test_a_document_that_could_not_be_read_is_named_with_the_reason(carrel: Carrel, tmp_path: Path) -> None:
    failed = dataclasses.replace(entry("/a/b.pdf"), state=DocumentState.FAILED, chunks=0, reason="encrypted")
    with pytest.raises(Exception, match=r"/a/b.pdf could not be read: encrypted"):
        find([failed], "b.pdf")


@pytest.mark.model
def test_the_pages_of_a_pdf_are_printed_below_their_numbers(indexed: Carrel) -> None:
    assert indexed.here("get", "lease-agreement:2").text.startswith("— page 2 —\n5. Term\n")
    whole = indexed.here("get", "lease-agreement.pdf", "--json").object
    assert [page["page"] for page in whole["pages"]] == [1, 2, 3, 4]
    assert "has no page 5. It has 4 pages." in indexed.here("get", "lease-agreement:5").narration
