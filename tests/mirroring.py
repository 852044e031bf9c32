"""A package index on this machine, on loopback without TLS, that offers small wheels and can misbehave."""

import contextlib
import hashlib
import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.publishing import Server

JSON = "application/vnd.pypi.simple.v1+json"


def wheel(members: Mapping[str, bytes]) -> bytes:
    """A wheel, which is a zip archive, with these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class Mirror:
    """The index's files and behaviour; tests change them while it runs."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """The files of each distribution by their names; the distribution's name is normalized."""
    speaks_json: bool = True
    """Whether it answers in JSON (PEP 691) if asked to; else in HTML (PEP 503)."""
    states_hashes: bool = True
    """Whether its pages give the SHA-256 of each file."""
    resumes: bool = True
    """Whether it sends the rest of a file."""
    cut_after: dict[str, int] = field(default_factory=dict)
    """The bytes of a file after which the connection breaks, by file name."""
    status: int = 200
    """The status of every page."""
    login: str = ""
    """The value of the header `Authorization` that it asks for; empty for none."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """The path and the Range header of each request so far."""
    address: str = ""
    """Its address."""

    @property
    def fetched(self) -> list[str]:
        """The names of the files that were requested, in order."""
        return [path.rpartition("/")[2] for path, _ in self.requests if path.startswith("/files/")]


class MirrorHandler(BaseHTTPRequestHandler):
    """Responds to one request as `mirror` says."""

    mirror: Mirror

    def do_GET(self) -> None:
        """Sends a page of the index or a file."""
        mirror, range_ = self.mirror, self.headers.get("Range", "")
        mirror.requests.append((self.path, range_))
        _, kind, name, *rest = [*self.path.split("/"), "", ""]
        if mirror.login and self.headers.get("Authorization") != mirror.login:
            self._send(401, "text/plain", b"")
        elif name not in mirror.files:
            self._send(404, "text/plain", b"")
        elif kind == "simple":
            self._send(mirror.status, *self._page(mirror.files[name]))
        else:
            content = mirror.files[name][rest[0]]
            start = re.fullmatch(r"bytes=(\d+)-", range_)
            first = int(start[1]) if start and mirror.resumes else 0
            headers = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"} if first else {}
            cut = mirror.cut_after.get(rest[0], len(content))
            self._send(206 if first else 200, "application/zip", content[first:], headers, cut)

    def _page(self, files: Mapping[str, bytes]) -> tuple[str, bytes]:
        project = self.path.strip("/").rpartition("/")[2]
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        if self.mirror.speaks_json and JSON in self.headers["Accept"]:
            listed = [
                {
                    "filename": name,
                    "url": f"/files/{project}/{name}",
                    "hashes": {"sha256": digest} if self.mirror.states_hashes else {},
                }
                for name, digest in digests.items()
            ]
            return JSON, json.dumps({"meta": {"api-version": "1.0"}, "files": listed}).encode()
        fragments = {
            name: f"#sha256={digest}" if self.mirror.states_hashes else "" for name, digest in digests.items()
        }
        links = [
            f'<a href="../../files/{project}/{name}{fragment}"'
            f' data-requires-python="&gt;=3.8">{name}</a><br/>'
            for name, fragment in fragments.items()
        ]
        return "text/html; charset=utf-8", "\n".join(["<!DOCTYPE html>", *links]).encode()

    def _send(
        self,
        status: int,
        media_type: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        cut_after: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in {
            "Content-Type": media_type,
            "Content-Length": str(len(body)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:cut_after])
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""


@contextlib.contextmanager
def mirrored() -> Iterator[Mirror]:
    """Runs an index without files."""
    mirror = Mirror()
    with Server(("127.0.0.1", 0), type("ThisMirror", (MirrorHandler,), {"mirror": mirror})) as server:
        mirror.address = f"http://127.0.0.1:{server.server_port}/simple/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield mirror
        server.shutdown()
        thread.join()
