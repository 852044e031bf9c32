"""Detects a file's type by its content, where the content leaves no doubt: a suffix may be wrong.

Only formats with an unmistakable signature are detected; for text, the name decides. A general library was
tried and took OpenDocument for Word, because both are zip archives. Here the archive's own entries decide.
"""

import io
import lzma
import struct
import zipfile
import zlib

_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_OOXML = "application/vnd.openxmlformats-officedocument"
_ENTRIES = {
    "word/document.xml": f"{_OOXML}.wordprocessingml.document",
    "ppt/presentation.xml": f"{_OOXML}.presentationml.presentation",
    "xl/workbook.xml": f"{_OOXML}.spreadsheetml.sheet",
}
"""Entries that only one kind of archive has."""

_ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    OSError,
    RuntimeError,
    ValueError,
)
"""Exceptions of zipfile on archives that are damaged, encrypted or packed by an unknown method."""


def by_content(data: bytes) -> str | None:
    """The media type that the first bytes, or the entries of an archive, prove; None when they prove none."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return _in_archive(data) if data.startswith(b"PK\x03\x04") else None


def _in_archive(data: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            # EPUB and OpenDocument state their type in an entry, which is never long.
            if "mimetype" in names:
                with archive.open("mimetype") as entry:
                    return entry.read(100).decode("ascii").strip()
    except _ZIP_ERRORS:
        return None
    return next((kind for name, kind in _ENTRIES.items() if name in names), None)
