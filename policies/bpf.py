"""System calls by name, and the kernel filter that refuses some of them.

Decides which system calls a sealed process loses, and writes that down as a seccomp program:
classic BPF, for x86_64 and aarch64. `policies.network` installs it and proves it, and
`policies.process` makes its own calls through `system_call`. This module never decides when to
seal and never raises: calls return the kernel's own number, as the kernel would.

What the program says, first match wins:

- another ABI than this process's own (32-bit calls, x32) does not exist: ENOSYS;
- a call newer than this list does not exist: ENOSYS, and libc takes an older way;
- io_uring, which makes sockets without the socket calls, and clone3, whose flags lie in memory
  where a filter cannot look, do not exist: ENOSYS, and libc falls back to clone;
- making, connecting, binding, listening on and accepting from a socket, and what could undo or
  sidestep that (other processes' memory and descriptors, namespaces, mounts, kernel code and
  keys), is refused: EPERM; an owner may listen on and accept from the one socket it was born with;
- `socketpair` gives a connected AF_UNIX stream, which event loops need, and nothing else. Its
  datagram and seqpacket kinds can send to any named socket without a connect;
- `clone` may not ask for namespaces, `ioctl` may not type into a terminal;
- everything else is allowed.

References: seccomp(2), seccomp_data in linux/seccomp.h, classic BPF in linux/bpf_common.h.
"""

import ctypes
import errno
import os
import struct
import sys

_NUMBERS = {
    # name: (x86_64, aarch64)
    "accept": (43, 202),
    "accept4": (288, 242),
    "add_key": (248, 217),
    "bind": (49, 200),
    "bpf": (321, 280),
    "clone": (56, 220),
    "clone3": (435, 435),
    "connect": (42, 203),
    "delete_module": (176, 106),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioctl": (16, 29),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "listen": (50, 201),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "prctl": (157, 167),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "request_key": (249, 218),
    "seccomp": (317, 277),
    "setns": (308, 268),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}

_WORKER_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Files by their names; aarch64 has only the newer form of most.
    "open": (2, None),
    "creat": (85, None),
    "openat": (257, 56),
    "openat2": (437, 437),
    "truncate": (76, 45),
    "rename": (82, None),
    "renameat": (264, 38),
    "renameat2": (316, 276),
    "mkdir": (83, None),
    "mkdirat": (258, 34),
    "rmdir": (84, None),
    "link": (86, None),
    "linkat": (265, 37),
    "symlink": (88, None),
    "symlinkat": (266, 36),
    "unlink": (87, None),
    "unlinkat": (263, 35),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "memfd_create": (319, 279),
    # Other programs, other processes and their limits.
    "execve": (59, 221),
    "execveat": (322, 281),
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "setpriority": (141, 140),
    "prlimit64": (302, 261),
    "setrlimit": (160, 164),
    "socketpair": (53, 199),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
}
"""Numbers on x86_64 and aarch64 of what a worker loses besides."""

_NEWEST = 469
"""The newest system call this list was read against (file_setattr, Linux 6.17); from 424 on the
numbers are the same on every architecture."""

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

_ABSENT = ("clone3", "io_uring_setup", "io_uring_enter", "io_uring_register")

_REFUSED = (
    # Sockets.
    *("socket", "connect", "bind", "accept"),
    # Other processes' memory, descriptors and secrets.
    *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp"),
    *("add_key", "request_key", "keyctl"),
    # Code in the kernel, and the tools to attack it.
    *("bpf", "userfaultfd", "perf_event_open"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    # Another network or another view of the files.
    *("setns", "unshare", "mount", "umount2", "pivot_root", "move_mount", "open_tree", "open_tree_attr"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at"),
)

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in `_NUMBERS`, and AUDIT_ARCH_* of linux/audit.h."""

# Offsets in struct seccomp_data. An argument is 64 bits, little-endian: its low half comes first,
# and that half is all the kernel reads of the int arguments compared here.
_NR, _ARCH, _ARG0, _ARG1 = 0, 4, 16, 24

# BPF opcodes: BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|{JEQ,JGE,JSET}|BPF_K, BPF_RET|BPF_K.
_LOAD, _AND, _JEQ, _JGE, _JSET, _RET = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06

_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000

_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_CLONE_NEW = 0x7E020000
"""CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET; NEWTIME exists for clone3 only."""
_CLONE_THREAD = 0x00010000
_NO_NEW_PRIVS = 38
_SET_MODE_FILTER, _TSYNC = 1, 1


def machine() -> str | None:
    """The architecture whose calls this process makes; None when there is no program for it."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return None
    name = os.uname().machine
    return name if name in _MACHINES else None


def number(name: str) -> int:
    """The number of a system call of `_NUMBERS` here; KeyError where `machine()` is None."""
    return _NUMBERS[name][_MACHINES[machine() or ""][0]]


def system_call(call: str | int, *arguments: int) -> int:
    """Makes one system call, by name or number, past libc's own wrapper.

    Returns what the kernel returned: the negated errno on failure. Linux only.
    """
    wanted = call if isinstance(call, int) else number(call)
    result: int = libc.syscall(*(ctypes.c_long(value) for value in (wanted, *arguments)))
    return -ctypes.get_errno() if result == -1 else result


def install(filter_program: bytes) -> int:
    """Puts the filter over every thread of this process, for good; children inherit it.

    Returns 0; a negated errno (ENOSYS, EINVAL: this kernel has no such filters); or the id of a
    thread that could not be brought under it. Gives up new privileges first, as the kernel
    demands of an unprivileged process.
    """
    code = ctypes.create_string_buffer(filter_program, len(filter_program))
    header = struct.pack("@HP", len(filter_program) // 8, ctypes.addressof(code))
    fprog = ctypes.create_string_buffer(header, len(header))
    return give_up_privileges() or system_call("seccomp", _SET_MODE_FILTER, _TSYNC, ctypes.addressof(fprog))


def give_up_privileges() -> int:
    """No program this process starts gains rights it has not; 0 or a negated errno."""
    return system_call("prctl", _NO_NEW_PRIVS, 1, 0, 0, 0)


def worker_program(machine: str) -> bytes:
    """A filter to be put over `program`'s: no file by its name, no other program, no other process.

    What is left is computing, threads, and the descriptors that are open.
    """
    column, architecture = _MACHINES[machine]
    code = [(_LOAD, 0, 0, _ARCH), (_JEQ, 1, 0, architecture), (_RET, 0, 0, _ERRNO | errno.ENOSYS)]
    code.append((_LOAD, 0, 0, _NR))
    both = (numbers[column] for numbers in _WORKER_REFUSED.values())
    numbers = [number for number in both if number is not None]
    for place, refused in enumerate(numbers):
        last = place == len(numbers) - 1
        code.append((_JEQ, len(numbers) - 1 - place, 1 if last else 0, refused))
    code.append((_RET, 0, 0, _ERRNO | errno.EPERM))
    # A thread is made by clone with CLONE_THREAD, a process without.
    code += [
        (_JEQ, 0, 3, _NUMBERS["clone"][column]),
        (_LOAD, 0, 0, _ARG0),
        (_JSET, 1, 0, _CLONE_THREAD),
        (_RET, 0, 0, _ERRNO | errno.EPERM),
        (_RET, 0, 0, _ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def program(machine: str, *, listener: int | None = None) -> bytes:
    """The filter for a machine of `_MACHINES`, as an array of struct sock_filter.

    listener: descriptor of a socket that is bound already, which may be listened on and accepted from.
    """
    column, architecture = _MACHINES[machine]
    code: list[tuple[int, int, int, int]] = []

    def emit(operation: int, operand: int, on_true: int = 0, on_false: int = 0) -> None:
        # Jumps count the instructions to skip.
        code.append((operation, on_true, on_false, operand))

    def refuse(reason: int) -> None:
        emit(_RET, _ERRNO | reason)

    def refuse_all(names: tuple[str, ...], reason: int) -> None:
        last = len(names) - 1
        for place, name in enumerate(names):
            emit(_JEQ, _NUMBERS[name][column], last - place, 1 if place == last else 0)
        refuse(reason)

    emit(_LOAD, _ARCH)
    emit(_JEQ, architecture, 1, 0)
    refuse(errno.ENOSYS)
    emit(_LOAD, _NR)
    # x32 calls carry bit 30, so they lie above the newest number too.
    emit(_JGE, _NEWEST + 1, 0, 1)
    refuse(errno.ENOSYS)
    refuse_all(_ABSENT, errno.ENOSYS)
    refuse_all(_REFUSED, errno.EPERM)

    # Each block below is skipped as a whole when the call is another, and else returns.
    emit(_JEQ, _NUMBERS["accept4"][column], 1, 0)
    emit(_JEQ, _NUMBERS["listen"][column], 0, 1 if listener is None else 4)
    if listener is not None:
        emit(_LOAD, _ARG0)
        emit(_JEQ, listener, 0, 1)
        emit(_RET, _ALLOW)
    refuse(errno.EPERM)

    emit(_JEQ, _NUMBERS["socketpair"][column], 0, 7)
    emit(_LOAD, _ARG0)
    emit(_JEQ, _AF_UNIX, 0, 3)
    emit(_LOAD, _ARG1)
    emit(_AND, _SOCK_TYPE_MASK)
    emit(_JEQ, _SOCK_STREAM, 1, 0)
    refuse(errno.EPERM)
    emit(_RET, _ALLOW)

    emit(_JEQ, _NUMBERS["ioctl"][column], 0, 5)
    emit(_LOAD, _ARG1)
    emit(_JEQ, _TIOCSTI, 1, 0)
    emit(_JEQ, _TIOCLINUX, 0, 1)
    refuse(errno.EPERM)
    emit(_RET, _ALLOW)

    emit(_JEQ, _NUMBERS["clone"][column], 0, 3)
    emit(_LOAD, _ARG0)
    emit(_JSET, _CLONE_NEW, 0, 1)
    refuse(errno.EPERM)
    emit(_RET, _ALLOW)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)
