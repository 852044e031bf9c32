"""Checks whether the passages support a sentence of an answer, and finds the words that do.

The program decides this, never the model: small models name the wrong passage more often than the right one.
A sentence is compared with every sentence of every passage, and with every two consecutive sentences. A
shared word counts by its rarity in the passages, so names and numbers decide and filler words do not. The
text that contains most of the sentence becomes its quote, with its own place in the document.

A sentence is *backed* if one quote contains most of what it says. It is *unbacked*, whatever else it shares,
if one of its numbers or names is in no passage, or if either the sentence or the quote is negated and the
other is not. In between it is *weak*: it shares some words with a quote, or the embedder finds their meanings
similar.
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

BACKED_SHARE = 0.65
"""A quote that contains this share of a sentence's weight backs it."""

WEAK_SHARE = 0.4
"""From this share on, a sentence is weak, and a quote with the same meaning backs it."""

SAME_MEANING = 0.8
"""Cosine similarity from which a sentence and a quote with `WEAK_SHARE` have the same meaning."""

SIMILAR_MEANING = 0.6
"""Cosine similarity from which a sentence is weak although it shares few words with the quote."""

LONGEST_QUOTE = 400
"""Characters. A longer "sentence" is a table or a list, and is quoted line by line."""

_LINE = re.compile(r"\S[^\n]*")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DOT_GROUPS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

_NUMERALS = {word: Decimal(value) for word, value in language.NUMERALS.items()}
_NON_DENIALS = re.compile(rf"\b(?:{'|'.join(language.NON_DENIALS)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of checking a sentence."""

    verdict: Verdict
    """How well the passages support the sentence."""
    reason: str
    """Why it is not backed, as a phrase for the user; empty if it is backed."""
    citation: Citation | None
    """The quote that supports it; None if it is unbacked."""


@dataclass(frozen=True, slots=True)
class _Quotable:
    """Part of a passage that can be quoted: a sentence, a line, or two of them."""

    passage: Passage
    start: int
    end: int
    words: frozenset[str]
    numbers: frozenset[Decimal]

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]


class GroundingChecker:
    """Checks sentences against passages, and numbers the quotes that it finds."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        """
        passages: the passages that a sentence can rest on, with distinct ranks.
        embedder: compares meanings where shared words do not decide.
        """
        self._embedder = embedder
        single = [
            [_quotable(passage, start, end) for start, end in quotable_spans(passage.text)]
            for passage in passages
        ]
        self._pairs = [
            _quotable(first.passage, first.start, second.end)
            for quotables in single
            for first, second in pairwise(quotables)
            if second.end - first.start <= LONGEST_QUOTE
        ]
        self._single = [quotable for quotables in single for quotable in quotables]
        self._occurrences = Counter(word for quotable in self._single for word in quotable.words)
        titles = " ".join(f"{passage.title} {' '.join(passage.locator.heading)}" for passage in passages)
        self._words = frozenset(self._occurrences) | content_words(titles)
        self._numbers = numbers(titles).union(*(quotable.numbers for quotable in self._single))
        self._citations: dict[tuple[int, int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The quotes found so far, by marker."""
        return tuple(self._citations.values())

    def check(self, sentence: str) -> Judgement:
        """Compares `sentence` with the passages. Sentences with the same quote share a marker."""
        words = _normalized_words(sentence)
        total = sum(self._weight(word) for word in words)
        missing = [f"{number:f}" for number in sorted(numbers(sentence) - self._numbers)]
        missing += [f"“{name}”" for name in _names(sentence) if not content_words(name) <= self._words]
        if missing:
            return Judgement(Verdict.UNBACKED, f"not in any passage: {', '.join(missing)}", None)
        if not total:
            return Judgement(Verdict.UNBACKED, "it contains nothing to check", None)
        best, share = self._best_quote(sentence, words, total)
        if best is None:
            return Judgement(Verdict.UNBACKED, "its numbers do not occur together in a passage", None)
        if share >= WEAK_SHARE and denies(sentence) != denies(best.text):
            return Judgement(Verdict.UNBACKED, "it contradicts the passage: one of them is negated", None)
        if share >= BACKED_SHARE:
            return Judgement(Verdict.BACKED, "", self._cite(best))
        similarity = self._similarity(sentence, best)
        if share >= WEAK_SHARE and similarity >= SAME_MEANING:
            return Judgement(Verdict.BACKED, "", self._cite(best))
        if share >= WEAK_SHARE or similarity >= SIMILAR_MEANING:
            return Judgement(Verdict.WEAK, "the passage says something similar", self._cite(best))
        return Judgement(Verdict.UNBACKED, "no passage says this", None)

    def quote(self, passage: Passage) -> Citation:
        """The citation of a whole passage."""
        return self._cite(_quotable(passage, 0, len(passage.text)))

    def _best_quote(
        self, sentence: str, words: frozenset[str], total: float
    ) -> tuple[_Quotable | None, float]:
        """The quote with the largest share of the weight of `words` and all numbers of the sentence.

        Two consecutive sentences are tried if no single one reaches `BACKED_SHARE`. Returns None if no quote
        contains all the numbers.
        """
        sentence_numbers = numbers(sentence)
        best, best_share = None, -1.0
        for candidates in (self._single, self._pairs):
            for quotable in candidates:
                share = sum(self._weight(word) for word in words & quotable.words) / total
                if share > best_share and sentence_numbers <= quotable.numbers:
                    best, best_share = quotable, share
            if best_share >= BACKED_SHARE:
                break
        return best, best_share

    def _similarity(self, sentence: str, quote: _Quotable) -> float:
        """Cosine similarity of the two."""
        vectors = self._embedder.embed([sentence, quote.text])
        return float(vectors[0] @ vectors[1])

    def _cite(self, quote: _Quotable) -> Citation:
        place = (quote.passage.rank, quote.start, quote.end)
        if place not in self._citations:
            self._citations[place] = Citation(
                marker=len(self._citations) + 1,
                quote=quote.text,
                locator=quote.passage.locator.narrowed(quote.passage.text, quote.start, quote.end),
                title=quote.passage.title,
            )
        return self._citations[place]

    def _weight(self, word: str) -> float:
        """Inverse document frequency of `word` among the sentences of the passages, smoothed."""
        return math.log(1 + len(self._single) / (1 + self._occurrences[word]))


def quotable_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of the parts of `text` that can be quoted: sentences, and lines of tables and lists."""
    spans: list[tuple[int, int]] = []
    for start, end in sentence_spans(text):
        if end - start <= LONGEST_QUOTE:
            spans.append((start, end))
        else:
            spans += [(start + line.start(), start + line.end()) for line in _LINE.finditer(text[start:end])]
    return spans


def content_words(text: str) -> frozenset[str]:
    """The words of `text` without stop words, in the form in which keyword search compares them."""
    return frozenset(word for word in terms(text) if word not in STOP_WORDS)


def numbers(text: str) -> frozenset[Decimal]:
    """The numbers in `text`, whatever their notation: `2,610.00` equals `2.610`, and `03` equals `three`."""
    values = {_NUMERALS[word] for word in map(str.casefold, _WORD.findall(text)) if word in _NUMERALS}
    for match in _NUMBER.findall(text):
        if _COMMA_GROUPS.fullmatch(match):
            parts = [match.replace(",", "")]
        elif _DOT_GROUPS.fullmatch(match):
            parts = [match.replace(".", "").replace(",", ".")]
        elif match.count(",") + match.count(".") == 1:
            parts = [match.replace(",", ".")]
        else:  # A date, a version or an address.
            parts = re.split("[.,]", match)
        values.update(Decimal(part).normalize() for part in parts)
    return frozenset(values)


def denies(text: str) -> bool:
    """Whether `text` is negated: it contains an odd number of denials."""
    words = [word.casefold() for word in _WORD.findall(_NON_DENIALS.sub("", text))]
    denials = [word for word in words if word in language.DENIALS or word.endswith(language.DENIAL_ENDINGS)]
    return len(denials) % 2 == 1


def _normalized_words(text: str) -> frozenset[str]:
    """The content words of `text`, with each number in one notation."""
    words = {word for word in content_words(text) if not word[0].isdigit()}
    return frozenset(words | {f"{number:f}" for number in numbers(text)})


def _names(sentence: str) -> list[str]:
    """The capitalized content words after the first word.

    Returns none if most words are capitalized, because capitals then do not mark names.
    """
    words = _WORD.findall(sentence)
    names = [word for word in words[1:] if word[0].isupper() and content_words(word)]
    return names if 2 * len(names) <= len(content_words(sentence)) + 1 else []


def _quotable(passage: Passage, start: int, end: int) -> _Quotable:
    text = passage.text[start:end]
    return _Quotable(passage, start, end, _normalized_words(text), numbers(text))
