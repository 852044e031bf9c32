"""Checks whether the passages support a sentence of an answer, and finds the words that do.

The program decides this, never the model: small models name the wrong passage more often than the right one.
A sentence is compared with the sentences and lines of every passage, and with two consecutive ones if the
second refers back to the first. Those that share the most of its rare words with it are compared by rule
(`assistant.answers.claims`).

A sentence is *backed* if one quote, with its title, headings and table header as context, states everything
that it says: names, numbers with their units, content words, denials, duties. Words that it takes from the
question need support as all others do. A short reply such as "5200 EUR." is checked together with the
question, because it says that this is what was asked for. A sentence of several clauses may rest on several
quotes, one for each clause, and cites all of them. A sentence is *weak* if a quote lacks only some of its
words, or says it under a condition, or of less. Every other sentence is *unbacked*.
"""

import heapq
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile
from pathlib import PurePath

from assistant.answers.claims import Comparison, Fault, Statement
from assistant.answers.records import is_separated, record_spans
from assistant.dialogue import Citation, Passage, Verdict
from ingest import language
from ingest.keywords import STOP_WORDS, folded, terms
from ingest.language import statements
from ingest.segmentation import WRAPPED_SHARE, unit_spans

WEAK_SHARE = 0.5
"""A quote that contains this share of a sentence's content words, and all else, supports it weakly."""

COMPARED = 12
"""Quotes that are compared with a sentence by rule; a comparison takes about a millisecond."""

FRAGMENT_WORDS = 4
"""Words up to which a sentence is a reply that only the question completes."""

CLEAR_ANSWER = 0.15
"""Probability from which words are marked as the answer."""

LONGEST_QUOTE = 400
"""Characters. A longer "sentence" is mostly a table or a list, and is quoted line by line."""

CLAUSE_WORDS = 2
"""Content words and numbers that a clause has at least, to be checked by itself."""

KEY_LETTERS = 5
"""Letters by which words are compared to find the quotes that are worth a comparison."""

_RULE = re.compile(r"[ \t]*\n[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-{2,}:?[ \t]*)*\|?[ \t]*(?:\n|$)")
"""What is below the names of a table's columns."""

_LINE = re.compile(r"\S[^\n]*")
_TOKEN = re.compile(r"\w+")
_CLAUSE = re.compile(r"(?:;|,)\s+(?:(?:and|but|und|aber|et|mais|y|pero)\s+)?|\s+(?:and|but|und|et|y)\s+")

_Place = tuple[int, int, int]
"""Where a quote is: rank of its passage, start and end in it."""

_REASONS = {
    Fault.NUMBER: "its numbers do not occur together in a passage",
    Fault.NAME: "no passage has this name",
    Fault.DENIAL: "it contradicts the passage about",
    Fault.DUTY: "the passage does not say that this is required or allowed",
    Fault.TOTALITY: "the passage does not say this of that many",
    Fault.END: "the passage does not say that it holds until then",
    Fault.ROLE: "the passage does not say that they do this",
}
"""Why a sentence is unbacked, by what the best quote lacks."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of checking a sentence."""

    verdict: Verdict
    """How well the passages support the sentence."""
    reason: str
    """Why it is not backed, as a phrase for the user; empty if it is backed."""
    citations: tuple[Citation, ...] = ()
    """The quotes that support it, more than one if each supports a clause of it; empty if it is unbacked."""

    @property
    def citation(self) -> Citation | None:
        """The first of the quotes."""
        return self.citations[0] if self.citations else None


@dataclass(frozen=True, slots=True)
class _Quotable:
    """Part of a passage that can be quoted: a sentence, a line, or two of them."""

    passage: Passage
    start: int
    end: int
    keys: frozenset[str]

    @property
    def text(self) -> str:
        return self.passage.text[self.start : self.end]

    @property
    def place(self) -> "_Place":
        return (self.passage.rank, self.start, self.end)


@dataclass(frozen=True, slots=True)
class _Compared:
    """A quote with what of the sentence it lacks."""

    quote: _Quotable
    faults: Mapping[Fault, Sequence[str]]
    share: float
    """The share of the sentence's weight that it and its context contain."""

    @property
    def order(self) -> tuple[bool, float, int]:
        """Orders quotes from the best to the worst."""
        return (bool(self.faults), -self.share, len(self.faults))


class GroundingChecker:
    """Checks sentences against passages, and numbers the quotes that it finds."""

    def __init__(self, passages: Sequence[Passage], *, question: str = "") -> None:
        """
        passages: the passages that a sentence can rest on, with distinct ranks.
        question: what the sentences answer; empty if they answer none.
        """
        self._comparison = Comparison()
        self._quotables: list[_Quotable] = []
        self._pairs: dict[_Place, list[_Quotable]] = defaultdict(list)
        """The pairs of consecutive quotes that each quote is in."""
        for passage in passages:
            single = [_quotable(passage, start, end) for start, end in spans_of(passage)]
            self._quotables += single
            for first, second in pairwise(single):
                if second.end - first.start <= LONGEST_QUOTE and _refers_back(second.text):
                    pair = _quotable(passage, first.start, second.end)
                    self._pairs[first.place].append(pair)
                    self._pairs[second.place].append(pair)
        self._occurrences = Counter(key for quotable in self._quotables for key in quotable.keys)
        self._question = self._comparison.statement(question)
        self._statements: dict[_Place, Statement] = {}
        self._contexts: dict[str, Statement] = {}
        self._citations: dict[_Place, Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The quotes found so far, by marker."""
        return tuple(self._citations.values())

    def check(self, sentence: str) -> Judgement:
        """Compares `sentence` with the passages. Sentences with the same quote share a marker."""
        claim = self._claim(sentence)
        if not self._comparison.content(claim) and not claim.figures.states:
            return Judgement(Verdict.UNBACKED, "it contains nothing to check")
        compared = self._compared(claim)
        if compared and not compared[0].faults:
            return Judgement(Verdict.BACKED, "", (self._cite(compared[0].quote),))
        if quotes := self._quotes_by_clause(sentence):
            return Judgement(Verdict.BACKED, "", tuple(self._cite(quote) for quote in quotes))
        return self._unsupported(claim, compared)

    def quote(self, passage: Passage) -> Citation:
        """The citation of a whole passage."""
        return self._cite(_quotable(passage, 0, len(passage.text)))

    def _claim(self, sentence: str) -> Statement:
        """The sentence in the form in which it is compared; a short reply together with the question."""
        claim = self._comparison.statement(sentence)
        claim = replace(claim, tokens=claim.tokens | self._question.tokens)
        if len(_TOKEN.findall(claim.text)) > FRAGMENT_WORDS:
            return claim
        asked = [word for word in self._question.words if word not in language.QUESTION_FILLERS]
        return replace(claim, words=(*claim.words, *(word for word in asked if word not in claim.words)))

    def _compared(self, claim: Statement) -> list[_Compared]:
        """The quotes that share the most with `claim`, compared with it, best first.

        Two consecutive quotes are tried if no single one states all of it.
        """
        keys = _keys(" ".join((claim.text, *claim.words)))
        total = sum(map(self._weight, keys)) or 1.0
        shared = {
            quotable.place: sum(map(self._weight, keys & quotable.keys)) / total
            for quotable in self._quotables
        }
        nearest = heapq.nlargest(COMPARED, self._quotables, key=lambda quotable: shared[quotable.place])
        compared = [self._comparing(claim, quotable, keys, total) for quotable in nearest]
        if any(not found.faults for found in compared):
            return sorted(compared, key=lambda found: found.order)
        pairs = {pair.place: pair for quotable in nearest for pair in self._pairs[quotable.place]}
        compared += [self._comparing(claim, pair, keys, total) for pair in pairs.values()]
        return sorted(compared, key=lambda found: found.order)

    def _comparing(
        self, claim: Statement, quotable: _Quotable, keys: frozenset[str], total: float
    ) -> _Compared:
        if quotable.place not in self._statements:
            self._statements[quotable.place] = self._comparison.statement(quotable.text)
        context = _context(quotable)
        if context not in self._contexts:
            self._contexts[context] = self._comparison.statement(context)
        faults = self._comparison.faults(claim, self._statements[quotable.place], self._contexts[context])
        share = sum(map(self._weight, keys & (quotable.keys | _keys(context)))) / total
        return _Compared(quotable, faults, share)

    def _quotes_by_clause(self, sentence: str) -> list[_Quotable]:
        """A quote for each clause of `sentence`, each once; empty for one clause, or if one lacks a quote."""
        clauses = [clause for clause in _CLAUSE.split(sentence) if clause.strip()]
        if len(clauses) < 2 or not all(map(_has_subject, clauses)):
            return []
        quotes: dict[_Place, _Quotable] = {}
        for clause in clauses:
            claim = self._comparison.statement(clause)
            if len(self._comparison.content(claim)) + len(claim.figures.quantities) < CLAUSE_WORDS:
                return []
            compared = self._compared(claim)
            if not compared or compared[0].faults:
                return []
            quotes[compared[0].quote.place] = compared[0].quote
        return list(quotes.values())

    def _unsupported(self, claim: Statement, compared: Sequence[_Compared]) -> Judgement:
        """The judgement of a claim that no quote states."""
        if not compared:
            return Judgement(Verdict.UNBACKED, "no passage says this")
        best = compared[0]
        for fault, reason in _REASONS.items():
            if fault not in best.faults:
                continue
            nowhere = set.intersection(*(set(found.faults.get(fault, ())) for found in compared))
            if fault is Fault.NUMBER and nowhere:
                return Judgement(Verdict.UNBACKED, f"not in any passage: {', '.join(sorted(nowhere))}")
            return Judgement(Verdict.UNBACKED, f"{reason}: {', '.join(best.faults[fault])}")
        missing = best.faults.get(Fault.WORD, ())
        names = [word for word in missing if _is_name(word, claim.text)]
        if names:
            quoted = ", ".join(f"“{_as_written(name, claim.text)}”" for name in names)
            return Judgement(Verdict.UNBACKED, f"not in any passage: {quoted}")
        own = self._comparison.content(self._comparison.statement(claim.text))
        if sum(word in missing for word in own) > (1 - WEAK_SHARE) * len(own):
            return Judgement(Verdict.UNBACKED, "no passage says this")
        reasons = (
            [f"the passage does not say {', '.join(f'“{word}”' for word in missing)}"] if missing else []
        )
        if narrower := best.faults.get(Fault.NARROWER):
            reasons.append(f"the passage denies only {', '.join(f'“{word}”' for word in narrower)}")
        reasons += [f"the passage says “{condition}”" for condition in best.faults.get(Fault.CONDITION, ())]
        return Judgement(Verdict.WEAK, "; ".join(reasons), (self._cite(best.quote),))

    def _cite(self, quote: _Quotable) -> Citation:
        if quote.place not in self._citations:
            self._citations[quote.place] = Citation(
                marker=len(self._citations) + 1,
                quote=quote.text,
                locator=quote.passage.locator.narrowed(quote.passage.text, quote.start, quote.end),
                title=quote.passage.title,
                answer=_answer_in(quote),
            )
        return self._citations[quote.place]

    def _weight(self, key: str) -> float:
        """Inverse document frequency of `key` among the quotes, smoothed."""
        return math.log(1 + len(self._quotables) / (1 + self._occurrences[key]))


def _answer_in(quote: _Quotable) -> tuple[int, int] | None:
    """The words of a quote that the reader takes for the answer, if it does."""
    reading = quote.passage.reading
    for span in reading.spans if reading is not None else ():
        if span.probability < CLEAR_ANSWER:
            break
        if quote.start <= span.start and span.end <= quote.end:
            return span.start - quote.start, span.end - quote.start
    return None


def spans_of(passage: Passage) -> list[tuple[int, int]]:
    """Start and end of the parts of a passage that can be quoted: sentences, or the records of a CSV file."""
    is_record = is_separated(passage.locator)
    return record_spans(passage) if is_record else quotable_spans(passage.text)


def quotable_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of the parts of `text` that can be quoted: sentences, and lines of tables and lists.

    The names of a table's columns say nothing by themselves.
    """
    spans: list[tuple[int, int]] = []
    for start, end in unit_spans(text):
        if end - start <= LONGEST_QUOTE or _is_wrapped(text[start:end]):
            spans.append((start, end))
        else:
            spans += [(start + line.start(), start + line.end()) for line in _LINE.finditer(text[start:end])]
    is_row = [text[start:end].strip(" |:-") and "|" in text[start:end] for start, end in spans]
    return [
        (start, end)
        for row, (start, end) in zip(is_row, spans, strict=True)
        if not row or not _RULE.match(text, end)
    ]


def _is_wrapped(sentence: str) -> bool:
    """Whether the lines of a long `sentence` are of about the same length, as those of a long clause are."""
    *lines, _ = sentence.split("\n")
    return (
        bool(lines) and "|" not in sentence and min(map(len, lines)) >= WRAPPED_SHARE * max(map(len, lines))
    )


def content_words(text: str) -> frozenset[str]:
    """The words of `text` without stop words, in the form in which keyword search compares them."""
    return frozenset(word for word in terms(text) if word not in STOP_WORDS)


def _keys(text: str) -> frozenset[str]:
    """The beginnings of the content words of `text`, by which quotes are found that may state it."""
    return frozenset(word[:KEY_LETTERS] for word in content_words(text))


def _has_subject(clause: str) -> bool:
    """Whether `clause` begins with an article or a name, so that its subject is its own."""
    word = _TOKEN.search(clause)
    return word is not None and (word[0].casefold() in statements.ARTICLES or word[0][0].isupper())


def _refers_back(sentence: str) -> bool:
    """Whether `sentence` begins with a word that refers to the sentence before it."""
    words = [word.casefold() for word in _TOKEN.findall(sentence)[:2]]
    return any(word in language.PRONOUNS for word in words) and "|" not in sentence


def _context(quotable: _Quotable) -> str:
    """What belongs to a quote and is above it: file name, title, headings, and the header of its table."""
    passage = quotable.passage
    name = _TOKEN.findall(PurePath(passage.locator.path).stem.replace("_", " "))
    return "\n".join((" ".join(name), passage.title, *passage.locator.heading, _header(quotable)))


def _header(quotable: _Quotable) -> str:
    """The first row of the table that a quoted row is in; empty for other quotes."""
    if "|" not in quotable.text:
        return ""
    lines = quotable.passage.text[: quotable.start].split("\n")
    rows = list(takewhile(lambda line: "|" in line or not line.strip(), reversed(lines)))
    return next((row for row in reversed(rows) if row.strip()), "")


def _is_name(word: str, text: str) -> bool:
    """Whether `word`, folded, is written with a capital in `text`, whose other words mostly are not."""
    tokens = [token for token in _TOKEN.findall(text)[1:] if token[0].isupper()]
    return any(folded(token) == word for token in tokens) and 2 * len(tokens) <= len(content_words(text)) + 1


def _as_written(word: str, text: str) -> str:
    return next((token for token in _TOKEN.findall(text) if folded(token) == word), word)


def _quotable(passage: Passage, start: int, end: int) -> _Quotable:
    return _Quotable(passage, start, end, _keys(passage.text[start:end]))
