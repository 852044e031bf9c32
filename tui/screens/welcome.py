"""Adding a folder: what is in it and what will be skipped, before anything is read; then the growing index.

Shown at the start over a library without sources. The person can ask as soon as the first file is searchable;
the other files are read in the background.
"""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static, Tree

from assistant.formatting import count_of, file_name, size
from ingest.documents import is_within
from ingest.progress import Progress, Report
from tui import keys, safe
from tui.calls import RunningCall
from tui.screens.base import MainScreen
from tui.screens.overlay import Overlay
from tui.widgets.path_field import PathField
from tui.widgets.status_bar import indexing_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.library.facade import Status
    from ingest.survey import FolderSurvey

MAX_ROWS = 12
"""Most file types, and most reasons for skipping, that are listed; the rest get one summary line."""


class WelcomeScreen(Overlay[None], MainScreen):
    """A tree of folders, the survey of the one under the cursor, and the progress of indexing."""

    NAME = "welcome"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("welcome"), *keys.bindings("dialog")]
    AUTO_FOCUS = "Tree"

    def __init__(self) -> None:
        super().__init__()
        self._root_folder = ""
        self._survey: RunningCall | None = None
        self._folder = ""
        """The folder under the cursor."""

    def compose_body(self) -> ComposeResult:
        """The question, the tree beside the survey, and the progress."""
        yield Static(
            Content.assemble(
                ("Which folder should Carrel read?\n", "bold"),
                (
                    "Your files are not copied, changed or sent. Carrel stores an index on this machine.",
                    "$text-muted",
                ),
            ),
            id="welcome",
        )
        yield PathField(home=str(self.carrel.start_values.home), start=str(self.carrel.start_values.folder))
        yield Static(id="completions")
        with Horizontal(id="room"):
            tree: Tree[str] = Tree("", data="", id="folders")
            tree.guide_depth = 2
            yield tree
            with Vertical(id="survey"), VerticalScroll():
                yield Static(id="contents")
        yield Static(id="progress")

    def on_mount(self) -> None:
        """Starts in the folder that the program was started in."""
        self.query_one("#progress").display = False
        self.query_one("#completions").display = False
        self.show_folder(str(self.carrel.start_values.folder))

    @property
    def _tree(self) -> Tree[str]:
        return cast("Tree[str]", self.query_one("#folders"))

    def show_folder(self, folder: str) -> None:
        """Makes a folder the root of the tree."""
        self._root_folder = folder
        tree = self._tree
        tree.reset(safe.label(folder), folder)
        tree.root.expand()
        self._survey_folder(folder)

    # The path

    @property
    def _path(self) -> PathField:
        return self.query_one(PathField)

    def action_path(self, begun: str) -> None:
        """Goes to the path. begun: its first character, which is the key that was pressed."""
        self._path.begin(begun)

    def on_paste(self, event: events.Paste) -> None:
        """Takes a pasted path, wherever the focus is."""
        self._path.set_path(event.text.partition("\n")[0].strip())
        self._path.focus()

    def on_path_field_completing(self, event: PathField.Completing) -> None:
        """Fetches the folders that can complete the path."""
        folder = event.folder

        def on_result(subfolders: Sequence[Path]) -> None:
            self._path.set_names(folder, [subfolder.name for subfolder in subfolders])
            self._offer()

        self.carrel.calls.call(lambda library: library.subfolders(Path(folder)), on_result)

    def on_input_changed(self) -> None:
        """Shows what completes the path."""
        self._offer()

    def _offer(self) -> None:
        names = self._path.completions if self._path.has_focus else []
        line = safe.line("  ".join(f"{name}/" for name in names[:MAX_ROWS]), "$text-muted")
        self.query_one("#completions", Static).update(line)
        self.query_one("#completions").display = bool(names)

    def on_input_submitted(self) -> None:
        """Shows the folder whose path was typed."""
        self.show_folder(self._path.path)
        self.on_path_field_path_left()

    def on_path_field_path_left(self) -> None:
        """Goes back to the tree."""
        self._tree.focus()
        self._path.set_path(self._folder)
        self.query_one("#completions").display = False

    # The survey

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[str]) -> None:
        """Lists the sub-folders of a folder the first time it is expanded."""
        node = event.node
        if node.children or node.data is None:
            return
        folder = Path(node.data)

        def on_result(subfolders: Sequence[Path]) -> None:
            for subfolder in subfolders:
                node.add(safe.label(subfolder.name), data=str(subfolder))
            if not subfolders:
                node.allow_expand = False

        self.carrel.calls.call(lambda library: library.subfolders(folder), on_result)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[str]) -> None:
        """Surveys the folder under the cursor."""
        if event.node.data:
            self._survey_folder(event.node.data)

    def _survey_folder(self, folder: str) -> None:
        if folder == self._folder and self._survey is not None:
            return
        self._stop_survey()
        self._survey = None
        self._folder = folder
        if not self._path.has_focus:
            self._path.set_path(folder)
        contents = self.query_one("#contents", Static)
        if refused := self._refusal(folder):
            contents.update(Content("\n\n").join([safe.line(folder, "bold"), safe.text(refused, "$warning")]))
            return
        contents.update(Content("\n").join([safe.line(folder, "bold"), Content("Looking through it …")]))

        def on_value(survey: FolderSurvey) -> None:
            if self._folder == folder:
                contents.update(survey_text(folder, survey))

        def on_error(error: Exception) -> None:
            if self._folder == folder and not self.carrel.owner_lost(error):
                contents.update(safe.text(self.carrel.error_text(error), "$error"))

        self._survey = self.carrel.calls.stream(
            lambda library, stopped: library.survey(Path(folder), cancelled=stopped),
            on_value,
            on_error=on_error,
        )

    def _refusal(self, folder: str) -> str:
        """Why a folder cannot be added, and what can; empty if nothing is known against it."""
        status = self.carrel.status
        library = str(status.library) if status is not None else ""
        if not library or not is_within(library, folder):
            return ""
        return (
            "Carrel keeps its own library in this folder, so the folder as a whole cannot be added.\n\n"
            "Choose a folder in it: go down with ↓ and open a folder with Enter, or type its path with /."
        )

    def _stop_survey(self) -> None:
        if self._survey is not None:
            self._survey.stop()

    def action_parent(self) -> None:
        """Shows the tree from the parent folder."""
        self.show_folder(posixpath.dirname(self._root_folder))

    def action_add(self) -> None:
        """Adds the folder under the cursor to the library."""
        folder = self._folder
        progress = self.query_one("#progress", Static)
        progress.display = True
        if self._refusal(folder):
            progress.update(Content.styled("Choose a folder below this one, then press a.", "$warning"))
            return
        progress.update(Content(f"Looking through {file_name(folder)} …"))

        def on_error(error: Exception) -> None:
            if not self.carrel.owner_lost(error) and self.is_attached:
                progress.update(safe.text(self.carrel.error_text(error), "$error"))

        self.carrel.calls.stream(
            lambda library, _: library.add(Path(folder)), self._on_indexing_event, on_error=on_error
        )

    def _on_indexing_event(self, event: Progress | Report) -> None:
        if isinstance(event, Report) and event.unchanged and not event.added:
            self.carrel.show_message("The library already has the documents of this folder.")
        elif isinstance(event, Report):
            failed = f", {len(event.failed):,} could not be read" if event.failed else ""
            self.carrel.show_message(f"{count_of(event.added, 'document')} added{failed}.")

    def show_status(self, status: Status) -> None:
        """Shows the growing index once there is a source."""
        if not status.sources:
            return
        searchable, indexing = status.counts.searchable, status.indexing
        parts = [Content(f"{count_of(searchable, 'document')} searchable · "), indexing_state(indexing)]
        if indexing.reading:
            parts.append(Content.styled(f"  {file_name(indexing.reading[0])}", "$text-muted"))
        if indexing.problem:
            parts.append(safe.line(f" {indexing.problem}", "$warning"))
        if searchable:
            parts.append(Content.styled("\nYou can ask now. Press Esc for the conversation.", "bold $accent"))
        progress = self.query_one("#progress", Static)
        progress.display = True
        progress.update(Content("").join(parts))

    def action_close(self) -> None:
        """Goes to the conversation. Indexing continues."""
        self._stop_survey()
        self.dismiss()


def survey_text(folder: str, survey: FolderSurvey) -> Content:
    """What a folder contains by type, and what will be skipped by reason."""
    state = "" if survey.done else " so far …"
    lines = [
        safe.line(folder, "bold"),
        Content(f"{count_of(survey.files, 'document')}, {size(survey.bytes)}{state}"),
        Content(""),
    ]
    types = sorted(survey.types.items(), key=lambda item: -item[1][1])
    for suffix, (count, total) in types[:MAX_ROWS]:
        lines.append(Content(f"{count:>7,}  {safe.line(suffix).plain:8} {size(total):>9}"))
    if len(types) > MAX_ROWS:
        lines.append(
            Content.styled(f"         and {count_of(len(types) - MAX_ROWS, 'more type')}", "$text-muted")
        )
    if survey.skipped:
        lines += [Content(""), Content.styled("Will be skipped", "bold")]
        reasons = sorted(survey.skipped.items(), key=lambda item: -item[1])
        for reason, count in reasons[:MAX_ROWS]:
            lines.append(Content(f"{count:>7,}  ").append(safe.line(reason, "$text-muted")))
        if len(reasons) > MAX_ROWS:
            others = sum(count for _, count in reasons[MAX_ROWS:])
            lines.append(Content.styled(f"{others:>7,}  for other reasons", "$text-muted"))
        lines.append(
            Content.styled(
                "  Hidden files and those that .carrelignore names are not counted.", "$text-muted"
            )
        )
    lines += [Content(""), Content.styled("Press a to add this folder.", "$accent")]
    return Content("\n").join(lines)
