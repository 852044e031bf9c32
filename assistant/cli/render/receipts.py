"""The receipt of `carrel forget`: what was erased, and what was kept on purpose."""

from __future__ import annotations

import dataclasses
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from assistant.formatting import count_of, date_and_time
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.library.receipts import Forgotten


def print_forgotten(output: Output, receipt: Forgotten) -> None:
    """Prints a receipt, and on stderr why something could not be erased yet."""
    if receipt.documents:
        output.print(f"{one_line(receipt.path)}: forgotten on {date_and_time(receipt.at)}", style="bold")
        output.print("Erased:")
    else:
        output.print(f"{one_line(receipt.path)}: no document in the library", style="bold")
    for path in receipt.documents:
        note = "  (the same content)" if path in receipt.copies else ""
        output.print(f"  {one_line(path)}{note}")
    for line in _counts(receipt):
        output.print(f"  {line}")
    output.print("Kept on purpose:")
    for why, alike in groupby(receipt.kept, key=attrgetter("why")):
        for kept in alike:
            output.print(f"  {kept.what}: {one_line(kept.where)}")
        output.print(f"    {why}", style="dim")
    if receipt.unfinished:
        output.warn(
            f"Bytes of deleted text are still in the library's files: {receipt.unfinished} "
            "They are erased when the library is next closed."
        )


def _counts(receipt: Forgotten) -> list[str]:
    """What was erased besides documents, in words; nothing that was not there."""
    derived = receipt.derived
    counted = {
        "chunk": receipt.chunks,
        "vector": receipt.vectors,
        "answer": derived.answers,
        "cached prompt": derived.prompts,
    }
    lines = [count_of(count, noun) for noun, count in counted.items() if count]
    if derived.summaries:
        lines.append(f"the summaries of {count_of(derived.summaries, 'document')}")
    return [*lines, "an unfinished reindex, which starts over"] if derived.reindex else lines


def forgotten_object(receipt: Forgotten) -> dict[str, Any]:
    """A receipt, for `--json`."""
    return dataclasses.asdict(receipt)
