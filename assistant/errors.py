"""Errors of asking, answering and reaching a library (the tree's root: `policies.errors`).

    AssistantError
    ├── ConfigError              the configuration is invalid, or cannot be read or written
    ├── ModelMissing             a configured model is not on this machine
    ├── ModelNotStored           a model could not be added to the models folder or removed from it
    ├── BadFilter                a filter in a question is invalid
    ├── NotInHistory             no kept answer has the given id
    ├── BadAuditHead             a text is not the head of an audit log
    ├── OutOfBounds              a number or a name in a call is too large or too small
    ├── QuestionTooLong          the question leaves no room for passages in the prompt
    ├── EngineError              a model file cannot be loaded, or the engine failed
    │   └── PromptTooLong        a prompt does not fit the model's context
    ├── EncryptionMismatch       a command is for an encrypted library, or for one that is not
    ├── UnitConflict             a service's unit file belongs to something else
    └── WireError                owner and client do not understand each other
        └── OwnerGone            the owner has ended

`policies.errors.ModelNotAsPinned` is related to `ModelMissing`: the file is there, but is another one.
"""

from policies.errors import CarrelError


class AssistantError(CarrelError):
    """Asking, answering or reaching a library failed."""


class ConfigError(AssistantError):
    """The configuration file is invalid, or cannot be read or written."""


class ModelMissing(AssistantError):
    """A model is not on this machine. The remedy says how to get it."""


class ModelNotStored(AssistantError):
    """The models folder is unchanged. An incomplete download may stay, and the next attempt continues it."""


class BadFilter(AssistantError):
    """A filter in a question is invalid."""


class NotInHistory(AssistantError):
    """No kept answer has the given id."""


class BadAuditHead(AssistantError):
    """A text is not the head of an audit log."""


class OutOfBounds(AssistantError):
    """A number or a name in a call is too large or too small."""


class QuestionTooLong(AssistantError):
    """The question leaves no room for passages in the prompt."""


class EngineError(AssistantError):
    """The language model cannot be loaded, or failed while it ran."""


class PromptTooLong(EngineError):
    """A prompt and one more token exceed the model's context. Callers limit prompts, so this is a bug."""


class UnitConflict(AssistantError):
    """A unit file runs for another library, or was not written by Carrel. It is not overwritten."""


class WireError(AssistantError):
    """Owner and client of a library do not understand each other."""


class OwnerGone(WireError):
    """The owner of the library has ended, or no connection to it is left."""


class EncryptionMismatch(AssistantError):
    """The library is not encrypted, or is already encrypted, and the command is for the other kind."""
