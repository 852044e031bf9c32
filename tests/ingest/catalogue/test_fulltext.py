"""The full-text index follows the documents.

tests/ingest/test_keywords.py tests what it finds in which language.
"""

import pytest

from ingest.catalogue import Catalogue, FileMove, fulltext
from ingest.catalogue.fulltext import packed, unpacked
from ingest.opening import Stamp
from tests.catalogues import paths_found, store_note


def test_a_document_is_found_by_its_words_before_it_has_vectors(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/lease.md", indexed=False)
    assert paths_found(catalogue, "rent") == ["/notes/lease.md"]


@pytest.mark.parametrize("question", ["Attic", "renovation", "garden", "2026-03-01"])
def test_a_document_is_found_by_its_title_file_name_tags_and_date(
    catalogue: Catalogue, question: str
) -> None:
    text = "---\ntitle: Attic\ntags: [garden]\ndate: 2026-03-01\n---\nNew windows.\n"
    store_note(catalogue, "/notes/renovation.md", text)
    assert "/notes/renovation.md" in paths_found(catalogue, question)


def test_a_moved_file_is_found_by_its_new_name_only(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/xylophone.md", "A note about music.\n")
    catalogue.move([FileMove("/notes/xylophone.md", "/notes/marimba.md", Stamp(20, 1))])
    assert paths_found(catalogue, "marimba") == paths_found(catalogue, "music") == ["/notes/marimba.md"]
    assert paths_found(catalogue, "xylophone") == []


def test_a_copy_is_found_by_its_own_name_and_its_text(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/xylophone.md", "A note about music.\n")
    assert catalogue.copy("/notes/xylophone.md", "/notes/marimba.md", Stamp(20, 1))
    assert paths_found(catalogue, "marimba") == ["/notes/marimba.md"]
    assert sorted(paths_found(catalogue, "music")) == ["/notes/marimba.md", "/notes/xylophone.md"]


def test_words_that_are_not_in_the_index_have_no_frequency(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/lease.md", "The rent is due.\n")
    store_note(catalogue, "/notes/other.md", "The rent was paid.\n")
    assert catalogue.full_text.frequencies(["rent", "paid", "zebra"]) == (
        2,
        {"rent": 2, "paid": 1, "zebra": 0},
    )


@pytest.mark.parametrize(
    "stored",
    [b"", b"words", packed("title", "body"), packed("", "", "words")[:-9], packed("", "", "x" * 101)],
)
def test_a_row_that_is_damaged_or_too_long_has_no_words(
    stored: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fulltext, "LONGEST_ROW", 100)
    assert [unpacked(stored, column) for column in range(3)] == ["", "", ""]


def test_a_row_keeps_its_columns_apart_whatever_they_contain() -> None:
    assert [unpacked(packed("a\0b", "", "ß\n\0"), column) for column in range(3)] == ["a b", "", "ß\n "]
