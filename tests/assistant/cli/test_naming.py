"""How every command names documents, and what it says if none or several fit."""

import os
from pathlib import Path

import pytest

from assistant.cli.exits import Exit, UsageError
from assistant.cli.naming import fitting, located
from ingest.catalogue import DocumentEntry, DocumentState
from ingest.errors import NotInLibrary
from tests.running import Carrel, write
from tests.still import FOLDER, StillLibrary

PATHS = (
    "/n/Offer.odt",
    "/n/flat/lease.md",
    "/n/flat/old/lease.md",
    "/n/shed/lease-2019.pdf",
    "/n/shed/plan.md",
    "/n/flat/plan.md",
)


def entry(path: str) -> DocumentEntry:
    return DocumentEntry(path, DocumentState.INDEXED, "", 1, 1, "text/plain", 0.0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("/n/flat/lease.md", ["/n/flat/lease.md"]),
        ("flat/lease", ["/n/flat/lease.md"]),
        ("offer", ["/n/Offer.odt"]),
        ("OFFER.ODT", ["/n/Offer.odt"]),
        ("2019", ["/n/shed/lease-2019.pdf"]),
        ("ed/pl", ["/n/shed/plan.md"]),
        ("plan", ["/n/shed/plan.md", "/n/flat/plan.md"]),
        ("/", []),
        ("", []),
    ],
)
def test_a_path_comes_before_a_name_and_a_name_before_a_part(wanted: str, found: list[str]) -> None:
    assert fitting(PATHS, wanted) == found


def test_a_command_that_removes_wants_the_whole_name() -> None:
    library = StillLibrary()
    library.documents = [entry(f"{FOLDER}{path[2:]}") for path in PATHS]
    assert located(library, "lease-2019") == Path(f"{FOLDER}/shed/lease-2019.pdf")
    assert located(library, "shed") == Path(f"{FOLDER}/shed")
    assert located(library, "flat/old") == Path(f"{FOLDER}/flat/old")
    for part in ("2019", "lease-20"):
        with pytest.raises(NotInLibrary, match=f"no document or folder named {part}") as near:
            located(library, part)
        assert "Did you mean lease-2019.pdf?" in near.value.remedy
    assert located(library, "nowhere") == Path("nowhere").absolute()
    with pytest.raises(UsageError, match="2 documents or folders fit") as unclear:
        located(library, "plan.md")
    assert "Give more of the path, such as" in unclear.value.remedy
    assert located(library, unclear.value.remedy.rpartition("such as ")[2].rstrip(".")).name == "plan.md"


def test_a_file_that_exists_is_never_taken_for_a_document_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lease.md").touch()
    assert located(StillLibrary(), "lease.md") == tmp_path / "lease.md"
    os.unlink("lease.md")
    assert located(StillLibrary(), "lease.md") == Path(f"{FOLDER}/lease.md")


@pytest.mark.model
def test_every_command_takes_a_name_and_gives_the_same_error_for_an_unknown_one(
    filled: Carrel, tmp_path: Path
) -> None:
    here = filled.here
    write(tmp_path / "extra" / "minutes-2026-03-12.md", "# Extra\n\nThe shed was painted.\n")
    here("add", tmp_path / "extra")
    for command in (["get"], ["summarize"], ["rm"], ["forget"], ["compare", "dishwasher-warranty"]):
        question = ["Why?"] if command[0] == "compare" else []
        unclear = here(*command, "minutes-2026-03-12.md", *question)
        assert unclear.code == Exit.USAGE
        assert "extra/minutes-2026-03-12.md" in unclear.narration
        assert "club/minutes-2026-03-12.md" in unclear.narration
        assert "Give more of the path, such as" in unclear.narration
        if command != ["forget"]:
            assert here(*command, "nowhere.md", *question).code == Exit.USAGE
    assert "shed" in here("summarize", "extra/minutes-2026-03-12", "--length", "short").text
    assert here("rm", "extra/minutes-2026-03-12.md").code == 0
    assert here("get", "minutes-2026-03-12.md").code == 0
