"""Zip archives that came in a message: the files in them, within bounds.

The archive as a whole passes the checks of `parsers.archive`: its unpacked size, its ratio, its number of
entries, names that lead out of it, encryption. Files are unpacked one at a time, in memory. Hidden files are
left out, as in a folder.
"""

import contextlib
import io
import zipfile
from collections.abc import Iterator

from ingest.errors import UnreadableDocument
from ingest.parsers import archive
from ingest.parsers.mail.values import EnclosedFile
from ingest.parsers.text import line

MAX_FILES = 1_000
"""Maximum number of files of one archive that are read."""
MAX_FILE_BYTES = 64 << 20
"""Maximum size of one of them, unpacked."""

_UTF_8 = 0x800
"""The flag of an entry whose name is in UTF-8."""


def names(data: bytes) -> list[str]:
    """The names of the files in an archive, in its order.

    Raises `UnreadableDocument` if the archive is not safe to unpack, or holds no file.
    """
    archive.check(data)
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        found = [name for entry in file.infolist() if (name := _name(entry))]
    if not found:
        raise UnreadableDocument("contains no files")
    return found


def files(data: bytes) -> Iterator[EnclosedFile | tuple[str, str]]:
    """The files of a checked archive, one at a time; for one that cannot be read, its name and the reason."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        entries = [entry for entry in file.infolist() if _name(entry)]
        for entry in entries[:MAX_FILES]:
            name = _name(entry)
            if entry.file_size > MAX_FILE_BYTES:
                yield name, f"larger than {MAX_FILE_BYTES >> 20} MiB"
                continue
            try:
                yield EnclosedFile(name, "", file.read(entry))
            except MemoryError:
                yield name, "reading it needed too much memory"
            # zipfile raises many kinds of errors on damaged entries.
            except Exception as exc:
                yield name, f"damaged ({type(exc).__name__})"


def _name(entry: zipfile.ZipInfo) -> str:
    """The path of a file in the archive, on one line; empty for a folder, and for a hidden file."""
    name = entry.filename.replace("\\", "/")
    if not entry.flag_bits & _UTF_8:
        # Many programs write UTF-8 and do not say so.
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    parts = name.split("/")
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return "" if entry.is_dir() or is_hidden else line(name)
