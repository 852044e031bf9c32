"""Exports a sentence-transformers folder, once per machine, for `ingest.embedding.running`.

sentence-transformers is the loader, because it knows the layers, the pooling, the normalisation and the
prefixes of a model folder. Loading it takes seconds (it imports torch). The exported files contain weights
only, no document content.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.embedding import Vectors
from ingest.errors import IngestError

MAX_TOKENS = 512
"""Maximum length of a text for a model whose folder states none."""


def export(folder: Path, target: Path, probes: Sequence[str]) -> tuple[dict[str, Any], Vectors]:
    """Writes `model.onnx` (float32), `model.pt2` (bfloat16) and `tokenizer.json` to `target`.

    Returns the shape of the model, and the vectors that sentence-transformers computes for `probes`.
    Raises `IngestError` when `folder` is not a sentence-transformers model.
    """
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
        prompts = dict(model.prompts or {})
        text_prefix = _prefix(prompts, ("document", "passage"))
        expected: Vectors = model.encode(
            [text_prefix + probe for probe in probes],
            prompt="",
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        exported = torch.export.export(
            SentenceModule(model.to(torch.bfloat16)), (example, example.clone()), dynamic_shapes=(axes, axes)
        )
        partial = partial.with_suffix(".pt2")
        torch.export.save(exported, partial)
        partial.replace(target / "model.pt2")
    partial = partial.with_suffix(".json")
    partial.write_bytes((folder / "tokenizer.json").read_bytes())
    partial.replace(target / "tokenizer.json")
    shape = {
        "dimensions": int(expected.shape[1]),
        "max_tokens": int(model.max_seq_length or MAX_TOKENS),
        "least_similarity": -1.0,
        "question_prefix": _prefix(prompts, ("query",)),
        "text_prefix": text_prefix,
    }
    return shape, expected


def _prefix(prompts: Mapping[str, str | None], names: Sequence[str]) -> str:
    """The first prefix that a model folder states under one of these names; empty for none."""
    return next((prefix for name in names if (prefix := prompts.get(name))), "")


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
