"""The library: its sources and documents, the progress of indexing, and why files could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from assistant.formatting import count_of, date_and_time, describe_removed, file_name, size
from ingest.documents import is_within
from tui import keys, safe
from tui.screens.base import TableScreen
from tui.screens.dialogs import ConfirmDialog
from tui.widgets.field import FilterField
from tui.widgets.status_bar import indexing_state
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from assistant.library.facade import Indexing, Status
    from assistant.library.receipts import Forgotten
    from ingest.catalogue import DocumentEntry, LibraryCounts

STYLES = {"failed": "$error", "skipped": "$text-muted", "pending": "$accent"}
"""The style of a row, by the state of its document."""

SORT_COLUMNS = ("path", "state", "type", "chunks", "size", "indexed")
"""The orders that the sort key goes through."""


class LibraryScreen(TableScreen):
    """Sources and progress at the top, the documents below."""

    NAME = "library"
    BINDINGS = keys.bindings("library")
    AUTO_FOCUS = "#documents"

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[DocumentEntry] = ()
        self._counts: LibraryCounts | None = None
        """The counts when the entries were fetched."""
        self._sort_column = SORT_COLUMNS[0]

    def compose_body(self) -> ComposeResult:
        """Sources, progress, filter, documents, and the document under the cursor."""
        yield Static(id="sources")
        yield Static(id="progress")
        yield FilterField("Filter by words of a path, state, type or reason")
        yield Table(
            Column("document", 0, keep_end=True),
            Column("state", 8),
            Column("type", 6, in_wide=True),
            Column("chunks", 7, align_right=True, in_wide=True),
            Column("size", 9, align_right=True, in_wide=True),
            Column("indexed, or why not", 26),
            empty="No documents yet. Press Ctrl+O to add a folder.",
            id="documents",
        )
        yield Static(id="selected")

    def show_status(self, status: Status) -> None:
        """Updates sources and progress; fetches the documents again when their counts changed."""
        self.query_one("#sources", Static).update(source_lines(status))
        self.query_one("#progress", Static).update(progress_line(status.indexing))
        if status.counts != self._counts:
            self._counts = status.counts
            self.carrel.calls.call(lambda library: library.entries(), self._show)

    def _show(self, entries: Sequence[DocumentEntry]) -> None:
        self._entries = entries
        self.query_one(Table).show([_row(entry) for entry in sorted(entries, key=self._sort_key)])
        self.show_selected()

    def _sort_key(self, entry: DocumentEntry) -> tuple[object, str]:
        values: dict[str, object] = {
            "path": "",
            "state": entry.state.value,
            "type": _suffix(entry.path),
            "chunks": -entry.chunks,
            "size": -entry.bytes,
            "indexed": -(entry.indexed_at or 0.0),
        }
        return values[self._sort_column], entry.path

    def action_sort(self) -> None:
        """Sorts by the next column."""
        index = SORT_COLUMNS.index(self._sort_column) + 1
        self._sort_column = SORT_COLUMNS[index % len(SORT_COLUMNS)]
        self._show(self._entries)

    # The document under the cursor

    def show_selected(self) -> None:
        """Says what the row under the cursor is about."""
        entry = self._selected()
        matching, total = self.query_one(Table).counts
        parts = [Content.styled(f"{matching:,} of {total:,}, by {self._sort_column}  ", "$text-muted")]
        if entry is not None:
            parts.append(safe.line(entry.path))
            if entry.reason:
                style = "$error" if entry.state.value == "failed" else "$warning"
                parts.append(safe.line(f"  {entry.reason}", style))
            if entry.hidden:
                parts.append(safe.line(f"  {count_of(len(entry.hidden), 'hidden text')}", "$warning"))
        self.query_one("#selected", Static).update(Content("").join(parts))

    def _selected(self) -> DocumentEntry | None:
        key = self.query_one(Table).key
        return next((entry for entry in self._entries if entry.path == key), None)

    # Actions

    def on_table_chosen(self) -> None:
        """Opens the document."""
        self.action_open()

    def action_open(self) -> None:
        """Opens the document in the person's viewer."""
        entry = self._selected()
        if entry is not None:
            self.carrel.view(entry.path, None, None)

    def action_retry(self) -> None:
        """Retries all failed files."""

        def on_result(count: int) -> None:
            self.carrel.show_message(f"Trying {count_of(count, 'file')} again …")

        self.carrel.calls.call(lambda library: library.retry(None), on_result)

    def action_pause(self) -> None:
        """Pauses indexing, or resumes it."""
        status = self.carrel.status
        if status is not None:
            paused = status.indexing.paused
            self.carrel.calls.call(lambda library: library.resume() if paused else library.pause())

    def action_forget(self) -> None:
        """Removes a document from the library after a confirmation."""
        entry = self._selected()
        if entry is not None:
            self._remove(entry.path)

    def action_forget_source(self) -> None:
        """Removes the innermost source that the document is in; without a document, the longest path."""
        entry, status = self._selected(), self.carrel.status
        sources = [source.path for source in status.sources] if status is not None else []
        containing = [path for path in sources if entry is None or is_within(entry.path, path)]
        if containing:
            self._remove(max(containing, key=len))

    @work
    async def _remove(self, path: str) -> None:
        def on_result(receipt: Forgotten) -> None:
            self.carrel.show_message(f"{describe_removed(len(receipt.documents), receipt.derived.answers)}.")

        if await self.app.push_screen_wait(ConfirmDialog(removal_message(path, self._entries), "Remove")):
            self.carrel.calls.call(lambda library: library.remove(Path(path)), on_result)


def _row(entry: DocumentEntry) -> Row:
    cells = (
        entry.path,
        entry.state.value,
        _suffix(entry.path),
        f"{entry.chunks:,}" if entry.chunks else "",
        size(entry.bytes),
        entry.reason or (date_and_time(entry.indexed_at) if entry.indexed_at else ""),
    )
    return Row(entry.path, cells, STYLES.get(entry.state.value, ""))


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def removal_message(path: str, entries: Sequence[DocumentEntry]) -> Content:
    """The text of a confirmation: how much is removed along with a path."""
    affected = [entry for entry in entries if is_within(entry.path, path)]
    documents = count_of(len(affected), "document")
    chunks = count_of(sum(entry.chunks for entry in affected), "chunk")
    return Content.assemble(
        ("Remove ", "bold"),
        safe.line(path, "bold"),
        ("?", "bold"),
        f"\n\nThis removes {documents} with {chunks} of text from the library: the vectors, the summaries, "
        "the conversations that used the text, and the model's cached prompts.\n",
        (
            "The files stay on the disk. Inside a source, the path stays excluded until you add it again.",
            "$text-muted",
        ),
    )


def source_lines(status: Status) -> Content:
    """The sources, one per line, each with the file that is being read."""
    lines = []
    for source in status.sources:
        state = (
            safe.line(f"offline: {source.offline}", "$warning")
            if source.offline
            else Content.styled("✓", "$success")
        )
        reading = [path for path in status.indexing.reading if is_within(path, source.path)]
        current = f"  reading {file_name(reading[0])}" if reading else ""
        lines.append(Content.assemble(state, " ", safe.line(source.path), safe.line(current, "$accent")))
    return Content("\n").join(lines) if lines else Content.styled("No sources.", "$text-muted")


def progress_line(indexing: Indexing) -> Content:
    """What indexing is doing, with the queue for embedding and the reason of a problem."""
    parts = [indexing_state(indexing)]
    if indexing.files and indexing.texts:
        parts.append(Content(f" · {count_of(indexing.texts, 'chunk')} to embed"))
    if indexing.problem:
        parts.append(safe.line(f": {indexing.problem}", "$warning"))
    return Content("").join(parts)
