"""The beginnings of a library's documents, read by a process that does not own the library.

`carrel doctor` calls it. It takes no lock and writes nothing: where no process has the catalogue open, it is
read as a file that does not change, else through SQLite's log, as its owner's other readers are.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

MOST_DOCUMENTS = 500
"""Documents of which the beginning is read."""

MOST_CHARACTERS = 2_000
"""Length of a beginning."""


def beginnings(catalogue: Path) -> list[str]:
    """Returns the beginnings of up to `MOST_DOCUMENTS` documents, of all ages; none if it cannot be read."""
    log = catalogue.with_name(f"{catalogue.name}-wal")
    mode = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{catalogue.absolute().as_uri()}?{mode}", uri=True)) as database:
            rows = database.execute(
                "SELECT substr(text, 1, ?) FROM pages WHERE number ="
                " (SELECT min(number) FROM pages AS others WHERE others.document = pages.document)"
                # A remainder by a prime: documents of all ages, the same ones each time.
                " ORDER BY document * 7919 % 1009 LIMIT ?",
                (MOST_CHARACTERS, MOST_DOCUMENTS),
            ).fetchall()
    except sqlite3.Error:
        return []
    return [str(text) for (text,) in rows]
