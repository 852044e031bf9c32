"""Every language fills in every list or says why not, and the lists can be merged."""

import re
from dataclasses import fields

import pytest

from ingest import language
from ingest.language.definition import Absent, Language
from ingest.language.foreign import is_foreign
from ingest.language.scripts import SCRIPTS

FIELDS = [field.name for field in fields(Language) if field.type is not bool]


def entries(table: Language, field: str) -> list[str]:
    """What a table lists in one of its fields."""
    value = getattr(table, field)
    if isinstance(value, Absent):
        return []
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("table", language.LANGUAGES, ids=lambda table: table.name)
def test_every_language_fills_in_every_list_or_says_why_not(table: Language, field: str) -> None:
    value = getattr(table, field)
    assert value.reason if isinstance(value, Absent) else value
    assert all(entry and entry == entry.strip() for entry in entries(table, field))


@pytest.mark.parametrize("table", language.LANGUAGES, ids=lambda table: table.name)
def test_words_are_in_the_form_in_which_they_are_compared(table: Language) -> None:
    for field in set(FIELDS) - {"name", "ordinal_nouns", "non_denials", "several_documents"}:
        assert all(entry == entry.casefold() for entry in entries(table, field)), field
    assert all(noun[0].isupper() for noun in entries(table, "ordinal_nouns"))


def test_patterns_are_regular_expressions_without_groups() -> None:
    for pattern in (*language.NON_DENIALS, *language.SEVERAL_DOCUMENTS):
        assert re.compile(pattern).groups == 0


def test_a_numeral_means_the_same_in_every_language() -> None:
    for table in language.LANGUAGES:
        assert all(language.NUMERALS[word] == value for word, value in table.numerals.items())


def test_every_script_gives_characters_or_says_why_not() -> None:
    for script in SCRIPTS:
        empty = [field.name for field in fields(script) if not getattr(script, field.name)]
        assert script.unspaced or script.stops or script.closed_stops
        assert "particles" not in empty or script.note, script.name


@pytest.mark.parametrize("character", list("猫ねネ계ส"))
def test_scripts_without_spaces_are_indexed_in_pairs(character: str) -> None:
    assert re.fullmatch(f"[{language.UNSPACED}]", character)


@pytest.mark.parametrize("character", list("eжε5عह"))
def test_scripts_with_spaces_are_indexed_in_words(character: str) -> None:
    assert not re.fullmatch(f"[{language.UNSPACED}]", character)


@pytest.mark.parametrize(
    "text",
    [
        "Die Hecke wird in der ersten Woche im März geschnitten. Die Schere hängt hinter der Tür, und den "
        "Schlüssel hat die Nachbarin, die auch die Pflanzen gießt.",
        "La haie est taillée la première semaine de mars. Les cisailles sont derrière la porte, et la clé "
        "est chez la voisine, qui arrose aussi les plantes.",
        "De heg wordt in de eerste week van maart gesnoeid. De schaar hangt achter de deur en de sleutel is "
        "bij de buurvrouw die ook de planten water geeft.",
        "Żywopłot jest przycinany w pierwszym tygodniu marca. Nożyce wiszą za drzwiami szopy, a klucz jest u "
        "sąsiadki, która podlewa też rośliny w ogrodzie, kiedy nas nie ma w domu.",
        "Живую изгородь стригут в первую неделю марта. Ножницы висят за дверью сарая.",
        "树篱在三月的第一周修剪。剪刀挂在棚门后面，钥匙在邻居那里。",
    ],
    ids=["German", "French", "Dutch", "Polish", "Russian", "Chinese"],
)
def test_prose_in_another_language_is_foreign(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "The hedge is cut in the first week of March. The shears hang behind the shed door, and the key is "
        "with the neighbour, who also waters the plants.",
        "Please pay the invoice of Die Zeit Verlag and that of El Corte in San José within thirty days of "
        "the date on it, to the account that is named below.",
        "def main(args):\n    for line in open(args.path):\n        if line.startswith('#') and args.all:\n"
        "            continue\n        print(line, end='')\n    return 0\nimport os, sys\nclass Reader: pass",
        "Anna Weber, Jonas Klein, Maria Lopez, Jean Dupont, Peter Berg, Ida Holm, Tom Reed, Lea Roth, "
        "Eva Lang, Paul Wolf, Nina Vogel",
        "Nein.",
        "",
    ],
    ids=["English", "foreign names", "code", "names", "one word", "nothing"],
)
def test_english_code_and_names_are_not_foreign(text: str) -> None:
    assert not is_foreign(text)
