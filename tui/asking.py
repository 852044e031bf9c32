"""A question as it is typed, with the filters in it, as a call of the façade."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.answers import filters
from assistant.dialogue import Asking, Event

if TYPE_CHECKING:
    from assistant.library.facade import Assistant


def ask_typed(
    library: Assistant, typed: str, conversation: str, asking: Asking, cancelled: Callable[[], bool]
) -> Iterator[Event]:
    """Asks the question in `typed` about the documents that the filters in it select.

    Raises `BadFilter` for an invalid filter.
    """
    question, selection = filters.parse(typed)
    asking = replace(asking, selection=selection)
    return library.ask(question, conversation=conversation, asking=asking, cancelled=cancelled)
