"""Completion writes filters that are read as the value it offered, whatever the value contains."""

import asyncio

from ingest.selection import Selection
from tests.still import StillLibrary
from tests.tui.piloting import chat, until
from tests.tui.still import app
from tui.widgets.question import QuestionInput


def test_a_completed_name_with_quotation_marks_selects_that_folder() -> None:
    library = StillLibrary(names={"in": ['my "x" folder'], "type": [], "tag": []})

    async def drive() -> None:
        ui = app(library)
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            question = chat(pilot).query_one(QuestionInput)
            await pilot.press(*"rent", "space", *"in:my")
            await until(pilot, lambda: question.text == "rent in:my")
            await pilot.press("tab")
            await until(pilot, lambda: question.text == r'rent in:"my \"x\" folder" ')
            await pilot.press("enter")
            await until(pilot, lambda: library.asked == ["rent"])
            assert library.selections == [Selection(folders=('my "x" folder',))]

    asyncio.run(drive())
