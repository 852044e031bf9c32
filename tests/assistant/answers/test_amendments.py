"""Which documents amend others, and which of their sentences belong before an answer."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from assistant.answers.amendments import amendments, amendments_beside
from tests.assistant.answers.test_retrieval import SearchLibrary

RIDE = "Lease of a riding arena\nbetween Hollin Farm and Ms Petra Lindqvist\nThe rent is 310 pounds a month."
RIDE_CHANGED = (
    "Deed of variation\nHollin Farm and Ms Petra Lindqvist change their lease of the riding arena.\n"
    "From June the rent is 345 pounds a month."
)


@pytest.fixture
def library(tmp_path: Path) -> Iterator[SearchLibrary]:
    library = SearchLibrary(tmp_path)
    yield library
    library.catalogue.close()


def beside(path: str, texts: Mapping[str, str]) -> tuple[str, ...]:
    """The amendments of the document at `path` among `texts`, whose names are their titles."""
    titles = {other: Path(other).stem for other in texts}
    return amendments_beside(path, titles, texts.__getitem__, texts.__getitem__)


@pytest.mark.parametrize(
    ("base", "amendment", "texts"),
    [
        ("lease-lindqvist.txt", "lease-variation-lindqvist.txt", (RIDE, RIDE_CHANGED)),
        ("lease-arena.txt", "scan0007.txt", (RIDE, RIDE_CHANGED)),
        ("lease.txt", "addendum 2.txt", (RIDE, RIDE_CHANGED)),
        (
            "testament-odile-marchetti.txt",
            "codicille-marchetti.txt",
            ("Testament\nMoi, Odile Marchetti, je lègue ma barque.", "Codicille\nMoi, Odile Marchetti, ..."),
        ),
        (
            "Mietvertrag Brandauer.txt",
            "Nachtrag Mietvertrag Brandauer.txt",
            ("Mietvertrag mit Frau Brandauer.", "Nachtrag zum Mietvertrag mit Frau Brandauer."),
        ),
        (
            "contrato-alquiler-salcedo.txt",
            "adenda-alquiler-salcedo.txt",
            ("Contrato de alquiler con Inés Salcedo.", "Adenda al contrato de alquiler con Inés Salcedo."),
        ),
    ],
)
def test_names_and_first_lines_tell_what_amends_what(
    base: str, amendment: str, texts: tuple[str, str]
) -> None:
    held = {f"/a/{base}": texts[0], f"/a/{amendment}": texts[1]}
    assert beside(f"/a/{base}", held) == (f"/a/{amendment}",)
    assert beside(f"/a/{amendment}", held) == ()


def test_an_amendment_is_not_attached_to_the_contracts_of_others() -> None:
    others = {
        "/a/lease-lindqvist.txt": RIDE,
        "/a/lease-achterberg.txt": RIDE.replace("Petra Lindqvist", "Joost Achterberg"),
        "/a/lease-variation-oyelaran.txt": RIDE_CHANGED.replace("Petra Lindqvist", "Bisi Oyelaran"),
    }
    assert not any(beside(path, others) for path in others)


def test_of_several_documents_the_one_that_shares_most_is_amended() -> None:
    texts = {
        "/a/lindqvist.txt": "A letter to Ms Lindqvist about the lease.",
        "/a/lease-lindqvist.txt": RIDE,
        "/a/lease-variation-lindqvist.txt": RIDE_CHANGED,
    }
    assert beside("/a/lease-lindqvist.txt", texts) == ("/a/lease-variation-lindqvist.txt",)
    assert beside("/a/lindqvist.txt", texts) == ()


def test_the_latest_amendment_comes_first() -> None:
    texts = {"/a/lease-lindqvist.txt": RIDE}
    for number in (2, 10, 9):
        texts[f"/a/lease-lindqvist-addendum-{number}.txt"] = RIDE_CHANGED
    assert beside("/a/lease-lindqvist.txt", texts) == tuple(
        f"/a/lease-lindqvist-addendum-{number}.txt" for number in (10, 9, 2)
    )


def test_only_the_same_folder_counts_and_no_question_for_the_original(library: SearchLibrary) -> None:
    base, amendment = "/law/lease-lindqvist.txt", "/law/lease-variation-lindqvist.txt"
    library.add(base, RIDE)
    library.add("/law/old/lease-variation-lindqvist.txt", RIDE_CHANGED)
    assert amendments(library.catalogue, [base], "What is the rent?") == {}
    library.add(amendment, RIDE_CHANGED)
    assert amendments(library.catalogue, [base], "What is the rent?") == {base: (amendment,)}
    assert amendments(library.catalogue, [base], "What was the rent originally?") == {}
    assert amendments(library.catalogue, [base], "What is the rent in the first lease?") == {}
