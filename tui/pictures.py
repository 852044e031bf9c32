"""Pages as pictures, for terminals that can show them: with kitty's protocol, or as sixels.

textual-image queries the terminal's abilities as soon as it is imported, and has to get the reply before
Textual reads the keyboard. So `tui.starting` calls `probe` before the application starts, and `probe` asks
only kinds of terminals that are known to show pictures. Others might not reply, and the first screen would
wait for them.
"""

from collections.abc import Callable, Mapping

from textual.widget import Widget

from ingest.documents import Picture

MakePicture = Callable[[Picture], Widget]
"""Makes a widget that shows a picture over the whole width it is given."""

_TERMINALS = {
    "TERM": ("xterm-kitty", "xterm-ghostty", "foot", "mlterm", "contour", "yaft"),
    "TERM_PROGRAM": ("iterm.app", "wezterm", "ghostty", "mintty", "contour", "rio"),
}
"""Prefixes of the values that these variables have in terminals that show pictures."""

_TERMINAL_VARIABLES = ("KITTY_WINDOW_ID", "KONSOLE_VERSION", "WT_SESSION")
"""Variables that only terminals with pictures set."""


def probe(environment: Mapping[str, str]) -> MakePicture | None:
    """What makes picture widgets in this terminal; None if it shows no pictures.

    environment: the variables of this process. Reads the terminal's reply from the keyboard.
    """
    if not _may_show_pictures(environment):
        return None
    # 0.1 s for Pillow and the terminal's reply.
    from textual_image.renderable import Image, SixelImage, TGPImage

    if Image not in (SixelImage, TGPImage):
        return None
    from textual_image import widget

    return lambda picture: picture_widget(picture, widget.Image)


def picture_widget(picture: Picture, kind: Callable[..., Widget]) -> Widget:
    """A widget of one of textual-image's kinds that shows `picture`."""
    from PIL.Image import frombytes

    return kind(frombytes("RGB", (picture.width, picture.height), picture.pixels), classes="picture")


def _may_show_pictures(environment: Mapping[str, str]) -> bool:
    # Multiplexers do not pass pictures on.
    if "TMUX" in environment or "STY" in environment:
        return False
    by_name = any(environment.get(name, "").lower().startswith(values) for name, values in _TERMINALS.items())
    return by_name or any(name in environment for name in _TERMINAL_VARIABLES)
