"""What a zipped format (docx, pptx, xlsx, epub) must satisfy before a library opens it.

Python's zipfile never yields more bytes of an entry than its directory declares, and checks
them against its CRC; so bounds on what is declared bound what is unpacked, and an entry that
declares too little fails as damaged.
"""

import io
import zipfile

from ingest.errors import UnreadableDocument

ENTRIES = 20_000
"""Most entries of one archive."""
UNPACKED = 512 << 20
"""Most bytes, unpacked, of one archive."""
RATIO = 100
"""Most bytes unpacked for one packed, in archives that unpack to more than `SMALL`."""
SMALL = 32 << 20

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def check(data: bytes) -> None:
    """Raises `UnreadableDocument` unless `data` is an archive that is safe to unpack in memory."""
    if data.startswith(_OLE):
        raise UnreadableDocument(
            "encrypted, or in the binary format of old Office versions",
            remedy="Save it without a password in the current format.",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    # zipfile raises struct.error, OSError and others on damaged directories.
    except Exception as exc:
        raise UnreadableDocument("damaged: its archive cannot be opened") from exc
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > ENTRIES or unpacked > UNPACKED or (unpacked > SMALL and unpacked > RATIO * len(data)):
        raise UnreadableDocument(
            f"refused: {len(data):,} bytes that unpack to {unpacked:,} in {len(entries):,} entries"
        )
    for entry in entries:
        if entry.flag_bits & 1:
            raise UnreadableDocument("encrypted", remedy="Save it without a password.")
        name = entry.orig_filename.replace("\\", "/")
        if name.startswith("/") or ".." in name.split("/"):
            raise UnreadableDocument("refused: an entry of its archive points outside the archive")
