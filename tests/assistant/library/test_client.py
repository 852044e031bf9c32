"""A client refuses whatever does not answer as an owner of its own version."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.errors import OwnerGone, WireError
from assistant.library.client import Client
from assistant.library.wire import METHODS
from tests.serving import serving
from tests.still import StillLibrary


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], socket.socket]]:
    """Makes connections whose other end answers a request with given bytes and disconnects."""
    threads = []

    def connected(answer: bytes) -> socket.socket:
        ours, theirs = socket.socketpair()

        def answer_once() -> None:
            with theirs:
                theirs.recv(1 << 16)
                theirs.sendall(answer)
                theirs.shutdown(socket.SHUT_WR)
                while theirs.recv(1 << 16):
                    pass

        threads.append(threading.Thread(target=answer_once))
        threads[-1].start()
        return ours

    yield connected
    for thread in threads:
        thread.join()


def http(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def test_an_owner_of_another_version_is_refused_with_its_process(
    answering: Callable[[bytes], socket.socket],
) -> None:
    with pytest.raises(WireError, match="Another version") as refused:
        Client([answering(http(b'{"carrel": 999, "pid": 4711}'))])
    assert "4711" in refused.value.remedy


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\r\n", http(b"no json")])
def test_a_process_that_is_no_owner_is_an_error_with_a_remedy(
    answering: Callable[[bytes], socket.socket], answer: bytes
) -> None:
    with pytest.raises(WireError) as refused:
        Client([answering(answer)])
    assert refused.value.remedy


def test_without_a_connection_there_is_no_owner() -> None:
    with pytest.raises(OwnerGone) as gone:
        Client([])
    assert gone.value.remedy


def test_the_client_has_every_method_that_can_be_called_over_the_wire() -> None:
    assert all(callable(getattr(Client, method)) for method in METHODS)


def test_calls_that_outnumber_the_connections_find_no_owner(tmp_path: Path) -> None:
    with serving(StillLibrary(), tmp_path) as connect, connect(1) as client:
        assert client.entries()
        given_up = client.ask("When does the lease end?")
        next(given_up)
        given_up.close()  # type: ignore[attr-defined]
        with pytest.raises(OwnerGone) as lost:
            client.entries()
        assert lost.value.remedy
