"""The seal: from here on, this process has no network.

Every command calls `seal` before it reads a document and before heavy imports. The one command that downloads
models reads no document, and calls it once the download is complete. `seal` hardens the process
(`policies.process`), installs the kernel filter (`policies.bpf`) on all threads and all future children, and
tests it: when any attempt gets through, it raises instead of going on. A hook on Python's own sockets adds a
readable error and no protection. The seal cannot be removed.

The kernel's answer is what counts. `sealed` asks the kernel again each time it is called, and
`policies.proof` reports what the kernel answers to real attempts.

This module never decides whether to go on without a seal. That is the person's choice, in the configuration,
as `SealMode`.
"""

import errno
import os
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from policies import bpf
from policies.errors import PolicyRefusal
from policies.process import harden, is_local_stream, kernel_status
from policies.syscalls import machine, system_call


class SealMode(StrEnum):
    """What to do where the kernel cannot enforce the seal; `network.seal` in the configuration."""

    REQUIRED = "required"
    """Refuse to run."""
    BEST_EFFORT = "best-effort"
    """Run, refuse sockets to Python code only, and say so."""


@dataclass(frozen=True, slots=True)
class Seal:
    """How this process is sealed."""

    enforced: bool
    """Whether the kernel enforces it, for native code, threads and children too."""
    detail: str
    """One sentence for people: what enforces the seal, or why the kernel does not."""


@dataclass(frozen=True, slots=True)
class SealReport:
    """The seal of a process at one moment, as the kernel reports it."""

    sealed: bool
    """Whether the kernel refuses every kind of connection: each was just tried (`sealed`)."""
    kernel: dict[str, str]
    """The kernel's own words on filters and privileges of the process (`policies.process.kernel_status`)."""


class NetworkRefused(PolicyRefusal, PermissionError):
    """Python code asked a sealed process for the network.

    It is an `OSError` too, with the errno that the kernel would give (EPERM), so that libraries that can work
    without a network do so.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """message, remedy: as in `CarrelError`."""
        super().__init__(message, remedy=remedy)
        self.errno = errno.EPERM


_seal: Seal | None = None
"""What `seal` has done in this process; None before its first call."""

_GET_SECCOMP, _FILTERED = 21, 2
"""PR_GET_SECCOMP of prctl(2), and its answer SECCOMP_MODE_FILTER."""

# From the Linux headers: the module `socket` may lack some, and takes 5 ms to import.
AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK, _AF_PACKET, _AF_VSOCK = 1, 2, 10, 16, 17, 40
SOCK_STREAM, _SOCK_DGRAM, _SOCK_RAW = 1, 2, 3

SOCKETS = {
    "TCP over IPv4": (_AF_INET, SOCK_STREAM),
    "UDP over IPv4": (_AF_INET, _SOCK_DGRAM),
    "TCP over IPv6": (_AF_INET6, SOCK_STREAM),
    "UDP over IPv6": (_AF_INET6, _SOCK_DGRAM),
    "netlink": (_AF_NETLINK, _SOCK_RAW),
    "raw packets": (_AF_PACKET, _SOCK_RAW),
    "vsock": (_AF_VSOCK, SOCK_STREAM),
}
"""Kinds of traffic that the self-test and the proof try, with the address family and type of their socket."""

X32_SOCKET = 0x40000000 | 41
"""socket(2) in the x32 ABI of x86_64."""

_HOOKED = frozenset(
    {"socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"}
    | {"socket.gethostbyname", "socket.gethostbyaddr"}
)
"""Audit events of the socket module that mean the network, or another program on this machine."""

_wrapped_families = {AF_UNIX, -1}
"""Families of sockets that Python may make objects of: one end of a socketpair, a connection that was
accepted, or a descriptor from which the family is read (-1)."""

_unhooked_threads: set[int] = set()
"""Threads whose Python sockets skip the hook, so that the kernel answers."""


def seal(
    mode: SealMode = SealMode.REQUIRED, *, listener: int | None = None, connections: Collection[int] = ()
) -> Seal:
    """Takes the network away from this process, its threads and its children, for good.

    listener: descriptor of the process's own socket, bound before: an owner's Unix socket, or the one on the
        loopback interface of `carrel serve`. The process may go on accepting from it.
    connections: descriptors of Unix sockets that a client connected before; they stay open.

    Further calls change nothing. Raises `PolicyRefusal` when the kernel does not enforce the seal and `mode`
    requires it, or when a standard stream is a network socket.
    """
    global _seal
    if _seal is not None and (_seal.enforced or mode is SealMode.BEST_EFFORT):
        return _seal
    harden(keep=[*connections, *([] if listener is None else [listener])])
    if listener is not None and not is_local_stream(listener):
        # Python makes an object for each connection that it accepts.
        _wrapped_families.add(_AF_INET)
    gap = _enforce(listener)
    if gap is None:
        detail = "The kernel refuses every socket to this process, its threads and its children (seccomp)."
    elif mode is SealMode.REQUIRED:
        raise PolicyRefusal(
            f"The network cannot be sealed: {gap}.",
            remedy="Use Linux on x86_64 or aarch64 with seccomp. To run with a seal that stops only "
            'Python code, set network.seal = "best-effort" in the configuration.',
        )
    else:
        detail = (
            f"Not kernel-enforced: {gap}. Python code is refused the network; native code is not stopped."
        )
    _forget_ipv6()
    sys.addaudithook(_refuse_python)
    _seal = Seal(enforced=gap is None, detail=detail)
    return _seal


def sealed() -> bool:
    """Whether the kernel enforces the seal on the calling thread, according to the kernel itself.

    The presence of a filter is not enough, because container runtimes install their own: each kind of call
    must be refused. Takes some 20 system calls.
    """
    if machine() is None:
        return False
    return system_call("prctl", _GET_SECCOMP, 0, 0, 0, 0) == _FILTERED and _open_way() is None


def seal_report() -> SealReport:
    """The seal of this process at this moment. The calling thread stands for all of them."""
    return SealReport(sealed=sealed(), kernel=kernel_status())


@contextmanager
def hook_suspended() -> Iterator[None]:
    """Lets this thread's Python sockets reach the kernel, so that a proof gets the kernel's answer."""
    thread = threading.get_ident()
    _unhooked_threads.add(thread)
    try:
        yield
    finally:
        _unhooked_threads.discard(thread)


def _enforce(listener: int | None) -> str | None:
    """Installs the filter and tests it. Returns the reason why it does not hold, or None when it does."""
    architecture = machine()
    if architecture is None:
        return f"Carrel has no filter for {sys.platform} on {os.uname().machine}"
    if sealed():
        # Inherited from the parent process.
        return None
    result = bpf.install(bpf.seal_filter(architecture, listener=listener))
    if result < 0:
        return f"this kernel accepts no seccomp filter ({errno.errorcode[-result]})"
    if result > 0:
        return f"thread {result} of this process already has a filter of its own"
    way = _open_way()
    return None if way is None else f"the filter is installed, but {way} is not refused"


def _open_way() -> str | None:
    """The first kind of call that the kernel does not refuse as the filter would; None when it refuses all.

    Each attempt is harmless where it is not refused: its arguments are invalid, or it creates a socket that
    is closed at once.
    """
    for call, arguments, expected in _self_test():
        result = system_call(call, *arguments)
        if result >= 0 and call in ("socket", X32_SOCKET):
            os.close(result)
        if result != -expected:
            return f"{call}{arguments}"
    return None


def _self_test() -> Iterator[tuple[str | int, tuple[int, ...], int]]:
    """Calls by name or number, their arguments, and the errno that the filter gives."""
    for family, kind in (*SOCKETS.values(), (AF_UNIX, SOCK_STREAM)):
        yield "socket", (family, kind, 0), errno.EPERM
    for call in ("connect", "bind", "accept", "accept4"):
        yield call, (-1, 0, 0, 0), errno.EPERM
    yield "listen", (-1, 0), errno.EPERM
    yield "sendto", (-1, 0, 0, bpf.MSG_FASTOPEN, 0, 0), errno.EPERM
    yield "sendmsg", (-1, 0, bpf.MSG_FASTOPEN), errno.EPERM
    yield "sendmmsg", (-1, 0, 0, bpf.MSG_FASTOPEN), errno.EPERM
    yield "socketpair", (AF_UNIX, _SOCK_DGRAM, 0, 0), errno.EPERM
    yield "io_uring_setup", (0, 0), errno.ENOSYS
    yield "clone3", (0, 0), errno.ENOSYS
    yield "ptrace", (-1, 0, 0, 0), errno.EPERM
    yield "process_vm_readv", (0, 0, 0, 0, 0, 0), errno.EPERM
    yield "pidfd_getfd", (-1, 0, 0), errno.EPERM
    yield "setns", (-1, 0), errno.EPERM
    if machine() == "x86_64":
        yield X32_SOCKET, (_AF_INET, SOCK_STREAM, 0), errno.ENOSYS


def _forget_ipv6() -> None:
    """Tells Python's sockets that there is no IPv6, which a library would otherwise try by binding one."""
    try:
        import _socket
    except ImportError:
        # This process may not read it (any more), and so has no Python sockets.
        return
    for module in (_socket, sys.modules.get("socket")):
        if module is not None:
            setattr(module, "has_ipv6", False)  # noqa: B010


def _refuse_python(event: str, arguments: tuple[object, ...]) -> None:
    """The audit hook (PEP 578)."""
    if event not in _HOOKED or threading.get_ident() in _unhooked_threads:
        return
    if event == "socket.__new__" and arguments[1] in _wrapped_families:
        return
    raise NetworkRefused(
        f"This process is sealed and has no network ({event}).",
        remedy="Carrel reads documents without a network. To download a model, run `carrel models pull`.",
    )
