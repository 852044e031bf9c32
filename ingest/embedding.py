"""Embeds texts as vectors: the embedder seam, the real embedder, and one that needs no model.

sentence-transformers is the loader, because it knows the layers, the pooling and the normalisation of a model
folder. Loading it takes seconds (it imports torch). So the model is exported once per machine, from the same
weights, and checked against sentence-transformers at once; after that, ONNX Runtime runs it. If the processor
has units for bfloat16 matrices and many texts are to be embedded, torch runs the same weights in bfloat16:
four times as fast, with vectors that agree to four digits, after 3 s of loading. The exported files contain
weights only, no document content, and all libraries of a user share them.

Called by the pipeline (chunks) and by retrieval (questions). It takes an absolute folder: it never looks up
a model by name and never downloads one.
"""

import hashlib
import json
import logging
import math
import os
import re
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ingest.errors import IngestError

log = logging.getLogger(__name__)

Vectors = NDArray[np.float32]
"""Shape (texts, dimensions), float32; every row has unit length."""

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

EXPORT_FORMAT = 2
"""Version of the files that `_export` writes; to be changed with them."""

MATRIX_UNITS = frozenset({"amx_bf16"})
"""Flags of processors on which bfloat16 is three times as fast as float32."""

BULK_AGREEMENT = 0.9995
"""Minimum cosine similarity of a bfloat16 vector and one from sentence-transformers."""

MAX_TOKENS = 512
"""Maximum length of a text for a model whose folder states none."""

UNKNOWN_TOKENS = ("[UNK]", "<unk>")
"""What tokenizers call the token of characters that they do not know."""

AGREEMENT = 1e-4
"""Maximum difference of a vector's element between the exported model and sentence-transformers."""

PROBES = ("A lease ends.", "Der Mietvertrag endet am 30. Juni 2027, nach drei Jahren.", "契約 " * 40)
"""Texts of different lengths on which the exported model is compared with sentence-transformers."""


class Embedder(Protocol):
    """Turns texts into unit vectors. The inner product of two vectors is the similarity of their texts."""

    @property
    def fingerprint(self) -> str:
        """Identifies everything that affects a vector; vectors with two fingerprints are never compared."""

    @property
    def dimensions(self) -> int:
        """Number of elements of a vector."""

    def count(self, text: str) -> int:
        """Number of tokens of `text` for this model, without the special tokens it adds."""

    def piece_lengths(self, text: str) -> list[int]:
        """Number of characters of each token of `text`, in order; 0 for a token that the model does not know.

        A single token is a word that the model has learned. Tokens of one character each mean that it has not
        learned the script of the text.
        """

    def expect(self, texts: int) -> None:
        """Announces that about `texts` texts will be embedded, so that a faster method can be loaded."""

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """One unit vector per text; an empty sequence gives shape (0, dimensions).

        between: called before each batch, which takes some tens of milliseconds. An exception that it raises
        ends the embedding.
        """


class OnnxEmbedder:
    """A sentence-transformers model folder, run by ONNX Runtime."""

    def __init__(self, folder: Path, cache: Path, *, digest: str) -> None:
        """Loads the exported model, which is exported first if it is not in the cache.

        folder: the model. cache: receives the export. digest: SHA-256 of the weights, in hex.

        Raises `IngestError` when the folder is not a sentence-transformers model, or the exported model does
        not agree with it.
        """
        # 0.16 s and 0.03 s to import, against 3 s for torch.
        import onnxruntime
        from tokenizers import Tokenizer

        exported = cache / digest[:16]
        shape = _shape(exported)
        if shape is None:
            log.info("exporting the embedder for this machine, once")
            shape = _export(folder, exported)
        self._folder = exported
        self._bulk: _TorchRunner | None = None
        """Runs batches with torch; None until it is loaded."""
        self._dimensions = int(shape["dimensions"])
        self._max_tokens = int(shape["max_tokens"])
        self.fingerprint = f"{digest[:16]}/{self._max_tokens}"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            exported / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._counter = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._counter.no_truncation()
        self._counter.no_padding()
        self._unknown = {self._counter.token_to_id(token) for token in UNKNOWN_TOKENS}
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self._max_tokens)
        self._tokenizer.no_padding()

    @property
    def dimensions(self) -> int:
        """See `Embedder`."""
        return self._dimensions

    def count(self, text: str) -> int:
        """See `Embedder`."""
        # As a batch of one, because only the batch methods let other threads run.
        return len(self._counter.encode_batch_fast([text], add_special_tokens=False)[0].ids)

    def piece_lengths(self, text: str) -> list[int]:
        """See `Embedder`."""
        (encoded,) = self._counter.encode_batch([text], add_special_tokens=False)
        return [
            0 if identity in self._unknown else end - start
            for identity, (start, end) in zip(encoded.ids, encoded.offsets, strict=True)
        ]

    def expect(self, texts: int) -> None:
        """Loads torch for many texts, on a processor on which that pays."""
        if self._bulk is None and texts >= BULK_TEXTS and _has_matrix_units():
            self._bulk = _TorchRunner(self._folder)

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """See `Embedder`."""
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        running: deque[tuple[list[int], Future[Vectors]]] = deque()
        encoded = self._tokenizer.encode_batch_fast(list(texts))
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


def _shape(exported: Path) -> dict[str, Any] | None:
    """The content of an export's `model.json`; None when it is missing, incomplete or from another torch."""
    if not all((exported / name).is_file() for name in ("model.json", "model.onnx", "model.pt2")):
        return None
    shape: dict[str, Any] = json.loads((exported / "model.json").read_text(encoding="utf-8"))
    return shape if shape.get("made_by") == _exporter() else None


def _exporter() -> str:
    return f"{EXPORT_FORMAT}, torch {version('torch')}"


def _export(folder: Path, target: Path) -> dict[str, Any]:
    """Writes `model.onnx`, `model.pt2` and finally `model.json` to `target`; returns what it wrote last."""
    # Together about 8 s to import and load.
    import torch
    from sentence_transformers import SentenceTransformer

    if not (folder / "modules.json").is_file():
        raise IngestError(
            f"{folder} is not a sentence-transformers model: it has no modules.json.",
            remedy="Set models.embedder to a folder saved by sentence-transformers.",
        )

    class SentenceModule(torch.nn.Module):
        """From token ids to a unit vector: all layers of the model, pooling included."""

        def __init__(self, model: SentenceTransformer) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            out = self.model({"input_ids": ids, "attention_mask": mask})["sentence_embedding"]
            return torch.nn.functional.normalize(out.float(), dim=1)

    with _quiet():
        model = SentenceTransformer(str(folder), device="cpu", local_files_only=True, trust_remote_code=False)
        model.eval()
        example = torch.ones((2, 9), dtype=torch.long)
        batch, length = (
            torch.export.Dim("batch"),
            torch.export.Dim("length", max=model.max_seq_length or MAX_TOKENS),
        )
        axes = {0: batch, 1: length}
        target.mkdir(parents=True, exist_ok=True)
        exported = torch.export.export(
            SentenceModule(model), (example, example.clone()), dynamic_shapes=(axes, axes)
        )
        partial = target / f"model.{os.getpid()}.onnx"
        torch.onnx.export(
            exported,
            (),
            partial,
            input_names=["ids", "mask"],
            output_names=["vector"],
            dynamo=True,
            external_data=False,
            verbose=False,
        )
        partial.replace(target / "model.onnx")
        expected = model.encode(list(PROBES), normalize_embeddings=True, show_progress_bar=False)
        exported = torch.export.export(
            SentenceModule(model.to(torch.bfloat16)), (example, example.clone()), dynamic_shapes=(axes, axes)
        )
        partial = partial.with_suffix(".pt2")
        torch.export.save(exported, partial)
        partial.replace(target / "model.pt2")
    shape = {
        "dimensions": int(expected.shape[1]),
        "max_tokens": int(model.max_seq_length or MAX_TOKENS),
        "made_by": _exporter(),
    }
    (target / "model.json").write_text(json.dumps(shape), encoding="utf-8")
    embedder = OnnxEmbedder(folder, target.parent, digest=target.name)
    difference = float(np.abs(embedder.embed(PROBES) - expected).max())
    embedder.expect(BULK_TEXTS)
    cosine = float((embedder.embed(PROBES) * expected).sum(axis=1).min())
    if difference > AGREEMENT or cosine < BULK_AGREEMENT:
        (target / "model.json").unlink()
        raise IngestError(
            f"The exported embedder of {folder} computes other vectors (they differ by {difference:.1e}).",
            remedy="Use another embedder, or report this model.",
        )
    log.info("the exported embedder agrees with sentence-transformers to %.1e", difference)
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps progress bars and notices of the loading libraries off stderr."""
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


class HashingEmbedder:
    """An embedder without a model: it hashes words into signed buckets.

    Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning", section 2. Only texts that
    share words are similar. With it, every stage runs where no model is available.
    """

    fingerprint = "hashing/1"
    """See `Embedder`."""

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    @property
    def dimensions(self) -> int:
        """See `Embedder`."""
        return self._dimensions

    def count(self, text: str) -> int:
        """The number of words."""
        return len(_words(text))

    def piece_lengths(self, text: str) -> list[int]:
        """The lengths of the words, all of which it knows."""
        return list(map(len, _words(text)))

    def expect(self, texts: int) -> None:
        """Does nothing: there is nothing to load."""

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """See `Embedder`."""
        between()
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            # A text without words gets a unit vector too.
            for word in _words(text) or [""]:
                code = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
                vectors[row, (code >> 1) % self._dimensions] += 1.0 if code & 1 else -1.0
            length = math.sqrt(float(vectors[row] @ vectors[row]))
            if length == 0.0:
                vectors[row, 0] = length = 1.0
            vectors[row] /= length
        return vectors


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
