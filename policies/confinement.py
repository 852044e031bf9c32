"""File confinement: what a process may still open, change, run and signal, whatever code runs in it.

Landlock restricts what a process may do with files (landlock(7)). A process needs no privileges to confine
itself, the confinement cannot be removed, and its children inherit it. There are two levels. A parser's
process keeps the descriptors that are already open and nothing else (`confine` without rules). The owner of a
library, the terminal UI and the template of the parsers keep the folders they need (`confine_process`): they
start no program, neither see other processes in /proc nor signal them, and write to their own folders only. A
system call filter (`policies.bpf`) refuses what Landlock does not cover, such as permissions of files and
limits of other processes. A process that runs as root keeps its right to any file, but loses all other
privileges.

An older kernel knows fewer kinds of access: these are confined, and `gaps` lists the others. If the kernel
has no Landlock at all, the filter still holds, and refuses all files to a parser's process.
"""

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from policies import bpf
from policies.process import ROOT
from policies.syscalls import give_up_capabilities, give_up_privileges, machine, system_call

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System call numbers, the same on every architecture."""
_VERSION = 1
"""LANDLOCK_CREATE_RULESET_VERSION: asks for the ABI."""
_PATH_BENEATH = 1
"""LANDLOCK_RULE_PATH_BENEATH."""

_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""ABI: how many kinds of file access it knows. An ABI that is not listed knows as many as the next lower one.
"""
_NET_SINCE, _NET_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11

# LANDLOCK_ACCESS_FS_* of linux/landlock.h.
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15

_READ = _READ_FILE | _READ_DIR
_WRITE = (
    _READ
    | (_WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_SYM)
    | (_REFER | _TRUNCATE)
)
_DEVICE = _READ_FILE | _WRITE_FILE | _IOCTL_DEV
_FILE_RIGHTS = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
"""The kinds of access that a rule for a file, not a folder, may name."""

_KNOWN_SINCE = {
    1: "files and programs",
    2: "moving files between folders",
    3: "emptying files",
    5: "requests to devices",
    6: "signals to other processes",
}
"""What each version of the ABI adds to the confinement, in words for people."""

_DEVICES = ("null", "zero", "full", "random", "urandom")
_GPUS = ("nvidia", "dri", "kfd", "accel")
"""Beginnings of the names of GPUs in /dev."""
_PROC_FILES = ("cpuinfo", "meminfo", "stat", "loadavg", "uptime", "version", "filesystems", "sys", "driver")
"""In /proc: facts about the machine, not about processes."""


@dataclass(frozen=True, slots=True)
class FileAccess:
    """The files that a confined process may use. A folder includes everything below it."""

    read: tuple[Path, ...]
    """Files and folders to read. Those that do not exist are left out."""
    write: tuple[Path, ...] = ()
    """Folders to read and change. They must exist."""
    devices: bool = True
    """Whether GPUs may be used, besides the devices that every program needs."""
    programs: bool = False
    """Whether what may be read may also be run as a program."""


def landlock_abi() -> int:
    """The version of Landlock that the kernel offers; 0 if it has none, or a service manager forbids it."""
    if machine() is None:
        return 0
    return max(system_call(_CREATE_RULESET, 0, 0, _VERSION), 0)


def gaps(abi: int) -> list[str]:
    """What a kernel with this version of Landlock does not confine, in words for people."""
    return [what for since, what in _KNOWN_SINCE.items() if abi < since]


def code() -> tuple[Path, ...]:
    """What a Python process must be able to read: code, libraries, the machine's settings, `system()`."""
    folders = {Path(sys.prefix), Path(sys.base_prefix), Path(os.__file__).parent, ROOT}
    folders |= {Path(entry) for entry in sys.path if os.path.isabs(entry)}
    shared = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/opt", "/nix/store", "/gnu/store", "/etc")
    return (*sorted(folders - {Path.home(), Path("/")}), *map(Path, shared), *system())


def system() -> tuple[Path, ...]:
    """Paths with facts about the machine and about this process: parts of /proc and /sys."""
    # The folder of this process, not the link to whichever process asks.
    return (Path("/proc", str(os.getpid())), *(Path("/proc", name) for name in _PROC_FILES), Path("/sys"))


def confine_process(access: FileAccess) -> int:
    """Confines this process and its future children to these files, without other programs and processes.

    Call it while the process has one thread: Landlock covers the calling thread and those it starts. Returns
    the Landlock ABI in force, 0 where the kernel has none. Raises OSError when the kernel refuses.
    """
    abi = confine(access)
    architecture = machine()
    if architecture is not None:
        # A kernel without seccomp has refused the seal already, unless the user chose to run without it.
        bpf.install(bpf.confined_filter(architecture))
    return abi


def confine(access: FileAccess | None = None) -> int:
    """Takes file access from the calling thread and the threads it starts from now on.

    access: what remains; None for nothing. Returns the Landlock ABI in force, 0 where the kernel has none.
    Raises OSError when the kernel has Landlock and refuses.
    """
    if machine() is None:
        return 0
    _check(give_up_capabilities())
    abi = landlock_abi()
    if abi == 0:
        return 0
    kinds = _FS_RIGHTS[max(known for known in _FS_RIGHTS if known <= abi)]
    handled = (1 << kinds) - 1
    attributes = ctypes.create_string_buffer(
        struct.pack(
            "=QQQ",
            handled,
            _NET_RIGHTS if abi >= _NET_SINCE else 0,
            _SCOPES if abi >= _SCOPES_SINCE else 0,
        ),
        24,
    )
    ruleset = system_call(_CREATE_RULESET, ctypes.addressof(attributes), len(attributes), 0)
    _check(ruleset)
    try:
        for path, rights in _rules(access) if access is not None else ():
            _allow(ruleset, path, rights & handled)
        _check(give_up_privileges())
        _check(system_call(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return abi


def _rules(access: FileAccess) -> Iterator[tuple[Path, int]]:
    """Paths, each with the kinds of access to it and below it."""
    reading = _READ | (_EXECUTE if access.programs else 0)
    yield from ((path, reading) for path in access.read)
    yield from ((path, _WRITE) for path in access.write)
    yield from ((Path("/dev", name), _DEVICE) for name in _DEVICES)
    if access.devices:
        yield from ((path, _DEVICE | _READ_DIR) for path in _gpus())


def _gpus() -> Iterable[Path]:
    return (Path("/dev", name) for name in os.listdir("/dev") if name.startswith(_GPUS))


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Adds a rule; none for a path that does not exist or cannot be reached."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _FILE_RIGHTS
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, descriptor), 12)
        _check(system_call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0))
    finally:
        os.close(descriptor)


def _check(result: int) -> None:
    """Raises OSError for a negated errno."""
    if result < 0:
        raise OSError(-result, os.strerror(-result))
