"""Commands of encryption at rest: encrypt, decrypt, passphrase, unlock, lock, keyring store and remove."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.command import command
from assistant.cli.helping import WholeSentences
from assistant.cli.session import Role, Session
from assistant.library.unlocking import require_encrypted
from ingest.errors import LibraryBusy
from policies.hygiene import one_line

if TYPE_CHECKING:
    from ingest.lock import Lock

END_S = 15.0
"""Seconds that an owner gets to end when the library is locked."""

POLL_S = 0.05
"""Seconds between two looks at whether it has ended."""

FINAL = (
    "A lost passphrase cannot be recovered, and without it nobody can read the library, you included. Your"
    " documents themselves are not touched, but conversations and everything else that Carrel made would be"
    " lost."
)


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (encrypt, decrypt, passphrase, lock):
        command(app, role=Role.ALONE)(function)
    command(app, role=Role.STARTER)(unlock)
    keyring = typer.Typer(
        cls=WholeSentences, help="Keep the passphrase in the keyring of your desktop.", no_args_is_help=True
    )
    for function in (store, remove):
        # The keyring is reached over a socket of its own, so these commands run without a seal.
        command(keyring, role=Role.ONLINE)(function)
    app.add_typer(keyring, name="keyring")


def encrypt(session: Session) -> None:
    """Encrypt the library with a passphrase.

    Text, words, vectors, conversations, summaries, cached prompts, the audit log, and the names of documents
    can then be read only with the passphrase. The old files are overwritten and removed. A lost passphrase
    cannot be recovered.

    Examples:
        carrel encrypt
        carrel encrypt --passphrase-file ~/secret.txt
    """
    from assistant.library.encrypting import encrypt as convert
    from assistant.library.encrypting import finish
    from ingest.encryption.keyfile import new_key_file

    held = _hold(session)
    try:
        finish(session.library)
        require_encrypted(session.library, wanted=False)
        session.output.note(FINAL)
        key_file, secret = new_key_file(session.passphrases.new())
        session.confine()
        with session.output.progress("databases", patient=True) as progress:
            convert(session.library, key_file, secret, progress)
    finally:
        held.release()
    session.output.print(f"Encrypted: {one_line(str(session.library))}")
    session.output.note(
        "Earlier backups, snapshots of the disk and blocks that an SSD has set aside may still hold the old"
        " files. To work without typing the passphrase each time: carrel unlock"
    )
    session.output.print_json({"library": str(session.library), "encrypted": True})


def decrypt(session: Session) -> None:
    """Turn an encrypted library into a plain one.

    Examples:
        carrel decrypt
    """
    from assistant.library.encrypting import decrypt as convert
    from assistant.library.encrypting import finish

    held = _hold(session)
    try:
        finish(session.library)
        require_encrypted(session.library, wanted=True)
        session.unlock()
        session.confine()
        with session.output.progress("databases", patient=True) as progress:
            convert(session.library, progress)
    finally:
        held.release()
    session.output.print(f"Decrypted: {one_line(str(session.library))}")
    session.output.print_json({"library": str(session.library), "encrypted": False})


def passphrase(
    session: Session,
    new_file: Annotated[
        Path | None,
        typer.Option("--new-passphrase-file", metavar="FILE", help="The first line is the new passphrase."),
    ] = None,
) -> None:
    """Change the passphrase of the library.

    The data is not encrypted again: anyone who has a copy of the old key file and knows the old passphrase
    can still use them. To change the key itself, run `carrel decrypt` and `carrel encrypt`.

    Examples:
        carrel passphrase
    """
    from assistant.library.unlocking import Passphrases, change_passphrase

    require_encrypted(session.library, wanted=True)
    session.output.note(FINAL)
    change_passphrase(session.library, session.passphrases, Passphrases(new_file, session.stdin))
    session.output.print("The passphrase is changed.")
    session.output.print_json({"library": str(session.library), "changed": True})


def unlock(session: Session) -> None:
    """Unlock the library until `carrel lock`, or until the computer is switched off.

    Starts an owner in the background, which holds the key and answers the other commands. It keeps the
    library up to date, as `carrel watch` does.

    Examples:
        carrel unlock
        carrel unlock --passphrase-file ~/secret.txt
    """
    started = not session.attached
    where = one_line(str(session.library))
    session.output.print(f"Unlocked: {where}" if started else f"Already unlocked: {where}")
    session.output.print_json({"library": str(session.library), "started": started})


def lock(session: Session) -> None:
    """Lock the library: the process that holds the key forgets the key and ends.

    From then on, commands ask for the passphrase. A command that is still working on the library goes on.

    Examples:
        carrel lock
    """
    from ingest.lock import Lock, is_held_by_command

    require_encrypted(session.library, wanted=True)
    began, told = time.monotonic(), False
    while True:
        try:
            Lock(session.library).release()
            break
        except LibraryBusy as busy:
            if busy.pid is None or is_held_by_command(session.library):
                raise
            if time.monotonic() - began > END_S:
                raise
            if not told:
                os.kill(busy.pid, signal.SIGTERM)
                told = True
        time.sleep(POLL_S)
    session.output.print(f"{'Locked' if told else 'Already locked'}: {one_line(str(session.library))}")
    session.output.print_json({"library": str(session.library), "ended": told})


def store(session: Session) -> None:
    """Keep the passphrase of the library in the keyring of your desktop, so that no command asks for it.

    The keyring is unlocked when you log in, as a rule, and every program that you run can then read it. The
    commands `check`, `backup`, `decrypt` and `passphrase` still ask. After `carrel passphrase`, store the
    new passphrase.

    Examples:
        carrel keyring store
    """
    from assistant.library.keyring import open_keyring
    from assistant.library.unlocking import ask_until_right
    from ingest.encryption import read_key_file

    require_encrypted(session.library, wanted=True)
    with open_keyring() as keyring:
        right, _ = ask_until_right(session.library, read_key_file(session.library), session.passphrases)
        keyring.store(session.library, right)
    session.output.print(f"The keyring now has the passphrase of {one_line(str(session.library))}")
    session.output.print_json({"library": str(session.library), "stored": True})


def remove(session: Session) -> None:
    """Remove the passphrase of the library from the keyring of your desktop.

    Commands ask for it again. The library stays as it is.

    Examples:
        carrel keyring remove
    """
    from assistant.library.keyring import open_keyring

    with open_keyring() as keyring:
        removed = keyring.remove(session.library)
    where = one_line(str(session.library))
    session.output.print(
        f"The keyring no longer has the passphrase of {where}"
        if removed
        else f"The keyring has no passphrase of {where}"
    )
    session.output.print_json({"library": str(session.library), "removed": removed})


def _hold(session: Session) -> Lock:
    """The lock of the library, which other commands wait for. Raises `LibraryBusy`."""
    from ingest.lock import Lock

    held = Lock(session.library)
    held.mark_as_command()
    return held
