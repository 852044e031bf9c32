"""Runs an embedder with ONNX Runtime: the real implementation of the seam.

A model is a sentence-transformers folder or a file of packed weights. It is exported once per machine
(`exporting`, `converting`) and checked against the original at once; after that, ONNX Runtime runs it, which
loads in a fraction of a second. An export that another program changed is made again: its files are listed
with their digests and a code (`policies.integrity`).

If the processor has units for bfloat16 matrices and many texts are to be embedded, torch runs the same
weights of a folder in bfloat16: four times as fast, with vectors that agree to four digits, after 3 s of
loading. The exported files contain weights only, no document content, and all libraries of a user share them.

It takes an absolute path: it never looks up a model by name and never downloads one.
"""

import json
import logging
import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.embedding import Vectors
from ingest.embedding.converting import Arithmetic, convert
from ingest.embedding.exporting import export
from ingest.errors import IngestError
from policies.integrity import IntegrityKey
from policies.provenance import DigestCache, digest

if TYPE_CHECKING:
    import onnxruntime

log = logging.getLogger(__name__)

BATCH_TOKENS = 512
"""Tokens of one batch, padding included. Larger batches do not fit the processor's caches, and mix short
texts with long ones: with 1,024 tokens, the sentences of a question take a fifth longer."""

BULK_TOKENS = 1024
"""Tokens of one batch with torch, which runs one batch on each core (34,000 tokens a second on two). Larger
batches would delay a question, which waits for the batches that have started."""

BULK_TEXTS = 400
"""Number of expected texts from which loading torch saves time."""

PADDING = 16
"""With torch, texts are padded to a multiple of this many tokens, because torch prepares for each new shape
and caches the preparation."""

EXPORT_FORMAT = 5
"""Version of the files that `_make` writes; to be changed with them."""

EXPORTED = ("model.onnx", "model.pt2", "tokenizer.json")
"""The files of an export besides `model.json`; packed weights have no `model.pt2`."""

MATRIX_UNITS = frozenset({"amx_bf16"})
"""Flags of processors on which bfloat16 is three times as fast as float32."""

BULK_AGREEMENT = 0.9995
"""Minimum cosine similarity of a bfloat16 vector and one from sentence-transformers."""

UNKNOWN_TOKENS = ("[UNK]", "<unk>")
"""What tokenizers call the token of characters that they do not know."""

AGREEMENT = 1e-4
"""Maximum difference of a vector's element between the exported model and sentence-transformers."""

INT8_AGREEMENT = 0.99
"""Minimum cosine similarity of a vector computed in int8 and one from the weights in 4 bits."""

PROBES = ("A lease ends.", "Der Mietvertrag endet am 30. Juni 2027, nach drei Jahren.", "契約 " * 40)
"""Texts of different lengths on which the exported model is compared with sentence-transformers."""


class OnnxEmbedder:
    """A model, run by ONNX Runtime."""

    def __init__(self, model: Path, cache: Path, *, digest: str, key: IntegrityKey) -> None:
        """Loads the exported model, which is exported first if it is not in the cache.

        model: a sentence-transformers folder, or a file of packed weights. cache: receives the export.
        digest: SHA-256 of the weights, in hex.
        key: tells an export that Carrel made from one that another program put there.

        Raises `IngestError` when the model is neither, or the exported model does not agree with it.
        """
        exported = cache / digest[:16]
        known = DigestCache(cache / "digests.json", key)
        shape = _shape(exported, known)
        if shape is None:
            log.info("exporting the embedder for this machine, once")
            shape = _make(model, exported, known)
        self._dimensions = int(shape["dimensions"])
        self._prefixes = (shape["question_prefix"], shape["text_prefix"])
        self.least_similarity = float(shape["least_similarity"])
        """See `Embedder`."""
        self._runner = _Runner(exported, shape)
        prefixes = "/".join(("", *self._prefixes)) if any(self._prefixes) else ""
        self.fingerprint = f"{digest[:16]}/{shape['max_tokens']}{prefixes}"

    @property
    def dimensions(self) -> int:
        """See `Embedder`."""
        return self._dimensions

    def count(self, text: str) -> int:
        """See `Embedder`."""
        return self._runner.count(text)

    def piece_lengths(self, text: str) -> list[int]:
        """See `Embedder`."""
        return self._runner.piece_lengths(text)

    def expect(self, texts: int) -> None:
        """Loads torch for many texts, on a processor on which that pays."""
        if texts >= BULK_TEXTS and _has_matrix_units():
            self._runner.load_torch()

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """See `Embedder`."""
        return self._runner.vectors(texts, self._prefixes[1], between)

    def embed_questions(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        return self._runner.vectors(texts, self._prefixes[0])


def open_network(file: Path, *, threads: int = 0) -> "onnxruntime.InferenceSession":
    """Loads an ONNX file, to be run on the processor. ONNX Runtime writes only errors to its log.

    threads: how many one run of the network uses; 0 for one on each core.
    """
    import onnxruntime  # 0.16 s to import, against 3 s for torch.

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    # Threads that wait for the next step would spin: a third of the processor time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


class _Runner:
    """An exported model."""

    def __init__(self, exported: Path, shape: Mapping[str, Any]) -> None:
        """shape: the content of `model.json`."""
        from tokenizers import Tokenizer

        self._folder = exported
        self._bulk: _TorchRunner | None = None
        """Runs batches with torch; None until it is loaded."""
        self._dimensions = int(shape["dimensions"])
        self._max_tokens = int(shape["max_tokens"])
        self._session = open_network(exported / "model.onnx")
        self._tokenizer = Tokenizer.from_file(str(exported / "tokenizer.json"))
        self._tokenizer.enable_truncation(self._max_tokens)
        self._tokenizer.no_padding()
        self._unknown = {self._tokenizer.token_to_id(token) for token in UNKNOWN_TOKENS}

    def load_torch(self) -> None:
        """Loads the bfloat16 model, if there is one and it is not loaded."""
        if self._bulk is None and (self._folder / "model.pt2").is_file():
            self._bulk = _TorchRunner(self._folder)

    def count(self, text: str) -> int:
        """See `Embedder`."""
        # As a batch of one, because only the batch methods let other threads run.
        (encoded,) = self._tokenizer.encode_batch_fast([text], add_special_tokens=False)
        return len(encoded.ids) + sum(len(rest.ids) for rest in encoded.overflowing)

    def piece_lengths(self, text: str) -> list[int]:
        """See `Embedder`."""
        (encoded,) = self._tokenizer.encode_batch([text], add_special_tokens=False)
        # A token without characters is the mark of a space that a tokenizer puts before the text.
        return [
            0 if identity in self._unknown else end - start
            for part in (encoded, *encoded.overflowing)
            for identity, (start, end) in zip(part.ids, part.offsets, strict=True)
            if identity in self._unknown or end > start
        ]

    def vectors(
        self, texts: Sequence[str], prefix: str, between: Callable[[], None] = lambda: None
    ) -> Vectors:
        """One unit vector per text, each read after `prefix`; `between` as in `Embedder.embed`."""
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        running: deque[tuple[list[int], Future[Vectors]]] = deque()
        encoded = self._tokenizer.encode_batch_fast([prefix + text for text in texts])
        budget, step = (BULK_TOKENS, PADDING) if self._bulk is not None else (BATCH_TOKENS, 1)
        # Longest first: a batch holds texts of about the same length, so little of it is padding.
        order = sorted(range(len(texts)), key=lambda i: -len(encoded[i].ids))
        start = 0
        while start < len(order):
            between()
            longest = min(-(-len(encoded[order[start]].ids) // step) * step, self._max_tokens)
            batch = order[start : start + max(budget // longest, 1)]
            start += len(batch)
            ids = np.zeros((len(batch), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, index in enumerate(batch):
                tokens = encoded[index].ids
                ids[row, : len(tokens)] = tokens
                mask[row, : len(tokens)] = 1
            if self._bulk is not None and len(batch) > 1:
                running.append((batch, self._bulk.start(ids, mask)))
                if len(running) == self._bulk.threads:
                    rows, future = running.popleft()
                    vectors[rows] = future.result()
            else:
                vectors[batch] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        for rows, future in running:
            vectors[rows] = future.result()
        return vectors


def _shape(exported: Path, known: DigestCache) -> dict[str, Any] | None:
    """The content of an export's `model.json`.

    None when it is missing, incomplete, from another torch, or not what Carrel wrote.
    """
    if not all((exported / name).is_file() for name in ("model.json", "model.onnx", "tokenizer.json")):
        return None
    try:
        shape: dict[str, Any] = json.loads((exported / "model.json").read_text(encoding="utf-8"))
        if shape["made_by"] != _exporter():
            return None
        code = shape.pop("code")
        files = _files(exported)
        if code == _code(shape, known.key) and shape["files"] == _digests(files, known):
            return shape
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    log.warning("the exported embedder %s is not what Carrel wrote, and is made again", exported)
    return None


def _files(exported: Path) -> list[Path]:
    """The files of an export besides `model.json`."""
    return [path for name in EXPORTED if (path := exported / name).is_file()]


def _digests(files: Sequence[Path], known: DigestCache) -> dict[str, str]:
    return {path.name: digest(path, cache=known) for path in files}


def _code(shape: Mapping[str, Any], key: IntegrityKey) -> str:
    """The code of what a `model.json` says, in hex."""
    return key.code("export", json.dumps(shape, sort_keys=True)).hex()


def _exporter() -> str:
    return f"{EXPORT_FORMAT}, torch {version('torch')}, onnxruntime {version('onnxruntime')}"


def _make(model: Path, target: Path, known: DigestCache) -> dict[str, Any]:
    """Writes what `OnnxEmbedder` runs to `target`, with `model.json` last; returns the content of that."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "model.pt2").unlink(missing_ok=True)
    shape = _converted(model, target) if model.is_file() else _exported(model, target)
    shape["made_by"] = _exporter()
    shape["files"] = _digests(_files(target), known)
    code = _code(shape, known.key)
    (target / "model.json").write_text(json.dumps({**shape, "code": code}), encoding="utf-8")
    return shape


def _exported(folder: Path, target: Path) -> dict[str, Any]:
    """Exports a sentence-transformers folder, and compares its vectors with those of the export."""
    shape, expected = export(folder, target, PROBES)
    runner = _Runner(target, shape)
    difference = float(np.abs(runner.vectors(PROBES, shape["text_prefix"]) - expected).max())
    runner.load_torch()
    cosine = float((runner.vectors(PROBES, shape["text_prefix"]) * expected).sum(axis=1).min())
    if difference > AGREEMENT or cosine < BULK_AGREEMENT:
        raise IngestError(
            f"The exported embedder of {folder} computes other vectors (they differ by {difference:.1e}).",
            remedy="Use another embedder, or report this model.",
        )
    log.info("the exported embedder agrees with sentence-transformers to %.1e", difference)
    return shape


def _converted(file: Path, target: Path) -> dict[str, Any]:
    """Converts a file of packed weights, in int8 if this processor computes that rightly."""
    shape = convert(file, target, Arithmetic.FOUR_BITS)
    expected = _Runner(target, shape).vectors(PROBES, shape["text_prefix"])
    convert(file, target, Arithmetic.INT8)
    cosine = float(
        (_Runner(target, shape).vectors(PROBES, shape["text_prefix"]) * expected).sum(axis=1).min()
    )
    if cosine < INT8_AGREEMENT:
        log.info("int8 differs on this processor (%.4f), so the weights stay in 4 bits", cosine)
        convert(file, target, Arithmetic.FOUR_BITS)
    return shape


def _has_matrix_units() -> bool:
    try:
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and not MATRIX_UNITS.isdisjoint(flags[1].split())


class _TorchRunner:
    """Runs the exported bfloat16 model with torch, one batch on each core.

    One thread per batch embeds a third more texts a second than all threads on one batch, because most steps
    of such a small model are too short to be divided.
    """

    def __init__(self, folder: Path) -> None:
        # About 3 s to import and load.
        import torch

        log.info("loading torch to embed many texts")
        self._torch = torch
        self._program = torch.export.load(folder / "model.pt2").module()
        self.threads = torch.get_num_threads()
        self._threads = ThreadPoolExecutor(
            self.threads, "embedding", initializer=lambda: torch.set_num_threads(1)
        )

    def start(self, ids: Any, mask: Any) -> "Future[Vectors]":
        """Starts one batch: token ids and mask, both of shape (texts, tokens) and type int64."""
        return self._threads.submit(self._run, ids, mask)

    def _run(self, ids: Any, mask: Any) -> Vectors:
        with self._torch.inference_mode():
            vectors: Vectors = self._program(
                self._torch.from_numpy(ids), self._torch.from_numpy(mask)
            ).numpy()
        return vectors
