"""The configuration: settings from one TOML file, and all their defaults.

The command line and the terminal UI read it once, at start, and pass it on as a value; there is no global
access to configuration. The user writes the file. `carrel models use`, `carrel models tune` and the terminal
UI (its settings screen) change single keys in it and leave the rest as it is. An unknown key is an
error that names the file and suggests the nearest valid key.
"""

import difflib
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError

from assistant.engine.settings import ContextSettings, Drafting, KVType
from assistant.errors import ConfigError
from assistant.policyfile import NO_POLICIES, Policies, load_policies
from policies.durable import replace_text
from policies.integrity import IntegrityKey, load_key
from policies.network import SealMode


class Section(BaseModel):
    """One table of the configuration file. Immutable; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NetworkSettings(Section):
    """The table `[network]`."""

    seal: SealMode = SealMode.REQUIRED
    """If the kernel cannot enforce the seal, `required` refuses to run; `best-effort` runs with a warning,
    and native code is then not stopped."""


class ModelSettings(Section):
    """The table `[models]`."""

    embedder: str = "all-minilm-l6-v2"
    """The name of a bundled embedder or a downloaded one, or the absolute path of a sentence-transformers
    folder."""
    reranker: str = ""
    """Reorders the best passages of a search: `likelihood` uses the language model, an absolute path a
    cross-encoder folder; empty for none."""
    target: str = "smollm2-135m-instruct"
    """The language model: a name that `carrel models ls` shows, or the absolute path of a GGUF file."""
    draft: str = ""
    """A smaller language model with the target's vocabulary, for speculative decoding; empty for none."""
    drafting: Drafting = Drafting.AUTO
    """How speculative decoding proposes tokens: `auto`, `lookup`, `draft` or `off`."""
    speech: str = ""
    """The absolute path of a folder with a Whisper model for faster-whisper, which transcribes recordings;
    empty for none."""
    context_tokens: int = Field(default=4096, ge=512)
    """Context length, for prompt and answer together. At most what the model was trained with is used."""
    threads: int = Field(default=0, ge=0)
    """Number of threads the engine uses; 0 for one per physical core."""
    gpu_layers: int = Field(default=-1, ge=-1)
    """Number of layers on GPUs; -1 for as many as fit into their free memory, 0 for none."""
    device: str = ""
    """The only GPU to use, by the name that `carrel doctor` shows; empty for all."""
    cpu_moe: bool = False
    """Whether the experts of a mixture-of-experts model stay in main memory even if they fit on a GPU."""
    batch_tokens: int = Field(default=512, ge=32, le=4096)
    """Tokens of a prompt computed at once."""
    kv_type: KVType = KVType.F16
    """The number format of keys and values: `f16` or `q8_0`."""
    flash_attention: bool = True
    """Without it, answers may be faster on a CPU, and speculative decoding may change them."""
    cache_mb: int = Field(default=1024, ge=0)
    """Limit for the prompt cache on disk, in MiB; 0 for no cache."""

    @property
    def speech_folder(self) -> Path | None:
        """The folder of the speech model; None for none."""
        return Path(self.speech) if self.speech else None

    def context(self) -> ContextSettings:
        """The settings that say how a context computes."""
        return ContextSettings(
            tokens=self.context_tokens,
            threads=self.threads,
            batch_tokens=self.batch_tokens,
            kv_type=self.kv_type,
            flash_attention=self.flash_attention,
        )


class StoreChoice(StrEnum):
    """Where vectors are compared (`ingest.vectors`)."""

    AUTO = "auto"
    """The exact store."""
    EXACT = "exact"
    """Each question is compared with every vector."""
    CHROMA = "chroma"
    """An index of Chroma, which needs the extra `chroma`."""


class IndexSettings(Section):
    """The table `[index]`."""

    chunk_tokens: int = Field(default=128, ge=32, le=224)
    """Length of a chunk, in the embedder's tokens."""
    max_file_mb: int = Field(default=256, ge=1)
    """Larger files are skipped, with that reason; in MiB."""
    store: StoreChoice = StoreChoice.AUTO
    """Where vectors are compared: `exact`, `chroma`, or `auto`, which is `exact`."""


class AnswerSettings(Section):
    """The table `[answers]`."""

    passages: int = Field(default=5, ge=1, le=50)
    """Passages to retrieve for a question; the prompt contains those that fit."""
    prompt_tokens: int = Field(default=1200, ge=256)
    """Limit for a prompt, including the question, in tokens."""
    answer_tokens: int = Field(default=256, ge=16)
    """Limit for an answer, in tokens."""
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    """0 gives the same answer every time."""
    history: bool = True
    """Whether conversations are stored in the library; without it, no question can refer to earlier ones."""


class RetentionSettings(Section):
    """The table `[retention]`: what is deleted by its age, in days. See `assistant.library.sweeping`."""

    answer_days: int = Field(default=0, ge=0)
    """Answers in conversations are deleted this many days after they were given; 0 for never."""
    cache_days: int = Field(default=0, ge=0)
    """Cached prompts and summaries are deleted this many days after their last use; 0 for never."""
    log_days: int = Field(default=0, ge=0)
    """Entries of the audit log are dropped after this many days; 0 for never."""
    source_days: dict[str, Annotated[int, Field(ge=1)]] = {}
    """Documents at or below a path are forgotten this many days after their files were last changed, such as
    `"~/Inbox" = 90`."""


class ColourTheme(StrEnum):
    """The colours of the terminal UI. The environment variable `NO_COLOR` overrides all of them."""

    DARK = "dark"
    """Light text on a dark background."""
    LIGHT = "light"
    """Dark text on a light background."""
    CONTRAST = "contrast"
    """High contrast."""


class TuiSettings(Section):
    """The table `[tui]`."""

    theme: ColourTheme = ColourTheme.DARK
    """Colours of the terminal UI: `dark`, `light` or `contrast`."""
    plain: bool = False
    """Whether Carrel writes plain lines instead of drawing screens, for screen readers."""
    viewer: str = ""
    """The command that opens a document, with {path}, {page} and {line}; if empty, the UI asks once."""
    keys: dict[str, str] = {}
    """Key bindings of the terminal UI, by the ids that its help shows, such as `"chat.open" = "ctrl+g"`."""


class Config(Section):
    """The whole configuration file."""

    network: NetworkSettings = NetworkSettings()
    """The seal against the network."""
    models: ModelSettings = ModelSettings()
    """The models and how they are computed."""
    index: IndexSettings = IndexSettings()
    """How documents are indexed."""
    answers: AnswerSettings = AnswerSettings()
    """How questions are answered."""
    retention: RetentionSettings = RetentionSettings()
    """How long what is stored is kept."""
    tui: TuiSettings = TuiSettings()
    """The terminal UI."""

    _policies: Policies = PrivateAttr(default_factory=lambda: NO_POLICIES)

    @property
    def policies(self) -> Policies:
        """The rules of `policies.toml`, which lies beside the file."""
        return self._policies

    def with_policies(self, policies: Policies) -> Self:
        """The same settings with these policies."""
        config = self.model_copy()
        config._policies = policies
        return config


def default_library() -> Path:
    """Returns the library folder to use if none is given."""
    return user_data_path("carrel", appauthor=False) / "library"


def models_folder() -> Path:
    """Returns the folder of the user's own language models, shared by all libraries."""
    return user_data_path("carrel", appauthor=False) / "models"


def default_config() -> Path:
    """Returns the configuration file to use if none is given; it may not exist."""
    return user_config_path("carrel", appauthor=False) / "config.toml"


def cache_folder() -> Path:
    """Returns the cache folder. Its content can be recreated and contains nothing from documents."""
    return user_cache_path("carrel", appauthor=False)


def state_folder() -> Path:
    """Returns the folder of the key that `integrity_key` returns, and of the terminal UI's log of errors."""
    return user_state_path("carrel", appauthor=False)


def integrity_key() -> IntegrityKey:
    """Returns the user's key by which Carrel recognises its own files, and makes it at the first use.

    Raises `PolicyRefusal` when it cannot be read or made.
    """
    return load_key(state_folder() / "integrity.key")


def load(path: Path | None) -> Config:
    """Reads the configuration from `path`, or from the default file; without a file, returns the defaults.

    The policies are read from the file beside it.

    Raises `ConfigError` when `path` does not exist, or when the file cannot be read, is not valid TOML, or
    has an unknown key or an invalid value.
    """
    file = path or default_config()
    return _read(file, required=path is not None).with_policies(load_policies(file.parent))


def _read(file: Path, *, required: bool) -> Config:
    if not required and not file.exists():
        return Config()
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"There is no configuration file {file}.") from error
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The configuration {file} is not UTF-8 text: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The configuration {file} is not valid TOML: {error}.") from error
    return _valid(values, file)


def change(path: Path | None, values: Mapping[str, str | int]) -> Path:
    """Sets keys such as `models.target` in the configuration file and leaves the rest of it as it is.

    values: by key; an entry of a table in a section has a key such as `tui.keys.chat.open`.
    path: as for `load`, except that the file may be missing.
    Returns the file. Raises `ConfigError`, leaving the file unchanged, when it cannot be read or written, or
    a value is invalid.
    """
    # 0.05 s, and needed only here.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    # Resolved, so that a symbolic link is not replaced by a file.
    file = (path or default_config()).resolve()
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8") if file.exists() else "")
        for key, value in values.items():
            section, name, *entry = key.split(".", 2)
            table = document.setdefault(section, tomlkit.table())
            if entry:
                table.setdefault(name, tomlkit.table())[entry[0]] = value
            else:
                table[name] = value
        text = tomlkit.dumps(document)
        _valid(tomllib.loads(text), file)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, text)
    except (OSError, ValueError, TOMLKitError) as error:
        raise ConfigError(f"Cannot change the configuration {file}: {error}.") from error
    return file


def _valid(values: dict[str, Any], file: Path) -> Config:
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = difflib.get_close_matches(key, _keys(), n=1)
            raise ConfigError(
                f"The configuration {file} sets {key}, but there is no such setting.",
                remedy=f"Did you mean {near[0]}?" if near else f"The settings are: {', '.join(_keys())}.",
            ) from error
        raise ConfigError(
            f"The configuration {file} has an invalid value for {key}: {_shortened(first['input'])}.",
            remedy=f"{_requirement(first['type'], first.get('ctx', {}))}.",
        ) from error


_REQUIREMENTS = {
    "greater_than_equal": "It must be at least {ge}",
    "less_than_equal": "It must be at most {le}",
    "enum": "It must be {expected}",
    "bool_parsing": "It must be true or false",
    "bool_type": "It must be true or false",
    "float_parsing": "It must be a number",
    "float_type": "It must be a number",
    "finite_number": "It must be a number",
    "int_from_float": "It must be a whole number",
    "int_parsing": "It must be a whole number",
    "int_parsing_size": "It must be a smaller number",
    "int_type": "It must be a whole number",
    "string_type": "It must be text in quotes",
    "dict_type": "It must be a table, such as [models]",
    "model_type": "It must be a table, such as [models]",
}
"""By pydantic's name for what is wrong: what the value must be."""


def _requirement(kind: str, context: Mapping[str, Any]) -> str:
    requirement = _REQUIREMENTS.get(kind, "The documentation of the configuration lists the values")
    return requirement.format(**context)


def _shortened(value: object) -> str:
    """A value of the file, in as many characters as a message has room for."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _keys() -> list[str]:
    return [
        f"{section}.{key}"
        for section, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.model_fields
    ]
