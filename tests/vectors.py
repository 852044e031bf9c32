"""Vectors for tests of the exact store: forty of them, with their names, and two states of a catalogue."""

import numpy as np

from ingest.vectors.exact import ExactVectors, Stored

STATE, LATER = "a" * 32, "b" * 32
DIMENSIONS = 32
VECTORS = np.random.default_rng(5).normal(size=(40, DIMENSIONS)).astype(np.float32)
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)
NAMES = [f"{number:08x}" * 4 for number in range(1, 41)]


def never() -> Stored:
    """What a catalogue returns that must not be read."""
    raise AssertionError("the catalogue was read")


def found(store: ExactVectors) -> set[str]:
    """The names that the store proposes for their own vectors."""
    return {
        name for name, vector in zip(NAMES, VECTORS, strict=True) if store.propose(vector[None], 1) == [name]
    }
