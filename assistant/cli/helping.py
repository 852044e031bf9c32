"""What `--help` prints: a command's docstring and its examples.

The docstring of a command is its help. Its last paragraph, headed `Examples:`, is a list of command lines,
which are printed as they are. The list of commands gives each one's whole first sentence, however narrow the
terminal is. The manual pages are made from the same text (`assistant.cli.manual`).
"""

import inspect
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

HELP_OPTIONS: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
"""Settings of the program's context; those of its commands inherit them."""

HEADING = "Examples:"
"""Stands above the examples in a docstring and in the help."""

BY_USE = (
    *("add", "ask", "search", "ls", "get", "summarize", "compare", "history", "replay", "export"),
    *("collection", "rm", "forget", "retry", "reindex", "status", "watch", "service", "pause", "resume"),
    *("doctor", "check", "models", "policy", "audit", "eval", "completion"),
)
"""The commands of the program in the order of its help: what a person needs first comes first."""

OTHER_WORDS = {
    "cat": "get",
    "chat": "ask",
    "delete": "rm",
    "find": "search",
    "help": "--help",
    "import": "add",
    "index": "add",
    "info": "status",
    "list": "ls",
    "open": "get",
    "query": "ask",
    "remove": "rm",
    "show": "get",
    "start": "watch",
    "summarise": "summarize",
}
"""Words that people type for a command or option, each with its real name."""

_UNWRAPPED = "\b"
"""In front of a paragraph whose lines are printed as they are."""


class WholeSentences(TyperGroup):
    """A group of commands whose help breaks the sentence about a command into lines and never cuts it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The remaining arguments. The error about an option before its command says where it belongs."""
        own = {option for each in self.get_params(ctx) for option in each.opts}
        for place, arg in enumerate(args):
            option = arg.partition("=")[0]
            if not arg.startswith("--"):
                break
            having = [name for name in (*BY_USE, *self.commands) if self._has(name, option)]
            if having and option not in own:
                named = next((name for name in args[place:] if name in having), having[0])
                ctx.fail(f"{option} comes after the command. For example: {ctx.command_path} {named} {arg}")
        return super().parse_args(ctx, args)

    def _has(self, name: str, option: str) -> bool:
        """Whether the command with this name has an option."""
        return name in self.commands and any(option in each.opts for each in self.commands[name].params)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command with this name. For a word that other programs use, the error suggests a command."""
        if ctx.parent is None and (meant := OTHER_WORDS.get(args[0])):
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{meant}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        """Writes the commands, each with the first sentence of its help."""
        first = [name for name in BY_USE if name in self.commands] if ctx.parent is None else []
        names = [*first, *(name for name in self.commands if name not in first)]
        rows = [(name, first_sentence(self.commands[name].help or "")) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


class PlainCommand(TyperCommand):
    """A command whose help names its arguments without the types that they have in Python."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The remaining arguments. An error about a value loses the prefix that pydantic adds."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            error.message = error.message.replace("Value error, ", "")
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] PATH...`: an argument in brackets can be left out."""
        return [self.options_metavar or "", *(_usage(each) for each in _arguments(self))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Writes the arguments, then the options."""
        arguments = [(each.metavar or each.name, each.help or "") for each in _arguments(self)]
        options = [
            each.get_help_record(ctx) for each in self.get_params(ctx) if each.param_type_name == "option"
        ]
        for heading, rows in (("Arguments", arguments), ("Options", list(filter(None, options)))):
            if rows:
                with formatter.section(heading):
                    formatter.write_dl(rows)


def _arguments(command: TyperCommand) -> list[Any]:
    """The arguments of a command that its help names."""
    return [
        each
        for each in command.params
        if each.param_type_name == "argument" and not getattr(each, "hidden", False)
    ]


def _usage(argument: Any) -> str:
    """An argument as the usage line has it."""
    name = f"{argument.metavar or argument.name}{'...' if argument.nargs != 1 else ''}"
    return name if argument.required else f"[{name}]"


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
