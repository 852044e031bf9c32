"""Compounds are found by their parts, in chunks stored before and after the words were listed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.catalogue import Catalogue
from ingest.chunking import chunks
from ingest.embedding import HashingEmbedder
from ingest.opening import Stamp
from tests.parsing import parse_bytes
from tests.running import KEY


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    opened = Catalogue(tmp_path / "catalogue.db", KEY)
    yield opened
    opened.close()


def store(catalogue: Catalogue, path: str, text: str) -> None:
    document = parse_bytes(path, text.encode())
    pieces = list(chunks(document, HashingEmbedder().count, 64))
    catalogue.store(document, pieces, digest=document.id, stamp=Stamp(len(text), 1))


def test_a_compound_is_found_by_its_part(catalogue: Catalogue) -> None:
    store(catalogue, "/notes/keys.md", "Der Wohnungsschluessel liegt unter dem Stein.\n")
    assert catalogue.full_text.expand(["wohnung"]) == ["wohnung", "wohnungsschluessel"]


def test_words_that_are_stored_later_are_found(catalogue: Catalogue) -> None:
    store(catalogue, "/notes/keys.md", "Der Wohnungsschluessel liegt unter dem Stein.\n")
    catalogue.full_text.expand(["wohnung"])
    store(catalogue, "/notes/rent.md", "Die Wohnungsmiete ist hoch. Die Wohnungsmiete steigt.\n")
    store(catalogue, "/notes/more.md", "Die Wohnungsmiete ist im Mai faellig.\n")
    assert catalogue.full_text.expand(["wohnung"]) == ["wohnung", "wohnungsmiet", "wohnungsschluessel"]


def test_words_of_removed_documents_are_not_found_before_and_after_cleaning(catalogue: Catalogue) -> None:
    store(catalogue, "/notes/keys.md", "Der Wohnungsschluessel liegt unter dem Stein.\n")
    store(catalogue, "/notes/rent.md", "Die Wohnungsmiete ist hoch.\n")
    catalogue.full_text.expand(["wohnung"])
    catalogue.remove(["/notes/keys.md"])
    assert catalogue.full_text.expand(["wohnung"]) == ["wohnung", "wohnungsmiet"]
    assert catalogue.clean()
    assert catalogue.full_text.expand(["wohnung"]) == ["wohnung", "wohnungsmiet"]
