"""The documentation is true and complete: its commands run, and it covers everything a person can use.

The commands shown on all pages share one running owner over a copy of the example notes. The site is built
as `make docs` builds it; that test is skipped, saying so, where the extra `docs` is not installed.
"""

import ast
import importlib.util
import json
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer

from assistant.cli.exits import Exit
from assistant.cli.program import app
from assistant.config import Config, Section
from assistant.library.client import Client
from ingest import parsers
from policies import endpoint
from tests.running import PATIENCE_S, ROOT, Carrel, command, owning

PAGES = {
    str(page.relative_to(ROOT)): page.read_text(encoding="utf-8")
    for folder in (ROOT, ROOT / "docs", ROOT / "examples")
    for page in sorted(folder.glob("*.md"))
}
"""The README and all other pages, by path."""

README_LINES = 150
"""Longest README."""

_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_SEPARATOR = re.compile(r"\|(?:-+\|)+")
_LINK = re.compile(r"\]\((?!https?://)([^)#\s]*)(?:#([^)]*))?\)")

_INNERMOST = re.compile(r"[{\[][^{}\[\]]*[}\]]")
"""An object or list in JSON that contains no other."""

_ALONE = {"carrel reindex"}
"""Commands that refuse to run beside an owner, as their pages say."""

_PACKAGES = ("policies", "ingest", "assistant", "tui")


def shown_commands(page: str) -> list[str]:
    """The lines after a prompt, in the order of the page."""
    lines = [line for block in _CONSOLE.findall(PAGES[page]) for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def section(page: str, title: str) -> str:
    """The text of a page below the heading `title`, up to the next heading of the same level or higher."""
    level = len(title) - len(title.lstrip("#"))
    below = PAGES[page].partition(f"\n{title}\n")[2]
    assert below, f"{page} has no section {title!r}"
    return re.split(rf"^#{{1,{level}}} ", below, maxsplit=1, flags=re.MULTILINE)[0]


def table(page: str, header: str) -> list[list[str]]:
    """The cells of the rows below a table's `header`."""
    below = PAGES[page].partition(f"\n{header}\n")[2]
    assert below, f"{page} has no table {header!r}"
    rows = []
    for line in below.splitlines()[1:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return rows


def anchors(text: str) -> set[str]:
    """The names that the headings of a page have in links, by the rule of both forges and the site."""
    without_code = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def command_names() -> list[str]:
    """All commands, such as `ask` and `models pull`."""
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    names = []
    for name, below in group.commands.items():
        subcommands = getattr(below, "commands", {})
        names += [f"{name} {subcommand}" for subcommand in subcommands] or [name]
    assert len(names) > 25
    return names


def parameters(name: str) -> list[str]:
    """The options of a command, each by its longest spelling, such as `--type`."""
    command_or_group = typer.main.get_command(app)
    for part in name.split():
        assert isinstance(command_or_group, typer.core.TyperGroup)
        command_or_group = command_or_group.commands[part]
    options = [parameter for parameter in command_or_group.params if parameter.param_type_name == "option"]
    assert options
    return [max(option.opts, key=len) for option in options]


def is_only_a_docstring(module: Path) -> bool:
    """Whether a module, such as the `__init__.py` of a package, holds no code."""
    body = ast.parse(module.read_text(encoding="utf-8")).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


# The commands that the pages show


@dataclass(frozen=True, slots=True)
class Checkout:
    """A person with Carrel installed in a checkout, the example notes indexed and an owner running."""

    carrel: Carrel
    folder: Path
    """The checkout, in which the commands run."""
    unowned: Path
    """A copy of the library that no process owns."""


@pytest.fixture(scope="module")
def checkout(indexed: Carrel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The one world of all pages."""
    home = tmp_path_factory.mktemp("documented")
    carrel = Carrel(library=home / "library", home=home, cache=indexed.cache)
    folder = home / "carrel"
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copytree(ROOT / "examples" / "notes" / "health", home / "Notes")
    unowned = home / "unowned"
    for library in (carrel.library, unowned):
        shutil.copytree(indexed.library, library, ignore=shutil.ignore_patterns("*.sock"))
    with owning(carrel):
        added = carrel("add", folder / "examples" / "notes")
        assert added.code == Exit.DONE, added.narration
        yield Checkout(carrel, folder, unowned)


@pytest.mark.model
@pytest.mark.parametrize("page", [page for page in PAGES if shown_commands(page)])
def test_every_command_that_a_page_shows_works_in_the_order_shown(page: str, checkout: Checkout) -> None:
    as_installed = f'carrel() {{ {shlex.join(command())} "$@"; }}\n'
    for line in shown_commands(page):
        library = {"CARREL_HOME": str(checkout.unowned)} if line in _ALONE else {}
        run = subprocess.run(
            ["bash", "-o", "pipefail", "-c", as_installed + line],
            cwd=checkout.folder,
            env=checkout.carrel.environment(library),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert run.returncode == Exit.DONE, f"{line}\n{run.stderr}"
        assert run.stdout.strip(), line


def test_the_pages_show_commands() -> None:
    assert len(shown_commands("README.md")) >= 3
    assert sum(len(shown_commands(page)) for page in PAGES) > 20


JSON_COMMANDS = {
    "add": "add carrel/examples/notes/car",
    "ls": "ls",
    "get": "get carrel/examples/notes/home/lease-agreement.pdf:2",
    "completion": "completion bash -- ask --st",
    "status": "status",
    "search": "search lease",
    "ask": "ask lease --conversation home",
    "history": "history",
    "history NAME": "history home",
    "retry": "retry",
    "pause": "pause",
    "resume": "resume",
    "policy show": "policy show",
    "policy log": "policy log",
    "policy sbom": "policy sbom",
    "policy sweep": "policy sweep --dry-run",
    "audit head": "audit head",
    "models ls": "models ls",
    "models verify": "models verify",
    "models recommend": "models recommend",
    "rm": "rm carrel/examples/notes/car",
    "forget": "forget carrel/examples/notes/kitchen",
}
"""By the name in the table of objects, commands that need nothing but a library, in an order that works."""


def _with_json(arguments: str) -> list[str]:
    words = arguments.split()
    place = words.index("--") if "--" in words else len(words)
    return [*words[:place], "--json", *words[place:]]


@pytest.mark.model
def test_commands_print_the_keys_that_the_table_of_objects_names(checkout: Checkout) -> None:
    rows = table("docs/json.md", "| Command | Object |")
    for name, arguments in JSON_COMMANDS.items():
        (documented,) = [row[1] for row in rows if f"`{name}`" in row[0]]
        # Without the objects and lists in it, the keys of the object itself are left.
        content = documented.partition("{")[2]
        while re.search(_INNERMOST, content):
            content = re.sub(_INNERMOST, "", content)
        connection = endpoint.connect(checkout.carrel.library)
        assert connection is not None
        with Client([connection]) as client:
            run = checkout.carrel.here(*_with_json(arguments), library=client, attached=True)
        assert run.code == Exit.DONE, run.narration
        assert list(run.object) == re.findall(r'"(\w+)"', content.partition("}")[0]), name


@pytest.mark.model
@pytest.mark.skipif(platform.machine() != "x86_64", reason="other processors have fewer system call tables")
def test_the_readme_gives_the_number_of_attempts_of_the_proof(checkout: Checkout) -> None:
    claimed = re.search(r"tries to reach the network in\s(\d+)\sways \(on x86-64\)", PAGES["README.md"])
    assert claimed
    assert len(checkout.carrel("policy", "prove", "--json").object["attempts"]) == int(claimed[1])


# Completeness


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) <= README_LINES


@pytest.mark.parametrize("name", command_names())
def test_every_command_is_documented_with_an_example(name: str) -> None:
    pages = PAGES["docs/usage.md"] + PAGES["docs/models.md"]
    assert re.search(rf"^(\$ )?(echo .*\| )?carrel {name}\b", pages, re.MULTILINE)


@pytest.mark.parametrize("name", command_names())
def test_every_option_of_a_command_is_documented(name: str) -> None:
    pages = PAGES["docs/usage.md"] + PAGES["docs/models.md"]
    for option in parameters(name):
        assert re.search(rf"{option}\b", pages), option


@pytest.mark.parametrize("name", command_names())
def test_the_json_of_every_command_is_documented(name: str) -> None:
    rows = table("docs/json.md", "| Command | Object |")
    documented = [documented for row in rows for documented in re.findall(r"`([^`]+)`", row[0])]
    assert name in documented


def test_every_setting_is_documented_with_its_default() -> None:
    rows = {key: default for key, default, _ in _ROW.findall(PAGES["docs/configuration.md"])}
    for name, field in Config.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, Section)
        for key, setting in field.annotation.model_fields.items():
            value = json.dumps(setting.default)
            assert rows.get(f"`{name}.{key}`") == f"`{value}`", f"{name}.{key}"


@pytest.mark.parametrize("exit_", Exit)
def test_every_exit_code_is_explained(exit_: Exit) -> None:
    assert re.search(rf"^\| {int(exit_)} \| \w+", PAGES["docs/json.md"], re.MULTILINE)


def test_every_suffix_in_the_table_of_formats_is_read_and_every_format_is_in_the_table() -> None:
    rows = table("docs/usage.md", "| Format | Suffixes | Citations name |")
    documented = set()
    for _, suffixes, _ in rows:
        names = [name for names in re.findall(r"`([a-z0-9. ]+)`", suffixes) for name in names.split()]
        assert names, f"the row {suffixes!r} names no suffix"
        for name in names:
            kind = parsers.media_type(f"/notes/{name}" if "." in name else f"/notes/a.{name}")
            assert kind, f"{name} is documented and not read"
            documented.add(kind)
    assert documented == parsers.MEDIA_TYPES


def test_every_dependency_is_justified() -> None:
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = metadata.partition("dependencies = [")[2].partition("\n]")[0]
    named = section("docs/decisions.md", "## 21. Dependencies")
    packages = re.findall(r'^    "([\w-]+)', listed, re.MULTILINE)
    assert len(packages) > 15
    for package in packages:
        assert re.search(rf"\b{package}\b", named), package


@pytest.mark.parametrize("package", _PACKAGES)
def test_the_architecture_page_names_every_module_and_no_other(package: str) -> None:
    listed = re.findall(
        r"^\| `([\w/]+\.py)` \|", section("docs/architecture.md", f"### {package}/"), re.MULTILINE
    )
    folder = ROOT / package
    modules = {
        str(module.relative_to(folder)) for module in folder.rglob("*.py") if not is_only_a_docstring(module)
    }
    assert len(listed) == len(set(listed)), "a module is listed twice"
    assert set(listed) == modules


# Form


@pytest.mark.parametrize("page", PAGES)
def test_every_table_is_whole(page: str) -> None:
    """A row apart from its table would be shown as text, and a surplus cell would be dropped."""
    lines = ["", *PAGES[page].splitlines(), ""]
    columns = 0
    for number, line in enumerate(lines):
        if line.startswith("|"):
            if not lines[number - 1].startswith("|"):
                assert _SEPARATOR.fullmatch(lines[number + 1]), f"no table begins with {line!r}"
                columns = line.count("|")
            assert line.count("|") == columns, line


def test_every_attack_names_the_test_that_carries_it_out() -> None:
    section = PAGES["docs/security.md"].partition("### Attacks that were tried")[2]
    attacks = [tests for attack, _, tests in _ROW.findall(section) if attack != "Attack"]
    assert len(attacks) >= 50
    for tests in attacks:
        file = ""
        for name in re.findall(r"`([^`]+)`", tests):
            file, _, function = name.partition("::") if ".py" in name else (file, "", name)
            code = (ROOT / "tests" / file).read_text(encoding="utf-8")
            assert not function or f"def {function}(" in code, name
        assert file, tests


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: str) -> None:
    for target, heading in _LINK.findall(PAGES[page]):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.is_file(), target
        if heading:
            assert heading in anchors(file.read_text(encoding="utf-8")), f"{target}#{heading}"


# The site


class _Resources(HTMLParser):
    """Collects what a browser loads for a page, as opposed to what a person may click."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.policies: list[str] = []
        """Content security policies that the page sets."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        loaded = [values[name] for name in ("src", "srcset", "data", "poster", "action") if name in values]
        if tag == "link" and values.get("rel") not in ("canonical", "next", "prev"):
            loaded.append(values.get("href", ""))
        if tag == "meta" and values.get("http-equiv") == "Content-Security-Policy":
            self.policies.append(values["content"])
        self.addresses += loaded


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation site, built with `--strict`: a dead link or any other warning fails the build."""
    if importlib.util.find_spec("material") is None or importlib.util.find_spec("mkdocs") is None:
        pytest.skip("the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    build = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert build.returncode == 0, build.stderr
    return folder


def test_the_site_holds_every_page_and_picture_and_can_be_searched(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert pages <= {page.stem for page in site.glob("*.html")}
    assert {p.name for p in (site / "screens").iterdir()} == {
        p.name for p in (ROOT / "docs/screens").iterdir()
    }
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    assert pages <= {entry["location"].partition(".html")[0] for entry in index["docs"]}


def test_the_site_loads_nothing_from_another_host(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert pages
    for page in pages:
        resources = _Resources()
        resources.feed(page.read_text(encoding="utf-8"))
        assert resources.addresses, page
        assert [a for a in resources.addresses if re.match(r"(\w+:)?//", a)] == [], page
        # Scripts cannot be read for what they would load, so each page has the browser refuse it.
        (policy,) = resources.policies
        assert policy.startswith("default-src 'self'"), page
        assert "http" not in policy, page
    for sheet in (*site.rglob("*.css"), *site.rglob("*.svg")):
        text = sheet.read_text(encoding="utf-8")
        loaded = re.findall(
            r"@import\s+[^;]+|url\(\s*[\"']?(?:\w+:)?//[^)]*\)|href=\"(?:\w+:)?//[^\"]*\"", text
        )
        assert loaded == [], sheet
