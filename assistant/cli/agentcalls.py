"""One call of another program, whichever protocol it came by: its arguments checked, what it sends recorded.

Nothing is sent before it is in the audit log, and the text of an unexpected error is never sent, because it
may quote a document.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError
from assistant.formatting import count_of
from policies.errors import CarrelError
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assistant.cli.agenttools import Outgoing
    from assistant.library.agents import AgentView

LONGEST_NAME = 40
"""Characters of a program's name in the audit log."""

_TYPES: dict[str, type] = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict}


def recorded(view: AgentView, program: str, call: str, work: Callable[[], Outgoing]) -> dict[str, Any]:
    """What a call sends, once that is in the audit log. Raises `CarrelError`, which is recorded too.

    program: the name that the caller gives itself.
    """
    with errors_recorded(view, program, call):
        sent = work()
    view.record(program, call, sent.paths)
    return sent.result


@contextmanager
def errors_recorded(view: AgentView, program: str, call: str) -> Iterator[None]:
    """Records the error with which a call ends, before it is sent. All that it raises is a `CarrelError`."""
    try:
        yield
    except CarrelError as error:
        view.record(program, call, _named_in(error.message, view))
        raise
    except Exception as error:
        view.record(program, call, ())
        raise AssistantError(
            f"The call failed because of an internal error ({type(error).__name__})."
        ) from None


def program_name(given: str) -> str:
    """A name that a program gives itself: letters, digits and a few marks of it."""
    kept = "".join(letter for letter in given if letter.isalnum() or letter in " ._-")
    return " ".join(kept.split())[:LONGEST_NAME] or "an agent"


def misfit(schema: dict[str, Any], value: Any, name: str = "") -> str:
    """Why a value does not fit a JSON schema, naming the argument; empty if it fits.

    Of JSON Schema, it knows what the schemas of `assistant.cli.agenttools` use.
    """
    at = f"`{name}`" if name else "the object of arguments"
    if "enum" in schema:
        known = ", ".join(map(str, schema["enum"]))
        return "" if type(value) is str and value in schema["enum"] else f"{at} must be one of {known}"
    kind: str = schema["type"]
    if not _is(kind, value):
        return f"{at} must be of type {kind}"
    if kind in _LIMITS:
        size: int = value if kind == "integer" else len(value)
        least, most, noun = _LIMITS[kind]
        if size < (limit := schema.get(least, size)):
            return f"{at} must {_limited('at least', limit, noun)}"
        if size > (limit := schema.get(most, size)):
            return f"{at} must {_limited('at most', limit, noun)}"
    if kind == "array":
        return next(filter(None, (misfit(schema["items"], each, name) for each in value)), "")
    return _misfit_of_object(schema, value) if kind == "object" else ""


def _is(kind: str, value: Any) -> bool:
    return type(value) is _TYPES[kind]  # A bool is an int too.


_LIMITS = {
    "integer": ("minimum", "maximum", ""),
    "string": ("minLength", "maxLength", "character"),
    "array": ("minItems", "maxItems", "item"),
}


def _limited(way: str, limit: int, noun: str) -> str:
    return f"have {way} {count_of(limit, noun)}" if noun else f"be {way} {limit}"


def _misfit_of_object(schema: dict[str, Any], value: dict[str, Any]) -> str:
    properties = schema["properties"]
    if missing := [name for name in schema.get("required", ()) if name not in value]:
        return f"`{missing[0]}` is missing"
    unknown = [name for name in value if name not in properties]
    if unknown and schema.get("additionalProperties") is False:
        return f"there is no argument `{one_line(unknown[0])[:40]}`"
    fitting = (misfit(properties[name], each, name) for name, each in value.items() if name in properties)
    return next(filter(None, fitting), "")


def _named_in(message: str, view: AgentView) -> list[str]:
    """The paths of the documents in the view that a message names."""
    paths = [entry.path for entry in view.entries()]
    return [path for path in paths if path in message or one_line(path) in message]
