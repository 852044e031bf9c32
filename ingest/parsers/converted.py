"""HTML, converted to Markdown by markitdown.

The Markdown is the document's text. Each converter is called directly: `MarkItDown` itself would run a
classifier over every file and, when the right converter fails, accept what another one makes of the bytes.
Nothing is fetched, because these converters get bytes and no address.
"""

import io
import re
import warnings
from typing import TYPE_CHECKING

from ingest.parsers import markdown
from ingest.parsers.endtags import parsed_page
from ingest.parsers.extract import Extract, Layout, Outline, damage_refused
from ingest.parsers.text import clean, decode
from ingest.parsers.unseen import Marks
from ingest.parsers.unseen.web import hide
from ingest.parsers.webpages import prepare, unlink

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from markitdown import DocumentConverter

_SECTION = re.compile(r"<!\[(?!CDATA\[|(?:end)?if\b)([^<>]*)>", re.IGNORECASE)
"""A marked section that HTML does not define, as some programs write it."""


def html(data: bytes) -> Extract:
    """Parses a web page without its scripts and styles."""
    marks = Marks()
    text, title = page_text(data, marks)
    return flow(text, title, marks)


def page_text(data: bytes, marks: Marks) -> tuple[str, str]:
    """The text of a web page as Markdown, with a mark for each hidden text, and its title."""
    # Such a section is a comment to browsers, and an error to Python's parser.
    text = _SECTION.sub(r"<!--[\1-->", Marks.without(decode(data)))
    page = parsed_page(text)
    hide(page, marks)
    unlink(page)
    return shown_text(page)


def shown_text(page: "BeautifulSoup") -> tuple[str, str]:
    """The text of a web page without hidden text, as Markdown, and its title."""
    if not page.get_text().strip():
        return "", ""
    prepare(page)
    return convert("HtmlConverter", str(page).encode())


def flow(text: str, title: str, marks: Marks) -> Extract:
    """The extract of a text in Markdown, in which marks stand for hidden texts."""
    (text,), hidden = marks.taken(text)
    outline = Outline()
    markdown.add_blocks(text, outline)
    return Extract(title or outline.title, (text,), outline.spans(), Layout.FLOW, hidden=hidden)


def convert(converter: str, data: bytes) -> tuple[str, str]:
    """Clean Markdown and the title (empty when there is none), by the named converter."""
    # 1 s to import: it loads pandas, onnxruntime and bs4 for formats that are not used here.
    from markitdown import converters

    return _converted(getattr(converters, converter)(), data)


def _converted(converter: "DocumentConverter", data: bytes) -> tuple[str, str]:
    """Clean Markdown and the title (empty when there is none), by a converter."""
    from markitdown import StreamInfo

    with warnings.catch_warnings(), damage_refused():
        warnings.simplefilter("ignore")
        result = converter.convert(io.BytesIO(data), StreamInfo(charset="utf-8"))
    return clean(result.markdown), result.title or ""
