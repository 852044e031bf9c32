"""What the measurements of the engine have in common: prompts, answers, and sides that take turns."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from assistant.engine import Sampling, Stats
from assistant.engine.experience import ExperienceFile
from assistant.engine.kvcache import KVCache
from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.settings import ContextSettings, Drafting

ROUNDS = 5
"""Measurements of each side."""

SETTINGS = ContextSettings(tokens=2048)
"""Of all engines that no other settings are given for."""

WRITTEN = 64
"""Tokens of an answer."""

WRITING = {"story": "Tell a story of a fox and a crow.", "canal": "Explain how a lock on a canal works."}
"""Requests that nothing can be copied for."""


@contextmanager
def opened(
    target: Path,
    drafting: Drafting = Drafting.OFF,
    *,
    draft: Path | None = None,
    cache: KVCache | None = None,
    settings: ContextSettings = SETTINGS,
    experience: ExperienceFile | None = None,
) -> Iterator[LlamaEngine]:
    """An engine, closed in the end. Without `experience` it learns about drafting anew."""
    weights = None if draft is None else Weights(draft, "draft")
    engine = LlamaEngine(
        Weights(target, "target"),
        settings,
        draft=weights,
        drafting=drafting,
        cache=cache,
        experience=experience,
    )
    try:
        yield engine
    finally:
        engine.close()


def answer(engine: LlamaEngine, prompt: Sequence[int], limit: int = WRITTEN) -> tuple[str, Stats]:
    """A greedy answer of at most `limit` tokens."""
    generation = engine.generate(prompt, Sampling(), limit=limit)
    return "".join(generation), generation.stats


def asked(engine: LlamaEngine, request: str) -> list[int]:
    """The prompt of a request, in the model's own layout of a conversation."""
    return engine.tokenize(engine.render([("user", request)]) or request, special=True)


def alternated(*sides: Callable[[], float]) -> list[list[float]]:
    """The measurements of each side, one a round; the sides take turns."""
    measured: list[list[float]] = [[] for _ in sides]
    for _ in range(ROUNDS):
        for side, values in zip(sides, measured, strict=True):
            values.append(side())
    return measured


def written(engine: LlamaEngine, prompt: Sequence[int], limit: int = WRITTEN) -> float:
    """Tokens a second of an answer, not counting the prompt."""
    return answer(engine, prompt, limit)[1].decode_tps


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over the rounds of one side's measurement divided by the other's."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
