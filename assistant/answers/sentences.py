"""The sentences of retrieved passages, and how well each matches a question.

Two features decide how passages are ranked, whether a question is answered, and what is quoted: the cosine
similarity of a sentence and the question, and the share of the question's rare words in the sentence. Both
are sharper for a sentence than for a whole passage. Words that occur together count more than scattered ones
(Tao and Zhai 2007, "An Exploration of Proximity Measures in Information Retrieval"), and the vector of a
passage is an average over all its subjects. The title and headings above a sentence count as part of it.
"""

import functools
import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import snowballstemmer

from assistant.answers.belonging import belonging, is_heading, is_row, says_nothing
from assistant.answers.dates import Reading, days_of_months
from assistant.answers.entries import asked_days
from assistant.answers.grounding import content_words, spans_of
from assistant.answers.measuring import asks_amount
from assistant.answers.questions import asked_header, asks_for_list, names_within
from assistant.answers.records import is_separated
from assistant.answers.terms import asked_term, defines
from assistant.answers.years import asked_years
from assistant.dialogue import Passage
from ingest import language
from ingest.embedding import Embedder, Vectors
from ingest.keywords import is_unspaced
from ingest.mailheaders import SUBJECT_LINE, HeaderLabel, header_lines
from ingest.segmentation import run_in_heading

CACHED_VECTORS = 4096
"""Vectors that `CachingEmbedder` keeps: 6 MiB at 384 dimensions."""

SHORTEST_STEM = 4
"""Letters that a stem keeps at least when its last vowel is removed."""

LEARNED_SHARE = 0.25
"""Share of the letters of a question in tokens of several letters, below which the embedder has not learned
its script. Measured: 0.9 and more for languages in Latin script, 0 for Arabic, Chinese, Greek, Hindi,
Japanese, Korean, Russian and Thai, with the bundled embedder."""

_YEAR = re.compile(r"\d{4}")
_DAY = re.compile(r"\d\d-\d\d")
"""A day of a month in the one notation in which days are compared: the month, then the day."""

_PARTICLE = re.compile(f"[{language.PARTICLES}]")
"""A character of particles and endings. A pair of characters that contains one says how words are connected,
not what a text is about."""


@dataclass(frozen=True, slots=True)
class QueryFeatures:
    """A question in the form in which it is compared with sentences."""

    vector: Vectors
    """Its embedding, shape (dimensions,)."""
    weights: Mapping[str, float]
    """The inverse document frequency of each of its content words, by stem."""
    is_readable: bool = True
    """Whether the embedder has learned its script, so that its vector means something."""
    asks_for_list: bool = False
    """Whether a whole list answers it."""
    years: frozenset[int] = frozenset()
    """The years that it is about; empty for any (`assistant.answers.years`)."""
    term: tuple[str, ...] = ()
    """The term whose meaning it asks for; empty if it asks for none (`assistant.answers.terms`)."""
    asks_amount: bool = False
    """Whether an amount of money answers it best."""
    header: HeaderLabel | None = None
    """Which line of a mail's header answers it; None if it asks for what a mail says."""
    question: str = ""
    """The question as it was asked."""
    days: tuple[Reading, ...] = ()
    """The days and months that it is about; empty for any (`assistant.answers.entries`)."""

    @classmethod
    def of(cls, question: str, rarity: Mapping[str, float], embedder: Embedder) -> "QueryFeatures":
        """The features of `question`.

        Words that are typical of questions and particles have no weight, unless there are no others.

        rarity: the inverse document frequency of each content word of the question in the library.
        """
        words = content_words(question)
        informative = {word for word in words - language.QUESTION_FILLERS if not _PARTICLE.search(word)}
        stem = _stemmer()
        weights = {stem(word): rarity[word] for word in informative or words}
        for written, days in days_of_months(question):
            if len(days) == 1:
                # The day and the month count as one word, because another notation has neither.
                parts = [stem(word) for word in content_words(written) if not _YEAR.fullmatch(word)]
                weights[days.pop()] = max(
                    (weights.pop(part) for part in parts if part in weights), default=0.0
                )
        vector = embedder.embed_questions([question])[0]
        return cls(
            vector,
            weights,
            _is_readable(question, embedder),
            asks_for_list(question),
            asked_years(question),
            asked_term(question),
            asks_amount(question),
            asked_header(question),
            question,
            asked_days(question),
        )

    @property
    def is_unspaced(self) -> bool:
        """Whether a word of the question is a pair of characters of a script without spaces."""
        return any(map(is_unspaced, self.weights))

    def term_share(self, stems: frozenset[str], text: str) -> float:
        """The share of the words, by weight, that are in a text; 0 to 1.

        stems: of the words of the text, its title and headings. text: in which dates are looked for, if the
        question has one.
        """
        total = sum(self.weights.values())
        found = self.weights.keys() & stems
        if any(map(_DAY.fullmatch, self.weights)):
            found |= self.weights.keys() & {day for _, days in days_of_months(text) for day in days}
        return sum(self.weights[stem] for stem in found) / total if total else 0.0


class SentenceIndex:
    """The quotable sentences of some passages, embedded and stemmed once for any number of comparisons."""

    def __init__(
        self, passages: Sequence[Passage], embedder: Embedder, *, contexts: Sequence[str] = ()
    ) -> None:
        """
        passages: the passages to divide into sentences.
        embedder: embeds the sentences, when their similarities are needed.
        contexts: for each passage, words that count as part of all its sentences; empty if there are none.
        """
        self.passages = tuple(passages)
        """The passages, in the order given."""
        self._units = [spans_of(passage) for passage in passages]
        """The sentences of each passage."""
        self.spans = [(place, *span) for place, units in enumerate(self._units) for span in units]
        """For each sentence, the index of its passage in `passages`, and its start and end in the passage."""
        self._headers = [header_lines(passage.text) for passage in passages]
        """The header lines of mails in each passage."""
        self._first = list(accumulate(map(len, self._units), initial=0))
        """For each passage, the index of its first sentence in `spans`."""
        self.texts = [passages[place].text[start:end] for place, start, end in self.spans]
        """The text of each sentence, verbatim."""
        self._embedder = embedder
        self._stem = _stemmer()
        self._title_stems = [
            self.stems_of(f"{passage.title} {' '.join(passage.locator.heading)} {context}")
            for passage, context in zip(passages, contexts or [""] * len(passages), strict=True)
        ]
        self._stems = [
            self.stems_of(f"{self._heading_above(index)} {text}") | self._title_stems[place]
            for index, ((place, _, _), text) in enumerate(zip(self.spans, self.texts, strict=True))
        ]

    def quoted(self, index: int, *, whole: bool, why: bool = False) -> tuple[int, int] | None:
        """Start and end of what is quoted for the sentence at `index`, in its passage; None for nothing.

        whole, why: see `belonging`.
        """
        place, start, end = self.spans[index]
        if is_separated(self.passages[place].locator):
            # A record is quoted alone: it is never the heading of the next one.
            return start, end
        return belonging(
            self.passages[place].text, self._units[place], index - self._first[place], whole=whole, why=why
        )

    def passage_of(self, index: int) -> Passage:
        """The passage of the sentence at `index`."""
        return self.passages[self.spans[index][0]]

    def says_nothing(self, index: int) -> bool:
        """Whether the sentence at `index` is only a greeting or the names of a table's columns."""
        place = self.spans[index][0]
        return says_nothing(self.passages[place].text, self._units[place], index - self._first[place])

    def header_label(self, index: int) -> HeaderLabel | None:
        """What the sentence at `index` says of a mail, if it is a line of its header."""
        place, start, _ = self.spans[index]
        lines = self._headers[place]
        return next((line.label for line in lines if line.start <= start < line.end), None)

    def is_title(self, index: int) -> bool:
        """Whether the sentence at `index` is the title of its document: its first line, without a stop, or
        the line that says what a letter is about."""
        place, start, _ = self.spans[index]
        if SUBJECT_LINE.match(self.texts[index]):
            return True
        locator = self.passages[place].locator
        is_first = start == 0 and locator.chars[0] == 0 and locator.page in {None, 1}
        return is_first and not is_separated(locator) and not self.texts[index].rstrip().endswith(".")

    def defines(self, index: int, features: QueryFeatures) -> bool:
        """Whether the sentence at `index` defines the term that the question asks about."""
        return defines(self.texts[index], features.term)

    def _heading_above(self, index: int) -> str:
        """The heading above the sentence at `index` in its passage, or before it in its paragraph; empty if
        there is none."""
        place = self.spans[index][0]
        if is_separated(self.passages[place].locator):
            return ""
        text, units = self.passages[place].text, self._units[place]
        if heading := run_in_heading(text, self.spans[index][1]):
            return heading
        for above in range(index - self._first[place] - 1, max(-1, index - self._first[place] - 6), -1):
            if is_heading(text, units, above):
                return text[slice(*units[above])]
        return ""

    def similarities(self, features: QueryFeatures) -> Vectors:
        """The cosine similarity of each sentence and the question, shape (sentences,)."""
        similarities: Vectors = self._vectors @ features.vector
        return similarities

    def term_shares(self, features: QueryFeatures) -> Vectors:
        """The share of the question's words in each sentence, its title and headings, shape (sentences,)."""
        return np.fromiter(map(features.term_share, self._stems, self.texts), np.float32, len(self.texts))

    def passage_term_shares(self, features: QueryFeatures) -> Vectors:
        """The same for each whole passage, shape (passages,)."""
        shares = (
            features.term_share(self.stems_of(passage.text) | title_stems, passage.text)
            for passage, title_stems in zip(self.passages, self._title_stems, strict=True)
        )
        return np.fromiter(shares, np.float32, len(self.passages))

    def answer_shares(self) -> Vectors:
        """How likely the answer is in each sentence, as the reader sees it, shape (sentences,).

        0 for the sentences of passages that were not read.
        """
        shares = np.zeros(len(self.spans), np.float32)
        for index, (place, start, end) in enumerate(self.spans):
            reading = self.passages[place].reading
            if reading is not None:
                shares[index] = sum(span.probability for span in reading.spans if start <= span.start < end)
        return shares

    def is_other(self, index: int, best: int, features: QueryFeatures) -> bool:
        """Whether the sentence at `index` lacks a word of the question that belongs to the one at `best`.

        These are words in the headings above the best sentence and, between rows of a table, in its row. A
        name in the title or headings of the best sentence must be in those of a sentence elsewhere: a will
        that mentions Ida is not the will of Ida.
        """
        here, there = self.spans[index][0], self.spans[best][0]
        if self.passages[here].locator.path != self.passages[there].locator.path:
            names = self.stems_of(" ".join(names_within(features.question)))
            if names & self._title_stems[there] - self._title_stems[here]:
                return True
        named = " ".join(self.passages[self.spans[best][0]].locator.heading)
        if is_row(self.texts[best]) and is_row(self.texts[index]):
            named = f"{named} {self.texts[best]}"
        return bool((features.weights.keys() & self.stems_of(named)) - self._stems[index])

    def max_by_passage(self, values: Vectors) -> Vectors:
        """The largest of the `values` of each passage's sentences, or 0 if that is larger, shape (passages,).

        values: one for each sentence, shape (sentences,).
        """
        largest = np.zeros(len(self.passages), np.float32)
        np.maximum.at(largest, np.array([place for place, _, _ in self.spans], int), values)
        return largest

    @functools.cached_property
    def _vectors(self) -> Vectors:
        """The vectors of all sentences."""
        return self._embedder.embed(self.texts)

    def stems_of(self, text: str) -> frozenset[str]:
        """The stems of the content words of `text`, as in the weights of a question."""
        return frozenset(map(self._stem, content_words(text)))


class CachingEmbedder:
    """An embedder with a cache, so that a follow-up about the same passages embeds nothing twice.

    The cache is keyed by digests of the texts. `forget` overwrites it. Implements `Embedder`, for any number
    of threads.
    """

    def __init__(self, embedder: Embedder) -> None:
        """
        embedder: computes the vectors that are not cached.
        """
        self._embedder = embedder
        self._cache: dict[bytes, Vectors] = {}
        self._lock = threading.Lock()
        self._generation = 0
        """Number of `forget` calls: a vector that was computed before one is not cached after it."""

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the embedder behind the cache."""
        return self._embedder.fingerprint

    @property
    def dimensions(self) -> int:
        """The length of a vector."""
        return self._embedder.dimensions

    @property
    def least_similarity(self) -> float:
        """That of the embedder behind the cache."""
        return self._embedder.least_similarity

    def count(self, text: str) -> int:
        """The number of tokens in `text`."""
        return self._embedder.count(text)

    def piece_lengths(self, text: str) -> list[int]:
        """The characters of each token of `text`."""
        return self._embedder.piece_lengths(text)

    def expect(self, texts: int) -> None:
        """Passed on to the embedder behind the cache."""
        self._embedder.expect(texts)

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """The vectors of `texts`, shape (texts, dimensions), from the cache where possible."""
        return self._cached(texts, "text", lambda new: self._embedder.embed(new, between=between))

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, shape (questions, dimensions), from the cache where possible."""
        return self._cached(texts, "question", self._embedder.embed_questions)

    def _cached(
        self, texts: Sequence[str], kind: str, compute: Callable[[Sequence[str]], Vectors]
    ) -> Vectors:
        """The vectors of `texts`, those computed that are not cached under this kind."""
        keys = [hashlib.sha256(f"{kind} {text}".encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._lock:
            cached = {key: self._cache[key].copy() for key in keys if key in self._cache}
            generation = self._generation
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in cached}
        computed = compute(list(new.values()))
        vectors = cached | dict(zip(new, computed, strict=True))
        # Copied before they are cached: `forget` overwrites cached vectors in place.
        result = np.array([vectors[key] for key in keys], np.float32).reshape(len(keys), self.dimensions)
        with self._lock:
            if generation == self._generation:
                self._cache |= {key: vectors[key] for key in new}
            while len(self._cache) > CACHED_VECTORS:
                self._cache.pop(next(iter(self._cache)))
        return result

    def forget(self) -> None:
        """Overwrites the cached vectors and empties the cache."""
        with self._lock:
            for vector in self._cache.values():
                vector.fill(0.0)
            self._cache.clear()
            self._generation += 1


def _stemmer() -> Callable[[str], str]:
    """A function that maps the forms of a word to one stem, for use by one thread.

    Snowball's rules for English and German remove endings one after the other, so that "ended" matches "end";
    together they cover the endings of related languages. A last vowel is removed too, so that "allergic"
    matches "allergy".

    The function caches the words that it was given, so it must not outlive the documents they come from.
    """
    stemmers = [snowballstemmer.stemmer(name) for name in language.STEMMERS]

    @functools.cache
    def stem(word: str) -> str:
        for stemmer in stemmers:
            word = stemmer.stemWord(word)
        return word[:SHORTEST_STEM] + word[SHORTEST_STEM:].rstrip("eiy")

    return stem


def _is_readable(text: str, embedder: Embedder) -> bool:
    """Whether the embedder has learned the script of `text`; so it has if there are no letters."""
    letters = sum(map(str.isalpha, text))
    learned = sum(length for length in embedder.piece_lengths(text) if length > 1)
    return learned >= LEARNED_SHARE * letters
