"""Turns texts and questions into words for full-text search. Both follow the same rules, or nothing matches.

Case, accents and typographic forms of a letter are folded here. SQLite's tokenizer then splits the text at
everything that is neither letter nor digit, and stems English (Porter 1980). In a script without spaces it
would take a whole sentence for one word, so runs of such characters are indexed as overlapping pairs
(`ingest.language.scripts`). A word that is broken at the end of a line is indexed whole as well.

German, Dutch and the Nordic languages write compounds as one word. A compound that is not in the index is
replaced by its parts, if those are in the index (after Koehn and Knight 2003, "Empirical Methods for Compound
Splitting", section 2). A word that is in the index is never replaced.
"""

import re
import unicodedata
from collections.abc import Callable

from ingest import language

SHORTEST_PART = 4
"""Letters that a part of a compound has at least."""

_LONGEST_COMPOUND = 40
"""Letters above which a word is not divided: the search for parts would take too long."""

_UNSPACED = re.compile(f"[{language.UNSPACED}]+")
_BROKEN = re.compile(r"([^\W\d_]{2,})[-\u00ad\u2010]\n[ \t>]*([^\W\d_]{2,})")
_WORD = re.compile(r"\w+")
_ACCENTS = re.compile("[\u0300-\u036f]")


def folded(text: str) -> str:
    """`text` without case, accents, ligatures and character widths, in which questions and texts differ."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())))


STOP_WORDS = frozenset(map(folded, language.STOP_WORDS))
"""Stop words of all languages, folded."""


def index_text(text: str) -> str:
    """`text` in the form in which the full-text index stores it."""
    # The last character of a run begins no pair. It is indexed by itself as well, so that it can be found.
    text = folded(_with_whole_words(text))
    return _UNSPACED.sub(lambda run: f" {' '.join([*_pairs(run[0]), run[0][-1]])} ", text)


def terms(question: str) -> list[str]:
    """The distinct words of `question` without stop words, folded, in order.

    A question of nothing but stop words keeps them.
    """
    text = folded(_with_whole_words(question))
    spaced = _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)
    words = list(dict.fromkeys(_WORD.findall(spaced)))
    return [word for word in words if word not in STOP_WORDS] or words


def _with_whole_words(text: str) -> str:
    """`text` with the whole word after each that a hyphen breaks at the end of a line."""

    def whole(match: re.Match[str]) -> str:
        return f"{match[0]} {match[1]}{match[2]}" if match[2][0].islower() else match[0]

    return _BROKEN.sub(whole, text) if "\n" in text else text


def is_unspaced(term: str) -> bool:
    """Whether `term` (of `terms`) is a pair of characters, or one, of a script without spaces."""
    return _UNSPACED.fullmatch(term) is not None


def compound_parts(word: str, is_indexed: Callable[[str], bool]) -> list[str]:
    """The words that the compound `word` is made of: `wohnung` and `schlussel` for `wohnungsschlussel`.

    `is_indexed` says whether a word is in the index; only such words are parts. Returns an empty list when
    `word` cannot be divided into them.
    """
    if len(word) > _LONGEST_COMPOUND:
        return []
    for cut in range(len(word) - SHORTEST_PART, SHORTEST_PART - 1, -1):
        head, last = word[:cut], word[cut:]
        if not is_indexed(last):
            continue
        for link in ("", *language.COMPOUND_LINKS):
            first = head.removesuffix(link)
            if not head.endswith(link) or len(first) < SHORTEST_PART:
                continue
            parts = [first] if is_indexed(first) else compound_parts(first, is_indexed)
            if parts:
                return [*parts, last]
    return []


def match_expression(words: list[str]) -> str:
    """An FTS5 query for rows with at least one of `words` (FTS5 documentation, section 3)."""
    # A single character of an unspaced script may be indexed as the first of a pair, hence the prefix query.
    return " OR ".join(
        f'"{word}"*' if is_unspaced(word) and len(word) == 1 else f'"{word}"' for word in words
    )


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
