"""Lists the language models on this machine, and manages the models folder.

The list contains the bundled models, the files in the models folder, and the files that Ollama, LM Studio
and Hugging Face's tools have downloaded. The latter are used where they are and never written to. Listing
only reads headers (`assistant.engine.gguf`); it verifies no digest and loads no model. A file that cannot be
used is listed with the reason.

`carrel models` and the terminal UI call this. The configuration decides which model answers.
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
from assistant.models.finding import bundled_pins, locate_target
from assistant.models.probing import try_loading
from policies import provenance
from policies.provenance import Pin

PART = ".part"
"""Suffix of a file in the models folder that is not complete yet."""

_LICENCE = ".licence.txt"
"""Suffix of the note of licence and origin beside a model."""

_MOST_MANIFEST_BYTES = 1 << 20
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_CLONE = 0x40049409
"""FICLONE of ioctl_ficlonerange(2): copies a file by sharing its blocks until one of the copies changes."""


class Place(StrEnum):
    """Where a model is."""

    BUNDLED = "bundled"
    """In an installed Python package."""
    FOLDER = "models folder"
    """In Carrel's models folder."""
    OLLAMA = "Ollama"
    """Among the models of Ollama."""
    LM_STUDIO = "LM Studio"
    """Among the models of LM Studio."""
    HUGGING_FACE = "Hugging Face"
    """In the cache of Hugging Face's tools."""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A language model on this machine, usable or not."""

    name: str
    """The value for `models.target`: a bundled name, a stem in the models folder, or an absolute path."""
    label: str
    """The name to show; the paths of Ollama's models are meaningless digests."""
    place: Place
    """Where it is."""
    path: Path | None
    """Its file; None if it is missing."""
    header: GGUFHeader | None
    """Its header; None if it cannot be used."""
    reason: str
    """Why it cannot be used; empty if it can."""


def list_models() -> Iterator[ListedModel]:
    """Yields every language model on this machine, in the order of `Place`, then by name."""
    for pin in bundled_pins("target"):
        yield _listed(pin.name, pin.name, Place.BUNDLED)
    for path in _files(models_folder()):
        if path.parent == models_folder():
            yield _listed(path.stem, path.stem, Place.FOLDER)
    yield from _ollama()
    home, cache = Path.home(), Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    for folder in (home / ".lmstudio" / "models", home / ".cache" / "lm-studio" / "models"):
        for path in _files(folder):
            yield _listed(str(path), path.stem, Place.LM_STUDIO)
    # Several snapshots of a repository may link to the same blob.
    blobs = set[Path]()
    for path in _files(cache / "huggingface" / "hub"):
        if path.resolve() not in blobs:
            blobs.add(path.resolve())
            yield _listed(str(path), path.stem, Place.HUGGING_FACE)


def add(file: Path) -> Path:
    """Copies a GGUF file into the models folder, completely or not at all, and returns the copy.

    A child process loads the file first. On file systems that support it, the copy shares its blocks with
    the original. It is never a hard link, so changing one does not change the other.
    Raises `EngineError` for a file that cannot be used, and `ModelNotStored` when its name is taken or the
    disk is full.
    """
    read_header(file)
    target = new_file(file.stem if file.suffix.lower() == ".gguf" else file.name)
    digest = provenance.digest(file)
    try_loading(file, digest)
    try:
        descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=target.name + PART)
        try:
            with os.fdopen(descriptor, "wb") as copy, file.open("rb") as original:
                _copy(original, copy)
            if provenance.digest(Path(part)) != digest:
                raise ModelNotStored(
                    f"{file} changed while it was being copied.",
                    remedy="Try again once it is complete.",
                )
            Path(part).rename(target)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
    except OSError as exc:
        raise write_error(target, exc) from exc
    return target


def remove(name: str) -> Path:
    """Deletes a model from the models folder, with any incomplete download of it; returns its path.

    Raises `ModelNotStored` when the folder contains no such model.
    """
    folder = models_folder()
    files = [folder / f"{name}.gguf"]
    files += [
        folder / pin.files[0].path for pin in bundled_pins("embedder") if pin.member and pin.name == name
    ]
    for file in files:
        parts = [path for path in _entries(folder) if path.name.startswith(file.name + PART)]
        if Path(name).name == name and (file.is_file() or parts):
            for path in (file, licence_file(file), *parts):
                path.unlink(missing_ok=True)
            return file
    raise ModelNotStored(
        f"There is no model {name} in the models folder {folder}.",
        remedy="`carrel models ls` lists the models. Carrel deletes from the models folder only.",
    )


def new_file(name: str) -> Path:
    """Returns the file in the models folder for a new language model, creating the folder.

    Raises `ModelNotStored` when the name is invalid or taken, or the folder cannot be created.
    """
    if not name.isprintable() or not name or name[0] in "-." or "/" in name:
        raise ModelNotStored(f"{name!r} cannot be the name of a model.", remedy="Rename its file.")
    taken = name in {pin.name for pin in bundled_pins("target")}
    return _new_file(models_folder() / f"{name}.gguf", name, taken=taken)


def new_embedder_file(pin: Pin) -> Path:
    """Returns the file in the models folder for an embedder that a package holds, creating the folder.

    Raises the errors of `new_file`.
    """
    return _new_file(models_folder() / pin.files[0].path, pin.name)


def licence_file(model: Path) -> Path:
    """Returns the note of licence and origin beside a model in the models folder; not every model has one."""
    return model.with_name(model.name + _LICENCE)


def write_error(file: Path, error: OSError) -> ModelNotStored:
    """Returns the error to raise for a file that could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ModelNotStored(f"Cannot write {file}: the disk is full.", remedy="Free some space.")
    return ModelNotStored(f"Cannot write {file}: {error.strerror}.")


def _new_file(file: Path, name: str, *, taken: bool = False) -> Path:
    if taken or file.exists():
        raise ModelNotStored(
            f"There is already a model named {name}.",
            remedy=f"Rename the file, or remove the other with `carrel models rm {name}`.",
        )
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as exc:
        raise write_error(file, exc) from exc
    return file


def _listed(name: str, label: str, place: Place) -> ListedModel:
    path = None
    try:
        path = locate_target(name)
        return ListedModel(name, label, place, path, read_header(path), "")
    except AssistantError as error:
        return ListedModel(name, label, place, path, None, error.message)


def _ollama() -> Iterator[ListedModel]:
    """Yields Ollama's models. It stores a manifest for each tag, and files named by their digests."""
    for models_ in (Path.home() / ".ollama" / "models", Path("/usr/share/ollama/.ollama/models")):
        manifests = models_ / "manifests"
        for manifest in _files(manifests, ""):
            # registry/namespace/model/tag
            *_, namespace, model, tag = ("", "", *manifest.relative_to(manifests).parts)
            label = f"{model}:{tag}" if namespace in ("", "library") else f"{namespace}/{model}:{tag}"
            try:
                digests = list(_model_digests(manifest))
            except (OSError, ValueError, KeyError, TypeError, RecursionError) as exc:
                reason = f"Cannot read Ollama's manifest {manifest}: {exc!r}."
                yield ListedModel(label, label, Place.OLLAMA, None, None, reason)
                continue
            for digest in digests:
                yield _listed(str(models_ / "blobs" / f"sha256-{digest}"), label, Place.OLLAMA)


def _model_digests(manifest: Path) -> Iterator[str]:
    with manifest.open("rb") as file:
        layers = json.loads(file.read(_MOST_MANIFEST_BYTES))["layers"]
    for layer in layers:
        # Validated, because it becomes part of a path.
        if layer["mediaType"] == _OLLAMA_MODEL and (digest := _DIGEST.fullmatch(layer["digest"])):
            yield digest[1]


def _files(folder: Path, suffix: str = ".gguf") -> Iterator[Path]:
    """Yields the files below `folder` with this suffix, in order, skipping folders that cannot be read."""
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
        # The files are on different file systems, or on one that cannot share blocks.
        shutil.copyfileobj(original, copy, 1 << 20)
        copy.flush()
    os.fsync(copy.fileno())
