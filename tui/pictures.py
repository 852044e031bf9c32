"""Pages as pictures, in terminals that show them: by kitty's protocol, or as sixels.

textual-image asks the terminal what it can as soon as it is imported, and must have the answer before
Textual reads the keyboard. So `ask` comes before the application, and only in terminals of a kind that shows
pictures: others would leave the question unanswered, and the first picture of the screen waiting for it.
"""

import os
from collections.abc import Callable, Mapping

from textual.widget import Widget

from ingest.documents import Picture

Shower = Callable[[Picture], Widget]
"""Makes a widget that shows a picture as wide as its place."""

_KINDS = {
    "TERM": ("xterm-kitty", "xterm-ghostty", "foot", "mlterm", "contour", "yaft"),
    "TERM_PROGRAM": ("iterm.app", "wezterm", "ghostty", "mintty", "contour", "rio"),
}
"""Beginnings of what variables say in terminals that show pictures; not inside tmux or screen."""

_MARKS = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION")
"""Variables that such terminals alone set."""


def ask(environment: Mapping[str, str] = os.environ) -> Shower | None:
    """What shows pictures here; None where nothing does. Reads the terminal's answer from the keyboard."""
    if not _of_a_kind(environment):
        return None
    # 0.1 s: Pillow, and the terminal's answer.
    from textual_image.renderable import Image, SixelImage, TGPImage

    if Image not in (SixelImage, TGPImage):
        return None
    from textual_image import widget

    return lambda picture: shower(picture, widget.Image)


def shower(picture: Picture, kind: Callable[..., Widget]) -> Widget:
    """A widget of textual-image's that shows `picture`."""
    from PIL.Image import frombytes

    return kind(frombytes("RGB", (picture.width, picture.height), picture.pixels), classes="picture")


def _of_a_kind(environment: Mapping[str, str]) -> bool:
    if "TMUX" in environment or "STY" in environment:
        return False
    named = any(environment.get(name, "").lower().startswith(kinds) for name, kinds in _KINDS.items())
    return named or any(mark in environment for mark in _MARKS)
