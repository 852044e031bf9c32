"""How text and questions become words for full-text search: one rule for both, or nothing is found.

Case, accents and forms of the same letter are folded here. SQLite's tokenizer then splits at anything
that is no letter or digit, and stems English (Porter 1980). It knows nothing of scripts written
without spaces, where a whole sentence would be one word: runs of those are handed to it as
overlapping pairs of characters, which for Chinese, Japanese and Korean finds about as much as a
dictionary does (Nie et al. 2000, "On the Use of Words and N-grams for Chinese Information
Retrieval").

German, Dutch and the Nordic languages write a compound as one word. One that stands nowhere is looked for
in its parts, which are words that do (after Koehn and Knight 2003, "Empirical Methods for Compound
Splitting", section 2), so no word that is found as it is becomes another.
"""

import re
import unicodedata
from collections.abc import Callable

_UNSPACED = re.compile(
    "["
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Myanmar, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
    "\u1100-\u11ff\uac00-\ud7af"  # Hangul: spaced, but a word carries its particles
    "]+"
)

_WORD = re.compile(r"\w+")

_ACCENTS = re.compile("[\u0300-\u036f]")


_STOPPED = (
    # English
    "a about above after again all am an and any are as at be because been before being below between both "
    "but by can could did do does doing down during each few for from further had has have having he her "
    "here hers him his how i if in into is it its itself just me more most my no nor not now of off on once "
    "only or other our ours out over own same she should so some such than that the their theirs them then "
    "there these they this those through to too under until up very was we were what when where which while "
    "who whom whose why will with would you your yours s t "
    # German
    "aber als am an auch auf aus bei beim bin bis bist da das dass dem den der des die dies diese dieser du "
    "durch ein eine einem einen einer eines er es für hat hatte ich ihr im in ist ja kann man mein meine mit "
    "nach nicht noch nur ob oder ohne sein seine sich sie sind so über um und uns von vor wann war waren was "
    "wie wenn wer werden wird wo zu zum zur "
    # French
    "au aux avec ce ces cette dans de des du elle en est et il je la le les leur lui mais mon ma mes ne nous "
    "ou où par pas pour qu que quel quelle qui quand sa se ses son sur ton une un vous été "
    # Spanish
    "al como con cuál cuándo cuánto de del desde dónde el ella en entre era es esta este fue ha la las lo "
    "los más mi muy no o para pero por qué que quién se ser si sin sobre son su sus un una y ya"
)


def _folded(text: str) -> str:
    """Without case, accents, ligatures and widths: what is typed differs from what was written in these."""
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())))


STOP_WORDS = frozenset(_folded(_STOPPED).split())
"""Words that say nothing about what a text is about, folded."""


def searchable(text: str) -> str:
    """`text` as it goes into the full-text index."""
    # The last character of a run is the first of no pair: it stands alone too, to be found alone.
    return _UNSPACED.sub(lambda run: f" {' '.join([*_pairs(run[0]), run[0][-1]])} ", _folded(text))


def terms(question: str) -> list[str]:
    """The distinct words of `question` that carry meaning, in order.

    Stop words are left out, unless there is nothing else.
    """
    spaced = _UNSPACED.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", _folded(question))
    words = list(dict.fromkeys(_WORD.findall(spaced)))
    return [word for word in words if word not in STOP_WORDS] or words


def is_cut(word: str) -> bool:
    """Whether `word` (of `terms`) was cut from a run of characters without spaces."""
    return _UNSPACED.fullmatch(word) is not None


LEAST_PART = 4
"""Letters of a part of a compound."""

_LONGEST_COMPOUND = 40
"""Letters of a word that is divided."""

_LINKS = ("", "s", "n", "e", "es", "en", "er", "ens")
"""What may stand between the parts of a compound."""


def parts(word: str, stands: Callable[[str], bool]) -> list[str]:
    """What a compound is made of, in words of which `stands` is true; nothing when it is made of none."""
    if len(word) > _LONGEST_COMPOUND:
        return []
    for cut in range(len(word) - LEAST_PART, LEAST_PART - 1, -1):
        before, last = word[:cut], word[cut:]
        if not stands(last):
            continue
        for link in _LINKS:
            first = before.removesuffix(link)
            if not before.endswith(link) or len(first) < LEAST_PART:
                continue
            found = [first] if stands(first) else parts(first, stands)
            if found:
                return [*found, last]
    return []


def match_expression(words: list[str]) -> str:
    """An FTS5 query for rows that hold any of `words` (FTS5 documentation, section 3)."""
    # A lone character of an unspaced script may stand in the index as the first of a pair.
    return " OR ".join(f'"{word}"*' if is_cut(word) and len(word) == 1 else f'"{word}"' for word in words)


def _pairs(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]
