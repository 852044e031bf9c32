"""The rules that keep the code readable: one name a class, short modules, documented names, no import
circles."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.test_layers import LAYERS, ROOT, imports, modules

LONGEST = 400
"""Lines of a module. A longer one gives the reason in its docstring."""

REASON = "This module is long because"
"""How a module's docstring begins that reason."""

PATHS = modules(LAYERS)
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in PATHS}


def place(path: Path) -> str:
    """The path of a module as people write it."""
    return path.relative_to(ROOT).as_posix()


def dotted(path: Path) -> str:
    """The name a module is imported by."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def public_definitions(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """The public classes and functions of a module, and the public methods and properties of its public
    classes."""
    waiting: list[ast.Module | ast.ClassDef] = [tree]
    while waiting:
        for node in waiting.pop().body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                if node.name.startswith("_"):
                    continue
                yield node
                if isinstance(node, ast.ClassDef):
                    waiting.append(node)


def test_no_two_classes_have_the_same_name() -> None:
    places = defaultdict(list)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(place(path))
    assert not {name: paths for name, paths in places.items() if len(paths) > 1}


def test_every_module_and_public_name_has_a_docstring() -> None:
    missing = [place(path) for path, tree in TREES.items() if not ast.get_docstring(tree)]
    missing += [
        f"{place(path)}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        for node in public_definitions(tree)
        if not ast.get_docstring(node)
    ]
    assert not missing


def test_a_long_module_gives_the_reason() -> None:
    unexplained = [
        place(path)
        for path, tree in TREES.items()
        if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST
        and REASON not in " ".join((ast.get_docstring(tree) or "").split())
    ]
    assert not unexplained


def test_modules_do_not_import_each_other_in_circles() -> None:
    names = {dotted(path): path for path in PATHS}
    arrows: dict[str, set[str]] = {}
    for name, path in names.items():
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        imported = {other for _, other in imports(path.read_text(encoding="utf-8"), package)}
        imported |= {other.rpartition(".")[0] for other in imported if other not in names}
        arrows[name] = (imported & names.keys()) - {name}
    # Modules that import no module of this set cannot be in a circle; what is left over at the end is.
    while leaves := [name for name, imported in arrows.items() if not imported & arrows.keys()]:
        for name in leaves:
            del arrows[name]
    # Likewise for modules that none of the others imports.
    while roots := [name for name in arrows if not any(name in imported for imported in arrows.values())]:
        for name in roots:
            del arrows[name]
    assert not arrows
