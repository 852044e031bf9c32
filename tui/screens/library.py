"""The library: its sources and documents, what goes on, and what could not be read and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from ingest.documents import is_within
from tui import keys, shown
from tui.screens.dialogs import ConfirmDialog
from tui.screens.page import Page
from tui.widgets.bar import doing
from tui.widgets.field import Field
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from assistant.library.facade import Indexing, Status
    from ingest.catalogue import DocumentEntry, LibraryCounts

STYLES = {"failed": "$error", "skipped": "$text-muted", "pending": "$accent"}
"""Of a row, by the state of its document."""

SORTS = ("path", "state", "type", "chunks", "size", "indexed")
"""Columns to sort by, in turn."""


class LibraryScreen(Page):
    """Sources above, documents below."""

    NAME = "library"
    BINDINGS = keys.bindings("library")
    AUTO_FOCUS = "#documents"

    def __init__(self) -> None:
        super().__init__()
        self._entries: Sequence[DocumentEntry] = ()
        self._counts: LibraryCounts | None = None
        self._sort = SORTS[0]

    def body(self) -> ComposeResult:
        yield Static(id="sources")
        yield Static(id="progress")
        yield Field(placeholder="words of a path, a state, a type or a reason", id="filter")
        yield Table(
            Column("document", 0, tail=True),
            Column("state", 8),
            Column("type", 6),
            Column("chunks", 7, right=True),
            Column("size", 9, right=True),
            Column("indexed, or why not", 26),
            empty="No documents yet. Ctrl+O adds a folder.",
            id="documents",
        )
        yield Static(id="chosen")

    def on_mount(self) -> None:
        self.query_one("#filter").display = False
        super().on_mount()

    def told(self, status: Status) -> None:
        self.query_one("#sources", Static).update(sources(status))
        self.query_one("#progress", Static).update(progress(status.indexing))
        if status.counts != self._counts:
            self._counts = status.counts
            self.carrel.desk.call(lambda library: library.entries(), self._show)

    def _show(self, entries: Sequence[DocumentEntry]) -> None:
        self._entries = entries
        self.query_one(Table).show([_row(entry) for entry in sorted(entries, key=self._order)])
        self._say()

    def _order(self, entry: DocumentEntry) -> tuple[object, str]:
        orders: dict[str, object] = {
            "path": "",
            "state": entry.state.value,
            "type": _suffix(entry.path),
            "chunks": -entry.chunks,
            "size": -entry.bytes,
            "indexed": -(entry.indexed_at or 0.0),
        }
        return orders[self._sort], entry.path

    def action_sort(self) -> None:
        self._sort = SORTS[(SORTS.index(self._sort) + 1) % len(SORTS)]
        self._show(self._entries)

    # Filtering

    def on_table_filtering(self) -> None:
        self.query_one("#filter").display = True
        self.query_one("#filter").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(Table).filter(event.value)
        self._say()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if not event.value:
            self.query_one("#filter").display = False
        self.query_one(Table).focus()

    # What is chosen

    def on_table_moved(self) -> None:
        self._say()

    def _say(self) -> None:
        table = self.query_one(Table)
        entry = self._entry()
        shown_, all_ = table.counts
        said = [Content.styled(f"{shown_:,} of {all_:,}, by {self._sort}  ", "$text-muted")]
        if entry is not None:
            said.append(shown.line(entry.path))
            if entry.reason:
                said.append(
                    shown.line(f"  {entry.reason}", "$error" if entry.state == "failed" else "$warning")
                )
        self.query_one("#chosen", Static).update(Content("").join(said))

    def _entry(self) -> DocumentEntry | None:
        key = self.query_one(Table).key
        return next((entry for entry in self._entries if entry.path == key), None)

    # What can be done

    def on_table_chosen(self) -> None:
        self.action_open()

    def action_open(self) -> None:
        entry = self._entry()
        if entry is not None:
            self.carrel.view(entry.path, None, None)

    def action_retry(self) -> None:
        def said(count: int) -> None:
            self.carrel.say(f"{shown.counted(count, 'file')} will be tried again.")

        self.carrel.desk.call(lambda library: library.retry(None), said)

    def action_pause(self) -> None:
        status = self.carrel.status
        if status is not None:
            paused = status.indexing.paused
            self.carrel.desk.call(lambda library: library.resume() if paused else library.pause())

    def action_forget(self) -> None:
        entry = self._entry()
        if entry is not None:
            self._forget(entry.path)

    def action_forget_source(self) -> None:
        entry, status = self._entry(), self.carrel.status
        sources = [source.path for source in status.sources] if status is not None else []
        holding = [path for path in sources if entry is None or is_within(entry.path, path)]
        if holding:
            self._forget(max(holding, key=len))

    @work
    async def _forget(self, path: str) -> None:
        if await self.app.push_screen_wait(ConfirmDialog(forgotten(path, self._entries), "Forget")):

            def said(count: int) -> None:
                self.carrel.say(f"{shown.counted(count, 'document')} forgotten.")

            self.carrel.desk.call(lambda library: library.remove(Path(path)), said)


def _row(entry: DocumentEntry) -> Row:
    cells = (
        entry.path,
        entry.state.value,
        _suffix(entry.path),
        f"{entry.chunks:,}" if entry.chunks else "",
        shown.size(entry.bytes),
        entry.reason or (shown.day(entry.indexed_at) if entry.indexed_at else ""),
    )
    return Row(entry.path, cells, STYLES.get(entry.state.value, ""))


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def forgotten(path: str, entries: Sequence[DocumentEntry]) -> Content:
    """What forgetting a path will remove, in words."""
    there = [entry for entry in entries if is_within(entry.path, path)]
    chunks = sum(entry.chunks for entry in there)
    return Content.assemble(
        ("Forget ", "bold"),
        shown.line(path, "bold"),
        "\n\nThis removes from the library "
        f"{shown.counted(len(there), 'document')} with {shown.counted(chunks, 'chunk')} of text, their "
        "vectors, the answers that read them, and what the model kept of them.\n",
        (
            "The files stay where they are. A path inside a source stays out until it is added again.",
            "$text-muted",
        ),
    )


def sources(status: Status) -> Content:
    """The sources, a line each, with what is read of them now."""
    lines = []
    for source in status.sources:
        state = (
            shown.line(f"offline: {source.offline}", "$warning")
            if source.offline
            else Content.styled("✓", "$success")
        )
        reading = [path for path in status.indexing.reading if is_within(path, source.path)]
        doing = f"  reading {shown.name(reading[0])}" if reading else ""
        lines.append(Content.assemble(state, " ", shown.line(source.path), shown.line(doing, "$accent")))
    return Content("\n").join(lines) if lines else Content.styled("no sources", "$text-muted")


def progress(indexing: Indexing) -> Content:
    """What the owner is about, in full."""
    parts = [doing(indexing)]
    if indexing.files and indexing.texts:
        parts.append(Content(f" · {shown.counted(indexing.texts, 'text')} to embed"))
    if indexing.problem:
        parts.append(shown.line(f": {indexing.problem}", "$warning"))
    return Content("").join(parts)
