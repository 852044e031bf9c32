"""The kernel filters: which system calls a sealed, a confined, and a parser's process may still make.

Each filter is a seccomp program in classic BPF, for x86_64 or aarch64. `policies.network` installs the seal's
filter and tests it; a confined process adds `confined_filter` on top (`policies.confinement`), and a parser's
process `worker_filter` (`ingest.jail`). This module never decides when to seal, and never raises when the
kernel refuses a filter.

What the seal's filter does, first match wins:

- A call through another ABI than this process's own (32-bit calls, x32) fails with ENOSYS.
- A call newer than the tables in `policies.syscalls` fails with ENOSYS, and libc falls back to an older one.
- io_uring can create sockets without the socket calls, and clone3 keeps its flags in memory, where a filter
  cannot read them. Both fail with ENOSYS, and libc falls back to clone.
- Creating, connecting, binding, listening on or accepting from a socket fails with EPERM. So does everything
  that could undo or bypass that: access to other processes' memory and descriptors, namespaces, mounts,
  kernel code and keys. An owner may still listen on and accept from the one socket that it bound before the
  seal.
- `sendto`, `sendmsg` and `sendmmsg` may not connect while they send (`MSG_FASTOPEN`). A listening TCP socket
  that is shut down could otherwise be connected to any address, and Landlock does not see it.
- `socketpair` may create a connected AF_UNIX stream, which event loops need, and nothing else: a datagram or
  seqpacket pair can send to any named socket without connecting to it.
- `clone` may not create namespaces, and `ioctl` may not type into a terminal.
- Every other call is allowed.

References: seccomp(2), seccomp_data in linux/seccomp.h, classic BPF in linux/bpf_common.h.
"""

import ctypes
import errno
import struct

from policies.syscalls import (
    ARCHITECTURES,
    CONFINED_NUMBERS,
    NEWEST,
    NUMBERS,
    WORKER_NUMBERS,
    give_up_privileges,
    system_call,
)

ABSENT = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")
"""Calls that fail with ENOSYS under the seal, as if this kernel did not have them."""

REFUSED = (
    # Sockets.
    *("socket", "connect", "bind", "accept"),
    # Other processes' memory, descriptors and secrets.
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    *("add_key", "request_key", "keyctl"),
    # Code in the kernel, and the tools to attack it.
    *("bpf", "userfaultfd", "perf_event_open"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    # Another network, or another view of the files.
    *("setns", "unshare", "mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at"),
)
"""Calls that fail with EPERM under the seal, whatever their arguments."""

_OF_ITSELF = ("prlimit64", "sched_setattr", "sched_setparam", "sched_setscheduler")
"""Calls that a confined process may apply to the calling thread only."""

# Offsets in struct seccomp_data. An argument has 64 bits, little-endian: low half first. The
# arguments compared here are ints, so the kernel uses only the low half.
_NR, _ARCH, _ARG0, _ARG1, _ARG2, _ARG3 = 0, 4, 16, 24, 32, 40

# BPF opcodes: BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|{JEQ,JGE,JSET}|BPF_K, BPF_RET|BPF_K.
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06

_FARTHEST_JUMP = 255
"""Instructions that a classic BPF jump can skip."""

_RETURN_ALLOW, _RETURN_ERRNO = 0x7FFF0000, 0x00050000
"""SECCOMP_RET_ALLOW and SECCOMP_RET_ERRNO."""

MSG_FASTOPEN = 0x20000000
"""From linux/socket.h."""

_FLAGS = {"sendto": _ARG3, "sendmsg": _ARG2, "sendmmsg": _ARG3}
"""The calls that may connect a TCP socket while they send, each with its argument that holds the flags."""

_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820
_CLONE_NAMESPACES = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET; NEWTIME exists for clone3 only."""
_CLONE_THREAD = 0x00010000
_SET_MODE_FILTER, _TSYNC = 1, 1

# Labels that every filter ends with.
_ALLOWED, _FORBIDDEN, _NO_SUCH_CALL = "allowed", "forbidden", "no such call"


class _Assembler:
    """A filter in the making. Jumps name labels, which may be placed later; all jumps go forward.

    It starts by checking the architecture and loading the call's number.
    """

    def __init__(self, machine: str) -> None:
        self._column, architecture = ARCHITECTURES[machine]
        self._code: list[tuple[int, int, str | None, str | None]] = []
        """Opcode, operand, and the labels to jump to when the condition holds and when it does not."""
        self._labels: dict[str, int] = {}
        self.load(_ARCH)
        self.jump(_EQUAL, architecture, otherwise=_NO_SUCH_CALL)
        self.load(_NR)

    def load(self, offset: int) -> None:
        """Loads a word of struct seccomp_data, to be compared from here on."""
        self._code.append((_LOAD, offset, None, None))

    def mask(self, bits: int) -> None:
        """Keeps only these bits of the loaded word."""
        self._code.append((_AND, bits, None, None))

    def jump(
        self, condition: int, operand: int, *, then: str | None = None, otherwise: str | None = None
    ) -> None:
        """Compares the loaded word with `operand`; a label of None goes on with the next instruction."""
        self._code.append((condition, operand, then, otherwise))

    def on_call(self, name: str, then: str) -> None:
        """Jumps to a label when the loaded number is that of the call `name`, if this architecture has it."""
        numbers = NUMBERS.get(name) or CONFINED_NUMBERS.get(name) or WORKER_NUMBERS[name]
        if (number := numbers[self._column]) is not None:
            self.jump(_EQUAL, number, then=then)

    def label(self, name: str) -> None:
        """Places a label before the next instruction."""
        self._labels[name] = len(self._code)

    def allow(self) -> None:
        """Ends here: the call is allowed."""
        self._code.append((_RETURN, _RETURN_ALLOW, None, None))

    def refuse(self, error: int) -> None:
        """Ends here: the call fails with this errno."""
        self._code.append((_RETURN, _RETURN_ERRNO | error, None, None))

    def finish(self) -> bytes:
        """The filter as an array of struct sock_filter, with the common endings added."""
        self.label(_ALLOWED)
        self.allow()
        self.label(_FORBIDDEN)
        self.refuse(errno.EPERM)
        self.label(_NO_SUCH_CALL)
        self.refuse(errno.ENOSYS)
        return b"".join(
            struct.pack("=HBBI", opcode, self._skipped(place, then), self._skipped(place, otherwise), operand)
            for place, (opcode, operand, then, otherwise) in enumerate(self._code)
        )

    def _skipped(self, place: int, label: str | None) -> int:
        """How many instructions a jump at `place` skips to reach a label."""
        if label is None:
            return 0
        skipped = self._labels[label] - place - 1
        assert 0 <= skipped <= _FARTHEST_JUMP, f"the jump to {label!r} is backward or too far"
        return skipped


def seal_filter(machine: str, *, listener: int | None = None) -> bytes:
    """The seal's filter for a machine of `policies.syscalls.ARCHITECTURES`, as an array of struct
    sock_filter.

    listener: descriptor of a socket that is already bound. The process may listen on it and accept from it.
    """
    filter_ = _Assembler(machine)
    # x32 calls have bit 30 set, so they are above the newest number too.
    filter_.jump(_AT_LEAST, NEWEST + 1, then=_NO_SUCH_CALL)
    for name in ABSENT:
        filter_.on_call(name, _NO_SUCH_CALL)
    for name in REFUSED:
        filter_.on_call(name, _FORBIDDEN)
    for name in ("accept4", "listen"):
        filter_.on_call(name, _FORBIDDEN if listener is None else "listener")
    for name in ("socketpair", "ioctl", "clone", *_FLAGS):
        filter_.on_call(name, name)
    filter_.allow()

    for name, flags in _FLAGS.items():
        filter_.label(name)
        filter_.load(flags)
        filter_.jump(_ANY_BIT, MSG_FASTOPEN, then=_FORBIDDEN, otherwise=_ALLOWED)

    if listener is not None:
        filter_.label("listener")
        filter_.load(_ARG0)
        filter_.jump(_EQUAL, listener, then=_ALLOWED, otherwise=_FORBIDDEN)

    filter_.label("socketpair")
    filter_.load(_ARG0)
    filter_.jump(_EQUAL, _AF_UNIX, otherwise=_FORBIDDEN)
    filter_.load(_ARG1)
    filter_.mask(_SOCK_TYPE_MASK)
    filter_.jump(_EQUAL, _SOCK_STREAM, then=_ALLOWED, otherwise=_FORBIDDEN)

    filter_.label("ioctl")
    filter_.load(_ARG1)
    filter_.jump(_EQUAL, _TIOCSTI, then=_FORBIDDEN)
    filter_.jump(_EQUAL, _TIOCLINUX, then=_FORBIDDEN, otherwise=_ALLOWED)

    filter_.label("clone")
    filter_.load(_ARG0)
    filter_.jump(_ANY_BIT, _CLONE_NAMESPACES, then=_FORBIDDEN, otherwise=_ALLOWED)
    return filter_.finish()


def confined_filter(machine: str) -> bytes:
    """A filter to install on top of `seal_filter`, for what Landlock does not restrict.

    No other program; no permission, owner, attribute or time of a file, but the times of one that is open;
    no limit or scheduling of another process, and no memory or messages shared with one.
    """
    filter_ = _Assembler(machine)
    for name in CONFINED_NUMBERS:
        checked = name in ("utimensat", "setpriority", *_OF_ITSELF)
        filter_.on_call(name, name if checked else _FORBIDDEN)
    filter_.on_call("ioctl", "ioctl")
    filter_.allow()

    filter_.label("ioctl")
    filter_.load(_ARG1)
    for request in (_FS_IOC_SETFLAGS, _FS_IOC_FSSETXATTR):
        filter_.jump(_EQUAL, request, then=_FORBIDDEN)
    filter_.allow()

    # The first argument is a process or thread; 0 is the caller.
    for name in _OF_ITSELF:
        filter_.label(name)
    filter_.load(_ARG0)
    filter_.jump(_EQUAL, 0, then=_ALLOWED, otherwise=_FORBIDDEN)

    # For setpriority, the first must be PRIO_PROCESS and the second the caller, both of which are 0.
    filter_.label("setpriority")
    for argument in (_ARG0, _ARG1):
        filter_.load(argument)
        filter_.jump(_EQUAL, 0, otherwise=_FORBIDDEN)
    filter_.allow()

    # A null pointer in place of a name: the file is given by its descriptor.
    filter_.label("utimensat")
    for half in (_ARG1, _ARG1 + 4):
        filter_.load(half)
        filter_.jump(_EQUAL, 0, otherwise=_FORBIDDEN)
    filter_.allow()
    return filter_.finish()


def worker_filter(machine: str) -> bytes:
    """A filter to install on top of `seal_filter`: no file by name, no other program, no other process.

    Computing, threads, and the descriptors that are already open remain.
    """
    filter_ = _Assembler(machine)
    for name in (*CONFINED_NUMBERS, *WORKER_NUMBERS):
        filter_.on_call(name, _FORBIDDEN)
    filter_.on_call("clone", "clone")
    filter_.allow()
    # clone creates a thread with CLONE_THREAD, a process without.
    filter_.label("clone")
    filter_.load(_ARG0)
    filter_.jump(_ANY_BIT, _CLONE_THREAD, then=_ALLOWED, otherwise=_FORBIDDEN)
    return filter_.finish()


def install(filter_program: bytes) -> int:
    """Installs a filter on every thread of this process, for good; children inherit it.

    Sets no_new_privs first, which the kernel requires of an unprivileged process. Returns 0; a negated
    errno (ENOSYS or EINVAL: this kernel has no such filters); or the id of a thread that the filter could not
    cover.
    """
    code = ctypes.create_string_buffer(filter_program, len(filter_program))
    header = struct.pack("@HP", len(filter_program) // 8, ctypes.addressof(code))
    fprog = ctypes.create_string_buffer(header, len(header))
    return give_up_privileges() or system_call("seccomp", _SET_MODE_FILTER, _TSYNC, ctypes.addressof(fprog))
