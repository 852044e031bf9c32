"""An owner's socket served by a thread of the test's process, with clients that are real ones."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.library.client import Client
from assistant.library.facade import Assistant
from assistant.library.service import make_server
from policies import endpoint
from tests.running import PATIENCE_S


@contextmanager
def serving(assistant: Assistant, folder: Path) -> Iterator[Callable[[int], Client]]:
    """Serves `assistant` on the socket in `folder`. Yields a function that makes a client."""
    ready = threading.Event()
    listener = endpoint.listen(folder)
    server = make_server(assistant, ready=ready.set)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), name="server")
    thread.start()
    try:
        assert ready.wait(PATIENCE_S)
        yield lambda connections: client(folder, connections)
    finally:
        server.should_exit = True
        thread.join()


def client(folder: Path, connections: int = 2) -> Client:
    """A client of whoever owns the library in `folder`."""
    made = [endpoint.connect(folder) for _ in range(connections)]
    sockets = [connection for connection in made if connection is not None]
    assert len(sockets) == connections, "an owner answers"
    return Client(sockets)
