"""PowerPoint and HTML, converted to Markdown by markitdown.

The Markdown is the document's text. Each converter is called directly: `MarkItDown` itself would run a
classifier over every file and, when the right converter fails, accept what another one makes of the bytes.
Nothing is fetched, because these converters get bytes and no address.
"""

import io
import re
import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ingest.parsers import archive, charts, markdown
from ingest.parsers.extract import Extract, Layout, Outline, Span, damage_refused
from ingest.parsers.table import in_markdown
from ingest.parsers.text import clean, decode
from ingest.parsers.unseen import Marks, slides
from ingest.parsers.unseen.web import hide
from ingest.parsers.webpages import prepare

if TYPE_CHECKING:
    from bs4 import BeautifulSoup
    from markitdown import DocumentConverter

_SLIDE = re.compile(r"^<!-- Slide number: (\d+) -->\n?", re.MULTILINE)
"""The mark that markitdown writes before each slide."""
_SECTION = re.compile(r"<!\[(?!CDATA\[|(?:end)?if\b)([^<>]*)>", re.IGNORECASE)
"""A marked section that HTML does not define, as some programs write it."""


def html(data: bytes) -> Extract:
    """Parses a web page without its scripts and styles."""
    marks = Marks()
    text, title = page_text(data, marks)
    return flow(text, title, marks)


def page_text(data: bytes, marks: Marks) -> tuple[str, str]:
    """The text of a web page as Markdown, with a mark for each hidden text, and its title."""
    # Loaded with markitdown.
    from bs4 import BeautifulSoup

    # Such a section is a comment to browsers, and an error to Python's parser.
    text = _SECTION.sub(r"<!--[\1-->", Marks.without(decode(data)))
    page = BeautifulSoup(text, "html.parser")
    hide(page, marks)
    return shown_text(page)


def shown_text(page: "BeautifulSoup") -> tuple[str, str]:
    """The text of a web page without hidden text, as Markdown, and its title."""
    if not page.get_text().strip():
        return "", ""
    prepare(page)
    return convert("HtmlConverter", str(page).encode())


def pptx(data: bytes) -> Extract:
    """Parses a presentation. A slide is a page."""
    archive.check(data)
    marks = Marks()
    with damage_refused():
        title = archive.title(data)
        prepared = slides.hide(archive.normalized(data), marks)
    text, _ = _converted(_slides_converter(), prepared)
    pages: list[str] = []
    spans: list[Span] = []
    starts: list[int] = []
    for mark in _SLIDE.finditer(text):
        # Any number but the next one belongs to a slide's own text that looks like the mark.
        if int(mark[1]) == len(starts) + 1:
            starts.append(mark.start())
    for start, end in pairwise([*starts, len(text)]):
        pages.append(_SLIDE.sub("", text[start:end], count=1))
    shown, hidden = marks.taken(*pages)
    for number, page in enumerate(shown):
        outline = Outline(number)
        markdown.add_blocks(page, outline)
        spans += outline.spans()
        # The title of the first slide names the presentation, whatever its properties say.
        title = (outline.title if number == 0 else "") or title or outline.title
    return Extract(title, shown, tuple(spans), Layout.PAGES, hidden=hidden)


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


def _slides_converter() -> "DocumentConverter":
    """The converter of presentations. Charts of all kinds are read as in other documents."""
    from markitdown.converters import PptxConverter

    class Converter(PptxConverter):
        def _convert_chart_to_markdown(self, chart: Any) -> str:
            read = charts.read(chart.element)
            return "\n\n".join(["", read.caption, *read.labels, in_markdown(read.rows), ""])

    # Its base class has no annotations.
    kind: Any = Converter
    converter: DocumentConverter = kind()
    return converter


def _converted(converter: "DocumentConverter", data: bytes) -> tuple[str, str]:
    """Clean Markdown and the title (empty when there is none), by a converter."""
    from markitdown import StreamInfo

    with warnings.catch_warnings(), damage_refused():
        warnings.simplefilter("ignore")
        result = converter.convert(io.BytesIO(data), StreamInfo(charset="utf-8"))
    return clean(result.markdown), result.title or ""
