"""An owner that stays, as people meet it: `carrel watch`, the commands beside it, and its socket."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.errors import WireError
from assistant.library.client import Client
from assistant.library.wire import METHODS
from policies import endpoint
from policies.errors import CarrelError
from tests.running import NOTES, PATIENCE_S, Carrel, owning, require_starter_models


@pytest.fixture
def home(carrel: Carrel) -> Carrel:
    """A library that is not there yet, and a folder of two notes."""
    require_starter_models()
    (carrel.home / "notes").mkdir()
    for name in ("club/minutes-2026-03-12.md", "travel/lisbon-2026.md"):
        shutil.copy(NOTES / name, carrel.home / "notes")
    return carrel


def until(fact: Callable[[], bool]) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.2)


def found(carrel: Carrel, query: str) -> set[str]:
    """The names of the files that a search finds."""
    passages = carrel("search", query, "--json").object["passages"]
    return {Path(passage["path"]).name for passage in passages}


def test_commands_beside_an_owner_are_answered_by_it(home: Carrel) -> None:
    with owning(home) as owner:
        assert home("add", "notes", "--json").object["sources"][0]["added"] == 2
        status = home("status", "--json").object
        assert (status["indexing"]["attached"], status["indexing"]["watching"]) == (True, True)
        assert status["sealed"] is True, "the client is sealed too"
        assert "lisbon-2026.md" in found(home, "How do we get to Lisbon?")
        assert home("ask", "How do we get to Lisbon?", "--json").object["citations"]
        (seal,) = [
            line
            for line in Path(f"/proc/{owner.pid}/status").read_text().splitlines()
            if line.startswith("Seccomp:")
        ]
        assert seal.split()[1] == "2", "the owner runs under a filter"


def test_a_saved_note_is_found_and_a_deleted_one_is_not(home: Carrel) -> None:
    with owning(home):
        home("add", "notes")
        note = home.home / "notes" / "garden.md"
        note.write_text("The hedge is cut with the electric shears in March.\n", encoding="utf-8")
        until(lambda: "garden.md" in found(home, "electric shears hedge"))
        note.rename(home.home / "notes" / "hedge.md")
        until(lambda: "hedge.md" in found(home, "electric shears hedge"))
        (home.home / "notes" / "hedge.md").unlink()
        until(lambda: "hedge.md" not in found(home, "electric shears hedge"))


def test_there_is_one_owner(home: Carrel) -> None:
    with owning(home) as owner:
        second = home("watch")
        assert second.code == 3
        assert str(owner.pid) in second.narration
        assert home("status").code == 0, "the first one answers all the same"


@pytest.mark.parametrize("attempt", range(3))
def test_two_owners_that_start_at_once_are_one(home: Carrel, attempt: int) -> None:
    starting = [home.start("watch", "--json") for _ in range(2)]
    until(lambda: any(process.poll() is not None for process in starting))
    (lost,) = (process for process in starting if process.poll() is not None)
    (owner,) = (process for process in starting if process is not lost)
    assert lost.returncode == 3
    assert owner.stdout is not None
    assert json.loads(owner.stdout.readline())["event"] == "ready"
    assert home("status", "--json").object["indexing"]["attached"] is True
    owner.terminate()
    for process in starting:
        process.communicate(timeout=PATIENCE_S)
    assert owner.returncode == 0


def test_an_owner_that_was_killed_is_in_nobodys_way(home: Carrel) -> None:
    with owning(home) as owner:
        home("add", "notes")
        owner.send_signal(signal.SIGKILL)
        owner.wait()
    assert (home.library / endpoint.NAME).exists(), "it left its socket"
    assert home("status", "--json").object["indexing"]["attached"] is False
    with owning(home):
        assert "lisbon-2026.md" in found(home, "Lisbon")


def test_the_socket_is_the_persons_alone(home: Carrel) -> None:
    with owning(home):
        assert stat.S_IMODE((home.library / endpoint.NAME).stat().st_mode) == 0o600
        assert stat.S_IMODE(home.library.stat().st_mode) == 0o700


def test_a_library_with_a_long_name_has_a_socket_too(home: Carrel) -> None:
    deep = home.home / ("a folder with a long name " * 5) / ("and another in it " * 5)
    carrel = Carrel(library=deep, home=home.home, cache=home.cache)
    with owning(carrel):
        assert carrel("status", "--json").object["indexing"]["attached"] is True


# What reaches the socket


def said_to(carrel: Carrel, request: bytes) -> bytes:
    """What the owner answers to bytes, of which it may have enough before their end."""
    connection = endpoint.connect(carrel.library)
    assert connection is not None
    answer = b""
    with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.settimeout(30)
        connection.sendall(request)
        while part := connection.recv(1 << 16):
            answer += part
    return answer


def call(method: str, body: bytes) -> bytes:
    head = (
        f"POST /{method} HTTP/1.1\r\nHost: owner\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def test_a_call_that_means_nothing_is_refused_and_the_next_one_answered(home: Carrel) -> None:
    with owning(home):
        assert b" 404 " in said_to(home, call("close", b"{}")), "a method that is not for others"
        assert b" 404 " in said_to(home, call("__init__", b"{}"))
        assert b"value" not in said_to(home, call("status", b" " * (2 << 20) + b"{}"))
        assert b" 400 " in said_to(home, b"\x16\x03\x01 no HTTP\r\n\r\n")
        for body in (b"", b"[]", b'{"query": 1, "k": []}', b'{"query": "x", "k": 1, "more": 1}', b"\xff"):
            assert b"WireError" in said_to(home, call("search", body)), body
        assert home("status").code == 0


def test_another_users_process_is_hung_up_on() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert endpoint.is_own(ours)
    listening = socket.socket(socket.AF_UNIX)
    with listening:
        listening.bind("\0carrel-test-other-user")
        listening.listen()
        if (child := os.fork()) == 0:
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as foreign:
                # By its number: the fixture that keeps tests off the network knows paths only.
                socket.socket.connect(foreign, "\0carrel-test-other-user")
                foreign.recv(1)
            os._exit(0)
        accepted, _ = listening.accept()
        with accepted:
            assert not endpoint.is_own(accepted)
        os.waitpid(child, 0)


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], socket.socket]]:
    """Makes a connection whose other end answers every request with the same bytes, then hangs up."""
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


def test_an_owner_of_another_version_is_named_with_what_to_do(
    answering: Callable[[bytes], socket.socket],
) -> None:
    with pytest.raises(WireError, match="Another version") as refused:
        Client([answering(http(b'{"carrel": 999, "pid": 4711}'))])
    assert "4711" in refused.value.remedy


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0\r\n", http(b"no json")])
def test_an_owner_that_is_none_is_an_error_for_people(
    answering: Callable[[bytes], socket.socket], answer: bytes
) -> None:
    with pytest.raises(WireError) as refused:
        Client([answering(answer)])
    assert refused.value.remedy


def test_an_owner_lost_while_it_answers_is_an_error_for_people(home: Carrel) -> None:
    with owning(home) as owner:
        home("add", "notes")
        connections = [endpoint.connect(home.library) for _ in range(2)]
        with Client([connection for connection in connections if connection]) as client:
            events = client.ask("How do we get to Lisbon?")
            next(events)
            owner.send_signal(signal.SIGKILL)
            owner.wait()
            with pytest.raises(CarrelError) as lost:
                for _ in events:
                    pass
            assert lost.value.remedy


def test_every_call_that_travels_is_one_of_the_facades() -> None:
    assert all(callable(getattr(Client, method)) for method in METHODS)
