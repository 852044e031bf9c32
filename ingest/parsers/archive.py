"""The checks that a zipped file (docx, pptx, xlsx, epub, odt) must pass before a library opens it.

Python's zipfile never yields more bytes of an entry than its directory declares, and it verifies their CRC.
So a limit on the declared sizes limits what is unpacked, and an entry that declares too little fails as
damaged.
"""

import io
import re
import zipfile
from typing import Any

from ingest.errors import UnreadableDocument
from ingest.parsers.metadata import stated_title

MAX_ENTRIES = 20_000
"""Maximum number of entries of one archive."""
MAX_UNPACKED_BYTES = 512 << 20
"""Maximum size of all entries of one archive, unpacked."""
MAX_RATIO = 100
"""Maximum unpacked bytes per packed byte, for archives larger than `SMALL_BYTES` unpacked."""
SMALL_BYTES = 32 << 20
"""Unpacked size below which any compression ratio is accepted."""

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How files in the binary Office formats begin, and encrypted files in the new ones."""


_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/([\w/]+)")
"""Namespaces of the strict variant of Office Open XML. The libraries know those of the transitional one."""

_OF_CHART = re.compile(r"/charts/_rels/[^/]+\.rels$")
"""The files that charts have, by the name of the part that lists them."""
_PROPERTIES = "docProps/core.xml"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_LIST = "[Content_Types].xml"
_LISTED = re.compile(rb"""<Override\b[^>]*?PartName=["']/([^"']+)["'][^>]*/>""")
"""A part in the list of all parts."""


def check(data: bytes) -> None:
    """Raises `UnreadableDocument` unless `data` is an archive that is safe to unpack in memory."""
    if data.startswith(_OLE):
        raise UnreadableDocument(
            "encrypted, or in an old binary Office format",
            remedy="Save it without a password in the current format.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    # zipfile raises struct.error, OSError and others on damaged directories.
    except Exception as exc:
        raise UnreadableDocument("damaged: its archive cannot be opened") from exc
    unpacked = sum(entry.file_size for entry in entries)
    is_dense = unpacked > SMALL_BYTES and unpacked > MAX_RATIO * len(data)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES or is_dense:
        raise UnreadableDocument(
            f"too large to unpack safely: {len(data):,} bytes that unpack to {unpacked:,} in "
            f"{len(entries):,} entries"
        )
    for entry in entries:
        if entry.flag_bits & 1:
            raise UnreadableDocument("encrypted", remedy="Save it without a password.")
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/"):
            raise UnreadableDocument("unsafe: an entry of its archive points outside the archive")


_SHOW = re.compile(
    rb"application/vnd\.(?:openxmlformats-officedocument\.presentationml|ms-powerpoint)"
    rb"\.(?:slideshow|template)(?:\.macroEnabled)?\.main\+xml"
)
"""The type of a presentation that opens as a show, or of a template."""
_PRESENTATION = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


def normalized(data: bytes) -> bytes:
    """A checked archive of Office Open XML as the libraries for it expect one.

    Namespaces of the strict variant (ISO/IEC 29500-1) become those of the transitional one (29500-4), which
    say the same. Parts that are listed and do not exist, which Office passes over, are taken off the list. A
    presentation that opens as a show, and a template of one, is called a presentation.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        is_strict = "_rels/.rels" in names and _STRICT.search(archive.read("_rels/.rels"))
        listed = archive.read(_LIST) if _LIST in names else b""
        existing = _LISTED.sub(lambda part: part[0] if part[1].decode() in names else b"", listed)
        existing = _SHOW.sub(_PRESENTATION, existing)
        if not is_strict and existing == listed:
            return data
        copied = io.BytesIO()
        with zipfile.ZipFile(copied, "w") as copy:
            for entry in archive.infolist():
                content = existing if entry.filename == _LIST else archive.read(entry)
                if entry.filename.endswith((".xml", ".rels")):
                    content = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/\2", content)
                copy.writestr(entry.filename, content)
    return copied.getvalue()


def title(data: bytes) -> str:
    """The title in the properties of a checked Office Open XML file; empty if it has none of its own."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if _PROPERTIES not in archive.namelist():
            return ""
        return stated_title(xml(archive.read(_PROPERTIES)).findtext(_TITLE) or "")


def embedded(data: bytes) -> str:
    """What to say about files inside a checked Office Open XML file, which are not read; empty for none."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        # The values of a chart are read from the chart.
        of_charts = b"".join(archive.read(name) for name in names if _OF_CHART.search(name))
        inside = [name for name in names if "/embeddings/" in name and not name.endswith("/")]
    count = sum(f"/{name.rpartition('/')[2]}".encode() not in of_charts for name in inside)
    files = "1 file" if count == 1 else f"{count:,} files"
    return f"{files} inside it: not read" if count else ""


def xml(data: bytes) -> Any:
    """The root element of an archive's XML entry, as lxml has it, without entities.

    Raises `lxml.etree.XMLSyntaxError` if it is not XML.
    """
    # 30 ms to import.
    from lxml import etree  # type: ignore[import-untyped]

    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
