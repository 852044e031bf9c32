"""A conversation: every question with its answer, the last ones as widgets and the rest as values.

A long conversation would have thousands of widgets, all of which every change of a height lays out again. So
a window of turns is mounted, and moves when its edge comes into sight. Follows the answer being written while
its end is in sight, and else stays where the person reads; so it does when the terminal changes its size.
"""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Markdown, Static

from assistant.dialogue import Answer, AnswerText, Coverage, DocumentProgress, Event, SearchFinished, Verdict
from assistant.engine import Finish, Stats
from tui import shown
from tui.widgets.prose import Prose

WINDOW = 24
"""Turns that are mounted at once."""

STEP = 8
"""Turns the window moves by."""


class Exchange:
    """A question and what has come of it, as the conversation keeps it."""

    def __init__(self, question: str, answer: Answer | None = None) -> None:
        self.question = question
        self.answer = answer
        self.written = answer.text if answer else ""
        """What has been written so far."""
        self.doing = "" if answer else "looking for passages …"
        self.failure = ""


class TurnView(Vertical):
    """One exchange on the screen."""

    DEFAULT_CSS = """
    TurnView { height: auto; margin: 0 0 1 0; }
    TurnView .asked { color: $primary; text-style: bold; margin: 0 0 1 0; }
    TurnView .doing { color: $text-muted; height: auto; }
    TurnView .figures { color: $text-muted; height: auto; margin: 1 0 0 0; }
    TurnView .failure { color: $error; height: auto; }
    """

    def __init__(self, exchange: Exchange) -> None:
        super().__init__()
        self.exchange = exchange
        answer = exchange.answer
        self.prose = Prose(exchange.written, answer.sentences if answer else ())
        self._stream = None if answer else Markdown.get_stream(self.prose)
        self._noted: int | None = None

    def compose(self) -> ComposeResult:
        yield Static(Content("› ").append(shown.text(self.exchange.question)), classes="asked")
        yield self.prose
        yield Static(classes="doing")
        yield Static(classes="failure")
        yield Static(classes="figures")

    def on_mount(self) -> None:
        self._tell()

    async def take(self, event: Event) -> None:
        """Shows what answering has come to."""
        exchange = self.exchange
        match event:
            case SearchFinished(search):
                count = shown.counted(len(search.passages), "passage")
                exchange.doing = f"reading {count} ({search.took_ms:.0f} ms)"
            case DocumentProgress(done, total, path):
                exchange.doing = f"reading document {done + 1:,} of {total:,}: {shown.name(path)}"
            case AnswerText(text):
                exchange.doing = ""
                exchange.written += text
                if self._stream is not None:
                    await self._stream.write(shown.text(text).plain)
            case Answer():
                exchange.doing = ""
                exchange.answer = event
                exchange.written = event.text
                await self._still()
                await self.prose.settle(event.text, event.sentences)
        if not isinstance(event, AnswerText) or self.query_one(".doing").display:
            self._tell()

    async def end(self, said: str, *, failure: bool = False) -> None:
        """No answer comes any more, for the reason said."""
        if self.exchange.answer is None:
            self.exchange.doing = "" if failure else said
            self.exchange.failure = said if failure else ""
            await self._still()
            self._tell()

    async def why(self) -> None:
        """Sets off the next sentence that is not backed, and says why it is not."""
        count = len(self.prose.notable)
        if count:
            self._noted = 0 if self._noted is None else (self._noted + 1) if self._noted + 1 < count else None
            await self.prose.note(self._noted)
            self._tell()

    async def _still(self) -> None:
        if self._stream is not None:
            await self._stream.stop()
            self._stream = None

    def _tell(self) -> None:
        parts = {"doing": Content(self.exchange.doing), "failure": shown.text(self.exchange.failure)}
        parts["figures"] = self._figures()
        for part, content in parts.items():
            static = self.query_one(f".{part}", Static)
            static.display = bool(content.plain)
            static.update(content)

    def _figures(self) -> Content:
        answer = self.exchange.answer
        if answer is None:
            return Content("")
        notable = self.prose.notable
        lines = []
        if self._noted is not None:
            sentence = notable[self._noted]
            style = "$error" if sentence.verdict is Verdict.UNBACKED else "$warning"
            lines.append(
                Content.styled(f"{sentence.verdict.value}: ", style).append(shown.line(sentence.reason))
            )
        elif notable:
            unbacked = sum(sentence.verdict is Verdict.UNBACKED for sentence in notable)
            said = [f"{unbacked} not backed ✗"] if unbacked else []
            said += [f"{len(notable) - unbacked} weakly backed ≈"] if len(notable) > unbacked else []
            style = "$error" if unbacked else "$text-muted"
            lines.append(Content.styled(f"{', '.join(said)} · v says why", style))
        if answer.left_out:
            lines.append(
                Content(f"{shown.counted(answer.left_out, 'passage')} found did not fit and were left out")
            )
        if answer.coverage is not None:
            lines.append(Content(covered(answer.coverage)))
        if answer.stats is not None:
            lines.append(Content(figures(answer.stats)))
        return Content("\n").join(lines)


class ConversationView(VerticalScroll):
    """All that was said."""

    DEFAULT_CSS = """
    ConversationView { padding: 1 2; scrollbar-size-vertical: 1; }
    ConversationView #empty { color: $text-muted; }
    """

    def __init__(self) -> None:
        super().__init__(id="conversation")
        self.exchanges: list[Exchange] = []
        self._start = 0
        self._moving = False
        self._following = True
        self._sized = Size(0, 0)
        """The size in which `_place` was found."""
        self._place: tuple[TurnView, float] | None = None
        """What the person reads: the turn at the top of the view, and how much of it is above."""

    def compose(self) -> ComposeResult:
        yield Static(id="empty")

    def greet(self, said: str) -> None:
        """What is said while there is nothing else."""
        self.query_one("#empty", Static).update(Content(said))

    async def show(self, exchanges: Sequence[Exchange]) -> None:
        """Shows a conversation from its end."""
        await self.query(TurnView).remove()
        self.exchanges = list(exchanges)
        self.query_one("#empty").display = not self.exchanges
        self._start = max(len(self.exchanges) - WINDOW, 0)
        await self.mount_all(TurnView(exchange) for exchange in self.exchanges[self._start :])
        self._follow()

    async def begin(self, question: str) -> TurnView:
        """Adds a question, the last from now on."""
        if self._start + WINDOW < len(self.exchanges):
            await self.show(self.exchanges)
        self.query_one("#empty").display = False
        self.exchanges.append(Exchange(question))
        turn = TurnView(self.exchanges[-1])
        await self.mount(turn)
        turns = list(self.query(TurnView))
        if len(turns) > WINDOW:
            await self.remove_children(turns[:-WINDOW])
            self._start = len(self.exchanges) - WINDOW
        self._follow()
        return turn

    @property
    def last(self) -> TurnView | None:
        """The last turn that is mounted."""
        turns = self.query(TurnView)
        return turns.last() if turns else None

    async def to_edge(self, *, end: bool) -> None:
        """To the first question, or to the last answer."""
        await self._move_to(len(self.exchanges) - WINDOW if end else 0)
        if end:
            self._follow()
        else:
            self.scroll_home(animate=False)

    def _follow(self) -> None:
        self._following = True
        self.call_after_refresh(self.scroll_end, animate=False)

    def watch_virtual_size(self) -> None:
        """Keeps the end in sight while it grows."""
        if self._following:
            self.scroll_end(animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._following = new_value >= self.max_scroll_y
        if self.size == self._sized:
            self._place = self._in_sight()
        if new_value < old_value and new_value <= 0 and self._start:
            self.call_next(self._slide, -STEP)
        elif (
            new_value > old_value
            and new_value >= self.max_scroll_y
            and self._start + WINDOW < len(self.exchanges)
        ):
            self.call_next(self._slide, STEP)

    def on_resize(self) -> None:
        self._sized = self.size
        if self._place is not None and not self._following:
            self.call_after_refresh(self._return_to, *self._place)

    async def _slide(self, by: int) -> None:
        place = self._in_sight()
        await self._move_to(self._start + by)
        if place is not None:
            self.call_after_refresh(self._return_to, *place)

    async def _move_to(self, start: int) -> None:
        """Mounts the window that begins with exchange `start`, and keeps what it shares with the last one."""
        start = max(min(start, len(self.exchanges) - WINDOW), 0)
        if self._moving or start == self._start:
            return
        self._moving = True
        here = {turn.exchange: turn for turn in self.query(TurnView)}
        wanted = self.exchanges[start : start + WINDOW]
        self._start = start
        await self.remove_children([turn for exchange, turn in here.items() if exchange not in wanted])
        kept = [here[exchange] for exchange in wanted if exchange in here]
        first = wanted.index(kept[0].exchange) if kept else 0
        before = [TurnView(exchange) for exchange in wanted[:first]]
        after = [TurnView(exchange) for exchange in wanted[first:] if exchange not in here]
        if before:
            await self.mount_all(before, before=kept[0])
        if after:
            await self.mount_all(after)
        self._moving = False

    def _in_sight(self) -> tuple[TurnView, float] | None:
        """The turn at the top of the view, and how much of it is above."""
        for turn in self.query(TurnView):
            top = turn.virtual_region.y
            if top + turn.virtual_region.height > self.scroll_y:
                return turn, (self.scroll_y - top) / max(turn.virtual_region.height, 1)
        return None

    def _return_to(self, turn: TurnView, share: float) -> None:
        if turn.is_mounted:
            region = turn.virtual_region
            self.scroll_to(y=region.y + round(share * region.height), animate=False)


def figures(stats: Stats) -> str:
    """What an answer cost, on a line."""
    parts = [
        f"{stats.ttft_ms / 1000:.1f} s to the first word",
        f"{stats.decode_tps:.0f} tokens/s",
        f"{stats.reused_tokens:,} of {stats.prompt_tokens:,} tokens reused",
    ]
    if stats.drafted_tokens:
        parts.append(f"{stats.accepted_tokens:,} of {stats.drafted_tokens:,} drafted accepted")
    if stats.finish is Finish.LENGTH:
        parts.append("cut off at its longest")
    if stats.finish is Finish.CANCELLED:
        parts.append("stopped")
    return " · ".join([*parts, shown.line(stats.model).plain])


def covered(coverage: Coverage) -> str:
    """What an answer over every document rests on."""
    said = f"read {coverage.files_read:,} of {shown.counted(coverage.files, 'document')}"
    if coverage.unread:
        path, reason = coverage.unread[0]
        said += f"; not {shown.name(path)} ({shown.line(reason).plain})"
        if len(coverage.unread) > 1:
            said += f" and {len(coverage.unread) - 1:,} more"
    return said
