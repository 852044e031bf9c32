"""One question with its answer, while the answer is being written and after."""

from dataclasses import dataclass
from typing import Self

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Markdown, Static

from assistant.answers import filters
from assistant.answers.showing import shown_citation
from assistant.answers.wording import NEXT_STEP, VERDICTS, caution, heading, headline
from assistant.dialogue import (
    Answer,
    AnswerText,
    DocumentProgress,
    Event,
    Queued,
    SearchFinished,
    State,
    Turn,
    Verdict,
)
from assistant.formatting import (
    collapse_whitespace,
    count_of,
    describe_corrections,
    describe_cost,
    describe_coverage,
    describe_doubt,
    describe_erased,
    describe_left_out,
    describe_place,
    describe_stats,
    describe_unkept,
    file_name,
    place,
    place_in_document,
    short_duration,
)
from tui import safe
from tui.widgets.answer_prose import AnswerProse


class Exchange:
    """A question and the state of its answer. A value of the conversation, whether on the screen or not."""

    def __init__(self, question: str, answer: Answer | None = None) -> None:
        """answer: None while the question is being answered."""
        self.question = question
        self.answer = answer
        self.written = answer.text if answer else ""
        """The text of the answer so far."""
        self.progress = "" if answer else "Searching …"
        """What is being done for the answer; empty once text arrives."""
        self.incomplete = ""
        """How much of the library could be found, while it was being built; empty if all of it."""
        self.failure = ""
        """Why there is no answer; empty if there is one or one is coming."""

    @classmethod
    def of(cls, turn: Turn) -> Self:
        """A turn of the history, with its filters after its question."""
        return cls(filters.write_question(turn.answer.question, turn.asking.selection), turn.answer)


class TurnView(Vertical):
    """An exchange on the screen: the question, progress, the answer's text, failures, and notes below it."""

    DEFAULT_CSS = """
    TurnView { height: auto; margin: 0 0 1 0; }
    TurnView .question { color: $primary; text-style: bold; margin: 0 0 1 0; }
    TurnView .progress { color: $text-muted; height: auto; }
    TurnView .notes { color: $text-muted; height: auto; margin: 1 0 0 0; }
    TurnView .failure { color: $error; height: auto; }
    TurnView .state { text-style: bold; height: 1; }
    TurnView #reply { height: auto; padding: 0 0 0 1; }
    TurnView #reply.-answered { border-left: thick $success; }
    TurnView #reply.-unsure { border-left: solid $warning; }
    TurnView #reply.-closest { border-left: dashed $warning; }
    TurnView #reply.-not_found { border-left: double $error; }
    TurnView .-answered .state { color: $success; }
    TurnView .-closest .state, TurnView .-unsure .state { color: $warning; }
    TurnView .-not_found .state, TurnView .-not_found .headline { color: $error; }
    TurnView .first { height: auto; margin: 1 0 0 0; color: $text-muted; display: none; }
    TurnView .headline { color: $warning; text-style: bold; height: auto; }
    TurnView .closest {
        height: auto; padding: 0 1; margin: 1 0 0 0; color: $text-muted;
        border: dashed $warning; border-title-color: $warning;
    }
    """

    @dataclass
    class CitationClicked(Message):
        """The marker of a citation was clicked."""

        answer: Answer
        marker: int

    def __init__(self, exchange: Exchange) -> None:
        """exchange: shown, and updated by `handle` and `end`."""
        super().__init__()
        self.exchange = exchange
        answer = exchange.answer
        if answer is None:
            self.prose = AnswerProse(exchange.written)
        elif answer.state is State.ANSWERED:
            self.prose = AnswerProse(answer.text, answer.sentences, answer.citations)
        else:
            self.prose = AnswerProse()
        self._stream = None if answer else Markdown.get_stream(self.prose)
        self._shows_stats = False
        """Whether rates and caches are shown."""
        self._explained: int | None = None
        """Index of the flagged sentence whose reason is shown."""
        # Kept and not looked up: an event may arrive while the turn is being removed from the screen.
        self._state = Static(classes="state")
        self._first = Static(classes="first")
        self._reply = Vertical(id="reply")
        self._headline = Static(classes="headline")
        self._closest = Static(classes="closest")
        self._closest.border_title = "The closest passages"
        self._progress = Static(classes="progress")
        self._failure = Static(classes="failure")
        self._below = Static(classes="notes")

    def compose(self) -> ComposeResult:
        """The parts, of which empty ones are hidden."""
        yield Static(Content("› ").append(safe.text(self.exchange.question)), classes="question")
        with self._reply:
            yield self._state
            yield self.prose
            yield self._headline
            yield self._closest
            yield self._first
        yield self._progress
        yield self._failure
        yield self._below

    def on_mount(self) -> None:
        """Fills in the parts."""
        self._update_parts()

    async def handle(self, event: Event) -> None:
        """Shows an event of answering: progress, another piece of text, or the finished answer."""
        exchange = self.exchange
        match event:
            case Queued(before):
                exchange.progress = f"{describe_place(before)} …"
            case SearchFinished(search):
                passages = count_of(len(search.passages), "passage")
                exchange.progress = f"Reading {passages} (found in {short_duration(search.took_ms)}) …"
            case DocumentProgress(done, total, path):
                exchange.progress = f"Reading document {done + 1:,} of {total:,}: {file_name(path)} …"
            case AnswerText(text):
                exchange.progress = ""
                exchange.written += text
                if self._stream is not None:
                    await self._stream.write(safe.text(text).plain)
            case Answer():
                exchange.progress = ""
                exchange.answer = event
                exchange.written = event.text
                await self._stop_stream()
                text = event.text if event.state is State.ANSWERED else ""
                await self.prose.show_checked(text, event.sentences, event.citations)
        if not isinstance(event, AnswerText) or self._progress.display:
            self._update_parts()

    def on_answer_prose_marker_clicked(self, event: AnswerProse.MarkerClicked) -> None:
        """Reports the citation whose marker was clicked."""
        event.stop()
        if self.exchange.answer is not None:
            self.post_message(self.CitationClicked(self.exchange.answer, event.marker))

    async def end(self, message: str, *, failure: bool = False) -> None:
        """Ends a turn that gets no answer and shows why; a turn with an answer stays as it is."""
        if self.exchange.answer is None:
            self.exchange.progress = "" if failure else message
            self.exchange.failure = message if failure else ""
            await self._stop_stream()
            self._update_parts()

    async def explain_next(self) -> None:
        """Highlights the next flagged sentence and shows the reason; after the last one, none.

        Where no sentence is flagged, shows what the model did, or hides it again.
        """
        count = len(self.prose.flagged)
        if not count:
            self._shows_stats = not self._shows_stats
            self._update_parts()
        if count:
            following = 0 if self._explained is None else self._explained + 1
            self._explained = following if following < count else None
            await self.prose.highlight(self._explained)
            self._update_parts()

    async def _stop_stream(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None

    def _update_parts(self) -> None:
        answer = self.exchange.answer
        is_closest = answer is not None and answer.state is State.CLOSEST
        if answer is not None and not answer.erased:
            self._reply.set_class(True, "-unsure" if answer.is_unsure else f"-{answer.state}")
        first = _first_citation(answer) if answer else Content("")
        self._first.set_class(bool(first.plain), "-filled")
        self._first.update(first)
        for part, content in (
            (self._state, Content(heading(answer) if answer and not answer.erased else "")),
            (self._headline, safe.text(_headline(answer) if answer else "")),
            (self._closest, _closest(answer) if answer and is_closest else Content("")),
            (self._progress, Content(self.exchange.progress)),
            (self._failure, safe.text(self.exchange.failure)),
            (self._below, self._notes()),
        ):
            part.display = bool(content.plain)
            part.update(content)

    def _notes(self) -> Content:
        answer = self.exchange.answer
        if answer is None:
            return Content("")
        lines = []
        if answer.state is not State.ANSWERED:
            lines.append(self._next_step(answer))
        if note := caution(answer):
            lines.append(Content.styled(note, "$warning"))
        lines += [safe.line(describe_doubt(doubt), "$warning") for doubt in answer.doubts]
        if answer.unkept:
            lines.append(safe.line(describe_unkept(answer.unkept), "$warning"))
        if answer.corrections:
            lines.append(Content(describe_corrections(answer.corrections)))
        if self.prose.flagged:
            lines.append(self._verdict_note())
        if answer.left_out:
            lines.append(Content(describe_left_out(answer.left_out)))
        if answer.coverage is not None and answer.computed is None:  # A computed answer says it itself.
            lines.append(Content(describe_coverage(answer.coverage)))
        if answer.stats is not None:
            lines.append(Content(describe_cost(answer)))
            if self._shows_stats:
                lines.append(Content(describe_stats(answer.stats)))
        if self.exchange.incomplete:
            lines.append(Content.styled(self.exchange.incomplete, "$warning"))
        return Content("\n").join(lines)

    def _next_step(self, answer: Answer) -> Content:
        """What a person can do who got no answer: change a filter without documents, or ask otherwise."""
        named = filters.write(filters.parse(self.exchange.question)[1])
        if answer.state is State.NOT_FOUND and not answer.passages and named:
            return safe.line(f"No document matches {named}. Change the filter, or leave it out.")
        return Content(NEXT_STEP)

    def _verdict_note(self) -> Content:
        """How many sentences are flagged; or the reason for the one that is highlighted."""
        flagged = self.prose.flagged
        if self._explained is not None:
            sentence = flagged[self._explained]
            style = "$error" if sentence.verdict is Verdict.UNBACKED else "$warning"
            return Content.styled(f"{VERDICTS[sentence.verdict]}: ", style).append(safe.line(sentence.reason))
        unbacked = sum(sentence.verdict is Verdict.UNBACKED for sentence in flagged)
        counts: list[str] = []
        for number, verdict in ((unbacked, "unsupported ✗"), (len(flagged) - unbacked, "weakly supported ≈")):
            if number:
                counts.append(f"{f'{number:,}' if counts else count_of(number, 'sentence')} {verdict}")
        style = "$error" if unbacked else "$text-muted"
        return Content.styled(f"{', '.join(counts)} · v explains", style)


def _headline(answer: Answer) -> str:
    """What a reply is, if it is not an answer or its text was erased; otherwise empty."""
    return describe_erased(answer.erased) if answer.erased else headline(answer.state, answer.missing)


def _closest(answer: Answer) -> Content:
    """The passages that come closest, each below its place, with the words that come closest in bold."""
    passages = []
    for citation in answer.citations:
        name = file_name(citation.locator.path)
        where = place_in_document(citation.locator)
        head = Content.assemble(
            (f"[{citation.marker}] ", "bold $accent"), (name, "bold"), f"  {where}" if where else ""
        )
        before, words, after = map(safe.text, shown_citation(citation, answer.passages))
        passages.append(Content.assemble(head, "\n", before, words.stylize("bold $foreground"), after))
    return Content("\n\n").join(passages)


def _first_citation(answer: Answer) -> Content:
    """The first citation of an answer with its words, for where the sources are out of sight."""
    if answer.state is not State.ANSWERED or not answer.citations:
        return Content("")
    citation = answer.citations[0]
    where = place_in_document(citation.locator)
    before, words, after = shown_citation(citation, answer.passages)
    more = len(answer.citations) - 1
    others = f", and {count_of(more, 'more source')}" if more else ""
    return Content.assemble(
        (f"[{citation.marker}] ", "bold $accent"),
        file_name(citation.locator.path),
        f"  {where}" if where else "",
        "\n“",
        safe.text(before),
        safe.text(words).stylize("bold $foreground"),
        safe.text(after),
        "”",
        f"\nTab shows it in the document{others}.",
    )


def clipboard_text(answer: Answer, *, with_citations: bool) -> str:
    """An answer as plain text, with a line for each citation if wanted."""
    text = safe.text(answer.text).plain
    if not with_citations:
        return text
    citations = (
        f"[{citation.marker}] {place(citation.locator)}: “{collapse_whitespace(citation.quote)}”"
        for citation in answer.citations
    )
    return "\n".join([text, "", *citations])
