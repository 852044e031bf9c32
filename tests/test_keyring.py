"""A library whose passphrase is in the desktop's keyring: a real one, on a session bus of its own."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest

from assistant.cli.exits import Exit
from tests.running import PATIENCE_S, Carrel, Outcome, write

secretstorage = pytest.importorskip("secretstorage")

PASSPHRASE = "kettle, slate and rain"
OTHER = "ladder, moss and bell"

pytestmark = pytest.mark.skipif(
    shutil.which("gnome-keyring-daemon") is None or shutil.which("dbus-daemon") is None,
    reason="GNOME Keyring or D-Bus is not installed",
)


@contextmanager
def program(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A program that runs until the `with` ends. It reads `stdin`, and its output can be read."""
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        try:
            yield process
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@pytest.fixture
def bus(carrel: Carrel) -> Iterator[dict[str, str]]:
    """The environment variable of a session with an unlocked keyring."""
    with program("dbus-daemon", "--session", "--print-address", "--nofork") as daemon:
        assert daemon.stdout is not None
        address = {"DBUS_SESSION_BUS_ADDRESS": daemon.stdout.readline().decode().strip()}
        home = {**carrel.environment(address), "XDG_RUNTIME_DIR": str(carrel.home)}
        keyring = ("gnome-keyring-daemon", "--foreground", "--components=secrets", "--unlock")
        with program(*keyring, stdin=b"the login password", env=home) as service:
            assert service.stdout is not None
            service.stdout.readline()  # It answers from here on.
            yield address


@pytest.fixture
def person(carrel: Carrel, bus: dict[str, str]) -> Callable[..., Outcome]:
    """Runs commands in that session on an encrypted library."""
    given = ("--passphrase-file", write(carrel.home / "passphrase", f"{PASSPHRASE}\n"))
    assert carrel("encrypt", *given).code == 0
    stored = carrel("keyring", "store", *given, env=bus)
    assert stored.code == 0, stored.narration
    return partial(carrel, env=bus)


def test_no_command_asks_for_a_passphrase_that_the_keyring_has(
    carrel: Carrel, person: Callable[..., Outcome]
) -> None:
    assert person("ls").code == 0
    assert person("unlock").code == 0
    assert person("lock").code == 0
    assert carrel("ls").code == Exit.LOCKED  # Outside of the session.


def test_a_passphrase_that_was_removed_is_asked_for_again(
    carrel: Carrel, person: Callable[..., Outcome]
) -> None:
    assert person("keyring", "remove", "--json").object["removed"]
    assert not person("keyring", "remove", "--json").object["removed"]
    assert person("ls").code == Exit.LOCKED


def test_the_keyring_may_have_an_earlier_passphrase(carrel: Carrel, person: Callable[..., Outcome]) -> None:
    new = write(carrel.home / "new", f"{OTHER}\n")
    changed = person(
        "passphrase", "--passphrase-file", carrel.home / "passphrase", "--new-passphrase-file", new
    )
    assert changed.code == 0
    refused = person("ls")
    assert refused.code == Exit.LOCKED
    assert "The passphrase in the keyring is wrong." in refused.narration
    assert person("ls", "--passphrase-file", new).code == 0
    assert person("keyring", "store", "--passphrase-file", new).code == 0
    assert person("ls").code == 0


def test_a_wrong_passphrase_is_not_stored(carrel: Carrel, person: Callable[..., Outcome]) -> None:
    wrong = write(carrel.home / "wrong", f"{OTHER}\n")
    assert person("keyring", "store", "--passphrase-file", wrong).code == Exit.LOCKED
    assert person("ls").code == 0


def test_a_locked_keyring_is_named(
    person: Callable[..., Outcome], bus: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus["DBUS_SESSION_BUS_ADDRESS"])
    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.get_default_collection(connection).lock()
        refused = person("ls")
        assert refused.code == Exit.LOCKED
        assert "The keyring is locked." in refused.narration
        assert person("keyring", "remove").code == Exit.LOCKED


def test_without_a_keyring_a_passphrase_file_is_enough(
    carrel: Carrel, person: Callable[..., Outcome]
) -> None:
    none = carrel("keyring", "store")
    assert none.code == Exit.LOCKED
    assert "No keyring can be reached in this session" in none.narration
    assert carrel("ls", "--passphrase-file", carrel.home / "passphrase").code == 0
