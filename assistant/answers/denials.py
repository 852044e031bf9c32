"""What a sentence denies: its words with the scope of each denial.

"The lease ends on 30 June without notice being needed" denies the need of notice, not the end. So sentences
are compared by the words that they deny. The scope of a denial is the rest of its clause. A denial of a noun
("no dogs may be kept") leaves the noun open and denies what is said of it. The German "nicht" also denies the
verb before it. In French and Spanish a second denial in a clause adds nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest import language
from ingest.language import statements

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?|[^\w\s]")
_NON_DENIALS = re.compile(
    rf"\b(?:{'|'.join((*language.NON_DENIALS, 'not until', 'no longer than', 'whether or not'))})\b",
    re.IGNORECASE,
)
_STRONG_STOPS = frozenset('.;:!?()[]|—–"“”„«»')
_ELIDED = re.compile(r"\bn['’](?=\w)", re.IGNORECASE)
_LIST_REACH = 8
"""Words after a comma within which "or" shows that the clause goes on: "not copy, disclose or use"."""


@dataclass(frozen=True, slots=True)
class Polarity:
    """How a word occurs in a sentence."""

    word: str
    """The word as it is written."""
    is_denied: bool
    """Whether an odd number of denials covers it."""


def polarities(text: str) -> Iterator[Polarity]:
    """The words of `text` that are affirmed or denied, in order, without those that are left open."""
    tokens = _TOKEN.findall(_ELIDED.sub("ne ", _NON_DENIALS.sub(" ", text)))
    folded = [token.casefold().replace("’", "'") for token in tokens]
    counts = [0] * len(tokens)
    is_open = [False] * len(tokens)
    denied_clause = -1
    """Where the clause of the last denial ends: one that only agrees with it adds nothing."""
    for place, word in enumerate(folded):
        is_further = word in statements.FURTHER_DENIALS
        if not (is_further or word in language.DENIALS or word.endswith(language.DENIAL_ENDINGS)):
            continue
        end = _clause_end(folded, place + 1)
        if place < denied_clause and word in statements.CONCORDANT_DENIALS:
            continue
        denied_clause = end
        scope = list(range(place + 1, end))
        if word in statements.BACKWARD_DENIALS:
            scope += [
                other for other in range(_clause_begin(folded, place), place) if tokens[other][0].islower()
            ]
        content = [other for other in scope if tokens[other][0].isalnum() and not _is_empty(folded[other])]
        if word in statements.NOUN_DENIALS and len(content) > 1:
            is_open[content[0]] = True
        for other in scope:
            counts[other] += 1
    for place, token in enumerate(tokens):
        if token[0].isalnum() and not is_open[place]:
            yield Polarity(token, counts[place] % 2 == 1)


def _is_empty(word: str) -> bool:
    return word in language.STOP_WORDS or word in language.DENIALS


def _clause_end(folded: list[str], start: int) -> int:
    """The index after the last token of the clause that continues at `start`."""
    for place in range(start, len(folded)):
        token = folded[place]
        if token in _STRONG_STOPS:
            return place
        if token == "," and not statements.ALTERNATIVES & set(folded[place + 1 : place + 1 + _LIST_REACH]):
            return place
        if token in statements.CLAUSE_OPENERS and place > start:
            return place
    return len(folded)


def _clause_begin(folded: list[str], place: int) -> int:
    """The index of the first token of the clause that contains `place`."""
    for before in range(place - 1, -1, -1):
        token = folded[before]
        if token in _STRONG_STOPS or token == "," or token in statements.CLAUSE_OPENERS:
            return before + 1
    return 0
