"""How the UI behaves, over a library that stands still."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Static

from assistant.config import ColourTheme, Config, TuiSettings, load
from assistant.errors import ConfigError
from ingest.catalogue import DocumentEntry, DocumentState
from ingest.errors import IngestError
from ingest.selection import Selection
from tests.still import ANSWERED, FOLDER, LEASE, StillLibrary, answer, passage
from tests.tui.piloting import answered, ask, chat, text, until
from tests.tui.still import Beside, app
from tui.handover import Handover
from tui.outside import arguments
from tui.pictures import Shower, shower
from tui.screens.dialogs import HelpDialog
from tui.screens.library import LibraryScreen
from tui.screens.models import ModelsScreen
from tui.screens.privacy import PrivacyScreen
from tui.widgets.conversation import WINDOW, ConversationView, TurnView
from tui.widgets.question import QuestionInput
from tui.widgets.source import CitationList, SourcePane
from tui.widgets.table import Table


def test_sentences_that_are_not_backed_are_marked_and_say_why() -> None:
    async def drive() -> None:
        ui = app(StillLibrary())
        async with ui.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "When?")
            await answered(pilot)
            await until(pilot, lambda: "1 not backed ✗, 1 weakly backed ≈" in text(pilot))
            assert "The deposit is 1,400 euros. ✗" in text(pilot)
            assert "No notice is needed. ≈ [1]" in text(pilot)
            await pilot.press("escape", "v")
            await until(pilot, lambda: "weak: only part of it stands in the passage" in text(pilot))
            await pilot.press("v")
            await until(pilot, lambda: "unbacked: no passage names 1,400" in text(pilot))
            await pilot.press("v")
            await until(pilot, lambda: "v says why" in text(pilot))
            assert "2 passages found did not fit and were left out" in text(pilot)

    asyncio.run(drive())


def test_a_cited_page_is_shown_as_it_looks_where_the_terminal_can() -> None:
    from textual_image.widget import HalfcellImage

    of = passage(LEASE)
    paged = replace(of, locator=replace(of.locator, path=f"{FOLDER}/lease.pdf", page=2, lines=None))
    cited = answer("It ends in 2028. [1]", passages=[paged])

    async def drive(pictures: Shower | None) -> None:
        ui = app(StillLibrary(answers=[cited]), pictures=pictures)
        async with ui.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "When?")
            await answered(pilot)
            await pilot.press("tab")
            await until(pilot, lambda: "It ends on 30 September 2028" in text(pilot))
            await pilot.press("p")
            if pictures is None:
                await until(pilot, lambda: len(ui._notifications))
                assert chat(pilot).query_one("#quoted").display, "the text stays"
                return
            source = chat(pilot).query_one(SourcePane)
            await until(pilot, lambda: source.query(HalfcellImage))
            assert not source.query_one("#quoted").display
            await pilot.press("p")
            await until(pilot, lambda: not source.query(HalfcellImage))
            assert source.query_one("#quoted").display

    asyncio.run(drive(lambda picture: shower(picture, HalfcellImage)))
    asyncio.run(drive(None))


def test_a_question_has_several_lines_and_its_filters_are_completed() -> None:
    library = StillLibrary()

    async def drive() -> None:
        ui = app(library)
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            question = chat(pilot).query_one(QuestionInput)
            await pilot.press(*"a", "ctrl+j", *"b", "shift+enter", *"in:ga")
            await until(pilot, lambda: "in: garden" in text(pilot))
            await pilot.press("tab")
            await until(pilot, lambda: question.text == "a\nb\nin:garden ")
            await pilot.press("enter")
            await until(pilot, lambda: library.asked == ["a\nb"])
            assert library.selections == [Selection(folders=("garden",))]

    asyncio.run(drive())


def test_an_answer_is_copied_with_and_without_its_citations() -> None:
    async def drive() -> None:
        ui = app(StillLibrary())
        async with ui.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "When?")
            await answered(pilot)
            await pilot.press("escape", "y")
            await until(pilot, lambda: ui.clipboard == ANSWERED.text)
            await pilot.press("Y")
            await until(pilot, lambda: ui.clipboard != ANSWERED.text)
            assert ui.clipboard.startswith(ANSWERED.text)
            assert f"[1] {FOLDER}/lease.md, lines 3-4, Term: “The lease begins" in ui.clipboard

    asyncio.run(drive())


def test_a_question_that_fails_says_why_and_is_kept() -> None:
    async def drive() -> None:
        ui = app(StillLibrary(failure=IngestError("The model is [gone].", remedy="Install it.")))
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "When?")
            await until(pilot, lambda: "The model is [gone]. Install it." in text(pilot))
            assert chat(pilot).query_one(QuestionInput).text == "When?"

    asyncio.run(drive())


def test_a_library_that_cannot_be_opened_says_why() -> None:
    def busy() -> StillLibrary:
        raise IngestError("Another process (4711) owns the library.", remedy="Stop it.")

    async def drive() -> None:
        ui = app(StillLibrary())
        ui._open_library = busy
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: "Another process (4711) owns the library." in text(pilot))

    asyncio.run(drive())


def test_a_kept_question_stands_where_it_was_written() -> None:
    async def drive() -> None:
        ui = app(StillLibrary(), kept=Handover("c1", "And the rent?", "Carrel has attached anew."))
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: chat(pilot).query_one(ConversationView).exchanges)
            assert chat(pilot).query_one(QuestionInput).text == "And the rent?"
            assert "Carrel has attached anew. Your question is kept." in text(pilot)

    asyncio.run(drive())


def test_quitting_stops_what_is_being_written_at_once() -> None:
    library = StillLibrary(pause_s=0.2)
    beside = Beside()

    async def drive() -> float:
        ui = app(library, beside=beside)
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "When?")
            began = time.monotonic()
            await pilot.press("ctrl+q")
            await until(pilot, lambda: ui._exit)
        ui.desk.close(5)
        return time.monotonic() - began

    assert asyncio.run(drive()) < 3
    assert library.closed
    assert beside.kept.question == ""


def test_keys_are_rebound_by_their_ids() -> None:
    config = Config(tui=TuiSettings(keys={"app.library": "ctrl+l", "question.send": "ctrl+s"}))
    library = StillLibrary()

    async def drive() -> None:
        ui = app(library, config=config)
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            await pilot.press("W", "ctrl+s")
            await until(pilot, lambda: library.asked == ["W"])
            await pilot.press("ctrl+l")
            assert isinstance(ui.screen, LibraryScreen)
            await pilot.press("f1")
            assert isinstance(ui.screen, HelpDialog)
            assert "ctrl+l" in text(pilot)

    asyncio.run(drive())


def test_a_key_for_something_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ConfigError) as refused:
        app(StillLibrary(), config=Config(tui=TuiSettings(keys={"chat.opne": "x"})))
    assert "chat.open" in refused.value.remedy


def test_the_look_is_changed_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"

    async def drive() -> None:
        ui = app(StillLibrary(), config_file=file)
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            assert ui.theme == "carrel-dark"
            await pilot.press("ctrl+t")
            await until(pilot, lambda: ui.theme == "carrel-light")
            await until(pilot, lambda: file.exists())

    asyncio.run(drive())
    assert load(file).tui.theme is ColourTheme.LIGHT


def test_without_colour_nothing_is_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def drive() -> None:
        ui = app(StillLibrary())
        async with ui.run_test(size=(100, 30)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "When?")
            await answered(pilot)
            styles = [segment.style for strip in ui.screen._compositor.render_strips() for segment in strip]
            colours = {colour for style in styles if style for colour in (style.color, style.bgcolor)}
            assert all(colour is None or colour.is_default for colour in colours)

    asyncio.run(drive())


def test_a_long_conversation_keeps_a_window_of_it_on_the_screen() -> None:
    turns = [answer(f"Answer {number}.", question=f"Question {number}?") for number in range(100)]

    async def drive() -> None:
        ui = app(StillLibrary(answers=turns), kept=Handover("c"))
        async with ui.run_test(size=(100, 30)) as pilot:
            conversation = chat(pilot).query_one(ConversationView)
            await until(pilot, lambda: "Answer 99." in text(pilot))
            assert len(conversation.query(TurnView)) == WINDOW
            await pilot.press("escape")
            while conversation._start > 50:
                await pilot.press("pageup")
                await pilot.pause(0.02)
            assert len(conversation.query(TurnView)) == WINDOW
            await pilot.press("g")
            await until(pilot, lambda: "Question 0?" in text(pilot))
            await pilot.press("G")
            await until(pilot, lambda: "Answer 99." in text(pilot))

    asyncio.run(drive())


def test_another_size_of_the_terminal_keeps_the_place() -> None:
    long = " ".join(["words"] * 150)
    turns = [answer(f"{long} {number}.", question=f"Question {number}?") for number in range(10)]

    async def drive() -> None:
        ui = app(StillLibrary(answers=turns), kept=Handover("c"))
        async with ui.run_test(size=(120, 30)) as pilot:
            conversation = chat(pilot).query_one(ConversationView)
            await until(pilot, lambda: conversation.max_scroll_y > 0)
            await pilot.pause(0.2)
            target = list(conversation.query(TurnView))[4]
            conversation.scroll_to(y=target.virtual_region.y, animate=False)
            await until(pilot, lambda: "Question 4?" in text(pilot))
            await pilot.resize_terminal(80, 24)
            await pilot.pause(0.3)
            assert "Question 4?" in text(pilot)

    asyncio.run(drive())


def test_a_table_of_ten_thousand_documents_is_filtered_and_walked() -> None:
    entries = [
        DocumentEntry(f"{FOLDER}/{number:05}.md", DocumentState.INDEXED, "", 3, 1000, "text/markdown", 0.0)
        for number in range(10_000)
    ]

    async def drive() -> None:
        ui = app(StillLibrary(documents=entries))
        async with ui.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: ui.status)
            await pilot.press("f3")
            table = ui.screen.query_one(Table)
            await until(pilot, lambda: table.counts == (10_000, 10_000))
            await pilot.press("G")
            await until(pilot, lambda: "09999.md" in text(pilot))
            await pilot.press("k", "k")
            assert table.key == f"{FOLDER}/09997.md"
            await pilot.press("slash", *"042", "enter")
            await until(pilot, lambda: table.counts == (120, 10_000))
            await pilot.press("g")
            assert table.key is not None
            assert "042" in table.key

    asyncio.run(drive())


def test_privacy_and_models_say_what_is_so() -> None:
    async def drive() -> None:
        ui = app(StillLibrary())
        async with ui.run_test(size=(120, 50)) as pilot:
            await until(pilot, lambda: ui.status)
            await pilot.press("f5")
            assert isinstance(ui.screen, PrivacyScreen)
            await until(pilot, lambda: "sha256 bbbb" in text(pilot))
            assert "NOT SEALED" in text(pilot), "the kernel is asked, and this process is not"
            await pilot.press("p")
            await until(pilot, lambda: "attempts refused" in text(pilot))
            await pilot.press("f4")
            assert isinstance(ui.screen, ModelsScreen)
            await until(pilot, lambda: "smollm2-135m-instruct" in text(pilot))
            await pilot.press("enter")
            await until(pilot, lambda: "answers        smollm2-135m-instruct" in text(pilot))

    asyncio.run(drive())


def test_nearest_passages_stand_beside_an_answer_that_there_is_not() -> None:
    nothing = answer("The library holds nothing about it.", passages=[passage(LEASE)])
    nothing = type(nothing)(
        **{
            **{name: getattr(nothing, name) for name in nothing.__slots__},
            "abstained": True,
            "citations": (),
        }
    )

    async def drive() -> None:
        ui = app(StillLibrary(answers=[nothing]))
        async with ui.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: ui.status)
            await ask(pilot, "Who?")
            await answered(pilot)
            await until(pilot, lambda: "near lease.md" in text(pilot))
            assert chat(pilot).query_one(CitationList).entries[0].label == "near"
            assert "30 September 2028" in str(chat(pilot).query_one("#quoted", Static).render())

    asyncio.run(drive())


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("xdg-open {path}", ["xdg-open", "/a b/{page}.pdf"]),
        ("code --goto {path}:{line}", ["code", "--goto", "/a b/{page}.pdf:7"]),
        ("'my viewer' -p {page} {path}", ["my viewer", "-p", "3", "/a b/{page}.pdf"]),
    ],
)
def test_a_viewers_command_is_made_of_words_and_no_shell_reads_it(command: str, words: list[str]) -> None:
    assert arguments(command, "/a b/{page}.pdf", 3, 7) == words


@pytest.mark.parametrize("command", ["viewer", "viewer '{path}"])
def test_a_command_that_cannot_be_meant_is_refused(command: str) -> None:
    with pytest.raises(ValueError):
        arguments(command, "/a", None, None)
