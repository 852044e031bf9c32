"""Writes a saved conversation to a file, for the UI, which can write none.

The process outside the seal must hold no text of a document, so a child of it does the work: it connects to
the owner, seals itself, asks for the conversation and writes the file. The UI names only the conversation;
name and content of the file are chosen here, and no existing file is replaced.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path

from policies import endpoint, network
from policies.errors import CarrelError
from policies.hygiene import one_line

MOST_EXPORTS = 1_000
"""Files of one day in one folder are numbered below this."""


def export(library: Path, seal: network.SealMode, folder: Path, conversation: str) -> str:
    """Writes the conversation with this id to a new file in `folder`; returns the file's path.

    Raises `CarrelError`, with a message that begins in lower case, if it is not saved or cannot be written.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os._exit(_report(library, seal, folder, conversation, writer))
    os.close(writer)
    with os.fdopen(reader, "rb") as report:
        data = report.read()
    os.waitpid(child, 0)
    reply = json.loads(data) if data else {"failed": "the process that writes it ended", "made": ""}
    if reply["failed"]:
        raise CarrelError(str(reply["failed"]))
    return str(reply["made"])


def _report(library: Path, seal: network.SealMode, folder: Path, conversation: str, writer: int) -> int:
    """The child's whole life."""
    reply = {"failed": "", "made": ""}
    try:
        reply["made"] = _write(library, seal, folder, conversation)
    except CarrelError as error:
        reply["failed"] = error.message.rstrip(".")
    except OSError as error:
        reply["failed"] = (error.strerror or "it cannot be written").lower()
    except Exception as error:
        # Its message may hold text of a document.
        reply["failed"] = f"an unexpected error ({type(error).__name__})"
    os.write(writer, json.dumps(reply).encode("ascii"))
    return 0


def _write(library: Path, seal: network.SealMode, folder: Path, conversation: str) -> str:
    connection = endpoint.connect(library)
    if connection is None:
        raise CarrelError("no process owns the library")
    network.seal(seal, connections=[connection.fileno()])
    # 0.2 s to import.
    from assistant.exporting import html
    from assistant.exporting.gathering import gather
    from assistant.library.client import Client

    with Client([connection]) as client:
        turns = client.turns(conversation)
        if not turns:
            raise CarrelError("it is not saved")
        replies = gather(client, [(turn.at, turn.answer) for turn in turns], pictures=True)
    text = html.conversation_page(turns[0].answer.question, replies)
    for number in range(1, MOST_EXPORTS):
        file = folder / f"carrel-{time.strftime('%Y-%m-%d')}-{number}.html"
        with suppress(FileExistsError), open(_new(file), "w", encoding="utf-8", errors="replace") as new:
            new.write(text)
            return str(file)
    raise CarrelError(f"{one_line(str(folder))} already has {MOST_EXPORTS - 1:,} such files")


def _new(file: Path) -> int:
    """The descriptor of a new file that only the person can read. Raises OSError if it exists."""
    return os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
