"""The options that filter take any name a folder can have, and no part of it ends up in the question."""

import os
from pathlib import Path

import pytest

from tests.running import Carrel, require_starter_models

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
    made = [root / os.fsdecode(name) for name in NAMES]
    for number, folder in enumerate(made):
        folder.mkdir()
        (folder / "rent.md").write_text(f"# Rent\n\nThe monthly rent of the flat is {610 + number} euros.\n")
    return made


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, cache_home: Path, folders: list[Path]) -> Carrel:
    """A library of these folders."""
    require_starter_models()
    home = tmp_path_factory.mktemp("person")
    carrel = Carrel(library=home / "library", home=home, cache=cache_home)
    assert carrel("add", folders[0].parent).code == 0
    return carrel


@pytest.mark.model
@pytest.mark.parametrize("place", range(len(NAMES)))
def test_a_folder_of_any_name_is_searched_alone_and_the_query_stays_as_typed(
    library: Carrel, folders: list[Path], place: int
) -> None:
    outcome = library("search", "monthly rent", "--in", os.fsencode(folders[place]), "--json").object
    assert outcome["query"] == "monthly rent"
    assert [passage["path"] for passage in outcome["passages"]] == [str(folders[place] / "rent.md")]


@pytest.mark.model
def test_documents_of_any_name_are_compared(library: Carrel, folders: list[Path]) -> None:
    for first, second in ((folders[0], folders[1]), (folders[2], folders[3])):
        outcome = library("compare", os.fsencode(first), os.fsencode(second), "What is the rent?", "--json")
        answers = outcome.object["answers"]
        assert outcome.object["question"] == "What is the rent?"
        assert [answer["query"] for answer in answers] == ["What is the rent?"] * 2
        for folder, answer in zip((first, second), answers, strict=True):
            assert [citation["path"] for citation in answer["citations"]] == [str(folder / "rent.md")]
