"""`carrel collection add`, `ls` and `rm`, and questions that are about a collection."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from tests.running import Carrel, Outcome, write


@pytest.fixture
def notes(carrel: Carrel) -> Path:
    folder = carrel.home / "notes"
    for place in ("home", "club"):
        write(folder / place / "hedge.md", f"# Hedge\n\nThe hedge of the {place} is cut in March.\n")
    return folder


@pytest.fixture
def run(carrel: Carrel, notes: Path, jail: Jail) -> Iterator[Callable[..., Outcome]]:
    """Runs commands on one open library of the notes."""
    with carrel.opened(embedder=HashingEmbedder(), jail=jail) as run:
        assert run("add", notes).code == 0
        yield run


def paths(outcome: Outcome) -> list[str]:
    assert outcome.code == 0, outcome.narration
    return [passage["path"] for passage in outcome.object["passages"]]


def test_a_collection_is_made_narrows_a_search_and_is_removed(
    run: Callable[..., Outcome], notes: Path
) -> None:
    made = run("collection", "add", "Garden", notes / "home", "--context", "What grows at home", "--json")
    listed = {
        "name": "garden",
        "context": "What grows at home",
        "paths": [str(notes / "home")],
        "tags": [],
        "documents": 1,
    }
    assert made.object == {"collections": [listed]}
    at_home = [str(notes / "home" / "hedge.md")]
    assert paths(run("search", "hedge", "--collection", "garden", "--json")) == at_home
    assert paths(run("search", "collection:GARDEN hedge", "--json")) == at_home
    assert len(paths(run("search", "hedge", "--json"))) == 2
    shown = run("collection", "ls").text
    assert f"garden: What grows at home  (1 document)\n  {notes}/home\n" in shown
    assert f"{notes}/home/hedge.md  (1 chunk, garden)" in run("ls").text
    assert run("collection", "rm", "garden", "--json").object == {"collections": []}
    assert "There is no collection." in run("collection", "ls").narration
    assert len(paths(run("search", "hedge", "--json"))) == 2


def test_a_collection_that_does_not_exist_or_holds_nothing_is_named(
    run: Callable[..., Outcome], notes: Path
) -> None:
    assert run("collection", "add", "wet", "--tag", "water").code == 0
    outcome = run("search", "hedge", "--collection", "nope")
    assert "There is no collection nope. The collections in the library: wet." in outcome.narration
    assert "The collection wet holds no document" in run("search", "collection:wet hedge").narration


def test_a_path_where_no_document_is_yet_is_named(run: Callable[..., Outcome], notes: Path) -> None:
    outcome = run("collection", "add", "garden", notes / "hme", notes / "home")
    assert outcome.code == 0
    assert f"The library has no document at {notes}/hme yet." in outcome.narration
    assert f"at {notes}/home" not in outcome.narration
    write(notes / "hme" / "note.md")
    assert run("add", notes).code == 0
    assert len(paths(run("search", "hedge", "--collection", "garden", "--json"))) == 2


def test_what_cannot_be_done_is_said(run: Callable[..., Outcome], notes: Path) -> None:
    assert "nothing to add" in run("collection", "add", "garden").narration
    outside = run("collection", "add", "garden", "/etc")
    assert "/etc is not in the library" in outside.narration
    assert "cannot be the name" in run("collection", "add", "a/b", notes).narration
    unknown = run("collection", "rm", "garden", "--json")
    assert unknown.code == 2
    assert unknown.error["message"] == "There is no collection garden."
