"""Which words are one in another number or case, and which are merely made from another."""

import pytest

from assistant.answers.tablewords import inflected, is_plural_of


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("invoice", "invoices"),
        ("cities", "city"),
        ("cars", "car"),
        ("leaves", "leaf"),
        ("km", "kilometres"),
        ("rechnung", "rechnungen"),
        ("offene", "offener"),
        ("mitglied", "mitglieder"),
        ("regel", "regeln"),
        ("lehrerinnen", "lehrerin"),
        ("bateau", "bateaux"),
        ("juez", "jueces"),
    ],
)
def test_number_and_case_do_not_change_a_word(word: str, other: str) -> None:
    assert inflected(word, other)
    assert inflected(other, word)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("supplier", "supplied"),
        ("train", "training"),
        ("print", "printer"),
        ("pay", "payment"),
        ("princes", "princess"),
        ("car", "care"),
        ("oak", "soak"),
        ("lieferant", "lieferung"),
    ],
)
def test_a_word_made_from_another_is_another(word: str, other: str) -> None:
    assert not inflected(word, other)
    assert not inflected(other, word)


def test_the_plural_is_the_longer_form() -> None:
    assert is_plural_of("invoices", "invoice")
    assert not is_plural_of("invoice", "invoices")
    assert not is_plural_of("rechnung", "rechnung")
