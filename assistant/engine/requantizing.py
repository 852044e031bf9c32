"""The same model with its weights in another type, by llama.cpp's quantizer, and how far it then differs.

Which type a processor computes with fastest depends on the processor; `assistant.models.tuning`
measures that and chooses. A type that is read faster may round more: what that does to the model is
measured as the Kullback-Leibler divergence of its next-token probabilities from the original's, the mean
over the places of a fixed text, in nats.
"""

import ctypes
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.engine.native import LlamaContext, LlamaModel, explained, llama_cpp
from assistant.engine.sampling import Scores
from assistant.engine.settings import ContextSettings
from assistant.errors import EngineError

_ROWS = 32
"""Places compared at once: a row of scores takes up to a megabyte, and twice that as probabilities."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which type the weights get."""

    name: str
    file_type: int
    """Of most weights; a value of `llama_ftype` in llama.h."""
    kept: tuple[tuple[str, int], ...] = ()
    """Weights by a pattern of their name that get another, as values of `ggml_type` in ggml.h."""


_Q8_0 = 8

RECIPES = (
    Recipe("Q8_0", 7),
    # The two kinds of weights whose rounding is felt most stay at 8 bits: with the bundled model that
    # takes the divergence from 0.15 to 0.06 nats, and costs a sixth of the speed.
    Recipe("IQ4_NL+", 25, (("ffn_down", _Q8_0), ("attn_v", _Q8_0))),
    Recipe("Q4_K_M", 15),
)
"""Worth measuring: each is fastest on some processor."""


def requantize(source: Path, recipe: Recipe, result: Path, *, threads: int) -> None:
    """Writes the model `source` to `result` with its weights as `recipe` says.

    Raises `EngineError`, leaving nothing behind, when llama.cpp cannot read the one or write the other.
    """
    bindings = llama_cpp()
    parameters = bindings.llama_model_quantize_default_params()
    parameters.ftype = recipe.file_type
    parameters.nthread = threads
    # What comes quantized is quantized again: that is the point, and the divergence tells what it costs.
    parameters.allow_requantize = True
    overrides = (bindings.llama_model_tensor_override * (len(recipe.kept) + 1))()
    for place, (pattern, type_) in enumerate(recipe.kept):
        overrides[place] = (pattern.encode(), type_)
    parameters.tt_overrides = overrides
    part = result.with_suffix(".part")
    try:
        if bindings.llama_model_quantize(os.fsencode(source), os.fsencode(part), ctypes.byref(parameters)):
            raise EngineError(
                f"{source} could not be written as {recipe.name}{explained()}",
                remedy="Check the disk's free space.",
            )
        part.replace(result)
    finally:
        part.unlink(missing_ok=True)


def divergence(original: Path, other: Path, text: str) -> float:
    """How far the next-token probabilities of `other` are from those of `original`, in nats.

    The mean over the tokens of `text` of KL(original ‖ other) = Σ p (log p - log q). Both have the same
    vocabulary. Raises `EngineError`.
    """
    sides: list[tuple[LlamaModel, LlamaContext]] = []
    try:
        for path in (original, other):
            model = LlamaModel(path, name=path.stem)
            sides.append((model, LlamaContext(model, ContextSettings(tokens=2048), rows=_ROWS)))
        tokens = sides[0][0].tokenize(text)
        total = 0.0
        for start in range(0, len(tokens), _ROWS):
            part = tokens[start : start + _ROWS]
            for _, context in sides:
                context.compute(part, rows=len(part))
            for row in range(len(part)):
                p, q = (_log_probabilities(context.scores(row)) for _, context in sides)
                total += float(np.sum(np.exp(p) * (p - q)))
        return total / len(tokens)
    finally:
        for model, context in sides:
            context.close()
            model.close()


def _log_probabilities(scores: Scores) -> npt.NDArray[np.float64]:
    shifted = scores.astype(np.float64) - float(scores.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))
