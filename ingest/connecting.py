"""Connections to a SQLite file of a library: to change it, or only to read it.

Called by `ingest.database`, which translates the errors.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from types import MappingProxyType

from ingest.encryption import PLAIN, Cipher, cipher_of
from ingest.encryption.ciphers import driver_errors, operational_errors

MEMORY = Path(":memory:")
"""In place of a path: a database in memory."""


SqlFunctions = Mapping[str, Callable[..., str | bytes | None]]
"""Functions that SQL calls, by name. They must not raise: an error would be taken for a damaged file."""


def connect(path: Path, functions: SqlFunctions) -> sqlite3.Connection:
    """A connection that may change the file. Creates the file when it is missing."""
    connection = cipher_at(path).connect(str(path))
    try:
        connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;"
            "PRAGMA secure_delete = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;"
        )
        _add(functions, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_to_read(path: Path, functions: SqlFunctions = MappingProxyType({})) -> sqlite3.Connection:
    """A connection that creates nothing: neither the file, nor what SQLite needs to share it with others.

    Without the file, the connection is to an empty database in memory.
    """
    log, shared = (path.with_name(f"{path.name}{suffix}") for suffix in ("-wal", "-shm"))
    # What a killed process left in the log is read with the file. A process that changes the file has a log
    # too, perhaps an empty one, and shared memory. Without a log, nobody changes the file.
    is_used = log.exists() and (log.stat().st_size or shared.exists())
    options = "mode=ro" if is_used else "mode=ro&immutable=1"
    place = f"{path.absolute().as_uri()}?{options}" if path.exists() else str(MEMORY)
    connection = cipher_at(path if path.exists() else MEMORY).connect(place)
    try:
        connection.executescript("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;")
        _add(functions, connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _add(functions: SqlFunctions, connection: sqlite3.Connection) -> None:
    for name, function in functions.items():
        connection.create_function(name, -1, function, deterministic=True)


def cipher_at(path: Path) -> Cipher:
    """The cipher of a database. Raises `LibraryLocked`."""
    return PLAIN if path == MEMORY else cipher_of(path.parent)


def problem_of(path: Path, *, oldest: int, newest: int) -> str:
    """What is wrong with a file of a library, as the end of a sentence; empty if nothing is.

    oldest, newest: the layouts that this Carrel can use.
    """
    try:
        with closing(connect_to_read(path)) as database:
            ((version,),) = database.execute("PRAGMA user_version")
            if version == 0:
                return "is a file of another program, or damaged"
            if version > newest:
                return f"was written by a newer Carrel (layout {version})"
            if version < oldest:
                return f"was written by a Carrel that is too old (layout {version})"
            ((state,),) = database.execute("PRAGMA quick_check(1)")
            return "" if state == "ok" else "is damaged"
    except UnicodeDecodeError:
        return "is damaged: its table of contents is not text"
    except operational_errors():
        return ""  # Another process has it open in a way that does not let it be read now.
    except driver_errors() as error:
        return f"is damaged: {error}"
