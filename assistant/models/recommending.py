"""Which model to fetch: a catalogue of good small ones, and the best of it for a machine.

The catalogue is `catalog.toml` beside this module. Choosing is a function of the catalogue, the
machine's memory and its cores, and nothing else: it measures nothing, looks at no file and reaches no
network. Called by `carrel models recommend` and, for its addresses, by `carrel models pull`.
"""

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).with_name("catalog.toml")

MEMORY_SHARE = 0.6
"""Of the machine's memory a model may take: documents, index and other programs need the rest."""

LEAST_RATE = 4.0
"""Tokens a second below which an answer comes more slowly than it is read."""

LONGEST_WAIT_S = 30.0
"""Until an answer begins, when nothing of its prompt has been read before."""

_PROMPT_TOKENS = 1_200
"""Of a question with its passages, as the configuration has it by default."""

_CORE_BILLIONS_PER_S = 35.0
"""Parameters times prompt tokens that a core computes in a second: a 4-bit model on a processor of 2023."""

_CORE_MB_PER_S = 4_000
"""Weights a core reads in a second, with small models on ordinary processors."""
_MOST_MB_PER_S = 50_000
"""That the memory of an ordinary machine gives all cores together."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of the catalogue."""

    name: str
    """The name it has in the models folder."""
    url: str
    quantization: str
    parameters: float
    """Billions."""
    size_mb: int
    """Of the file, rounded; 10**6 bytes."""
    memory_mb: int
    """In use, with a context of 4,096 tokens."""
    licence: str
    """SPDX identifier."""
    active: float = 0.0
    """Billions of parameters computed for one token; 0 means all."""
    draft: str = ""
    """A model with the same vocabulary to draft for it: of the catalogue, or bundled; empty for none."""
    answers: bool = True
    """False for a model that is only good as a draft."""
    sha256: str = ""
    """Of the file; empty when it is not known for certain."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to expect of an offer on one machine."""

    offer: Offer
    fits: bool
    """Whether it answers, fits into memory, begins soon enough and writes as fast as one reads."""
    wait_s: float
    """Until an answer begins, roughly: computing the prompt takes the time."""
    rate: float
    """Tokens a second then, roughly: reading the weights takes the time."""


def catalogue() -> list[Offer]:
    """All offers, as listed."""
    return [Offer(**model) for model in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["model"]]


def advise(offers: Iterable[Offer], *, memory_bytes: int, cores: int) -> list[Advice]:
    """What to expect of each offer, the best first: those that fit, the largest of them in front.

    memory_bytes: of the machine, all of it. cores: physical ones.
    """
    bandwidth = min(cores * _CORE_MB_PER_S, _MOST_MB_PER_S)
    advice = []
    for offer in offers:
        active = offer.active or offer.parameters
        wait_s = _PROMPT_TOKENS * active / (cores * _CORE_BILLIONS_PER_S)
        rate = bandwidth / (offer.size_mb * active / offer.parameters)
        fits = (
            offer.answers
            and offer.memory_mb * 1e6 <= memory_bytes * MEMORY_SHARE
            and wait_s <= LONGEST_WAIT_S
            and rate >= LEAST_RATE
        )
        advice.append(Advice(offer, fits, wait_s, rate))
    return sorted(advice, key=lambda each: (not each.fits, -each.offer.parameters))


def memory_bytes() -> int:
    """Of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
