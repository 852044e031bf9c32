"""Reading and changing the configuration: what is accepted, and how errors are explained."""

from pathlib import Path

import pytest

from assistant.config import Config, cache_folder, change, default_config, default_library, load
from assistant.errors import ConfigError
from policies.network import SealMode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "carrel.toml"


def refused(file: Path, text: str) -> ConfigError:
    """The error for a file with this text. It names the file."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load(file)
    assert str(file) in error.value.message
    return error.value


def test_without_a_file_every_setting_has_its_default() -> None:
    assert not default_config().exists()
    assert load(None) == Config()
    assert Config().network.seal is SealMode.REQUIRED


def test_the_default_file_is_read_if_none_is_given() -> None:
    default_config().parent.mkdir(parents=True)
    default_config().write_text("[answers]\npassages = 7\n", encoding="utf-8")
    assert load(None).answers.passages == 7


def test_a_given_file_is_read_instead_of_the_default_one(file: Path) -> None:
    default_config().parent.mkdir(parents=True)
    default_config().write_text("[answers]\npassages = 7\n", encoding="utf-8")
    file.write_text("[answers]\nanswer_tokens = 99\n", encoding="utf-8")
    assert load(file).answers.answer_tokens == 99
    assert load(file).answers.passages == Config().answers.passages


def test_settings_missing_from_the_file_keep_their_defaults(file: Path) -> None:
    file.write_text('[network]\nseal = "best-effort"\n\n[models]\nthreads = 2\n', encoding="utf-8")
    config = load(file)
    assert config.network.seal is SealMode.BEST_EFFORT
    assert config.models == Config().models.model_copy(update={"threads": 2})
    assert (config.index, config.answers) == (Config().index, Config().answers)


def test_an_empty_file_sets_nothing(file: Path) -> None:
    file.write_text("", encoding="utf-8")
    assert load(file) == Config()


def test_a_missing_file_is_an_error_if_it_was_given(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"There is no configuration file .*carrel\.toml"):
        load(file)


def test_a_folder_is_not_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"Cannot read the configuration .*: Is a directory"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["[answers\n", "passages: 3\n", "[answers]\npassages = 1\npassages = 2\n"])
def test_invalid_toml_is_reported_with_the_line(file: Path, text: str) -> None:
    error = refused(file, text)
    assert "not valid TOML" in error.message
    assert "line" in error.message


def test_a_file_that_is_not_utf_8_is_refused(file: Path) -> None:
    file.write_bytes(b'[models]\ntarget = "/mod\xe8les/a.gguf"\n')
    with pytest.raises(ConfigError, match=r"carrel\.toml is not UTF-8 text"):
        load(file)


@pytest.mark.parametrize(
    ("text", "key", "suggestion"),
    [
        ("[answers]\npasages = 3\n", "answers.pasages", "answers.passages"),
        ("[models]\ncontext-tokens = 2048\n", "models.context-tokens", "models.context_tokens"),
        ("[answers]\nthreads = 4\n", "answers.threads", "models.threads"),
        ("max_file_mb = 9\n", "max_file_mb", "index.max_file_mb"),
    ],
    ids=["misspelt", "hyphen", "wrong section", "no section"],
)
def test_an_unknown_key_is_refused_and_the_nearest_one_suggested(
    file: Path, text: str, key: str, suggestion: str
) -> None:
    error = refused(file, text)
    assert f"sets {key}, but there is no such setting" in error.message
    assert error.remedy == f"Did you mean {suggestion}?"


def test_an_unknown_key_unlike_any_other_is_refused_with_all_settings(file: Path) -> None:
    error = refused(file, "[wardrobe]\ncolour = 'red'\n")
    assert "sets wardrobe, but there is no such setting" in error.message
    for section, settings in Config().model_dump().items():
        for key in settings:
            assert f"{section}.{key}" in error.remedy


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("models", "context_tokens", "511"),
        ("models", "threads", "-1"),
        ("index", "chunk_tokens", "31"),
        ("index", "chunk_tokens", "225"),
        ("index", "max_file_mb", "0"),
        ("answers", "passages", "0"),
        ("answers", "passages", "51"),
        ("answers", "prompt_tokens", "255"),
        ("answers", "answer_tokens", "15"),
        ("answers", "temperature", "-0.1"),
        ("answers", "temperature", "2.1"),
        ("answers", "temperature", "nan"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_key_and_range(
    file: Path, section: str, key: str, value: str
) -> None:
    message = refused(file, f"[{section}]\n{key} = {value}\n").message
    assert f"invalid value for {section}.{key}:" in message
    assert refused(file, f"[{section}]\n{key} = {value}\n").remedy.startswith("It must be ")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("answers", "passages", '"many"'), ("models", "target", "3"), ("network", "seal", '"off"')],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_key(
    file: Path, section: str, key: str, value: str
) -> None:
    error = refused(file, f"[{section}]\n{key} = {value}\n")
    assert f"invalid value for {section}.{key}: {value}".replace('"', "'") in error.message
    assert error.remedy.startswith("It must be ")
    assert "nput should" not in f"{error.message}{error.remedy}"


def test_a_value_in_place_of_a_table_is_refused(file: Path) -> None:
    assert "invalid value for models:" in refused(file, 'models = "smollm2"\n').message


def test_changing_a_setting_leaves_the_rest_of_the_file_as_it_is(file: Path) -> None:
    file.write_text("# mine\n[answers]\npassages = 7  # enough\n", encoding="utf-8")
    assert change(file, {"models.threads": 2, "answers.passages": 9}) == file
    written = file.read_text(encoding="utf-8")
    assert written.startswith("# mine\n[answers]\npassages = 9  # enough\n")
    assert (load(file).models.threads, load(file).answers.passages) == (2, 9)


def test_changing_a_setting_creates_the_file_and_keeps_a_symbolic_link(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "carrel.toml"
    file.symlink_to(target)
    change(file, {"models.threads": 2})
    assert file.is_symlink()
    assert load(target).models.threads == 2


@pytest.mark.parametrize("values", [{"models.threads": -1}, {"models.thread": 1}, {"wardrobe.colour": "red"}])
def test_an_invalid_change_leaves_the_file_unchanged(file: Path, values: dict[str, str | int]) -> None:
    file.write_text("[answers]\npassages = 7\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        change(file, values)
    assert file.read_text(encoding="utf-8") == "[answers]\npassages = 7\n"


def test_library_configuration_and_cache_are_in_the_systems_standard_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    assert default_library() == tmp_path / "DATA" / "carrel" / "library"
    assert default_config() == tmp_path / "CONFIG" / "carrel" / "config.toml"
    assert cache_folder() == tmp_path / "CACHE" / "carrel"
    assert list(tmp_path.iterdir()) == [], "asking for a folder must not create it"
