"""The README is true: its commands run, and nothing a person can use is missing from it."""

import json
import re
import shlex
import shutil
import subprocess

import pytest

from assistant.cli.exits import Exit
from assistant.config import Config, Section
from ingest import parsers
from tests.running import PATIENCE_S, ROOT, Carrel, command, require_starter_models

README = (ROOT / "README.md").read_text(encoding="utf-8")

_CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def shown_commands() -> list[str]:
    """The lines behind a prompt, in the order of the page."""
    lines = [line for block in _CONSOLE.findall(README) for line in block.splitlines()]
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


def test_every_command_shown_in_the_readme_works_in_the_order_shown(carrel: Carrel) -> None:
    require_starter_models()
    checkout = carrel.home / "carrel"
    shutil.copytree(ROOT / "examples", checkout / "examples")
    shutil.copytree(ROOT / "examples" / "notes" / "health", carrel.home / "Notes")
    as_installed = f'carrel() {{ {shlex.join(command())} "$@"; }}\n'
    shown = shown_commands()
    assert len(shown) > 10
    for line in shown:
        run = subprocess.run(
            ["bash", "-o", "pipefail", "-c", as_installed + line],
            cwd=checkout,
            env=carrel.environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        assert run.returncode == Exit.DONE, f"{line}\n{run.stderr}"
        assert run.stdout.strip(), line


def test_the_readme_names_every_command(carrel: Carrel) -> None:
    helped = carrel("--help").text.partition("Commands:")[2]
    names = re.findall(r"^  (\w+) ", helped, re.MULTILINE)
    assert len(names) > 5
    for name in names:
        assert re.search(rf"^(\$ )?carrel {name}\b", README, re.MULTILINE), name


def test_the_readme_gives_every_setting_with_its_default() -> None:
    rows = {key: default for key, default, _ in _ROW.findall(README)}
    for name, field in Config.model_fields.items():
        assert isinstance(field.annotation, type)
        assert issubclass(field.annotation, Section)
        for key, setting in field.annotation.model_fields.items():
            value = json.dumps(setting.default)
            assert rows.get(f"`{name}.{key}`") == f"`{value}`", f"{name}.{key}"


@pytest.mark.parametrize("exit_", Exit)
def test_the_readme_explains_every_exit_code(exit_: Exit) -> None:
    assert re.search(rf"^\| {int(exit_)} \| \w+", README, re.MULTILINE)


def test_the_suffixes_the_readme_names_are_read() -> None:
    table = README.partition("| Format | Suffixes |")[2].partition("\n\n")[0]
    suffixes = [suffix for names in re.findall(r"`([a-z ]+)`", table) for suffix in names.split()]
    assert len(suffixes) > 20
    for suffix in suffixes:
        assert parsers.media_type(f"/notes/a.{suffix}"), suffix


def test_every_dependency_is_justified() -> None:
    metadata = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = metadata.partition("dependencies = [")[2].partition("\n]")[0]
    named = README.partition("## What it stands on")[2].partition("\n## ")[0]
    packages = re.findall(r'^    "([\w-]+)', listed, re.MULTILINE)
    assert len(packages) > 15
    for package in packages:
        assert re.search(rf"\b{package}\b", named), package
