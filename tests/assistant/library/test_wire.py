"""What owner and client send to each other arrives as it was."""

import ast
import importlib
import inspect
import json
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from assistant.dialogue import Asking, Mode
from assistant.errors import WireError
from assistant.library import wire
from ingest.errors import IngestError, LibraryBusy
from policies.errors import CarrelError
from tests.running import ROOT


def error_types() -> list[type[CarrelError]]:
    """Every class of the tree below `CarrelError`, found in the source so that none is missed."""
    names, types = {"CarrelError"}, [CarrelError]
    modules = {
        path: [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        for package in ("policies", "ingest", "assistant", "tui")
        for path in sorted((ROOT / package).rglob("*.py"))
    }
    for _ in range(4):  # Deep enough for the tree.
        for path, classes in modules.items():
            for node in classes:
                if node.name not in names and names & {ast.unparse(base) for base in node.bases}:
                    names.add(node.name)
                    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                    types.append(getattr(importlib.import_module(module), node.name))
    return types


ERRORS = error_types()

SAMPLES: dict[Any, Any] = {str: "text", int: 4711, int | None: 4711, Path: Path("/notes")}
"""A value for each type that a field of an error has."""


def round_trip(error: Exception) -> CarrelError:
    with pytest.raises(CarrelError) as raised:
        wire.decode_line("status", wire.encode_error(error))
    return raised.value


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_arrives_with_its_type_message_remedy_and_fields(kind: type[CarrelError]) -> None:
    hints = get_type_hints(kind.__init__)
    own = [name for name in inspect.signature(kind).parameters if name not in ("message", "remedy")]
    error = kind("It failed.", remedy="Try again.", **{name: SAMPLES[hints[name]] for name in own})
    arrived = round_trip(error)
    assert type(arrived) is kind
    assert vars(arrived) == vars(error)
    assert str(arrived) == "It failed."


def test_the_tree_of_errors_is_found() -> None:
    assert {LibraryBusy, WireError, IngestError} < set(ERRORS)
    assert len(ERRORS) > 15


def test_a_busy_library_arrives_with_the_process_that_holds_it() -> None:
    arrived = round_trip(LibraryBusy("Busy.", pid=None))
    assert isinstance(arrived, LibraryBusy)
    assert arrived.pid is None


def test_the_text_of_an_unexpected_error_is_not_sent() -> None:
    arrived = round_trip(ValueError("The lease ends in June."))
    assert isinstance(arrived, WireError)
    assert "ValueError" in arrived.message
    assert "lease" not in arrived.message + arrived.remedy


def test_an_error_that_this_process_does_not_know_keeps_its_message() -> None:
    line = json.dumps({"error": "NewError", "message": "It failed.", "remedy": "Wait.", "fields": {"x": 1}})
    with pytest.raises(WireError, match=r"It failed\.") as raised:
        wire.decode_line("status", line.encode())
    assert raised.value.remedy == "Wait."


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"{}",
        b'{"value": {}}',
        b'{"error": "LibraryBusy"}',
        b'{"error": "LibraryBusy", "message": "", "remedy": "", "fields": {}}',
        b"\xff",
    ],
)
def test_an_invalid_line_is_an_error_a_person_can_read(line: bytes) -> None:
    with pytest.raises(WireError, match="response to status is invalid"):
        wire.decode_line("status", line)


def test_arguments_arrive_as_they_were() -> None:
    arguments = {"question": "Why?\n", "conversation": "", "asking": Asking(Mode.QUOTE, strict=True)}
    assert wire.decode_arguments("ask", wire.encode_arguments("ask", arguments)) == arguments
    odd = {"path": Path("/notes/\udcff \N{SNOWMAN}.md")}
    assert wire.decode_arguments("add", wire.encode_arguments("add", odd)) == odd


@pytest.mark.parametrize("data", [b"", b"[]", b'{"path": 1}', b'{"more": 1}', b"\xff"])
def test_arguments_that_do_not_fit_are_refused(data: bytes) -> None:
    with pytest.raises(WireError, match="invalid arguments"):
        wire.decode_arguments("ask" if b"path" in data else "search", data)
