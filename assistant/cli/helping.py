"""What `--help` prints: a command's docstring and its examples.

The docstring of a command is its help. Its last paragraph, headed `Examples:`, is a list of command lines,
which are printed as they are. The list of commands gives each one's whole first sentence, however narrow the
terminal is. The manual pages are made from the same text (`assistant.cli.manual`).
"""

import inspect
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

HELP_OPTIONS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""Settings of the program's context; those of its commands inherit them."""

HEADING = "Examples:"
"""Stands above the examples in a docstring and in the help."""

_UNWRAPPED = "\b"
"""In front of a paragraph whose lines are printed as they are."""


class WholeSentences(TyperGroup):
    """A group of commands whose help breaks the sentence about a command into lines and never cuts it."""

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Writes the commands, each with the first sentence of its help."""
        rows = [(name, first_sentence(command.help or "")) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def help_text(function: Callable[..., Any]) -> str:
    """The help of the command that `function` is: its docstring, with the lines of the examples kept."""
    text, examples = split(inspect.getdoc(function) or "")
    lines = [f"  {line}" for line in examples]
    return "\n".join([f"{text}\n", _UNWRAPPED, HEADING, *lines]) if lines else text


def split(text: str) -> tuple[str, list[str]]:
    """A docstring without its examples, and the examples: one command line each."""
    prose, _, examples = text.replace(f"{_UNWRAPPED}\n", "").partition(f"\n{HEADING}\n")
    return prose.strip(), [line.strip() for line in examples.splitlines() if line.strip()]


def first_sentence(text: str) -> str:
    """The first sentence of a help text, on one line."""
    paragraph = " ".join(text.partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].removesuffix(".") + "."
