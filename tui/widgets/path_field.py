"""A field for the path of a folder, which completes what is typed.

It knows no folder itself: the screen is told whose sub-folders are needed, and passes them back.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass

from textual.message import Message

from policies.hygiene import visible
from tui import keys
from tui.widgets.field import Field


class PathField(Field):
    """A path that is being typed or was pasted."""

    BINDINGS = keys.bindings("path")

    @dataclass
    class Completing(Message):
        """The sub-folders of a folder are needed."""

        folder: str
        """Absolute path."""

    @dataclass
    class PathLeft(Message):
        """The person goes back to the tree."""

    def __init__(self, *, home: str, start: str) -> None:
        """home: what `~` stands for. start: what relative paths are relative to."""
        super().__init__(placeholder="Type or paste the path of a folder; Tab completes it", id="path")
        self._home, self._start = home, start
        self._folder = ""
        self._names: Sequence[str] = ()

    def set_path(self, path: str) -> None:
        """Shows a path, and moves the cursor to its end."""
        self.value = visible(path)
        self.cursor_position = len(self.value)

    def begin(self, path: str) -> None:
        """Goes to the field and replaces its text with the beginning of a path.

        That text is not selected, as it would be on focus: the next key would replace it.
        """
        self.select_on_focus = False
        self.focus()
        self.set_path(path)

    def on_blur(self) -> None:
        """From now on, the text is selected on focus again."""
        self.select_on_focus = True

    @property
    def path(self) -> str:
        """What is typed, as an absolute path without quotes and surplus parts."""
        typed = self.value.strip()
        if len(typed) > 1 and typed[0] in ("'", '"') and typed[-1] == typed[0]:
            typed = typed[1:-1]
        if typed == "~" or typed.startswith("~/"):
            typed = self._home + typed[1:]
        return posixpath.normpath(posixpath.join(self._start, typed))

    def set_names(self, folder: str, names: Sequence[str]) -> None:
        """Sets the names of the sub-folders of `folder`."""
        self._folder, self._names = folder, names

    @property
    def completions(self) -> list[str]:
        """The names of folders that begin like the last part of what is typed."""
        above, _, begun = self._parts()
        if above != self._folder:
            return []
        return [name for name in self._names if name.casefold().startswith(begun.casefold())]

    def on_input_changed(self) -> None:
        """Asks for the folders that can complete the path."""
        above, _, _ = self._parts()
        if above != self._folder:
            self.post_message(self.Completing(above))

    def action_complete(self) -> None:
        """Completes the last part, as far as all folders that fit agree."""
        _, typed, begun = self._parts()
        if fitting := self.completions:
            common = posixpath.commonprefix(fitting)
            whole = f"{common}/" if len(fitting) == 1 else common if len(common) > len(begun) else begun
            self.set_path(typed + whole)

    def action_leave(self) -> None:
        """Goes back to the tree."""
        self.post_message(self.PathLeft())

    def _parts(self) -> tuple[str, str, str]:
        """The folder above the last part as an absolute path, the same as it is typed, and the last part."""
        typed, slash, begun = self.value.rpartition("/")
        if not slash and begun.startswith("~"):
            typed, begun = begun, ""
        above = typed + slash
        if above == "~" or above.startswith("~/"):
            above = self._home + above[1:]
        return posixpath.normpath(posixpath.join(self._start, above)), typed + slash, begun
