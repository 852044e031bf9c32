"""File confinement: a process that can open, change or remove no file by name.

Landlock restricts what a process may do with files (landlock(7)). With no rule at all, only the descriptors
that are already open remain. A process needs no privileges to confine itself, the confinement cannot be
removed, and its children inherit it.

Where the kernel has no Landlock, the system call filter of a parser's process (`policies.bpf.worker_filter`)
refuses the same calls.
"""

import ctypes
import errno
import os
import struct

from policies.syscalls import give_up_privileges, machine, system_call

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""System call numbers, the same on every architecture."""
_VERSION = 1
"""LANDLOCK_CREATE_RULESET_VERSION: asks for the ABI."""

_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI: how many kinds of file access it knows. An ABI that is not listed knows as many as the next lower one.
"""
_NET_SINCE, _NET_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


def confine() -> int:
    """Takes all file access by name from the calling thread and the threads it starts from now on.

    Returns the Landlock ABI in force, 0 where the kernel has none. Raises OSError when the kernel has
    Landlock and refuses.
    """
    if machine() is None:
        return 0
    abi = system_call(_CREATE_RULESET, 0, 0, _VERSION)
    if abi in (-errno.ENOSYS, -errno.EOPNOTSUPP):
        return 0
    _check(abi)
    kinds = _FS_RIGHTS[max(known for known in _FS_RIGHTS if known <= abi)]
    handled = struct.pack(
        "=QQQ",
        (1 << kinds) - 1,
        _NET_RIGHTS if abi >= _NET_SINCE else 0,
        _SCOPES if abi >= _SCOPES_SINCE else 0,
    )
    attributes = ctypes.create_string_buffer(handled, len(handled))
    ruleset = system_call(_CREATE_RULESET, ctypes.addressof(attributes), len(handled), 0)
    _check(ruleset)
    try:
        _check(give_up_privileges())
        _check(system_call(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return abi


def _check(result: int) -> None:
    """Raises OSError for a negated errno."""
    if result < 0:
        raise OSError(-result, os.strerror(-result))
