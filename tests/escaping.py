"""The escapes of a process that a document has subverted: what it would do first, tried from within.

`escapes` is called in each kind of process. As a parser's module, this module tries them in the template.
"""

import ctypes
import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ingest.documents import Document, Metadata, Picture
from policies.broker import open_to_read

HOME, VICTIM, SOURCE = "CARREL_TEST_HOME", "CARREL_TEST_VICTIM", "CARREL_TEST_SOURCE"
"""Environment variables: a person's home, the id of one of their other processes, a folder of documents."""


_found: dict[str, str] = {}


def escapes(*, reads_sources: bool) -> dict[str, str]:
    """The result of each attempt: the name of the errno with which it was refused, else what happened.

    reads_sources: whether this kind of process may read documents, so that only changing them is an escape.
    """
    home, source, victim = Path(os.environ[HOME]), Path(os.environ[SOURCE]), int(os.environ[VICTIM])

    def write(*parts: str) -> Callable[[], object]:
        return lambda: home.joinpath(*parts).write_text("owned")

    def ptrace() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.ptrace(16, victim, None, None) != 0:
            raise OSError(ctypes.get_errno(), "")

    attempts: dict[str, Callable[[], object]] = {
        "start-up file": write(".bashrc"),
        "ssh": write(".ssh", "authorized_keys"),
        "autostart": write(".config", "autostart", "owned.desktop"),
        "service": write(".config", "systemd", "user", "owned.service"),
        "configuration": write("config", "carrel", "config.toml"),
        "another temporary folder": lambda: Path("/var/tmp/owned").write_text("owned"),
        "memory of another process": lambda: open(f"/proc/{victim}/mem", "r+b").close(),
        "another process in /proc": lambda: Path(f"/proc/{victim}/cmdline").read_bytes(),
        "ptrace": ptrace,
        "signal": lambda: os.kill(victim, signal.SIGTERM),
        "program": lambda: subprocess.run(["/bin/true"]),
        "Python": lambda: subprocess.run([sys.executable, "-c", ""]),
        "changing a source": lambda: (source / "note.md").write_text("owned"),
        "removing from a source": lambda: (source / "note.md").unlink(),
        "device": lambda: os.close(os.open("/dev/ptmx", os.O_RDWR)),
        "moving a document": lambda: (source / "note.md").rename(source / "moved.md"),
        "a link to a secret": lambda: os.link(source / "note.md", home / "library" / "linked.md"),
    }
    if not reads_sources:
        attempts["reading a source"] = (source / "note.md").read_bytes
    return {name: _result(attempt) for name, attempt in attempts.items()}


def from_broker() -> dict[str, str]:
    """The same for what the owner's broker may be asked to open, and one document that it hands out."""
    home, source = Path(os.environ[HOME]), Path(os.environ[SOURCE])

    def ask(folder: Path, path: bytes, flags: int = os.O_RDONLY) -> Callable[[], object]:
        def attempt() -> None:
            root = os.open(folder, os.O_PATH | os.O_DIRECTORY)
            try:
                os.close(open_to_read(root, path, flags))
            finally:
                os.close(root)

        return attempt

    (home / "library" / "link").symlink_to(home / ".ssh" / "authorized_keys")
    attempts = {
        "a document, by the broker": ask(source, b"note.md"),
        "the broker: ssh": ask(home, b".ssh/authorized_keys"),
        "the broker: ssh, from its folder": ask(home / ".ssh", b"authorized_keys"),
        "the broker: listing ssh": ask(home / ".ssh", b"", os.O_RDONLY | os.O_DIRECTORY),
        "the broker: out of a source": ask(source, b"../.bashrc"),
        "the broker: by a link": ask(home / "library", b"link"),
        "the broker: a system file": ask(Path("/"), b"etc/passwd"),
        "the broker: memory": ask(Path("/proc/self"), b"mem"),
        "the broker: a device": ask(Path("/dev"), b"ptmx"),
        "the broker: configuration": ask(home / "config", b"carrel/config.toml"),
        "the broker: its library": ask(home / "library", b"catalogue.db"),
        "the broker: to write": ask(source, b"note.md", os.O_RDWR),
        "the broker: to empty": ask(source, b"note.md", os.O_TRUNC),
        "the broker: to create": ask(source, b"new.md", os.O_CREAT),
    }
    return {name: _result(attempt) for name, attempt in attempts.items()}


def _result(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "it got through"


# The interface of a parser's module


def preload() -> None:
    """Tries to escape from the template."""
    _found.update(escapes(reads_sources=False))


def parse(path: str, data: bytes, digest: str) -> Document:
    """A document whose text is the results."""
    text = json.dumps(_found)
    return Document("id", path, "text/plain", "", Metadata((), (), None), (text,), ())


def draw(path: str, data: bytes, page: int, width: int) -> Picture:
    """No picture."""
    return Picture(1, 1, bytes(3))
