"""Compound files ([MS-CFB]), opened by olefile."""

import io
from typing import TYPE_CHECKING

from ingest.errors import UnreadableDocument

if TYPE_CHECKING:
    from olefile import OleFileIO


def opened(data: bytes, stream: str) -> "OleFileIO":
    """A compound file with this stream. Raises `UnreadableDocument` for any other."""
    # 20 ms to import.
    import olefile

    file = olefile.OleFileIO(io.BytesIO(data))
    if not file.exists(stream):
        encrypted = file.exists("EncryptedPackage")
        file.close()
        if encrypted:
            raise UnreadableDocument("encrypted", remedy="Save it without a password.")
        raise UnreadableDocument(
            "not the format that its name says", remedy="Give it the suffix of its real type."
        )
    return file
