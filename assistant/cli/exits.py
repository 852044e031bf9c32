"""Exit codes: the command line's contract with scripts. The README lists them."""

from enum import IntEnum

from assistant.errors import BadFilter, ConfigError, ModelMissing, QuestionTooLong
from ingest.errors import LibraryBusy
from policies.errors import CarrelError, ModelNotAsPinned, PolicyRefusal


class Exit(IntEnum):
    DONE = 0
    FAILED = 1
    USAGE = 2
    """The command line or the configuration asks for what does not exist."""
    BUSY = 3
    """Another process owns the library."""
    REFUSED = 4
    """A policy forbids it: the seal does not hold, or a file may run code."""
    MODEL = 5
    """A model is missing, or is not the one that was pinned."""
    INTERRUPTED = 130


class UsageError(CarrelError):
    """The command line asks for something that makes no sense."""


_CODES: tuple[tuple[type[CarrelError], Exit], ...] = (
    (LibraryBusy, Exit.BUSY),
    (PolicyRefusal, Exit.REFUSED),
    (ModelMissing, Exit.MODEL),
    (ModelNotAsPinned, Exit.MODEL),
    (QuestionTooLong, Exit.USAGE),
    (BadFilter, Exit.USAGE),
    (ConfigError, Exit.USAGE),
    (UsageError, Exit.USAGE),
)


def code(error: CarrelError) -> Exit:
    """The exit code that tells of `error`."""
    return next((exit_ for kind, exit_ in _CODES if isinstance(error, kind)), Exit.FAILED)
