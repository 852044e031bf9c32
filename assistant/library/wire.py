"""How the façade's calls and values travel between owner and client: as JSON, derived from the annotations.

A call names a method of `Assistant` and carries its arguments. The response has one JSON object per line:
values, and an error as the last line if the call failed. The annotations of `Assistant` are the only schema.
Unknown names, missing fields and values of another type are refused, and so are numbers that JSON does not
have and text that is not Unicode. An error is raised on the client's side with its type, message, remedy and
fields, so a front end cannot tell an owner from a client.
"""

import base64
import inspect
import json
import math
import os
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache, partial
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import ingest.errors  # noqa: F401  Defines errors that are found by name.
from assistant.errors import WireError
from assistant.library.facade import Assistant
from policies.errors import CarrelError
from policies.received import MAX_PATH_BYTES, parse_json

T = TypeVar("T")

VERSION = 23
"""The version of calls and values. Owner and client must use the same."""

NAME_HEADER = "Carrel-Call"
"""The HTTP header with the name of a call, by which the call can be cancelled."""

METHODS = frozenset(name for name in vars(Assistant) if not name.startswith("_") and name != "close")
"""The methods of `Assistant` that can be called over the wire."""

_LOCAL_PARAMETERS = frozenset({"cancelled", "self"})
"""Parameters that exist only in the caller's process and are not sent."""

_COMMON_ERROR_PARAMETERS = frozenset({"message", "remedy", "return"})
"""Type hints of an error's `__init__` that are not fields of the error itself."""


def is_cancellable(method: str) -> bool:
    """Whether a call of `method` can be cancelled."""
    return "cancelled" in get_type_hints(getattr(Assistant, method))


def is_stream(method: str) -> bool:
    """Whether `method` yields its results one by one."""
    return get_origin(_hints(method)["return"]) is Iterator


def encode_arguments(method: str, arguments: dict[str, Any]) -> bytes:
    """A call's arguments, by name, as one line of JSON."""
    hints = _hints(method)
    return _line({name: _converter().unstructure(value, hints[name]) for name, value in arguments.items()})


def decode_arguments(method: str, data: bytes) -> dict[str, Any]:
    """The arguments of a call. Raises `WireError` when they do not fit `method`."""
    hints = {name: hint for name, hint in _hints(method).items() if name != "return"}
    try:
        values = parse_json(data)
        if not isinstance(values, dict) or not _required(method) <= values.keys() <= hints.keys():
            raise ValueError("unknown or missing arguments")
        arguments = {name: _converter().structure(value, hints[name]) for name, value in values.items()}
        for value in arguments.values():
            if isinstance(value, str):
                value.encode("utf-8")  # Paths are `Path`s, and may hold other bytes.
        return arguments
    except Exception as error:  # cattrs raises exception groups.
        raise WireError(f"A call of {method} has invalid arguments.") from error


def encode_value(method: str, value: Any) -> bytes:
    """A result of `method`, or one of its results if it is a stream, as one line of JSON."""
    return _line({"value": _converter().unstructure(value, _result_hint(method))})


def encode_error(error: Exception) -> bytes:
    """An error as one line of JSON.

    The message of an unexpected exception is not sent, because it may quote a document.
    """
    if not isinstance(error, CarrelError):
        error = WireError(
            f"The owner of the library had an unexpected error: {type(error).__name__}.",
            remedy="The owner's log says where it happened.",
        )
    fields = {
        name: _converter().unstructure(getattr(error, name), hint)
        for name, hint in _error_fields(type(error)).items()
    }
    encoded = {
        "error": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "fields": fields,
    }
    return _line(encoded)


def decode_line(method: str, line: bytes) -> Any:
    """The value in a line of a response. Raises the error in it, or `WireError` when the line is invalid."""
    try:
        received = json.loads(line)
        if "error" not in received:
            return _converter().structure(received["value"], _result_hint(method))
        error = _decode_error(received)
    except Exception as invalid:
        raise WireError(f"The owner's response to {method} is invalid.") from invalid
    raise error


def _decode_error(received: dict[str, Any]) -> CarrelError:
    """The error that was sent. One whose type is not known here becomes a `WireError`."""
    kind = _error_types().get(received["error"], WireError)
    fields = {
        name: _converter().structure(received["fields"][name], hint)
        for name, hint in _error_fields(kind).items()
    }
    return kind(received["message"], remedy=received["remedy"], **fields)


def _line(value: Any) -> bytes:
    # ASCII, because file names may contain bytes that are not UTF-8, as lone surrogates.
    return json.dumps(value, allow_nan=False).encode("ascii") + b"\n"


@cache
def _hints(method: str) -> dict[str, Any]:
    hints = get_type_hints(getattr(Assistant, method))
    return {name: hint for name, hint in hints.items() if name not in _LOCAL_PARAMETERS}


@cache
def _required(method: str) -> frozenset[str]:
    """The arguments that `method` has no default for."""
    parameters = inspect.signature(getattr(Assistant, method)).parameters.values()
    return frozenset(
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty and parameter.name not in _LOCAL_PARAMETERS
    )


def _result_hint(method: str) -> Any:
    hint = _hints(method)["return"]
    return get_args(hint)[0] if get_origin(hint) is Iterator else hint


def _error_fields(kind: type[CarrelError]) -> dict[str, Any]:
    """The type hints of the fields that an error has beyond message and remedy.

    By convention an error stores each further parameter of its `__init__` in an attribute of the same name.
    """
    hints = get_type_hints(kind.__init__)
    return {name: hint for name, hint in hints.items() if name not in _COMMON_ERROR_PARAMETERS}


def _error_types() -> dict[str, type[CarrelError]]:
    """Every error type that has been imported, by name."""
    types: dict[str, type[CarrelError]] = {}
    pending = [CarrelError]
    while pending:
        kind = pending.pop()
        types[kind.__name__] = kind
        pending += kind.__subclasses__()
    return types


@cache
def _converter() -> Any:
    # 0.05 s to import.
    from cattrs import Converter
    from cattrs.strategies import configure_tagged_union

    converter = Converter(forbid_extra_keys=True)
    converter.register_unstructure_hook(Path, str)
    converter.register_structure_hook(Path, lambda text, _: _path(text))
    for scalar, check in _SCALARS.items():
        converter.register_structure_hook(scalar, partial(_received, check))
    converter.register_unstructure_hook(bytes, lambda data: base64.b64encode(data).decode("ascii"))
    converter.register_structure_hook(bytes, lambda text, _: base64.b64decode(text, validate=True))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(date, lambda text, _: date.fromisoformat(text))
    converter.register_structure_hook(NoneType, lambda value, _: None)
    for method in METHODS:
        result = _result_hint(method)
        members = get_args(result)
        if len(members) > 1 and NoneType not in members and get_origin(result) not in (dict, list, tuple):
            configure_tagged_union(result, converter, tag_name="event")
    return converter


def _received(check: Callable[[Any], Any], value: Any, kind: type) -> Any:
    """A scalar, or a member of an enumeration of scalars; `kind` says which. `check` raises an error."""
    return kind(check(value))


def _of_type(kind: type[T], value: Any) -> T:
    """`value`, if it is exactly of this type, because a bool is an int too. Raises `TypeError`."""
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} in place of {kind.__name__}")
    return value


def _text(value: Any) -> str:
    """A text, which may hold the bytes of a file name as surrogate escapes. Raises `ValueError`."""
    text = _of_type(str, value)
    text.encode("utf-8", "surrogateescape")
    return text


def _path(value: Any) -> Path:
    """A path that a system call accepts. Raises `ValueError`."""
    raw = os.fsencode(_text(value))
    if b"\0" in raw or len(raw) > MAX_PATH_BYTES:
        raise ValueError("not a path")
    return Path(value)


def _integer(value: Any) -> int:
    """An integer that fits a column of SQLite. Raises `ValueError`."""
    number = _of_type(int, value)
    if not -(1 << 63) <= number < 1 << 63:
        raise ValueError("out of range")
    return number


def _number(value: Any) -> float:
    """A finite number. Raises `ValueError`."""
    number = float(value) if type(value) is int else _of_type(float, value)
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


_SCALARS: dict[type, Callable[[Any], Any]] = {
    str: _text,
    bool: partial(_of_type, bool),
    int: _integer,
    float: _number,
}
"""How a value of each of these types is checked."""
