"""A conversation of many turns."""

import asyncio

from textual.pilot import Pilot

from assistant.dialogue import AnswerText
from tests.still import ANSWERED, StillLibrary, answer
from tests.tui.piloting import NARROW, chat, drive, text, until, until_shown
from tests.tui.still import app
from tui.handover import Handover
from tui.widgets.conversation import STEP, WINDOW, ConversationView
from tui.widgets.turn import TurnView


def test_a_long_conversation_has_only_a_window_of_its_turns_mounted() -> None:
    turns = [answer(f"Answer {number}.", question=f"Question {number}?") for number in range(100)]

    async def script(pilot: Pilot[None]) -> None:
        conversation = chat(pilot).query_one(ConversationView)
        await until_shown(pilot, "Answer 99.")
        assert len(conversation.query(TurnView)) == WINDOW
        await pilot.press("escape")
        while conversation._start > 70:
            await pilot.press("pageup")
            await pilot.pause(0.02)
        assert len(conversation.query(TurnView)) == WINDOW
        await pilot.press("g")
        await until_shown(pilot, "Question 0?")
        await pilot.press("G")
        await until_shown(pilot, "Answer 99.")

    drive(app(StillLibrary(answers=turns), handover=Handover("c")), script, (100, 30))


def test_questions_and_other_conversations_may_come_while_the_window_moves() -> None:
    turns = [answer(f"Answer {number}.", question=f"Question {number}?") for number in range(60)]

    async def script(pilot: Pilot[None]) -> None:
        view = chat(pilot).query_one(ConversationView)
        await until_shown(pilot, "Answer 59.")
        for number in range(4):
            await asyncio.gather(
                view.scroll_to_first(),
                view.begin(f"Asked meanwhile {number}?"),
                view._slide_window(-STEP),
                view.show(list(view.exchanges)),
                view.scroll_to_last(),
                view._slide_window(-STEP),
            )
            async with view._mounting:
                mounted = [turn.exchange for turn in view.query(TurnView)]
                assert mounted == view.exchanges[view._start : view._start + WINDOW]

    drive(app(StillLibrary(answers=turns), handover=Handover("c")), script, (100, 30))


def test_the_reading_place_survives_a_resize() -> None:
    long = " ".join(["words"] * 150)
    turns = [answer(f"{long} {number}.", question=f"Question {number}?") for number in range(10)]

    async def script(pilot: Pilot[None]) -> None:
        conversation = chat(pilot).query_one(ConversationView)
        await until(pilot, lambda: conversation.max_scroll_y > 0)
        await pilot.pause(0.2)
        target = list(conversation.query(TurnView))[4]
        conversation.scroll_to(y=target.virtual_region.y, animate=False)
        await until_shown(pilot, "Question 4?")
        await pilot.resize_terminal(*NARROW)
        await pilot.pause(0.3)
        assert "Question 4?" in text(pilot)

    drive(app(StillLibrary(answers=turns), handover=Handover("c")), script, (120, 30))


def test_an_answer_that_ends_while_its_turn_is_removed_does_no_harm() -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        conversation = chat(pilot).query_one(ConversationView)
        for _ in range(5):
            turn = await conversation.begin("When does the lease end?")
            await turn.handle(AnswerText("The lease ends "))
            await asyncio.gather(conversation.show(()), turn.end("Stopped."))
            turn = await conversation.begin("When does the lease end?")
            await asyncio.gather(conversation.show(()), turn.handle(ANSWERED))
        await pilot.pause()
        assert not conversation.exchanges

    drive(ui, script)
