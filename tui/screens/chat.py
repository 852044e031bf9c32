"""Chat: questions, answers as they are written, and beside them what they rest on."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.answers import filters
from assistant.answers.questions import expects_several_documents
from assistant.dialogue import Answer, Asking, Event, Turn
from ingest.documents import Locator, Picture
from tui import keys, shown
from tui.desk import RunningCall
from tui.handover import Handover
from tui.screens.page import Page
from tui.widgets.conversation import ConversationView, Exchange
from tui.widgets.question import QuestionInput
from tui.widgets.source import CitationList, SourcePane, cited

if TYPE_CHECKING:
    from assistant.library.facade import Assistant, Status


PICTURE_WIDTH = 1000
"""Pixels of a page that is shown as it looks."""


class ChatScreen(Page):
    """One conversation."""

    NAME = "chat"
    BINDINGS = keys.bindings("chat")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 (as the base declares it)
    AUTO_FOCUS = "#question"

    def __init__(self) -> None:
        super().__init__()
        self._conversation = secrets.token_hex(8)
        self._underway: RunningCall | None = None
        self._asking = Asking()
        self._pictured = False
        """Whether pages are shown as they look."""
        self._offering = False
        """Whether the line above the question offers values of a filter."""
        self._vocabulary_of = -1
        """Documents there were when the vocabulary was asked for."""

    def body(self) -> ComposeResult:
        with Horizontal(id="room"):
            with Vertical(id="talk"):
                yield ConversationView()
                yield Static(id="hint")
                yield QuestionInput()
            with Vertical(id="side"):
                yield CitationList()
                yield SourcePane()

    def on_mount(self) -> None:
        super().on_mount()
        kept = self.carrel.kept
        if kept.conversation:
            self.open(kept.conversation)
        if kept.question:
            self.query_one(QuestionInput).put(kept.question)
        self._hint(f"{kept.reason} Your question is kept." if kept.question else kept.reason)
        self._beside(None)
        self._mode()

    def told(self, status: Status) -> None:
        count = status.counts.searchable
        self.greet(greeting(status, count))
        if count != self._vocabulary_of:
            self._vocabulary_of = count
            self.carrel.desk.call(lambda library: library.filter_values(), self.query_one(QuestionInput).know)

    def greet(self, said: str) -> None:
        """What an empty conversation says."""
        self.query_one(ConversationView).greet(said)

    # Asking

    @property
    def asking(self) -> Asking:
        """How the next question is to be answered."""
        return self._asking

    def ask_like(self, asking: Asking) -> None:
        """Answers the questions to come this way."""
        self._asking = asking
        self._mode()

    def on_question_input_sent(self, event: QuestionInput.Sent) -> None:
        if self._underway is not None:
            self._hint("An answer is being written: Esc stops it.")
            return
        self._ask(event.text)

    @work(exclusive=True, group="ask")
    async def _ask(self, question: str) -> None:
        conversation = self.query_one(ConversationView)
        self.query_one(QuestionInput).put("")
        self._hint("")
        turn = await conversation.begin(question)
        self._recallable()
        self._keep(question)

        async def take(event: Event) -> None:
            # A stopped answer comes to its end with what was written, checked like any other.
            if turn.is_mounted and (self._underway is running or isinstance(event, Answer)):
                await turn.take(event)
                if isinstance(event, Answer):
                    self._answered(event)

        async def end() -> None:
            if turn.is_mounted:
                await turn.end("stopped")
            finish()

        def finish() -> None:
            if self._underway is running:
                self._underway = None
                self._keep("")
                self.refresh_bindings()

        async def fail(error: Exception) -> None:
            if self.carrel.lost(error):
                return
            finish()
            if turn.is_mounted:
                await turn.end(self.carrel.words(error), failure=True)
            if not self.query_one(QuestionInput).text:
                self.query_one(QuestionInput).put(question)
                self._hint("The question is kept: Enter asks it again.")

        asking, name = self._asking, self._conversation
        running = self._underway = self.carrel.desk.stream(
            lambda library, stopped: _asked(library, question, asking, name, stopped),
            take,
            end,
            fail,
        )

    def _answered(self, answer: Answer) -> None:
        if answer.stats is not None:
            self.carrel.measured(answer.stats)
        self._beside(answer)
        if answer.coverage is None and not answer.abstained and expects_several_documents(answer.question):
            self.carrel.say("Several documents may answer this: ^p, “Read every document”, asks them all.")

    def _keep(self, question: str) -> None:
        self.carrel.outside.save(Handover(self._conversation, question))

    def stop(self) -> bool:
        """Stops the answer being written; False when there is none."""
        running, self._underway = self._underway, None
        if running is None:
            return False
        running.stop()
        turn = self.query_one(ConversationView).last
        if turn is not None:
            self.call_next(turn.end, "stopped")
        self._keep("")
        return True

    # Conversations

    def new(self) -> None:
        """Begins a new conversation."""
        self.stop()
        self._conversation = secrets.token_hex(8)
        self._show(())

    def open(self, conversation: str) -> None:
        """Shows a conversation that was kept."""
        self.stop()
        self._conversation = conversation
        self.carrel.desk.call(lambda library: library.turns(conversation), self._show)

    @property
    def conversation(self) -> str:
        """The id of the one that is shown."""
        return self._conversation

    @property
    def unanswered(self) -> str:
        """What the person would have to type again if this process ended."""
        turn = self.query_one(ConversationView).last
        if self._underway is not None and turn is not None:
            return turn.exchange.question
        return self.query_one(QuestionInput).text

    @work(exclusive=True, group="show")
    async def _show(self, turns: Sequence[Turn]) -> None:
        exchanges = [_exchange(turn) for turn in turns]
        await self.query_one(ConversationView).show(exchanges)
        self._recallable()
        self._beside(turns[-1].answer if turns else None)
        self.query_one(QuestionInput).focus()

    def _recallable(self) -> None:
        asked = [exchange.question for exchange in self.query_one(ConversationView).exchanges]
        self.query_one(QuestionInput).remember(asked)

    # Beside the conversation

    def _beside(self, answer: Answer | None) -> None:
        entries = cited(answer) if answer is not None else []
        self.query_one(CitationList).show(entries)
        self.query_one(CitationList).display = bool(entries)
        self.query_one(SourcePane).display = bool(entries)
        self.query_one("#side").set_class(bool(entries), "-filled")
        if entries:
            self.query_one(CitationList).highlighted = 0
        else:
            self.query_one("#side").remove_class("-open")

    def on_option_list_option_highlighted(self) -> None:
        self._open_source()

    def _open_source(self) -> None:
        """Has the cited place shown, as text or as it looks."""
        locator, source, pictures = self._locator(), self.query_one(SourcePane), self.carrel.pictures
        if locator is None:
            return

        def show(page: str) -> None:
            if self._locator() == locator:
                source.show(locator, page)

        def fail(error: Exception) -> None:
            if not self.carrel.lost(error):
                source.clear(self.carrel.words(error))

        if self._pictured and pictures is not None and locator.page is not None:

            def draw(picture: Picture) -> None:
                if self._locator() == locator:
                    source.draw(locator, pictures(picture))

            self.carrel.desk.call(lambda library: library.picture(locator, PICTURE_WIDTH), draw, fail)
        else:
            self.carrel.desk.call(lambda library: library.page(locator), show, fail)

    def action_picture(self) -> None:
        locator = self._locator()
        if self.carrel.pictures is None:
            self.carrel.say("This terminal shows no pictures; o opens the document in your viewer.")
        elif locator is None or locator.page is None:
            self.carrel.say("Only pages of PDFs can be shown as they look.")
        else:
            self._pictured = not self._pictured
            self._open_source()

    def on_option_list_option_selected(self) -> None:
        self.query_one(SourcePane).focus()

    def _locator(self) -> Locator | None:
        citations = self.query_one(CitationList)
        number = citations.highlighted
        return None if number is None else citations.entries[number].locator

    def action_citation(self, by: int) -> None:
        citations = self.query_one(CitationList)
        if citations.entries:
            here = citations.highlighted
            started = here is not None and (citations.has_focus or self.query_one(SourcePane).has_focus)
            self._to_citation((here or 0) + by if started else (here or 0))

    def _to_citation(self, number: int) -> None:
        citations = self.query_one(CitationList)
        self.query_one("#side").add_class("-open")
        citations.highlighted = number % len(citations.entries)
        citations.focus()

    def on_question_input_left(self) -> None:
        if self.query_one(CitationList).entries:
            self.action_citation(1)
        else:
            self.query_one(ConversationView).focus()

    def on_key(self, event: events.Key) -> None:
        number = int(event.key) if event.key.isdecimal() else 0
        entries = self.query_one(CitationList).entries
        place = next((place for place, each in enumerate(entries) if each.label == f"[{number}]"), None)
        if place is not None:
            event.stop()
            self._to_citation(place)

    # Keys

    def action_stop(self) -> None:
        question = self.query_one(QuestionInput)
        if self.stop():
            return
        if question.has_focus:
            self.query_one(ConversationView).focus()
        else:
            self.query_one("#side").remove_class("-open")
            question.focus()

    def action_write(self) -> None:
        self.query_one(QuestionInput).focus()

    def action_line(self, by: int) -> None:
        focused = self.focused
        area: VerticalScroll = (
            focused if isinstance(focused, SourcePane) else self.query_one(ConversationView)
        )
        area.scroll_relative(y=by, animate=False)

    async def action_top(self) -> None:
        source = self.query_one(SourcePane)
        if source.has_focus:
            source.scroll_home(animate=False)
        else:
            await self.query_one(ConversationView).to_edge(end=False)

    async def action_bottom(self) -> None:
        source = self.query_one(SourcePane)
        if source.has_focus:
            source.scroll_end(animate=False)
        else:
            await self.query_one(ConversationView).to_edge(end=True)

    async def action_why(self) -> None:
        turn = self.query_one(ConversationView).last
        if turn is not None:
            await turn.why()

    def action_copy(self, with_citations: bool) -> None:
        answers = [
            exchange.answer for exchange in self.query_one(ConversationView).exchanges if exchange.answer
        ]
        if answers:
            self.app.copy_to_clipboard(copied(answers[-1], with_citations=with_citations))
            self._hint("Copied with its citations." if with_citations else "Copied.")

    def action_open(self) -> None:
        locator = self._locator()
        if locator is None:
            self._hint("There is no citation to open.")
        else:
            line = locator.lines[0] if locator.lines else None
            self.carrel.view(locator.path, locator.page, line)

    # The line above the question

    def on_question_input_offered(self, event: QuestionInput.Offered) -> None:
        if not event.filter:
            if self._offering:
                self._hint("")
            return
        values = Content("  ").join(shown.line(value) for value in event.values[:8])
        self._hint(
            Content.assemble(
                (f"{event.filter}: ", "$accent"), values, ("  Tab takes the first", "$text-muted")
            )
        )
        self._offering = True

    def _hint(self, said: str | Content) -> None:
        self._offering = False
        content = shown.text(said, "$text-muted") if isinstance(said, str) else said
        hint = self.query_one("#hint", Static)
        hint.display = bool(content.plain)
        hint.update(content)

    def _mode(self) -> None:
        asking = self._asking
        words = ["strict"] if asking.strict else []
        words += ["every document"] if asking.every else []
        self.query_one(QuestionInput).border_subtitle = " · ".join(words)


def _exchange(turn: Turn) -> Exchange:
    """A turn as the conversation shows it, its filters after its question."""
    return Exchange(filters.write_question(turn.answer.question, turn.asking.selection), turn.answer)


def _asked(
    library: Assistant, typed: str, asking: Asking, conversation: str, stopped: Callable[[], bool]
) -> Iterator[Event]:
    """Asks the question in `typed` about the documents that the filters in it select."""
    question, selection = filters.parse(typed)
    return library.ask(
        question, conversation=conversation, asking=replace(asking, selection=selection), cancelled=stopped
    )


def greeting(status: Status, documents: int) -> str:
    """What an empty conversation says."""
    if documents:
        return (
            f"Ask about {shown.counted(documents, 'document')} in your own words.\n\n"
            "Answers are written on this machine from your documents alone, and cite them.\n"
            "Tab goes to the citations, F1 shows all keys."
        )
    if status.sources:
        return "Your documents are being read. You can ask as soon as the first one is."
    return "The library is empty: Ctrl+O adds a folder."


def copied(answer: Answer, *, with_citations: bool) -> str:
    """An answer as it is put on the clipboard."""
    text = shown.text(answer.text).plain
    if not with_citations:
        return text
    lines = []
    for each in answer.citations:
        place = shown.where(each.locator)
        where = f"{shown.line(each.locator.path).plain}{f', {place}' if place else ''}"
        quote = " ".join(shown.text(each.quote).plain.split())
        lines.append(f"[{each.marker}] {where}: “{quote}”")
    return "\n".join([text, "", *lines])
