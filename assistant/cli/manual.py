"""Writes the manual pages, from the same text as the help: `python -m assistant.cli.manual FOLDER`.

`make docs` runs it. There is a page for `carrel` and one for each command, such as `carrel-models-pull.1`, in
the macros of man(7).
"""

import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from assistant.cli.helping import first_sentence, split
from assistant.cli.program import app

SECTION = 1
"""The section of the manual for commands."""

SEE_ALSO = "The documentation of Carrel explains all commands, the configuration and the exit codes."


def pages() -> Iterator[tuple[str, str]]:
    """The name of each page's file, and its text."""
    yield from _pages(typer.main.get_command(app), ("carrel",))


def _pages(command: Any, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield f"{'-'.join(names)}.{SECTION}", page(command, names)
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from _pages(below, (*names, name))


def page(command: Any, names: tuple[str, ...]) -> str:
    """The page of a command. names: the words that call it, `carrel` first."""
    text, examples = split(command.help or "")
    title, call = "-".join(names), " ".join(names)
    options = [each for each in command.params if each.param_type_name == "option"]
    arguments = [each for each in command.params if each.param_type_name == "argument" and not each.hidden]
    operands = " ".join(each.metavar or each.name.upper() for each in arguments)
    usage = "COMMAND" if isinstance(command, TyperGroup) else operands
    lines = [
        f'.TH "{escaped(title.upper())}" "{SECTION}" "" "Carrel {metadata.version("carrel")}" "Carrel"',
        # No hyphens within words and no wide gaps: people copy options and filters from here.
        *(".nh", ".ad l"),
        *(".SH NAME", escaped(f"{title} - {first_sentence(text).removesuffix('.')}")),
        *(".SH SYNOPSIS", f".B {escaped(call)}", escaped(f"[OPTIONS] {usage}".strip())),
        ".SH DESCRIPTION",
        *_paragraphs(text),
    ]
    for heading, parameters in (("ARGUMENTS", arguments), ("OPTIONS", options)):
        if parameters:
            lines.append(f".SH {heading}")
            lines += [line for each in parameters for line in _entry(_spelling(each), each.help or "")]
    if isinstance(command, TyperGroup):
        lines.append(".SH COMMANDS")
        for name, below in command.commands.items():
            lines += _entry(name, first_sentence(below.help or ""))
    if examples:
        lines += [".SH EXAMPLES", ".nf", *map(escaped, examples), ".fi"]
    return "\n".join([*lines, ".SH SEE ALSO", escaped(SEE_ALSO)]) + "\n"


def escaped(text: str) -> str:
    """A line of text in which nothing is a request or an escape of roff."""
    line = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield ".PP"
        yield escaped(" ".join(paragraph.split()))


def _entry(name: str, meaning: str) -> Iterator[str]:
    yield from (".TP", f".B {escaped(name)}", escaped(meaning))


def _spelling(parameter: Any) -> str:
    """How a parameter is typed, such as `-k N`."""
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    names = ", ".join(sorted(parameter.opts, key=len))
    return names if parameter.is_flag else f"{names} {parameter.metavar or parameter.name.upper()}"


def main(folder: Path) -> None:
    """Writes all pages to a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
