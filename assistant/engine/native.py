"""llama.cpp as two objects: a loaded file, and the tokens computed with it.

A thin layer over the low-level bindings of llama-cpp-python, and the only place that calls them to
compute. `LlamaModel` knows text and tokens; `LlamaContext` holds one sequence of tokens with their keys and
values, and knows which they are. What to compute, and what to make of the scores, is decided above
(`assistant.engine.llama`, `.speculation`, `.kvcache`).

The caller has checked the file against its pin (`assistant.models`): a damaged GGUF can take the
process down inside llama.cpp, so nothing unknown is opened here. llama.cpp's own messages go to
Python's logging at DEBUG; the last one of them that tells of an error becomes part of `EngineError`.
"""

import ctypes
import functools
import hashlib
import logging
import os
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from assistant.engine import Cancelled, devices
from assistant.engine.devices import Offload
from assistant.engine.gguf import MAGIC
from assistant.engine.settings import ContextSettings, KVType
from assistant.errors import EngineError

if TYPE_CHECKING:
    from assistant.engine.sampling import Scores

log = logging.getLogger(__name__)

_LOG_LEVEL_ERROR = 4
"""GGML_LOG_LEVEL_ERROR in ggml.h; the bindings do not name it."""

_ABORTED = 2
"""What `llama_decode` returns when the abort callback stopped it."""

_ABORTABLE_TOKENS = 64
"""A batch of at least this many can be broken off in the middle. The callback is asked once for each
operation of the graph, which would cost a single token about a tenth of its time."""


_GGML_TYPES = {KVType.F16: 1, KVType.Q8_0: 8}
"""Values of `ggml_type` in ggml.h."""


_EXPERTS = rb"\.ffn_(up|down|gate|gate_up)_(ch)?exps"
"""The weights of a mixture's experts, by name."""


class _BufferOverride(ctypes.Structure):
    """llama_model_tensor_buft_override of llama.h, which the bindings leave out."""

    _fields_ = (("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p))


class LlamaModel:
    """A GGUF file loaded by llama.cpp; its weights are mapped into memory, not copied."""

    def __init__(self, path: Path, *, name: str, offload: Offload | None = None) -> None:
        """
        offload: what devices take of it; None for nothing.
        Raises `EngineError` when the file is no GGUF or llama.cpp cannot use it.
        """
        self.name = name
        self.bindings = bindings = llama_cpp()
        _check_magic(path)
        _messages.error = ""
        parameters = bindings.llama_model_default_params()
        offload = offload or Offload()
        parameters.n_gpu_layers = offload.layers
        # Both lists end with null, and are read while the model is loaded.
        chosen = (ctypes.c_void_p * (len(offload.devices) + 1))(*devices.handles(offload.devices))
        kept = (_BufferOverride * 2)()
        if offload.layers:
            parameters.devices = ctypes.cast(chosen, ctypes.c_void_p)
        if offload.experts_on_cpu:
            kept[0] = _BufferOverride(_EXPERTS, devices.processor_buffer())
            parameters.tensor_buft_overrides = ctypes.cast(kept, ctypes.c_void_p)
        self.handle: Any = bindings.llama_model_load_from_file(os.fsencode(path), parameters)
        if not self.handle:
            raise EngineError(
                f"{path} is damaged or of a kind this llama.cpp does not know{explained()}",
                remedy="Fetch the model file again, or choose another with `models.target`.",
            )
        self._vocabulary = bindings.llama_model_get_vocab(self.handle)
        self.vocabulary_size = int(bindings.llama_vocab_n_tokens(self._vocabulary))
        self.trained_tokens = int(bindings.llama_model_n_ctx_train(self.handle))
        self.parameters = int(bindings.llama_model_n_params(self.handle))
        # A recurrent state is a sum over all tokens: none of them can be taken out again.
        self.can_be_cut = not (
            bindings.llama_model_is_recurrent(self.handle) or bindings.llama_model_is_hybrid(self.handle)
        )

    def check_open(self) -> None:
        """Raises `EngineError` after `close`."""
        if self.handle is None:
            raise EngineError(f"{self.name} has been closed.")

    @property
    def vocabulary(self) -> Any:
        """llama.cpp's handle; raises `EngineError` after `close`."""
        self.check_open()
        return self._vocabulary

    def vocabulary_digest(self) -> bytes:
        """The same for two models whose tokens are the same; 0.1 s for 100,000 tokens."""
        text = self.bindings.llama_vocab_get_text
        texts = (text(self.vocabulary, token) for token in range(self.vocabulary_size))
        return hashlib.sha256(b"\0".join(texts)).digest()

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """As `Engine.tokenize`."""
        bindings, vocabulary = self.bindings, self.vocabulary
        start = []
        if begin and bindings.llama_vocab_get_add_bos(vocabulary):
            start.append(bindings.llama_vocab_bos(vocabulary))
        data = text.encode("utf-8", "replace")
        room = len(data) + 2
        while True:
            tokens = (ctypes.c_int32 * room)()
            count = bindings.llama_tokenize(vocabulary, data, len(data), tokens, room, False, special)
            if count >= 0:
                return start + tokens[:count]
            # A space may become several tokens; llama.cpp says how much room it takes.
            if -count <= room:
                raise EngineError(f"{self.name} could not tokenize a text of {len(text)} characters.")
            room = -count

    def piece(self, token: int, *, special: bool = False) -> bytes:
        """The bytes of a token, which may be a part of a character; control tokens only if `special`."""
        room = 128
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = self.bindings.llama_token_to_piece(self.vocabulary, token, buffer, room, 0, special)
            if size >= 0:
                return buffer.raw[:size]
            room = -size

    def ends(self, token: int) -> bool:
        """Whether `token` ends an answer."""
        return bool(self.bindings.llama_vocab_is_eog(self._vocabulary, token))

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """As `Engine.render`."""
        bindings = self.bindings
        self.check_open()
        template = bindings.llama_model_chat_template(self.handle, None)
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

    def close(self) -> None:
        """Frees the weights; harmless when repeated. Contexts are closed before."""
        if self.handle is not None:
            self.bindings.llama_model_free(self.handle)
            self.handle = None


class LlamaContext:
    """One sequence of tokens computed with a model, and the scores of what follows the last ones."""

    def __init__(self, model: LlamaModel, settings: ContextSettings, *, rows: int) -> None:
        """rows: for how many of a batch's tokens scores can be asked at once; memory is kept for these.

        Raises `EngineError` when there is not enough memory.
        """
        self._model = model
        self._bindings = bindings = model.bindings
        self.settings = settings
        self.most_tokens = min(settings.tokens, model.trained_tokens)
        self.held: list[int] = []
        """The tokens in memory. Read only: `cut`, `compute` and `restore` keep it true."""
        self._rows = 0
        self._row = ctypes.c_float * model.vocabulary_size
        self._abort: Callable[[], bool] = lambda: False
        self._interrupt: BaseException | None = None
        # Kept here because llama.cpp calls it for as long as the context lives.
        self._abort_callback = bindings.ggml_abort_callback(self._asked_to_abort)
        self._no_callback = bindings.ggml_abort_callback()
        parameters = bindings.llama_context_default_params()
        parameters.n_ctx = self.most_tokens
        parameters.n_batch = parameters.n_ubatch = max(settings.batch_tokens, rows)
        parameters.n_outputs_max = rows
        parameters.n_threads = parameters.n_threads_batch = settings.threads or physical_cores()
        parameters.type_k = parameters.type_v = _GGML_TYPES[settings.kv_type]
        parameters.flash_attn_type = int(settings.flash_attention)
        parameters.no_perf = True
        self._handle: Any = bindings.llama_init_from_model(model.handle, parameters)
        if not self._handle:
            raise EngineError(
                f"No context of {self.most_tokens} tokens could be made for {model.name}{explained()}",
                remedy="Set a smaller `models.context_tokens`.",
            )
        self._memory = bindings.llama_get_memory(self._handle)
        self._batch = _Batch(bindings, max(settings.batch_tokens, rows))

    def cut(self, count: int) -> None:
        """Forgets all but the first `count` tokens; all of them where the state cannot be cut."""
        if count >= len(self.held):
            return
        if count and self._bindings.llama_memory_seq_rm(self._memory, 0, count, -1):
            del self.held[count:]
        else:
            self._bindings.llama_memory_clear(self._memory, False)
            self.held.clear()

    def clear(self) -> None:
        """Forgets everything, and overwrites what was kept of it."""
        self._bindings.llama_memory_clear(self._memory, True)
        self.held.clear()

    def keep_common(self, tokens: Sequence[int]) -> int:
        """Forgets what does not agree with `tokens` from the start; returns how many are left."""
        self.cut(common_prefix(self.held, tokens))
        return len(self.held)

    def compute(
        self, tokens: Sequence[int], *, rows: int = 1, cancelled: Callable[[], bool] | None = None
    ) -> None:
        """Appends `tokens`, at most a batch, and computes the scores of what follows the last `rows`.

        cancelled: polled while a large batch is computed. Raises `Cancelled` when it was broken off.
        """
        bindings, start = self._bindings, len(self.held)
        self._batch.fill(tokens, start, rows)
        self._rows = rows
        watched = cancelled is not None and len(tokens) >= _ABORTABLE_TOKENS
        if cancelled is not None and watched:
            self._abort = cancelled
            bindings.llama_set_abort_callback(self._handle, self._abort_callback, None)
        status = bindings.llama_decode(self._handle, self._batch.struct)
        if watched:
            bindings.llama_set_abort_callback(self._handle, self._no_callback, None)
        self.held += tokens
        if status != 0:
            self.cut(start)
            if self._interrupt is not None:
                interrupt, self._interrupt = self._interrupt, None
                raise interrupt
            if status == _ABORTED:
                raise Cancelled
            raise EngineError(f"llama.cpp stopped with status {status} at token {start}{explained()}")

    def scores(self, row: int) -> "Scores":
        """The scores of every token to follow the `row`th of those asked for; may be written to.

        A view of llama.cpp's own buffer, shape (vocabulary,), float32; valid until the next `compute`.
        """
        import numpy as np  # 0.1 s; llama_cpp has loaded it already

        pointer = self._bindings.llama_get_logits_ith(self._handle, row - self._rows)
        # By its address: numpy's own way from a pointer takes 60 µs, this 3.
        row_ = memoryview(self._row.from_address(ctypes.addressof(pointer.contents)))
        return np.frombuffer(row_, dtype=np.float32)

    def save(self) -> bytes:
        """The keys and values of all tokens held."""
        size = self._bindings.llama_state_seq_get_size(self._handle, 0)
        state = (ctypes.c_uint8 * size)()
        written = self._bindings.llama_state_seq_get_data(self._handle, state, size, 0)
        return bytes(memoryview(state)[:written])

    def restore(self, tokens: Sequence[int], state: bytes) -> bool:
        """Holds `tokens` as `save` returned them; False, holding nothing, when llama.cpp refuses."""
        self.cut(0)
        data = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if not self._bindings.llama_state_seq_set_data(self._handle, data, len(state), 0):
            self._bindings.llama_memory_clear(self._memory, False)
            return False
        self.held[:] = tokens
        return True

    def close(self) -> None:
        """Frees the keys and values; harmless when repeated."""
        if self._handle is not None:
            self._batch.close()
            self._bindings.llama_free(self._handle)
            self._handle = None

    def _asked_to_abort(self, _: object) -> bool:
        try:
            return self._abort()
        # An interrupt from the keyboard arrives here too, and cannot pass through C.
        except BaseException as interrupt:
            self._interrupt = interrupt
            return True


class _Batch:
    """llama.cpp's input of up to `size` tokens of one sequence."""

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
        count = len(tokens)
        self.struct.n_tokens = count
        self._tokens[:count] = tokens
        self._positions[:count] = range(position, position + count)
        self._wanted[: count - rows] = 0
        self._wanted[count - rows : count] = 1

    def close(self) -> None:
        self._bindings.llama_batch_free(self.struct)


def common_prefix(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences share from the start."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


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


def explained() -> str:
    """How a sentence about a failure goes on: with llama.cpp's own words, where it had any."""
    return f": {_messages.error.rstrip('.')}." if _messages.error else "."


@functools.cache
def llama_cpp() -> ModuleType:
    """The low-level bindings, with llama.cpp's messages led into `logging`."""
    bindings = devices.bindings()
    _messages.callback = bindings.llama_log_callback(_messages.heard)
    bindings.llama_log_set(_messages.callback, ctypes.c_void_p(0))
    bindings.llama_backend_init()
    _leave_out_amx()
    return bindings


def _leave_out_amx() -> None:
    """Takes AMX from the places where llama.cpp puts weights on a processor.

    Some compilers (seen: GCC 12.2) drop most of the tile configuration that llama.cpp's AMX kernels
    load, and the first batch ends the process (llama.cpp pull 26954). Weights reach those kernels by
    way of a buffer type of their own; without it they go to the next one, and run there.
    """
    from llama_cpp._ggml import libggml as ggml

    handle, name = ctypes.c_void_p, ctypes.c_char_p
    ggml.ggml_backend_dev_by_type.restype = handle
    ggml.ggml_backend_dev_backend_reg.restype = handle
    ggml.ggml_backend_dev_backend_reg.argtypes = [handle]
    ggml.ggml_backend_reg_get_proc_address.restype = handle
    ggml.ggml_backend_reg_get_proc_address.argtypes = [handle, name]
    ggml.ggml_backend_buft_name.restype = name
    ggml.ggml_backend_buft_name.argtypes = [handle]
    processor = ggml.ggml_backend_dev_by_type(0)
    asked = b"ggml_backend_dev_get_extra_bufts"
    listed = ggml.ggml_backend_reg_get_proc_address(ggml.ggml_backend_dev_backend_reg(processor), asked)
    if not listed:
        return
    # A list that ends with null; what stays moves up.
    places = ctypes.CFUNCTYPE(ctypes.POINTER(handle), handle)(listed)(processor)
    found = list(takewhile(bool, (places[index] for index in range(16))))
    kept = [place for place in found if ggml.ggml_backend_buft_name(place) != b"AMX"]
    for index, place in enumerate([*kept, *[None] * (len(found) - len(kept))]):
        places[index] = place
