"""Exit codes: the contract between the command line and scripts, listed in the documentation."""

from enum import IntEnum

from assistant.errors import (
    BadAuditHead,
    BadFilter,
    ConfigError,
    EncryptionMismatch,
    ModelMissing,
    OutOfBounds,
    QuestionTooLong,
)
from ingest.errors import BadCollection, LibraryBusy, LibraryLocked, NoLibrary, NotInLibrary
from policies.errors import CarrelError, ModelNotAsPinned, PolicyRefusal


class Exit(IntEnum):
    """The exit code of a command."""

    DONE = 0
    """The command succeeded."""
    FAILED = 1
    """The command failed, or a check or comparison came out negative."""
    USAGE = 2
    """Invalid usage, question or configuration, or a document that the library does not have."""
    BUSY = 3
    """Another process owns the library and does not answer."""
    REFUSED = 4
    """A policy forbids the command: the process cannot be sealed, or a file could run code."""
    MODEL = 5
    """A model is missing, or its file differs from its pin."""
    LOCKED = 6
    """The library is encrypted and locked, or the passphrase is wrong."""
    INTERRUPTED = 130
    """Interrupted with Ctrl-C."""


class UsageError(CarrelError):
    """Invalid usage: an option or argument names something that does not exist or does not fit."""


class Interrupted(CarrelError):
    """Ctrl-C ended a command. The message says what was kept."""


_CODES: tuple[tuple[type[CarrelError], Exit], ...] = (
    (LibraryBusy, Exit.BUSY),
    (LibraryLocked, Exit.LOCKED),
    (PolicyRefusal, Exit.REFUSED),
    (ModelMissing, Exit.MODEL),
    (ModelNotAsPinned, Exit.MODEL),
    (QuestionTooLong, Exit.USAGE),
    (BadAuditHead, Exit.USAGE),
    (BadFilter, Exit.USAGE),
    (EncryptionMismatch, Exit.USAGE),
    (BadCollection, Exit.USAGE),
    (NotInLibrary, Exit.USAGE),
    (NoLibrary, Exit.USAGE),
    (OutOfBounds, Exit.USAGE),
    (ConfigError, Exit.USAGE),
    (UsageError, Exit.USAGE),
    (Interrupted, Exit.INTERRUPTED),
)


def exit_code(error: CarrelError) -> Exit:
    """The exit code for `error`; `Exit.FAILED` for every error without a code of its own."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)
