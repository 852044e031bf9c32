"""Messages that Outlook saves as `.msg` ([MS-OXMSG]): a compound file, read by olefile.

A message is a storage of that file. Its properties are streams in it; its recipients, its attachments and the
messages attached to it are storages in it.
"""

import io
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.errors import UnreadableDocument
from ingest.parsers.extract import damage_refused
from ingest.parsers.mail import mapi
from ingest.parsers.mail.mapi import Properties
from ingest.parsers.mail.values import MAX_DEPTH, EnclosedFile, MailMessage
from ingest.parsers.sniffing import OLE

if TYPE_CHECKING:
    from olefile import OleFileIO

_FIXED = "__properties_version1.0"
"""The stream with the properties whose values have one length."""
_STREAM = re.compile(r"__substg1\.0_([0-9A-F]{4})([0-9A-F]{4})\Z", re.IGNORECASE)
_RECIPIENT, _ATTACHMENT = "__recip_version1.0_", "__attach_version1.0_"
_MESSAGE = "__substg1.0_3701000D"
"""The storage of an attached message."""
_NAMES, _ENTRIES = "__nameid_version1.0", "__substg1.0_00030102"
"""The storage of the names of properties, and the stream of their numbers."""
_HEADERS = (32, 24)
"""Bytes before the properties of a message: of the outermost, and of an attached one."""
_PART_HEADER = 8
"""The same, for recipients and attachments."""

_STREAM_TYPE = 2
"""What olefile calls a stream."""

Storage = tuple[str, ...]
"""The names of the storages from the outermost to this one."""


def read(data: bytes) -> MailMessage:
    """Reads a message. Raises `UnreadableDocument` when the file is not a message, or damaged."""
    if not data.startswith(OLE):
        raise UnreadableDocument("not an Outlook message", remedy="Give it the suffix of its real type.")
    # 20 ms to import.
    import olefile

    with damage_refused("Outlook message"), olefile.OleFileIO(io.BytesIO(data)) as file:
        if not file.exists(_FIXED):
            raise UnreadableDocument("not an Outlook message")
        return _File(file).message((), 1)


class _File:
    """The messages of one compound file."""

    def __init__(self, file: "OleFileIO") -> None:
        self._file = file
        self._inside: dict[Storage, list[str]] = {}
        """Names of what is in each storage."""
        for path in file.listdir(streams=True, storages=True):
            for depth in range(len(path)):
                names = self._inside.setdefault(tuple(path[:depth]), [])
                if path[depth] not in names[-1:]:
                    names.append(path[depth])
        self._named = self._names()

    def message(self, storage: Storage, depth: int) -> MailMessage:
        """The message in a storage, as many messages deep."""
        properties = self._properties(storage, _HEADERS[min(depth - 1, 1)]).in_codepage()
        recipients = [
            self._properties(inner, _PART_HEADER, properties.codepage)
            for inner in self._storages(storage, _RECIPIENT)
        ]
        enclosed: list[EnclosedFile | MailMessage] = []
        unread: list[str] = []
        for inner in self._storages(storage, _ATTACHMENT):
            attachment = self._properties(inner, _PART_HEADER, properties.codepage)
            name = mapi.file_name(attachment)
            if _MESSAGE.upper() in (found.upper() for found in self._inside.get(inner, ())):
                if not self._file.exists("/".join((*inner, _MESSAGE, _FIXED))):
                    unread.append(f"{name or 'unnamed'} (an object embedded by another program)")
                elif depth >= MAX_DEPTH:
                    unread.append(f"{name or 'a message'} (nested more than {MAX_DEPTH} levels deep)")
                else:
                    enclosed.append(self.message((*inner, _MESSAGE), depth + 1))
            elif file := mapi.enclosed_file(attachment):
                enclosed.append(file)
        return mapi.message(properties, recipients, tuple(enclosed), tuple(unread))

    def _names(self) -> dict[int, int]:
        """What the numbers of properties stand for that have other ones in each file."""
        if _ENTRIES not in self._inside.get((_NAMES,), ()):
            return {}
        data = self._stream((_NAMES,), _ENTRIES)
        named = {}
        for at in range(0, len(data) - 7, 8):
            name, kind, place = struct.unpack_from("<IHH", data, at)
            if not kind & 1:  # Not named by a text.
                named[0x8000 + place] = mapi.NAMED + name
        return named

    def _storages(self, storage: Storage, prefix: str) -> Iterator[Storage]:
        """The storages in a storage whose names begin with `prefix`."""
        names = dict.fromkeys(self._inside.get(storage, ()))
        return ((*storage, name) for name in sorted(names) if name.lower().startswith(prefix))

    def _properties(self, storage: Storage, header: int, codepage: int = 1252) -> Properties:
        values: dict[int, tuple[int, bytes]] = {}
        for name in self._inside.get(storage, ()):
            if name == _FIXED:
                data = self._stream(storage, name)
                for at in range(header, len(data) - 15, 16):
                    kind, number = struct.unpack_from("<HH", data, at)
                    number = self._named.get(number, number)
                    values.setdefault(number, (kind, data[at + 8 : at + 16]))
            elif found := _STREAM.match(name):
                number, kind = int(found[1], 16), int(found[2], 16)
                if kind in (mapi.STRING, mapi.STRING8, mapi.BINARY):
                    values[self._named.get(number, number)] = (kind, self._stream(storage, name))
        return Properties(values, codepage)

    def _stream(self, storage: Storage, name: str) -> bytes:
        path = "/".join((*storage, name))
        return bytes(self._file.openstream(path).read()) if self._file.get_type(path) == _STREAM_TYPE else b""
