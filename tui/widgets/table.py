"""A table of any length: only the rows in sight are drawn, and filtering looks at plain strings.

Ten thousand rows cost what twenty do, but for the filter, which reads each once. Cells are foreign text: they
are made visible here, on their way to the screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from policies.hygiene import one_line
from tui import keys


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    width: int
    """In cells; 0 shares what the others leave."""
    right: bool = False
    """For numbers."""
    tail: bool = False
    """Shows the end of what is too long: of paths."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    key: str
    """What the row stands for."""
    cells: tuple[str, ...]
    style: str = ""
    """Of the whole row, as Textual writes styles."""


class Table(ScrollView, can_focus=True):
    """Rows, one of which is chosen by the cursor."""

    DEFAULT_CSS = """
    Table { background: $background; }
    Table:focus { background-tint: $foreground 2%; }
    """
    BINDINGS = keys.bindings("table")

    cursor: reactive[int] = reactive(0)

    @dataclass
    class Chosen(Message):
        """Enter was pressed on a row."""

        table: "Table"
        key: str

    @dataclass
    class Moved(Message):
        """The cursor stands on another row."""

        table: "Table"
        key: str

    def __init__(self, *columns: Column, empty: str, id: str | None = None) -> None:
        """empty: what is said when there are no rows."""
        super().__init__(id=id)
        self._columns = columns
        self._empty = empty
        self._rows: Sequence[Row] = ()
        self._all: Sequence[Row] = ()
        self._words: list[str] = []

    @property
    def key(self) -> str | None:
        """What the row under the cursor stands for; None when there is none."""
        return self._rows[self.cursor].key if self._rows else None

    @property
    def counts(self) -> tuple[int, int]:
        """Rows shown, and rows there are."""
        return len(self._rows), len(self._all)

    def show(self, rows: Sequence[Row]) -> None:
        """Takes new rows; the cursor stays on what it stood on, where that is still there."""
        self._all = rows
        self._select()

    def filter(self, words: str) -> None:
        """Shows the rows alone in which all of these words stand, in any cell."""
        self._words = words.casefold().split()
        self._select()

    def _select(self) -> None:
        key = self.key
        words = self._words
        if words:
            lowered = ((row, " ".join(row.cells).casefold()) for row in self._all)
            self._rows = [row for row, text in lowered if all(word in text for word in words)]
        else:
            self._rows = self._all
        place = next((place for place, row in enumerate(self._rows) if row.key == key), None)
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self.cursor = place if place is not None else min(self.cursor, max(len(self._rows) - 1, 0))
        self.refresh()
        self._tell()

    def on_resize(self) -> None:
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)

    # Drawing

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            titles = tuple(column.title for column in self._columns)
            return self._drawn(titles, width, "bold $text-muted on $panel")
        number = self.scroll_offset.y + y - 1
        if number < len(self._rows):
            row = self._rows[number]
            style = "reverse" if number == self.cursor and self.has_focus else row.style
            if number == self.cursor and not self.has_focus:
                style = f"underline {row.style}"
            return self._drawn(row.cells, width, style)
        said = self._empty if y == 2 and not self._rows else ""
        if said and self._all:
            said = "Nothing here has these words."
        return self._drawn_content(Content.styled(f"  {said}", "$text-muted"), width)

    def _drawn(self, cells: Sequence[str], width: int, style: str) -> Strip:
        fixed = sum(column.width + 2 for column in self._columns)
        flexible = sum(not column.width for column in self._columns)
        share = max((width - fixed) // flexible, 8) if flexible else 0
        parts = []
        for column, cell in zip(self._columns, cells, strict=True):
            room = column.width or share
            content = Content(one_line(cell))
            if content.cell_length > room and column.tail:
                content = Content("…") + content[len(content) - room + 1 :]
            content = content.truncate(room, ellipsis=True)
            gap = room - content.cell_length
            parts.append(content.pad_left(gap) if column.right else content.pad_right(gap))
        whole = Content(" ").append(Content("  ").join(parts)).append(" ")
        return self._drawn_content(whole.stylize(style) if style else whole, width)

    def _drawn_content(self, content: Content, width: int) -> Strip:
        padded = content.pad_right(max(width - content.cell_length, 0))
        pieces = padded.render(self.visual_style, "", parse_style=self.app.stylesheet.parse_style)
        return Strip([Segment(text, style.rich_style) for text, style in pieces]).crop(0, width)

    # Moving

    def watch_cursor(self, before: int, now: int) -> None:
        self.scroll_to_region(Region(0, now, self.size.width, 2), animate=False, force=True)
        self.refresh()
        if before != now:
            self._tell()

    def _tell(self) -> None:
        if self.key is not None:
            self.post_message(self.Moved(self, self.key))

    def action_move(self, by: int) -> None:
        self.cursor = max(0, min(self.cursor + by, len(self._rows) - 1))

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(self.size.height - 2, 1))

    def action_edge(self, last: int) -> None:
        self.cursor = max(len(self._rows) - 1, 0) if last else 0

    def action_choose(self) -> None:
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def action_filter(self) -> None:
        self.post_message(self.Filtering(self))

    @dataclass
    class Filtering(Message):
        """The person wants to filter."""

        table: "Table"

    def on_click(self, event: events.Click) -> None:
        number = self.scroll_offset.y + event.y - 1
        if event.y and number < len(self._rows):
            if number == self.cursor:
                self.action_choose()
            self.cursor = number
