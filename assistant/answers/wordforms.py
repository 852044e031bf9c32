"""Known forms of words: which words of a claim occur in a text, in one form or another.

Two words are forms of one if they are equal without case and accents, if a stemmer of the claim's language
maps them to one stem, or if they are in one group of the table of equivalents. A compound stands for its last
part: "Monatsmiete" is a "Miete". A number in words is its number, and a month its place in the year.
"""

import re
from collections.abc import Iterable, Sequence, Set
from functools import cache

import snowballstemmer

from assistant.answers.dates import MONTHS
from ingest import language
from ingest.keywords import STOP_WORDS, folded
from ingest.language import measures, statements
from ingest.segmentation import sentence_spans

LONGEST_ENDING = 12
"""Letters of the longest word that is looked for at the end of a compound."""
SHORTEST_ENDING = 4
"""Letters of the shortest one."""

_WORD = re.compile(r"\w+")
_DIGITS = re.compile(r"\d+")


class WordForms:
    """Compares words. It caches the words that it was given, so it must not outlive their documents."""

    def __init__(self) -> None:
        self._stemmers = {name: snowballstemmer.stemmer(stem) for name, stem in statements.STEMMERS.items()}
        self._forms: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def forms(self, word: str, languages: frozenset[str]) -> frozenset[str]:
        """What `word` can be recognized by in texts of `languages`."""
        key = (word, languages)
        if key not in self._forms:
            plain = folded(word)
            found = {plain}
            for name in languages:
                stem = self._stemmers[name].stemWord(plain)
                groups = _groups(name)
                found |= {f"{name}:{stem}", *groups.get(plain, ()), *groups.get(f"{stem}-", ())}
            lower = word.casefold()
            if lower in _NUMBERS:
                found.add(f"number:{_NUMBERS[lower]}")
            elif plain.isdigit():
                found.add(f"number:{int(plain)}")
            if plain in MONTHS:
                found.add(f"month:{MONTHS[plain]}")
            if lower in measures.UNITS and len(lower) > 1:
                found.add(f"unit:{measures.UNITS[lower]}")
            self._forms[key] = frozenset(found)
        return self._forms[key]

    def known(self, words: Iterable[str], languages: frozenset[str]) -> frozenset[str]:
        """All forms of `words` in `languages`, with the last parts of long words."""
        found: set[str] = set()
        for word in words:
            found |= self.forms(word, languages)
            if not COMPOUNDING & languages:
                continue
            plain = folded(word)
            found |= {
                f"…{plain[-size:]}"
                for size in range(SHORTEST_ENDING, min(LONGEST_ENDING, len(plain) - SHORTEST_ENDING) + 1)
            }
        return frozenset(found)

    def missing(self, words: Iterable[str], known: Set[str], languages: frozenset[str]) -> list[str]:
        """The `words` of which no form is among `known`.

        languages: of the claim that the words are from.
        """
        return [
            word
            for word in words
            if self.forms(word, languages).isdisjoint(known)
            and not (COMPOUNDING & languages and f"…{folded(word)}" in known)
        ]


def languages_of(text: str) -> frozenset[str]:
    """The languages that `text` may be in, by the stop words in it; all of them if it has none."""
    words = _WORD.findall(text.casefold())
    counts = {name: sum(word in stop_words for word in words) for name, stop_words in _stop_words().items()}
    best = max(counts.values())
    return frozenset(name for name, count in counts.items() if count == best)


def mixes_languages(text: str, source: str) -> bool:
    """Whether `text` has a stop word that is neither in `source` nor of a language that it may be in."""
    words = frozenset(_WORD.findall(text.casefold())) - frozenset(_WORD.findall(source.casefold()))
    known = frozenset[str]().union(*(_stop_words()[name] for name in languages_of(source)))
    return not frozenset[str]().union(*_stop_words().values()).isdisjoint(words - known)


def repeats_words(wording: str, quotes: Sequence[str]) -> bool:
    """Whether a sentence of `wording` has a word, in any form, at least twice, and more often than any of
    `quotes`.

    A small model garbles sentences so: "the permission to grant permission" for "grants permission".
    """
    forms, languages = WordForms(), languages_of(wording)
    texts = [_content(quote) for quote in quotes]

    def count(word: str, text: Sequence[str]) -> int:
        own = forms.forms(word, languages)
        return sum(not own.isdisjoint(forms.forms(other, languages)) for other in text)

    sentences = [_content(wording[start:end]) for start, end in sentence_spans(wording)]
    return any(
        count(word, sentence) > max((1, *(count(word, text) for text in texts)))
        for sentence in sentences
        for word in sentence
    )


def adds_numbers(wording: str, quotes: Sequence[str]) -> bool:
    """Whether `wording` has a number that none of `quotes` has: "as in 2023" for "as in the year before"."""
    return not set(_DIGITS.findall(wording)).issubset(_DIGITS.findall(" ".join(quotes)))


ALL_LANGUAGES = frozenset(statements.STEMMERS)
"""The names of all languages with a stemmer."""

COMPOUNDING = frozenset(("German",))
"""Those that write compounds as one word."""

_NUMBERS = {
    **measures.ORDINALS,
    **language.NUMERALS,
    "one": 1,
}


def _content(text: str) -> list[str]:
    """The words of `text` that are no stop words, each as often as it stands there."""
    return [word for word in _WORD.findall(text) if word.casefold() not in STOP_WORDS]


@cache
def _stop_words() -> dict[str, frozenset[str]]:
    """The stop words of each language that has some."""
    return {
        table.name: table.stop_words
        for table in language.LANGUAGES
        if isinstance(table.stop_words, frozenset) and table.name in statements.STEMMERS
    }


@cache
def _groups(name: str) -> dict[str, tuple[str, ...]]:
    """The groups of equivalents of one language that each folded word is in, and each stem, with a hyphen."""
    stemmer = snowballstemmer.stemmer(statements.STEMMERS[name])
    groups: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(statements.EQUIVALENTS[name].split("\n")):
        for word in line.split():
            for key in (folded(word), f"{stemmer.stemWord(folded(word))}-"):
                groups[key] = (*groups.get(key, ()), f"{name}={number}")
    return groups
