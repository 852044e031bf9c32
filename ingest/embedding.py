"""Text to vectors: the embedder seam, the real embedder, and one that needs no model.

sentence-transformers is the loader: it knows a model folder's layers, pooling and normalisation.
Loading it costs seconds (it imports torch), so the model is exported once on this machine, from the
same weights, checked against sentence-transformers on the spot, and from then on ONNX Runtime runs
it. Where the processor multiplies matrices of bfloat16 and many texts are to come, torch runs the
same weights in bfloat16 four times as fast, at vectors that agree to four digits, for 3 s of loading. The
exported files hold weights only, no document content, and are shared by all libraries of one person.

Called by the pipeline (chunks) and by retrieval (questions). Never looks a model up by name and
never downloads: it takes an absolute folder.
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
"""Shape (texts, dimensions); every row has unit length."""

BATCH_TOKENS = 512
"""Tokens of one run of the model, padding included: larger batches leave the processor's caches, and mix
short texts with long ones (1,024 tokens read the sentences of a question a fifth slower)."""

BULK_TOKENS = 1024
"""The same with torch, and each core its own batch (34,000 tokens a second on two): no larger, because a
question waits for the batches that have begun."""

MANY = 400
"""Texts to come for which loading torch pays."""

PADDING = 16
"""With torch, texts are padded to multiples of this: it prepares anew for every shape it meets, and keeps
what it prepared."""

EXPORTED_FORM = 2
"""Names what `_export` writes: to be changed with it."""

MATRIX_UNITS = frozenset({"amx_bf16"})
"""Flags of processors on which bfloat16 is three times as fast."""

BULK_AGREEMENT = 0.9995
"""Least cosine of a vector made in bfloat16 and one from sentence-transformers."""

MAX_TOKENS = 512
"""What a model reads whose folder does not say."""

AGREEMENT = 1e-4
"""Largest difference of a vector's element between the exported model and sentence-transformers."""

PROBES = ("A lease ends.", "Der Mietvertrag endet am 30. Juni 2027, nach drei Jahren.", "契約 " * 40)
"""Texts of different lengths on which an export must agree with its origin."""


class Embedder(Protocol):
    """Turns text into unit vectors whose inner product is their similarity."""

    @property
    def fingerprint(self) -> str:
        """Names all that changes a vector; vectors of two fingerprints are never compared."""

    @property
    def dimensions(self) -> int:
        """Length of a vector."""

    def count(self, text: str) -> int:
        """The tokens of `text` for this model, without the special ones it adds."""

    def expect(self, texts: int) -> None:
        """Tells how many texts are about to be embedded, so that what pays for many is made ready."""

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        """One unit vector a text; an empty sequence gives shape (0, dimensions).

        between: called before each of the runs it takes, which last some tens of milliseconds. What it
        raises ends the embedding.
        """


class OnnxEmbedder:
    """A sentence-transformers model folder, run by ONNX Runtime."""

    def __init__(self, folder: Path, cache: Path, *, digest: str) -> None:
        """Loads the exported model, exporting it first if this machine has not yet.

        `folder` holds the model, `cache` receives the export, `digest` is the SHA-256 of the
        weights. Raises `IngestError` when the folder is no such model or the export does not
        agree with it.
        """
        # 0.16 s and 0.03 s to import, against 3 s for torch.
        import onnxruntime
        from tokenizers import Tokenizer

        exported = cache / digest[:16]
        shape = _shape(exported)
        if shape is None:
            log.info("preparing the embedder for this machine (once)")
            shape = _export(folder, exported)
        self._folder = exported
        self._bulk: _Bulk | None = None
        """Runs batches by torch, once loaded."""
        self._dimensions = int(shape["dimensions"])
        self._most = int(shape["max_tokens"])
        self.fingerprint = f"{digest[:16]}/{self._most}"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            exported / "model.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._counter = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._counter.no_truncation()
        self._counter.no_padding()
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(self._most)
        self._tokenizer.no_padding()

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def count(self, text: str) -> int:
        # Of a batch, because only that lets other threads run.
        return len(self._counter.encode_batch_fast([text], add_special_tokens=False)[0].ids)

    def expect(self, texts: int) -> None:
        if self._bulk is None and texts >= MANY and _has_matrix_units():
            self._bulk = _Bulk(self._folder)

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        begun: deque[tuple[list[int], Future[Vectors]]] = deque()
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        most, step = (BULK_TOKENS, PADDING) if self._bulk is not None else (BATCH_TOKENS, 1)
        # The longest first: a batch is padded to about its own texts' length, and its shape follows from it.
        order = sorted(range(len(texts)), key=lambda i: -len(encoded[i].ids))
        start = 0
        while start < len(order):
            between()
            longest = min(-(-len(encoded[order[start]].ids) // step) * step, self._most)
            batch = order[start : start + max(most // longest, 1)]
            start += len(batch)
            ids = np.zeros((len(batch), longest), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, index in enumerate(batch):
                tokens = encoded[index].ids
                ids[row, : len(tokens)] = tokens
                mask[row, : len(tokens)] = 1
            if self._bulk is not None and len(batch) > 1:
                begun.append((batch, self._bulk.begin(ids, mask)))
                if len(begun) == self._bulk.threads:
                    done, made = begun.popleft()
                    vectors[done] = made.result()
            else:
                vectors[batch] = self._session.run(None, {"ids": ids, "mask": mask})[0]
        for done, made in begun:
            vectors[done] = made.result()
        return vectors


def _shape(exported: Path) -> dict[str, Any] | None:
    """What `model.json` says of an export; None when it is not there, not whole, or another torch's."""
    if not all((exported / name).is_file() for name in ("model.json", "model.onnx", "model.pt2")):
        return None
    shape: dict[str, Any] = json.loads((exported / "model.json").read_text(encoding="utf-8"))
    return shape if shape.get("made_by") == _exporter() else None


def _exporter() -> str:
    return f"{EXPORTED_FORM}, torch {version('torch')}"


def _export(folder: Path, target: Path) -> dict[str, Any]:
    """Writes `model.onnx`, `model.pt2` and, last, `model.json` into `target`; returns what that says."""
    # Together about 8 s to import and load.
    import torch
    from sentence_transformers import SentenceTransformer

    if not (folder / "modules.json").is_file():
        raise IngestError(
            f"{folder} is not a sentence-transformers model: it has no modules.json.",
            remedy="Point models.embedder at a folder saved by sentence-transformers.",
        )

    class Sentence(torch.nn.Module):
        """Token ids to a unit vector: every layer of the model, pooling included."""

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
            Sentence(model), (example, example.clone()), dynamic_shapes=(axes, axes)
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
            Sentence(model.to(torch.bfloat16)), (example, example.clone()), dynamic_shapes=(axes, axes)
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
    embedder.expect(MANY)
    cosine = float((embedder.embed(PROBES) * expected).sum(axis=1).min())
    if difference > AGREEMENT or cosine < BULK_AGREEMENT:
        (target / "model.json").unlink()
        raise IngestError(
            f"The embedder in {folder} gives other vectors once exported (they differ by {difference:.1e}).",
            remedy="Use another embedder, or report this model.",
        )
    log.info("the exported embedder agrees with its origin to %.1e", difference)
    return shape


def _has_matrix_units() -> bool:
    try:
        flags = re.search(r"^flags\s*:(.*)$", Path("/proc/cpuinfo").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return False
    return flags is not None and not MATRIX_UNITS.isdisjoint(flags[1].split())


class _Bulk:
    """The exported bfloat16 model run by torch, a batch on every core.

    One thread each gives a third more texts a second than all threads on each batch: most steps of so small
    a model are too short to be shared out.
    """

    def __init__(self, folder: Path) -> None:
        # About 3 s to import and load.
        import torch

        log.info("many texts to embed: loading torch")
        self._torch = torch
        self._program = torch.export.load(folder / "model.pt2").module()
        self.threads = torch.get_num_threads()
        self._threads = ThreadPoolExecutor(
            self.threads, "embedding", initializer=lambda: torch.set_num_threads(1)
        )

    def begin(self, ids: Any, mask: Any) -> "Future[Vectors]":
        """Ids and mask, shape (texts, tokens), to vectors."""
        return self._threads.submit(self._run, ids, mask)

    def _run(self, ids: Any, mask: Any) -> Vectors:
        with self._torch.inference_mode():
            vectors: Vectors = self._program(
                self._torch.from_numpy(ids), self._torch.from_numpy(mask)
            ).numpy()
        return vectors


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the progress bars and notices of the loading libraries off stderr."""
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
    """An embedder without a model: words hashed into signed buckets.

    Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning", section 2.
    Texts that share words are similar; nothing else is. It lets every stage run where no model
    is at hand.
    """

    fingerprint = "hashing/1"

    def __init__(self, dimensions: int = 256) -> None:
        self._dimensions = dimensions

    @property
    def dimensions(self) -> int:
        return self._dimensions

    def count(self, text: str) -> int:
        return len(_words(text))

    def expect(self, texts: int) -> None:
        pass  # Nothing to make ready.

    def embed(self, texts: Sequence[str], *, between: Callable[[], None] = lambda: None) -> Vectors:
        between()
        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            # A text without a word still gets a unit vector.
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
