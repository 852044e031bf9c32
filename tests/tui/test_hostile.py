"""Hostile text in every place that shows text, down to the bytes that a terminal receives.

The UI runs in a pseudo-terminal over a library in which every text is hostile: documents, names, titles,
answers, reasons, errors, models, folders. It must write what it writes for harmless text: the same kinds of
control sequences, and no invisible character.
"""

import json
import os
import re
import sys
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from policies.hygiene import visible
from tests.still import FOLDER, hostile
from tests.tui.piloting import chat, drive, until, until_shown
from tests.tui.still import app
from tests.tui.terminal import Terminal
from tui.handover import Handover
from tui.widgets.conversation import ConversationView

pytestmark = pytest.mark.model

ROOT = Path(__file__).resolve().parents[2]

ESC, CSI, OSC, BEL, ST = "\x1b", "\x9b", "\x9d", "\x07", "\x1b\\"

HOSTILE = [
    # Control sequences: the clipboard, links, titles, notifications, queries.
    f"{ESC}]52;c;aG9zdGlsZQ=={BEL}",
    f"{ESC}]52;c;?{ST}",
    f"{ESC}]8;;https://evil.example{ST}link{ESC}]8;;{ST}",
    f"{ESC}]0;title{BEL}",
    f"{ESC}]2;title{ST}",
    f"{ESC}]9;notification{BEL}",
    f"{ESC}]777;notify;a;b{BEL}",
    f"{ESC}]1337;File=inline=1:AAAA{BEL}",
    f"{ESC}]10;?{BEL}",
    f"{ESC}P+q544e{ST}",
    f"{ESC}_Ga=T,f=100;AAAA{ST}",
    f"{ESC}^private{ST}",
    f"{ESC}[2J{ESC}[H",
    f"{ESC}[6n",
    f"{ESC}[c",
    f"{ESC}[21t",
    f"{ESC}[?1049l",
    f"{ESC}[?25h{ESC}[?1000h",
    f"{ESC}[8m hidden {ESC}[0m",
    f"{ESC}c",
    f"{ESC}#8",
    f"{ESC}(0lqqk{ESC}(B",
    f"{CSI}2J",
    f"{OSC}0;c1{BEL}",
    "\x90c1 string\x9c",
    "\x8d\x84\x85",
    # Single control characters.
    "over\rwritten",
    "back\b\b\b\bspace",
    "bell\x07 form\x0c vertical\x0b nul\x00 del\x7f",
    "shift\x0e out\x0f",
    "cancel\x18 sub\x1a",
    # Text that looks like other text.
    "\u202egpj.exe\u202c",
    "\u2066isolate\u2069 \u200fmark",
    "zero\u200bwidth\u200c\u200d\u2060\ufeff",
    "tags \U000e0041\U000e0042\U000e007f",
    "soft\u00adhyphen \u034f \u115f \u3164",
    "line\u2028paragraph\u2029",
    "variation\ufe0f\ufe0f\ufe0f",
    "\udce9 not UTF-8 \ud800",
    # Markup of Rich and Textual.
    "[/b]",
    "[/etc/passwd]",
    "[@click=app.quit]click[/]",
    "[@click=app.bell()]x",
    "[link=https://evil.example]link[/link]",
    "[bold red]loud[/bold red]",
    "[red",
    "[[]]",
    "\\[b]",
    "$accent {path} %s {0}",
    # Markdown, HTML and the model's special tokens.
    "[click](https://evil.example)",
    "![picture](https://evil.example/x.png)",
    "<https://evil.example>",
    "<script>alert(1)</script>",
    '<a href="https://evil.example">a</a>',
    "[ref]\n\n[ref]: https://evil.example",
    "<|im_start|>system",
    "| a | b |\n|---|---|\n| [x](https://evil.example) | c |",
    "```\n\x1b[31m\n```",
]
"""Each is used as a document, a name, a title, an answer, a reason and an error."""

SHOWN_AFTER = {"f4": "carrel models pull", "f5": "OPEN TO AGENTS", "p": "attempts refused"}
"""By key, text of the screen that it opens: what a screen asks of the façade may come late."""

HARMLESS = ["a harmless text", "another one", "[1] a third"]

_SEQUENCE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\)|[ -/]*[0-~])", re.DOTALL)
_PARAMETERS = re.compile(rb"[0-9;:]+")


def written(texts: list[str], tmp_path: Path, env: dict[str, str]) -> bytes:
    """The bytes that the UI writes as a person goes through every screen."""
    given = tmp_path / "texts.json"
    given.write_text(json.dumps({"texts": texts, "folder": FOLDER}), encoding="ascii")
    command = [sys.executable, "-m", "tests.tui.still", str(given)]
    surroundings = {
        **env,
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    with Terminal(command, surroundings, (230, 120)) as terminal:
        terminal.until("carrel")
        terminal.quiet()
        for keys in (
            # The conversation from end to start, its citations, and the reasons of flagged sentences.
            ("escape", "g"),
            ("G", "v"),
            ("v",),
            ("tab",),
            ("j",),
            ("escape",),
            # A question that fails with a hostile message; completion of a filter.
            ("enter",),
            ("ctrl+n",),
            ("in:",),
            ("tab",),
            ("enter",),
            # The other screens.
            ("f3",),
            ("G",),
            ("d",),
            ("escape",),
            ("D",),
            ("escape",),
            ("/", "x", "enter"),
            ("f9",),
            ("f2",),
            ("f8",),
            ("escape",),
            ("f4",),
            ("j",),
            ("enter",),
            ("f5",),
            ("p",),
            ("ctrl+r",),
            ("tab", "d"),
            ("escape",),
            ("escape",),
            ("ctrl+o",),
            ("j",),
            ("a",),
            ("escape",),
            ("ctrl+p",),
            ("escape",),
        ):
            terminal.press(*keys)
            if keys[-1] in SHOWN_AFTER:
                terminal.until(SHOWN_AFTER[keys[-1]])
            # A busy UI would read the next key, if it came with this Escape, as Alt and that key.
            terminal.quiet(0.5 if keys[-1] == "escape" else 0.15)
        terminal.press("ctrl+q")
        terminal.read(10)
        assert terminal.code == 0, terminal.bytes[-3000:]
        return terminal.bytes


def kinds(output: bytes) -> set[bytes]:
    """The control sequences in the output, with numbers replaced."""
    return {_PARAMETERS.sub(b"#", found) for found in _SEQUENCE.findall(output)}


def test_a_terminal_receives_no_hostile_sequence_and_no_invisible_character(
    tmp_path: Path,
) -> None:
    assert len(HOSTILE) >= 40
    env = {"PATH": os.environ["PATH"]}
    (tmp_path / "harmless").mkdir()
    (tmp_path / "hostile").mkdir()
    harmless = written(HARMLESS, tmp_path / "harmless", env)
    output = written(HOSTILE, tmp_path / "hostile", env)
    assert kinds(output) <= kinds(harmless)
    rest = _SEQUENCE.sub(b"", output).decode("utf-8", "strict")
    # A single variation selector after a visible character is allowed.
    characters = set(rest) - set("\r\n\b\t\x0f\ufe0f")
    assert not {character for character in characters if visible(character) != character}
    assert "\ufe0f\ufe0f" not in rest
    for word in ("gpj.exe", "hidden", "[/etc/passwd]", "[@click=app.quit]", "https://evil.example"):
        assert word in rest, "the text itself is shown"


@pytest.mark.parametrize("first", range(0, len(HOSTILE), 16))
def test_no_cell_of_an_answer_is_a_link_or_runs_an_action_when_it_is_clicked(first: int) -> None:
    ui = app(hostile(HOSTILE[first : first + 16], FOLDER), handover=Handover("c"))

    async def script(pilot: Pilot[None]) -> None:
        conversation = chat(pilot).query_one(ConversationView)
        await until(pilot, lambda: conversation.exchanges and conversation.virtual_size.height > 100)
        await until_shown(pilot, "passage read")
        assert conversation.max_scroll_y == 0, "all answers are on the screen"
        styles = {
            segment.style
            for strip in ui.screen._compositor.render_strips()
            for segment in strip
            if segment.style is not None
        }
        assert len(styles) > 5
        assert not [style for style in styles if style.link or "@click" in style.meta]

    drive(ui, script, (100, 1_000))


def test_clicking_markup_in_an_answer_does_nothing() -> None:
    opened: list[str] = []
    markup = ["[@click=app.quit]click[/]", "[click](https://evil.example)", "<https://evil.example>"]
    ui = app(hostile(markup, FOLDER), handover=Handover("c"))
    ui.open_url = lambda url, *, new_tab=True: opened.append(url)  # type: ignore[method-assign]

    async def script(pilot: Pilot[None]) -> None:
        conversation = chat(pilot).query_one(ConversationView)
        await until_shown(pilot, "passage read")
        clicked = 0
        for block in list(conversation.walk_children(Static)):
            if conversation.region.contains_region(block.region) and block.region.width > 5:
                await pilot.click(block, offset=(5, 0))
                clicked += 1
        assert clicked > 5
        assert not ui._exit

    drive(ui, script, (100, 60))
    assert not opened
