"""Listing the models of this machine, adding to the models folder and removing from it."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import models_folder
from assistant.errors import EngineError, ModelNotStored
from assistant.models import shelf
from assistant.models.shelf import ListedModel, Place
from tests.ggufs import gguf, write


def listed(place: Place) -> list[ListedModel]:
    return [model for model in shelf.list_models() if model.place is place]


def names(place: Place) -> list[str]:
    return [model.label for model in listed(place)]


@pytest.fixture
def home() -> Path:
    return Path.home()


def ollama(home: Path, tag: str, digest: str, *, media_type: str = "model") -> Path:
    """Ollama's manifest of one model."""
    layers = [
        {"mediaType": f"application/vnd.ollama.image.{media_type}", "digest": digest, "size": 1},
        {"mediaType": "application/vnd.ollama.image.license", "digest": digest, "size": 1},
    ]
    manifest = home / ".ollama" / "models" / "manifests" / "registry.example" / tag
    return write(manifest, json.dumps({"layers": layers}).encode())


def test_the_bundled_model_is_listed_whether_or_not_it_is_installed() -> None:
    (bundled,) = listed(Place.BUNDLED)
    assert bundled.name == "smollm2-135m-instruct"
    assert (bundled.header is None) == bool(bundled.reason)


def test_files_in_the_models_folder_are_listed_without_incomplete_downloads() -> None:
    for name in ("b.gguf", "a.gguf", "c.gguf.part", "c.gguf.part.tag", "notes.txt", "below/d.gguf"):
        write(models_folder() / name)
    first, second = listed(Place.FOLDER)
    assert (first.name, second.name) == ("a", "b")
    assert first.header is not None
    assert first.header.architecture == "llama"


def test_a_broken_file_is_listed_with_the_reason_and_the_others_follow() -> None:
    write(models_folder() / "a.gguf", b"not a model")
    write(models_folder() / "b.gguf", gguf()[:-10])
    (models_folder() / "c.gguf").symlink_to("nowhere")
    write(models_folder() / "d.gguf")
    broken, truncated, whole = listed(Place.FOLDER)
    assert "is not a GGUF file" in broken.reason
    assert "incomplete" in truncated.reason
    assert whole.header is not None
    assert not whole.reason


def test_ollamas_models_are_listed_under_their_tags(home: Path) -> None:
    digests = ["a" * 64, "b" * 64]
    for digest in digests:
        write(home / ".ollama" / "models" / "blobs" / f"sha256-{digest}")
    ollama(home, "library/llama/1b", f"sha256:{digests[0]}")
    ollama(home, "someone/tiny/latest", f"sha256:{digests[1]}")
    ollama(home, "library/vision/latest", f"sha256:{digests[1]}", media_type="projector")
    models = listed(Place.OLLAMA)
    assert [model.label for model in models] == ["llama:1b", "someone/tiny:latest"]
    assert models[0].name == str(home / ".ollama" / "models" / "blobs" / f"sha256-{digests[0]}")
    assert all(model.header is not None for model in models)


@pytest.mark.parametrize(
    "digest", ["sha256:../../../../etc/passwd", "sha256:" + "A" * 64, "md5:" + "a" * 64, "a" * 64]
)
def test_a_manifest_can_only_name_a_blob(home: Path, digest: str) -> None:
    ollama(home, "library/llama/1b", digest)
    assert listed(Place.OLLAMA) == []


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{", b"[]", b"3", b'{"layers": 3}', b'{"layers": [3]}', b"\xff", b'{"layers":' + b"[" * 100_000],
)
def test_a_damaged_manifest_is_listed_and_the_others_follow(home: Path, manifest: bytes) -> None:
    write(ollama(home, "library/a/1b", ""), manifest)
    ollama(home, "library/b/1b", "sha256:" + "b" * 64)
    damaged, missing = listed(Place.OLLAMA)
    assert "manifest" in damaged.reason
    assert "no model file" in missing.reason


def test_files_of_lm_studio_and_hugging_face_are_listed_in_place(home: Path) -> None:
    write(home / ".lmstudio" / "models" / "someone" / "tiny" / "tiny-q8.gguf")
    hub = Path(os.environ["XDG_CACHE_HOME"]) / "huggingface" / "hub" / "models--o--r"
    try:
        blob = write(hub / "blobs" / "0123")
        for revision in ("1", "2"):
            snapshot = hub / "snapshots" / revision / "hf-q4.GGUF"
            snapshot.parent.mkdir(parents=True)
            snapshot.symlink_to(blob)
        assert names(Place.LM_STUDIO) == ["tiny-q8"]
        # Two snapshots link to the same blob, which is one model.
        assert names(Place.HUGGING_FACE) == ["hf-q4"]
    finally:
        # All tests of a run share the cache folder.
        for path in sorted(hub.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


# Adding and removing


def test_an_added_file_is_copied_completely_and_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    original = write(tmp_path / "Mine 1.5B.gguf")
    copy = shelf.add(original)
    assert copy == models_folder() / "Mine 1.5B.gguf"
    assert copy.read_bytes() == original.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert names(Place.FOLDER) == ["Mine 1.5B"]


def test_a_change_to_the_original_does_not_reach_the_copy(tmp_path: Path) -> None:
    original = write(tmp_path / "mine.gguf")
    copy = shelf.add(original)
    with original.open("r+b") as file:
        file.write(b"gone")
    assert copy.read_bytes() == gguf()


def test_a_blob_without_a_suffix_can_be_added(tmp_path: Path) -> None:
    assert shelf.add(write(tmp_path / "sha256-0a.b")).name == "sha256-0a.b.gguf"


@pytest.mark.parametrize("data", [b"text", gguf()[:-1], gguf({"llama.block_count": 4_000_000_000})])
def test_an_unusable_file_is_not_added(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(EngineError, match=r"mine\.gguf"):
        shelf.add(write(tmp_path / "mine.gguf", data))
    assert listed(Place.FOLDER) == []


@pytest.mark.parametrize("name", ["taken", "smollm2-135m-instruct", "-v", ".hidden", "two\nlines", "\x1b[2J"])
def test_a_name_that_is_taken_or_hard_to_type_is_refused(tmp_path: Path, name: str) -> None:
    write(models_folder() / "taken.gguf", b"first")
    with pytest.raises(ModelNotStored):
        shelf.add(write(tmp_path / f"{name}.gguf"))
    assert (models_folder() / "taken.gguf").read_bytes() == b"first"
    assert len(list(models_folder().iterdir())) == 1


def test_a_full_disk_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ModelNotStored, match="disk is full"):
        shelf.add(write(tmp_path / "mine.gguf"))
    assert list(models_folder().iterdir()) == []


def test_removing_a_model_also_removes_its_incomplete_download() -> None:
    for name in ("a.gguf", "a.gguf.part", "a.gguf.part.tag", "ab.gguf"):
        write(models_folder() / name)
    shelf.remove("a")
    assert [path.name for path in models_folder().iterdir()] == ["ab.gguf"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    path = write(tmp_path / "mine.gguf")
    yield path
    assert path.is_file()


def test_only_files_in_the_models_folder_can_be_removed(elsewhere: Path) -> None:
    models_folder().mkdir(parents=True)
    relative = os.path.relpath(elsewhere.with_suffix(""), models_folder())
    for name in (str(elsewhere.with_suffix("")), relative, "", ".", "..", "smollm2-135m-instruct"):
        with pytest.raises(ModelNotStored):
            shelf.remove(name)
