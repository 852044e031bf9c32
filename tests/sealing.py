"""Scripts run in a process of their own, for the tests of the seal: sealing cannot be undone."""

import errno
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from policies import syscalls

ROOT = Path(__file__).resolve().parents[1]

PREAMBLE = f"""
import ctypes, errno, os, sys
sys.path.append({str(ROOT)!r})
from policies import bpf, network, process, syscalls
from policies.errors import PolicyRefusal
from policies.network import SealMode, seal, sealed
from policies.proof import prove
"""
"""What each script starts with."""

ALLOW_ALL = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)
"""A filter that allows every call, such as a container runtime may install."""

needs_filter = pytest.mark.skipif(syscalls.machine() is None, reason="no seccomp filter for this machine")


def run(
    script: str,
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    pass_fds: tuple[int, ...] = (),
    stdin: int = subprocess.DEVNULL,
) -> str:
    """Runs the script in a new process and returns what it prints. Fails when the process does."""
    child = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREAMBLE + script],
        cwd=cwd or ROOT,
        env={**os.environ, **(env or {})},
        pass_fds=pass_fds,
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


def killing_network(*, but_probes: bool = False) -> bytes:
    """A filter that kills a process which asks for an Internet socket, be it by native code.

    but_probes: whether sockets without flags, as the self-test of the seal asks for them, are refused
        instead. The resolvers of the C library and of curl, and Python, set SOCK_CLOEXEC.
    """
    load, jump, any_bit, give = 0x20, 0x15, 0x45, 0x06
    allow, kill, refuse = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
    code = (
        (load, 0, 0, 0),
        (jump, 0, 7, syscalls.number("socket")),
        (load, 0, 0, 16),
        (jump, 1, 0, socket.AF_INET),
        (jump, 0, 4, socket.AF_INET6),
        (load, 0, 0, 24),
        (any_bit, 1, 0, socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK),
        (give, 0, 0, refuse if but_probes else kill),
        (give, 0, 0, kill),
        (give, 0, 0, allow),
    )
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def without_seccomp() -> bytes:
    """A filter that makes the kernel look as if it was built without seccomp filters."""
    load, jump, give = 0x20, 0x15, 0x06
    allow, no_such_call = 0x7FFF0000, 0x00050000 | errno.ENOSYS
    is_seccomp = (jump, 0, 1, syscalls.number("seccomp"))
    code = ((load, 0, 0, 0), is_seccomp, (give, 0, 0, no_such_call), (give, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
