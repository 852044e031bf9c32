"""An owner that stays: `carrel watch` in a process of its own, its socket, and the clients that use it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.dialogue import DEFAULT_ASKING, AnswerText, Asking, Event
from assistant.errors import OwnerGone
from assistant.library.client import Client
from ingest.embedding import Embedder
from policies import endpoint
from tests.running import NOTES, PATIENCE_S, Carrel, owning
from tests.serving import client, serving
from tests.still import ANSWERED, StillLibrary


@pytest.fixture
def home(carrel: Carrel, embedder: Embedder) -> Carrel:
    """A library that does not exist yet, and a folder with two notes."""
    return with_notes(carrel)


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, cache_home: Path, embedder: Embedder
) -> Iterator[tuple[Carrel, subprocess.Popen[bytes]]]:
    """`carrel watch` over the two notes, which it has indexed, and its process."""
    home = tmp_path_factory.mktemp("person")
    carrel = with_notes(Carrel(library=home / "library", home=home, cache=cache_home))
    with owning(carrel) as process:
        with client(carrel.library) as assistant:
            for _ in assistant.add(home / "notes"):
                pass
        yield carrel, process


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Path]:
    """The folder of a library with fixed contents, whose socket this process serves."""
    with serving(StillLibrary(), tmp_path):
        yield tmp_path


def with_notes(carrel: Carrel) -> Carrel:
    """The library, with two of the example notes and an empty folder in the home folder."""
    (carrel.home / "notes" / "deep").mkdir(parents=True)
    for name in ("club/minutes-2026-03-12.md", "travel/lisbon-2026.md"):
        shutil.copy(NOTES / name, carrel.home / "notes")
    return carrel


def until(fact: Callable[[], bool]) -> None:
    """Waits until `fact` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.1)


def names_found(assistant: Client, query: str) -> set[str]:
    """The names of the files that a search finds."""
    return {Path(passage.locator.path).name for passage in assistant.search(query, 5).passages}


# An owner in a process of its own


@pytest.mark.model
def test_commands_next_to_an_owner_are_answered_by_it_and_both_are_sealed(
    running: tuple[Carrel, subprocess.Popen[bytes]],
) -> None:
    carrel, process = running
    status = carrel("status", "--json").object
    assert (status["indexing"]["attached"], status["indexing"]["watching"]) == (True, True)
    assert status["sealed"] is True, "the client is sealed too"
    assert carrel("ask", "How do we get to Lisbon?", "--json").object["citations"]
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    (seal,) = (line for line in lines if line.startswith("Seccomp:"))
    assert seal.split()[1] == "2", "the owner runs under a filter"


@pytest.mark.model
def test_a_saved_note_is_found_and_a_deleted_one_is_not(
    running: tuple[Carrel, subprocess.Popen[bytes]],
) -> None:
    carrel, _ = running
    query = "electric shears hedge"
    notes = carrel.home / "notes"
    with client(carrel.library) as assistant:
        (notes / "garden.md").write_text("The hedge is cut with the electric shears in March.\n")
        until(lambda: "garden.md" in names_found(assistant, query))
        (notes / "garden.md").rename(notes / "hedge.md")
        until(lambda: "hedge.md" in names_found(assistant, query))
        (notes / "hedge.md").unlink()
        until(lambda: "hedge.md" not in names_found(assistant, query))


@pytest.mark.model
def test_a_note_that_moves_into_a_folder_below_a_source_is_found_there(
    running: tuple[Carrel, subprocess.Popen[bytes]],
) -> None:
    carrel, _ = running
    notes = carrel.home / "notes"
    with client(carrel.library) as assistant:
        (notes / "well.md").write_text("The water of the well is tested in May.\n")
        until(lambda: assistant.holds(notes / "well.md"))
        (notes / "well.md").rename(notes / "deep" / "well.md")
        until(lambda: assistant.holds(notes / "deep" / "well.md"))


@pytest.mark.model
def test_a_second_owner_is_refused_and_told_of_the_first(
    running: tuple[Carrel, subprocess.Popen[bytes]],
) -> None:
    carrel, process = running
    second = carrel("watch")
    assert second.code == 3
    assert str(process.pid) in second.narration
    with client(carrel.library) as assistant:
        assert assistant.status().library == carrel.library, "the first one still answers"


@pytest.mark.model
def test_the_socket_is_the_users_alone(running: tuple[Carrel, subprocess.Popen[bytes]]) -> None:
    library = running[0].library
    assert stat.S_IMODE((library / endpoint.NAME).stat().st_mode) == 0o600
    assert stat.S_IMODE(library.stat().st_mode) == 0o700


@pytest.mark.model
@pytest.mark.parametrize(
    "attempt", [0, *(pytest.param(attempt, marks=pytest.mark.long) for attempt in range(1, 10))]
)
def test_of_two_owners_that_start_at_once_one_wins(home: Carrel, attempt: int) -> None:
    starting = [home.start("watch", "--json") for _ in range(2)]
    until(lambda: any(process.poll() is not None for process in starting))
    (lost,) = (process for process in starting if process.poll() is not None)
    (owner,) = (process for process in starting if process is not lost)
    assert lost.returncode == 3
    assert owner.stdout is not None
    assert json.loads(owner.stdout.readline())["event"] == "ready"
    with client(home.library) as assistant:
        assert assistant.status().indexing.watching
    owner.terminate()
    for process in starting:
        process.communicate(timeout=PATIENCE_S)
    assert owner.returncode == 0


@pytest.mark.model
def test_an_owner_killed_while_it_answers_is_an_error_for_its_client_and_no_obstacle_to_the_next(
    home: Carrel,
) -> None:
    with owning(home) as process, client(home.library) as assistant:
        for _ in assistant.add(home.home / "notes"):
            pass
        events = assistant.ask("How do we get to Lisbon?")
        next(events)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with pytest.raises(OwnerGone) as lost:
            for _ in events:
                pass
        assert lost.value.remedy
    assert (home.library / endpoint.NAME).exists(), "it left its socket"
    assert home("status", "--json").object["indexing"]["attached"] is False
    with owning(home), client(home.library) as assistant:
        assert "lisbon-2026.md" in names_found(assistant, "Lisbon")


# The socket


def test_a_library_with_a_long_path_has_a_socket_too(tmp_path: Path) -> None:
    deep = tmp_path / ("a folder with a long name " * 5) / ("and another in it " * 5)
    deep.mkdir(parents=True)
    with serving(StillLibrary(), deep), client(deep) as assistant:
        assert assistant.entries()


def send(folder: Path, request: bytes) -> bytes:
    """The owner's response to bytes; it may close the connection before it has read all of them."""
    connection = endpoint.connect(folder)
    assert connection is not None
    response = b""
    with connection, contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.settimeout(30)
        connection.sendall(request)
        while part := connection.recv(1 << 16):
            response += part
    return response


def post(method: str, body: bytes) -> bytes:
    head = (
        f"POST /{method} HTTP/1.1\r\nHost: owner\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def test_an_invalid_call_is_refused_and_the_next_call_is_answered(still: Path) -> None:
    assert b" 404 " in send(still, post("close", b"{}")), "a method that is not for clients"
    assert b" 404 " in send(still, post("__init__", b"{}"))
    assert b"value" not in send(still, post("status", b" " * (2 << 20) + b"{}"))
    assert b" 400 " in send(still, b"\x16\x03\x01 no HTTP\r\n\r\n")
    for body in (b"", b"[]", b'{"query": 1, "k": []}', b'{"query": "x", "k": 1, "more": 1}', b"\xff"):
        assert b"WireError" in send(still, post("search", body)), body
    with client(still) as assistant:
        assert assistant.status().counts


def test_a_call_that_is_given_up_stops_in_the_owner_and_others_go_on(tmp_path: Path) -> None:
    library = EndlessLibrary()
    with serving(library, tmp_path), client(tmp_path) as assistant:
        events = assistant.ask("When does the lease end?")
        next(events)
        events.close()  # type: ignore[attr-defined]
        until(lambda: library.stopped == 1)
        assert assistant.entries()


def test_a_cancelled_call_ends_with_what_it_has(tmp_path: Path) -> None:
    library = EndlessLibrary()
    with serving(library, tmp_path), client(tmp_path) as assistant:
        pressed = threading.Event()
        events = assistant.ask("When does the lease end?", cancelled=pressed.is_set)
        next(events)
        pressed.set()
        assert list(events)[-1] == ANSWERED
        assert library.stopped == 1


class EndlessLibrary(StillLibrary):
    """Writes an answer until it is cancelled."""

    stopped = 0

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        while not cancelled():
            yield AnswerText("more ")
            time.sleep(0.01)
        self.stopped += 1
        yield ANSWERED


def test_a_process_of_another_user_is_recognised() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert endpoint.is_own(ours)
    address = f"\0carrel-test-{os.getpid()}"
    listening = socket.socket(socket.AF_UNIX)
    with listening:
        listening.bind(address)
        listening.listen()
        if (child := os.fork()) == 0:
            os.setuid(65534)
            with socket.socket(socket.AF_UNIX) as foreign:
                foreign.connect(address)
                foreign.recv(1)
            os._exit(0)
        accepted, _ = listening.accept()
        with accepted:
            assert not endpoint.is_own(accepted)
        os.waitpid(child, 0)
