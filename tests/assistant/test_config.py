"""Reading the settings: what is taken, what is refused, and in which words."""

from pathlib import Path

import pytest

from assistant.config import Config, cache_folder, default_config, default_library, load
from assistant.errors import ConfigError
from policies.network import SealMode


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "carrel.toml"


def refused(file: Path, text: str) -> ConfigError:
    """The error that a file with this text meets; it names the file."""
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load(file)
    assert str(file) in error.value.message
    return error.value


def test_without_a_file_every_setting_has_its_default() -> None:
    assert not default_config().exists()
    assert load(None) == Config()
    assert Config().network.seal is SealMode.REQUIRED


def test_the_file_in_its_usual_place_is_read_when_none_is_named() -> None:
    default_config().parent.mkdir(parents=True)
    default_config().write_text("[answers]\npassages = 7\n", encoding="utf-8")
    assert load(None).answers.passages == 7


def test_a_named_file_is_read_instead_of_the_one_in_its_usual_place(file: Path) -> None:
    default_config().parent.mkdir(parents=True)
    default_config().write_text("[answers]\npassages = 7\n", encoding="utf-8")
    file.write_text("[answers]\nanswer_tokens = 99\n", encoding="utf-8")
    assert load(file).answers.answer_tokens == 99
    assert load(file).answers.passages == Config().answers.passages


def test_what_a_file_leaves_out_keeps_its_default(file: Path) -> None:
    file.write_text('[network]\nseal = "best-effort"\n\n[models]\nthreads = 2\n', encoding="utf-8")
    config = load(file)
    assert config.network.seal is SealMode.BEST_EFFORT
    assert config.models == Config().models.model_copy(update={"threads": 2})
    assert (config.index, config.answers) == (Config().index, Config().answers)


def test_an_empty_file_sets_nothing(file: Path) -> None:
    file.write_text("", encoding="utf-8")
    assert load(file) == Config()


def test_a_named_file_that_is_missing_is_an_error_and_not_the_defaults(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"carrel\.toml cannot be read"):
        load(file)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("text", ["[answers\n", "passages: 3\n", "[answers]\npassages = 1\npassages = 2\n"])
def test_broken_toml_is_refused_with_its_line(file: Path, text: str) -> None:
    error = refused(file, text)
    assert "cannot be read" in error.message
    assert "line" in error.message


def test_a_file_that_is_no_utf_8_is_refused(file: Path) -> None:
    file.write_bytes(b'[models]\ntarget = "/mod\xe8les/a.gguf"\n')
    with pytest.raises(ConfigError, match=r"carrel\.toml cannot be read.*utf-8"):
        load(file)


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("[answers]\npasages = 3\n", "answers.pasages", "answers.passages"),
        ("[models]\ncontext-tokens = 2048\n", "models.context-tokens", "models.context_tokens"),
        ("[answers]\nthreads = 4\n", "answers.threads", "models.threads"),
        ("max_file_mb = 9\n", "max_file_mb", "index.max_file_mb"),
    ],
    ids=["misspelt", "hyphen", "wrong section", "no section"],
)
def test_an_unknown_key_is_refused_with_the_nearest_there_is(
    file: Path, text: str, key: str, meant: str
) -> None:
    error = refused(file, text)
    assert f"sets {key}, which does not exist" in error.message
    assert error.remedy == f"Did you mean {meant}?"


def test_an_unknown_key_near_to_none_is_refused_with_all_there_are(file: Path) -> None:
    error = refused(file, "[wardrobe]\ncolour = 'red'\n")
    assert "sets wardrobe, which does not exist" in error.message
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
def test_a_value_out_of_bounds_is_refused_with_its_key_and_bound(
    file: Path, section: str, key: str, value: str
) -> None:
    message = refused(file, f"[{section}]\n{key} = {value}\n").message
    assert f"sets {section}.{key} wrongly" in message
    assert "should be" in message


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [("answers", "passages", '"many"'), ("models", "target", "3"), ("network", "seal", '"off"')],
)
def test_a_value_of_another_kind_is_refused_with_its_key(
    file: Path, section: str, key: str, value: str
) -> None:
    assert f"sets {section}.{key} wrongly" in refused(file, f"[{section}]\n{key} = {value}\n").message


def test_a_value_where_a_section_belongs_is_refused(file: Path) -> None:
    assert "sets models wrongly" in refused(file, 'models = "smollm2"\n').message


def test_library_configuration_and_cache_lie_where_the_system_keeps_such_files(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("DATA", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name))
    assert default_library() == tmp_path / "DATA" / "carrel" / "library"
    assert default_config() == tmp_path / "CONFIG" / "carrel" / "config.toml"
    assert cache_folder() == tmp_path / "CACHE" / "carrel"
    assert list(tmp_path.iterdir()) == [], "asking where they lie makes none of them"
