"""The root of Carrel's error tree, and the errors raised by policies.

Every error that a person can meet is a `CarrelError`: its message says what happened and to which file, its
remedy says what to do next. Exceptions of libraries are translated where they arise. Exit codes belong to the
command line (`assistant.cli.exits`), not to errors.

    CarrelError
    ├── PolicyRefusal            a policy forbids it, or cannot be enforced
    ├── ModelNotAsPinned         a model file differs from its pin in `models.lock`
    ├── IngestError              ingest/errors.py
    └── AssistantError           assistant/errors.py
"""


class CarrelError(Exception):
    """A failure that a person can read about and act on."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """message: one or more sentences. remedy: sentences in the imperative, or empty."""
        super().__init__(message)
        self.message = message
        """What happened, and to which file."""
        self.remedy = remedy
        """What to do about it; empty when nothing can be done."""


class PolicyRefusal(CarrelError):
    """A policy forbids this, or cannot be enforced here."""


class ModelNotAsPinned(CarrelError):
    """A model file differs from its pin in `models.lock`."""
