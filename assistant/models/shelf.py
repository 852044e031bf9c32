"""The language models on this machine, and the folder in which the person keeps theirs.

Four kinds are listed: the bundled ones, the files in the models folder, and what Ollama, LM Studio
and Hugging Face's tools have fetched, which is read where it lies and never written to. Listing opens
headers (`assistant.engine.gguf`) and nothing else: it checks no digest and loads no model. A file that
cannot be used is listed with its reason, and stops nothing.

Called by `carrel models`. Which model answers is the configuration's choice, not made here.
"""

import errno
import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from assistant.config import models_folder
from assistant.engine.gguf import GGUFHeader, read_header
from assistant.errors import AssistantError, ModelNotStored
from assistant.models.finding import bundled, locate_target
from assistant.models.probing import try_loading
from policies import provenance

PART = ".part"
"""Ends the name of a file in the models folder that is not whole yet."""

_MOST_MANIFEST_BYTES = 1 << 20
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_CLONE = 0x40049409
"""FICLONE of ioctl_ficlonerange(2): a copy that shares its blocks with the original until one changes."""


class Place(StrEnum):
    """Where a model lies."""

    BUNDLED = "bundled"
    FOLDER = "models folder"
    OLLAMA = "Ollama"
    LM_STUDIO = "LM Studio"
    HUGGING_FACE = "Hugging Face"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A language model, or what was meant to be one."""

    name: str
    """What `models.target` takes: a bundled name, a stem in the models folder, else an absolute path."""
    label: str
    """What the person knows it by; Ollama's models have paths that say nothing."""
    place: Place
    path: Path | None
    """None for one that is missing."""
    header: GGUFHeader | None
    """None when it cannot be used."""
    reason: str
    """Why it cannot be used; empty when it can."""


def models() -> Iterator[Shelved]:
    """Every language model on this machine, in the order of `Place`, then by name."""
    for pin in bundled("target"):
        yield _shelved(pin.name, pin.name, Place.BUNDLED)
    for path in _files(models_folder()):
        if path.parent == models_folder():
            yield _shelved(path.stem, path.stem, Place.FOLDER)
    yield from _ollama()
    home, cache = Path.home(), Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"):
        for path in _files(folder):
            yield _shelved(str(path), path.stem, Place.LM_STUDIO)
    # One blob may stand in several snapshots of a repository.
    blobs = set[Path]()
    for path in _files(cache / "huggingface" / "hub"):
        if path.resolve() not in blobs:
            blobs.add(path.resolve())
            yield _shelved(str(path), path.stem, Place.HUGGING_FACE)


def add(file: Path) -> Path:
    """Copies a GGUF file into the models folder, whole or not at all; returns the copy.

    It is loaded in a child process before. Where the file system can, the copy shares its blocks with
    the original; it is never a hard link, through which a change to one would change the other. Raises
    `EngineError` for a file that cannot be used, `ModelNotStored` when its name is taken or the disk full.
    """
    read_header(file)
    target = vacant(file.stem if file.suffix.lower() == ".gguf" else file.name)
    digest = provenance.digest(file)
    try_loading(file, digest)
    try:
        descriptor, draft = tempfile.mkstemp(dir=target.parent, prefix=target.name + PART)
        try:
            with os.fdopen(descriptor, "wb") as copy, file.open("rb") as original:
                _copy(original, copy)
            if provenance.digest(Path(draft)) != digest:
                raise ModelNotStored(f"{file} changed while it was copied.")
            Path(draft).rename(target)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise not_written(target, exc) from exc
    return target


def remove(name: str) -> Path:
    """Deletes a file of the models folder, and what a download of it left; returns its path.

    Raises `ModelNotStored` when the folder holds no such file.
    """
    folder = models_folder()
    file = folder / f"{name}.gguf"
    parts = [path for path in _entries(folder) if path.name.startswith(file.name + PART)]
    if Path(name).name != name or not (file.is_file() or parts):
        raise ModelNotStored(
            f"The models folder {folder} holds no {name}.",
            remedy="`carrel models ls` shows what it holds; other places are never written to.",
        )
    for path in (file, *parts):
        path.unlink(missing_ok=True)
    return file


def vacant(name: str) -> Path:
    """The file in the models folder for a new model, with the folder made; raises `ModelNotStored`."""
    if not name.isprintable() or not name or name[0] in "-." or "/" in name:
        raise ModelNotStored(f"A model cannot be named {name!r}.", remedy="Rename its file.")
    file = models_folder() / f"{name}.gguf"
    if file.exists() or name in {pin.name for pin in bundled("target")}:
        raise ModelNotStored(
            f"There is a model {name} already.", remedy=f"Rename the file, or `carrel models rm {name}`."
        )
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise not_written(file, exc) from exc
    return file


def not_written(file: Path, error: OSError) -> ModelNotStored:
    """What to tell of a file that could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelNotStored(f"The disk is full: {file} could not be written.", remedy="Free some space.")
    return ModelNotStored(f"{file} could not be written: {error.strerror}.")


def _shelved(name: str, label: str, place: Place) -> Shelved:
    path = None
    try:
        path = locate_target(name)
        return Shelved(name, label, place, path, read_header(path), "")
    except AssistantError as error:
        return Shelved(name, label, place, path, None, error.message)


def _ollama() -> Iterator[Shelved]:
    """Ollama keeps a manifest for each tag, and the files under their digests."""
    for models_ in (Path.home() / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models")):
        manifests = models_ / "manifests"
        for manifest in _files(manifests, ""):
            # registry/namespace/model/tag
            *_, namespace, model, tag = ("", "", *manifest.relative_to(manifests).parts)
            label = f"{model}:{tag}" if namespace in ("", "library") else f"{namespace}/{model}:{tag}"
            try:
                digests = list(_model_digests(manifest))
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
                reason = f"Ollama's manifest {manifest} cannot be read: {exc!r}."
                yield Shelved(label, label, Place.OLLAMA, None, None, reason)
                continue
            for digest in digests:
                yield _shelved(str(models_ / "blobs" / f"sha256-{digest}"), label, Place.OLLAMA)


def _model_digests(manifest: Path) -> Iterator[str]:
    with manifest.open("rb") as file:
        layers = json.loads(file.read(_MOST_MANIFEST_BYTES))["layers"]
    for layer in layers:
        # Checked, since it becomes part of a path.
        if layer["mediaType"] == _OLLAMA_MODEL and (digest := _DIGEST.fullmatch(layer["digest"])):
            yield digest[1]


def _files(folder: Path, suffix: str = ".gguf") -> Iterator[Path]:
    """The files below `folder` with names that end so, in order; folders that cannot be read have none."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if name.lower().endswith(suffix) and path.is_file():
                yield path


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _copy(original: BinaryIO, copy: BinaryIO) -> None:
    try:
        fcntl.ioctl(copy.fileno(), _CLONE, original.fileno())
    except OSError:
        # Another file system, or one without shared blocks.
        shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
    os.fsync(copy.fileno())
