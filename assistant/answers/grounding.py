"""Whether a sentence of an answer is borne out by the passages, and by which words of them.

Decided by the program and never by the model: small models name the wrong passage more often than the
right one. A sentence is compared with every sentence of every passage, and every two that follow each
other. A shared word counts by how rare it is among them, so names and numbers decide and filler does
not. What holds most of the sentence becomes its quote, with its own place in the document.

A sentence is *backed* when one quote holds most of what it says. It is *unbacked*, whatever else it
shares, when a number or a name in it stands in no passage, or when one of the two, sentence or quote,
denies what the other affirms. Between the two it is *weak*: some words are shared, or the meaning is
near by the embedder's measure.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from assistant.dialogue import Citation, Passage, Verdict
from ingest import language
from ingest.embedding import Embedder
from ingest.keywords import STOP_WORDS, terms
from ingest.segmentation import sentence_spans

BACKED = 0.65
"""Share of a sentence's weight that a quote must hold to back it."""

NEARLY = 0.4
"""Share from which it is weak, and from which a near meaning backs it."""

SAME_MEANING, NEAR_MEANING = 0.8, 0.6
"""Cosine of sentence and quote that backs what is nearly backed, and that makes weak what is not."""

LONGEST_QUOTE = 400
"""Characters above which what looks like one sentence is quoted line by line: it is a table or a list."""

_LINE = re.compile(r"\S[^\n]*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_THOUSANDS_BY_DOTS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_NUMERALS = {word: Decimal(value) for word, value in language.NUMERALS.items()}
_NON_DENIALS = re.compile(rf"\b(?:{'|'.join(language.NON_DENIALS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is to be said of a sentence."""

    verdict: Verdict
    reason: str
    """Why it is not backed; empty when it is."""
    citation: Citation | None
    """What it rests on; None when it is unbacked."""


@dataclass(frozen=True, slots=True)
class _Quotable:
    passage: Passage
    start: int
    end: int
    words: frozenset[str]
    numbers: frozenset[Decimal]

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


class GroundingChecker:
    """Passages to judge sentences by. Numbers the quotes it gives out."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self._embedder = embedder
        single = [
            [_quotable(passage, start, end) for start, end in quotable(passage.text)] for passage in passages
        ]
        pairs = [
            _quotable(first.passage, first.start, second.end)
            for of_one in single
            for first, second in pairwise(of_one)
            if second.end - first.start <= LONGEST_QUOTE
        ]
        self._quotable = [each for of_one in single for each in of_one]
        self._pairs = pairs
        self._seen = Counter(word for each in self._quotable for word in each.words)
        around = " ".join(f"{passage.title} {' '.join(passage.locator.heading)}" for passage in passages)
        self._words = frozenset(self._seen) | content_words(around)
        self._numbers = numbers(around).union(*(each.numbers for each in self._quotable))
        self._markers: dict[tuple[int, int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those given out, by marker."""
        return tuple(self._markers.values())

    def check(self, sentence: str) -> Judgement:
        """Holds `sentence` against the passages. Sentences that rest on the same quote share a marker."""
        wanted = _said(sentence)
        total = sum(self._weight(word) for word in wanted)
        foreign = [f"{each:f}" for each in sorted(numbers(sentence) - self._numbers)]
        foreign += [f"“{name}”" for name in _names(sentence) if not content_words(name) <= self._words]
        if foreign:
            verb = "stands" if len(foreign) == 1 else "stand"
            return Judgement(Verdict.UNBACKED, f"{', '.join(foreign)} {verb} in no passage", None)
        if not total:
            return Judgement(Verdict.UNBACKED, "it says nothing that could be checked", None)
        best, share = self._best(sentence, wanted, total)
        if best is None:
            return Judgement(Verdict.UNBACKED, "no passage holds all its numbers together", None)
        if share >= NEARLY and denies(sentence) != denies(best.text):
            return Judgement(Verdict.UNBACKED, "it denies what the passage affirms, or the reverse", None)
        if share >= BACKED:
            return Judgement(Verdict.BACKED, "", self._cite(best))
        nearness = self._nearness(sentence, best)
        if share >= NEARLY and nearness >= SAME_MEANING:
            return Judgement(Verdict.BACKED, "", self._cite(best))
        if share >= NEARLY or nearness >= NEAR_MEANING:
            return Judgement(Verdict.WEAK, "the passage says something near it", self._cite(best))
        return Judgement(Verdict.UNBACKED, "no passage says it", None)

    def quote(self, passage: Passage) -> Citation:
        """A whole passage as a quote."""
        return self._cite(_quotable(passage, 0, len(passage.text)))

    def _best(self, sentence: str, wanted: frozenset[str], total: float) -> tuple[_Quotable | None, float]:
        """What holds most of `wanted` and all the sentence's numbers: one sentence, or two where one falls
        short."""
        needed = numbers(sentence)
        best, share = None, -1.0
        for candidates in (self._quotable, self._pairs):
            for each in candidates:
                held = sum(self._weight(word) for word in wanted & each.words) / total
                if held > share and needed <= each.numbers:
                    best, share = each, held
            if share >= BACKED:
                break
        return best, share

    def _nearness(self, sentence: str, quote: _Quotable) -> float:
        vectors = self._embedder.embed([sentence, quote.text])
        return float(vectors[0] @ vectors[1])

    def _cite(self, quote: _Quotable) -> Citation:
        place = (quote.passage.rank, quote.start, quote.end)
        if place not in self._markers:
            self._markers[place] = Citation(
                marker=len(self._markers) + 1,
                quote=quote.text,
                locator=quote.passage.locator.narrowed(quote.passage.text, quote.start, quote.end),
                title=quote.passage.title,
            )
        return self._markers[place]

    def _weight(self, word: str) -> float:
        """Rarity among the passages' sentences (inverse document frequency, smoothed)."""
        return math.log(1 + len(self._quotable) / (1 + self._seen[word]))


def quotable(text: str) -> list[tuple[int, int]]:
    """The parts of `text` that can be quoted, as (start, end): sentences, and lines of tables and lists."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text):
        if end - start <= LONGEST_QUOTE:
            spans.append((start, end))
        else:
            spans += [(start + line.start(), start + line.end()) for line in _LINE.finditer(text[start:end])]
    return spans


def content_words(text: str) -> frozenset[str]:
    """The words of `text` that say something, as keyword search knows them."""
    return frozenset(word for word in terms(text) if word not in STOP_WORDS)


def numbers(text: str) -> frozenset[Decimal]:
    """The numbers in `text`, however they are written: `2,610.00`, `2.610`, `03` and `three`."""
    found = {_NUMERALS[word] for word in map(str.casefold, _WORD.findall(text)) if word in _NUMERALS}
    for match in _NUMBER.findall(text):
        if _THOUSANDS.fullmatch(match):
            parts = [match.replace(",", "")]
        elif _THOUSANDS_BY_DOTS.fullmatch(match):
            parts = [match.replace(".", "").replace(",", ".")]
        elif match.count(",") + match.count(".") == 1:
            parts = [match.replace(",", ".")]
        else:  # A date, a version, an address.
            parts = re.split("[.,]", match)
        found.update(Decimal(part).normalize() for part in parts)
    return frozenset(found)


def denies(text: str) -> bool:
    """Whether `text` says that something is not so."""
    words = [word.casefold() for word in _WORD.findall(_NON_DENIALS.sub("", text))]
    denials = [word for word in words if word in language.DENIALS or word.endswith(language.DENIAL_ENDINGS)]
    return len(denials) % 2 == 1


def _said(text: str) -> frozenset[str]:
    """The content words of `text`, its numbers in one way of writing."""
    words = {word for word in content_words(text) if not word[0].isdigit()}
    return frozenset(words | {f"{number:f}" for number in numbers(text)})


def _names(sentence: str) -> list[str]:
    """Words that begin with a capital where that says something: not the first one, and not where most do."""
    words = _WORD.findall(sentence)
    names = [word for word in words[1:] if word[0].isupper() and content_words(word)]
    return names if 2 * len(names) <= len(content_words(sentence)) + 1 else []


def _quotable(passage: Passage, start: int, end: int) -> _Quotable:
    text = passage.text[start:end]
    return _Quotable(passage, start, end, _said(text), numbers(text))
