"""Embeds texts as vectors: the embedder seam, and an embedder that needs no model.

A question and the text that answers it are two kinds of text. Some models want to be told which is which, so
the seam has two methods; for a model that makes no difference they compute the same.

`running` runs a model with ONNX Runtime, `exporting` and `converting` make what it runs from a
sentence-transformers folder and from a file of packed weights (`packed`).

Called by the pipeline (chunks) and by retrieval (questions and sentences).
"""

import hashlib
import math
import re
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""Shape (texts, dimensions), float32; every row has unit length."""


class Embedder(Protocol):
    """Turns texts into unit vectors. The inner product of two vectors is the similarity of their texts."""

    @property
    def fingerprint(self) -> str:
        """Identifies everything that affects a vector; vectors with two fingerprints are never compared."""

    @property
    def dimensions(self) -> int:
        """Number of elements of a vector."""

    @property
    def least_similarity(self) -> float:
        """About the least similarity of a question and any text: -1, or more for a model whose vectors all
        lie on one side."""

    def count(self, text: str) -> int:
        """Number of tokens of `text` for this model, without the special tokens it adds."""

    def piece_lengths(self, text: str) -> list[int]:
        """Number of characters of each token of `text`, in order; 0 for a token that the model does not know.

        A single token is a word that the model has learned. Tokens of one character each mean that it has not
        learned the script of the text.
        """

    def expect(self, texts: int) -> None:
        """Announces that about `texts` texts will be embedded, so that a faster method can be loaded."""

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """One unit vector per text of a document; an empty sequence gives shape (0, dimensions).

        between: called before each batch, which takes some tens of milliseconds. An exception that it raises
        ends the embedding.
        """

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """One unit vector per question or subject, to be compared with vectors of `embed`."""


class HashingEmbedder:
    """An embedder without a model: it hashes words into signed buckets.

    Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning", section 2. Only texts that
    share words are similar. With it, every stage runs where no model is available.
    """

    fingerprint = "hashing/1"
    """See `Embedder`."""

    least_similarity = -1.0
    """See `Embedder`."""

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    @property
    def dimensions(self) -> int:
        """See `Embedder`."""
        return self._dimensions

    def count(self, text: str) -> int:
        """The number of words."""
        return len(_words(text))

    def piece_lengths(self, text: str) -> list[int]:
        """The lengths of the words, all of which it knows."""
        return list(map(len, _words(text)))

    def expect(self, texts: int) -> None:
        """Does nothing: there is nothing to load."""

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """See `Embedder`."""
        between()
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            # A text without words gets a unit vector too.
            for word in _words(text) or [""]:
                code = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
                vectors[row, (code >> 1) % self._dimensions] += 1.0 if code & 1 else -1.0
            length = math.sqrt(float(vectors[row] @ vectors[row]))
            if length == 0.0:
                vectors[row, 0] = length = 1.0
            vectors[row] /= length
        return vectors

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """The same as `embed`: words are words."""
        return self.embed(texts)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
