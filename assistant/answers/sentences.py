"""The sentences of what was found, and how well each answers a question.

Passages are ranked, a question is answered or not, and an answer is quoted by the same two signs: how near a
sentence is to the question in meaning, and how much it holds of the question's rare words. Both say more of
one sentence than of a whole passage: words that stand together count for more than words that are scattered
(Tao and Zhai 2007, "An Exploration of Proximity Measures in Information Retrieval"), and the vector of a
passage is the mean of all it speaks of. A title and the headings are read with every sentence under them.
"""

import functools
import hashlib
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import snowballstemmer

from assistant.answers.grounding import content_words, quotable
from assistant.dialogue import Passage
from ingest import language
from ingest.embedding import Embedder, Vectors
from ingest.keywords import is_unspaced

REMEMBERED = 4096
"""Vectors kept of what was read for the last questions: 6 MiB of 384 dimensions."""

_PARTICLE = re.compile(f"[{language.PARTICLES}]")
"""A character of particles and endings. A pair of characters that contains one says how words are connected,
not what a text is about."""


@dataclass(frozen=True, slots=True)
class QueryFeatures:
    """What a question asks for."""

    vector: Vectors
    """Its meaning, shape (dimensions,)."""
    weights: Mapping[str, float]
    """Its words by their stems, and how rare each is."""

    @classmethod
    def of(cls, question: str, rarity: Mapping[str, float], embedder: Embedder) -> "QueryFeatures":
        """rarity: of the question's content words in the library."""
        asked = content_words(question)
        telling = {word for word in asked - language.QUESTION_FILLERS if not _PARTICLE.search(word)}
        stem = _stemmer()
        weights = {stem(word): rarity[word] for word in telling or asked}
        return cls(embedder.embed([question])[0], weights)

    @property
    def in_pairs(self) -> bool:
        """Whether some of it is in a script without spaces, which is compared by pairs of characters."""
        return any(map(is_unspaced, self.weights))

    def share(self, stems: frozenset[str]) -> float:
        """How much of its words' weight is among `stems`, 0 to 1."""
        total = sum(self.weights.values())
        return sum(self.weights[stem] for stem in self.weights.keys() & stems) / total if total else 0.0


class SentenceIndex:
    """What can be quoted of some passages, read once however often it is compared."""

    def __init__(self, passages: Sequence[Passage], embedder: Embedder) -> None:
        self.passages = tuple(passages)
        self.spans = [(place, *span) for place, each in enumerate(passages) for span in quotable(each.text)]
        """Each as its passage's place in `passages`, and its start and end there."""
        self.texts = [passages[place].text[start:end] for place, start, end in self.spans]
        self._vectors = embedder.embed(self.texts)
        self._stem = _stemmer()
        self._above = [self._stems_of(f"{each.title} {' '.join(each.locator.heading)}") for each in passages]
        self._stems = [
            self._stems_of(text) | self._above[place]
            for (place, _, _), text in zip(self.spans, self.texts, strict=True)
        ]

    def similarities(self, wanted: QueryFeatures) -> Vectors:
        """The cosine of each with the question, shape (sentences,)."""
        similarities: Vectors = self._vectors @ wanted.vector
        return similarities

    def shares(self, wanted: QueryFeatures) -> Vectors:
        """How much of the question's words each holds with its title and headings, shape (sentences,)."""
        return np.fromiter(map(wanted.share, self._stems), np.float32, len(self.texts))

    def whole_shares(self, wanted: QueryFeatures) -> Vectors:
        """The same of each whole passage, shape (passages,)."""
        stems = (
            self._stems_of(each.text) | above for each, above in zip(self.passages, self._above, strict=True)
        )
        return np.fromiter(map(wanted.share, stems), np.float32, len(self.passages))

    def best_of_passages(self, values: Vectors) -> Vectors:
        """The highest of `values`, one a sentence, in each passage, shape (passages,), and at least 0."""
        best = np.zeros(len(self.passages), np.float32)
        np.maximum.at(best, np.array([place for place, _, _ in self.spans], int), values)
        return best

    def _stems_of(self, text: str) -> frozenset[str]:
        return frozenset(map(self._stem, content_words(text)))


class CachingEmbedder:
    """An embedder that embeds no text twice, so a follow-up about the same passages has them read at once.

    It keeps vectors by digests of their texts, and overwrites them when it is told to forget.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: dict[bytes, Vectors] = {}
        self._turn = threading.Lock()
        self._forgotten = 0
        """How often; what was read before is not kept after."""

    @property
    def fingerprint(self) -> str:
        return self._embedder.fingerprint

    @property
    def dimensions(self) -> int:
        return self._embedder.dimensions

    def count(self, text: str) -> int:
        return self._embedder.count(text)

    def expect(self, texts: int) -> None:
        self._embedder.expect(texts)

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        names = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in texts]
        with self._turn:
            kept = {name: self._kept[name].copy() for name in names if name in self._kept}
            since = self._forgotten
        new = {name: text for name, text in zip(names, texts, strict=True) if name not in kept}
        found = kept | dict(zip(new, self._embedder.embed(list(new.values()), between=between), strict=True))
        vectors = np.array([found[name] for name in names], np.float32).reshape(len(names), self.dimensions)
        with self._turn:
            if since == self._forgotten:
                self._kept |= {name: found[name] for name in new}
            while len(self._kept) > REMEMBERED:
                self._kept.pop(next(iter(self._kept)))
        return vectors

    def forget(self) -> None:
        """Overwrites all it keeps."""
        with self._turn:
            for vector in self._kept.values():
                vector.fill(0.0)
            self._kept.clear()
            self._forgotten += 1


def _stemmer() -> Callable[[str], str]:
    """What the forms of a word share: its first five letters, in European languages about as good as stemming
    by rule (McNamee and Mayfield 2004, "Character N-Gram Tokenization for European Language Text Retrieval"),
    so that "allergic" finds "allergy"; less what Snowball's rules for English and German take off the end,
    between them the endings of their neighbours, so that "ended" finds "end".

    It remembers the words it was given, so it is not kept longer than what they are from. For one thread.
    """
    english, german = snowballstemmer.stemmer("english"), snowballstemmer.stemmer("german")
    return functools.cache(lambda word: german.stemWord(english.stemWord(word))[:5])
