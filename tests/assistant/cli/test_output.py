"""The streams of a command: JSON alone on stdout, colours for terminals, nothing that controls a terminal."""

import base64
import io
import json
import os
import re
import subprocess

import pytest

from assistant.cli.output import Output
from tests.running import Carrel, command
from tests.still import FOLDER, StillLibrary, answer, hostile, passage

ESCAPES = "\x1b]52;c;ZXZpbA==\x07 \x1b[2J \x9b31m \u202etoorts\u202c \u200bhidden"
"""Writes the clipboard, clears the screen, colours, turns text around, and hides a break."""

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")

COLOUR = re.compile(r"\x1b\[[\d;]*[34]\d[\d;]*m")


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "/home/reader/notes"],
        ["ls"],
        ["status"],
        ["rm", "/home/reader/notes/lease.md"],
        ["forget", "/home/reader/notes/lease.md"],
        ["policy", "sweep", "--dry-run"],
        ["retry"],
        ["pause"],
        ["resume"],
        ["search", "lease"],
        ["ask", "When does the lease end?"],
        ["compare", "/a.md", "/b.md", "When does the lease end?"],
        ["history"],
        ["history", "c0"],
        ["history", "c0", "--forget"],
        ["policy", "log"],
    ],
    ids=" ".join,
)
def test_with_json_stdout_is_one_object_in_ascii(carrel: Carrel, arguments: list[str]) -> None:
    outcome = carrel.here(*arguments, "--json", library=StillLibrary())
    assert outcome.code == 0
    (line,) = outcome.out.splitlines()
    assert isinstance(json.loads(line.decode("ascii")), dict)


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", f"/{ESCAPES}"],
        ["ls"],
        ["status"],
        ["rm", f"/{ESCAPES}"],
        ["forget", f"/{ESCAPES}"],
        ["search", ESCAPES],
        ["search", ESCAPES, "--json"],
        ["ask", ESCAPES],
        ["ask", ESCAPES, "--all"],
        ["ask", ESCAPES, "--json"],
        ["ask", ESCAPES, "--mode", ESCAPES],
        ["ask", ESCAPES, "--since", ESCAPES],
        ["compare", f"/{ESCAPES}", f"/{ESCAPES}", ESCAPES],
        ["history"],
        ["history", ESCAPES],
        ["history", ESCAPES, "--forget"],
        ["replay", ESCAPES],
        ["policy", "log"],
        ["export", "documents", ESCAPES, "--jsonl", "a.jsonl"],
        ["export", ESCAPES],
        ["models", "use", ESCAPES],
        ["models", "rm", ESCAPES],
        ["models", "verify", ESCAPES],
        ["eval", f"/{ESCAPES}"],
        ["summarize", f"/{ESCAPES}.md"],
        ["summarize", ESCAPES, "--length", ESCAPES],
        ["ls", "--config", f"/{ESCAPES}"],
        [f"--no{ESCAPES}"],
        [ESCAPES],
        ["summarize", ESCAPES, ESCAPES],
    ],
    ids=lambda arguments: " ".join(argument.replace(ESCAPES, "X") for argument in arguments),
)
@pytest.mark.parametrize("failing", [False, True], ids=["answering", "failing"])
def test_no_text_from_outside_reaches_the_terminal_as_a_control_character(
    carrel: Carrel, arguments: list[str], failing: bool
) -> None:
    library = hostile([ESCAPES, f"a\nb{ESCAPES}"], FOLDER)
    if not failing:
        library.failure = None
    library.passages = [passage(ESCAPES, f"/{ESCAPES}", ESCAPES)]
    library.replayed = answer(ESCAPES, passages=library.passages)
    outcome = carrel.here(*arguments, library=library)
    for written in (outcome.out, outcome.err):
        assert not UNSAFE.search(written.decode("utf-8"))
    assert "Traceback" not in outcome.narration


def test_json_names_a_path_exactly_as_it_is(carrel: Carrel) -> None:
    path = "/notes/a\x1b]52;c;ZXZpbA==\x07\nb\udcff\u202e.md"
    library = StillLibrary(passages=[passage("zebra", path)])
    outcome = carrel.here("search", "zebra", "--json", library=library)
    found = outcome.object["passages"][0]
    assert found["path"] == path.replace("\udcff", "\ufffd")
    assert base64.b64decode(found["path_bytes"]) == os.fsencode(path)
    assert "zebra" in carrel.here("search", "zebra", library=library).text


def test_a_terminal_gets_colours_unless_no_color_is_set(carrel: Carrel) -> None:
    arguments = ("search", "zebra")
    library = StillLibrary()
    library.indexing = library.indexing.__class__(True, False, 0, 0, (), 0.0, None, "The disk is full.")
    env = {"TERM": "xterm-256color"}
    coloured = carrel.here("status", library=library, env=env, terminal=True)
    assert COLOUR.search(coloured.text)
    plain = carrel.here("status", library=library, env={**env, "NO_COLOR": "1"}, terminal=True)
    assert not COLOUR.search(plain.text)
    piped = carrel.here("status", library=library, env=env)
    assert b"\x1b" not in piped.out + piped.err
    assert carrel.here(*arguments, library=library, env=env).code == 0


def test_progress_is_shown_on_a_terminal_only() -> None:
    def written(*, terminal: bool, quiet: bool = False) -> str:
        class Stream(io.StringIO):
            def isatty(self) -> bool:
                return terminal

        err = Stream()
        with Output(io.StringIO(), err, quiet=quiet).progress("files") as show_progress:
            show_progress(1, 3, "a\x1b[2Jname.md")
        return err.getvalue()

    assert "1/3" in written(terminal=True)
    assert "a\x1b[2J" not in written(terminal=True)
    assert written(terminal=False) == written(terminal=True, quiet=True) == ""


@pytest.mark.parametrize("width", [40, 120])
def test_two_answers_are_side_by_side_where_the_terminal_is_wide_enough(carrel: Carrel, width: int) -> None:
    outcome = carrel.here(
        *("compare", "/lease.md", "/pond.md", "When?"),
        library=StillLibrary(answers=[answer("It is the first."), answer("It is the second.")]),
        env={"TERM": "xterm", "COLUMNS": str(width)},
        terminal=True,
    )
    together = [line for line in outcome.text.splitlines() if "the first" in line and "the second" in line]
    assert bool(together) is (width == 120)


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("--help",)])
def test_output_that_cannot_be_written_is_said(filled: Carrel, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*command(), *arguments, *(("--library", str(filled.library)) if "status" in arguments else ())],
            env=filled.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert "unexpectedly" not in done.stderr
    if "status" in arguments:
        assert "The output cannot be written: No space left on device." in done.stderr


def test_a_terminal_without_unicode_gets_question_marks(filled: Carrel) -> None:
    outcome = filled("search", "Suppe", env={"PYTHONIOENCODING": "ascii"})
    assert outcome.code == 0, outcome.narration
    assert "?" in outcome.text
