"""Says which filter selects no document, and which values would select some."""

from __future__ import annotations

import dataclasses
import datetime
from typing import TYPE_CHECKING

from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.cli.output import Output
    from assistant.library.facade import Assistant
    from ingest.catalogue import DocumentEntry
    from ingest.selection import Selection

MOST_NAMED = 12
"""Values of a filter that are named; more would hide the message."""


def print_no_match(output: Output, assistant: Assistant, selection: Selection) -> None:
    """Says on stderr why no passage was found: what in `selection` selects no document."""
    if not selection:
        output.note("No passage was found. Try other words.")
        return
    entries = [entry for entry in assistant.entries() if entry.chunks]
    for line in describe_no_match(selection, entries, assistant.filter_values()):
        output.note(line)


def describe_no_match(
    selection: Selection, entries: Sequence[DocumentEntry], values: dict[str, list[str]]
) -> list[str]:
    """A sentence for each value that selects none of the documents; if each selects some, one that says so.

    values: as `Assistant.filter_values` returns them.
    """
    from assistant.answers.filters import COLLECTION
    from ingest.selection import Selection

    lines = []
    for folder in selection.folders:
        if not _selects(Selection(folders=(folder,)), entries) and folder.startswith(COLLECTION):
            name = one_line(folder.removeprefix(COLLECTION))
            lines.append(
                f"A collection is not a folder: use --collection {name}, or write {COLLECTION}{name} in the"
                " question."
            )
        elif not _selects(Selection(folders=(folder,)), entries):
            lines.append(
                f"The library has no document in the folder {one_line(folder)}."
                f" {_named('folders', values['in'])}`carrel ls` lists the documents."
            )
    for name in selection.types:
        if not _selects(Selection(types=(name,)), entries):
            lines.append(f"No document has the type {one_line(name)}. {_named('types', values['type'])}")
    known = {tag.casefold() for tag in values["tag"]}
    for tag in selection.tags:
        if tag.lstrip("#").casefold() not in known:
            tags = _named("tags", values["tag"]) or "No document in the library has a tag."
            lines.append(f"No document has the tag {one_line(tag.lstrip('#'))}. {tags}")
    for name in selection.collections:
        if name not in values["collection"]:
            names = _named("collections", values["collection"])
            lines.append(
                f"There is no collection {one_line(name)}. {names}Make one with: carrel collection add"
            )
        elif not any(name in entry.collections for entry in entries):
            lines.append(
                f"The collection {one_line(name)} holds no document that can be searched."
                " `carrel collection ls` shows what it names."
            )
    if not lines:
        days = dataclasses.replace(Selection(), since=selection.since, until=selection.until)
        what = "has a date in this range" if selection == days else "matches all of these filters"
        lines.append(f"No document {what}. Leave out a filter, or see the documents with: carrel ls")
    return [line.strip() for line in lines]


def _selects(selection: Selection, entries: Sequence[DocumentEntry]) -> bool:
    """Whether a selection by folder or type selects one of the documents."""
    from ingest.selection import DocumentTraits

    return any(
        selection.selects(
            DocumentTraits(entry.path, entry.media_type or "", "", frozenset(), datetime.date.min)
        )
        for entry in entries
    )


def _named(kind: str, values: Sequence[str]) -> str:
    """`The types in the library: csv, md. `; empty if there are none."""
    if not values:
        return ""
    more = f", and {len(values) - MOST_NAMED:,} more" if len(values) > MOST_NAMED else ""
    return f"The {kind} in the library: {', '.join(map(one_line, values[:MOST_NAMED]))}{more}. "
