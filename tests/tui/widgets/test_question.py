"""The input for a question."""

import pytest
from textual import events
from textual.pilot import Pilot

from tests.still import StillLibrary
from tests.tui.piloting import chat, drive, until, until_shown
from tests.tui.still import app
from tui.widgets.question import QuestionInput


def test_a_question_has_several_lines_and_its_filters_are_completed() -> None:
    library = StillLibrary()

    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        await pilot.press(*"a", "ctrl+j", *"b", "shift+enter", *"in:ga")
        await until_shown(pilot, "in: garden  (Tab completes the first one)")
        await pilot.press("tab")
        await until(pilot, lambda: question.text == "a\nb\nin:garden ")
        await pilot.press("enter")
        await until(pilot, lambda: library.asked)

    drive(app(library), script)


def test_ctrl_c_empties_the_question_and_says_how_to_quit() -> None:
    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        await pilot.press(*"lease", "ctrl+c")
        await until(pilot, lambda: not question.text)
        await pilot.press("ctrl+z")
        await until(pilot, lambda: question.text == "lease")
        await pilot.press("ctrl+c", "ctrl+c")
        await until_shown(pilot, "Press Ctrl+Q to quit. Esc stops an answer.")

    drive(app(StillLibrary()), script)


@pytest.mark.parametrize(
    ("folder", "completed"),
    [
        ("annual report", 'in:"annual report" '),
        ('my "x" folder', 'in:"my \\"x\\" folder" '),
        ("back\\slash", 'in:"back\\\\slash" '),
    ],
)
def test_a_completed_value_is_quoted_so_that_it_is_read_as_typed(folder: str, completed: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        await pilot.press(*"in:")
        await until_shown(pilot, "Tab completes the first one")
        await pilot.press("tab")
        await until(pilot, lambda: question.text == completed)

    drive(app(StillLibrary(names={"in": [folder]})), script)


def test_pasted_text_is_made_visible() -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        question = chat(pilot).query_one(QuestionInput)
        ui.post_message(events.Paste("a\x1b]52;c;x\x07\u202e\r\nb"))
        await until(pilot, lambda: question.text)
        assert question.text == "a␛]52;c;x␇�\nb"

    drive(ui, script)
