"""The engine over llama.cpp: our own loop on the low-level bindings of llama-cpp-python.

The high-level `Llama` class is not used: its cost per token grows with the answer, it renders the
file's chat template, and it raises with a draft model. Here the prompt goes through llama.cpp in
batches, then one token at a time; one batch is allocated for the engine's life, and Python's
share of a token does not grow. Every answer starts from an empty context.

The caller has checked the file against its pin (`assistant.models`): a damaged GGUF can take the
process down inside llama.cpp, so nothing unknown is opened here. llama.cpp's own messages go to
Python's logging at DEBUG; the last one of them that tells of an error becomes part of `EngineError`.
"""

import ctypes
import functools
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from assistant.engine import Generation, Sampling
from assistant.engine.sampling import Sampler
from assistant.errors import EngineError, PromptTooLong

log = logging.getLogger(__name__)

BATCH_TOKENS = 256
"""Tokens of the prompt computed between two looks at the cancel signal."""

MAGIC = b"GGUF"
"""The first bytes of every GGUF file."""

_LOG_LEVEL_ERROR = 4
"""GGML_LOG_LEVEL_ERROR in ggml.h; the bindings do not name it."""

_FLASH_ATTENTION = 1
"""LLAMA_FLASH_ATTN_TYPE_ENABLED in llama.h."""


class LlamaEngine:
    """A GGUF model loaded by llama.cpp, on the CPU. Implements `assistant.engine.Engine`."""

    def __init__(self, path: Path, *, name: str, context_tokens: int = 4096, threads: int = 0) -> None:
        """Loads `path`; the weights are mapped into memory, not copied.

        context_tokens: most tokens of prompt and answer together; cut to what the model was trained for.
        threads: 0 takes one for each physical core.
        Raises `EngineError` when the file is no GGUF or llama.cpp cannot use it.
        """
        self._generation = 0
        self._name = name
        _check_magic(path)
        self._bindings = bindings = _llama_cpp()
        _messages.error = ""
        self._model: Any = self._loaded(path)
        self._vocabulary = bindings.llama_model_get_vocab(self._model)
        self._scores = bindings.llama_vocab_n_tokens(self._vocabulary)
        self._context_tokens: int = min(context_tokens, bindings.llama_model_n_ctx_train(self._model))
        self._context = self._opened(path, threads or physical_cores())
        self._batch = _Batch(bindings, BATCH_TOKENS)

    def _loaded(self, path: Path) -> Any:
        parameters = self._bindings.llama_model_default_params()
        parameters.n_gpu_layers = 0
        # Some compilers (seen: GCC 12.2) drop most of the tile configuration that llama.cpp's AMX kernels
        # load, and the first batch ends the process (llama.cpp pull 26954). Weights come to those
        # kernels by way of the extra buffers.
        parameters.use_extra_bufts = b"AMX_INT8 = 1" not in self._bindings.llama_print_system_info()
        model = self._bindings.llama_model_load_from_file(os.fsencode(path), parameters)
        if not model:
            raise EngineError(
                f"{path} is damaged or of a kind this llama.cpp does not know{_explained()}",
                remedy="Fetch the model file again, or choose another with `models.target`.",
            )
        return model

    def _opened(self, path: Path, threads: int) -> Any:
        parameters = self._bindings.llama_context_default_params()
        parameters.n_ctx = self._context_tokens
        parameters.n_batch = parameters.n_ubatch = BATCH_TOKENS
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = _FLASH_ATTENTION
        parameters.no_perf = True
        context = self._bindings.llama_init_from_model(self._model, parameters)
        if not context:
            self._bindings.llama_model_free(self._model)
            raise EngineError(
                f"No context of {self._context_tokens} tokens could be made for {path}{_explained()}",
                remedy="Set a smaller `models.context_tokens`.",
            )
        return context

    @property
    def name(self) -> str:
        return self._name

    @property
    def context_tokens(self) -> int:
        return self._context_tokens

    @property
    def parameters(self) -> int:
        self._open_vocabulary()
        return int(self._bindings.llama_model_n_params(self._model))

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        bindings, vocabulary = self._bindings, self._open_vocabulary()
        start = []
        if begin and bindings.llama_vocab_get_add_bos(vocabulary):
            start.append(bindings.llama_vocab_bos(vocabulary))
        data = text.encode("utf-8", "replace")
        room = len(data) + 2
        tokens = (ctypes.c_int32 * room)()
        count = bindings.llama_tokenize(vocabulary, data, len(data), tokens, room, False, special)
        if count < 0:
            raise EngineError(f"{self._name} could not tokenize a text of {len(text)} characters.")
        return start + tokens[:count]

    def detokenize(self, tokens: Sequence[int]) -> str:
        self._open_vocabulary()
        return b"".join(self._piece(token, special=True) for token in tokens).decode("utf-8", "replace")

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        bindings = self._bindings
        self._open_vocabulary()
        template = bindings.llama_model_chat_template(self._model, None)
        if not template:
            return None
        encoded = [(role.encode(), content.encode("utf-8", "replace")) for role, content in turns]
        messages = (bindings.llama_chat_message * len(encoded))(*encoded)
        room = 2 * sum(len(role) + len(content) for role, content in encoded) + 1024
        layout = ctypes.create_string_buffer(room)
        size = bindings.llama_chat_apply_template(template, messages, len(encoded), True, layout, room)
        if not 0 < size <= room:
            return None
        return layout.raw[:size].decode("utf-8", "replace")

    def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        limit: int,
        stop: Sequence[str] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generation:
        self._open_vocabulary()
        room = self._context_tokens - len(prompt)
        if not prompt:
            raise EngineError("An empty prompt has no answer.")
        if room < 1:
            raise PromptTooLong(
                f"The prompt has {len(prompt)} tokens; {self._name} holds {self._context_tokens},"
                " the answer included.",
                remedy="Ask a shorter question, or set a larger `models.context_tokens`.",
            )
        self._generation += 1
        return Generation(
            self._drawn(list(prompt), sampling, self._generation),
            self._piece,
            model=self._name,
            prompt_tokens=len(prompt),
            limit=min(limit, room),
            stop=stop,
            cancelled=cancelled,
        )

    def close(self) -> None:
        if self._model is None:
            return
        self._generation += 1
        self._batch.close()
        self._bindings.llama_free(self._context)
        self._bindings.llama_model_free(self._model)
        self._model = None

    def _drawn(self, prompt: list[int], sampling: Sampling, generation: int) -> Iterator[int | None]:
        """The work of one answer, in the steps `Generation` asks for."""
        self._check_current(generation)
        bindings = self._bindings
        sampler = Sampler(bindings, sampling)
        try:
            bindings.llama_memory_clear(bindings.llama_get_memory(self._context), False)
            for start in range(0, len(prompt), BATCH_TOKENS):
                if start:
                    yield None
                    self._check_current(generation)
                self._decode(prompt[start : start + BATCH_TOKENS], start)
            position = len(prompt)
            while True:
                token = sampler.draw(self._context, self._last_row())
                if bindings.llama_vocab_is_eog(self._vocabulary, token):
                    return
                yield token
                self._check_current(generation)
                self._decode([token], position)
                position += 1
        finally:
            sampler.close()

    def _check_current(self, generation: int) -> None:
        if generation != self._generation:
            raise EngineError("The answer was broken off: its engine was closed or asked for another one.")

    def _decode(self, tokens: list[int], position: int) -> None:
        """Computes `tokens`, which stand at `position` and after, and the scores of what follows them."""
        self._batch.fill(tokens, position)
        status = self._bindings.llama_decode(self._context, self._batch.struct)
        if status != 0:
            raise EngineError(f"llama.cpp stopped with status {status} at token {position}{_explained()}")

    def _last_row(self) -> Any:
        import numpy as np  # 0.1 s; llama_cpp has loaded it already

        row = self._bindings.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(row, (self._scores,))

    def _piece(self, token: int, *, special: bool = False) -> bytes:
        room = 128
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = self._bindings.llama_token_to_piece(self._vocabulary, token, buffer, room, 0, special)
            if size >= 0:
                return buffer.raw[:size]
            room = -size

    def _open_vocabulary(self) -> Any:
        if self._model is None:
            raise EngineError(f"{self._name} has been closed.")
        return self._vocabulary


class _Batch:
    """llama.cpp's input of up to `size` tokens of one sequence; the last one's scores are asked for."""

    def __init__(self, bindings: ModuleType, size: int) -> None:
        import numpy as np  # 0.1 s; llama_cpp has loaded it already

        self._bindings = bindings
        self.struct = bindings.llama_batch_init(size, 0, 1)
        self._tokens = np.ctypeslib.as_array(self.struct.token, (size,))
        self._positions = np.ctypeslib.as_array(self.struct.pos, (size,))
        self._wanted = np.ctypeslib.as_array(self.struct.logits, (size,))
        np.ctypeslib.as_array(self.struct.n_seq_id, (size,))[:] = 1
        for index in range(size):
            self.struct.seq_id[index][0] = 0

    def fill(self, tokens: list[int], position: int) -> None:
        count = len(tokens)
        self.struct.n_tokens = count
        self._tokens[:count] = tokens
        self._positions[:count] = range(position, position + count)
        self._wanted[:count] = 0
        self._wanted[count - 1] = 1

    def close(self) -> None:
        self._bindings.llama_batch_free(self.struct)


def physical_cores() -> int:
    """Cores this process may run on, hyper-threads counted once: two threads of a core share its
    vector units, and decoding gains nothing from the second."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(topology.format(cpu)).read_text() for cpu in allowed})
    except OSError:
        return len(allowed)


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as exc:
        raise EngineError(f"{path} cannot be read: {exc.strerror}.") from exc
    if magic != MAGIC:
        raise EngineError(
            f"{path} is no GGUF file.", remedy="Set `models.target` to a model in the GGUF format."
        )


class _Messages:
    """What llama.cpp says, for the whole process: it has one log."""

    def __init__(self) -> None:
        self.error = ""
        """Its latest error message."""
        self.callback: object = None
        """Kept here because llama.cpp calls it for as long as the process lives."""

    def heard(self, level: int, text: bytes, _: object) -> None:
        if level == _LOG_LEVEL_ERROR:
            self.error = text.decode("utf-8", "replace").strip()
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", text.decode("utf-8", "replace").rstrip("\n"))


_messages = _Messages()


def _explained() -> str:
    """How a sentence about a failure goes on: with llama.cpp's own words, where it had any."""
    return f": {_messages.error}" if _messages.error else "."


@functools.cache
def _llama_cpp() -> ModuleType:
    """The low-level bindings, with llama.cpp's messages led into `logging`."""
    # 0.15 s: loads numpy, jinja2 and the shared libraries.
    import llama_cpp.llama_cpp as bindings

    _messages.callback = bindings.llama_log_callback(_messages.heard)
    bindings.llama_log_set(_messages.callback, ctypes.c_void_p(0))
    bindings.llama_backend_init()
    return bindings
