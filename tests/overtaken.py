"""A parser that a document has taken over: what the document holds is run as Python.

The worst a hole in a parser can come to. Loaded by the jail's template in tests.
"""

from typing import Any

from ingest import parsers
from ingest.documents import Document


def preload() -> None:
    """Loads what the code in documents uses: they can load nothing themselves."""
    import ctypes  # noqa: F401
    import socket  # noqa: F401
    import subprocess  # noqa: F401
    import time  # noqa: F401

    parsers.preload()


def parse(path: str, data: bytes, digest: str) -> Document:
    """Runs `data`; the document's text is what it leaves in `said`."""
    scope: dict[str, Any] = {"said": "nothing"}
    try:
        exec(data.decode(), scope)
    except OSError as error:
        scope["said"] = f"refused: {type(error).__name__} {error.errno}"
    return parsers.parse("/said.txt", str(scope["said"]).encode(), digest)
