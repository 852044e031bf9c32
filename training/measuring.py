"""Measures the shipped reader on articles, reports and agreements that it was not trained on."""

import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from assistant.answers.reader import Reader
from assistant.dialogue import Reading
from training.batches import collate, encode
from training.export import margin
from training.network import ReaderNetwork
from training.papers import Papers
from training.rows import LABELS, Example, is_held_out, rows, tidy

ROWS = 800
"""Rows of each set."""


def held_out(data: Path, seed: int, *, choosing: bool) -> list[dict[str, Any]]:
    """Questions about held-out articles: those to choose by, or those to report."""
    found = [row for row in rows(data / "qa.jsonl.gz") if is_held_out(row)]
    random.Random(seed).shuffle(found)
    return found[:ROWS] if choosing else found[ROWS : 2 * ROWS]


def articles(chosen: Sequence[dict[str, Any]]) -> list[Example]:
    """Questions about articles, as examples without spans."""
    return [
        Example("question", tidy(row["question"]), "", row["passage"], int(row["answerable"]))
        for row in chosen
    ]


def signals(network: ReaderNetwork, tokenizer: Tokenizer, examples: Sequence[Example]) -> Any:
    """The answer logits, the margins and the labels of some questions, shape (questions,) each."""
    logits, margins = [], []
    for start in range(0, len(examples), 16):
        batch = collate([(encode(tokenizer, example), example) for example in examples[start : start + 16]])
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            answers, spans, _ = network(batch.ids, batch.types, batch.mask)
        logits += answers.float().tolist()
        margins += margin(spans.float(), batch.types, batch.mask).tolist()
    return np.array(logits), np.array(margins), np.array([float(example.label) for example in examples])


def measure(reader: Reader, data: Path, seed: int) -> dict[str, float]:
    """The figures of the model card, by name."""
    squad = held_out(data, seed, choosing=False)
    tables = _sample(data / "dev-qa-tatqa.jsonl.gz", seed)
    claims = _sample(data / "dev-nli-contractnli.jsonl.gz", seed)
    figures: dict[str, float] = {}
    for name, chosen in (("SQuAD, held-out articles", squad), ("TAT-QA", tables)):
        readings = [reader.read(tidy(row["question"]), [("", row["passage"])])[0] for row in chosen]
        labels = np.array([bool(row["answerable"]) for row in chosen])
        scores = np.array([reading.answers for reading in readings])
        figures[f"{name}: answerable or not, AUROC"] = auroc(scores, labels)
        figures[f"{name}: unanswerable recognised where 5% are lost"] = float(
            (scores[~labels] < np.quantile(scores[labels], 0.05)).mean()
        )
        if name.startswith("SQuAD"):
            hard = labels | np.array(["unanswerable" in row["source"] for row in chosen])
            figures[f"{name}: AUROC on SQuAD 2.0's own"] = auroc(scores[hard], labels[hard])
            figures[f"{name}: SQuAD 2.0's own recognised where 5% are lost"] = float(
                (scores[hard & ~labels] < np.quantile(scores[labels], 0.05)).mean()
            )
        pairs = [(row, reading) for row, reading in zip(chosen, readings, strict=True) if row["answerable"]]
        figures[f"{name}: span F1"] = float(np.mean([f1(row, reading) for row, reading in pairs]))
    figures.update(_papers(reader, Papers(held_out=True).as_written()))
    supports = reader.check([(row["hypothesis"], row["premise"]) for row in claims])
    backed = np.array([support.supported for support in supports])
    truth = np.array([row["label"] == LABELS[0] for row in claims])
    figures["ContractNLI: supported or not, AUROC"] = auroc(backed, truth)
    return figures


def _papers(reader: Reader, examples: Sequence[Example]) -> dict[str, float]:
    """The figures of papers: answered or not, and whether the likeliest answer overlaps the right one."""
    readings = [reader.read(example.text, [(example.context, example.passage)])[0] for example in examples]
    labels = np.array([bool(example.label) for example in examples])
    scores = np.array([reading.answers for reading in readings])
    found = [
        bool(reading.spans)
        and reading.spans[0].start < example.span[1]
        and reading.spans[0].end > example.span[0]
        for reading, example in zip(readings, examples, strict=True)
        if example.span
    ]
    return {
        "papers: answerable or not, AUROC": auroc(scores, labels),
        "papers: unanswerable recognised where 5% are lost": float(
            (scores[~labels] < np.quantile(scores[labels], 0.05)).mean()
        ),
        "papers: likeliest answer overlaps the right one": float(np.mean(found)),
    }


def _sample(file: Path, seed: int) -> list[dict[str, Any]]:
    found = list(rows(file))
    random.Random(seed).shuffle(found)
    return found[:ROWS]


def auroc(scores: Any, labels: Any) -> float:
    """The probability that a positive example has a higher score than a negative one."""
    order = np.argsort(np.argsort(scores)) + 1.0
    positives = int(labels.sum())
    negatives = len(labels) - positives
    return float((order[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def f1(row: dict[str, Any], reading: Reading) -> float:
    """The largest overlap of the likeliest answer with an accepted one, in words, as SQuAD counts it."""
    if not reading.spans:
        return 0.0
    best = reading.spans[0]
    said = Counter(row["passage"][best.start : best.end].casefold().split())
    values = []
    for answer in row["answers"]:
        right = Counter(answer["text"].casefold().split())
        common = sum((said & right).values())
        values.append(2 * common / (sum(said.values()) + sum(right.values())))
    return max(values)
