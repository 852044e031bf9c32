"""Typing errors in a question, put right from the words of a library."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers.spelling import Speller
from ingest.catalogue import Catalogue
from ingest.embedding import HashingEmbedder
from tests.catalogues import store_note
from tests.running import KEY

NOTES = {
    "manual.md": "# Dishwasher\n\nThe dishwasher takes salt. The warranty of the dishwasher ends in May.\n",
    "lease.md": "# Lease\n\nThe rent is due on the third. The landlord pays the notary.\n",
    "people.md": "# Tenants\n\nHanson, Martina Beckett and Frederik Sandoval moved in. Poland is far away.\n",
    "miete.md": "# Miete\n\nDie Kündigung kommt per Post. Der Kraftfahrzeugsteuerbescheid ist da.\n",
    "договор.md": "# Договор\n\n«Договор» аренды квартиры заканчивается в июне.\n",
    "book.md": "# Book\n\nThe first two pages of the book were written in May, with a lot of coffee.\n",
    "facture.md": "# Facture\n\nLa facture est dans le tiroir de la cuisine.\n",
    "words.md": "# Words\n\nA lesser evil. We voice doubts. The tendency is clear.\n",
}

LEARNED = {"the", "rent", "voices", "evils", "where", "when", "form", "pate"}
"""Words that the embedder of these tests knows as a whole."""


class LearnedWords(HashingEmbedder):
    """Knows a few words as a whole, and all others by their letters."""

    def piece_lengths(self, text: str) -> list[int]:
        return [len(text)] if text in LEARNED else [1] * len(text)


@pytest.fixture(scope="module")
def speller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Speller]:
    catalogue = Catalogue(Path(tmp_path_factory.mktemp("library")) / "catalogue.db", KEY)
    for name, text in NOTES.items():
        store_note(catalogue, f"/notes/{name}", text)
    yield Speller(catalogue.full_text, LearnedWords())
    catalogue.close()


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("When does the warranty of the dishwahser end?", "When does the warranty of the dishwasher end?"),
        ("which salt does the dishwashher take", "which salt does the dishwasher take"),
        ("who pays the ntoary", "who pays the notary"),
        ("who pays the notaru", "who pays the notary"),
        ("waranty of the dshwashwr", "warranty of the dishwasher"),
        ("when is the rnet due", "when is the rent due"),
        ("Waranty of what?", "Warranty of what?"),
        ("wann kommt die Kündigugn", "wann kommt die Kündigung"),
        ("когда заканчивается догвоор", "когда заканчивается договор"),
    ],
)
def test_a_slip_of_typing_is_put_right(speller: Speller, typed: str, right: str) -> None:
    assert speller.put_right(typed)[0] == right


def test_what_was_replaced_is_named_in_order(speller: Speller) -> None:
    _, corrections = speller.put_right("waranty of the dishwahser, the dishwahser")
    assert [(correction.typed, correction.searched) for correction in corrections] == [
        ("waranty", "warranty"),
        ("dishwahser", "dishwasher"),
    ]


@pytest.mark.parametrize(
    "question",
    [
        "When does the rent of the flat end?",
        "the lessor",
        "an invoice for the tenancy",
        "voices of evils",
        "two pates",
        "Steuer und Kraftfahrzeug",
        "meter 4711-QX and WM4712",
        "猫はどこですか",
        "",
        "?!",
    ],
)
def test_words_without_a_slip_are_left_alone_though_they_stand_nowhere(
    speller: Speller, question: str
) -> None:
    assert speller.put_right(question) == (question, ())


@pytest.mark.parametrize("name", ["Hansen", "Martin", "Beckette", "Jansen"])
def test_another_name_is_left_alone(speller: Speller, name: str) -> None:
    question = f"Where does {name} live?"
    assert speller.put_right(question) == (question, ())


@pytest.mark.parametrize(
    ("typed", "name"), [("Beckkett", "Beckett"), ("Poladn", "Poland"), ("Sanoval", "Sandoval")]
)
def test_one_slip_inside_a_name_is_put_right(speller: Speller, typed: str, name: str) -> None:
    assert speller.put_right(f"Where does {typed} live?")[0] == f"Where does {name} live?"


@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("combien de nuits sont payées", "combien de nuits sont payées"),
        ("how many pagse of the book", "how many pages of the book"),
        ("où est la factrue", "où est la facture"),
        ("where is the factrue", "where is the factrue"),
        ("where is the letter of Becket", "where is the letter of Beckett"),
        ("où est la lettre de Becket", "où est la lettre de Beckett"),
    ],
)
def test_a_word_is_not_put_right_into_one_of_another_language(
    speller: Speller, typed: str, right: str
) -> None:
    assert speller.put_right(typed)[0] == right
