"""The chat: questions, answers as they are written, and the evidence beside them.

One question is answered at a time. The question and the conversation's id are handed over to the process
outside the seal while the answer is being written, so that neither is lost if this process ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from textual import events, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.answers.questions import expects_several_documents
from assistant.dialogue import Answer, Asking, Event, State, Turn
from assistant.formatting import describe_searchable
from tui import keys, safe
from tui.asking import ask_typed, narrowed, with_choice
from tui.calls import RunningCall
from tui.handover import Handover
from tui.screens.evidence import EvidenceScreen
from tui.widgets.conversation import ConversationView, greeting
from tui.widgets.question import QuestionInput
from tui.widgets.source import EvidencePane, SourcePane
from tui.widgets.turn import Exchange, TurnView, clipboard_text

if TYPE_CHECKING:
    from assistant.library.facade import Status


class ChatScreen(EvidenceScreen):
    """One conversation at a time."""

    NAME = "chat"
    BINDINGS = keys.bindings("chat")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 (as the base class declares it)
    AUTO_FOCUS = "#question"

    def __init__(self) -> None:
        super().__init__()
        self._conversation = secrets.token_hex(8)
        self._answering: RunningCall | None = None
        """The call that answers a question; None while there is none."""
        self._asking = Asking()
        self._asked_about: Mapping[str, str] = {}
        """The documents that questions are about, by path: their values for `in:`; empty for all."""
        self._offering = self._waiting = False
        """Whether the hint offers values of a filter."""
        self._vocabulary_documents = -1
        """Number of searchable documents when the vocabulary was fetched."""

    def compose_body(self) -> ComposeResult:
        """Conversation, hint and question on the left; the evidence on the right."""
        with Horizontal(id="room"):
            with Vertical(id="talk"):
                yield ConversationView()
                yield Static(id="hint")
                yield QuestionInput()
            yield EvidencePane()

    def on_mount(self) -> None:
        """Restores the state that the UI process before this one left."""
        handover = self.carrel.start_values.handover
        if handover.conversation:
            self.show_conversation(handover.conversation)
        if handover.question:
            self._question.set_text(handover.question)
        advice = "Press Enter to ask your question again." if handover.question else ""
        self._show_hint(f"{handover.reason} {advice}".strip())
        self._evidence.show(None)
        self._show_options()

    @property
    def _view(self) -> ConversationView:
        return self.query_one(ConversationView)

    @property
    def _question(self) -> QuestionInput:
        return self.query_one(QuestionInput)

    def show_status(self, status: Status) -> None:
        """Updates the greeting, and the vocabulary of filters when documents came or went."""
        count = status.counts.searchable
        self.greet(greeting(count, has_sources=bool(status.sources)))
        if count != self._vocabulary_documents:
            self._vocabulary_documents = count
            self.carrel.calls.call(lambda library: library.filter_values(), self._question.set_vocabulary)

    def greet(self, message: str) -> None:
        """Sets the text of an empty conversation."""
        self._view.greet(message)

    # Asking

    @property
    def asking(self) -> Asking:
        """How the next question will be answered."""
        return self._asking

    @asking.setter
    def asking(self, asking: Asking) -> None:
        """Answers the questions to come in this way."""
        self._asking = asking
        self._show_options()

    def _show_options(self) -> None:
        options = ["Esc: all documents"] if self._asked_about else []
        options += ["strict"] if self._asking.strict else []
        options += ["every document"] if self._asking.every else []
        self._question.border_subtitle = " · ".join(options)

    def on_question_input_sent(self, event: QuestionInput.Sent) -> None:
        """Asks a question unless another one is being answered."""
        if self._answering is not None:
            self._show_hint("Please wait for the answer, or press Esc to stop it.")
            self._waiting = True
        else:
            self._ask(narrowed(event.text, self._asked_about), event.text)

    @work(exclusive=True, group="ask")
    async def _ask(self, question: str, typed: str) -> None:
        self._question.set_text("")
        self._show_hint("")
        self._evidence.show(None)
        turn = await self._view.begin(question)
        self._update_history()
        self._save_handover(question)

        async def on_event(event: Event) -> None:
            # A stopped call still delivers an answer, made of the text there was and checked like any other.
            if turn.is_mounted and (self._answering is running or isinstance(event, Answer)):
                if isinstance(event, Answer) and (status := self.carrel.status):
                    turn.exchange.incomplete = describe_searchable(status.counts, status.indexing.files)
                await turn.handle(event)
                if isinstance(event, Answer):
                    self._on_answer(event)

        async def on_end() -> None:
            if turn.is_mounted:
                await turn.end("Stopped.")
            finish()

        def finish() -> None:
            if self._answering is running:
                self._answering = None
                self._end_wait()
                self._save_handover("")
                self.refresh_bindings()

        async def on_error(error: Exception) -> None:
            if self.carrel.owner_lost(error):
                return
            finish()
            await self._show_failure(turn, typed, error)

        asking, conversation = self._asking, self._conversation
        running = self._answering = self.carrel.calls.stream(
            lambda library, stopped: ask_typed(library, question, conversation, asking, stopped),
            on_event,
            on_end,
            on_error,
        )
        self.refresh_bindings()

    def _on_answer(self, answer: Answer) -> None:
        if answer.stats is not None:
            self.carrel.remember_stats(answer.stats)
        self._evidence.show(answer)
        if (
            answer.coverage is None
            and answer.state is State.ANSWERED
            and expects_several_documents(answer.question)
        ):
            self.carrel.show_message(
                "More documents may have parts of the answer. To read all of them, press Ctrl+P and choose "
                "“Turn reading every document on”."
            )

    async def _show_failure(self, turn: TurnView, question: str, error: Exception) -> None:
        if turn.is_mounted:
            await turn.end(self.carrel.error_text(error), failure=True)
        if not self._question.text:
            self._question.set_text(question)
            self._show_hint("Press Enter to ask the question again.")

    # The documents to ask about

    def on_question_input_mentioning(self) -> None:
        """Lists the documents when `@` was typed."""
        self.action_pick()

    def action_pick(self) -> None:
        """Lists the documents; the chosen one is asked about from now on, or no longer if it was before."""
        from tui.screens.picker import DocumentPicker

        def on_chosen(chosen: tuple[str, str] | None) -> None:
            self._question.focus()
            if chosen is not None:
                key, name = chosen
                self._question.drop_mention()
                self._ask_about(with_choice(self._asked_about, key, name))

        self.app.push_screen(DocumentPicker(self._asked_about), on_chosen)

    def _ask_about(self, documents: Mapping[str, str]) -> None:
        self._asked_about = documents
        names = ", ".join(documents.values())
        self._question.border_title = safe.line(f"Only {names}" if names else "", "$accent")
        self._show_options()

    def _save_handover(self, question: str) -> None:
        self.carrel.outside.save(Handover(self._conversation, question))

    def stop(self) -> bool:
        """Stops the answer that is being written; returns False if there is none."""
        running, self._answering = self._answering, None
        if running is None:
            return False
        running.stop()
        self.refresh_bindings()
        self._end_wait()
        turn = self._view.last
        if turn is not None:
            self.call_next(turn.end, "Stopped.")
        self._save_handover("")
        return True

    # Conversations

    def new(self) -> None:
        """Starts a new conversation."""
        self.stop()
        self._ask_about({})
        self._conversation = secrets.token_hex(8)
        self._show_turns(())

    def show_conversation(self, conversation: str) -> None:
        """Shows an earlier conversation, to read it and to continue it.

        conversation: its id.
        """
        self.stop()
        self._conversation = conversation
        self.carrel.calls.call(lambda library: library.turns(conversation), self._show_turns)

    @property
    def conversation(self) -> str:
        """The id of the conversation on the screen."""
        return self._conversation

    @property
    def unanswered(self) -> str:
        """The question that is being answered or written: what would be lost if this process ended."""
        turn = self._view.last
        if self._answering is not None and turn is not None:
            return turn.exchange.question
        return narrowed(self._question.text, self._asked_about) if self._question.text else ""

    @work(exclusive=True, group="show")
    async def _show_turns(self, turns: Sequence[Turn]) -> None:
        await self._view.show([Exchange.of(turn) for turn in turns])
        self._update_history()
        self._evidence.show(turns[-1].answer if turns else None)
        self._question.focus()

    def _update_history(self) -> None:
        self._question.set_history([exchange.question for exchange in self._view.exchanges])

    # Evidence

    def on_turn_view_citation_clicked(self, event: TurnView.CitationClicked) -> None:
        """Shows the source whose marker was clicked, also that of an earlier answer."""
        self._evidence.show(event.answer)
        self._evidence.select_marker(event.marker)

    def on_paste(self, event: events.Paste) -> None:
        """Takes text that was pasted while something else than the question has the focus."""
        if not self._question.has_focus:
            self._question.take(event.text)

    def on_question_input_tab_pressed(self) -> None:
        """Goes to the citations, or to the conversation if there are none."""
        if not self._evidence.step(1):
            self._view.focus()

    # Moving, copying, explaining

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether a key works now: one key stops an answer and, if there is none, leads back."""
        if action in ("stop", "leave"):
            return (self._answering is not None) == (action == "stop")
        return super().check_action(action, parameters)

    def action_stop(self) -> None:
        """Stops the answer."""
        self.stop()

    def action_leave(self) -> None:
        """Asks about all documents again, or moves the focus between question and conversation."""
        if self._question.has_focus and self._asked_about:
            self._ask_about({})
        elif self._question.has_focus:
            self._view.focus()
        else:
            self._evidence.close()
            self._question.focus()

    def action_write(self) -> None:
        """Goes to the question."""
        self._question.focus()

    @property
    def _focused_document(self) -> SourcePane | None:
        return self.focused if isinstance(self.focused, SourcePane) else None

    def action_line(self, by: int) -> None:
        """Scrolls the conversation, or the document if it has the focus, by a number of lines."""
        area: VerticalScroll = self._focused_document or self._view
        area.scroll_relative(y=by, animate=False)

    async def action_top(self) -> None:
        """Scrolls to the first question, or to the top of the document."""
        if document := self._focused_document:
            document.scroll_home(animate=False)
        else:
            await self._view.scroll_to_first()

    async def action_bottom(self) -> None:
        """Scrolls to the last answer, or to the bottom of the document."""
        if document := self._focused_document:
            document.scroll_end(animate=False)
        else:
            await self._view.scroll_to_last()

    async def action_why(self) -> None:
        """Explains the next flagged sentence of the last answer."""
        turn = self._view.last
        if turn is not None:
            await turn.explain_next()

    def action_copy(self, with_citations: bool) -> None:
        """Copies the last answer to the clipboard."""
        answers = [exchange.answer for exchange in self._view.exchanges if exchange.answer]
        if answers:
            self.app.copy_to_clipboard(clipboard_text(answers[-1], with_citations=with_citations))
            self._show_hint("Copied with citations." if with_citations else "Copied.")

    def action_export(self) -> None:
        """Writes the conversation to a file."""
        if any(exchange.answer for exchange in self._view.exchanges):
            self.carrel.export(self._conversation)
        else:
            self._show_hint("There is no answer to export yet.")

    # The hint above the question

    def on_question_input_completions_changed(self, event: QuestionInput.CompletionsChanged) -> None:
        """Offers the values of a filter as it is typed."""
        if event.values:
            self._show_hint(event.offer)
            self._offering = True
        elif self._offering:
            self._show_hint("")

    def _end_wait(self) -> None:
        """Takes away the hint that an answer is being written."""
        if self._waiting:
            self._show_hint("")

    def _show_hint(self, message: str | Content) -> None:
        self._offering = self._waiting = False
        content = safe.text(message, "$text-muted") if isinstance(message, str) else message
        hint = self.query_one("#hint", Static)
        hint.display = bool(content.plain)
        hint.update(content)
