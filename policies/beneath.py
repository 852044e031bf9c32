"""Opens paths below a folder without following a link or entering another mount (openat2(2)).

The whole path is opened in one step, so nothing on the way can be swapped in between. On kernels older than
Linux 5.6, the path is opened component by component.

Called by the code that opens files of a source (`ingest.opening`) and by the broker on its behalf. It does
not decide which files may be read.
"""

import ctypes
import errno
import os
import struct
import sys

from policies import syscalls

PATH_ONLY = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK)
"""Opens something only to inspect it: where the system supports that, without permission to read it."""

_OPENAT2 = 437
"""The number of the system call, the same on all architectures (Linux 5.6)."""
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 1, 2, 4, 8
"""RESOLVE_* of linux/openat2.h."""
_RESOLVE = _NO_XDEV | _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH


def open_beneath(folder: int, path: bytes, flags: int) -> int:
    """A descriptor of `path`, relative to the descriptor `folder`.

    Raises OSError: ELOOP for a symbolic link on the way or at the end, EXDEV for another mount or a path that
    leads out of the folder, and the errors of open(2); ValueError for a path with a null byte.
    """
    if b"\0" in path:
        raise ValueError("embedded null byte")
    if sys.platform == "linux":
        name = ctypes.create_string_buffer(path)
        how = ctypes.create_string_buffer(struct.pack("=QQQ", flags, 0, _RESOLVE), 24)
        while True:
            result = syscalls.system_call(
                _OPENAT2, folder, ctypes.addressof(name), ctypes.addressof(how), len(how)
            )
            if result >= 0:
                return result
            # EAGAIN: something on the way was renamed during the call.
            if -result not in (errno.EINTR, errno.EAGAIN):
                break
        if -result != errno.ENOSYS:
            raise OSError(-result, os.strerror(-result))
    return _open_stepwise(folder, path, flags)


def _open_stepwise(folder: int, path: bytes, flags: int) -> int:
    """Opens `path` component by component, without following links."""
    *parents, last = path.split(b"/")
    if b".." in (*parents, last):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    device = os.fstat(folder).st_dev
    here = os.dup(folder)
    try:
        for name in parents:
            below = os.open(name, PATH_ONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = below
        descriptor = os.open(last, flags | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)
    if os.fstat(descriptor).st_dev != device:
        os.close(descriptor)
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    return descriptor
