"""Errors of asking and answering (the tree's root: `policies.errors`).

    AssistantError
    ├── ConfigError              the configuration cannot be read, or sets what cannot be set
    ├── ModelMissing             a model named in the configuration, or the starter model, is not here
    ├── ModelNotKept             a model could not be brought into the models folder, or out of it
    ├── BadFilter                a filter in a question cannot be understood
    ├── NotKept                  a conversation or an answer that is asked for is not kept
    ├── QuestionTooLong          the question leaves the model no room for passages
    └── EngineError              a model file cannot be used, or the engine failed while using it
        └── PromptTooLong        more tokens than the model's context holds

`policies.errors.ModelNotAsPinned` belongs beside `ModelMissing`: the file is here and is another one.
"""

from policies.errors import CarrelError


class AssistantError(CarrelError):
    """Asking or answering failed."""


class ConfigError(AssistantError):
    """The configuration file cannot be used."""


class ModelMissing(AssistantError):
    """A model is not on this machine; the remedy says how to get it."""


class ModelNotKept(AssistantError):
    """The models folder stays as it was; what was fetched so far of a model may stay for the next try."""


class BadFilter(AssistantError):
    """A filter is written in a way that selects nothing sensible."""


class NotKept(AssistantError):
    """No such conversation or answer is kept."""


class QuestionTooLong(AssistantError):
    """The question alone fills the model's context."""


class EngineError(AssistantError):
    """The language model cannot be loaded, or failed while running."""


class PromptTooLong(EngineError):
    """A prompt and the room for one token exceed the context; callers pack prompts so it cannot happen."""
