"""A question as it is typed and narrowed to some documents, as a call of the façade."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answers import filters
from assistant.dialogue import Asking, Event
from ingest.selection import Selection

if TYPE_CHECKING:
    from assistant.library.facade import Assistant


def with_choice(chosen: Mapping[str, str], key: str, name: str) -> dict[str, str]:
    """What questions are about after a document or collection was chosen, or chosen again to take it out.

    Choosing a document replaces the chosen collections and vice versa, because both filters together select
    only documents in both.

    chosen: what they were about: by path or `collection:NAME`, the value of the filter for it.
    """
    others = {
        other: value
        for other, value in chosen.items()
        if other != key and other.startswith(filters.COLLECTION) == key.startswith(filters.COLLECTION)
    }
    return others if key in chosen else {**others, key: name}


def narrowed(question: str, chosen: Mapping[str, str]) -> str:
    """A question with the filters for what it is about. chosen: as for `with_choice`."""
    names = tuple(chosen.values())
    if any(key.startswith(filters.COLLECTION) for key in chosen):
        return filters.write_question(question, Selection(collections=names))
    return filters.write_question(question, Selection(folders=names))


def ask_typed(
    library: Assistant, typed: str, conversation: str, asking: Asking, cancelled: Callable[[], bool]
) -> Iterator[Event]:
    """Asks the question in `typed` about the documents that the filters in it select.

    Raises `BadFilter` for an invalid filter.
    """
    question, selection = filters.parse(typed)
    asking = replace(asking, selection=selection)
    return library.ask(question, conversation=conversation, asking=asking, cancelled=cancelled)
