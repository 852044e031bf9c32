"""A TLS server on this machine that offers a model file and can misbehave."""

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
    """The server's content and behaviour; tests change it while it runs."""

    content: bytes
    """The file."""
    tag: str = '"one"'
    """Its entity tag."""
    cut_after: int | None = None
    """Breaks the connection after this many bytes of the body; None sends all of it."""
    status: int = 200
    """The status of a response that is not a redirect."""
    redirect_to: str = ""
    """The address to redirect to, with `{host}` for the server itself; empty for none."""
    redirects: int | None = None
    """How many requests are redirected; None for all."""
    headers: dict[str, str] = field(default_factory=dict)
    """Headers that replace the usual ones."""
    ranges: list[str] = field(default_factory=list)
    """The Range header of each request so far; empty for a whole file."""


class Handler(BaseHTTPRequestHandler):
    """Responds to one connection as `publisher` says."""

    publisher: Publisher

    def do_GET(self) -> None:
        """Sends the file, the requested rest of it, or a redirect."""
        publisher, range_ = self.publisher, self.headers.get("Range", "")
        publisher.ranges.append(range_)
        if publisher.redirect_to and (
            publisher.redirects is None or len(publisher.ranges) <= publisher.redirects
        ):
            self.send_response(302)
            self.send_header("Location", publisher.redirect_to.format(host=self.headers["Host"]))
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
        """Prints nothing."""


class Server(ThreadingHTTPServer):
    """A server whose threads end with it."""

    daemon_threads = False

    def handle_error(self, *_: Any) -> None:
        """Ignores clients that disconnect early."""


class Site(NamedTuple):
    """A running server."""

    publisher: Publisher
    """What it does."""
    address: str
    """The https address of the file."""
    trusted: ssl.SSLContext
    """A context that trusts its certificate."""


@contextlib.contextmanager
def published(authority: trustme.CA, content: bytes) -> Iterator[Site]:
    """Runs a server for `content` with a certificate of `authority`."""
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
