"""Finds the models on this machine, checks them, and opens the language model.

A model is chosen by the name of a bundled one, whose files are located through the metadata of the
package that brings them (the package itself is never imported), or by an absolute path of the
person's own: a GGUF file, or a sentence-transformers folder with safetensors. Nothing is looked up
by name anywhere else, and nothing is downloaded.

A bundled model must be as `policies/models.lock` pins it. A model of one's own is pinned in the
library's `models.lock` when it is used for the first time, and must stay as it was.
"""

import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

from assistant.engine import Engine
from assistant.errors import ModelMissing
from policies import provenance
from policies.errors import PolicyRefusal
from policies.provenance import FilePin, Pin

LOCK = "models.lock"
"""In the library folder: the pins of the person's own models."""

DIGESTS = "digests.json"
"""In the library folder: digests of files seen before."""

_STARTER = "Install the models that come with Carrel: pip install 'carrel[starter]'"
_FOLDER_FILES = {".safetensors", ".json", ".txt", ".model"}
"""What sentence-transformers reads from a folder."""
_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}
"""Weights in these formats can run code when they are loaded."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model found on this machine, and as pinned."""

    name: str
    path: Path
    """The GGUF file, or the embedder's folder; absolute."""
    sha256: str
    """Of the weights."""
    licence: str
    """SPDX identifier; empty when unknown."""
    source: str
    """The package it comes in; `local` for the person's own."""


def find_target(choice: str, *, library: Path | None, remember: bool = True) -> Model:
    """The language model `choice` names: a bundled one, or an absolute path of a GGUF file.

    library: the folder that holds pins and remembered digests; None for neither.
    remember: whether a first use is pinned and digests are kept; False writes nothing.
    Raises `ModelMissing`, `ModelNotAsPinned`.
    """
    pin = _bundled_pin(choice, "target")
    if pin is not None:
        folder = _bundled_folder(pin)
        return _checked(folder, pin, library, folder / pin.files[0].path, remember)
    path = _own_path(choice, "target")
    if not path.is_file():
        raise ModelMissing(f"There is no model file {path}.", remedy="Correct `models.target`.")
    pin = _own_pin(path, "target", path.parent, [path], library, remember)
    return _checked(path.parent, pin, library, path, remember)


def find_embedder(choice: str, *, library: Path | None, remember: bool = True) -> Model:
    """The embedder `choice` names: a bundled one, or an absolute path of a sentence-transformers folder.

    library, remember: as in `find_target`. Raises `ModelMissing`, `ModelNotAsPinned`, and `PolicyRefusal` for
    a folder whose loading could run code.
    """
    pin = _bundled_pin(choice, "embedder")
    if pin is not None:
        folder = _bundled_folder(pin)
        return _checked(folder, pin, library, folder, remember)
    folder = _own_path(choice, "embedder")
    if not (folder / "modules.json").is_file():
        raise ModelMissing(
            f"{folder} is no sentence-transformers folder: it has no modules.json.",
            remedy="Correct `models.embedder`.",
        )
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    _refuse_code(folder, files)
    loaded = sorted(
        (file for file in files if file.suffix in _FOLDER_FILES),
        key=lambda file: (file.suffix != ".safetensors", len(file.parts), file),
    )
    pin = _own_pin(folder, "embedder", folder, loaded, library, remember)
    return _checked(folder, pin, library, folder, remember)


def open_target(choice: str, *, library: Path | None, context_tokens: int, threads: int) -> Engine:
    """Loads the language model `choice` names, checked against its pin before and after.

    context_tokens, threads: as in `LlamaEngine`. Raises as `find_target` does, and `EngineError`.
    """
    # Brings in llama_cpp, 0.15 s.
    from assistant.engine.llama import LlamaEngine, Weights
    from assistant.engine.native import ContextSettings

    model = find_target(choice, library=library)
    settings = ContextSettings(tokens=context_tokens, threads=threads)
    engine = LlamaEngine(Weights(model.path, model.name), settings)
    try:
        find_target(choice, library=library)
    except BaseException:
        engine.close()
        raise
    return engine


def _bundled_pin(choice: str, kind: str) -> Pin | None:
    pin = provenance.read_lock(provenance.BUNDLED_LOCK).get(choice)
    return pin if pin is not None and pin.kind == kind else None


def _bundled_folder(pin: Pin) -> Path:
    weights = pin.files[0].path
    try:
        files = importlib.metadata.files(pin.source) or []
    except importlib.metadata.PackageNotFoundError as exc:
        raise ModelMissing(f"The model {pin.name} is not installed.", remedy=_STARTER) from exc
    for file in files:
        if file.name == weights:
            return Path(str(file.locate())).resolve().parent
    raise ModelMissing(f"The package {pin.source} is here without its model {weights}.", remedy=_STARTER)


def _own_path(choice: str, kind: str) -> Path:
    path = Path(choice).expanduser()
    if not path.is_absolute():
        names = [
            pin.name for pin in provenance.read_lock(provenance.BUNDLED_LOCK).values() if pin.kind == kind
        ]
        raise ModelMissing(
            f"There is no model {choice}.",
            remedy=f"Set `models.{kind}` to {' or '.join(names)}, or to an absolute path.",
        )
    return path


def _own_pin(
    path: Path, kind: str, folder: Path, files: list[Path], library: Path | None, remember: bool
) -> Pin:
    """The pin of the person's own model; made now when it is used for the first time."""
    # A lock is UTF-8; a path need not be.
    name = str(path).encode("utf-8", "backslashreplace").decode()
    known = provenance.read_lock(library / LOCK).get(name) if library is not None else None
    if known is not None:
        return known
    pins = tuple(
        FilePin(
            path=file.relative_to(folder).as_posix(),
            bytes=file.stat().st_size,
            sha256=provenance.digest(file, cache=_digests(library, remember)),
        )
        for file in files
    )
    pin = Pin(name=name, kind=kind, architecture="", licence="", source="local", files=pins)
    if library is not None and remember:
        provenance.add_pin(library / LOCK, pin)
    return pin


def _digests(library: Path | None, remember: bool) -> Path | None:
    return library / DIGESTS if library is not None and remember else None


def _checked(folder: Path, pin: Pin, library: Path | None, path: Path, remember: bool) -> Model:
    provenance.verify(folder, pin, cache=_digests(library, remember))
    return Model(pin.name, path, pin.files[0].sha256, pin.licence, pin.source)


def _refuse_code(folder: Path, files: list[Path]) -> None:
    """Refuses a folder that brings code, or weights in a format that can hold code."""
    safe = {file.parent for file in files if file.suffix == ".safetensors"}
    for file in files:
        if file.suffix == ".py" or (file.suffix in _PICKLES and file.parent not in safe):
            raise PolicyRefusal(
                f"{file} could run code when the model is loaded.",
                remedy="Use a model folder with safetensors weights and no code of its own.",
            )
    if not safe:
        raise ModelMissing(f"{folder} holds no safetensors weights.", remedy="Correct `models.embedder`.")
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        types = [str(module["type"]) for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ModelMissing(f"{folder}/modules.json cannot be read: {exc!r}.") from exc
    for named in types:
        if not named.startswith("sentence_transformers."):
            raise PolicyRefusal(
                f"{folder}/modules.json names {named}, which is not part of sentence-transformers.",
                remedy="Use a model folder without code of its own.",
            )
