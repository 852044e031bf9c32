"""Scripts run in a process of their own, for the tests of the seal: sealing cannot be undone."""

import errno
import os
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


def without_seccomp() -> bytes:
    """A filter that makes the kernel look as if it was built without seccomp filters."""
    load, jump, give = 0x20, 0x15, 0x06
    allow, no_such_call = 0x7FFF0000, 0x00050000 | errno.ENOSYS
    is_seccomp = (jump, 0, 1, syscalls.number("seccomp"))
    code = ((load, 0, 0, 0), is_seccomp, (give, 0, 0, no_such_call), (give, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
