"""Makes questions that find their words and not their answer, and claims with one thing changed, by rule.

An answerable question that names a year, a number or a person who stands in the passage becomes unanswerable
when that is replaced by another of its kind. A sentence of a passage is a claim that the passage supports;
with another number or name in it, it is one that the passage contradicts; out of another passage, one that it
does not address. The rules are those of contrast sets (Gardner et al. 2020, "Evaluating Models' Local
Decision Boundaries via Contrast Sets", Findings of EMNLP).
"""

import random
import re
from collections.abc import Iterable, Sequence
from typing import Any

from training.rows import LABELS, Example, sentences, tidy, window

_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_NUMBER = re.compile(r"\b\d+(?:[.,]\d+)*\b")
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{2,}(?: [A-Z][a-z]{2,})*\b")

_OPPOSITES = {
    "first": "last", "last": "first", "largest": "smallest", "smallest": "largest", "highest": "lowest",
    "lowest": "highest", "oldest": "youngest", "youngest": "oldest", "before": "after", "after": "before",
    "more": "less", "less": "more", "north": "south", "south": "north", "east": "west", "west": "east",
    "northern": "southern", "southern": "northern", "male": "female", "female": "male", "men": "women",
    "women": "men", "minimum": "maximum", "maximum": "minimum", "winter": "summer", "summer": "winter",
    "increase": "decrease", "decrease": "increase", "monthly": "yearly", "yearly": "monthly", "buy": "sell",
    "sold": "bought", "bought": "sold", "arrive": "depart", "began": "ended", "start": "end", "end": "start",
    "public": "private", "private": "public", "father": "mother", "mother": "father", "son": "daughter",
    "include": "exclude", "allowed": "forbidden", "accepted": "rejected", "best": "worst", "won": "lost",
}  # fmt: skip
"""Words that turn a question into another one."""


class NearMisses:
    """Makes near-misses, with names out of real questions."""

    def __init__(self, questions: Iterable[str]) -> None:
        """
        questions: where the names come from that others are replaced by.
        """
        self._names = sorted({match[0] for question in questions for match in _NAME.finditer(question)})

    def question(self, example: Example, chance: random.Random) -> Example | None:
        """The question with one thing replaced, which its passage then does not answer; None if it has none
        to replace."""
        text = example.text
        passage = f"{example.context} {example.passage}".casefold()
        edits = [
            (match.span(), self._other(match[0], passage, chance))
            for match in [*_NUMBER.finditer(text), *_NAME.finditer(text)]
            if match[0].casefold() in passage
        ]
        edits += [
            (match.span(), _OPPOSITES[match[0].casefold()])
            for match in re.finditer(r"[A-Za-z]+", text)
            if match[0].casefold() in _OPPOSITES and _OPPOSITES[match[0].casefold()] not in passage
        ]
        edits = [(span, new) for span, new in edits if new]
        if not edits:
            return None
        (start, end), new = chance.choice(edits)
        return Example("question", text[:start] + new + text[end:], example.context, example.passage, 0)

    def claim(self, rows: Sequence[dict[str, Any]], chance: random.Random) -> Example:
        """A sentence of a passage as a claim about it, as it stands or with one thing changed.

        rows: two rows of questions; the claim is about the first one's passage.
        """
        passage = rows[0]["passage"]
        spans = [span for span in sentences(passage) if 40 < span[1] - span[0] < 260] or [
            (0, min(200, len(passage)))
        ]
        place = chance.choice(spans)
        claim = tidy(passage[place[0] : place[1]])
        start, end = window(passage, place, chance)
        premise, label = passage[start:end], "supported"
        draw = chance.random()
        if draw < 0.25:
            other = rows[1]["passage"]
            claim, label = tidy(other[slice(*chance.choice(sentences(other)))]), "unaddressed"
            if rows[0]["title"] == rows[1]["title"] and claim in passage:
                label = "supported"
        elif draw < 0.7:
            edits = [
                (match.span(), self._other(match[0], premise.casefold(), chance))
                for match in [*_NUMBER.finditer(claim), *_NAME.finditer(claim)]
            ]
            edits = [(span, new) for span, new in edits if new]
            if edits:
                (first, last), new = chance.choice(edits)
                claim, label = claim[:first] + new + claim[last:], "contradicted"
        elif draw < 0.85:
            claim = _shortened(claim)
        return Example("claim", claim, "", premise, LABELS.index(label))

    def _other(self, text: str, passage: str, chance: random.Random) -> str:
        """Another year, number or name that is not in the passage; empty if none was found."""
        for _ in range(5):
            if _YEAR.fullmatch(text):
                other = str(int(text) + chance.choice([-20, -10, -5, -3, -2, -1, 1, 2, 3, 5, 10, 20]))
            elif text[0].isdigit():
                digits = list(text)
                places = [i for i, character in enumerate(digits) if character.isdigit()]
                place = chance.choice(places)
                digits[place] = chance.choice("123456789")
                other = "".join(digits)
            else:
                other = chance.choice(self._names)
            if other.casefold() not in passage and other != text:
                return other
        return ""


def _shortened(claim: str) -> str:
    """The claim up to its last comma, if it has one in its second half: a passage that supports the whole
    mostly supports this too."""
    cut = claim.rfind(",", len(claim) // 2)
    return claim[:cut] + "." if cut > 0 else claim
