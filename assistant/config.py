"""The settings, from one TOML file that the person writes; every default is here.

Read once at start by the command line and passed on as a value: nothing looks a setting up
behind anybody's back. Only `carrel models use` and `tune` write to it, key by key. A key that does not exist
is an error that names the file and the nearest key that does.
"""

import difflib
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path, user_config_path, user_data_path, user_state_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.engine.settings import Drafting, KVType
from assistant.errors import ConfigError
from policies.durable import replace_text
from policies.network import SealMode


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NetworkSettings(Section):
    seal: SealMode = SealMode.REQUIRED
    """Where the kernel cannot enforce it, `required` refuses to run; `best-effort` says so and runs."""


class ModelSettings(Section):
    embedder: str = "all-minilm-l6-v2"
    """A bundled embedder's name, or the absolute path of a sentence-transformers folder."""
    reranker: str = ""
    """What orders the best of what was found: `likelihood` for the target's own judgement, or the absolute
    path of a cross-encoder's folder; empty for nothing."""
    target: str = "smollm2-135m-instruct"
    """A language model's name, as `carrel models ls` shows it, or the absolute path of a GGUF file."""
    draft: str = ""
    """A smaller language model with the target's vocabulary that drafts for it; empty for none."""
    drafting: Drafting = Drafting.AUTO
    """Who proposes tokens for the target to verify: `auto`, `lookup`, `draft` or `off`."""
    context_tokens: int = Field(default=4096, ge=512)
    """Prompt and answer together; a model trained for less gets what it was trained for."""
    threads: int = Field(default=0, ge=0)
    """Threads the engine computes with; 0 takes the machine's physical cores."""
    gpu_layers: int = Field(default=-1, ge=-1)
    """Layers computed on GPUs; -1 for as many as their free memory holds, 0 for none."""
    device: str = ""
    """The only GPU to use, by the name `carrel doctor` gives it; empty for all."""
    cpu_moe: bool = False
    """Keeps the experts of a mixture with the processor even where they fit a GPU."""
    batch_tokens: int = Field(default=512, ge=32, le=4096)
    """Tokens of a prompt computed at once."""
    kv_type: KVType = KVType.F16
    """How keys and values are stored: `f16` or `q8_0`."""
    flash_attention: bool = True
    """Without it answers may come faster on a processor, and drafting may change them."""
    cache_mb: int = Field(default=1024, ge=0)
    """Most disk the prompts kept between runs may take; 0 keeps none."""


class IndexSettings(Section):
    chunk_tokens: int = Field(default=128, ge=32, le=224)
    """Length of a chunk in the embedder's tokens."""
    max_file_mb: int = Field(default=256, ge=1)
    """Larger files are skipped, with the reason."""


class AnswerSettings(Section):
    passages: int = Field(default=5, ge=1, le=50)
    """Passages looked up for a question; those that fit the prompt are read."""
    prompt_tokens: int = Field(default=1200, ge=256)
    """Most tokens of a prompt, the question included."""
    answer_tokens: int = Field(default=256, ge=16)
    """Most tokens of an answer."""
    temperature: float = Field(default=0.0, ge=0.0, le=2.0)
    """0 gives the same answer every time."""
    history: bool = True
    """Keeps conversations in the library; without it, questions do not lean on earlier ones."""


class Look(StrEnum):
    """How the terminal UI is coloured. `NO_COLOR` in the environment outdoes all."""

    DARK = "dark"
    LIGHT = "light"
    CONTRAST = "contrast"


class TuiSettings(Section):
    theme: Look = Look.DARK
    """Colours of the terminal UI: `dark`, `light` or `contrast`."""
    viewer: str = ""
    """Command that opens a document, with {path}, {page} and {line}; empty asks the first time."""
    keys: dict[str, str] = {}
    """Keys of the terminal UI by the ids that its help shows, such as `"chat.open" = "ctrl+g"`."""


class Config(Section):
    """Everything that can be set."""

    network: NetworkSettings = NetworkSettings()
    models: ModelSettings = ModelSettings()
    index: IndexSettings = IndexSettings()
    answers: AnswerSettings = AnswerSettings()
    tui: TuiSettings = TuiSettings()


def default_library() -> Path:
    """The library folder when none is named."""
    return user_data_path("carrel", appauthor=False) / "library"


def models_folder() -> Path:
    """Where the person's own language models are kept, shared by all libraries."""
    return user_data_path("carrel", appauthor=False) / "models"


def default_config() -> Path:
    """The configuration file when none is named; it need not exist."""
    return user_config_path("carrel", appauthor=False) / "config.toml"


def cache_folder() -> Path:
    """Where what can be made again is kept; nothing of a document is among it."""
    return user_cache_path("carrel", appauthor=False)


def state_folder() -> Path:
    """Where the terminal UI writes down its errors."""
    return user_state_path("carrel", appauthor=False)


def load(path: Path | None) -> Config:
    """The settings in `path`; without one, those of the default file if it exists, else the defaults.

    Raises `ConfigError` when the file is missing (if named), is no TOML, or sets what cannot be set.
    """
    file = path or default_config()
    if path is None and not file.exists():
        return Config()
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"The configuration {file} cannot be read: {error}.") from error
    return _valid(values, file)


def change(path: Path | None, values: Mapping[str, str | int]) -> Path:
    """Sets keys such as `models.target` in the configuration file, and leaves all else as it is written.

    path: as in `load`, but it need not exist. Returns the file. Raises `ConfigError` when it cannot be
    read or written, or a value cannot be set; then it is as it was.
    """
    # 0.05 s, and only needed here.
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    # Where a link leads, so that it stays one.
    file = (path or default_config()).resolve()
    try:
        document = tomlkit.parse(file.read_text(encoding="utf-8") if file.exists() else "")
        for key, value in values.items():
            section, _, name = key.partition(".")
            document.setdefault(section, tomlkit.table())[name] = value
        text = tomlkit.dumps(document)
        _valid(tomllib.loads(text), file)
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, text)
    except (OSError, ValueError, TOMLKitError) as error:
        raise ConfigError(f"The configuration {file} cannot be changed: {error}.") from error
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
                f"The configuration {file} sets {key}, which does not exist.",
                remedy=f"Did you mean {near[0]}?" if near else f"Settings are: {', '.join(_keys())}.",
            ) from error
        raise ConfigError(f"The configuration {file} sets {key} wrongly: {first['msg']}.") from error


def _keys() -> list[str]:
    return [
        f"{section}.{key}"
        for section, field in Config.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
        for key in field.annotation.model_fields
    ]
