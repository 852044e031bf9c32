"""A parser that a document has taken over: it runs the document's content as Python.

It stands for the worst effect of a vulnerability in a parser. The jail's template process loads it in tests.
"""

from typing import Any

from ingest import parsers
from ingest.documents import Document


def preload() -> None:
    """Imports what the code in documents uses. In the jail it can import nothing."""
    import ctypes  # noqa: F401
    import socket  # noqa: F401
    import subprocess  # noqa: F401
    import time  # noqa: F401

    parsers.preload()


def parse(path: str, data: bytes, digest: str) -> Document:
    """Runs `data`, whose variable `said` becomes the text of the document."""
    scope: dict[str, Any] = {"said": "nothing"}
    try:
        exec(data.decode(), scope)
    except OSError as error:
        scope["said"] = f"refused: {type(error).__name__} {error.errno}"
    return parsers.parse("/said.txt", str(scope["said"]).encode(), digest)
