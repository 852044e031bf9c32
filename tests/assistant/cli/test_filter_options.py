"""The options that filter take any name a folder can have, and no part of it ends up in the question."""

import base64
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running import Carrel, Outcome

pytestmark = pytest.mark.model

NAMES = [
    b'my "x" folder',
    b"in:home type:pdf",
    b"two\nlines [1] \\n",
    b"caf\xe9 \\",
]
"""Names with quotation marks, filters, line breaks, brackets, backslashes, and bytes that are not UTF-8."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder of each name, with a note about a different amount of rent."""
    root = tmp_path_factory.mktemp("folders")
    folders = [root / os.fsdecode(name) for name in NAMES]
    for number, folder in enumerate(folders):
        folder.mkdir()
        (folder / "rent.md").write_text(f"# Rent\n\nThe monthly rent of the flat is {610 + number} euros.\n")
    return folders


@pytest.fixture(scope="module")
def run(
    tmp_path_factory: pytest.TempPathFactory,
    cache_home: Path,
    folders: list[Path],
    parts: dict[str, Any],
) -> Iterator[Callable[..., Outcome]]:
    """Runs commands in this process, on one open library of these folders."""
    home = tmp_path_factory.mktemp("person")
    with Carrel(library=home / "library", home=home, cache=cache_home).opened(**parts) as run:
        assert run("add", folders[0].parent).code == 0
        yield run


def path_of(found: dict[str, Any]) -> Path:
    """The path in a JSON object, exactly: its bytes are given where they are not UTF-8."""
    if "path_bytes" in found:
        return Path(os.fsdecode(base64.b64decode(found["path_bytes"])))
    return Path(found["path"])


@pytest.mark.parametrize("place", range(len(NAMES)))
def test_a_folder_of_any_name_is_searched_alone_and_the_query_stays_as_typed(
    run: Callable[..., Outcome], folders: list[Path], place: int
) -> None:
    found = run("search", "monthly rent", "--in", folders[place], "--json").object
    assert found["query"] == "monthly rent"
    assert [path_of(passage) for passage in found["passages"]] == [folders[place] / "rent.md"]


@pytest.mark.parametrize("places", [(0, 1), (2, 3)])
def test_documents_of_any_name_are_compared(
    run: Callable[..., Outcome], folders: list[Path], places: tuple[int, int]
) -> None:
    first, second = (folders[place] for place in places)
    compared = run("compare", first, second, "What is the rent? type:md", "--json").object
    assert compared["question"] == "What is the rent?"
    for folder, answer in zip((first, second), compared["answers"], strict=True):
        assert answer["query"] == "What is the rent?"
        assert [path_of(citation) for citation in answer["citations"]] == [folder / "rent.md"]


def test_the_history_shows_a_question_with_filters_that_can_be_typed_again(
    run: Callable[..., Outcome], folders: list[Path]
) -> None:
    run("ask", "What is the rent?", "--in", folders[0], "--conversation", "rent", "--json")
    (turn,) = run("history", "rent", "--json").object["turns"]
    assert turn["question"] == "What is the rent?"
    again = run("search", f"rent {turn['filters']}", "--json").object
    assert [passage["path"] for passage in again["passages"]] == [str(folders[0] / "rent.md")]
    assert turn["filters"] in run("history", "rent").text
