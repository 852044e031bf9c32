"""One file's bytes to a `Document`: the parser seam, and the one table of suffixes.

`parse` is a pure function of a path and bytes. It opens nothing, so it can run in a worker that
may open nothing. A format is a module here and a row in the table; a file whose name is not in
the table is not read at all.

Called by the pipeline. A format's module raises `UnreadableDocument` with the reason that the
catalogue keeps, and never lets a foreign exception, warning or log line out.
"""

import contextlib
import hashlib
import os
import re
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

from ingest.documents import Block, BlockKind, Document, Locator, Picture, document_id
from ingest.errors import UnreadableDocument
from ingest.parsers import (
    code,
    converted,
    image,
    mail,
    markdown,
    notebook,
    org,
    pdf,
    plain,
    richtext,
    rst,
    spreadsheet,
    table,
)
from ingest.parsers.extract import Extract, Layout, Span
from ingest.parsers.metadata import dated_by_name
from ingest.parsers.sniffing import by_content
from ingest.parsers.text import line

_OOXML = "application/vnd.openxmlformats-officedocument"

_FORMATS: tuple[tuple[str, Callable[[bytes], Extract], str], ...] = (
    ("text/markdown", markdown.extract, "md markdown mdown mkd mdx qmd rmd"),
    ("text/plain", plain.extract, "txt text me adoc asciidoc tex"),
    ("text/x-rst", rst.extract, "rst rest"),
    ("text/x-org", org.extract, "org"),
    ("text/html", converted.html, "html htm xhtml"),
    ("text/csv", table.comma_separated, "csv"),
    ("text/tab-separated-values", table.tab_separated, "tsv tab"),
    ("message/rfc822", mail.extract, "eml"),
    ("application/mbox", mail.mailbox, "mbox"),
    ("application/x-ipynb+json", notebook.extract, "ipynb"),
    ("application/pdf", pdf.extract, "pdf"),
    ("application/epub+zip", converted.epub, "epub"),
    (f"{_OOXML}.wordprocessingml.document", converted.docx, "docx"),
    (f"{_OOXML}.presentationml.presentation", converted.pptx, "pptx"),
    (f"{_OOXML}.spreadsheetml.sheet", spreadsheet.extract, "xlsx"),
    ("application/vnd.oasis.opendocument.text", converted.odt, "odt"),
    ("application/rtf", richtext.extract, "rtf"),
    ("image/png", image.extract, "png"),
    ("image/jpeg", image.extract, "jpg jpeg"),
    ("image/tiff", image.extract, "tif tiff"),
    ("image/webp", image.extract, "webp"),
    ("image/gif", image.extract, "gif"),
    ("application/json", code.extract, "json jsonl ndjson geojson"),
    ("text/x-log", code.extract, "log"),
    ("text/x-config", code.extract, "toml yaml yml ini cfg conf properties xml xsd opml srt vtt ics vcf bib"),
    (
        "text/x-source",
        code.extract,
        "py pyi c h cc cpp cxx hpp hh cs java kt kts scala groovy go rs swift m mm js mjs cjs jsx ts tsx "
        "vue svelte css scss sass less rb php pl pm lua r jl hs ml mli fs fsx ex exs erl clj cljs lisp el "
        "scm dart zig nim d sh bash zsh fish ps1 bat cmd sql graphql proto cmake make mk gradle tf nix "
        "sol v sv vhd asm s f f90 f95 pas ada vb diff patch",
    ),
)
"""Media type, the function that extracts it, and the suffixes it is known by."""

_SUFFIXES = {f".{suffix}": (kind, extract) for kind, extract, names in _FORMATS for suffix in names.split()}

_CERTAIN = {kind: extract for kind, extract, _ in _FORMATS}

_TEXT_NAMES = "readme license licence copying notice authors changelog changes news todo install"
_CODE_NAMES = "makefile dockerfile containerfile justfile rakefile gemfile jenkinsfile"
_NAMES = {
    **dict.fromkeys(_TEXT_NAMES.split(), ("text/plain", plain.extract)),
    **dict.fromkeys(_CODE_NAMES.split(), ("text/x-source", code.extract)),
}
"""Files known by a name without suffix."""


def media_type(path: str) -> str | None:
    """The media type that a path's name stands for; None for a name that is not parsed."""
    known = _format(path)
    return known[0] if known else None


def parse(path: str, data: bytes) -> Document:
    """The document of a file at absolute `path` whose content is `data`.

    Raises `UnreadableDocument` when the name is of no known type, or the content is empty,
    damaged, encrypted, too large once unpacked, or without text.
    """
    known = _format(path)
    if known is None:
        raise UnreadableDocument(unknown_type(path))
    if not data:
        raise UnreadableDocument("the file is empty")
    kind, extract = known
    certain = by_content(data)
    if certain in _CERTAIN:
        kind, extract = certain, _CERTAIN[certain]
    content = extract(data)
    blocks = _blocks(path, content)
    if not blocks:
        raise UnreadableDocument("the file holds no text")
    return Document(
        id=document_id(path, hashlib.sha256(data).hexdigest()),
        path=path,
        media_type=kind,
        title=line(content.title) or fallback_title(path),
        metadata=replace(content.metadata, date=content.metadata.date or dated_by_name(path)),
        pages=content.pages,
        blocks=blocks,
        unread=content.unread,
    )


def draw(path: str, data: bytes, page: int, width: int) -> Picture:
    """A page, from 1, of the file at `path` as it looks, `width` pixels wide.

    Raises `UnreadableDocument` for a document that has no pages to draw.
    """
    if by_content(data) != "application/pdf":
        raise UnreadableDocument("only pages of PDFs are drawn")
    return pdf.draw(data, page, width)


def preload() -> None:
    """Imports all that a parser may come to need, for a process that will be able to open nothing."""
    import encodings

    import charset_normalizer
    import markdown_it
    import markitdown
    import odfdo
    import openpyxl  # type: ignore[import-untyped]
    import pypdf
    import pypdfium2.raw
    import striprtf
    import yaml

    import_all(
        encodings,
        charset_normalizer,
        markdown_it,
        markitdown.converters,
        odfdo,
        openpyxl,
        pypdf,
        pypdfium2,
        striprtf,
        yaml,
    )


def import_all(*packages: ModuleType) -> None:
    """Imports every module of the packages that this system has use for."""
    import importlib
    import pkgutil

    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                # Some are for other systems, or for what is not installed.
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)


def fallback_title(path: str) -> str:
    """The title of a document that has none of its own: its file's name without the suffix."""
    return line(os.path.splitext(os.path.basename(path))[0]) or "untitled"


def unknown_type(path: str) -> str:
    """The reason why a file with this name is not read."""
    suffix = os.path.splitext(path)[1]
    return f"unknown type {line(suffix)}" if suffix else "unknown type (no suffix)"


def _format(path: str) -> tuple[str, Callable[[bytes], Extract]] | None:
    name = os.path.basename(path).lower()
    suffix = os.path.splitext(name)[1]
    return _SUFFIXES.get(suffix) if suffix else _NAMES.get(name)


def _blocks(path: str, content: Extract) -> tuple[Block, ...]:
    """The spans as blocks, without the white space around them; empty ones are dropped."""
    newlines: list[int] = []
    if content.layout is Layout.LINES:
        newlines = [match.start() for match in re.finditer("\n", content.pages[0])]
    blocks = []
    for span in content.spans:
        start, end = _trimmed(content.pages[span.page], span)
        if start == end:
            continue
        lines = None
        if content.layout is Layout.LINES:
            lines = (bisect_left(newlines, start) + 1, bisect_left(newlines, end) + 1)
        page = span.page + 1 if content.layout is Layout.PAGES else None
        label = content.labels[span.page] or None if content.labels else None
        locator = Locator(
            path=path, page=page, label=label, heading=span.heading, lines=lines, chars=(start, end)
        )
        blocks.append(Block(span.kind, content.pages[span.page][start:end], locator))
    return tuple(blocks)


def _trimmed(page: str, span: Span) -> tuple[int, int]:
    """The span without blank ends; rows keep the indentation of their first line."""
    text = page[span.start : span.end]
    end = span.start + len(text.rstrip())
    start = span.start + len(text) - len(text.lstrip())
    if start > end:
        return end, end
    if span.kind is BlockKind.ROWS:
        start = max(span.start, page.rfind("\n", 0, start) + 1)
    return start, end
