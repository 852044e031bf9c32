"""System calls by name and number, for x86_64 and aarch64.

`policies.bpf` builds its kernel filters from these tables. `policies.process`, `policies.network`,
`policies.proof` and `policies.confinement` make calls that libc has no function for. Nothing here raises for
a call that the kernel refuses: `system_call` returns the kernel's result.
"""

import ctypes
import os
import struct
import sys

NUMBERS = {
    "accept": (43, 202),
    "accept4": (288, 242),
    "add_key": (248, 217),
    "bind": (49, 200),
    "bpf": (321, 280),
    "capget": (125, 90),
    "capset": (126, 91),
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
    "sendmmsg": (307, 269),
    "sendmsg": (46, 211),
    "sendto": (44, 206),
    "setns": (308, 268),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
}
"""The calls that the seal decides on and that Carrel makes itself, by name: their numbers on x86_64 and
aarch64."""

CONFINED_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # Other programs.
    "execve": (59, 221),
    "execveat": (322, 281),
    # Permissions, owners, attributes and times of files, which Landlock does not cover. aarch64 has only the
    # newer form of most of these calls.
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "lchown": (94, None),
    "fchown": (93, 55),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    # Limits and scheduling of other processes. Binding threads to processors stays allowed: libraries do it.
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    # Memory, messages and semaphores shared with other processes.
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
}
"""The calls that a confined process loses, at least with some arguments, as in `NUMBERS`; None where the
architecture lacks the call."""

WORKER_NUMBERS: dict[str, tuple[int | None, int | None]] = {
    # Files by name.
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
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "memfd_create": (319, 279),
    # Other processes, and resource limits.
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "tkill": (200, 130),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "setrlimit": (160, 164),
    "socketpair": (53, 199),
}
"""The calls that a parser's process loses besides these."""

NEWEST = 469
"""The newest system call these tables were checked against (file_setattr, Linux 6.17). From 424 on, the
numbers are the same on every architecture."""

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine name: its column in the tables above, and its AUDIT_ARCH_* constant (linux/audit.h)."""

libc = ctypes.CDLL(None, use_errno=True)
"""The C library of this process."""
libc.syscall.restype = ctypes.c_long

_NO_NEW_PRIVILEGES = 38
"""PR_SET_NO_NEW_PRIVS of prctl(2)."""

_CAPABILITY_VERSION = 0x20080522
"""_LINUX_CAPABILITY_VERSION_3 of capset(2)."""
_FILE_CAPABILITIES = 0b110
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH: to read and write whatever the permissions say."""


def machine() -> str | None:
    """The architecture of this process, a key of `ARCHITECTURES`; None where Carrel has no filter for it."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return None
    name = os.uname().machine
    return name if name in ARCHITECTURES else None


def number(name: str) -> int:
    """The number of a call in `NUMBERS` on this machine. Raises KeyError where `machine()` is None."""
    return NUMBERS[name][ARCHITECTURES[machine() or ""][0]]


def system_call(call: str | int, *arguments: int) -> int:
    """Makes one system call, by name or number, without going through libc's wrapper for it. Linux only.

    Returns the kernel's result, which is the negated errno when the call fails.
    """
    wanted = call if isinstance(call, int) else number(call)
    result: int = libc.syscall(*(ctypes.c_long(value) for value in (wanted, *arguments)))
    return -ctypes.get_errno() if result == -1 else result


def give_up_privileges() -> int:
    """Bars this process and its children from gaining privileges by executing a program (no_new_privs).

    Returns 0, or a negated errno.
    """
    return system_call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def give_up_capabilities() -> int:
    """Takes root's privileges from a thread, except those to read and write any file.

    Returns 0, or a negated errno.
    """
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION, 0))
    held = ctypes.create_string_buffer(24)
    result = system_call("capget", ctypes.addressof(header), ctypes.addressof(held))
    if result < 0:
        return result
    kept = struct.unpack_from("=I", held.raw, 4)[0] & _FILE_CAPABILITIES
    left = ctypes.create_string_buffer(struct.pack("=6I", kept, kept, 0, 0, 0, 0), 24)
    return system_call("capset", ctypes.addressof(header), ctypes.addressof(left))
