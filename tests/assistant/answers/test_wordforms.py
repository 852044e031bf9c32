"""Which words are forms of each other, in several languages."""

import pytest

from assistant.answers.wordforms import WordForms


def is_known(word: str, text: str, language: str) -> bool:
    forms = WordForms()
    languages = frozenset((language,))
    return not forms.missing([word], forms.known(text.split(), languages), languages)


@pytest.mark.parametrize(
    ("word", "text", "language"),
    [
        ("signs", "signed", "English"),
        ("expires", "ends", "English"),
        ("paid", "payment", "English"),
        ("monthly", "month", "English"),
        ("Miete", "Kaltmiete", "German"),
        ("gekündigt", "Kündigung", "German"),
        ("Wohnungen", "Wohnung", "German"),
        ("contrats", "contrat", "French"),
        ("signature", "signé", "French"),
        ("contratos", "contrato", "Spanish"),
        ("three", "3", "English"),
        ("January", "Jan", "English"),
    ],
)
def test_forms_of_a_word_are_known(word: str, text: str, language: str) -> None:
    assert is_known(word, text, language)


@pytest.mark.parametrize(
    ("word", "text", "language"),
    [
        ("landlocked", "landless", "English"),
        ("France", "Francisco", "English"),
        ("hall", "boathouse", "English"),
        ("rent", "different parental", "English"),
        ("date", "data", "English"),
        ("Kaltmiete", "Miete", "German"),
        ("landlord", "tenant", "English"),
    ],
)
def test_other_words_are_not(word: str, text: str, language: str) -> None:
    assert not is_known(word, text, language)


def test_the_language_of_a_sentence_is_seen_by_its_stop_words() -> None:
    forms = WordForms()
    assert forms.languages("Die Miete ist am Ersten zu zahlen.") == {"German"}
    assert forms.languages("The rent is due.") == {"English"}
