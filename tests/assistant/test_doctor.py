"""What doctor finds on a machine, and that finding it changes nothing."""

import importlib.metadata
import os
import platform
from pathlib import Path

import pytest

from assistant import doctor
from assistant.config import Config, ModelSettings
from assistant.doctor import CheckResult, Severity, checks
from assistant.models.finding import find_target
from ingest.errors import LibraryBusy
from ingest.lock import Lock
from policies import syscalls
from tests.ggufs import gguf
from tests.running import Carrel, require_starter_models

NAMES = (
    *("python", "processor", "devices", "computing", "seal", "embedder"),
    *("target", "keyword search", "disk", "file watching", "text in pictures"),
)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library that is not there yet."""
    return tmp_path / "library"


def found(library: Path, config: Config | None = None) -> dict[str, CheckResult]:
    """What doctor finds, by the name of the check."""
    return {result.name: result for result in checks(config or Config(), library)}


def test_every_check_has_its_say_once_whatever_another_finds(library: Path) -> None:
    broken = Config(models=ModelSettings(embedder="/nowhere", target="/nowhere/model.gguf"))
    assert tuple(result.name for result in checks(broken, library)) == NAMES


def test_whatever_is_wrong_comes_with_a_remedy(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_SPACE", 1 << 62)
    monkeypatch.setattr(doctor, "FEW_WATCHES", 1 << 62)
    monkeypatch.setattr(doctor, "FAST_FEATURES", ())
    config = Config(models=ModelSettings(embedder="/nowhere", target="/nowhere/model.gguf"))
    wrong = [result for result in found(library, config).values() if result.severity is not Severity.OK]
    assert {"embedder", "target", "disk"} <= {result.name for result in wrong}
    assert all(result.message and result.remedy for result in wrong)


def test_it_names_the_python_and_the_system_it_runs_on(library: Path) -> None:
    message = found(library)["python"].message
    assert platform.python_version() in message
    assert platform.machine() in message


# Models


@pytest.mark.parametrize("role", ["embedder", "target"])
def test_a_model_that_is_not_here_is_broken_and_its_setting_named(library: Path, role: str) -> None:
    result = found(library, Config.model_validate({"models": {role: "/nowhere/model"}}))[role]
    assert result.severity is Severity.BROKEN
    assert "/nowhere/model" in result.message
    assert f"models.{role}" in result.remedy


def test_a_starter_model_that_is_not_installed_is_broken_and_the_remedy_installs_it(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    results = found(library)
    for role in ("embedder", "target"):
        assert results[role].severity is Severity.BROKEN
        assert "pip install 'carrel[starter]'" in results[role].remedy


def test_a_model_that_is_no_longer_what_it_was_is_broken_and_its_file_named(
    library: Path, tmp_path: Path
) -> None:
    model = tmp_path / "own.gguf"
    model.write_bytes(gguf())
    library.mkdir()
    find_target(str(model), library=library)
    model.write_bytes(gguf()[:-1] + b"\x01")
    result = found(library, Config(models=ModelSettings(target=str(model))))["target"]
    assert result.severity is Severity.BROKEN
    assert str(model) in result.message
    assert result.remedy


def test_a_model_that_is_here_is_shown_with_its_licence_and_digest(library: Path) -> None:
    require_starter_models()
    result = found(library)["target"]
    assert result.severity is Severity.OK
    assert "smollm2-135m-instruct, Apache-2.0, sha256 b179c9523d0e" in result.message


# The library's disk


def test_a_disk_with_little_space_is_a_warning_with_the_space_that_is_left(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "GiB free" in found(library)["disk"].message
    monkeypatch.setattr(doctor, "LITTLE_SPACE", 1 << 62)
    result = found(library)["disk"]
    assert result.severity is Severity.WARNING
    assert "GiB free" in result.message
    assert str(library) in result.message
    assert "Free some space" in result.remedy


def test_a_disk_with_space_is_in_order(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LITTLE_SPACE", 0)
    assert found(library)["disk"].severity is Severity.OK


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every folder")
@pytest.mark.parametrize("below", ["", "library", "deep/below/library"])
def test_a_folder_that_cannot_be_written_to_is_broken_also_for_a_library_to_come(
    tmp_path: Path, below: str
) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o500)
    result = found(folder / below)["disk"]
    folder.chmod(0o700)
    assert result.severity is Severity.BROKEN
    assert str(folder) in result.message
    assert "--library" in result.remedy


# File watching


def test_too_few_watches_are_a_warning_with_the_limit_and_the_setting_to_raise(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    if not limit.exists():
        pytest.skip("this system has no inotify")
    watches = int(limit.read_text())
    monkeypatch.setattr(doctor, "FEW_WATCHES", watches + 1)
    result = found(library)["file watching"]
    assert result.severity is Severity.WARNING
    assert f"{watches:,}" in result.message
    assert f"fs.inotify.max_user_watches to {watches + 1}" in result.remedy
    monkeypatch.setattr(doctor, "FEW_WATCHES", watches)
    assert found(library)["file watching"].severity is Severity.OK


# The seal


def test_a_process_that_is_not_sealed_is_told_so(library: Path) -> None:
    result = found(library)["seal"]
    assert result.severity is Severity.BROKEN
    assert "does not enforce" in result.message


@pytest.mark.skipif(syscalls.machine() is None, reason="no seccomp filter for this machine")
def test_the_command_runs_sealed_and_says_so(carrel: Carrel) -> None:
    report = carrel("doctor", "--json").object
    (seal,) = (check for check in report["checks"] if check["name"] == "seal")
    assert seal["severity"] == "ok"
    assert "refuses this process every socket" in seal["message"]


# Without touching the library


def test_nothing_is_created_where_no_library_is(carrel: Carrel) -> None:
    before = sorted(carrel.home.rglob("*"))
    report = carrel("doctor", "--json").object
    assert str(carrel.library) in next(each for each in report["checks"] if each["name"] == "disk")["message"]
    assert not carrel.library.exists()
    assert sorted(carrel.home.rglob("*")) == before


def test_it_looks_at_a_library_that_another_process_owns_and_leaves_it_its_owner(carrel: Carrel) -> None:
    require_starter_models()
    lock = Lock(carrel.library)
    outcome = carrel("doctor", "--json")
    assert outcome.code == 0, outcome.narration
    assert [check["name"] for check in outcome.object["checks"]] == list(NAMES)
    with pytest.raises(LibraryBusy) as busy:
        Lock(carrel.library)
    assert busy.value.pid == os.getpid()
    lock.release()


def test_the_command_fails_when_something_is_broken_and_shows_the_remedy(carrel: Carrel) -> None:
    config = carrel.home / "carrel.toml"
    config.write_text('[models]\ntarget = "/nowhere/model.gguf"\n', encoding="utf-8")
    outcome = carrel("doctor", "--config", config)
    assert outcome.code == 1
    assert "no model file /nowhere/model.gguf" in " ".join(outcome.text.split())
    assert "Correct `models.target`" in outcome.text


def test_doctor_writes_nothing_into_a_library_and_pins_no_model(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    model = tmp_path / "own.gguf"
    model.write_bytes(gguf())
    list(checks(Config(models=ModelSettings(target=str(model))), library))
    assert list(library.iterdir()) == []


def test_doctor_writes_nothing_into_a_library_another_process_owns(carrel: Carrel) -> None:
    lock = Lock(carrel.library)
    before = sorted(carrel.library.iterdir())
    carrel("doctor")
    assert sorted(carrel.library.iterdir()) == before
    lock.release()


def test_a_file_in_the_librarys_place_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "library"
    file.write_text("A note.")
    results = {each.name: each for each in checks(Config(), file)}
    assert results["disk"].severity is Severity.BROKEN
