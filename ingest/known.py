"""Reads the sources of a library before the process that owns it confines itself.

The owner's broker hands out files in these sources wherever they are (`policies.broker`). It must know them
before the heavy modules of the catalogue are imported, so this is a single query. It writes nothing and takes
no lock.
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path


def known_sources(catalogue: Path) -> tuple[str, ...]:
    """The sources in a catalogue, resolved; none if there is no catalogue, or it cannot be read."""
    if not catalogue.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{catalogue.absolute().as_uri()}?mode=ro", uri=True)) as database:
            # Another program may have changed the file, so no SQL function that it defines is run.
            database.execute("PRAGMA trusted_schema = OFF")
            rows = database.execute("SELECT path FROM sources").fetchall()
    except sqlite3.Error:
        return ()
    return tuple(os.path.realpath(os.fsdecode(path)) for (path,) in rows)
