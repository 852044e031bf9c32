"""Downloads a model file over https into the models folder: the only module that opens a connection.

`carrel models pull` calls it in a process that opens no library and reads no document. A download has two
steps: `fetch` uses the network, `keep` examines the downloaded file, and the process is sealed in between.

When a connection breaks or the disk is full, the incomplete file stays, and the next attempt resumes the
download if the server still has the same file (RFC 9110, If-Range with the entity tag). A file only gets
the model's name once its header is valid and its digest is the expected one, or the user accepted it.
"""

import contextlib
import fcntl
import re
import shutil
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

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

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_RESUME = "Run the same command again to resume the download."


def check_address(address: str) -> None:
    """Raises `PolicyRefusal` unless `address` is a valid https address."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as exc:
        raise PolicyRefusal(f"{address} is not a valid address: {exc}.") from exc
    if url.scheme != "https" or not url.host:
        raise PolicyRefusal(
            f"Carrel will not download {address}: models are downloaded over https only.",
            remedy="Give the name of a model that `carrel models recommend` shows, or an https address.",
        )


def fetch(
    address: str,
    target: Path,
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    trusted: ssl.SSLContext | None = None,
) -> Path:
    """Downloads `address` into the part file of `target`, and returns the part file.

    progress: called with the bytes downloaded so far and the total.
    trusted: the certificates to trust; None for the public certificate authorities.
    Raises `ModelNotStored` when the download cannot be completed, and `PolicyRefusal` for an address or a
    redirect that is not https.
    """
    check_address(address)
    part = part_file(target)
    try:
        with part.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise ModelNotStored(f"Another process is already downloading {target.stem}.") from exc
            # trust_env=False: proxies and certificates named in the environment are ignored.
            with httpx.Client(verify=trusted or True, trust_env=False, timeout=_TIMEOUT) as client:
                _receive(client, address, file, part, progress)
    except OSError as exc:
        failure = write_error(part, exc)
        raise ModelNotStored(failure.message, remedy=f"{failure.remedy} {_RESUME}".strip()) from exc
    return part


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


def _receive(
    client: httpx.Client, address: str, file: BinaryIO, part: Path, progress: Callable[[int, int], None]
) -> None:
    """Appends the missing bytes to `file`, or starts again if the server now has a different file."""
    tag_file = _tag_file(part)
    tag = tag_file.read_text(encoding="ascii") if tag_file.exists() else ""
    have = file.tell() if tag else 0
    headers = {"Accept-Encoding": "identity", "User-Agent": "carrel"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    try:
        with _response(client, client.build_request("GET", address, headers=headers)) as response:
            if response.status_code == 416 and response.headers.get("Content-Range") == f"bytes */{have}":
                return
            total = _total(response, have, tag)
            if response.status_code == 200:
                have = 0
                file.truncate(0)
                # A weak tag does not guarantee the same bytes.
                new = response.headers.get("ETag", "")
                tag_file.write_text(new if new.startswith('"') and new.isascii() else "", encoding="ascii")
            free, missing = shutil.disk_usage(part.parent).free, total - have
            if missing > free:
                raise ModelNotStored(
                    f"There are {free >> 20:,} MiB free for {part.parent}, but the download needs"
                    f" {missing >> 20:,} MiB.",
                    remedy=f"Free some space. {_RESUME}",
                )
            for data in response.iter_raw(1 << 20):
                file.write(data)
                have += len(data)
                progress(have, total)
            if have != total:
                raise ModelNotStored(
                    f"{response.url.host} sent only {have:,} of {total:,} bytes.", remedy=_RESUME
                )
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise ModelNotStored(
            f"The connection failed after {have >> 20:,} MiB: {str(exc) or type(exc).__name__}.",
            remedy=f"Check your connection. {_RESUME}",
        ) from exc


@contextlib.contextmanager
def _response(client: httpx.Client, request: httpx.Request) -> Iterator[httpx.Response]:
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
        if request.url.scheme != "https":
            raise PolicyRefusal(f"{response.url.host} redirects to {request.url}, which is not https.")
    raise ModelNotStored(
        f"Too many redirects from {request.url.host}.", remedy="Give the final address of the file."
    )


def _total(response: httpx.Response, have: int, tag: str) -> int:
    """Returns the size of the whole file, if the response holds all of it or the rest after `have` bytes.

    Raises `ModelNotStored` for any other response.
    """
    status, host = response.status_code, response.url.host
    if status == 200 and response.headers.get("Content-Length", "").isdecimal():
        return int(response.headers["Content-Length"])
    range_ = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if status == 206 and range_ and int(range_[1]) == have and response.headers.get("ETag", tag) == tag:
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
    raise ModelNotStored(f"{host} responded with status {status}.", remedy=f"Try again later. {_RESUME}")
