"""The process outside the seal against a UI that a document has subverted: it starts what it should, and
nothing else.

The attacks are sent through the real pipe to the real process, which asks a real owner about the documents.
Only the UI is replaced, by a script that sends what it likes.
"""

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from assistant.config import ColourTheme, Config, load
from assistant.library.owner import Owner
from policies.outside import MAX_REQUEST_BYTES, THEMES, VIEWERS, viewer_arguments
from tests.running import NOTES, ROOT, Carrel, write

SUBVERTED = f"""
import json, sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
from assistant.config import load
from policies.outside import RequestRefused, SaveRequest, parse_request
from tui import starting

library, lines, replies = map(Path, sys.argv[1:])

def is_save(line):
    try:
        return isinstance(parse_request(line), SaveRequest)
    except RequestRefused:
        return False

def subverted(library, config, plain, outside, handover):
    with replies.open("w") as file:
        for line in lines.read_bytes().splitlines():
            outside._requests.write(line + b"\\n")
            outside._requests.flush()
            if not is_save(line):
                file.write(outside._replies.readline().decode())
    return 0

starting._run_ui = subverted
sys.exit(starting.start(library, load(None), None, plain=False))
"""


def encoded(kind: str, fields: Any) -> bytes:
    return json.dumps({kind: fields}).encode("ascii")


def view(path: object, page: object = None, line: object = None) -> bytes:
    return encoded("view", {"path": path, "page": page, "line": line})


@dataclass
class Desk:
    """A library of a few files, and a person who has configured a viewer."""

    carrel: Carrel
    folder: Path
    """The source."""
    started: Path
    """Where the viewer writes its arguments, a line each time it is started."""
    config: Path
    sent: int = field(default=0)
    path: str = os.defpath
    """Where programs are looked for."""

    def send(self, *lines: bytes) -> list[str]:
        """Sends the lines from the UI's place; returns why each was refused, empty for what was done."""
        self.sent += 1
        requests, replies = self.folder.parent / f"requests-{self.sent}", self.folder.parent / "replies"
        requests.write_bytes(b"".join(line + b"\n" for line in lines))
        outcome = subprocess.run(
            [sys.executable, "-c", SUBVERTED, self.carrel.library, requests, replies],
            cwd=self.carrel.home,
            env=self.carrel.environment(
                {"XDG_STATE_HOME": str(self.carrel.home / "state"), "PATH": self.path}
            ),
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert outcome.returncode == 0, outcome.stderr
        return [json.loads(reply)["failed"] for reply in replies.read_text(encoding="ascii").splitlines()]

    @property
    def views(self) -> list[str]:
        """The arguments of each start of the viewer."""
        return self.started.read_text().splitlines() if self.started.exists() else []


@pytest.fixture
def desk(carrel: Carrel, parts: dict[str, Any]) -> Desk:
    folder = carrel.home / "notes"
    write(folder / "ten.md", "# Ten\n\n" + "".join(f"Line {number} of it.\n" for number in range(3, 11)))
    (folder / "lease.pdf").write_bytes((NOTES / "home" / "lease-agreement.pdf").read_bytes())
    write(carrel.home / "secret.txt", "a secret")
    (folder / "link.md").symlink_to(carrel.home / "secret.txt")
    os.link(carrel.home / "secret.txt", folder / "second.md")
    (folder / "way").symlink_to(carrel.home)
    os.link(folder / "lease.pdf", folder / "same.pdf")
    os.mkfifo(folder / "pipe.md")
    with Owner(carrel.library, Config(), **parts) as owner:
        list(owner.add(folder))
    started = carrel.home / "started"
    viewer = write(carrel.home / "vim", f'#!/bin/sh\necho "$@" >> "{started}"\n')
    viewer.chmod(0o700)
    config = write(
        carrel.home / "config" / "carrel" / "config.toml", f'[tui]\nviewer = "{viewer} +{{line}} {{path}}"\n'
    )
    return Desk(carrel, folder, started, config)


@pytest.mark.model
def test_no_request_of_a_subverted_ui_starts_a_program_or_opens_a_file_outside_the_library(
    desk: Desk,
) -> None:
    folder, home, document = desk.folder, desk.carrel.home, str(desk.folder / "ten.md")
    own = write(home / "state" / "carrel" / "written.md", "by the UI itself")
    write(home / ".bashrc")
    attacks = {
        "a command as a line": view(document, None, "!touch owned"),
        "a command as a page": view(document, "1 -c !touch", None),
        "a line of 0": view(document, None, 0),
        "a negative page": view(document, -1, None),
        "a line beyond the end": view(document, None, 12),
        "a page beyond the end": view(str(folder / "lease.pdf"), 5, None),
        "an endless line": view(document, None, 10**400),
        "a fraction": view(document, 1.0, None),
        "a truth as a page": view(document, True, None),
        "no number at all": view(document, float("nan"), None),
        "a list as a page": view(document, [1], None),
        "a file outside": view("/etc/passwd"),
        "a start-up file": view(str(home / ".bashrc")),
        "a way out": view(f"{folder}/../secret.txt"),
        "a link": view(str(folder / "link.md")),
        "a second name": view(str(folder / "second.md")),
        "a linked folder": view(str(folder / "way" / "secret.txt")),
        "a pipe": view(str(folder / "pipe.md")),
        "a folder": view(str(folder)),
        "a file of the library": view(str(desk.carrel.library / "catalogue.db")),
        "a file that the UI wrote": view(str(own)),
        "a device": view("/dev/null"),
        "its own memory": view("/proc/self/mem"),
        "a relative path": view("ten.md"),
        "a null character": view(document + "\0.md"),
        "half a surrogate": view(f"{folder}/\ud800.md"),
        "a path that is no text": view(7),
        "an endless path": view("/" + "a/" * 10_000),
        "another field": encoded("view", {"path": document, "page": 1, "line": 1, "command": "vim"}),
        "a missing field": encoded("view", {"path": document}),
        "another request": encoded("run", {"command": "touch owned"}),
        "two requests": json.dumps({"view": {}, "save": {}}).encode("ascii"),
        "no object": b'["view"]',
        "no JSON": b"view me",
        "no UTF-8": b'{"view": "\xff"}',
        "a deep nest": b"[" * 100_000,
        "an endless request": b'{"save": "' + b"a" * (4 * MAX_REQUEST_BYTES),
        "a state of other types": encoded("save", {"conversation": ["x"], "question": ""}),
        "a state with a reason": encoded("save", {"conversation": "", "question": "", "reason": "Run this."}),
        "another viewer": encoded("change", {"tui.viewer": "sh -c 'touch owned' {path}"}),
        "no seal": encoded("change", {"network.seal": "best-effort"}),
        "a theme that is none": encoded("change", {"tui.theme": "loud"}),
        "a conversation that is not saved": encoded("export", {"conversation": "nothing"}),
        "no conversation": encoded("export", {"conversation": ""}),
        "a conversation that is no text": encoded("export", {"conversation": ["c"]}),
        "an endless conversation": encoded("export", {"conversation": "c" * 1_000}),
        "a file to export to": encoded("export", {"conversation": "c", "path": str(home / ".bashrc")}),
        "an endless answer": encoded("change", {"answers.answer_tokens": 10**9}),
        "a truth as a number": encoded("change", {"answers.passages": True}),
        "a number as a key": encoded("change", {"tui.keys.chat.open": 7}),
        "a key that is none": encoded("change", {"tui.keys.chat.open": 'x"\n[models]'}),
        "a key id that is none": encoded("change", {"tui.keys.chat.opne": "x"}),
        "another program to try": encoded("try", {"viewer": "touch {path}", "path": document}),
        "no program to try": encoded("try", {"viewer": "", "path": document}),
        "a program and a file outside": encoded("try", {"viewer": VIEWERS[0], "path": "/etc/passwd"}),
        "a program and a link": encoded("try", {"viewer": VIEWERS[0], "path": str(folder / "link.md")}),
        "another model": encoded("change", {"models.target": "/tmp/model.gguf"}),
    }
    before = desk.config.read_text()
    refused = desk.send(*attacks.values())
    assert len(refused) == len(attacks)
    assert not [name for name, reason in zip(attacks, refused, strict=True) if not reason]
    assert desk.views == []
    assert desk.config.read_text() == before

    # The same process still does what a person asks for.
    done = desk.send(
        view(document, None, 10),
        view(str(folder / "lease.pdf"), 2),
        encoded("change", {"tui.theme": "light"}),
    )
    assert done == ["", "", ""]
    assert sorted(desk.views) == [f"+1 {folder / 'lease.pdf'}", f"+10 {document}"]
    # A file with two names that the library has read both.
    assert desk.send(view(str(folder / "same.pdf"), 2)) == [""]
    assert f"+1 {folder / 'same.pdf'}" in desk.views
    assert load(desk.config).tui.theme is ColourTheme.LIGHT


@pytest.mark.model
def test_a_program_is_tried_before_it_is_kept(desk: Desk) -> None:
    document, programs = str(desk.folder / "ten.md"), desk.carrel.home / "bin"
    first, second, third = (VIEWERS[index].partition(" ")[0] for index in (0, 1, 2))
    for name, script in ((first, f'echo "$0 $@" >> "{desk.started}"; sleep 60'), (second, "exit 3")):
        write(programs / name, f"#!/bin/sh\n{script}\n").chmod(0o700)
    desk.path = f"{programs}:/usr/bin:/bin"
    before = desk.config.read_text()
    done = desk.send(*(encoded("try", {"viewer": VIEWERS[index], "path": document}) for index in range(3)))
    assert done == ["", "the program ended with the error 3", f"the program {third} is not installed"]
    assert desk.views == [f"{programs / first} {document}"]
    assert desk.config.read_text() == before, "only the person keeps it"
    assert desk.send(
        encoded("change", {"tui.viewer": VIEWERS[0], "tui.keys.chat.open": "ctrl+g", "answers.passages": 8})
    ) == [""]
    kept = load(desk.config)
    assert (kept.tui.viewer, kept.tui.keys, kept.answers.passages) == (VIEWERS[0], {"chat.open": "ctrl+g"}, 8)


@pytest.mark.model
def test_a_saved_conversation_is_written_to_a_new_file_where_the_program_was_started(
    desk: Desk, parts: dict[str, Any]
) -> None:
    with Owner(desk.carrel.library, Config(), **parts) as owner:
        list(owner.ask("What does line 7 say?", conversation="../c"))
    request = encoded("export", {"conversation": "../c"})
    assert desk.send(request, request) == ["", ""]
    files = sorted(desk.carrel.home.glob("carrel-*.html"))
    assert [file.stem[-2:] for file in files] == ["-1", "-2"], "an existing file is kept"
    for file in files:
        page = file.read_text(encoding="utf-8")
        assert "What does line 7 say?" in page
        assert "<script" not in page
        assert file.stat().st_mode & 0o077 == 0


@pytest.mark.model
def test_ten_thousand_fuzzed_requests_start_nothing(desk: Desk) -> None:
    chance = random.Random(14)
    document = str(desk.folder / "ten.md")
    values: list[Any] = [
        *(None, True, 0, -1, 1.5, 10**9 + 1, 2**63, "1", "!touch owned", "", [], {}, [1], {"line": 1}),
        *(document, "/etc/passwd", f"{desk.folder}/link.md", "\ud800", "\0", "../..", "/dev/zero"),
    ]
    positions = [value for value in values if type(value) is not type(None)]
    lines = []
    for _ in range(10_000):
        kind = chance.choice(["view", "view", "view", "save", "change", "export", "run", ""])
        fields: Any = {
            "path": chance.choice([document, *values]),
            "page": chance.choice(positions),
            "line": chance.choice(values),
        }
        if chance.random() < 0.3:
            fields[chance.choice(["path", "page", "line", "command", "question"])] = chance.choice(positions)
        if chance.random() < 0.1:
            fields = chance.choice(values)
        line = json.dumps({kind: fields}).encode("ascii")
        if chance.random() < 0.3:
            # Cut short, or with bytes exchanged.
            spoilt = bytearray(line[: chance.randrange(len(line))] or b"{")
            for _ in range(chance.randrange(4)):
                spoilt[chance.randrange(len(spoilt))] = chance.choice(
                    [c for c in range(256) if c not in b"\r\n"]
                )
            line = bytes(spoilt)
        lines.append(line)
    assert not [reason for reason in desk.send(*lines) if not reason]
    assert desk.views == []


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("xdg-open {path}", ["xdg-open", "/a b/{page}.pdf"]),
        ("code --goto {path}:{line}", ["code", "--goto", "/a b/{page}.pdf:7"]),
        ("'my viewer' -p {page} {path}", ["my viewer", "-p", "3", "/a b/{page}.pdf"]),
        ("viewer {path};rm -r ~", ["viewer", "/a b/{page}.pdf;rm", "-r", "~"]),
        ("sh -c 'less \"$1\"' sh {path}", ["sh", "-c", 'less "$1"', "sh", "/a b/{page}.pdf"]),
    ],
)
def test_a_viewers_command_is_split_into_words_without_a_shell(command: str, words: list[str]) -> None:
    assert viewer_arguments(command, "/a b/{page}.pdf", 3, 7) == words


@pytest.mark.parametrize(
    "command",
    [
        *("viewer", "viewer '{path}", "sh -c 'less {path}'", "/bin/bash -lc 'less {path}'"),
        "env LESS=-R zsh -c 'less \"{path}\"'",
    ],
)
def test_a_command_that_is_invalid_or_hands_the_path_to_a_shell_is_refused(command: str) -> None:
    with pytest.raises(ValueError):
        viewer_arguments(command, "/a", None, None)


def test_the_ui_may_choose_every_theme_there_is() -> None:
    assert set(THEMES) == set(ColourTheme)
