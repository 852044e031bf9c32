"""The rule that screens and widgets show what the façade says, and do no I/O of their own.

`exporting.py`, `outside.py`, `requests.py` and `starting.py` are about processes and are exempt. Of the lower
packages, every other module of `tui` may import only `PURE` at run time: modules of values and of pure
functions. For annotations, under `TYPE_CHECKING`, it may import any value. Of the standard library it may
import nothing that reads or writes, and it must not call a method of `Path` that looks at the disk. `Path`
itself is allowed, because the façade takes paths.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layers import ROOT, imports

PROCESSES = {"exporting.py", "outside.py", "requests.py", "starting.py"}

PURE = {
    "assistant.answers.filters": "pure functions over a typed question",
    "assistant.answers.questions": "pure functions over a typed question",
    "assistant.answers.showing": "pure functions over quoted text",
    "assistant.answers.wording": "the sentences of a reply that is no answer",
    "assistant.dialogue": "values",
    "assistant.errors": "errors",
    "assistant.formatting": "pure functions that format values",
    "ingest.documents": "values",
    "ingest.progress": "values",
    "ingest.selection": "values",
    "policies.errors": "errors",
    "policies.hygiene": "pure functions over text",
    "policies.outside": "what the process outside the seal accepts, as values and pure functions",
}
"""What `tui` may import of lower packages at run time, and why."""

IO_MODULES = frozenset(
    {
        "fcntl",
        "glob",
        "io",
        "mmap",
        "os",
        "platform",
        "pty",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "subprocess",
        "tempfile",
        "termios",
        "urllib",
    }
)

IO_METHODS = frozenset(
    "home cwd expanduser resolve exists is_file is_dir is_symlink stat lstat iterdir glob rglob walk "
    "read_text read_bytes write_text write_bytes mkdir touch unlink rmdir rename chmod symlink_to".split()
)
"""Methods of `Path` that look at the disk or the environment."""


def violations(source: str, package: str = "tui") -> Iterator[str]:
    """What in a module's source breaks the rule."""
    tree = ast.parse(source)
    for_types = {
        statement
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for statement in node.body
    }
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    for statement in statements:
        for _, name in imports(ast.unparse(statement), package):
            top = name.partition(".")[0]
            if top in IO_MODULES:
                yield f"imports {name}"
            if (
                top in {"assistant", "ingest", "policies"}
                and statement not in for_types
                and not any(name == pure or name.startswith(f"{pure}.") for pure in PURE)
            ):
                yield f"imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "open":
            yield "calls open"
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in IO_METHODS
        ):
            yield f"calls {node.func.attr}"


@pytest.mark.parametrize(
    ("source", "violation"),
    [
        ("import os.path", "imports os.path"),
        ("def f():\n    from assistant.config import change", "imports assistant.config.change"),
        ("from policies import network", "imports policies.network"),
        ("Path('/proc/self/status').read_text()", "calls read_text"),
        ("open('a')", "calls open"),
    ],
)
def test_the_rule_recognises_io(source: str, violation: str) -> None:
    assert list(violations(source)) == [violation]


@pytest.mark.parametrize(
    "source",
    [
        "from assistant.dialogue import Answer",
        "if TYPE_CHECKING:\n    from assistant.config import TuiSettings",
        "from pathlib import Path\nPath(folder).name",
    ],
)
def test_the_rule_allows_values(source: str) -> None:
    assert not list(violations(source))


def test_screens_and_widgets_do_no_io() -> None:
    modules = [path for path in sorted((ROOT / "tui").rglob("*.py")) if path.name not in PROCESSES]
    assert len(modules) > 20
    broken = {
        str(path.relative_to(ROOT)): found
        for path in modules
        if (found := list(violations(path.read_text(encoding="utf-8"), package_of(path))))
    }
    assert not broken


def package_of(path: Path) -> str:
    """The dotted name of the package that a module is in."""
    return ".".join(path.relative_to(ROOT).parts[:-1])
