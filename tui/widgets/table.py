"""A table for any number of rows: only the visible ones are drawn, and filtering compares plain strings.

Ten thousand rows cost as much as twenty, except for the filter, which reads each row once. Cells may hold
foreign text, which is made safe as it is drawn.
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

WIDE = 96
"""Width in cells from which on all columns are shown."""

_LEAST_SHARE = 8
"""Cells that a flexible column gets at least."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: str
    width: int
    """In cells; 0 for a share of the room that the other columns leave."""
    align_right: bool = False
    """For numbers."""
    keep_end: bool = False
    """Cuts off the beginning of long cells instead of the end; for paths."""
    in_wide: bool = False
    """Left out of a table that is narrower than `WIDE`, so that the others have room."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    key: str
    """What identifies the row, such as a path."""
    cells: tuple[str, ...]
    """The text of each column; need not be safe."""
    style: str = ""
    """Textual's style for the whole row."""


class Table(ScrollView, can_focus=True):
    """Rows with a cursor on one of them."""

    DEFAULT_CSS = """
    Table { background: $background; }
    Table:focus { background-tint: $foreground 2%; }
    """
    BINDINGS = keys.bindings("table")

    cursor: reactive[int] = reactive(0)
    """Index of the row under the cursor, among the rows that match the filter."""

    @dataclass
    class Chosen(Message):
        """The person chose a row, with Enter or a second click."""

        key: str

    @dataclass
    class CursorMoved(Message):
        """The cursor is on another row, or the row under it was replaced."""

        key: str

    @dataclass
    class FilterRequested(Message):
        """The person wants to type a filter."""

    def __init__(
        self, *columns: Column, empty: str, id: str | None = None, keeps_cursor: bool = False
    ) -> None:
        """
        empty: the text shown while there are no rows.
        keeps_cursor: whether the cursor is as plain to see while something else has the focus.
        """
        super().__init__(id=id)
        self._columns = columns
        self._empty_text = empty
        self._keeps_cursor = keeps_cursor
        self._all_rows: Sequence[Row] = ()
        self._rows: Sequence[Row] = ()
        """Those that match the filter."""
        self._words: list[str] = []
        """The filter, lower-cased."""

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor; None if there are no rows."""
        return self._rows[self.cursor].key if self._rows else None

    @property
    def counts(self) -> tuple[int, int]:
        """The number of rows that match the filter, and of all rows."""
        return len(self._rows), len(self._all_rows)

    def show(self, rows: Sequence[Row], empty: str = "") -> None:
        """Replaces the rows. The cursor stays on the row with the same key if it is still there.

        empty: the text shown if there are none; if empty, the one shown so far.
        """
        self._all_rows = rows
        self._empty_text = empty or self._empty_text
        self._apply_filter()

    def filter(self, words: str) -> None:
        """Shows only the rows whose cells contain all of these words, in any case."""
        self._words = words.casefold().split()
        self._apply_filter()

    def _apply_filter(self) -> None:
        key = self.key
        if self._words:
            texts = ((row, " ".join(row.cells).casefold()) for row in self._all_rows)
            self._rows = [row for row, text in texts if all(word in text for word in self._words)]
        else:
            self._rows = self._all_rows
        index = next((index for index, row in enumerate(self._rows) if row.key == key), None)
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)
        self.cursor = index if index is not None else min(self.cursor, max(len(self._rows) - 1, 0))
        self.refresh()
        self._report_cursor()

    def on_resize(self) -> None:
        """Follows the width."""
        self.virtual_size = Size(self.size.width, len(self._rows) + 1)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """Line `y` of the visible part: the titles, then rows, or the text for an empty table."""
        width = self.scrollable_content_region.width
        if y == 0:
            titles = tuple(column.title for column in self._columns)
            return self._draw_cells(titles, width, "bold $text-muted on $panel")
        index = self.scroll_offset.y + y - 1
        if index < len(self._rows):
            row = self._rows[index]
            style = row.style
            if index == self.cursor:
                style = "reverse" if self.has_focus or self._keeps_cursor else f"underline {row.style}"
            return self._draw_cells(row.cells, width, style)
        message = ""
        if y == 2 and not self._rows:
            message = "No row matches the filter." if self._all_rows else self._empty_text
        return self._draw(Content.styled(f"  {message}", "$text-muted"), width)

    def _draw_cells(self, cells: Sequence[str], width: int, style: str) -> Strip:
        shown = [
            pair for pair in zip(self._columns, cells, strict=True) if width >= WIDE or not pair[0].in_wide
        ]
        fixed = sum(column.width + 2 for column, _ in shown)
        flexible = sum(not column.width for column, _ in shown)
        share = max((width - fixed) // flexible, _LEAST_SHARE) if flexible else 0
        parts = []
        for column, cell in shown:
            room = column.width or share
            content = Content(one_line(cell))
            if content.cell_length > room and column.keep_end:
                content = Content("…") + content[len(content) - room + 1 :]
            content = content.truncate(room, ellipsis=True)
            gap = room - content.cell_length
            parts.append(content.pad_left(gap) if column.align_right else content.pad_right(gap))
        line = Content(" ").append(Content("  ").join(parts)).append(" ")
        return self._draw(line.stylize(style) if style else line, width)

    def _draw(self, content: Content, width: int) -> Strip:
        padded = content.pad_right(max(width - content.cell_length, 0))
        pieces = padded.render(self.visual_style, "", parse_style=self.app.stylesheet.parse_style)
        return Strip([Segment(text, style.rich_style) for text, style in pieces]).crop(0, width)

    # The cursor

    def watch_cursor(self, before: int, now: int) -> None:
        """Scrolls to the cursor and reports it."""
        self.scroll_to_region(Region(0, now, self.size.width, 2), animate=False, force=True)
        self.refresh()
        if before != now:
            self._report_cursor()

    def _report_cursor(self) -> None:
        if self.key is not None:
            self.post_message(self.CursorMoved(self.key))

    def action_move(self, by: int) -> None:
        """Moves the cursor by a number of rows."""
        self.cursor = max(0, min(self.cursor + by, len(self._rows) - 1))

    def action_page(self, pages: int) -> None:
        """Moves the cursor by a number of screens."""
        self.action_move(pages * max(self.size.height - 2, 1))

    def action_edge(self, last: int) -> None:
        """Moves the cursor to the first row (0) or the last one (1)."""
        self.cursor = max(len(self._rows) - 1, 0) if last else 0

    def action_choose(self) -> None:
        """Chooses the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Chosen(self.key))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offers the filter only where there is one."""
        return action != "filter" or bool(self.screen.query("#filter"))

    def action_filter(self) -> None:
        """Asks for the filter."""
        self.post_message(self.FilterRequested())

    def on_click(self, event: events.Click) -> None:
        """Moves the cursor to a row, or chooses the row if the cursor is on it."""
        index = self.scroll_offset.y + event.y - 1
        if event.y and index < len(self._rows):
            if index == self.cursor:
                self.action_choose()
            self.cursor = index
