"""A server on this machine that gives a model away over TLS, well or badly."""

import contextlib
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import trustme


@dataclass
class Publisher:
    """What the server has, and how it behaves."""

    content: bytes
    tag: str = '"one"'
    cut_after: int | None = None
    """Bytes of a body after which the connection breaks."""
    status: int = 200
    """What it answers with."""
    leads_to: str = ""
    """Where it redirects to; `{host}` is itself."""
    headers: dict[str, str] = field(default_factory=dict)
    """In place of its own."""
    asked_for: list[str] = field(default_factory=list)
    """The ranges it was asked for, one for each request; empty for all."""


class Handler(BaseHTTPRequestHandler):
    publisher: Publisher

    def do_GET(self) -> None:
        publisher, range_ = self.publisher, self.headers.get("Range", "")
        publisher.asked_for.append(range_)
        if publisher.leads_to:
            self.send_response(302)
            self.send_header("Location", publisher.leads_to.format(host=self.headers["Host"]))
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body, status = publisher.content, publisher.status
        total = len(body)
        headers = {"ETag": publisher.tag}
        if (start := re.fullmatch(r"bytes=(\d+)-", range_)) and self.headers["If-Range"] == publisher.tag:
            body, status = body[int(start[1]) :], 206
            headers["Content-Range"] = f"bytes {start[1]}-{total - 1}/{total}"
            if not body:
                status, headers["Content-Range"] = 416, f"bytes */{total}"
        self.send_response(status)
        for name, value in ({**headers, "Content-Length": str(len(body))} | publisher.headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: publisher.cut_after])
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = False

    def handle_error(self, *_: Any) -> None:
        """A client that breaks off is none of the server's concern."""


class Site(NamedTuple):
    """A server that is running."""

    publisher: Publisher
    address: str
    trusted: ssl.SSLContext


@contextlib.contextmanager
def published(authority: trustme.CA, content: bytes) -> Iterator[Site]:
    """Runs a server with a certificate of `authority`."""
    publisher = Publisher(content)
    speaking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(speaking)
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    with Server(("127.0.0.1", 0), type("ThisHandler", (Handler,), {"publisher": publisher})) as server:
        server.socket = speaking.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Site(publisher, f"https://127.0.0.1:{server.server_port}/m.gguf", trusted)
        server.shutdown()
        thread.join()
