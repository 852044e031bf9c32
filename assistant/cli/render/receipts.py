"""The receipts of `carrel forget` and `carrel policy sweep`: what was erased, and what is kept on purpose."""

from __future__ import annotations

import dataclasses
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from assistant.formatting import count_of, date_and_time
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.library.receipts import Forgotten, Swept


def print_forgotten(output: Output, receipt: Forgotten) -> None:
    """Prints a receipt, and on stderr why something could not be erased yet."""
    if receipt.erased_nothing:
        output.warn(
            f"{one_line(receipt.path)} is not in the library, and nothing made from it is kept."
            " `carrel ls` lists the documents."
        )
        return
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
            f"Traces of deleted text remain in the library's files: {receipt.unfinished} "
            "They will be erased when the library is next closed."
        )


def _counts(receipt: Forgotten) -> list[str]:
    """What was erased besides documents, in words; zero counts are left out."""
    derived = receipt.derived
    lines = _counted(
        {
            "chunk": receipt.chunks,
            "vector": receipt.vectors,
            "answer": derived.answers,
            "cached prompt": derived.prompts,
        }
    )
    if derived.summaries:
        lines.append(f"the summaries of {count_of(derived.summaries, 'document')}")
    return [*lines, "an unfinished reindex, which starts over"] if derived.reindex else lines


def forgotten_object(receipt: Forgotten) -> dict[str, Any]:
    """A receipt, for `--json`."""
    return dataclasses.asdict(receipt)


def print_swept(output: Output, swept: Swept, *, dry_run: bool) -> None:
    """Prints what a sweep deleted, or would delete."""
    lines = _counted(
        {
            "answer": swept.answers,
            "cached prompt": swept.prompts,
            "summary file": swept.summaries,
            "audit log line": swept.entries,
        }
    )
    if not swept.documents and not lines:
        output.print("Nothing has passed its age limit; see [retention] in the configuration.")
        return
    output.print("These would be deleted:" if dry_run else "Deleted:")
    for line in (*map(one_line, swept.documents), *lines):
        output.print(f"  {line}")


def _counted(counts: dict[str, int]) -> list[str]:
    """Counts by noun, in words; zero counts are left out."""
    return [count_of(count, noun) for noun, count in counts.items() if count]


def swept_object(swept: Swept, *, dry_run: bool) -> dict[str, Any]:
    """What a sweep deleted, for `--json`."""
    return {"dry_run": dry_run, **dataclasses.asdict(swept)}
