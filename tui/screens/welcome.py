"""Choosing a folder: what is in it and what will be skipped, before anything is read; then the index growing.

Shown by itself over a library without sources. The first question can be asked as soon as the first file is
searchable, and the rest is read behind it.
"""

from __future__ import annotations

import os
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static, Tree

from tui import keys, shown
from tui.desk import RunningCall
from tui.screens.page import Page
from tui.survey import Survey, folders, survey
from tui.widgets.bar import doing

if TYPE_CHECKING:
    from assistant.library.facade import Status
    from ingest.progress import Progress, Report

MOST_ROWS = 12
"""Types, and reasons, that are listed; the rest is counted together."""


class WelcomeScreen(Page):
    """A folder is chosen and read."""

    NAME = "welcome"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("welcome"), *keys.bindings("dialog")]
    AUTO_FOCUS = "Tree"

    def __init__(self) -> None:
        super().__init__()
        self._top = str(Path.home())
        self._underway: RunningCall | None = None
        self._chosen = ""

    def body(self) -> ComposeResult:
        yield Static(
            Content.assemble(
                ("Which folder shall Carrel read?\n", "bold"),
                (
                    "Nothing is copied, changed or sent: an index of it is kept, on this machine.",
                    "$text-muted",
                ),
            ),
            id="welcome",
        )
        with Horizontal(id="room"):
            tree: Tree[str] = Tree(shown.label(self._top), data=self._top, id="folders")
            tree.guide_depth = 2
            yield tree
            with Vertical(id="survey"), VerticalScroll():
                yield Static(id="seen")
        yield Static(id="growing")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#growing").display = False
        self._root(self._top)

    @property
    def _tree(self) -> Tree[str]:
        return cast("Tree[str]", self.query_one("#folders"))

    def _root(self, folder: str) -> None:
        self._top = folder
        tree = self._tree
        tree.reset(shown.label(folder), folder)
        tree.root.expand()
        self._look_at(folder)

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[str]) -> None:
        node = event.node
        if node.children or node.data is None:
            return
        folder = node.data

        def fill(found: list[str]) -> None:
            for each in found:
                node.add(shown.label(os.path.basename(each)), data=each)
            if not found:
                node.allow_expand = False

        self.carrel.desk.call(lambda _: folders(folder), fill)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[str]) -> None:
        if event.node.data is not None:
            self._look_at(event.node.data)

    def _look_at(self, folder: str) -> None:
        if folder == self._chosen and self._underway is not None:
            return
        if self._underway is not None:
            self._underway.stop()
        self._chosen = folder
        largest = self.carrel.config.index.max_file_mb << 20

        def tell(seen: Survey) -> None:
            if self._chosen == folder:
                self.query_one("#seen", Static).update(told(folder, seen))

        def fail(error: Exception) -> None:
            if self._chosen == folder:
                self.query_one("#seen", Static).update(shown.text(self.carrel.words(error), "$error"))

        tell(Survey())
        self._underway = self.carrel.desk.stream(
            lambda _, stopped: takewhile(lambda _: not stopped(), survey(folder, largest)), tell, failed=fail
        )

    def action_parent(self) -> None:
        self._root(os.path.dirname(self._top))

    def action_add(self) -> None:
        folder = self._chosen
        growing = self.query_one("#growing", Static)
        growing.display = True
        growing.update(Content(f"Looking through {shown.name(folder)} …"))

        def failed(error: Exception) -> None:
            if not self.carrel.lost(error) and self.is_attached:
                growing.update(shown.text(self.carrel.words(error), "$error"))

        self.carrel.desk.stream(lambda library, _: library.add(Path(folder)), self._grown, failed=failed)

    def _grown(self, event: Progress | Report) -> None:
        # 0.1 s to import: numpy is behind it.
        from ingest.progress import Report

        if isinstance(event, Report):
            failed = f", {len(event.failed):,} could not be read" if event.failed else ""
            self.carrel.say(f"{shown.counted(event.added, 'document')} added{failed}.")

    def told(self, status: Status) -> None:
        if not status.sources:
            return
        growing = self.query_one("#growing", Static)
        count = status.counts.searchable
        growing.display = True
        said = [Content(f"{shown.counted(count, 'document')} searchable · "), doing(status.indexing)]
        if status.indexing.reading:
            said.append(Content.styled(f"  {shown.name(status.indexing.reading[0])}", "$text-muted"))
        if status.indexing.problem:
            said.append(shown.line(f" {status.indexing.problem}", "$warning"))
        if count:
            said.append(Content.styled("\nYou can ask now: Esc goes to the conversation.", "bold $accent"))
        growing.update(Content("").join(said))

    def action_close(self) -> None:
        if self._underway is not None:
            self._underway.stop()
        self.dismiss()


def told(folder: str, seen: Survey) -> Content:
    """A survey in words."""
    state = "" if seen.done else " so far …"
    lines = [
        shown.line(folder, "bold"),
        Content(f"{shown.counted(seen.files, 'document')}, {shown.size(seen.bytes)}{state}"),
        Content(""),
    ]
    types = sorted(seen.types.items(), key=lambda item: -item[1][1])
    for suffix, (count, total) in types[:MOST_ROWS]:
        lines.append(Content(f"  {count:>7,}  {shown.line(suffix).plain:12} {shown.size(total):>10}"))
    if len(types) > MOST_ROWS:
        lines.append(Content.styled(f"           and {len(types) - MOST_ROWS:,} more types", "$text-muted"))
    if seen.skipped:
        lines += [Content(""), Content.styled("Will be skipped", "bold")]
        reasons = sorted(seen.skipped.items(), key=lambda item: -item[1])
        for reason, count in reasons[:MOST_ROWS]:
            lines.append(Content(f"  {count:>7,}  ").append(shown.line(reason, "$text-muted")))
        if len(reasons) > MOST_ROWS:
            rest = sum(count for _, count in reasons[MOST_ROWS:])
            lines.append(Content.styled(f"  {rest:>7,}  for other reasons", "$text-muted"))
        lines.append(
            Content.styled("  Hidden files, and what .carrelignore names, are passed over.", "$text-muted")
        )
    lines += [Content(""), Content.styled("a adds this folder · Enter opens it", "$accent")]
    return Content("\n").join(lines)
