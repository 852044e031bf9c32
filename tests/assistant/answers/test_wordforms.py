"""Which words are forms of each other, in several languages."""

import pytest

from assistant.answers.wordforms import WordForms, languages_of, mixes_languages, repeats_words


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
    assert languages_of("Die Miete ist am Ersten zu zahlen.") == {"German"}
    assert languages_of("The rent is due.") == {"English"}


def test_words_of_another_language_than_the_source_are_seen() -> None:
    boiler = "Der Heizkessel wurde am 4. November geprüft."
    assert mixes_languages("The Heizkessel wurde am 4. November geprüft.", boiler)
    assert mixes_languages("Der Heizkessel wurde on 4 November geprüft.", boiler)
    assert not mixes_languages("Am 4. November wurde er geprüft.", boiler)
    assert not mixes_languages("Die Hard ended at 10.", "The film Die Hard ended at 10."), (
        "a word of the source"
    )


@pytest.mark.parametrize(
    ("wording", "quote", "repeats"),
    [
        (
            "The harp was lent to Ida, the harp having been lent.",
            "I revoke the loan, the harp having been lent.",
            True,
        ),
        ("The permit permits parking until May.", "The town permits parking until May.", True),
        ("Der Verein zahlt die Zahlung im Mai.", "Der Verein zahlt im Mai.", True),
        ("The town permits parking until May.", "The town permits parking until May.", False),
        ("The fee is £5. The fee is due in May.", "The fee of £5 is due in May.", False),
        (
            "The large boat and the small boat are sold.",
            "The large boat was sold, the small boat too.",
            False,
        ),
    ],
)
def test_a_wording_that_has_a_word_oftener_than_its_quote_repeats_it(
    wording: str, quote: str, repeats: bool
) -> None:
    assert repeats_words(wording, [quote]) is repeats
