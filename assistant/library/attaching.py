"""A client's connections to the owner, as its HTTP library wants them.

The connections are made before the seal; a sealed process cannot make more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assistant.errors import OwnerGone

if TYPE_CHECKING:
    import socket

    import httpcore


def pool_over(unused: "list[socket.socket]") -> "httpcore.ConnectionPool":
    """A pool that takes its connections from the end of `unused` when it needs them, and makes no others."""
    # 0.05 s to import.
    import httpcore

    class Stream(httpcore.NetworkStream):
        """One of the connections, as httpcore wants it."""

        def __init__(self, connection: "socket.socket") -> None:
            self._connection = connection

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            return self._connection.recv(max_bytes)

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._connection.sendall(buffer)

        def close(self) -> None:
            self._connection.close()

        def get_extra_info(self, info: str) -> Any:
            return None

    class Backend(httpcore.NetworkBackend):
        """Hands out the connections and makes no others."""

        def connect_unix_socket(
            self, path: str, timeout: float | None = None, socket_options: Any = None
        ) -> httpcore.NetworkStream:
            if not unused:
                raise httpcore.ConnectError("no connection is left")
            return Stream(unused.pop())

    return httpcore.ConnectionPool(
        uds="owner", network_backend=Backend(), max_connections=len(unused), keepalive_expiry=None
    )


@contextmanager
def as_owner_gone() -> Iterator[None]:
    """Translates a lost connection, and a response that is not HTTP, into `OwnerGone`."""
    import httpcore

    try:
        yield
    except (OSError, httpcore.NetworkError, httpcore.ProtocolError, ValueError) as error:
        raise OwnerGone(
            "The connection to the process that owns the library was lost.",
            remedy="Run the command again; it opens the library itself.",
        ) from error
