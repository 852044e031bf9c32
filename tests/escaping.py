"""The escapes of a process that a document has subverted: what it would do first, tried from within.

`escapes` is called in each kind of process. As a parser's module, this module tries them in the template.
"""

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ingest.documents import Document, Metadata, Picture
from policies.broker import open_to_read

HOME, VICTIM, SOURCE = "CARREL_TEST_HOME", "CARREL_TEST_VICTIM", "CARREL_TEST_SOURCE"
"""Environment variables: a person's home, the id of one of their other processes, a folder of documents."""


_found: dict[str, str] = {}


def escapes() -> dict[str, str]:
    """The result of each attempt: the name of the errno with which it was refused, else what happened."""
    home, source, victim = Path(os.environ[HOME]), Path(os.environ[SOURCE]), int(os.environ[VICTIM])

    def write(*parts: str) -> Callable[[], object]:
        return lambda: home.joinpath(*parts).write_text("owned")

    libc = ctypes.CDLL(None, use_errno=True)

    def call(function: str, *arguments: int | None) -> Callable[[], object]:
        def attempt() -> None:
            if getattr(libc, function)(*arguments) < 0:
                raise OSError(ctypes.get_errno(), "")

        return attempt

    def run_from_memory() -> None:
        program = os.memfd_create("program")
        os.write(program, Path("/bin/true").read_bytes())
        os.execve(program, ["true"], {})

    secret = home / ".ssh" / "authorized_keys"
    attempts: dict[str, Callable[[], object]] = {
        "start-up file": write(".bashrc"),
        "ssh": write(".ssh", "authorized_keys"),
        "autostart": write(".config", "autostart", "owned.desktop"),
        "service": write(".config", "systemd", "user", "owned.service"),
        "configuration": write("config", "carrel", "config.toml"),
        "another temporary folder": lambda: Path("/var/tmp/owned").write_text("owned"),
        "memory of another process": lambda: open(f"/proc/{victim}/mem", "r+b").close(),
        "another process in /proc": lambda: Path(f"/proc/{victim}/cmdline").read_bytes(),
        "ptrace": call("ptrace", 16, victim, None, None),
        "signal": lambda: os.kill(victim, signal.SIGTERM),
        "signal by descriptor": lambda: signal.pidfd_send_signal(os.pidfd_open(victim), signal.SIGTERM),
        "limits of another process": lambda: resource.prlimit(victim, resource.RLIMIT_CPU, (1, 1)),
        "priority of another process": lambda: os.setpriority(os.PRIO_PROCESS, victim, 19),
        "priority of its group": lambda: os.setpriority(os.PRIO_PGRP, 0, 19),
        "priority of its user": lambda: os.setpriority(os.PRIO_USER, 0, 19),
        "scheduling of another process": lambda: os.sched_setscheduler(
            victim, os.SCHED_BATCH, os.sched_param(0)
        ),
        "shared memory": call("shmget", 4711, 4096, 0o1600),
        "messages": call("msgget", 4711, 0o1600),
        "program": lambda: subprocess.run(["/bin/true"]),
        "Python": lambda: subprocess.run([sys.executable, "-c", ""]),
        "program in memory": run_from_memory,
        "permissions": lambda: secret.chmod(0o666),
        "owner": lambda: os.chown(secret, os.getuid(), os.getgid()),
        "attribute": lambda: os.setxattr(secret, "user.owned", b"owned"),
        "flags of a file": lambda: fcntl.ioctl(0, 0x40086602, bytes(8)),
        "time": lambda: os.utime(secret),
        "emptying a file": lambda: os.truncate(secret, 0),
        "its path by /proc": lambda: Path("/proc/self", "root", *secret.parts[1:]).write_text("owned"),
        "name of the machine": lambda: socket.sethostname(socket.gethostname()),
        "another root": lambda: os.chroot(home),
        "pipe": lambda: os.mkfifo(home / "library" / "pipe"),
        "reading a source": (source / "note.md").read_bytes,
        "reading another folder": (home / "letters" / "letter.md").read_bytes,
        "reading a key": secret.read_bytes,
        "changing a source": lambda: (source / "note.md").write_text("owned"),
        "removing from a source": lambda: (source / "note.md").unlink(),
        "device": lambda: os.close(os.open("/dev/ptmx", os.O_RDWR)),
        "moving a document": lambda: (source / "note.md").rename(source / "moved.md"),
        "a link to a secret": lambda: os.link(source / "note.md", home / "library" / "linked.md"),
    }
    return {name: _result(attempt) for name, attempt in attempts.items()}


def from_broker() -> dict[str, str]:
    """The same for what the owner's broker may be asked to open, and two documents that it may hand out."""
    home, source = Path(os.environ[HOME]), Path(os.environ[SOURCE])

    def ask(folder: Path, path: bytes, flags: int = os.O_RDONLY) -> Callable[[], object]:
        def attempt() -> None:
            root = os.open(folder, os.O_PATH | os.O_DIRECTORY)
            try:
                os.close(open_to_read(root, path, flags))
            finally:
                os.close(root)

        return attempt

    def end_children() -> None:
        for child in Path("/proc/thread-self/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)

    (home / "library" / "link").symlink_to(home / ".ssh" / "authorized_keys")
    attempts = {
        "a document, by the broker": ask(source, b"note.md"),
        "a document of no source, by the broker": ask(home / "letters", b"letter.md"),
        "the broker: ssh": ask(home, b".ssh/authorized_keys"),
        "the broker: ssh, from its folder": ask(home / ".ssh", b"authorized_keys"),
        "the broker: listing ssh": ask(home / ".ssh", b"", os.O_RDONLY | os.O_DIRECTORY),
        "the broker: out of a source": ask(source, b"../.bashrc"),
        "the broker: by a link": ask(home / "library", b"link"),
        "the broker: a hidden folder below another": ask(home, b"projects/.git/config"),
        "the broker: a link to itself": ask(Path("/proc/self/fd"), b"0"),
        "the broker: a pipe": ask(home / "notes", b"pipe"),
        "the broker: a system file": ask(Path("/"), b"etc/passwd"),
        "the broker: memory": ask(Path("/proc/self"), b"mem"),
        "the broker: a device": ask(Path("/dev"), b"ptmx"),
        "the broker: configuration": ask(home / "config", b"carrel/config.toml"),
        "the broker: its library": ask(home / "library", b"catalogue.db"),
        "the broker: to end it": end_children,
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
    _found.update(escapes())


def parse(path: str, data: bytes, digest: str) -> Document:
    """A document whose text is the results."""
    text = json.dumps(_found)
    return Document("id", path, "text/plain", "", Metadata((), (), None), (text,), ())


def draw(path: str, data: bytes, page: int, width: int, words: str) -> Picture:
    """No picture."""
    return Picture(1, 1, bytes(3))
