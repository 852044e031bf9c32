"""Word, PowerPoint, EPUB and HTML, turned into Markdown by markitdown's converters; OpenDocument by odfdo.

The Markdown is the document's text. Each converter is called by itself: `MarkItDown` would run
a classifier over every file and, where the right converter fails, take whatever another makes
of the bytes. Nothing is fetched: the converters called here get bytes and no address.
"""

import io
import re
import warnings

from ingest.errors import UnreadableDocument
from ingest.parsers import archive, markdown
from ingest.parsers.extract import Extract, Layout, Outline, Span
from ingest.parsers.text import clean, decode

_SLIDE = re.compile(r"^<!-- Slide number: (\d+) -->\n?", re.MULTILINE)


def docx(data: bytes) -> Extract:
    """Parses a Word document."""
    archive.check(data)
    return _flow(*_converted("DocxConverter", data))


def epub(data: bytes) -> Extract:
    """Parses an electronic book."""
    archive.check(data)
    return _flow(*_converted("EpubConverter", data))


def html(data: bytes) -> Extract:
    """Parses a web page, without its scripts and styles."""
    return _flow(*_converted("HtmlConverter", decode(data).encode()))


def odt(data: bytes) -> Extract:
    """Parses an OpenDocument text."""
    archive.check(data)
    # 0.1 s to import.
    import odfdo

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            document = odfdo.Document(io.BytesIO(data))
            text, title = clean(str(document.to_markdown())), document.meta.title
        # It raises whatever lxml and malformed content lead it into.
        except Exception as exc:
            raise UnreadableDocument(f"damaged: it cannot be read ({type(exc).__name__})") from exc
    return _flow(text, title or "")


def pptx(data: bytes) -> Extract:
    """Parses a presentation: a slide is a page."""
    archive.check(data)
    text, _ = _converted("PptxConverter", data)
    pages: list[str] = []
    spans: list[Span] = []
    title = ""
    ends = [0]
    for slide in _SLIDE.finditer(text):
        # Anything but the next number is a slide's own text that looks like the mark.
        if int(slide[1]) == len(ends):
            ends.append(slide.start())
    for number, start in enumerate(ends[1:]):
        end = ends[number + 2] if number + 2 < len(ends) else len(text)
        pages.append(_SLIDE.sub("", text[start:end], count=1))
        found = Outline(number)
        markdown.outline(pages[-1], found)
        spans += found.spans()
        title = title or found.title
    return Extract(title, tuple(pages), tuple(spans), Layout.PAGES)


def _flow(text: str, title: str) -> Extract:
    found = Outline()
    markdown.outline(text, found)
    return Extract(title or found.title, (text,), found.spans(), Layout.FLOW)


def _converted(converter: str, data: bytes) -> tuple[str, str]:
    """Clean Markdown and title (empty when there is none) by the named converter."""
    # 1 s to import, which loads pandas, onnxruntime and bs4 for formats not used here.
    from markitdown import StreamInfo, converters

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = getattr(converters, converter)().convert(io.BytesIO(data), StreamInfo(charset="utf-8"))
        # The converters and the five libraries under them raise anything on damaged input.
        except Exception as exc:
            raise UnreadableDocument(f"damaged: it cannot be read ({type(exc).__name__})") from exc
    return clean(result.markdown), result.title or ""
