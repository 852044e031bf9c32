"""Turns the bytes of one file into a `Document`: the parser seam, and the only table of file formats.

`parse` is a pure function of a path and bytes. It opens nothing, so it can run in a process that is not
allowed to open anything. A format is a module of this package and a row in the table; a file whose name is
not in the table is not read at all.

Called by the jail's children. A format's module raises `UnreadableDocument` with the reason that the
catalogue keeps. It lets no foreign exception, warning or log line out.
"""

import contextlib
import importlib
import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

from ingest.documents import Document, Picture, document_id
from ingest.errors import UnreadableDocument
from ingest.parsers import (
    archive,
    audio,
    book,
    calibre,
    cards,
    code,
    converted,
    image,
    jsondata,
    latex,
    mail,
    markdown,
    notebook,
    oldoffice,
    opendocument,
    org,
    pdf,
    plain,
    richtext,
    rst,
    slideshow,
    spreadsheet,
    subtitles,
    table,
    word,
    xmldata,
    zotero,
)
from ingest.parsers.extract import Extract, Recognizer, blocks_of, damage_refused
from ingest.parsers.mail.values import EnclosedFile
from ingest.parsers.metadata import date_in_name
from ingest.parsers.paging import beginning, paged
from ingest.parsers.sniffing import by_content, mail_type
from ingest.parsers.text import doubt, line
from ingest.parsers.timing import at_most

_OOXML = "application/vnd.openxmlformats-officedocument"

_TEXT_FORMATS: tuple[tuple[str, Callable[[bytes], Extract], str], ...] = (
    ("text/markdown", markdown.extract, "md markdown mdown mkd mdx qmd rmd"),
    ("text/plain", plain.extract, "txt text me adoc asciidoc"),
    ("text/x-rst", rst.extract, "rst rest"),
    ("text/x-tex", latex.extract, "tex latex ltx"),
    ("text/x-org", org.extract, "org"),
    ("text/html", converted.html, "html htm xhtml"),
    ("text/csv", table.comma_separated, "csv"),
    ("text/tab-separated-values", table.tab_separated, "tsv tab"),
    ("text/calendar", cards.calendar, "ics ical ifb"),
    ("text/vcard", cards.contacts, "vcf vcard"),
    ("application/x-ipynb+json", notebook.extract, "ipynb"),
    ("application/epub+zip", book.extract, "epub"),
    (f"{_OOXML}.wordprocessingml.document", word.extract, "docx docm dotx dotm"),
    (f"{_OOXML}.presentationml.presentation", slideshow.extract, "pptx pptm ppsx ppsm potx potm"),
    (f"{_OOXML}.spreadsheetml.sheet", spreadsheet.extract, "xlsx xlsm xltx xltm"),
    ("application/msword", oldoffice.document, "doc dot"),
    ("application/vnd.ms-excel", oldoffice.workbook, "xls xlt"),
    ("application/vnd.ms-powerpoint", oldoffice.presentation, "ppt pps pot"),
    ("application/vnd.oasis.opendocument.text", opendocument.text, "odt ott"),
    ("application/vnd.oasis.opendocument.spreadsheet", opendocument.sheets, "ods ots"),
    ("application/vnd.oasis.opendocument.presentation", opendocument.slides, "odp otp"),
    ("application/rtf", richtext.extract, "rtf"),
    ("application/x-zotero", zotero.extract, ""),
    ("application/oebps-package+xml", calibre.extract, ""),
    ("application/json", jsondata.extract, "json jsonl ndjson geojson"),
    ("text/vtt", subtitles.extract, "vtt srt"),
    ("application/xml", xmldata.extract, "xml opml kml gpx"),
    ("text/x-log", code.extract, "log"),
    ("text/x-config", code.extract, "toml yaml yml ini cfg conf properties xsd bib"),
    (
        "text/x-source",
        code.extract,
        "py pyi c h cc cpp cxx hpp hh cs java kt kts scala groovy go rs swift m mm js mjs cjs jsx ts tsx "
        "vue svelte css scss sass less rb php pl pm lua r jl hs ml mli fs fsx ex exs erl clj cljs lisp el "
        "scm dart zig nim d sh bash zsh fish ps1 bat cmd sql graphql proto cmake make mk gradle tf nix "
        "sol v sv vhd asm s f f90 f95 pas ada vb diff patch",
    ),
)
"""Formats whose text is characters: media type, extracting function, suffixes."""

_PICTURE_FORMATS: tuple[tuple[str, Callable[[bytes, Recognizer | None], Extract], str], ...] = (
    ("application/pdf", pdf.extract, "pdf"),
    ("image/png", image.extract, "png"),
    ("image/jpeg", image.extract, "jpg jpeg"),
    ("image/tiff", image.extract, "tif tiff"),
    ("image/webp", image.extract, "webp"),
    ("image/gif", image.extract, "gif"),
)
"""Formats that may hold text in pictures, which needs OCR: media type, extracting function, suffixes."""

_SOUND_FORMATS: tuple[tuple[str, str], ...] = (
    ("audio/wav", "wav"),
    ("audio/mpeg", "mp3"),
    ("audio/mp4", "m4a m4b"),
    ("audio/ogg", "ogg oga opus"),
    ("audio/flac", "flac"),
    ("audio/aac", "aac"),
)
"""Recordings, which need a speech model: media type, suffixes."""

_MAIL_FORMATS: tuple[tuple[str, Callable[[bytes, mail.ReadEnclosed, int], Extract], str], ...] = (
    ("message/rfc822", mail.extract, "eml emlx mht mhtml"),
    ("application/mbox", mail.mailbox, "mbox mbx"),
    ("application/vnd.ms-outlook", mail.outlook, "msg oft"),
    ("application/ms-tnef", mail.winmail, "tnef"),
)
"""Formats that enclose files of other formats: media type, extracting function, suffixes."""

ENCLOSED_SECONDS = 30
"""Time after which no further file of a message is read, without OCR; one file may take half of it."""
ENCLOSED_SECONDS_OCR = 15 * 60
"""The same, with OCR."""

PLAIN_TYPES = frozenset(
    media_type
    for media_type, extract, _ in _TEXT_FORMATS
    if extract.__module__
    in {module.__name__ for module in (code, jsondata, latex, markdown, org, plain, rst, table)}
)
"""Media types whose files are text, so that the beginning of a file is a document too."""

_EXTRACT_TEXT = {media_type: extract for media_type, extract, _ in _TEXT_FORMATS}
_EXTRACT_PICTURES = {media_type: extract for media_type, extract, _ in _PICTURE_FORMATS}

_MAY_BE_MAIL = (
    None,
    "text/plain",
    "application/octet-stream",
    "application/vnd.ms-outlook",
    "application/mbox",
)
"""Types, as their suffixes state them, whose files may be mail of another type."""
_ZIP_TYPES = ("application/zip", "application/x-zip-compressed", "application/x-zip")
"""Types that messages state for zip archives."""
MAIL_TYPES = frozenset(media_type for media_type, _, _ in _MAIL_FORMATS)
"""Media types of messages and mailboxes."""
ENCLOSING_TYPES = frozenset({None, *MAIL_TYPES})
"""Media types of files that enclose others. A file without a suffix, whose name says nothing, may be one."""

_EXTRACT_MAIL = {media_type: extract for media_type, extract, _ in _MAIL_FORMATS}

_SUFFIXES: tuple[tuple[str, str], ...] = (
    *((kind, suffixes) for kind, _, suffixes in (*_TEXT_FORMATS, *_PICTURE_FORMATS, *_MAIL_FORMATS)),
    *_SOUND_FORMATS,
)
_BY_SUFFIX = {f".{suffix}": kind for kind, suffixes in _SUFFIXES for suffix in suffixes.split()}
SOUND_TYPES = frozenset(media_type for media_type, _ in _SOUND_FORMATS)
"""Media types of recordings."""

_TEXT_NAMES = "readme license licence copying notice authors changelog changes news todo install"
_CODE_NAMES = "makefile dockerfile containerfile justfile rakefile gemfile jenkinsfile"
_BY_NAME = {
    **dict.fromkeys(_TEXT_NAMES.split(), "text/plain"),
    **dict.fromkeys(_CODE_NAMES.split(), "text/x-source"),
    "winmail.dat": "application/ms-tnef",
    "zotero.sqlite": "application/x-zotero",
    "metadata.opf": "application/oebps-package+xml",
}
"""Files recognized by their whole names."""
DESCRIBING_NAMES = ("zotero.sqlite", "metadata.opf")
"""Names of files that say something about others (`ingest.documents.Description`)."""

_MAILDIR_FILE = re.compile(r"/(?:cur|new)/[0-9]{5,}\.[^/]+\Z")
"""The name of a message in a maildir folder: its time, and further parts that make it unique."""

MEDIA_TYPES = frozenset((*_BY_SUFFIX.values(), *_BY_NAME.values()))
"""Every media type that can be parsed."""


def media_type(path: str) -> str | None:
    """The media type that a file's name stands for; None for a name that is not parsed."""
    name = os.path.basename(path).lower()
    if _MAILDIR_FILE.search(path):
        return "message/rfc822"
    suffix = os.path.splitext(name)[1]
    return _BY_NAME.get(name) or _BY_SUFFIX.get(suffix)


def type_name(path: str) -> str:
    """What the type of a file is called: its suffix in lower case, without the dot; empty without a suffix.

    A message in a maildir folder, whose name has no suffix with a meaning, is called `eml`.
    """
    if _MAILDIR_FILE.search(path):
        return "eml"
    return os.path.splitext(path)[1].lower().lstrip(".")


def parse(
    path: str,
    data: bytes,
    digest: str,
    *,
    recognizer: Recognizer | None = None,
    transcriber: audio.Transcriber | None = None,
    enclosed: bool = True,
) -> Document:
    """The document of a file at absolute `path` whose content is `data`.

    digest: SHA-256 of `data` in hex, which the caller computed when it opened the file.
    recognizer: reads the text of pictures; None where OCR is not available.
    transcriber: writes down what is said in recordings; None where no speech model is given.
    enclosed: whether files in the file, such as attachments, are read too.

    Raises `NeedsOCR` when all text is in pictures and there is no recognizer, `NeedsSpeechModel` for a
    recording when there is no transcriber, and `UnreadableDocument` when the name has no known type, or the
    content is empty, damaged, encrypted, too large once unpacked, or without text.
    """
    kind = _kind(media_type(path), data)
    if kind is None:
        raise UnreadableDocument(unknown_type(path))
    if not data:
        raise UnreadableDocument("empty file")
    if kind in SOUND_TYPES:
        content = audio.extract(data, transcriber)
    else:
        content = _content(kind, data, recognizer, _enclosed_reader(recognizer, enclosed=enclosed), 0)
    content = paged(content)
    blocks = blocks_of(path, content)
    if not blocks:
        raise UnreadableDocument(
            "contains only text that is hidden from its readers" if content.hidden else "contains no text"
        )
    return Document(
        id=document_id(path, digest),
        path=path,
        media_type=kind,
        title=line(content.title) or fallback_title(path),
        metadata=replace(content.metadata, date=content.metadata.date or date_in_name(path)),
        pages=content.pages,
        blocks=blocks,
        unread=content.unread,
        needs_ocr=content.needs_ocr,
        hidden=content.hidden,
        about=content.about,
    )


def may_be_mail(path: str) -> bool:
    """Whether a name says nothing about a file, as those of messages and mailboxes that programs keep."""
    suffix = os.path.splitext(os.path.basename(path))[1]
    return media_type(path) is None and not suffix.lstrip(".0123456789")


def _kind(named: str | None, data: bytes) -> str | None:
    """The media type that a content proves, otherwise the one that the name implies."""
    detected = by_content(data)
    if named in _MAY_BE_MAIL:
        return detected if detected in MEDIA_TYPES else mail_type(data, named=named == "text/plain") or named
    return detected if detected in MEDIA_TYPES else named


@damage_refused()
def _content(
    kind: str, data: bytes, recognizer: Recognizer | None, read: mail.ReadEnclosed, depth: int
) -> Extract:
    """The content of a file that is nested `depth` files deep, read by the module of its format."""
    if kind in SOUND_TYPES:
        # One would take longer than there is time for a message.
        raise UnreadableDocument("recording inside another file: not transcribed")
    if extract_pictures := _EXTRACT_PICTURES.get(kind):
        return extract_pictures(data, recognizer)
    if extract_mail := _EXTRACT_MAIL.get(kind):
        return extract_mail(data, read, depth)
    too_long = ""
    if kind in PLAIN_TYPES:
        data, too_long = beginning(data)
    content = _EXTRACT_TEXT[kind](data)
    unread = [too_long, content.unread]
    if kind.startswith("text/"):
        unread.append("" if content.unread else doubt(data))
    elif kind.startswith(_OOXML):
        unread.append(archive.embedded(data))
    return replace(content, unread="; ".join(filter(None, unread)))


def _enclosed_reader(recognizer: Recognizer | None, *, enclosed: bool) -> mail.ReadEnclosed:
    """Reads the files in a file until the time for them is over; none when `enclosed` is false."""
    seconds = ENCLOSED_SECONDS if recognizer is None else ENCLOSED_SECONDS_OCR
    deadline = time.monotonic() + seconds if enclosed else 0.0

    def read(file: EnclosedFile, depth: int) -> Extract:
        stated = "text/plain" if file.media_type.startswith("text/") else file.media_type
        stated = file.media_type if file.media_type in MEDIA_TYPES else stated
        kind = _kind(media_type(file.name) or stated, file.data)
        is_archive = _is_archive(file)
        if not is_archive and (kind is None or kind not in MEDIA_TYPES):
            has_suffix = os.path.splitext(file.name)[1]
            raise UnreadableDocument(
                unknown_type(file.name) if has_suffix else f"unknown type {line(file.media_type)}"
            )
        if not file.data:
            raise UnreadableDocument("empty file")
        if not enclosed:
            raise UnreadableDocument("reading the attachments failed or took too long")
        if time.monotonic() > deadline:
            raise UnreadableDocument(f"reading the earlier attachments took longer than {seconds} s")
        # The files in these have limits of their own.
        if kind is None or is_archive:
            return mail.zipped_files(file.data, read, depth)
        if kind in MAIL_TYPES:
            return _content(kind, file.data, recognizer, read, depth)
        with at_most(seconds / 2):
            return _content(kind, file.data, recognizer, read, depth)

    return read


def _is_archive(file: EnclosedFile) -> bool:
    """Whether an attachment is a zip archive of files, and no document of a format that is one."""
    suffix = os.path.splitext(file.name)[1].lower()
    is_named = suffix == ".zip" or (not suffix and file.media_type in _ZIP_TYPES)
    return is_named and file.data.startswith(b"PK") and by_content(file.data) is None


def draw(path: str, data: bytes, page: int, width: int, words: str = "") -> Picture:
    """A page of the file at `path` as it looks: `page` counted from 1, drawn `width` pixels wide.

    words: of the page, which get a frame; empty for none.

    Raises `UnreadableDocument` for a document without pages to draw.
    """
    if by_content(data) != "application/pdf":
        raise UnreadableDocument("only pages of PDFs can be drawn")
    return pdf.draw(data, page, width, words)


def preload() -> None:
    """Imports every module that a parser may need, because a jailed process cannot open files to import."""
    import encodings

    import lxml.etree  # type: ignore[import-untyped]  # noqa: F401
    import markdown_it
    import markitdown
    import openpyxl  # type: ignore[import-untyped]
    import pypdf
    import pypdfium2.raw
    import xlrd
    import yaml

    # One of its modules is for Python 2.
    importlib.import_module("olefile")
    import_all(
        encodings,
        markdown_it,
        markitdown.converters,
        openpyxl,
        pypdf,
        pypdfium2,
        xlrd,
        yaml,
    )


def import_all(*packages: ModuleType) -> None:
    """Imports all modules of the packages that can be imported on this system."""
    import pkgutil

    for package in packages:
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                # Some modules are for other systems, or need a package that is not installed.
                with contextlib.suppress(ImportError):
                    importlib.import_module(module.name)


def fallback_title(path: str) -> str:
    """The title of a document that states none: its file name without the suffix."""
    return line(os.path.splitext(os.path.basename(path))[0]) or "untitled"


def unknown_type(path: str) -> str:
    """The reason why a file with this name is not read."""
    suffix = os.path.splitext(path)[1]
    return f"unknown type {line(suffix)}" if suffix else "unknown type (no suffix)"
