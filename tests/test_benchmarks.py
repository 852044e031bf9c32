"""The benchmarks can be run: each of their modules imports, and their extra brings all that they need.

Figures are never measured here, but the questions of the judged sets are read. A module that needs packages
of the extra `benchmarks` is skipped, saying so, where they are not installed.
"""

import ast
import importlib
import importlib.util
import re
import sys
import tomllib
from pathlib import Path

import pytest

from assistant.evaluating import contains_any, read_questions
from benchmarks.judged import QUESTIONS, SETS, Judging, in_half, measure_set
from benchmarks.rendering import BUNDLES, FORMATS, documents
from benchmarks.report import Report
from tests.running import ROOT

MODULES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")

COMPUTED = ("sum", "average", "count", "difference", "compare")
"""How kinds of questions begin whose answers need not stand in a document."""

_OURS = ("assistant", "benchmarks", "bundling", "ingest", "policies", "tests", "training", "tui")

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
"""Where the name of an import is not that of its package."""

_UNDECLARED = ("greenlet",)
"""What LangChain's record manager imports by way of SQLAlchemy, without depending on it."""


def imported(module: str) -> set[str]:
    """All that a module of benchmarks imports, anywhere in it, by full names."""
    tree = ast.parse((ROOT / "benchmarks" / f"{module}.py").read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def third_party(module: str) -> set[str]:
    """The packages that a module of benchmarks needs, itself or by way of another, as they are imported."""
    names, waiting, seen = set[str](), [module], set[str]()
    while waiting:
        current = waiting.pop()
        seen.add(current)
        for name in imported(current):
            package, _, rest = name.partition(".")
            names.add(package)
            if package == "benchmarks" and rest in MODULES and rest not in seen:
                waiting.append(rest)
    return names - set(_OURS) - set(sys.stdlib_module_names)


def requirements(*extras: str) -> set[str]:
    """The packages that pyproject.toml declares: Carrel's dependencies, and those of these extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + [
        line for extra in extras for line in project["optional-dependencies"][extra]
    ]
    return {re.split(r"[^\w-]", line, maxsplit=1)[0] for line in lines}


def written(name: str) -> list[tuple[str, str]]:
    """The path and the source of each document of a rendered set."""
    bundles = sorted((BUNDLES / name).glob("*.txt"))
    return [document for bundle in bundles for document in documents(bundle.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("module", MODULES)
def test_the_module_and_all_that_it_imports_can_be_imported(module: str) -> None:
    absent = [name for name in sorted(third_party(module)) if importlib.util.find_spec(name) is None]
    if absent:
        extra = {package.replace("-", "_") for package in requirements("benchmarks") - requirements()}
        assert {_DISTRIBUTIONS.get(name, name).replace("-", "_") for name in absent} <= extra
        pytest.skip(f"the extra benchmarks is not installed: no {', '.join(absent)}")
    importlib.import_module(f"benchmarks.{module}")


def test_the_extra_brings_every_package_that_a_benchmark_imports() -> None:
    declared = {package.replace("-", "_") for package in requirements("benchmarks")}
    for module in MODULES:
        for name in third_party(module):
            assert _DISTRIBUTIONS.get(name, name).replace("-", "_") in declared, f"{module} imports {name}"
    assert set(_UNDECLARED) <= declared


@pytest.mark.parametrize("name", SETS)
def test_the_questions_of_a_judged_set_have_an_answer_or_none_and_are_about_its_documents(name: str) -> None:
    questions = read_questions(QUESTIONS / f"{name}.jsonl")
    assert len({question.name for question in questions}) == len(questions)
    assert all(bool(question.answers or question.parts) == question.answerable for question in questions)
    assert all(question.kind and question.file for question in questions)
    assert all(in_half(questions, half) for half in ("choose", "report"))
    if not SETS[name]:
        named = {file for question in questions for file in (question.file, *question.also)}
        assert named <= {Path(path).name for path, _ in written(name)}


@pytest.mark.parametrize("name", [name for name, folder in SETS.items() if not folder])
def test_the_answers_of_a_rendered_set_stand_in_the_documents_that_its_questions_name(name: str) -> None:
    sources = {Path(path).name: source for path, source in written(name)}
    for question in read_questions(QUESTIONS / f"{name}.jsonl"):
        texts = [sources[file] for file in (question.file, *question.also)]
        if question.answerable and not question.kind.startswith(COMPUTED):
            for accepted in question.parts or (question.answers,):
                assert any(contains_any(text, accepted) for text in texts), (question.name, accepted)


@pytest.mark.parametrize("name", [name for name, folder in SETS.items() if not folder])
def test_every_document_of_a_rendered_set_can_be_rendered_and_has_a_name_of_its_own(name: str) -> None:
    names = [Path(path).name for path, _ in written(name)]
    assert len({*names}) == len(names)
    assert all(FORMATS[Path(path).suffix](source) for path, source in written(name))


@pytest.mark.parametrize("name", SETS)
def test_a_question_that_continues_a_conversation_comes_right_after_one_of_it(name: str) -> None:
    before = ""
    for question in read_questions(QUESTIONS / f"{name}.jsonl"):
        assert question.after in ("", before), question.name
        before = question.name


def test_a_judged_set_whose_documents_are_not_there_is_reported_as_absent(tmp_path: Path) -> None:
    report = Report(None)
    judging = Judging(data=None, libraries=tmp_path, model="", half="", answers=None)
    downloaded = [name for name, folder in SETS.items() if folder]
    for name in downloaded:
        measure_set(report, judging, name)
    assert [(row.name, row.value) for row in report.rows] == [(name, "absent") for name in downloaded]
