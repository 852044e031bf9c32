"""The words of questions, names, columns and cells, and which of them are the same word in another form.

These comparisons are exact where those of a claim with a text (`assistant.answers.wordforms`) are generous: a
count or a sum may not rest on a word that is merely similar.
"""

import functools
import itertools
import re
from collections.abc import Iterable, Sequence

import snowballstemmer

from ingest import language
from ingest.keywords import STOP_WORDS, folded
from ingest.language import calculation, measures

SHORTEST_STEM = 3
"""Letters that all forms of a word begin with. A word of only these has no other form than one with -s."""
PLURAL_S = frozenset(("", "s", "es"))

LONGEST_NAME = 6
"""The most words of a cell that names something. A longer cell describes it."""

LONGEST_ABBREVIATION = 5
"""Letters of the longest beginning of a word that abbreviates it."""

_VOWELS = frozenset("aeiou")

_ANSWER = re.compile(r"\W*([^\W\d_]+)\s*(?:[,;:(–—-]|\W*$)")
"""A word that is all of a cell, or is followed by what only explains it."""
_QUALIFIED = re.compile(
    r"(?:\(|\[|(?<!^)\b(?:of|for|with|without|to|from|fur|für|mit|ohne|von|de|du|des|pour|avec|sans|para|con|sin)\s)"
    r"([^()\[\]]+)"
)
"""Words after a name that narrow it."""

TOKEN = re.compile(r"\d{4}-\d\d(?:-\d\d)?(?!\d)|\d+(?:[.,'’]\d+)+|\w+|[€$£%]")
"""A word, a number with its decimals, a date in numbers, or a sign of a currency."""


@functools.lru_cache(maxsize=50_000)
def forms(word: str) -> frozenset[str]:
    """The stems of a folded word in each language, marked with the language; the word itself too."""
    if len(word) < 4 or not word.isalpha():
        return frozenset((word,))
    return frozenset((word, *(f"{name}:{stemmer.stemWord(word)}" for name, stemmer in _stemmers())))


def beginning(word: str) -> str:
    """What all words begin with that are the `same` as this one: the shortest of its stems, or less."""
    shortest = min(len(form.rpartition(":")[2]) for form in forms(word))
    return word[: max(3, shortest - 1)] if len(word) >= 4 and word.isalpha() else word


def same(word: str, other: str) -> bool:
    """Whether two folded words are forms of one, as singular and plural are, or forms of one unit."""
    return (
        word == other
        or (word[:3] == other[:3] and not forms(word).isdisjoint(forms(other)))
        or (min(len(word), len(other)) == SHORTEST_STEM and inflected(word, other))
        or same_unit(word, other)
    )


def inflected(word: str, other: str) -> bool:
    """Whether two folded words are forms of one word in number or case: `invoice` and `invoices`, `offene`
    and `offenen`. Words that are merely derived from one word, such as `supplied` and `supplier`, are not.
    """
    if word == other or same_unit(word, other):
        return True
    shortest = min(len(word), len(other))
    shared = next((place for place in range(shortest) if word[place] != other[place]), shortest)
    for length in range(shared, SHORTEST_STEM - 1, -1):
        endings = {word[length:], other[length:]}
        if endings == {"", "s"} and word[length - 1] == "s":
            return False  # `princes` and `princess`.
        if endings <= PLURAL_S or (
            shortest > SHORTEST_STEM and any(endings <= forms for forms in language.INFLECTIONS)
        ):
            return True
    return False


def is_abbreviation(short: str, word: str) -> bool:
    """Whether a folded word of a column's name abbreviates another: its beginning, as in `chem`, or its
    consonants up to the last one, as in `pts` for points.
    """
    is_shorter = 1 < len(short) <= len(word) - (1 if short.endswith("s") else 2)
    if not is_shorter or not (short + word).isalpha() or short in STOP_WORDS:
        return False
    if word.startswith(short):
        return len(short) <= LONGEST_ABBREVIATION
    if len(short) == len(word) - 1 and short.endswith("s"):
        word = f"{word}s"  # `Rms` is for rooms.
    consonants = [letter for letter in word[1:].removesuffix("s") if letter not in _VOWELS]
    letters = iter(word)
    return (
        short[0] == word[0]
        and short[-1] in {word[-1], *consonants[-1:]}
        and _VOWELS.isdisjoint(short[1:])
        and all(letter in letters for letter in short)
    )


def is_plural_of(word: str, noun: str) -> bool:
    """Whether a folded word is the plural of another."""
    return len(word) > len(noun) and language.may_be_plural(word) and inflected(word, noun)


def forms_in(word: str, texts: Iterable[str]) -> list[str]:
    """The forms of a folded word that stand in some texts, each once, in reading order."""
    found = (other for text in texts for other in words_of(text) if inflected(word, other))
    return list(dict.fromkeys(found))


def names_more(cell: str, words: Iterable[str]) -> bool:
    """Whether a short cell begins with a name among `words` and narrows it: `Tuning of organs`.

    words: folded, of a question.
    """
    asked = list(words)
    tokens = words_of(cell)
    if len(tokens) > LONGEST_NAME or not any(inflected(word, token) for word in asked for token in tokens):
        return False
    for found in _QUALIFIED.finditer(cell):
        more = [word for word in words_of(found[1]) if word not in STOP_WORDS and word.isalpha()]
        if more and not any(same(word, other) for word in asked for other in more):
            return True
    return False


def is_numbered(word: str, name: Sequence[str], noun: str) -> bool:
    """Whether a number of a question belongs to the same noun as in a name: `run 2` is not `Replicate 2`.

    name: the folded words of the name. noun: the word before the number in the question. True for what is no
    number, and where no noun stands before it.
    """
    if not (word.isdigit() and noun.isalpha()):
        return True
    nouns = [other for other, each in itertools.pairwise(name) if each == word and other.isalpha()]
    return not nouns or any(same(noun, other) for other in nouns)


def same_unit(word: str, other: str) -> bool:
    """Whether two folded words are forms of one unit, such as `km` and `kilometres`."""
    return word in measures.UNITS and measures.UNITS[word] == measures.UNITS.get(other)


def units_in(words: Iterable[str]) -> set[str]:
    """The units of which folded words are forms or multiples: `second` for `min` and `hours`."""
    return {measures.UNITS[word][0] for word in words if word in measures.UNITS}


def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, in order."""
    return tuple(folded(token) for token in TOKEN.findall(text.replace("_", " ")))


def folded_cell(cell: str) -> str:
    """A cell in folded words, to be compared with others; one without words as it is."""
    return " ".join(words_of(cell)) or cell


def says_yes(cell: str) -> bool | None:
    """Whether a cell says yes or no, alone or before a comma or the like: `no, not on paper`; None for
    others."""
    match = _ANSWER.match(cell)
    word = folded(match[1]) if match else cell.strip()
    if word in calculation.AFFIRMED:
        return True
    return False if word in calculation.DENIED or folded_cell(cell) in calculation.NOT_YET else None


@functools.cache
def _stemmers() -> tuple[tuple[str, "snowballstemmer.stemmer"], ...]:
    names = [*language.STEMMERS, "french", "spanish"]
    return tuple((name, snowballstemmer.stemmer(name)) for name in dict.fromkeys(names))
