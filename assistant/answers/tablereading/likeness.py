"""Which words may mean the same although they are no forms of one: dentist and dental, backup and backups."""

from collections.abc import Sequence

from ingest.embedding import Embedder

MOST_COMPARED = 300
"""Texts that a word is compared with by the embedder; a table with more different cells is left out."""

SHARED_BEGINNING = 0.6
"""Share of the shorter of two words that both must begin with to be taken for one: dentist, dental."""


class Likeness:
    """Which texts of a table a word may mean, by the embedder; knows none without one that was measured."""

    def __init__(self, embedder: Embedder | None) -> None:
        self._embedder = embedder

    def of(self, word: str, texts: Sequence[str], least: float) -> list[int]:
        """The indexes of the texts that are similar to the word by `least` or more, and most of all."""
        if self._embedder is None or not 0 < len(texts) <= MOST_COMPARED or len(word) < 4:
            return []
        vectors = self._embedder.embed([word, *texts])
        similarities = vectors[1:] @ vectors[0]
        best = float(similarities.max())
        return [place for place, value in enumerate(similarities) if value >= max(least, best - 0.03)]


def is_alike(word: str, other: str) -> bool:
    """Whether two words begin alike, or one is a part of the other, so that they may mean the same."""
    shorter, longer = sorted((word, other), key=len)
    if len(shorter) < 4 or not word.isalpha() or not other.isalpha():
        return False
    shared = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), len(shorter))
    core = shorter[: max(5, len(shorter) - 3)].removeprefix("ge")
    return shared >= max(4, SHARED_BEGINNING * len(shorter)) or (len(core) >= 5 and core in longer)


def is_misspelt(word: str, other: str) -> bool:
    """Whether two words of six letters or more differ in one letter."""
    if min(len(word), len(other)) < 6 or abs(len(word) - len(other)) > 1 or not (word + other).isalpha():
        return False
    shorter, longer = sorted((word, other), key=len)
    place = next((n for n, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    return shorter[place + (len(shorter) == len(longer)) :] == longer[place + 1 :]
