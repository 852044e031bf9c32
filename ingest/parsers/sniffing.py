"""What a file is by its content, where that can be told for certain: a suffix may lie.

Only formats with an unmistakable beginning are told; text is what its name says. A general library was
tried and took OpenDocument for Word, as both are zip archives: here the archive's own entries decide.
"""

import io
import lzma
import struct
import zipfile
import zlib

_BEGINNINGS = (
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
"""What only one kind of archive holds."""

_DAMAGE = (
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
"""What zipfile raises on archives that are broken, encrypted or packed in an unknown way."""


def by_content(data: bytes) -> str | None:
    """The media type that the first bytes, or an archive's entries, leave no doubt about; else None."""
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return _in_archive(data) if data.startswith(b"PK\x03\x04") else None


def _in_archive(data: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            # EPUB and OpenDocument say it themselves, in an entry that is never long.
            if "mimetype" in names:
                with archive.open("mimetype") as entry:
                    return entry.read(100).decode("ascii").strip()
    except _DAMAGE:
        return None
    return next((kind for name, kind in _ENTRIES.items() if name in names), None)
