"""Foreign text made safe to show: the only way from the façade to a widget.

Foreign is all that Carrel did not write: documents, file names, titles, answers of the model, pasted text,
and messages that quote any of it. Textual and Rich read square brackets in a string as markup, and every
widget passes escape sequences on to the terminal. So widgets receive `Content`, which is never parsed for
markup, of text in which `policies.hygiene` has made control characters visible.
"""

from rich.text import Text as RichText
from textual.content import Content

from policies.hygiene import one_line, visible


def text(value: str, style: str = "") -> Content:
    """Foreign text with its line breaks."""
    return Content.styled(visible(value), style) if style else Content(visible(value))


def line(value: str, style: str = "") -> Content:
    """Foreign text on a single line: names, titles, headings, reasons."""
    return Content.styled(one_line(value), style) if style else Content(one_line(value))


def label(value: str) -> RichText:
    """Like `line`, for widgets that do not take `Content`, such as trees."""
    return RichText(one_line(value))
