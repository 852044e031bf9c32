"""What a document defines: parties and terms, as in `Acme Ltd ("the Seller")`, `"Working Day" means ...` and
`Annual General Meeting (AGM)`.

A contract says "the Seller" a hundred times, and says once who that is. Only that sentence answers "Who is
the seller?", but it is no closer to the question in words or meaning than the other sentences.
"""

import functools
import re

from assistant.answers.tablewords import same, words_of
from ingest.keywords import STOP_WORDS
from ingest.language import terms

LONGEST_TERM = 4
"""The most words of a term."""

_TAIL = re.compile(rf"\s+(?:{terms.OF})\s", re.IGNORECASE)
_ASKED = tuple(
    re.compile(pattern.format(term=rf"(?:{terms.ARTICLES})?(?P<term>.+?)"), re.IGNORECASE)
    for pattern in terms.ASKED
)
_CAPITALISED = r"[A-Z][\w-]*(?:\s+[A-Z][\w-]*){0,2}"
_OPENING, _CLOSING = "\"“„«'\u2018", "\"”“»’'"
_QUOTED = rf"[{_OPENING}]\s*(?:{terms.ARTICLES})?([^{_CLOSING}\n]{{2,40}}?)\s*[{_CLOSING}]"
_IN_PARENTHESES = re.compile(rf"\((?!\W*(?:{terms.REFERRING})\b)([^()\n]{{2,120}})\)", re.IGNORECASE)
_TERM = re.compile(_QUOTED, re.IGNORECASE)
_DEFINED = (
    re.compile(rf"\((?:the|der|die|das|le|la|el)\s+({_CAPITALISED})\)"),
    re.compile(rf"\b(?:{terms.HEREINAFTER})\b[^.;{_OPENING}\n]{{0,40}}{_QUOTED}", re.IGNORECASE),
    re.compile(rf"\b(?i:{terms.HEREINAFTER})\b[^.;\n]{{0,30}}?\s(?i:{terms.ARTICLES})?({_CAPITALISED})"),
    re.compile(rf"{_QUOTED}\s*[,:]?\s*(?:{terms.MEANS})\b", re.IGNORECASE),
    re.compile(rf"^[\W\d]*({_CAPITALISED})\s+(?:{terms.MEANS})\b"),
)
_ABBREVIATION = re.compile(r"\(([A-Z]{2,8})s?\)")
_WORD = re.compile(r"[^\W_]+")
_EMPHASIS = re.compile(r"\*\*|__|(?<!\w)[*_]|[*_](?!\w)")


def asked_term(question: str) -> tuple[str, ...]:
    """The term that `question` asks about, in folded words; empty if it asks for something else."""
    plain = question.strip(" ?¿.!")
    for pattern in _ASKED:
        if match := pattern.fullmatch(plain):
            words = words_of(_TAIL.split(match["term"], maxsplit=1)[0])
            if 0 < len(words) <= LONGEST_TERM and not STOP_WORDS.issuperset(words):
                return words
    return ()


@functools.lru_cache(maxsize=4096)
def defined_terms(sentence: str) -> tuple[tuple[str, ...], ...]:
    """The terms that a sentence defines, each in folded words."""
    plain = _EMPHASIS.sub("", sentence)
    aside = (_TERM.finditer(match[1]) for match in _IN_PARENTHESES.finditer(plain))
    found = (*aside, *(pattern.finditer(plain) for pattern in _DEFINED))
    abbreviated = (match for match in _ABBREVIATION.finditer(plain) if _abbreviates(match[1], plain, match))
    return tuple(dict.fromkeys(words_of(match[1]) for matches in (*found, abbreviated) for match in matches))


def _abbreviates(letters: str, sentence: str, place: re.Match[str]) -> bool:
    """Whether the words before a place begin with these letters, with or without stop words."""
    words = _WORD.findall(sentence[: place.start()])[-2 * len(letters) :]
    long = [word for word in words if word.casefold() not in STOP_WORDS]
    return any(
        "".join(word[0] for word in some[-len(letters) :]).casefold() == letters.casefold()
        for some in (words, long)
    )


def defines(sentence: str, term: tuple[str, ...]) -> bool:
    """Whether a sentence says what a term stands for. term: from `asked_term`; an empty one is never
    defined."""
    return bool(term) and any(
        len(words) == len(term) and all(map(same, words, term)) for words in defined_terms(sentence)
    )
