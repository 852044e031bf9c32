"""Detects a file's type by its content, where the content leaves no doubt: a suffix may be wrong.

Only formats with an unmistakable signature are detected; for text, the name decides, unless the text is a
mail with the headers that programs write. A general library was tried and took OpenDocument for Word, because
both are zip archives. Here the archive's own entries decide.
"""

import io
import lzma
import re
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
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
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


MAIL_SAMPLE_BYTES = 1 << 16
"""Bytes of a file that show whether it is a mail."""

_HEADER = re.compile(r"([!-9;-~]+)[ \t]*:|[ \t]+\S")
"""A header, or the continuation of one."""
_BY_PEOPLE = frozenset("from to subject date".split())
_BY_PROGRAMS = frozenset(
    "received message-id mime-version return-path delivered-to x-mozilla-status content-type "
    "content-transfer-encoding".split()
)
"""Headers of mail, in lower case: those that people see, and those that only programs write."""


def mail_type(data: bytes, *, named: bool) -> str | None:
    """The media type of a mail or a mailbox; None when the content is neither.

    named: the file has a name of another type, so only headers that programs write are taken for a proof.
    """
    sample = data[:MAIL_SAMPLE_BYTES]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = sample.decode("utf-16", errors="replace")
    elif sample[1:4:2] == b"\0\0" or sample[:4:2] == b"\0\0":
        text = sample.decode("utf-16-le" if sample[1] == 0 else "utf-16-be", errors="replace")
    else:
        text = sample.decode("utf-8-sig", errors="replace")
    lines = text.lstrip().splitlines()
    is_mailbox = bool(lines) and re.match(r"From \S.*\d\d:\d\d", lines[0]) is not None
    names = set()
    for line in lines[is_mailbox:]:
        if not line.strip():
            break
        header = _HEADER.match(line)
        if header is None:
            return None
        names.add((header[1] or "").lower())
    proofs = names & (_BY_PROGRAMS if named else _BY_PROGRAMS | _BY_PEOPLE)
    if not names & _BY_PEOPLE or len(proofs) < 2 - is_mailbox:
        return None
    return "application/mbox" if is_mailbox else "message/rfc822"


OLE = bytes.fromhex("d0cf11e0a1b11ae1")
"""How compound files begin: Outlook's messages, and files of old Office programs."""
_OUTLOOK = "__properties_version1.0".encode("utf-16-le")
"""The name of a stream that every Outlook message has."""


def by_content(data: bytes) -> str | None:
    """The media type that the first bytes, or the entries of an archive, prove; None when they prove none."""
    for signature, kind in _SIGNATURES:
        if data.startswith(signature):
            return kind
    if data.startswith(OLE) and _OUTLOOK in data:
        return "application/vnd.ms-outlook"
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
