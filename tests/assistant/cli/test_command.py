"""The contract of every command: help, shared options, configuration, messages and exit codes."""

import logging
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from assistant.cli.exits import Exit, UsageError
from assistant.cli.program import app
from assistant.dialogue import Conversation
from assistant.errors import (
    AssistantError,
    BadFilter,
    ConfigError,
    EngineError,
    ModelMissing,
    QuestionTooLong,
)
from ingest.errors import IngestError, LibraryBusy
from policies.errors import CarrelError, ModelNotAsPinned, PolicyRefusal
from policies.network import Seal
from tests.running import Carrel, run, write
from tests.still import ANSWERED, StillLibrary


def commands(group: typer.core.TyperGroup, *names: str) -> Iterator[tuple[str, ...]]:
    """The words of every command below a group."""
    for name, command in group.commands.items():
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, *names, name)
        else:
            yield (*names, name)


GROUP = get_command(app)
assert isinstance(GROUP, typer.core.TyperGroup)
COMMANDS = sorted(commands(GROUP))


def configure(carrel: Carrel, text: str) -> Path:
    """A configuration file with this text."""
    return write(carrel.home / "carrel.toml", text)


# Help and options


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_the_shared_options(carrel: Carrel, command: tuple[str, ...]) -> None:
    outcome = carrel.here(*command, "--help", library=StillLibrary())
    assert outcome.code == 0
    for option in ("--json", "--library", "--config", "--quiet", "-q", "--verbose", "-v", "CARREL_HOME"):
        assert option in outcome.text
    assert not carrel.library.exists()


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_argument_and_option_is_explained(command: tuple[str, ...]) -> None:
    node = GROUP
    for name in command:
        assert isinstance(node, typer.core.TyperGroup)
        node = node.commands[name]
    assert node.help
    for parameter in node.params:
        explanation = getattr(parameter, "help", None)
        assert explanation, parameter.name
        assert explanation[0].isupper() or parameter.name in {"length", "form", "prefix"}, explanation
        assert explanation.endswith("."), explanation


def test_the_help_lists_every_command_with_a_whole_first_sentence(carrel: Carrel) -> None:
    for group in {command[:-1] for command in COMMANDS}:
        listed = carrel.here(*group, "--help", library=StillLibrary()).text.partition("Commands:")[2]
        for command in COMMANDS:
            if command[:-1] == group:
                assert f"\n  {command[-1]} " in listed
        assert "..." not in listed, "no sentence is cut off"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["add"],
        ["search"],
        ["search", "hedge", "-k", "0"],
        ["search", "hedge", "-k", "many"],
        ["ls", "--colour"],
        ["summarize", "one.md", "two.md"],
        ["policy", "nonsense"],
    ],
    ids=" ".join,
)
def test_invalid_usage_has_an_exit_code_and_a_message(carrel: Carrel, arguments: list[str]) -> None:
    outcome = carrel.here(*arguments, library=StillLibrary())
    assert (outcome.code, outcome.out) == (2, b"")
    assert "Error: " in outcome.narration


def test_an_option_before_the_command_counts_like_one_after_it(tmp_path: Path) -> None:
    folders: list[Path] = []

    def open_library(folder: Path, config: object) -> StillLibrary:
        folders.append(folder)
        return StillLibrary()

    first, second = str(tmp_path / "first"), str(tmp_path / "second")
    assert run("--library", first, "ls", library=open_library).code == 0
    assert run("--library", first, "policy", "log", library=open_library).code == 0
    assert run("--library", first, "ls", "--library", second, library=open_library).code == 0
    assert folders == [Path(first), Path(first), Path(second)]


def test_a_configuration_before_the_command_is_read(carrel: Carrel) -> None:
    outcome = carrel.here("--config", configure(carrel, "[nonsense]\n"), "ls", library=StillLibrary())
    assert outcome.code == 2
    assert "nonsense" in outcome.narration


def test_the_version_is_shown(carrel: Carrel) -> None:
    outcome = carrel("--version")
    assert (outcome.code, outcome.text) == (0, f"carrel {metadata.version('carrel')}\n")


@pytest.mark.parametrize("command", [(), ("models",), *COMMANDS], ids=" ".join)
def test_the_help_of_every_command_is_whole_and_has_examples(
    carrel: Carrel, command: tuple[str, ...]
) -> None:
    wide, short, narrow = (
        carrel.here(*command, option, library=StillLibrary(), env={"COLUMNS": columns})
        for option, columns in (("--help", "200"), ("-h", "200"), ("-h", "44"))
    )
    assert short == wide
    assert (short.code, short.err) == (0, b"")
    words = [text.replace("-\n", "-").split() for text in (wide.text, narrow.text)]
    assert sorted("".join(words[0])) == sorted("".join(words[1])), "a narrow terminal cuts nothing"
    examples = narrow.text.partition("Examples:\n")[2].partition("\n\n")[0].splitlines()
    if command in COMMANDS:
        assert examples
        assert all(f"carrel {' '.join(command)}" in line for line in examples)


def test_help_names_arguments_without_types_and_first_what_is_needed_first(carrel: Carrel) -> None:
    shown = carrel.here("retry", "--help", library=StillLibrary()).text
    assert shown.startswith("Usage: carrel retry [OPTIONS] [PATH|NAME]\n")
    assert "\n  PATH|NAME  Retry only" in shown
    assert "carrel add [OPTIONS] PATH...\n" in carrel.here("add", "-h", library=StillLibrary()).text
    listed = carrel.here("--help", library=StillLibrary()).text.partition("Commands:\n")[2].split("\n")
    assert [line.split()[0] for line in listed[:3]] == ["add", "ask", "search"]


def test_without_a_terminal_the_help_is_shown_in_place_of_the_terminal_ui(carrel: Carrel) -> None:
    outcome = carrel.here(library=StillLibrary())
    assert outcome.code == 2
    assert "Commands:" in outcome.text


@pytest.mark.parametrize(
    ("arguments", "variable", "library"),
    [
        (["--library", "/elsewhere"], "/variable", "/elsewhere"),
        ([], "/variable", "/variable"),
        (["--library", "mine"], "/variable", "{here}/mine"),
    ],
    ids=["option", "environment", "relative"],
)
def test_the_library_is_named_by_the_option_then_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], variable: str, library: str
) -> None:
    monkeypatch.setenv("CARREL_HOME", variable)
    monkeypatch.chdir(tmp_path)
    folders: list[Path] = []

    def open_library(folder: Path, config: object) -> StillLibrary:
        folders.append(folder)
        return StillLibrary()

    assert run("ls", *arguments, library=open_library).code == 0
    assert folders == [Path(library.format(here=tmp_path))]


# Errors and exit codes


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CarrelError("It failed."), Exit.FAILED),
        (IngestError("It failed."), Exit.FAILED),
        (AssistantError("It failed."), Exit.FAILED),
        (EngineError("It failed."), Exit.FAILED),
        (UsageError("It failed."), Exit.USAGE),
        (BadFilter("It failed."), Exit.USAGE),
        (ConfigError("It failed."), Exit.USAGE),
        (QuestionTooLong("It failed."), Exit.USAGE),
        (LibraryBusy("It failed.", pid=4711), Exit.BUSY),
        (PolicyRefusal("It failed."), Exit.REFUSED),
        (ModelMissing("It failed."), Exit.MODEL),
        (ModelNotAsPinned("It failed."), Exit.MODEL),
        (KeyboardInterrupt(), Exit.INTERRUPTED),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_every_kind_of_error_has_its_exit_code(carrel: Carrel, error: Exception, code: Exit) -> None:
    for options in ([], ["--json"], ["--quiet"]):
        outcome = carrel.here("search", "hedge", *options, library=StillLibrary(failure=error))
        assert outcome.code == code
        assert outcome.narration.startswith("carrel: ")
        assert outcome.object["error"]["exit"] == code if options == ["--json"] else outcome.out == b""


def test_an_error_is_one_message_with_its_remedy_and_one_object(carrel: Carrel) -> None:
    failure = IngestError("The disk is full.", remedy="Free some space.")
    outcome = carrel.here("search", "hedge", "--json", library=StillLibrary(failure=failure))
    assert outcome.narration == "carrel: The disk is full. Free some space."
    assert outcome.error == {"message": "The disk is full.", "remedy": "Free some space.", "exit": 1}


def test_an_unexpected_error_names_its_kind_and_shows_no_text_of_a_document(carrel: Carrel) -> None:
    library = StillLibrary(failure=ValueError("a secret of the lease"))
    outcome = carrel.here("search", "hedge", library=library)
    assert outcome.code == 1
    assert "ValueError" in outcome.narration
    assert "--verbose" in outcome.narration
    assert "secret" not in outcome.narration
    assert "Traceback" not in outcome.narration
    assert "Traceback" in carrel.here("search", "hedge", "--verbose", library=library).narration


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[models]\ntraget = 'x'\n", "Did you mean models.target?"),
        ("[nonsense]\n", "nonsense, but there is no such setting"),
        ("[index]\nchunk_tokens = 9000\n", "invalid value for index.chunk_tokens"),
        ("[network]\nseal = 'off'\n", "invalid value for network.seal"),
        ("models = [\n", "is not valid TOML"),
    ],
    ids=["misspelt key", "unknown section", "out of bounds", "unknown mode", "no TOML"],
)
def test_an_invalid_configuration_is_refused(carrel: Carrel, text: str, words: str) -> None:
    outcome = carrel.here("ls", "--config", configure(carrel, text), library=StillLibrary())
    assert outcome.code == 2
    assert words in outcome.narration
    assert "carrel.toml" in outcome.narration


def test_a_configuration_that_does_not_exist_is_refused(carrel: Carrel) -> None:
    outcome = carrel.here("ls", "--config", "nowhere.toml", "--json", library=StillLibrary())
    assert (outcome.code, outcome.error["exit"]) == (2, 2)
    assert "nowhere.toml" in outcome.narration


def test_the_configuration_in_its_usual_place_is_read(carrel: Carrel) -> None:
    write(carrel.home / "config" / "carrel" / "config.toml", "[answers]\npasages = 3\n")
    outcome = carrel.here("ls", library=StillLibrary())
    assert outcome.code == 2
    assert "Did you mean answers.passages?" in outcome.narration


# Narration and logging


def test_a_seal_that_the_kernel_does_not_enforce_is_reported(tmp_path: Path) -> None:
    seal = Seal(enforced=False, detail="Not kernel-enforced.")
    outcome = run("ls", library=lambda folder, config: StillLibrary(), seal=seal)
    assert "Not kernel-enforced." in outcome.narration
    assert "Not kernel-enforced." not in outcome.text


@pytest.mark.parametrize(
    ("options", "shown"),
    [([], {"warning"}), (["--quiet"], set()), (["--verbose"], {"info", "warning"})],
    ids=["plain", "quiet", "verbose"],
)
def test_carrels_own_log_follows_quiet_and_verbose(
    carrel: Carrel, options: list[str], shown: set[str]
) -> None:
    class LoggingLibrary(StillLibrary):
        def conversations(self) -> list[Conversation]:
            logging.getLogger("ingest.test").info("info about \x1b[2Jnotes")
            logging.getLogger("ingest.test").warning("warning about \x1b[2Jnotes")
            logging.getLogger("some.library").info("info from a library")
            return []

    outcome = carrel.here("history", *options, library=LoggingLibrary())
    assert {level for level in ("info", "warning") if f"test: {level} about" in outcome.narration} == shown
    assert "from a library" not in outcome.narration
    assert b"\x1b" not in outcome.err
    assert logging.getLogger("ingest").level == logging.NOTSET, "the test's process logs as before"


def test_quiet_leaves_the_answer_and_drops_the_narration(carrel: Carrel) -> None:
    loud = carrel.here("ask", "When does the lease end?", library=StillLibrary())
    quiet = carrel.here("ask", "When does the lease end?", "--quiet", library=StillLibrary())
    assert "1 passage read" in loud.narration
    assert "tokens" not in loud.narration
    verbose = carrel.here("ask", "When does the lease end?", "--verbose", library=StillLibrary())
    assert "34 tokens at 31/s" in verbose.narration
    assert quiet.err == b""
    assert quiet.text == loud.text
    assert ANSWERED.citations[0].locator.path in quiet.text


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("delete", "rm"), ("remove", "rm"), ("query", "ask"), ("help", "--help")],
)
def test_a_word_of_other_programs_names_the_command_that_is_meant(
    carrel: Carrel, typed: str, meant: str
) -> None:
    outcome = carrel.here(typed, "lease")
    assert outcome.code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in outcome.narration
    assert meant.startswith("-") or carrel.here(meant, "--help").code == 0


@pytest.mark.parametrize(
    ("arguments", "example"),
    [
        (("--json", "ls"), "carrel ls --json"),
        (("--library=/tmp/none", "--json", "search", "lease"), "carrel search --json"),
        (("models", "--json", "ls"), "carrel models ls --json"),
    ],
)
def test_an_option_of_a_command_before_it_is_said_to_come_after_it(
    carrel: Carrel, arguments: Sequence[str], example: str
) -> None:
    outcome = carrel.here(*arguments)
    assert outcome.code == 2
    assert f"--json comes after the command. For example: {example}" in outcome.narration


def test_an_invalid_value_is_refused_with_the_valid_ones(carrel: Carrel) -> None:
    outcome = carrel.here("export", "all")
    assert outcome.code == 2
    assert "Invalid value for 'WHAT': 'all' is not one of 'documents', 'chunks'" in outcome.narration
