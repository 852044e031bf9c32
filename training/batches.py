"""An endless stream of batches, the same for the same seed, from any step on.

An epoch is a shuffled list of draws from the sources, each with its share. Batches of similar length are made
of the next few hundred examples, so that little of a batch is padding.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training.nearmisses import NearMisses
from training.notes import note_example
from training.papers import Papers
from training.records import record_example
from training.rows import (
    Example,
    claim_example,
    is_held_out,
    is_yes_no,
    question_example,
    rank_examples,
    rows,
    yes_no_examples,
)

BATCH = 40
"""Sequences of a batch, unless another number is asked for."""

BUCKET = 24
"""Batches that are made of the same examples, by length."""

PADDING = 8
"""Sequences are padded to a multiple of this: the kernels are prepared anew for each length."""

LONGEST = 320
"""Tokens of the longest sequence; the rest of a passage is cut off."""

SHARES = {
    "answerable": 0.12,
    "unanswerable": 0.10,
    "other paragraph": 0.04,
    "near-miss": 0.05,
    "record": 0.03,
    "note": 0.05,
    "paper": 0.50,
    "claim": 0.03,
    "made claim": 0.01,
    "paper claim": 0.02,
    "rank": 0.04,
    "yes or no": 0.01,
}
"""Share of each source among the draws."""

NAMES_FROM = 20_000
"""Questions whose names replace others in near-misses."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some examples as tensors."""

    ids: Tensor
    """Token ids, shape (sequences, length)."""
    types: Tensor
    """0 for question or claim, 1 for the passage; same shape."""
    mask: Tensor
    """1 where there is a token; same shape."""
    questions: Tensor
    """Whether each sequence has an answer label, shape (sequences,)."""
    spans: Tensor
    """Positions of start and end of the answer, shape (sequences, 2); 0 for none, -100 where unknown."""
    labels: Tensor
    """The label of each sequence, shape (sequences,)."""


class Sources:
    """All training sets, read once."""

    def __init__(self, data: Path, seed: int) -> None:
        """
        data: the folder with `qa.jsonl.gz`, `nli.jsonl.gz` and `rank.jsonl.gz`.
        """
        self._seed = seed
        questions = [row for row in rows(data / "qa.jsonl.gz") if not is_held_out(row)]
        kinds: dict[str, list[dict[str, Any]]] = {"answerable": [], "unanswerable": [], "other paragraph": []}
        for row in questions:
            if row["answerable"]:
                kinds["answerable"].append(row)
            else:
                other = "other" in row["source"]
                kinds["other paragraph" if other else "unanswerable"].append(row)
        kinds["claim"] = list(rows(data / "nli.jsonl.gz"))
        kinds["yes or no"] = [row for row in kinds["claim"] if is_yes_no(row)]
        kinds["rank"] = list(rows(data / "rank.jsonl.gz"))
        self._kinds = kinds
        self._papers = Papers()
        sample = random.Random(seed).sample(kinds["answerable"], min(NAMES_FROM, len(kinds["answerable"])))
        self._near_misses = NearMisses(row["question"] for row in sample)

    def examples(self, number: int) -> list[Example]:
        """The examples of draw `number`: one, or two that belong together.

        Every row of a source comes up once before any comes up again.
        """
        chance = random.Random(f"{self._seed}/{number}")
        source = chance.choices(list(SHARES), list(SHARES.values()))[0]
        if source == "record":
            return [record_example(chance)]
        if source == "note":
            return [note_example(chance)]
        if source == "paper":
            return [self._papers.question(chance)]
        if source == "paper claim":
            return [self._papers.claim(chance)]
        if source == "yes or no":
            return yes_no_examples(self._row("yes or no", number), self._row("yes or no", number + 1), chance)
        if source == "rank":
            return rank_examples(self._row("rank", number), chance)
        if source == "claim":
            return [claim_example(self._row("claim", number), chance)]
        if source == "made claim":
            pair = [self._row("answerable", number), self._row("answerable", number + 1)]
            return [self._near_misses.claim(pair, chance)]
        if source == "near-miss":
            example = question_example(self._row("answerable", number), chance)
            changed = self._near_misses.question(example, chance) if example.label else None
            return [changed or example]
        return [question_example(self._row(source, number), chance)]

    def _row(self, kind: str, number: int) -> dict[str, Any]:
        """A row by the number of the draw: a walk through all rows with a step that shares no factor with
        their count."""
        found = self._kinds[kind]
        return found[(number * 7_368_787) % len(found)]


class Batches(Dataset[list[Batch]]):
    """Turns examples into batches. As a dataset, item N is the N-th bucket."""

    def __init__(self, sources: Sources, tokenizer: Tokenizer, seed: int, size: int = BATCH) -> None:
        """
        size: sequences of a batch.
        """
        self._sources = sources
        self._seed = seed
        self._size = size
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST, strategy="only_second")

    def after(self, step: int, workers: int = 0) -> Iterator[Batch]:
        """The batches from `step` on, the same for any number of workers.

        workers: processes that make them; 0 makes them here.
        """
        bucket, first = divmod(step, BUCKET)
        loader = DataLoader(
            self, batch_size=None, sampler=itertools.count(bucket), num_workers=workers, collate_fn=_unchanged
        )
        for batches in loader:
            yield from batches[first:]
            first = 0

    def __getitem__(self, bucket: int) -> list[Batch]:
        per_bucket = self._size * BUCKET
        examples: list[Example] = []
        number = bucket * per_bucket
        while len(examples) < per_bucket:
            examples += self._sources.examples(number)
            number += 1
        encoded = [(encode(self._tokenizer, example), example) for example in examples[:per_bucket]]
        encoded.sort(key=lambda pair: len(pair[0].ids))
        batches = [collate(encoded[i : i + self._size]) for i in range(0, per_bucket, self._size)]
        random.Random(f"{self._seed}/{bucket}").shuffle(batches)
        return batches


def _unchanged(batches: list[Batch]) -> list[Batch]:
    return batches


def encode(tokenizer: Tokenizer, example: Example) -> Any:
    """The tokens of an example: the question or claim, then its context and passage."""
    return tokenizer.encode(example.text[:400], _second(example))


def collate(encoded: list[tuple[Any, Example]]) -> Batch:
    """One batch of encoded examples."""
    length = -(-max(len(tokens.ids) for tokens, _ in encoded) // PADDING) * PADDING
    ids = torch.zeros(len(encoded), length, dtype=torch.long)
    types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
    spans = torch.full((len(encoded), 2), -100)
    for row, (tokens, example) in enumerate(encoded):
        size = len(tokens.ids)
        ids[row, :size] = torch.tensor(tokens.ids)
        types[row, :size] = torch.tensor(tokens.type_ids)
        mask[row, :size] = 1
        if example.task == "question":
            spans[row] = torch.tensor(_positions(tokens, example))
    return Batch(
        ids,
        types,
        mask,
        torch.tensor([example.task != "claim" for _, example in encoded]),
        spans,
        torch.tensor([example.label for _, example in encoded]),
    )


def _second(example: Example) -> str:
    return f"{example.context}\n{example.passage}" if example.context else example.passage


def _positions(tokens: Any, example: Example) -> tuple[int, int]:
    """The positions of the answer's first and last token; those of the first token without an answer, and
    -100 if it was cut off or is unknown."""
    if not example.label:
        return 0, 0
    if example.span is None:
        return -100, -100
    offset = len(example.context) + 1 if example.context else 0
    first = tokens.char_to_token(example.span[0] + offset, 1)
    last = tokens.char_to_token(example.span[1] - 1 + offset, 1)
    return (-100, -100) if first is None or last is None else (first, last)
