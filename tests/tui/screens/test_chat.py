"""The chat, over a library with fixed answers."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from textual import events
from textual.color import Color
from textual.content import Content
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from assistant.dialogue import Event, Sentence, State, Verdict
from ingest.documents import HiddenText, Hiding, Picture
from ingest.errors import IngestError
from tests.still import ANSWERED, FOLDER, LEASE, StillLibrary, answer, passage
from tests.tui.piloting import NARROW, answered, ask, chat, drive, styles_of, text, until, until_shown
from tests.tui.still import RecordedOutside, app, start_values
from tui.pictures import picture_widget
from tui.themes import THEMES
from tui.widgets.conversation import ConversationView
from tui.widgets.question import QuestionInput
from tui.widgets.source import CitationList, SourcePane


def test_sentences_without_support_are_marked_and_explained() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await until_shown(pilot, "1 sentence unsupported ✗, 1 weakly supported ≈ · v explains")
        assert "The deposit is 1,400 euros. ✗" in text(pilot)
        assert "No notice is needed. ≈ [1]" in text(pilot)
        assert any("underline" in style for style in styles_of(pilot, "The deposit is 1,400 euros."))
        await pilot.press("escape", "v")
        await until_shown(pilot, "Weakly supported: only part of it stands in the passage")
        assert any("reverse" in style for style in styles_of(pilot, "No notice is needed."))
        await pilot.press("v")
        await until_shown(pilot, "Not supported: no passage names 1,400")
        await pilot.press("v")
        await until_shown(pilot, "v explains")
        assert "2 passages did not fit into the prompt" in text(pilot)

    drive(app(StillLibrary()), script)


def paged_library() -> StillLibrary:
    """A library whose answer cites page 2 of a PDF."""
    lease = passage(LEASE)
    locator = replace(lease.locator, path=f"{FOLDER}/lease.pdf", page=2, lines=None)
    return StillLibrary(answers=[answer("It ends in 2028. [1]", passages=[replace(lease, locator=locator)])])


def test_a_cited_page_is_shown_as_a_picture_where_the_terminal_can() -> None:
    from textual_image.widget import HalfcellImage

    def pictures(picture: Picture) -> Widget:
        return picture_widget(picture, HalfcellImage)

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await pilot.press("tab")
        await until_shown(pilot, "It ends on 30 September 2028")
        source = chat(pilot).query_one(SourcePane)
        await pilot.press("p")
        await until(pilot, lambda: source.query(HalfcellImage))
        assert not source.query_one("#quoted").display
        await pilot.press("p")
        await until(pilot, lambda: not source.query(HalfcellImage))
        assert source.query_one("#quoted").display

    drive(app(paged_library(), start_values(pictures=pictures)), script)


def test_hidden_text_is_marked_as_such_in_the_document() -> None:
    library = replace(paged_library(), hidden=(HiddenText(2, 36, "Pay 900 euros [1]", Hiding.COLOUR),))

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await pilot.press("tab")
        await until_shown(pilot, "⟦hidden text (the colour of its background):")
        quoted = str(chat(pilot).query_one("#quoted", Static).content)
        first, hidden, last = quoted.splitlines()
        assert first.endswith("1 October 2025.")
        assert hidden == "⟦hidden text (the colour of its background): Pay 900 euros [1]⟧"
        assert last.startswith("It ends on 30 September")

    drive(app(library), script)


def test_a_terminal_without_pictures_keeps_the_text_and_says_so() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await pilot.press("tab", "p")
        await until_shown(pilot, "This terminal cannot show pictures.")
        assert chat(pilot).query_one("#quoted").display

    drive(app(paged_library()), script)


def test_an_answer_is_copied_with_and_without_its_citations() -> None:
    ui = app(StillLibrary())

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await pilot.press("escape", "y")
        await until(pilot, lambda: ui.clipboard == ANSWERED.text)
        await pilot.press("Y")
        await until(pilot, lambda: ui.clipboard != ANSWERED.text)
        assert ui.clipboard.startswith(ANSWERED.text)
        assert f"[1] {FOLDER}/lease.md, lines 3-4, Term: “The lease begins" in ui.clipboard

    drive(ui, script)


def test_a_question_that_fails_shows_why_and_can_be_asked_again() -> None:
    library = StillLibrary(failure=IngestError("The model is [gone].", remedy="Install it."))

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await until_shown(pilot, "The model is [gone]. Install it.", "Press Enter to ask the question again.")
        assert chat(pilot).query_one(QuestionInput).text == "When?"

    drive(app(library), script)


def test_only_one_question_is_answered_at_a_time() -> None:
    library = StillLibrary(pause_s=0.1)

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        chat(pilot).query_one(QuestionInput).set_text("Why?")
        await pilot.press("enter")
        await until_shown(pilot, "Please wait for the answer, or press Esc to stop it.")
        await pilot.press("escape")
        await until_shown(pilot, "Stopped.")
        assert library.asked == ["When?"]
        await until(pilot, lambda: "Please wait" not in text(pilot))

    drive(app(library), script)


def test_a_greeting_says_how_to_begin() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "Ask about your 3 documents in your own words.", "F1 for all keys")

    drive(app(StillLibrary()), script)


def test_the_nearest_passages_are_shown_when_carrel_abstains() -> None:
    abstained = replace(
        answer("No document says anything about it.", passages=[passage(LEASE)]),
        state=State.NOT_FOUND,
        citations=(),
    )

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "Who?")
        await answered(pilot)
        await until_shown(pilot, "near lease.md")
        assert chat(pilot).query_one(CitationList).entries[0].label == "near"
        assert "30 September 2028" in str(chat(pilot).query_one("#quoted", Static).render())

    drive(app(StillLibrary(answers=[abstained])), script)


def test_a_filter_without_documents_is_named_in_place_of_advice_on_words() -> None:
    nothing = replace(answer("I found nothing."), state=State.NOT_FOUND, citations=(), passages=())

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "Who? in:travl type:pdf")
        await answered(pilot)
        await until_shown(pilot, "No document matches in:travl type:pdf. Change the filter, or leave it out.")

    drive(app(StillLibrary(answers=[nothing])), script)


def test_the_closest_passages_look_like_no_answer() -> None:
    quote = "The yearly rent of the boathouse is 5200 EUR."
    start = quote.index("5200")
    near = answer("I found no sure answer.", passages=[passage(quote)])
    closest = replace(
        near,
        state=State.CLOSEST,
        missing=("Bristol",),
        citations=(replace(near.citations[0], answer=(start, start + 8)),),
    )

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "What is the rent in Bristol?")
        await answered(pilot)
        await until_shown(
            pilot,
            "I found no sure answer. None of the closest passages mentions “Bristol”.",
            "The closest passages",
            "[1] lease.md  lines 3-4, Term",
            "Try other words, or add a document that contains the answer.",
        )
        assert any("bold" in style for style in styles_of(pilot, "5200 EUR"))
        assert not any("bold" in style for style in styles_of(pilot, "The yearly rent"))

    drive(app(StillLibrary(answers=[closest])), script, NARROW)


def test_the_words_that_answer_are_bold_in_the_answer_and_in_its_sources() -> None:
    quote = "The yearly rent of the boathouse is 5200 EUR."
    start = quote.index("5200")
    said = answer(
        f"{quote} [1]",
        passages=[passage(quote)],
        sentences=[Sentence(quote, Verdict.BACKED, "", 1)],
    )
    marked = replace(said, citations=(replace(said.citations[0], answer=(start, start + 8)),))

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "What is the rent?")
        await answered(pilot)
        await until_shown(pilot, "5200 EUR. [1]")
        assert any("bold" in style for style in styles_of(pilot, "5200 EUR"))
        assert not any("bold" in style for style in styles_of(pilot, "The yearly rent"))
        entries = chat(pilot).query_one(CitationList)
        prompt = entries.get_option_at_index(0).prompt
        assert isinstance(prompt, Content)
        assert any(
            "bold" in str(span.style) and prompt.plain[span.start : span.end] == "5200 EUR"
            for span in prompt.spans
        )

    drive(app(StillLibrary(answers=[marked])), script, NARROW)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_citations_are_reached_with_tab_and_digits_and_left_with_escape(size: tuple[int, int]) -> None:
    two = answer("A [1]. B [2].", passages=[passage(LEASE), passage("Other.", f"{FOLDER}/other.md", rank=2)])

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        citations = chat(pilot).query_one(CitationList)
        await pilot.press("tab")
        assert (citations.has_focus, citations.highlighted) == (True, 0)
        await pilot.press("tab")
        await until_shown(pilot, "[2] other.md")
        assert citations.highlighted == 1
        await pilot.press("1")
        assert citations.highlighted == 0
        await pilot.press("enter")
        assert chat(pilot).query_one(SourcePane).has_focus
        await pilot.press("escape")
        assert chat(pilot).query_one(QuestionInput).has_focus

    drive(app(StillLibrary(answers=[two])), script, size)


@pytest.mark.parametrize(
    ("state", "words", "frame"),
    [
        (State.ANSWERED, "Answered", "█"),
        (State.CLOSEST, "Closest passages", "╏"),
        (State.NOT_FOUND, "Not found", "║"),
    ],
)
def test_each_kind_of_reply_has_its_word_its_frame_and_its_colour(
    state: State, words: str, frame: str
) -> None:
    reply = replace(answer("The rent is 5200 EUR. [1]", passages=[passage(LEASE)]), state=state)

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "What is the rent?")
        await answered(pilot)
        await until_shown(pilot, f"{frame} {words}")
        colours = {str(style) for style in styles_of(pilot, f" {words}")}
        theme = THEMES["dark"]
        expected = {"answered": theme.success, "closest": theme.warning, "not_found": theme.error}[state]
        assert expected
        assert any(_near(expected, colour) for colour in colours), (expected, colours)
        assert sum(other in text(pilot) for other in ("█ Answered", "╏ Closest", "║ Not found")) == 1

    drive(app(StillLibrary(answers=[reply])), script)


def _near(wanted: str, style: str) -> bool:
    """Whether a style has a colour that differs from `wanted` by rounding at most."""
    found = re.search(r"#[0-9a-f]{6}", style)
    pairs = zip(Color.parse(found[0] if found else "#000000").rgb, Color.parse(wanted).rgb, strict=True)
    return found is not None and all(abs(one - other) < 3 for one, other in pairs)


def test_the_sources_of_the_last_answer_are_gone_when_a_new_question_is_asked() -> None:
    class Waiting(StillLibrary):
        def ask(self, question: str, **options: Any) -> Iterator[Event]:
            if question == "Second?":
                while not options["cancelled"]():
                    time.sleep(0.01)
            yield from super().ask(question, **options)

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "First?")
        await answered(pilot)
        await until_shown(pilot, "[1] lease.md")
        await ask(pilot, "Second?")
        assert not chat(pilot).query_one(CitationList).entries
        assert "lease.md" not in text(pilot).split("Second?")[1]
        await pilot.press("escape")

    drive(app(Waiting()), script)


def test_a_marker_that_is_clicked_shows_its_source_also_of_an_earlier_answer() -> None:
    two = answer("A [1]. B [2].", passages=[passage(LEASE), passage("Other.", f"{FOLDER}/other.md", rank=2)])
    one = answer("C [1].", passages=[passage("Third.", f"{FOLDER}/third.md")])

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await ask(pilot, "And then?")
        await answered(pilot, 2)
        await until_shown(pilot, "[1] third.md")
        lines = text(pilot).splitlines()
        row = next(row for row, line in enumerate(lines) if "A [1]. B [2]." in line)
        await pilot.click(offset=(lines[row].index("[2]") + 1, row))
        await until_shown(pilot, "[2] other.md")
        citations = chat(pilot).query_one(CitationList)
        assert citations.highlighted == 1

    drive(app(StillLibrary(answers=[two, one])), script)


def test_a_tab_that_is_clicked_is_shown() -> None:
    async def script(pilot: Pilot[None]) -> None:
        bar = text(pilot).splitlines()[0]
        await pilot.click(offset=(bar.index("Library") + 2, 0))
        await until_shown(pilot, "5 of 5")

    drive(app(StillLibrary()), script)


def test_pasted_text_goes_to_the_question_wherever_the_focus_is() -> None:
    async def script(pilot: Pilot[None]) -> None:
        chat(pilot).query_one(ConversationView).focus()
        pilot.app.post_message(events.Paste("When does it end?"))
        question = chat(pilot).query_one(QuestionInput)
        await until(pilot, lambda: question.text == "When does it end?")
        assert question.has_focus

    drive(app(StillLibrary()), script)


def test_in_a_narrow_terminal_the_first_source_stands_below_the_answer() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When does the lease end?")
        await answered(pilot)
        await until_shown(pilot, "[1] lease.md  lines 3-4, Term", "“The lease begins on", "Tab shows it")

    drive(app(StillLibrary()), script, NARROW)


def test_an_answer_of_a_library_that_is_being_built_says_so() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When does the lease end?")
        await answered(pilot)
        await until_shown(pilot, "2 of 3 documents are searchable by meaning")

    drive(app(StillLibrary()), script)


def test_the_model_s_rates_are_shown_on_demand() -> None:
    backed = replace(ANSWERED, sentences=ANSWERED.sentences[:1])

    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When does the lease end?")
        await answered(pilot)
        await until_shown(pilot, "1.5 s · 1 passage read")
        assert "34 tokens" not in text(pilot)
        await pilot.press("escape", "v")
        await until_shown(pilot, "34 tokens at 31/s")

    drive(app(StillLibrary(answers=[backed])), script)


def test_a_conversation_is_exported_with_a_key() -> None:
    outside = RecordedOutside()

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("escape", "e")
        await until_shown(pilot, "There is no answer to export yet.")
        await ask(pilot, "When does the lease end?")
        await answered(pilot)
        await pilot.press("escape", "e")
        await until_shown(pilot, "carrel-2026-06-01-1.html")
        assert outside.exported == [chat(pilot).conversation]

    drive(app(StillLibrary(), outside=outside), script)


@pytest.mark.parametrize("key", ["f2", "f3", "f4", "f5", "f1", "ctrl+o", "ctrl+r", "ctrl+p"])
def test_a_tiny_window_is_survived(key: str) -> None:
    async def script(pilot: Pilot[None]) -> None:
        await ask(pilot, "When?")
        await answered(pilot)
        await pilot.press("tab", "escape", key)
        await pilot.pause(0.2)
        await pilot.resize_terminal(80, 24)
        await pilot.pause(0.2)
        assert "carrel" in text(pilot)

    drive(app(StillLibrary()), script, (20, 5))
