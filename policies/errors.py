"""The root of Carrel's error tree, and the refusals that come from policy.

Every error a person can meet is a `CarrelError`: the message says what happened and to which
file, the remedy says what to do next. Foreign exceptions become one of these at the boundary
where they arise. Exit codes belong to the command line (`assistant.cli.exits`), not to errors.

    CarrelError
    ├── PolicyRefusal            a rule of this package said no
    ├── ModelNotAsPinned         a model file is not the one `models.lock` pins
    ├── IngestError              ingest/errors.py
    └── AssistantError           assistant/errors.py
"""


class CarrelError(Exception):
    """Something went wrong that a person can read about and act on."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        """What happened, and to which file."""
        self.remedy = remedy
        """What to do about it; empty when nothing can be done."""


class PolicyRefusal(CarrelError):
    """A policy forbids this, or cannot be enforced here."""


class ModelNotAsPinned(CarrelError):
    """A model file differs from its pin in `models.lock`."""
