"""Converts a model's weights to another quantization, and measures how much that changes the model.

The quantization that a processor computes fastest depends on the processor; `assistant.models.tuning`
measures that and chooses. A faster one may round more coarsely. The effect on the model is measured as the
Kullback-Leibler divergence of its next-token probabilities from the original's, averaged over the tokens of
a fixed text, in nats.
"""

import ctypes
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from assistant.engine.bindings import error_detail, llama_cpp
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.sampling import Scores
from assistant.engine.settings import ContextSettings
from assistant.errors import EngineError

_ROWS = 32
"""Tokens compared at once: a row of scores takes up to a megabyte, and twice that as probabilities."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """A quantization to convert to."""

    name: str
    """Shown to the user, and part of the new file's name."""
    file_type: int
    """The type of most weights; a value of `llama_ftype` in llama.h."""
    exceptions: tuple[tuple[str, int], ...] = ()
    """Patterns of weight names, each with the type of those weights as a value of `ggml_type` in ggml.h."""


_Q8_0 = 8

RECIPES = (
    Recipe("Q8_0", 7),
    # The two kinds of weights that are most sensitive to rounding stay at 8 bits. With the bundled model
    # that lowers the divergence from 0.15 to 0.06 nats, and costs a sixth of the speed.
    Recipe("IQ4_NL+", 25, (("ffn_down", _Q8_0), ("attn_v", _Q8_0))),
    Recipe("Q4_K_M", 15),
)
"""Each of these is the fastest on some processor."""


def requantize(source: Path, recipe: Recipe, result: Path, *, threads: int) -> None:
    """Converts the model `source` by `recipe` and writes it to `result`.

    Raises `EngineError`, leaving no file behind, when llama.cpp cannot read `source` or write `result`.
    """
    bindings = llama_cpp()
    parameters = bindings.llama_model_quantize_default_params()
    parameters.ftype = recipe.file_type
    parameters.nthread = threads
    # The source is usually quantized already. The divergence shows what quantizing it again costs.
    parameters.allow_requantize = True
    overrides = (bindings.llama_model_tensor_override * (len(recipe.exceptions) + 1))()
    for index, (pattern, type_) in enumerate(recipe.exceptions):
        overrides[index] = (pattern.encode(), type_)
    parameters.tt_overrides = overrides
    part = result.with_suffix(".part")
    try:
        if bindings.llama_model_quantize(os.fsencode(source), os.fsencode(part), ctypes.byref(parameters)):
            raise EngineError(
                f"llama.cpp cannot convert {source} to {recipe.name}{error_detail()}",
                remedy=f"Check that there is enough free space for {result.parent}.",
            )
        part.replace(result)
    finally:
        part.unlink(missing_ok=True)


def divergence(original: Path, other: Path, text: str) -> float:
    """Returns how much the next-token probabilities of `other` differ from those of `original`, in nats.

    The mean over the tokens of `text` of KL(original ‖ other) = Σ p (log p - log q). Both models must have
    the same vocabulary. Raises `EngineError` when one cannot be loaded.
    """
    with ExitStack() as resources:
        models, contexts = [], []
        for path in (original, other):
            models.append(LlamaModel(path, name=path.stem))
            resources.callback(models[-1].close)
            contexts.append(LlamaContext(models[-1], ContextSettings(tokens=2048), rows=_ROWS))
            resources.callback(contexts[-1].close)
        tokens = models[0].tokenize(text)
        total = 0.0
        for start in range(0, len(tokens), _ROWS):
            batch = tokens[start : start + _ROWS]
            for context in contexts:
                context.compute(batch, rows=len(batch))
            for row in range(len(batch)):
                p, q = (_log_probabilities(context.scores(row)) for context in contexts)
                total += float(np.sum(np.exp(p) * (p - q)))
        return total / len(tokens)


def _log_probabilities(scores: Scores) -> npt.NDArray[np.float64]:
    shifted = scores.astype(np.float64) - float(scores.max())
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))
