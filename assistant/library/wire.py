"""How the façade's calls and values travel between owner and client: JSON, made from the annotations.

A call is a method of `Assistant` by name with its arguments; what comes back is one JSON object a
line: values, then the end or an error. Nothing is described twice: arguments and results are read
and written by the annotations of the protocol itself, and an unknown name, a missing field or a value
of another kind is refused. Errors come back as what they were, so a front end cannot tell the two
façades apart.
"""

import base64
import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import assistant.errors
import ingest.errors
from assistant.library.facade import Assistant
from policies.errors import CarrelError

VERSION = 4
"""Of calls and values; owner and client must have the same."""

NAME_HEADER = "Carrel-Call"
"""Of a call, with a name that it can be stopped by."""

METHODS = frozenset(name for name in vars(Assistant) if not name.startswith("_") and name != "close")
"""Those of `Assistant` that are called over the wire."""

_LOCAL = frozenset({"cancelled", "self"})
"""Parameters that stay where they are: functions do not travel."""

_ERROR_MODULES = (assistant.errors, ingest.errors)
"""Imported, so that their errors are known by name."""


class WireError(CarrelError):
    """Owner and client do not understand each other, or lost each other."""


class OwnerGone(WireError):
    """The owner has ended, or the connections to it are used up."""


def stoppable(method: str) -> bool:
    """Whether a method can be told to come to its end."""
    return "cancelled" in get_type_hints(getattr(Assistant, method))


def streams(method: str) -> bool:
    """Whether a method yields its results one by one."""
    return get_origin(_hints(method)["return"]) is Iterator


def packed_arguments(method: str, arguments: dict[str, Any]) -> bytes:
    hints = _hints(method)
    return _dumped({name: _converter().unstructure(value, hints[name]) for name, value in arguments.items()})


def arguments(method: str, data: bytes) -> dict[str, Any]:
    """A call's arguments; raises `WireError` when they are not the method's."""
    hints = {name: hint for name, hint in _hints(method).items() if name != "return"}
    try:
        given = json.loads(data)
        if not isinstance(given, dict) or not given.keys() <= hints.keys():
            raise ValueError("unknown arguments")
        return {name: _converter().structure(value, hints[name]) for name, value in given.items()}
    except Exception as error:  # cattrs raises groups of what it met.
        raise WireError(f"A call of {method} could not be read.") from error


def packed_value(method: str, value: Any) -> bytes:
    return _dumped({"value": _converter().unstructure(value, _result(method))})


def packed_error(error: Exception) -> bytes:
    if not isinstance(error, CarrelError):
        error = WireError(
            f"The library's owner met an unexpected error: {type(error).__name__}.",
            remedy="Its log says where.",
        )
    return _dumped({"error": type(error).__name__, "message": error.message, "remedy": error.remedy})


def value(method: str, line: bytes) -> Any:
    """What a line holds. Raises the error it holds, or `WireError` when it cannot be read."""
    try:
        received = json.loads(line)
        if "error" not in received:
            return _converter().structure(received["value"], _result(method))
        kind, message, remedy = received["error"], received["message"], received["remedy"]
    except Exception as error:
        raise WireError(f"The owner's answer to {method} could not be read.") from error
    known = _errors().get(kind, WireError)
    raised = known.__new__(known)
    CarrelError.__init__(raised, message, remedy=remedy)
    raise raised


def _dumped(value: Any) -> bytes:
    # In ASCII: file names may hold bytes that are no text, as lone surrogates.
    return json.dumps(value).encode("ascii") + b"\n"


@cache
def _hints(method: str) -> dict[str, Any]:
    hints = get_type_hints(getattr(Assistant, method))
    return {name: hint for name, hint in hints.items() if name not in _LOCAL}


def _result(method: str) -> Any:
    hint = _hints(method)["return"]
    return get_args(hint)[0] if get_origin(hint) is Iterator else hint


@cache
def _errors() -> dict[str, type[CarrelError]]:
    found: dict[str, type[CarrelError]] = {}
    kinds = [CarrelError]
    while kinds:
        kind = kinds.pop()
        found[kind.__name__] = kind
        kinds += kind.__subclasses__()
    return found


@cache
def _converter() -> Any:
    # 0.05 s to import.
    from cattrs import Converter
    from cattrs.strategies import configure_tagged_union

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda text, _: Path(text))
    converter.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    converter.register_structure_hook(bytes, lambda text, _: base64.b64decode(text, validate=True))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook(NoneType, lambda nothing, _: None)
    for method in METHODS:
        result = _result(method)
        kinds = get_args(result)
        if len(kinds) > 1 and NoneType not in kinds and get_origin(result) not in (dict, list, tuple):
            configure_tagged_union(result, converter, tag_name="event")
    return converter
