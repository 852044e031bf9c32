"""Unlocks a library: where its passphrase comes from, and the key that it gives.

A passphrase comes from a terminal, where it is not shown, from the first line of a file, a descriptor or
standard input, or from the desktop's keyring. It is never an argument or an environment variable, which other
programs can see. It is asked for before the library's lock is taken, so that no other command waits while a
person types, and before the process is confined.
"""

import contextlib
import getpass
from pathlib import Path
from typing import BinaryIO

from assistant.errors import EncryptionMismatch
from assistant.library.keyring import KeyringLocked, KeyringUnavailable, open_keyring
from ingest.encryption import KeyFile, hold_key, is_encrypted, is_locked, is_unsettled, read_key_file
from ingest.encryption.keyfile import SHORTEST_PASSPHRASE, problems_of
from ingest.errors import LibraryLocked, WrongPassphrase
from ingest.lock import is_held_by_command
from policies import endpoint
from policies.hygiene import one_line

ATTEMPTS = 3
"""How often a person may type a passphrase."""

LONGEST = 4096
"""Bytes of a passphrase in a file."""


class Passphrases:
    """Where the passphrases of one command come from."""

    def __init__(self, file: Path | None, stdin: BinaryIO) -> None:
        """Reads the file now, because the process may be confined later.

        file: the file whose first line is the passphrase; `-` is standard input, None asks on the terminal.
        Raises `LibraryLocked` when the file cannot be read.
        """
        self._stdin = stdin
        self.given = None if file is None else _first_line(file, stdin)
        """The passphrase in the file; None if there is no file."""

    def ask(self, prompt: str, *, because: str = "") -> str:
        """The passphrase of the file, or one that a person types without seeing it.

        because: a sentence that says why it has to be typed.
        Raises `LibraryLocked` if there is neither a file nor a terminal.
        """
        if self.given is not None:
            return self.given
        if not self._stdin.isatty():
            raise LibraryLocked(
                f"{because} Cannot ask for the passphrase: standard input is not a terminal.".lstrip(),
                remedy="Run the command or `carrel unlock` in a terminal, or use --passphrase-file.",
            )
        return getpass.getpass(f"{because} {prompt}: ".lstrip())

    def new(self) -> str:
        """A new passphrase; a person types it twice.

        Raises `WrongPassphrase` when it is too short or the two differ, and `LibraryLocked` as `ask` does.
        """
        passphrase = self.ask("New passphrase")
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise WrongPassphrase(
                f"The passphrase is too short: it must have at least {SHORTEST_PASSPHRASE} characters.",
                remedy="Use several unrelated words. Nothing was changed.",
            )
        if self.given is None and self.ask("Repeat the new passphrase") != passphrase:
            raise WrongPassphrase("The passphrases do not match. Nothing was changed.")
        return passphrase


def is_owned(library: Path, *, join_commands: bool) -> bool:
    """Whether an owner of the library answers, so that this process needs no key.

    join_commands: whether an owner that is a command, and ends with it, counts.
    """
    owner = endpoint.connect(library)
    if owner is None:
        return False
    owner.close()
    return join_commands or not is_held_by_command(library)


def require_encrypted(library: Path, *, wanted: bool) -> None:
    """Raises `EncryptionMismatch` if the library is not encrypted, or if it is and should not be."""
    if is_encrypted(library) != wanted:
        raise EncryptionMismatch(
            f"The library {one_line(str(library))} is {'not encrypted' if wanted else 'already encrypted'}.",
            remedy="To encrypt it, run: carrel encrypt"
            if wanted
            else "To change its passphrase, run: carrel passphrase",
        )


def prepare(library: Path, passphrases: Passphrases, *, keyring: bool = False) -> None:
    """Makes a library ready to be opened: finishes a conversion that was killed, and unlocks it.

    keyring: whether the passphrase may come from the desktop's keyring. Only a process that is not sealed yet
        can reach it.

    Raises `LibraryLocked` when the passphrase is wrong or cannot be asked for, and `LibraryDamaged` when the
    key file cannot be read.
    """
    if is_unsettled(library):
        # 0.3 s to import.
        from assistant.library.encrypting import settle

        settle(library)
    unlock(library, passphrases, keyring=keyring)


def unlock(library: Path, passphrases: Passphrases, *, keyring: bool = False) -> None:
    """Holds the key of the library in a folder, if it is encrypted. Raises as `prepare` does."""
    if not is_locked(library):
        return
    key_file = read_key_file(library)
    secret, because = None, ""
    if keyring and passphrases.given is None:
        secret, because = _kept(library, key_file)
    if secret is None:
        _, secret = ask_until_right(library, key_file, passphrases, because=because)
    hold_key(key_file, secret)
    if problems_of(library):
        with contextlib.suppress(OSError):
            key_file.write(library)


def ask_until_right(
    library: Path, key_file: KeyFile, passphrases: Passphrases, *, because: str = ""
) -> tuple[str, bytes]:
    """The passphrase of a library, and its data key. A person may try again. Raises as `prepare` does.

    because: as for `Passphrases.ask`.
    """
    left = 1 if passphrases.given is not None else ATTEMPTS
    while True:
        passphrase = passphrases.ask(f"Passphrase of {one_line(str(library))}", because=because)
        try:
            return passphrase, key_file.secret(passphrase)
        except WrongPassphrase:
            left -= 1
            if not left:
                raise


def _kept(library: Path, key_file: KeyFile) -> tuple[bytes | None, str]:
    """The data key that the passphrase in the keyring gives; None if there is none.

    The second value is a sentence for the person about why there is none; empty if there is nothing to say.
    """
    try:
        with open_keyring() as keyring:
            passphrase = keyring.passphrase(library)
        return (None if passphrase is None else key_file.secret(passphrase)), ""
    except WrongPassphrase:
        return None, "The passphrase in the keyring is wrong."
    except KeyringLocked as error:
        return None, error.message
    except KeyringUnavailable:
        return None, ""


def change_passphrase(library: Path, old: Passphrases, new: Passphrases) -> None:
    """Encrypts the key of a library with another passphrase. Raises as `prepare` does."""
    key_file = read_key_file(library)
    secret = key_file.secret(old.ask("Current passphrase"))
    key_file.rewrapped(secret, new.new()).write(library)


def _first_line(file: Path, stdin: BinaryIO) -> str:
    try:
        if str(file) == "-":
            line = stdin.readline(LONGEST)
        else:
            with file.open("rb") as content:
                line = content.readline(LONGEST)
        return line.decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise LibraryLocked(
            f"The passphrase cannot be read from {one_line(str(file))}: {reason or error}.",
            remedy="Its first line must be the passphrase.",
        ) from error
