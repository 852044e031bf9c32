"""Reads the sources of a library before the process that owns it confines itself.

The owner's broker hands out files in these sources wherever they are (`policies.broker`). It must know them
before the heavy modules of the catalogue are imported, so this is a single query. It writes nothing and takes
no lock.
"""

import os
from contextlib import closing
from pathlib import Path

from ingest.encryption import cipher_of
from ingest.encryption.ciphers import driver_errors
from ingest.errors import LibraryLocked


def known_sources(catalogue: Path) -> tuple[str, ...]:
    """The sources in a catalogue, resolved; none if there is none, or it is locked or cannot be read."""
    if not catalogue.exists():
        return ()
    try:
        cipher = cipher_of(catalogue.parent)
        with closing(cipher.connect(f"{catalogue.absolute().as_uri()}?mode=ro")) as database:
            # Another program may have changed the file, so no SQL function that it defines is run.
            database.execute("PRAGMA trusted_schema = OFF")
            rows = database.execute("SELECT path FROM sources").fetchall()
    except driver_errors(LibraryLocked):
        return ()
    return tuple(os.path.realpath(os.fsdecode(path)) for (path,) in rows)
