"""Errors of reading, storing and indexing documents (the tree's root: `policies.errors`).

IngestError
├── UnreadableDocument       one file cannot be read; indexing continues without it
│   ├── LacksMeans           it is sound, and something that could read it is not installed
│   │   ├── NeedsOCR         its text is in pictures, and OCR could read it
│   │   └── NeedsSpeechModel it is a recording, and a speech model could transcribe it
│   ├── OwnFile              Carrel wrote it
│   ├── ParserFailed         its parser crashed, or used too much time or memory
│   │   └── ParserKilled     its parser was killed from outside, such as by a machine short of memory
│   ├── FileGone             it is not there, or no longer
│   └── StoppedParsing       it took longer than it was allowed to for now
├── ParsersUnavailable       no parser can be started now; no file is to blame
├── DiskFull                 the disk of the library is full; nothing was stored
├── LibraryReadOnly          the files of the library cannot be changed; they can be read
├── LibraryBusy              another process owns the library
├── LibraryDamaged           a file of the library is damaged
├── LibraryLocked            the library is encrypted, and this process does not hold its key
│   └── WrongPassphrase      the given passphrase does not open it
├── BadCollection            a collection has a bad name, or does not exist
└── UnsupportedLayout        a file of the library is of a newer Carrel, or too old to migrate
"""

from policies.errors import CarrelError


class IngestError(CarrelError):
    """Reading, storing or indexing documents failed."""


class NotInLibrary(IngestError):
    """What was named is no document, folder or source of the library."""


class UnreadableDocument(IngestError):
    """One file cannot be turned into text. The message is the reason that the catalogue keeps."""


class LacksMeans(UnreadableDocument):
    """A file is sound, and what could read it is not installed."""


class NeedsOCR(LacksMeans):
    """The text of a file is in pictures only. A parser with OCR could read it."""


class NeedsSpeechModel(LacksMeans):
    """A file is a recording. A parser with a speech model could transcribe it."""


class OwnFile(UnreadableDocument):
    """A file was written by Carrel itself, so it is not a source."""


class ParserFailed(UnreadableDocument):
    """The parser of a file ended without an answer, or exceeded a limit."""


class ParserKilled(ParserFailed):
    """The parser of a file was killed, but not by the jail's limits. The file may be sound."""


class FileGone(UnreadableDocument):
    """There is no file at a path, or it is no longer there."""


class ParsersUnavailable(IngestError):
    """The template of the parsers cannot be started now. This says nothing about any file."""


class StoppedParsing(UnreadableDocument):
    """Parsing a file was stopped to let other files go first."""


class DiskFull(IngestError):
    """The library's disk is full, and the data was not stored."""


class BadCollection(IngestError):
    """A collection cannot have this name or context, or does not name what is to be taken out of it."""


class LibraryReadOnly(IngestError):
    """The library's files cannot be changed, such as on a read-only disk. It can be read."""


class NoLibrary(IngestError):
    """A folder that was named as a library holds other things."""


class LibraryBusy(IngestError):
    """Another process owns the library."""

    def __init__(self, message: str, *, pid: int | None, remedy: str = "") -> None:
        """pid: the process that holds the lock; None when it is not known."""
        super().__init__(message, remedy=remedy)
        self.pid = pid
        """The process that holds the lock; None when it is not known."""


class LibraryDamaged(IngestError):
    """A file of the library is damaged, or is not a file of a library."""


class LibraryLocked(IngestError):
    """The library is encrypted, and this process does not hold its key."""


class WrongPassphrase(LibraryLocked):
    """The given passphrase does not open the library."""


class UnsupportedLayout(IngestError):
    """A file of the library was written by a newer Carrel, or by one too old to migrate."""
