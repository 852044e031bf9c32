"""llama.cpp as two objects: a loaded model file, and a context that holds tokens computed with it.

A thin layer over the low-level bindings of llama-cpp-python, and the only place that calls them to compute.
`LlamaModel` converts between text and tokens. `LlamaContext` holds one sequence of tokens with its keys and
values. The modules above decide what to compute and what to do with the scores (`assistant.engine.llama`,
`.speculation`, `.kvcache`).

Callers check the file against its pin first (`assistant.models`), because a damaged GGUF file can crash the
process inside llama.cpp.
"""

import ctypes
import hashlib
import os
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from assistant.engine import Cancelled, devices
from assistant.engine.bindings import clear_error, deferred_interrupts, error_detail, llama_cpp
from assistant.engine.devices import Offload, physical_cores
from assistant.engine.gguf import MAGIC
from assistant.engine.settings import ContextSettings, KVType
from assistant.engine.thinking import reply_beginning
from assistant.errors import EngineError

if TYPE_CHECKING:
    from assistant.engine.sampling import Scores

_ABORTED = 2
"""The status that `llama_decode` returns when the abort callback stopped it."""

_ABORTABLE_TOKENS = 64
"""Batches of at least this many tokens can be aborted half way. llama.cpp calls the abort callback once per
graph operation, which would cost a single token about a tenth of its time."""

_GGML_TYPES = {KVType.F16: 1, KVType.Q8_0: 8}
"""Values of `ggml_type` in ggml.h."""

_EXPERTS = rb"\.ffn_(up|down|gate|gate_up)_(ch)?exps"
"""Matches the names of the expert weights of a mixture-of-experts model."""


class _BufferOverride(ctypes.Structure):
    """llama_model_tensor_buft_override in llama.h, which the bindings do not define."""

    _fields_ = (("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p))


class LlamaModel:
    """A GGUF file loaded by llama.cpp. Its weights are memory-mapped, not copied."""

    def __init__(self, path: Path, *, name: str, offload: Offload | None = None) -> None:
        """
        name: used in messages.
        offload: which layers go to GPUs; None for none.
        Raises `EngineError` when the file is not GGUF or llama.cpp cannot load it.
        """
        self.name = name
        self.bindings = bindings = llama_cpp()
        _check_magic(path)
        clear_error()
        parameters = bindings.llama_model_default_params()
        offload = offload or Offload()
        parameters.n_gpu_layers = offload.layers
        # Both arrays are null-terminated, and llama.cpp reads them while it loads the model.
        gpus = (ctypes.c_void_p * (len(offload.devices) + 1))(*devices.handles(offload.devices))
        overrides = (_BufferOverride * 2)()
        if offload.layers:
            parameters.devices = ctypes.cast(gpus, ctypes.c_void_p)
        if offload.experts_on_cpu:
            overrides[0] = _BufferOverride(_EXPERTS, devices.cpu_buffer_type())
            parameters.tensor_buft_overrides = ctypes.cast(overrides, ctypes.c_void_p)
        with deferred_interrupts():
            self.handle: Any = bindings.llama_model_load_from_file(os.fsencode(path), parameters)
        """llama.cpp's model; None after `close`."""
        if not self.handle:
            raise EngineError(
                f"llama.cpp cannot load {path}{error_detail()}",
                remedy="The file may be damaged, or of a kind that this version of Carrel does not support."
                " Download it again, or choose another model with `models.target`.",
            )
        self._vocabulary = bindings.llama_model_get_vocab(self.handle)
        self.vocabulary_size = int(bindings.llama_vocab_n_tokens(self._vocabulary))
        """The number of different tokens."""
        self.trained_tokens = int(bindings.llama_model_n_ctx_train(self.handle))
        """The context length that the model was trained with."""
        self.parameters = int(bindings.llama_model_n_params(self.handle))
        """The number of weights."""
        self.can_be_cut = not (
            bindings.llama_model_is_recurrent(self.handle) or bindings.llama_model_is_hybrid(self.handle)
        )
        """Whether tokens can be removed from the end of a context. A recurrent state sums over all tokens,
        so none of them can be taken out again."""

    def check_open(self) -> None:
        """Raises `EngineError` after `close`."""
        if self.handle is None:
            raise EngineError(f"{self.name} is closed.")

    @property
    def vocabulary(self) -> Any:
        """llama.cpp's handle of the vocabulary; raises `EngineError` after `close`."""
        self.check_open()
        return self._vocabulary

    def vocabulary_digest(self) -> bytes:
        """Returns a digest that two models share if their tokens are the same. 0.1 s for 100,000 tokens."""
        text = self.bindings.llama_vocab_get_text
        texts = (text(self.vocabulary, token) for token in range(self.vocabulary_size))
        return hashlib.sha256(b"\0".join(texts)).digest()

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """See `Engine.tokenize`."""
        bindings, vocabulary = self.bindings, self.vocabulary
        start = []
        if begin and bindings.llama_vocab_get_add_bos(vocabulary):
            start.append(bindings.llama_vocab_bos(vocabulary))
        data = text.encode("utf-8", "replace")
        capacity = len(data) + 2
        while True:
            tokens = (ctypes.c_int32 * capacity)()
            count = bindings.llama_tokenize(vocabulary, data, len(data), tokens, capacity, False, special)
            if count >= 0:
                return start + tokens[:count]
            # One space may become several tokens; llama.cpp returns the negative of what it needs.
            if -count <= capacity:
                raise EngineError(f"{self.name} could not tokenize a text of {len(text)} characters.")
            capacity = -count

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """Returns the bytes of a token, which may be an incomplete UTF-8 sequence.

        special: whether control tokens are spelled out; otherwise they have no bytes.
        """
        capacity = 128
        while True:
            buffer = ctypes.create_string_buffer(capacity)
            size = self.bindings.llama_token_to_piece(self.vocabulary, token, buffer, capacity, 0, special)
            if size >= 0:
                return buffer.raw[:size]
            capacity = -size

    def ends(self, token: int) -> bool:
        """Returns whether `token` ends an answer."""
        return bool(self.bindings.llama_vocab_is_eog(self._vocabulary, token))

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """See `Engine.render`."""
        bindings = self.bindings
        self.check_open()
        template = bindings.llama_model_chat_template(self.handle, None)
        if not template:
            return None
        encoded = [(role.encode(), content.encode("utf-8", "replace")) for role, content in turns]
        messages = (bindings.llama_chat_message * len(encoded))(*encoded)
        capacity = 2 * sum(len(role) + len(content) for role, content in encoded) + 1024
        buffer = ctypes.create_string_buffer(capacity)
        size = bindings.llama_chat_apply_template(template, messages, len(encoded), True, buffer, capacity)
        if not 0 < size <= capacity:
            return None
        rendered = buffer.raw[:size].decode("utf-8", "replace")
        return rendered + reply_beginning(template.decode("utf-8", "replace"))

    def close(self) -> None:
        """Frees the weights; does nothing the second time. Close the contexts of the model first."""
        if self.handle is not None:
            self.bindings.llama_model_free(self.handle)
            self.handle = None


class LlamaContext:
    """One sequence of tokens computed with a model, and the scores of the next token."""

    def __init__(self, model: LlamaModel, settings: ContextSettings, *, rows: int) -> None:
        """
        rows: the most tokens of a batch for which scores can be requested; memory is reserved for them.
        Raises `EngineError` when llama.cpp cannot allocate the context.
        """
        self._model = model
        self._bindings = bindings = model.bindings
        self.settings = settings
        """As given."""
        self.most_tokens = min(settings.tokens, model.trained_tokens)
        """The most tokens the context can hold."""
        self.held: list[int] = []
        """The tokens in the context. Read only: `cut`, `compute` and `restore` maintain it."""
        self._rows = 0
        self._row = ctypes.c_float * model.vocabulary_size
        self._abort: Callable[[], bool] = lambda: False
        self._interrupt: BaseException | None = None
        # Kept alive here, because llama.cpp calls it for as long as the context lives.
        self._abort_callback = bindings.ggml_abort_callback(self._should_abort)
        self._no_callback = bindings.ggml_abort_callback()
        parameters = bindings.llama_context_default_params()
        parameters.n_ctx = self.most_tokens
        parameters.n_batch = parameters.n_ubatch = max(settings.batch_tokens, rows)
        parameters.n_outputs_max = rows
        parameters.n_threads = parameters.n_threads_batch = settings.threads or physical_cores()
        parameters.type_k = parameters.type_v = _GGML_TYPES[settings.kv_type]
        parameters.flash_attn_type = int(settings.flash_attention)
        parameters.no_perf = True
        with deferred_interrupts():
            self._handle: Any = bindings.llama_init_from_model(model.handle, parameters)
        if not self._handle:
            raise EngineError(
                f"llama.cpp cannot create a context of {self.most_tokens:,} tokens"
                f" for {model.name}{error_detail()}",
                remedy="Set a smaller `models.context_tokens`.",
            )
        self._memory = bindings.llama_get_memory(self._handle)
        self._batch = _Batch(bindings, max(settings.batch_tokens, rows))

    def cut(self, count: int) -> None:
        """Removes all but the first `count` tokens, or all tokens if the model's state cannot be cut."""
        if count >= len(self.held):
            return
        if count and self._bindings.llama_memory_seq_rm(self._memory, 0, count, -1):
            del self.held[count:]
        else:
            self._bindings.llama_memory_clear(self._memory, False)
            self.held.clear()

    def clear(self) -> None:
        """Removes all tokens and overwrites their keys and values."""
        self._bindings.llama_memory_clear(self._memory, True)
        self.held.clear()

    def keep_common(self, tokens: Sequence[int]) -> int:
        """Keeps only the longest common prefix with `tokens`; returns how many tokens remain."""
        self.cut(common_prefix(self.held, tokens))
        return len(self.held)

    def compute(
        self, tokens: Sequence[int], *, rows: int = 1, cancelled: Callable[[], bool] | None = None
    ) -> None:
        """Appends `tokens`, at most one batch, and computes the next-token scores after the last `rows`.

        cancelled: polled while a large batch is computed. Raises `Cancelled` when it returned True, and
        `EngineError` when llama.cpp fails; the context then holds what it held before.
        """
        bindings, start = self._bindings, len(self.held)
        self._batch.fill(tokens, start, rows)
        self._rows = rows
        abortable = cancelled is not None and len(tokens) >= _ABORTABLE_TOKENS
        if cancelled is not None and abortable:
            self._abort = cancelled
            bindings.llama_set_abort_callback(self._handle, self._abort_callback, None)
        status = bindings.llama_decode(self._handle, self._batch.struct)
        if abortable:
            bindings.llama_set_abort_callback(self._handle, self._no_callback, None)
        self.held += tokens
        if status != 0:
            self.cut(start)
            if self._interrupt is not None:
                interrupt, self._interrupt = self._interrupt, None
                raise interrupt
            if status == _ABORTED:
                raise Cancelled
            raise EngineError(f"llama.cpp failed with status {status} at token {start}{error_detail()}")

    def scores(self, row: int) -> "Scores":
        """Returns the scores of every token as the one after row `row` of the last `compute`.

        A view of llama.cpp's own buffer, shape (vocabulary,), float32, valid until the next `compute`.
        """
        import numpy as np  # 0.1 s; llama_cpp has loaded it already

        pointer = self._bindings.llama_get_logits_ith(self._handle, row - self._rows)
        # By address: numpy's conversion from a ctypes pointer takes 60 µs, this takes 3.
        row_ = memoryview(self._row.from_address(ctypes.addressof(pointer.contents)))
        return np.frombuffer(row_, dtype=np.float32)

    def save(self) -> bytes:
        """Returns the keys and values of all tokens in the context."""
        size = self._bindings.llama_state_seq_get_size(self._handle, 0)
        state = (ctypes.c_uint8 * size)()
        written = self._bindings.llama_state_seq_get_data(self._handle, state, size, 0)
        return bytes(memoryview(state)[:written])

    def restore(self, tokens: Sequence[int], state: bytes) -> bool:
        """Replaces the content by `tokens` and the `state` that `save` returned for them.

        Returns False, leaving the context empty, when llama.cpp rejects the state.
        """
        self.cut(0)
        data = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not self._bindings.llama_state_seq_set_data(self._handle, data, len(state), 0):
            self._bindings.llama_memory_clear(self._memory, False)
            return False
        self.held[:] = tokens
        return True

    def close(self) -> None:
        """Frees the keys and values; does nothing the second time."""
        if self._handle is not None:
            self._batch.close()
            self._bindings.llama_free(self._handle)
            self._handle = None

    def _should_abort(self, _: object) -> bool:
        try:
            return self._abort()
        # A keyboard interrupt can arrive here too, and an exception cannot pass through C.
        except BaseException as interrupt:
            self._interrupt = interrupt
            return True


class _Batch:
    """llama.cpp's input buffer for up to `size` tokens of one sequence."""

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

    def fill(self, tokens: Sequence[int], position: int, rows: int) -> None:
        """Puts in `tokens`, the first at `position`, and requests scores for the last `rows`."""
        count = len(tokens)
        self.struct.n_tokens = count
        self._tokens[:count] = tokens
        self._positions[:count] = range(position, position + count)
        self._wanted[: count - rows] = 0
        self._wanted[count - rows : count] = 1

    def close(self) -> None:
        """Frees the buffer."""
        self._bindings.llama_batch_free(self.struct)


def common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """Returns the length of the longest common prefix of two token sequences."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _check_magic(path: Path) -> None:
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as exc:
        raise EngineError(f"Cannot read {path}: {exc.strerror}.") from exc
    if magic != MAGIC:
        raise EngineError(
            f"{path} is not a GGUF file.", remedy="Set `models.target` to a model in GGUF format."
        )
