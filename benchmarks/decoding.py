"""Decoding speed of Carrel's loop relative to llama.cpp's own, for the same model file at the same depth.

llama.cpp's own speed is what its timers (`llama_perf_context`) report for bare `llama_decode` calls, without
sampling, text or a check for cancellation, in a context of its own with the same settings. The two take turns
token by token, so that other load on the machine affects both. This module is not a command:
`benchmarks.first_path` puts the ratio into its table.
"""

import ctypes
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.engine import Sampling
from assistant.engine.bindings import llama_cpp
from assistant.engine.devices import physical_cores
from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.settings import ContextSettings, Drafting

ROUNDS = 5
BATCH_TOKENS = ContextSettings().batch_tokens


def decode_ratio(model_path: Path, depth: int, tokens: int = 128) -> float:
    """Tokens/s of our loop divided by llama.cpp's, the median of five rounds.

    depth: length of the prompt in tokens, at which decoding begins.
    tokens: number of tokens decoded in each round.
    """
    context_tokens = depth + tokens + 1
    settings = ContextSettings(tokens=context_tokens)
    engine = LlamaEngine(Weights(model_path, model_path.stem), settings, drafting=Drafting.OFF)
    try:
        prompt = (engine.tokenize("Notes on a lease that ends in June. ") * depth)[:depth]
        with _bare_context(model_path, context_tokens) as (bindings, context):
            return statistics.median(_round(engine, bindings, context, prompt, tokens) for _ in range(ROUNDS))
    finally:
        engine.close()


def _round(engine: LlamaEngine, bindings: Any, context: Any, prompt: list[int], tokens: int) -> float:
    bindings.llama_memory_clear(bindings.llama_get_memory(context), False)
    for start in range(0, len(prompt), BATCH_TOKENS):
        part = prompt[start : start + BATCH_TOKENS]
        ids = (ctypes.c_int32 * len(part))(*part)
        bindings.llama_decode(context, bindings.llama_batch_get_one(ids, len(part)))
    bindings.llama_synchronize(context)
    bindings.llama_perf_context_reset(context)

    generation = engine.generate(prompt, Sampling(), limit=tokens)
    next(generation)
    ours_s = 0.0
    while True:
        started = time.perf_counter()
        piece = next(generation, None)
        ours_s += time.perf_counter() - started
        if piece is None:
            break
        bindings.llama_decode(context, bindings.llama_batch_get_one(ids, 1))
        bindings.llama_synchronize(context)
    theirs = bindings.llama_perf_context(context)
    ours_tps = (generation.stats.answer_tokens - 1) / ours_s
    return float(ours_tps / (theirs.n_eval / theirs.t_eval_ms * 1e3))


@contextmanager
def _bare_context(model_path: Path, context_tokens: int) -> Iterator[tuple[Any, Any]]:
    bindings = llama_cpp()
    of_model = bindings.llama_model_default_params()
    of_model.n_gpu_layers = 0
    model = bindings.llama_model_load_from_file(os.fsencode(model_path), of_model)
    of_context = bindings.llama_context_default_params()
    of_context.n_ctx = context_tokens
    of_context.n_batch = of_context.n_ubatch = BATCH_TOKENS
    of_context.n_threads = of_context.n_threads_batch = physical_cores()
    of_context.flash_attn_type = 1
    of_context.no_perf = False
    context = bindings.llama_init_from_model(model, of_context)
    try:
        yield bindings, context
    finally:
        bindings.llama_free(context)
        bindings.llama_model_free(model)
