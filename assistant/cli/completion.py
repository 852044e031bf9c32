"""The command that completes command lines in a shell: completion.

`carrel completion SHELL` prints a few lines for the shell's start-up file. They run the same command with the
words typed so far, which prints what can follow: commands, options, values, and names from the library. The
shell inserts these lines as text; it never evaluates them, so a document's name cannot run anything.

Names come from the library's owner if one runs, otherwise from the library itself, if it exists. Completion
is silent: whatever fails, it offers nothing, and it gives up after `PATIENCE_S`.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.helping import first_sentence
from assistant.cli.session import Session
from policies.errors import CarrelError
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.facade import Assistant

PATIENCE_S = 3.0
"""Completion that takes longer is abandoned, because a person waits for it."""

_BASH = """\
_carrel() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$(printf %q "${line%%$'\\t'*}")")
    done < <(carrel completion bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _carrel carrel"""

_ZSH = """\
#compdef carrel
_carrel() {
    local line
    local -a values shown
    while IFS= read -r line; do
        values+=("${line%%$'\\t'*}")
        shown+=("${line/$'\\t'/  -- }")
    done < <(carrel completion zsh -- "${(@)words[2,$CURRENT]}" 2>/dev/null)
    if (( ${#values} )); then
        compadd -l -d shown -a -- values
    else
        _files
    fi
}
compdef _carrel carrel"""

_FISH = """\
function __carrel_complete
    set -l words (commandline -opc)
    set -l found (carrel completion fish -- $words[2..] (commandline -ct) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c carrel -f -a '(__carrel_complete)'"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""By shell: what its start-up file needs."""

Candidate = tuple[str, str]
"""What can be typed, and what it means; the latter may be empty."""


def _documents(assistant: Assistant) -> list[Candidate]:
    return [(entry.path, "") for entry in assistant.entries()]


def _conversations(assistant: Assistant) -> list[Candidate]:
    return [(item.id, item.title) for item in assistant.conversations()]


def _collections(assistant: Assistant) -> list[Candidate]:
    return [(each.name, each.context) for each in assistant.collections()]


def _filter(name: str) -> Callable[[Assistant], list[Candidate]]:
    return lambda assistant: [(value, "") for value in assistant.filter_values()[name]]


_NAMES: dict[tuple[str, str], Callable[[Assistant], list[Candidate]]] = {
    ("get", "document"): _documents,
    ("export", "only"): _documents,
    ("rm", "path"): _documents,
    ("forget", "paths"): _documents,
    ("retry", "path"): _documents,
    ("compare", "first"): _documents,
    ("compare", "second"): _documents,
    ("log", "document"): _documents,
    ("history", "conversation"): _conversations,
    ("ask", "conversation"): _conversations,
    ("ask", "collected"): _collections,
    ("search", "collected"): _collections,
    ("add", "collection"): _collections,
    ("rm", "collection"): _collections,
    **{
        (command, option): _filter(name)
        for command in ("ask", "search")
        for option, name in (("within", "in"), ("of_type", "type"), ("tagged", "tag"))
    },
}
"""By command and parameter: the names that the library has for it."""

_VALUES = {
    "what": ("documents", "chunks", "conversations"),
    "mode": ("auto", "quote", "free"),
    "length": ("short", "medium", "long"),
    "form": ("md", "bullets", "json"),
    "shell": tuple(SCRIPTS),
}
"""By parameter: the values it can have."""


def register(app: typer.Typer) -> None:
    """Adds the command to `app`, whose commands it completes."""

    def completion(
        session: Session,
        shell: Annotated[str, typer.Argument(metavar="SHELL", help="The shell: bash, zsh or fish.")],
        words: Annotated[
            list[str] | None, typer.Argument(hidden=True, help="The words typed so far.")
        ] = None,
    ) -> None:
        """Complete commands, options, document names and conversations in your shell.

        It prints lines for the shell's start-up file.

        Examples:
            carrel completion bash >> ~/.bashrc
            carrel completion zsh >> ~/.zshrc
            carrel completion fish > ~/.config/fish/completions/carrel.fish
        """
        output = session.output
        if shell not in SCRIPTS:
            raise UsageError(
                f"There is no completion for {shell}.", remedy="The shells are bash, zsh and fish."
            )
        if words is None:
            output.print_verbatim(SCRIPTS[shell])
            output.print_json({"shell": shell, "script": SCRIPTS[shell], "candidates": []})
            return
        found = complete(session, typer.main.get_command(app), words)
        for value, meaning in found:
            # A name with invisible characters cannot be typed.
            if value == one_line(value):
                output.print_verbatim(f"{value}\t{one_line(meaning)}" if meaning else value)
        output.print_json({"shell": shell, "script": "", "candidates": [value for value, _ in found]})

    command(app, library_named=_library)(completion)


def complete(session: Session, program: Any, words: Sequence[str]) -> list[Candidate]:
    """What can stand in place of the last of `words`, which may be incomplete; empty if nothing is known.

    program: the group of all commands.
    """
    *before, incomplete = [_unquoted(word) for word in words] or [""]
    group, rest = _command(program, before)
    parameter = _option(group, rest[-1]) if rest else None
    if isinstance(group, TyperGroup) and parameter is None and not incomplete.startswith("-"):
        commands = group.commands.items()
        return _fitting(((name, first_sentence(each.help or "")) for name, each in commands), incomplete)
    if parameter is None and incomplete.startswith("-"):
        options = (each for each in group.params if each.param_type_name == "option")
        return _fitting(((name, each.help or "") for each in options for name in each.opts), incomplete)
    if parameter is None:
        arguments = [each for each in group.params if each.param_type_name == "argument"]
        given = len(_arguments(group, rest))
        if not arguments or (given >= len(arguments) and arguments[-1].nargs != -1):
            return []
        parameter = arguments[min(given, len(arguments) - 1)]
    if parameter.name in _VALUES:
        return _fitting(((value, "") for value in _VALUES[parameter.name]), incomplete)
    names = _NAMES.get((group.name, parameter.name))
    return [] if names is None else _from_library(session, names, incomplete)


def _library(values: Mapping[str, Any]) -> Path | None:
    """The library that the words typed so far name."""
    words = values.get("words") or []
    for place, word in enumerate(words[:-2]):
        if word == "--library":
            return Path(_unquoted(words[place + 1])).expanduser()
    return None


def _command(group: Any, words: Sequence[str]) -> tuple[Any, list[str]]:
    """The command that `words` name, as far as they do, and the words after its name."""
    rest = list(words)
    while isinstance(group, TyperGroup):
        arguments = _arguments(group, rest)
        if not arguments or arguments[0] not in group.commands:
            break
        rest = rest[rest.index(arguments[0]) + 1 :]
        group = group.commands[arguments[0]]
    return group, rest


def _option(command: Any, word: str) -> Any:
    """The option of `command` that is spelt like this and takes a value; None if there is none."""
    for each in command.params:
        if word in each.opts and each.param_type_name == "option" and not each.is_flag:
            return each
    return None


def _arguments(command: Any, words: Sequence[str]) -> list[str]:
    """The words that are neither options of `command` nor their values."""
    arguments, is_value = [], False
    for word in words:
        if is_value:
            is_value = False
        elif word.startswith("-") and word != "-":
            is_value = _option(command, word) is not None
        else:
            arguments.append(word)
    return arguments


def _from_library(
    session: Session, names: Callable[[Assistant], list[Candidate]], incomplete: str
) -> list[Candidate]:
    """The names of the library that fit; empty if there is none, it cannot be opened or it takes too long."""

    def give_up(number: int, frame: object) -> None:
        raise TimeoutError

    if not (session.attached or (session.library / "catalogue.db").is_file()):
        return []
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE_S)
    try:
        with suppress(CarrelError, OSError), session.open() as assistant:
            found = names(assistant)
            return _fitting(found, incomplete) or _by_name(found, incomplete)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return []


def _fitting(candidates: Iterable[Candidate], incomplete: str) -> list[Candidate]:
    return [candidate for candidate in candidates if candidate[0].startswith(incomplete)]


def _by_name(candidates: Sequence[Candidate], incomplete: str) -> list[Candidate]:
    """Documents whose file name, without its folder, begins like this, by that name."""
    names = [(os.path.basename(value), meaning) for value, meaning in candidates if value.startswith("/")]
    return _fitting(names, incomplete)


def _unquoted(word: str) -> str:
    """A word as the shell would pass it: without its quotes and backslashes, as far as it is typed."""
    if word[:1] in ("'", '"'):
        return word[1:].removesuffix(word[0])
    return re.sub(r"\\(.)", r"\1", word)
