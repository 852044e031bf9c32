"""Finds the fastest settings and quantization for a model on this machine.

The quantity to minimise is the time for one question: reading a prompt with passages and generating a short
answer. The number of threads, the batch size and the number format of keys and values are tried one after
the other on the unchanged model. Then the model is converted by every recipe of
`assistant.engine.requantizing` into a separate folder. All variants are measured in turns, so that other
load on the machine affects all of them alike. The result is the fastest variant that gives the same answers,
which means that its divergence is at most `MOST_DIVERGENCE`.

Flash attention stays as configured, because without it speculative decoding could change an answer.

`carrel models tune` calls this and changes the configuration. `keep` moves a converted file into the models
folder and pins it with its origin.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assistant.config import cache_folder
from assistant.engine.devices import physical_cores
from assistant.engine.energy import EnergyMeter
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.requantizing import RECIPES, divergence, requantize
from assistant.engine.settings import ContextSettings, KVType
from assistant.models.finding import VerifiedModel, pin_made
from assistant.models.shelf import new_file, write_error

MOST_DIVERGENCE = 0.1
"""In nats. For the bundled model, Q8_0 diverges by 0.005 and Q4_K_M by 0.05; at 0.15, the most likely token
changes in one of five places."""

READ_TOKENS, WRITTEN_TOKENS = 1200, 60
"""The assumed size of a question: the default prompt, and an answer of two or three sentences."""

BATCHES = (256, 512, 1024)
"""Batch sizes to try, in tokens."""

LEAST_GAIN = 0.05
"""The share of the time that a change must save; less cannot be told from other load on the machine."""

ROUNDS = 3
"""Measurements of each variant; the best one counts."""
_PROBE_READ, _PROBE_WRITTEN = 512, 16
_LONGEST_PROBE_S = 5
"""If reading a prompt would take longer than this, a shorter one is measured."""

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
"""The text that the divergence is measured on, similar to what people keep in a library."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run a model."""

    name: str
    """Shown to the user."""
    path: Path
    """The model file."""
    settings: ContextSettings
    """How it is computed."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A variant with its measurements."""

    variant: Variant
    """What was measured."""
    read_tps: float
    """Prompt tokens per second."""
    write_tps: float
    """Answer tokens per second, after a prompt."""
    divergence: float = 0.0
    """Divergence from the unchanged model, in nats."""
    joules: float | None = None
    """Estimated energy that the processor uses for one question; None where it cannot be read."""

    @property
    def seconds(self) -> float:
        """Estimated time for one question, in seconds."""
        return READ_TOKENS / self.read_tps + WRITTEN_TOKENS / self.write_tps


@dataclass(frozen=True, slots=True)
class TuningResult:
    """The outcome; both trials were measured in turns with each other."""

    before: Trial
    """The model as it is now."""
    after: Trial
    """The best variant; `before` itself if none is enough of an improvement."""


def tune(source: Path, name: str, settings: ContextSettings, folder: Path) -> Iterator[Trial | TuningResult]:
    """Measures the variants of the model `source`; yields each trial, and finally the result.

    name: the model's name; the names of converted files begin with it.
    settings: how the model is computed now.
    folder: an empty folder for the converted models, which are left there.
    Raises `EngineError`.
    """
    now = Variant("as it is", source, settings)
    best = now
    for changes in _changes(settings):
        trials = measure([best, *(Variant(name, source, change(best.settings)) for name, change in changes)])
        yield from trials[1:]
        best = best_trial(trials).variant
    converted = [
        Variant(recipe.name, folder / f"{name}-{recipe.name}.gguf", best.settings) for recipe in RECIPES
    ]
    for recipe, variant in zip(RECIPES, converted, strict=True):
        requantize(source, recipe, variant.path, threads=settings.threads or physical_cores())
    before, *trials = measure([now, best, *converted])
    compared = [
        replace(trial, divergence=divergence(source, trial.variant.path, TEXT))
        if trial.variant in converted
        else trial
        for trial in trials
    ]
    yield from compared[1:]
    yield TuningResult(before, best_trial([before, *compared]))


def keep(result: TuningResult, original: VerifiedModel, library: Path) -> str:
    """Moves the converted model into the models folder and pins it; returns its name for `models.target`.

    original: the model it was converted from.
    library: the library folder for the pin; created if it does not exist.
    Raises `ModelNotStored` when the name is taken or the file cannot be moved.
    """
    target = new_file(result.after.variant.path.stem)
    try:
        shutil.move(result.after.variant.path, target)
        library.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as exc:
        raise write_error(target, exc) from exc
    pin_made(target, f"{result.after.variant.name} of {original.name}, {original.sha256}", library)
    return target.stem


def offered_before() -> bool:
    """Returns whether tuning has been suggested on this machine before, and records that it has now."""
    mark = cache_folder() / "tuning.offered"
    if mark.exists():
        return True
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.touch()
    return False


def best_trial(trials: Sequence[Trial]) -> Trial:
    """Returns the fastest trial with the same answers as the first, or the first if that gains too little."""
    now = trials[0]
    equivalent = (trial for trial in trials if trial.divergence <= MOST_DIVERGENCE)
    best = min(equivalent, key=lambda trial: trial.seconds)
    return best if best.seconds < (1 - LEAST_GAIN) * now.seconds else now


def measure(variants: Sequence[Variant]) -> list[Trial]:
    """Measures reading and generating with all variants in turns; returns the best of `ROUNDS` for each.

    The best counts, because other load on the machine only makes a measurement slower. Energy is measured
    too, and the least counts. On slow machines a shorter prompt is used; a first short one shows whether that
    is necessary.
    """
    with ExitStack() as resources:
        contexts = []
        for variant in variants:
            model = LlamaModel(variant.path, name=variant.name)
            resources.callback(model.close)
            contexts.append(LlamaContext(model, variant.settings, rows=1))
            resources.callback(contexts[-1].close)
        # All variants have the same vocabulary.
        tokens = model.tokenize(TEXT)
        fast = _read(contexts[0], tokens[:32]) * _LONGEST_PROBE_S > _PROBE_READ
        room = min(context.most_tokens for context in contexts) - _PROBE_WRITTEN
        size = min(_PROBE_READ if fast else _PROBE_READ // 8, room)
        rates = [(0.0, 0.0)] * len(variants)
        joules: list[list[float]] = [[] for _ in variants]
        for _ in range(ROUNDS):
            for index, context in enumerate(contexts):
                meter = EnergyMeter()
                read = _read(context, (tokens * 4)[:size])
                for_reading, meter = meter.used(), EnergyMeter()
                write = _write(context, tokens[0])
                for_writing = meter.used()
                rates[index] = (max(rates[index][0], read), max(rates[index][1], write))
                if for_reading and for_writing:
                    joules[index].append(
                        READ_TOKENS * for_reading.joules / size
                        + WRITTEN_TOKENS * for_writing.joules / _PROBE_WRITTEN
                    )
        return [
            Trial(variant, *rate, joules=min(energies, default=None))
            for variant, rate, energies in zip(variants, rates, joules, strict=True)
        ]


def _changes(
    settings: ContextSettings,
) -> list[list[tuple[str, Callable[[ContextSettings], ContextSettings]]]]:
    """Returns the changes to try, one setting after the other, with the names to show."""
    threads = settings.threads or physical_cores()
    counts = {max(threads // 2, 1), os.cpu_count() or 1} - {threads}
    sizes = [size for size in BATCHES if size != settings.batch_tokens]
    types = [type_ for type_ in KVType if type_ is not settings.kv_type]
    return [
        [(f"{count} threads", partial(replace, threads=count)) for count in sorted(counts)],
        [(f"batches of {size}", partial(replace, batch_tokens=size)) for size in sizes],
        [(f"keys in {type_}", partial(replace, kv_type=type_)) for type_ in types],
    ]


def _read(context: LlamaContext, tokens: Sequence[int]) -> float:
    """Returns the tokens per second of reading a prompt from its beginning."""
    context.cut(0)
    started = time.perf_counter()
    for start in range(0, len(tokens), context.settings.batch_tokens):
        context.compute(tokens[start : start + context.settings.batch_tokens])
    context.scores(0)
    return len(tokens) / (time.perf_counter() - started)


def _write(context: LlamaContext, token: int) -> float:
    """Returns the tokens per second of generating, one token after another."""
    started = time.perf_counter()
    for _ in range(_PROBE_WRITTEN):
        context.compute([token])
        context.scores(0)
    return _PROBE_WRITTEN / (time.perf_counter() - started)
