"""Fits a model to this machine: how it is computed, and in which type of weights.

What a question costs is what is minimised: the time to read a prompt of some passages and to write a
short answer. Threads, the length of a batch and the type of keys and values are each tried on the model
as it is, one after the other. Then it is requantized by every recipe of `assistant.engine.requantizing`,
into a folder of its own; all of them take turns being measured, so that whatever else the machine does
falls on all; and the fastest is proposed whose answers stay as they were: whose divergence is at most
`MOST_DIVERGENCE`.

Flash attention stays as it is set: without it drafting could change an answer.

Called by `carrel models tune`. Nothing is configured here; `keep` brings the file that was made into the
models folder, and pins it with its origin.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assistant.config import cache_folder
from assistant.engine.devices import physical_cores
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.requantizing import RECIPES, divergence, requantize
from assistant.engine.settings import ContextSettings, KVType
from assistant.models.finding import VerifiedModel, pin_made
from assistant.models.shelf import not_written, vacant

MOST_DIVERGENCE = 0.1
"""Nats. For the bundled model Q8_0 differs by 0.005, Q4_K_M by 0.05, and at 0.15 every fifth likeliest
token is another."""

READ_TOKENS, WRITTEN_TOKENS = 1200, 60
"""What a question is taken to cost: the default prompt, and an answer of two or three sentences."""

BATCHES = (256, 512, 1024)

LEAST_GAIN = 0.05
"""Share of the time a change must save: less cannot be told from what else the machine does."""

ROUNDS = 3
_PROBE_READ, _PROBE_WRITTEN = 512, 16
_PATIENCE_S = 5
"""For one prompt; a machine that would need longer is measured with shorter ones."""

TEXT = (
    "The tenant pays the rent by the third working day of each month. Heating and water are billed once a "
    "year, and the landlord sends the statement within twelve months of the end of the period. Repairs that "
    "cost less than ninety euros are the tenant's; whatever is dearer is reported in writing and paid by "
    "the landlord. In March the committee met for the second time. Four members were present, one had sent "
    "her apologies. The treasurer reported that income from fees had risen by seven percent, while the cost "
    "of insurance had doubled, so that a small loss was to be expected. It was agreed to ask two other "
    "companies for an offer before the end of April. The patient, a man of fifty-eight, came because of "
    "pain in the left knee that began after a long walk. There was no fever. The joint was warm and a little "
    "swollen; bending it beyond ninety degrees hurt. Rest, cooling and a light exercise were advised, and a "
    "further visit in three weeks if the swelling stayed. To make the soup, fry the onions slowly in butter "
    "until they are soft, add the potatoes and the stock, and let it simmer for twenty minutes. The train "
    "leaves at six forty-two from platform four. Our seats are in the second coach. If the connection in "
    "the capital is missed, the next one goes an hour later and the reservation remains valid."
)
"""What the divergence is measured over: the kinds of text people keep."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to compute a model."""

    name: str
    path: Path
    settings: ContextSettings


@dataclass(frozen=True, slots=True)
class Trial:
    """A way, measured."""

    way: Way
    read_tps: float
    """Tokens of a prompt read in a second."""
    write_tps: float
    """Tokens of an answer written in a second, after a prompt."""
    divergence: float = 0.0
    """In nats, from the model as it was."""

    @property
    def seconds(self) -> float:
        """What a question costs."""
        return READ_TOKENS / self.read_tps + WRITTEN_TOKENS / self.write_tps


@dataclass(frozen=True, slots=True)
class Tuned:
    """The outcome: both measured in the last round, in turns."""

    before: Trial
    after: Trial
    """`before` itself where nothing gains enough."""


def tune(source: Path, name: str, settings: ContextSettings, folder: Path) -> Iterator[Trial | Tuned]:
    """Measures the model `source` in every way worth it; yields the trials, and last the outcome.

    name: of the model; files made from it begin with it.
    settings: how it is computed now.
    folder: an empty one, where requantized models are written, and left.
    Raises `EngineError`.
    """
    now = Way("as it is", source, settings)
    best = now
    for changes in _changes(settings):
        trials = measured([best, *(Way(name, source, change(best.settings)) for name, change in changes)])
        yield from trials[1:]
        best = better(trials).way
    made = [Way(recipe.name, folder / f"{name}-{recipe.name}.gguf", best.settings) for recipe in RECIPES]
    for recipe, way in zip(RECIPES, made, strict=True):
        requantize(source, recipe, way.path, threads=settings.threads or physical_cores())
    before, *trials = measured([now, best, *made])
    judged = [
        replace(trial, divergence=divergence(source, trial.way.path, TEXT)) if trial.way in made else trial
        for trial in trials
    ]
    yield from judged[1:]
    yield Tuned(before, better([before, *judged]))


def keep(tuned: Tuned, original: VerifiedModel, library: Path) -> str:
    """Moves requantized weights into the models folder and pins them; returns what the configuration names.

    original: the model they were made from. library: its folder, for the pin; made where it is not there.
    Raises `ModelNotStored` when the file cannot be kept.
    """
    target = vacant(tuned.after.way.path.stem)
    try:
        shutil.move(tuned.after.way.path, target)
        library.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise not_written(target, exc) from exc
    pin_made(target, f"{tuned.after.way.name} of {original.name}, {original.sha256}", library)
    return target.stem


def offered() -> bool:
    """Whether tuning was offered on this machine before; from now on it was."""
    mark = cache_folder() / "tuning.offered"
    if mark.exists():
        return True
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch()
    return False


def better(trials: Sequence[Trial]) -> Trial:
    """The fastest of `trials` that answers as the first does; the first, unless something gains enough."""
    now = trials[0]
    best = min((each for each in trials if each.divergence <= MOST_DIVERGENCE), key=lambda each: each.seconds)
    return best if best.seconds < (1 - LEAST_GAIN) * now.seconds else now


def measured(ways: Sequence[Way]) -> list[Trial]:
    """Reads and writes in every way, in turns; the best of some rounds each, for what disturbs only slows.

    Long prompts on slow machines are not waited for: a first short one tells how much is measured.
    """
    opened: list[tuple[LlamaModel, LlamaContext]] = []
    try:
        for way in ways:
            model = LlamaModel(way.path, name=way.name)
            opened.append((model, LlamaContext(model, way.settings, rows=1)))
        tokens = opened[0][0].tokenize(TEXT)
        fast = _read(opened[0][1], tokens[:32]) * _PATIENCE_S > _PROBE_READ
        room = min(context.most_tokens for _, context in opened) - _PROBE_WRITTEN
        size = min(_PROBE_READ if fast else _PROBE_READ // 8, room)
        rates = [(0.0, 0.0)] * len(ways)
        for _ in range(ROUNDS):
            for place, (_, context) in enumerate(opened):
                read = _read(context, (tokens * 4)[:size])
                write = _written(context, tokens[0])
                rates[place] = (max(rates[place][0], read), max(rates[place][1], write))
        return [Trial(way, *rate) for way, rate in zip(ways, rates, strict=True)]
    finally:
        for model, context in opened:
            context.close()
            model.close()


def _changes(
    settings: ContextSettings,
) -> list[list[tuple[str, Callable[[ContextSettings], ContextSettings]]]]:
    """What is tried beside `settings`, one kind after the other."""
    threads = settings.threads or physical_cores()
    counts = {max(threads // 2, 1), os.cpu_count() or 1} - {threads}
    sizes = [size for size in BATCHES if size != settings.batch_tokens]
    kinds = [kind for kind in KVType if kind is not settings.kv_type]
    return [
        [(f"{count} threads", partial(replace, threads=count)) for count in sorted(counts)],
        [(f"batches of {size}", partial(replace, batch_tokens=size)) for size in sizes],
        [(f"keys in {kind}", partial(replace, kv_type=kind)) for kind in kinds],
    ]


def _read(context: LlamaContext, tokens: Sequence[int]) -> float:
    """Tokens a second of a prompt read anew."""
    context.cut(0)
    started = time.perf_counter()
    for start in range(0, len(tokens), context.settings.batch_tokens):
        context.compute(tokens[start : start + context.settings.batch_tokens])
    context.scores(0)
    return len(tokens) / (time.perf_counter() - started)


def _written(context: LlamaContext, token: int) -> float:
    """Tokens a second, one after the other."""
    started = time.perf_counter()
    for _ in range(_PROBE_WRITTEN):
        context.compute([token])
        context.scores(0)
    return _PROBE_WRITTEN / (time.perf_counter() - started)
