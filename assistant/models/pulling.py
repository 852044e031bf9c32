"""A model file fetched over https into the models folder: the only module that opens a connection.

Called by `carrel models pull`, a process that holds no library and reads no document. Fetching and
keeping are two steps: `fetch` has the network, `keep` looks at what came, and the process is sealed
in between.

What has come so far stays as a part file when a connection breaks or the disk is full, and the next
try goes on from there if the server still has the same file (RFC 9110, If-Range with the entity tag).
Nothing takes its place under the model's name before its header reads well and its digest is the
one pinned, or accepted by the person.
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
from assistant.models.shelf import PART, not_written
from policies import provenance
from policies.errors import ModelNotAsPinned, PolicyRefusal

MOST_REDIRECTS = 5

_TIMEOUT = httpx.Timeout(60.0, connect=30.0)
"""Seconds without a byte."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
_AGAIN = "Run the same command again: it goes on from there."


def check_address(address: str) -> None:
    """Passes for an https address; raises `PolicyRefusal` for any other."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as exc:
        raise PolicyRefusal(f"{address} is no address: {exc}.") from exc
    if url.scheme != "https" or not url.host:
        raise PolicyRefusal(
            f"{address} is not fetched: models come over https only.",
            remedy="Name one of the models that `carrel models recommend` shows, or an https address.",
        )


def fetch(
    address: str,
    target: Path,
    *,
    watch: Callable[[int, int], None] = lambda done, total: None,
    trusted: ssl.SSLContext | None = None,
) -> Path:
    """Downloads `address` into the part file of `target` and returns that.

    watch: told how many bytes are here, of how many.
    trusted: the certificates to trust; None for those of the public authorities.
    Raises `ModelNotStored` when it cannot be completed, and `PolicyRefusal` for an address, or a
    redirection, that is not https.
    """
    check_address(address)
    part = part_of(target)
    try:
        with part.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as exc:
                raise ModelNotStored(f"Another process is fetching {target.stem}.") from exc
            # Proxies and certificates named by the environment are gone with it.
            with httpx.Client(verify=trusted or True, trust_env=False, timeout=_TIMEOUT) as client:
                _receive(client, address, file, part, watch)
    except OSError as exc:
        failure = not_written(part, exc)
        raise ModelNotStored(failure.message, remedy=f"{failure.remedy} {_AGAIN}".strip()) from exc
    return part


def keep(
    part: Path, target: Path, *, sha256: str, accepted: Callable[[GGUFHeader, str], bool] = lambda *_: False
) -> str:
    """Gives a complete part file its name, and returns its digest; else deletes it.

    sha256: the digest it must have; with none, `accepted` is asked with what it is and its digest.
    Raises `EngineError` when it is no model, `ModelNotAsPinned`, and `ModelNotStored` when not accepted.
    """
    try:
        header = read_header(part)
        digest = provenance.digest(part)
        if sha256 and digest != sha256.lower():
            raise ModelNotAsPinned(
                f"What came for {target.stem} is another file: its SHA-256 is {digest},"
                f" {sha256} was expected.",
                remedy="It was deleted. Ask whoever publishes the model which digest is right.",
            )
        if not sha256 and not accepted(header, digest):
            raise ModelNotStored(f"{target.stem} was not kept.")
    except (EngineError, ModelNotAsPinned, ModelNotStored):
        discard(target)
        raise
    try:
        part.rename(target)
    except OSError as exc:
        raise not_written(target, exc) from exc
    discard(target)
    return digest


def part_of(target: Path) -> Path:
    """Where a download grows."""
    return target.with_name(target.name + PART)


def discard(target: Path) -> None:
    """Deletes what a download of `target` left."""
    part_of(target).unlink(missing_ok=True)
    _tag_of(part_of(target)).unlink(missing_ok=True)


def _tag_of(part: Path) -> Path:
    """Holds the entity tag of the file that a part file is a part of."""
    return part.with_name(part.name + ".tag")


def _receive(
    client: httpx.Client, address: str, file: BinaryIO, part: Path, watch: Callable[[int, int], None]
) -> None:
    """Appends to `file` what is still missing, or all of it when the server has another file now."""
    tag_file = _tag_of(part)
    tag = tag_file.read_text(encoding="ascii") if tag_file.exists() else ""
    have = file.tell() if tag else 0
    headers = {"Accept-Encoding": "identity", "User-Agent": "carrel"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag}
    try:
        with _answer(client, client.build_request("GET", address, headers=headers)) as answer:
            if answer.status_code == 416 and answer.headers.get("Content-Range") == f"bytes */{have}":
                return
            total = _total(answer, have, tag)
            if answer.status_code == 200:
                have = 0
                file.truncate(0)
                # A weak tag does not promise the same bytes.
                new = answer.headers.get("ETag", "")
                tag_file.write_text(new if new.startswith('"') and new.isascii() else "", encoding="ascii")
            free, missing = shutil.disk_usage(part.parent).free, total - have
            if missing > free:
                raise ModelNotStored(
                    f"{part.parent} has {free >> 20:,} MiB free, and {missing >> 20:,} MiB are to come.",
                    remedy=f"Free some space. {_AGAIN}",
                )
            for piece in answer.iter_raw(1 << 20):
                file.write(piece)
                have += len(piece)
                watch(have, total)
            if have != total:
                raise ModelNotStored(f"{answer.url.host} sent {have} of {total} bytes.", remedy=_AGAIN)
    except (httpx.HTTPError, httpx.InvalidURL) as exc:
        raise ModelNotStored(
            f"The connection failed after {have >> 20:,} MiB: {str(exc) or type(exc).__name__}.",
            remedy="Check the connection. " + _AGAIN,
        ) from exc


@contextlib.contextmanager
def _answer(client: httpx.Client, request: httpx.Request) -> Iterator[httpx.Response]:
    """The answer at the end of all redirections, its body unread."""
    for _ in range(MOST_REDIRECTS + 1):
        answer = client.send(request, stream=True)
        try:
            if answer.next_request is None:
                yield answer
                return
        finally:
            answer.close()
        request = answer.next_request
        if request.url.scheme != "https":
            raise PolicyRefusal(f"{answer.url.host} leads to {request.url}, which is not https.")
    raise ModelNotStored(f"{request.url.host} leads on and on.")


def _total(answer: httpx.Response, have: int, tag: str) -> int:
    """The size of the whole file, from an answer that brings it, or the rest of it after `have` bytes."""
    status, host = answer.status_code, answer.url.host
    if status == 200 and answer.headers.get("Content-Length", "").isdecimal():
        return int(answer.headers["Content-Length"])
    range_ = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if status == 206 and range_ and int(range_[1]) == have and answer.headers.get("ETag", tag) == tag:
        return int(range_[2])
    if status in (401, 403):
        raise ModelNotStored(
            f"{host} does not give {answer.url.path} to everyone ({status}).",
            remedy="Fetch it with a browser where its licence can be accepted, then `carrel models add` it.",
        )
    if status in (404, 410):
        raise ModelNotStored(f"{host} has no {answer.url.path} ({status}).")
    if status in (200, 206, 416):
        raise ModelNotStored(
            f"{host} does not say which part of which file it sends.",
            remedy="`carrel models rm` the part that is here, then try again.",
        )
    raise ModelNotStored(f"{host} answered with status {status}.", remedy="Try again later. " + _AGAIN)
