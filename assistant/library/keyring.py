"""The desktop's keyring, which can hold the passphrase of a library while its owner is logged in.

It is the Secret Service of freedesktop.org, which GNOME Keyring, KWallet and KeePassXC provide, reached over
the session bus. That bus can start programs, so a process connects to it only before it is sealed, and closes
the connection before it reads anything of the library.

An entry is found by the path of the library's folder. So it can be removed even if the library is gone, and
people who open the keyring see what it is for.
"""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import LibraryLocked
from policies.hygiene import one_line

if TYPE_CHECKING:
    from jeepney.io.blocking import DBusConnection  # type: ignore[import-untyped]
    from secretstorage import Collection, Item

UNLOCK_S = 120.0
"""Seconds that a person gets to unlock the keyring when the desktop asks for its password."""


class KeyringUnavailable(LibraryLocked):
    """No keyring can be reached; the message says why."""


class KeyringLocked(KeyringUnavailable):
    """The keyring is locked, and nobody unlocked it."""


class Keyring:
    """The default keyring of this session, until it is closed."""

    def __init__(self, connection: "DBusConnection") -> None:
        """connection: an open connection to the session bus. Use `open_keyring`."""
        self._bus = connection

    def passphrase(self, library: Path) -> str | None:
        """The passphrase that is kept for a library; None if there is none.

        The desktop asks for the keyring's password if it is locked. Raises `KeyringUnavailable`.
        """
        with _translated_errors():
            for item in self._items(library):
                _unlock(item)
                return item.get_secret().decode("utf-8")
            return None

    def store(self, library: Path, passphrase: str) -> None:
        """Keeps the passphrase of a library, in place of an earlier one. Raises `KeyringUnavailable`."""
        import secretstorage

        with _translated_errors():
            collection = secretstorage.get_default_collection(self._bus)
            _unlock(collection)
            label = f"Carrel: {one_line(str(library))}"
            collection.create_item(label, _attributes(library), passphrase.encode("utf-8"), replace=True)

    def remove(self, library: Path) -> bool:
        """Removes the passphrase of a library, and returns whether there was one.

        Raises `KeyringUnavailable`.
        """
        with _translated_errors():
            found = list(self._items(library))
            for item in found:
                _unlock(item)
                item.delete()
            return bool(found)

    def _items(self, library: Path) -> "Iterator[Item]":
        import secretstorage

        return secretstorage.search_items(self._bus, _attributes(library))


@contextlib.contextmanager
def open_keyring() -> Iterator[Keyring]:
    """The keyring of this session, for a process that is not sealed yet. Raises `KeyringUnavailable`."""
    if sys.platform != "linux":
        raise KeyringUnavailable(
            "Carrel can use a keyring only on Linux.", remedy="Use --passphrase-file, or `carrel unlock`."
        )
    try:
        import secretstorage
    except ImportError:
        raise KeyringUnavailable(
            "The package for the keyring is not installed.",
            remedy="To install it, run `pip install -c constraints.txt '.[keyring]'` in Carrel's folder.",
        ) from None
    with _translated_errors():
        connection = secretstorage.dbus_init()
    try:
        yield Keyring(connection)
    finally:
        connection.close()


@contextlib.contextmanager
def _translated_errors() -> Iterator[None]:
    """Turns errors of the session bus and the keyring into `KeyringUnavailable`."""
    from jeepney import DBusErrorResponse  # type: ignore[import-untyped]
    from secretstorage import LockedException, PromptDismissedException, SecretStorageException

    try:
        yield
    except (LockedException, PromptDismissedException, TimeoutError):
        raise _locked() from None
    except (SecretStorageException, DBusErrorResponse, OSError, UnicodeDecodeError) as error:
        raise KeyringUnavailable(
            f"No keyring can be reached in this session: {one_line(str(error))}.",
            remedy="Run the command in a desktop session whose keyring is on, or use --passphrase-file.",
        ) from None


def _unlock(locked: "Item | Collection") -> None:
    """Unlocks an entry or the keyring if necessary, for which the desktop asks the person."""
    if locked.is_locked() and locked.unlock(timeout=UNLOCK_S):
        raise _locked()


def _locked() -> KeyringLocked:
    return KeyringLocked(
        "The keyring is locked.",
        remedy="Unlock it, for instance by logging in to the desktop, or use --passphrase-file.",
    )


def _attributes(library: Path) -> dict[str, str]:
    return {"application": "carrel", "library": one_line(str(library))}
