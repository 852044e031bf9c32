"""The parsers with a transcriber that reads a script: stands in for a speech model.

Loaded by the jail's template in tests. The script is the file of the model: a line for each piece, with its
start, its end and its text.
"""

from collections.abc import Mapping

from ingest import parsers
from ingest.documents import Document
from ingest.parsers import preload
from ingest.parsers.audio import Speech, Transcript

__all__ = ["load", "parse", "preload", "transcript"]

_script: list[str] = []


def load(files: Mapping[str, bytes]) -> None:
    """Takes the script."""
    _script.extend(files["model.bin"].decode().splitlines())


def transcript(lines: list[str]) -> Transcript:
    """What the lines of a script say."""
    pieces = []
    for line in lines:
        start, end, text = line.split(" ", 2)
        pieces.append(Speech(float(start), float(end), text))
    return Transcript(tuple(pieces), pieces[-1].end, 0.0)


def parse(path: str, data: bytes, digest: str) -> Document:
    """Like `parsers.parse`, with what the script says in every recording."""
    return parsers.parse(path, data, digest, transcriber=lambda recording: transcript(_script))
