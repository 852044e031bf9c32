"""Turns a checkpoint into the file that is shipped: ONNX, with the products of matrices in eight bits.

The word embeddings are an input of the network, because they are those of the bundled embedder. The answer
head and the span head both say whether there is an answer; the shipped probability is a logistic regression
over the two, fitted on articles that were held out.
"""

import logging
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from training.network import ReaderNetwork

log = logging.getLogger(__name__)

FILE = "reader.onnx"
"""The name of the shipped file."""


class ShippedNetwork(nn.Module):
    """From word embeddings to probabilities."""

    def __init__(self, network: ReaderNetwork, calibration: tuple[float, float, float]) -> None:
        """
        calibration: weight of the answer logit, weight of the span's margin, and constant.
        """
        super().__init__()
        self.network = network
        self.calibration = calibration

    def forward(self, embedded: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The probability of an answer, shape (sequences,); the logits of starts and of ends, shape
        (sequences, length) each; the probabilities of the classes of a claim, shape (sequences, 3)."""
        answers, spans, claims = self.network.read(embedded, types, mask)
        weight, margin_weight, constant = self.calibration
        logit = weight * answers + margin_weight * margin(spans, types, mask) + constant
        return torch.sigmoid(logit), spans[..., 0], spans[..., 1], torch.softmax(claims, dim=-1)


def margin(spans: Tensor, types: Tensor, mask: Tensor) -> Tensor:
    """How much likelier the best start and end in the passage are than none, shape (sequences,).

    spans: logits, shape (sequences, length, 2).
    """
    outside = ((types == 0) | (mask == 0)).unsqueeze(-1)
    best = spans.masked_fill(outside, -1e4).max(dim=1).values
    return (best - spans[:, 0]).sum(dim=-1)


def export(network: ReaderNetwork, folder: Path, calibration: tuple[float, float, float]) -> Path:
    """Writes the shipped file into `folder`; returns its path."""
    shipped = ShippedNetwork(network.float().cpu().eval(), calibration).eval()
    batch, length = torch.export.Dim("batch", min=1), torch.export.Dim("length", min=3, max=512)
    example = (
        torch.randn(2, 17, network.encoder.config.hidden_size),
        torch.ones(2, 17, dtype=torch.long),
        torch.ones(2, 17, dtype=torch.long),
    )
    axes = {0: batch, 1: length}
    whole = folder / "whole.onnx"
    torch.onnx.export(
        shipped,
        example,
        str(whole),
        dynamo=True,
        dynamic_shapes=(axes, axes, axes),
        input_names=["embedded", "types", "mask"],
        output_names=["answers", "starts", "ends", "claims"],
        external_data=False,
        verbose=False,
    )
    small = folder / FILE
    model = onnx.load(str(whole))
    del model.graph.value_info[:]
    onnx.save(model, str(whole))
    quantize_dynamic(
        str(whole),
        str(small),
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm"],
    )
    whole.unlink()
    log.info("%s: %.1f MB", small, small.stat().st_size / 1e6)
    return small


def fitted(logits: np.ndarray, margins: np.ndarray, labels: np.ndarray) -> tuple[float, float, float]:
    """The logistic regression of `labels` on the two signals, by Newton's method.

    logits, margins, labels: shape (examples,).
    """
    signals = np.stack([logits, margins, np.ones_like(logits)], axis=1).astype(np.float64)
    weights = np.zeros(3)
    for _ in range(30):
        p = 1 / (1 + np.exp(-signals @ weights))
        gradient = signals.T @ (labels - p) - 1e-3 * weights
        curvature = (signals * (p * (1 - p))[:, None]).T @ signals + 1e-3 * np.eye(3)
        weights += np.linalg.solve(curvature, gradient)
    return float(weights[0]), float(weights[1]), float(weights[2])
