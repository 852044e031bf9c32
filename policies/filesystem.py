"""No files: a process that can open, change and remove nothing by its name.

Landlock takes away what a process may do with files (landlock(7)). With no rule at all, nothing is left
but the descriptors it holds. A process needs no rights to shut itself in, and nothing lifts it again; its
children are shut in with it.

Where the kernel has no Landlock, the system call filter of a worker (`policies.bpf`) refuses the same calls.
"""

import ctypes
import errno
import os
import struct

from policies import bpf

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
"""The same on every architecture."""
_VERSION = 1
"""LANDLOCK_CREATE_RULESET_VERSION: asks for the ABI."""

_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many kinds of access each ABI knows, those between two as the lower one."""
_NET_SINCE, _NET_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


def shut_out() -> int:
    """Takes every file from the calling thread and those it will start.

    Returns the ABI of Landlock that does it, 0 where the kernel has none. Raises OSError when the
    kernel has it and refuses.
    """
    if bpf.machine() is None:
        return 0
    abi = bpf.system_call(_CREATE_RULESET, 0, 0, _VERSION)
    if abi in (-errno.ENOSYS, -errno.EOPNOTSUPP):
        return 0
    _raise(abi)
    kinds = _FS_RIGHTS[max(known for known in _FS_RIGHTS if known <= abi)]
    handled = struct.pack(
        "=QQQ",
        (1 << kinds) - 1,
        _NET_RIGHTS if abi >= _NET_SINCE else 0,
        _SCOPES if abi >= _SCOPES_SINCE else 0,
    )
    buffer = ctypes.create_string_buffer(handled, len(handled))
    ruleset = bpf.system_call(_CREATE_RULESET, ctypes.addressof(buffer), len(handled), 0)
    _raise(ruleset)
    try:
        _raise(bpf.give_up_privileges())
        _raise(bpf.system_call(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return abi


def _raise(result: int) -> None:
    if result < 0:
        raise OSError(-result, os.strerror(-result))
