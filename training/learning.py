"""Trains the network in pieces: it can be cut off at any time and goes on from its last checkpoint.

The rate of learning rises, stays, and falls over the last two fifths of the steps (Hägele et al. 2024,
"Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations", NeurIPS). What was learned before
it fell is kept, so a longer training later goes on from there and not from the end.
"""

import json
import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from training.batches import Batch
from training.network import ReaderNetwork

log = logging.getLogger(__name__)

RATES = 1.2e-4, 1e-3
"""The highest rates of learning, of the layers and of the heads, which start from nothing."""

LATER_RATES = 6e-5, 1.8e-4
"""The same for a training that starts from trained weights."""

WARM_UP = 150
"""Steps over which the rate rises."""

FALL = 0.4
"""Share of the steps over which it falls to nothing."""

SAVE_SECONDS = 240
"""Time between two checkpoints."""


class Trainer:
    """Trains one network in one folder."""

    def __init__(
        self, network: ReaderNetwork, work: Path, device: str, rates: tuple[float, float] = RATES
    ) -> None:
        """
        work: keeps the checkpoints `last.pt` and `before-fall.pt`.
        device: `cpu` or `cuda`.
        rates: the highest rates of learning, of the layers and of the heads.
        """
        self._network = network.to(device)
        self._device = device
        self._work = work
        heads = [p for name, p in network.named_parameters() if "head" in name]
        body = [p for name, p in network.named_parameters() if "head" not in name and p.requires_grad]
        self._rates = rates
        self._optimizer = torch.optim.AdamW(
            [{"params": body}, {"params": heads}],
            lr=rates[0],
            betas=(0.9, 0.98),
            weight_decay=0.01,
            fused=True,
        )
        self._step = 0

    def resume(self) -> int:
        """Loads the last checkpoint, if there is one; returns the number of steps done."""
        file = self._work / "last.pt"
        if file.exists():
            state = torch.load(file, map_location=self._device, weights_only=True)
            self._network.load_state_dict(state["weights"], strict=False)
            self._optimizer.load_state_dict(state["optimizer"])
            self._step = state["step"]
        return self._step

    def run(self, batches: Iterator[Batch], steps: int) -> None:
        """Trains up to step `steps`, on the batches from the step of the last checkpoint on."""
        fall_from = round(steps * (1 - FALL))
        began = saved = time.monotonic()
        tokens, losses = 0, torch.zeros(3, device=self._device)
        self._network.train()
        for batch in batches:
            if self._step >= steps:
                break
            share = min(1.0, (self._step + 1) / WARM_UP, (steps - self._step) / (steps - fall_from))
            for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
                group["lr"] = rate * share
            if self._step == fall_from:
                self.save("before-fall.pt")
            parts = self._learn(batch)
            losses += parts
            tokens += int(batch.mask.sum())
            self._step += 1
            if self._step % 50 == 0:
                pace = tokens / (time.monotonic() - began)
                log.info(
                    "step %d of %d: answer %.3f, span %.3f, claim %.3f; %.0f tokens a second",
                    self._step, steps, *(losses / 50).tolist(), pace,
                )  # fmt: skip
                losses.zero_()
            if time.monotonic() - saved > SAVE_SECONDS:
                self.save("last.pt")
                saved = time.monotonic()
        self.save("last.pt")

    def save(self, name: str) -> None:
        """Writes a checkpoint whole or not at all."""
        state = {
            "weights": self._network.changed(),
            "optimizer": self._optimizer.state_dict(),
            "step": self._step,
        }
        partial = self._work / f"{name}.partial"
        torch.save(state, partial)
        os.replace(partial, self._work / name)
        (self._work / "progress.json").write_text(json.dumps({"step": self._step}))

    def _learn(self, batch: Batch) -> Tensor:
        """One step; returns the losses of the heads, shape (3,), where the network is.

        What depends on the values of a batch is found before it is moved, so that the device need not be
        waited for.
        """
        place = self._device
        with torch.autocast(place, dtype=torch.bfloat16):
            answers, spans, claims = self._network(
                batch.ids.to(place), batch.types.to(place), batch.mask.to(place)
            )
        questions = batch.questions.nonzero().squeeze(1)
        others = (~batch.questions).nonzero().squeeze(1)
        answer_loss = functional.binary_cross_entropy_with_logits(
            answers.float()[questions.to(place)], batch.labels[questions].float().to(place)
        )
        span_loss = torch.stack(
            [span_cross_entropy(spans.float()[..., side], batch, batch.spans[:, side]) for side in (0, 1)]
        ).mean()
        claim_loss = (
            functional.cross_entropy(claims.float()[others.to(place)], batch.labels[others].to(place))
            if len(others)
            else claims.sum() * 0
        )
        share = len(others) / len(batch.questions)
        loss = (1 - share) * (answer_loss + 0.5 * span_loss) + share * claim_loss
        self._optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
        self._optimizer.step()
        return torch.stack([answer_loss, span_loss, claim_loss]).detach()


def weights(checkpoint: Path) -> dict[str, Tensor]:
    """The trained weights in a checkpoint, by name."""
    loaded: dict[str, Tensor] = torch.load(checkpoint, map_location="cpu", weights_only=True)["weights"]
    return loaded


def average(network: ReaderNetwork, others: Sequence[tuple[Path, float]]) -> None:
    """Averages the weights of `network` with those of other checkpoints, each with its share.

    Trainings from the same start err differently, and the mean of their weights errs less than any of them
    (Wortsman et al. 2022, "Model soups", ICML). It costs nothing when it is read with.
    """
    own = 1 - sum(share for _, share in others)
    mixed = {name: own * tensor for name, tensor in network.changed().items()}
    for checkpoint, share in others:
        for name, tensor in weights(checkpoint).items():
            mixed[name] += share * tensor
    network.load_state_dict(mixed, strict=False)


def span_cross_entropy(logits: Tensor, batch: Batch, target: Tensor) -> Tensor:
    """The cross entropy of one end of the answer.

    logits: shape (sequences, length); positions of the question and of padding cannot be chosen.
    target: the right position of each sequence, -100 where unknown.
    """
    allowed = (batch.types == 1) & (batch.mask == 1)
    allowed[:, 0] = True
    if not (target != -100).any():
        return logits.sum() * 0
    masked = logits.masked_fill(~allowed.to(logits.device), -1e4)
    return functional.cross_entropy(masked, target.to(logits.device), ignore_index=-100)
