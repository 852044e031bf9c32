"""The seal: from here on this process has no network, and the proof of it.

`seal` is called by every command before it reads a document and before heavy imports; the command
that downloads models, which reads none, calls it once the download is here. It hardens the process
(`policies.process`), installs the kernel filter (`policies.bpf`) over all threads and all children to
come, and tries it: when any attempt gets through, it raises rather than go on. A hook on Python's own
sockets then only adds a readable error. Nothing can lift the seal again.

The kernel's word counts. `sealed` asks it anew each time, and `prove` reports what it answered
to real attempts, past the Python hook. No attempt needs a peer, and none sends anything.

This module never decides whether to go on without a seal: that is the person's choice, in the
config, as `SealMode`.
"""

import ctypes
import errno
import os
import struct
import sys
import threading
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from policies import bpf
from policies.errors import PolicyRefusal
from policies.process import ROOT, harden


class SealMode(StrEnum):
    """What to do where the kernel cannot enforce the seal; `network.seal` in the config."""

    REQUIRED = "required"
    """Refuse to run."""
    BEST_EFFORT = "best-effort"
    """Run, refuse sockets to Python code only, and say so."""


@dataclass(frozen=True, slots=True)
class Seal:
    """How this process is sealed."""

    enforced: bool
    """Whether the kernel enforces it, on native code, threads and children too."""
    detail: str
    """One sentence for people: who enforces it, or why nobody does."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to reach out, and what became of it."""

    what: str
    """The kind of traffic, such as `TCP over IPv4`."""
    via: str
    """Where the attempt was made from, such as `Python` or `a fork`."""
    refused: bool
    """False when it got through."""
    by: str
    """Who refused and with which error, such as `EPERM from the kernel`; `nothing` when it got through."""


class NetworkRefused(PolicyRefusal, PermissionError):
    """Python code asked for the network of a sealed process.

    An `OSError` too, with errno EPERM as the kernel would give it, so that libraries which can do
    without the network do.
    """

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.errno = errno.EPERM


_seal: Seal | None = None
"""What `seal` has done in this process; None before."""

_GET_SECCOMP, _FILTERED = 21, 2
"""PR_GET_SECCOMP of prctl(2), and its answer SECCOMP_MODE_FILTER."""

# From the Linux headers: the module `socket` may lack some, and costs 5 ms to import.
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK, _AF_PACKET, _AF_VSOCK = 1, 2, 10, 16, 17, 40
_STREAM, _DGRAM, _RAW = 1, 2, 3

_SOCKETS = {
    "TCP over IPv4": (_AF_INET, _STREAM),
    "UDP over IPv4": (_AF_INET, _DGRAM),
    "TCP over IPv6": (_AF_INET6, _STREAM),
    "UDP over IPv6": (_AF_INET6, _DGRAM),
    "netlink": (_AF_NETLINK, _RAW),
    "raw packets": (_AF_PACKET, _RAW),
    "vsock": (_AF_VSOCK, _STREAM),
}
_DNS, _UNIX, _IO_URING = "DNS lookup", "AF_UNIX connect", "io_uring"

_NOWHERE = b"\0carrel-proof"
"""An abstract socket name nobody listens on."""
_NO_SUCH_HOST = b"carrel-proof.invalid"
"""A name that no resolver knows (RFC 6761), and that none is ever asked for: see `_through_libc`."""

_X32_SOCKET = 0x40000000 | 41
"""socket(2) in the x32 ABI of x86_64."""

_Outcome = dict[str, int]
"""What was tried, with the errno it met; 0 when it got through."""

_HOOKED = frozenset(
    {"socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo"}
    | {"socket.gethostbyname", "socket.gethostbyaddr"}
)
"""Audit events of the socket module that mean the network, or another program on this machine."""

_proving: set[int] = set()
"""Threads whose Python sockets go past the hook, to the kernel."""


def seal(
    mode: SealMode = SealMode.REQUIRED, *, listener: int | None = None, connections: Collection[int] = ()
) -> Seal:
    """Takes the network away from this process, its threads and its children, for good.

    listener: descriptor of the owner's own Unix socket, bound before, which may go on to be accepted
    from. connections: descriptors of Unix sockets a client connected before, which stay open.

    Once sealed, further calls change nothing. Raises PolicyRefusal when the kernel does not
    enforce the seal and `mode` requires it, or when a standard stream is a network socket.
    """
    global _seal
    if _seal is not None and (_seal.enforced or mode is SealMode.BEST_EFFORT):
        return _seal
    harden(keep=[*connections, *([] if listener is None else [listener])])
    gap = _enforce(listener)
    if gap is None:
        detail = "The kernel refuses every socket to this process, its threads and its children (seccomp)."
    elif mode is SealMode.REQUIRED:
        raise PolicyRefusal(
            f"The network cannot be sealed: {gap}.",
            remedy="Use Linux on x86_64 or aarch64 with seccomp, or accept a seal that holds Python code "
            'only, by setting network.seal = "best-effort" in the config.',
        )
    else:
        detail = f"Not kernel-enforced: {gap}. Only Python code is refused the network."
    sys.addaudithook(_refuse_python)
    _seal = Seal(enforced=gap is None, detail=detail)
    return _seal


def sealed() -> bool:
    """Whether the kernel enforces the seal on the calling thread, asked of the kernel itself.

    A filter being there is not enough, since container runtimes install their own: each kind of
    call must be refused. Takes some 20 system calls.
    """
    if bpf.machine() is None:
        return False
    return bpf.system_call("prctl", _GET_SECCOMP, 0, 0, 0, 0) == _FILTERED and _open_way() is None


def prove() -> tuple[Attempt, ...]:
    """Tries to reach out in every way known, and reports each with the kernel's answer.

    Meant for a sealed process; in any other the attempts get through, and are reported so.
    Takes about 0.2 s. Raises PolicyRefusal where an attempt cannot be made: a proof with gaps
    is none.
    """
    if bpf.machine() is None:
        raise PolicyRefusal("This system has no seccomp filter to prove.")
    try:
        answers = {
            "Python": _through_python(),
            "ctypes": _through_libc(),
            "raw system call": _by_number(),
            "a thread": _in_a_thread(_through_libc),
            "a fork": _in_a_fork(_by_number),
            "an executed child": _in_an_executed_child(),
            **_through_foreign_calls(),
        }
    except OSError as exc:
        raise PolicyRefusal(f"The proof could not be completed: {exc}.") from exc
    return tuple(
        _attempt(what, via, code) for via, outcome in answers.items() for what, code in outcome.items()
    )


def _enforce(listener: int | None) -> str | None:
    """Installs the filter and tries it; the reason why it does not hold, None when it does."""
    machine = bpf.machine()
    if machine is None:
        return f"Carrel has no filter for {sys.platform} on {os.uname().machine}"
    if sealed():
        # Inherited from the process that started this one.
        return None
    result = bpf.install(bpf.program(machine, listener=listener))
    if result < 0:
        return f"this kernel takes no seccomp filter ({errno.errorcode[-result]})"
    if result > 0:
        return f"thread {result} of this process is under a filter of its own"
    way = _open_way()
    return None if way is None else f"the filter is installed, but {way} is not refused"


def _open_way() -> str | None:
    """The first kind of call that the kernel does not refuse as the filter would; None when all are.

    Each is harmless where nothing refuses it: its arguments are invalid, or it makes a socket
    that is closed at once.
    """
    for call, arguments, expected in _self_test():
        result = bpf.system_call(call, *arguments)
        if result >= 0 and call in ("socket", _X32_SOCKET):
            os.close(result)
        if result != -expected:
            return f"{call}{arguments}"
    return None


def _self_test() -> Iterator[tuple[str | int, tuple[int, ...], int]]:
    for family, kind in (*_SOCKETS.values(), (_AF_UNIX, _STREAM)):
        yield "socket", (family, kind, 0), errno.EPERM
    for call in ("connect", "bind", "accept", "accept4"):
        yield call, (-1, 0, 0, 0), errno.EPERM
    yield "listen", (-1, 0), errno.EPERM
    yield "socketpair", (_AF_UNIX, _DGRAM, 0, 0), errno.EPERM
    yield "io_uring_setup", (0, 0), errno.ENOSYS
    yield "clone3", (0, 0), errno.ENOSYS
    yield "ptrace", (-1, 0, 0, 0), errno.EPERM
    yield "process_vm_readv", (0, 0, 0, 0, 0, 0), errno.EPERM
    yield "pidfd_getfd", (-1, 0, 0), errno.EPERM
    yield "setns", (-1, 0), errno.EPERM
    if bpf.machine() == "x86_64":
        yield _X32_SOCKET, (_AF_INET, _STREAM, 0), errno.ENOSYS


def _refuse_python(event: str, arguments: tuple[object, ...]) -> None:
    if event not in _HOOKED or threading.get_ident() in _proving:
        return
    # A local socket may be one end of a socketpair; -1 stands for a descriptor at hand.
    if event == "socket.__new__" and arguments[1] in (_AF_UNIX, -1):
        return
    raise NetworkRefused(
        f"This process is sealed and has no network ({event}).",
        remedy="Carrel reads documents without a network. To download a model, run `carrel models pull`.",
    )


@contextmanager
def _past_the_hook() -> Iterator[None]:
    me = threading.get_ident()
    _proving.add(me)
    try:
        yield
    finally:
        _proving.discard(me)


def _attempt(what: str, via: str, code: int) -> Attempt:
    by = f"{errno.errorcode[code]} from the kernel" if code else "nothing"
    return Attempt(what=what, via=via, refused=code != 0, by=by)


def _refusal(code: int) -> int:
    """The errno of an answer that kept traffic in; 0 for any other, since the network was reached."""
    kept_in = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
    return code if code in kept_in else 0


def _through_python() -> _Outcome:
    # The C module alone: the Python one around it costs 5 ms.
    import _socket

    def errno_of(call: Callable[..., object], *arguments: object) -> int:
        try:
            call(*arguments)
        except OSError as exc:
            return _refusal(exc.errno or 0)
        return 0

    def make_socket(family: int, kind: int) -> None:
        _socket.socket(family, kind).close()

    with _past_the_hook():
        outcome = {what: errno_of(make_socket, *arguments) for what, arguments in _SOCKETS.items()}
        one, other = _socket.socketpair()
        outcome[_UNIX] = errno_of(one.connect, _NOWHERE)
        one.close()
        other.close()
        outcome[_DNS] = outcome["UDP over IPv4"]
        if outcome[_DNS]:
            try:
                _socket.getaddrinfo(_NO_SUCH_HOST, None)
            except _socket.gaierror:
                pass
            else:
                outcome[_DNS] = 0
    return outcome


def _through_libc() -> _Outcome:
    """Through libc's functions, as native code calls them."""

    def call(name: str, *arguments: int) -> int:
        result: int = getattr(bpf.libc, name)(*map(ctypes.c_long, arguments))
        return -ctypes.get_errno() if result == -1 else result

    outcome = _sockets(call)
    outcome[_DNS] = outcome["UDP over IPv4"]
    if outcome[_DNS]:
        # Without a socket to ask through, a resolver must fail. With one it is not even asked.
        found = ctypes.c_void_p()
        if bpf.libc.getaddrinfo(_NO_SUCH_HOST, None, None, ctypes.byref(found)) == 0:
            bpf.libc.freeaddrinfo(found)
            outcome[_DNS] = 0
    return outcome


def _by_number() -> _Outcome:
    """Through the kernel's entry, past libc's functions."""
    return _sockets(bpf.system_call)


def _sockets(call: Callable[..., int]) -> _Outcome:
    outcome = {}
    for what, (family, kind) in _SOCKETS.items():
        result = call("socket", family, kind, 0)
        outcome[what] = _refusal(-result)
        if result >= 0:
            os.close(result)
    pair = (ctypes.c_int * 2)()
    if call("socketpair", _AF_UNIX, _STREAM, 0, ctypes.addressof(pair)) != 0:
        raise OSError("no pair of local sockets to connect with")
    address = ctypes.create_string_buffer(struct.pack("=H", _AF_UNIX) + _NOWHERE)
    outcome[_UNIX] = _refusal(-call("connect", pair[0], ctypes.addressof(address), len(address) - 1))
    os.close(pair[0])
    os.close(pair[1])
    # libc has no function for it. struct io_uring_params takes 120 bytes.
    parameters = ctypes.create_string_buffer(120)
    result = bpf.system_call("io_uring_setup", 1, ctypes.addressof(parameters))
    outcome[_IO_URING] = _refusal(-result)
    if result >= 0:
        os.close(result)
    return outcome


def _in_a_thread(attempts: Callable[[], _Outcome]) -> _Outcome:
    outcome: _Outcome = {}
    thread = threading.Thread(target=lambda: outcome.update(attempts()))
    thread.start()
    thread.join()
    if not outcome:
        raise ChildProcessError("a thread ended without an answer")
    return outcome


def _in_a_fork(attempts: Callable[[], _Outcome]) -> _Outcome:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python warns that a fork of a process with threads may find a lock taken. This child
        # makes system calls and ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.write(writing, _written(attempts()))
        finally:
            os._exit(0)
    os.close(writing)
    answer = b""
    while part := os.read(reading, 4096):
        answer += part
    os.close(reading)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if not answer:
        raise ChildProcessError(status, "a fork ended without an answer")
    return _read(answer)


def _in_an_executed_child() -> _Outcome:
    # Costs 10 ms, and only this function needs it.
    import subprocess

    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from policies import network; "
        "sys.stdout.buffer.write(network._written(network._through_libc()))"
    )
    child = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if child.returncode != 0:
        raise ChildProcessError(f"{sys.executable} ended with {child.returncode}")
    return _read(child.stdout)


def _through_foreign_calls() -> dict[str, _Outcome]:
    """Through the other two system call tables of x86_64."""
    if bpf.machine() != "x86_64":
        return {}
    what = "TCP over IPv4"
    result = bpf.system_call(_X32_SOCKET, _AF_INET, _STREAM, 0)
    if result >= 0:
        os.close(result)
    try:
        by_int_80 = _in_a_fork(lambda: {what: _refusal(-_socket_by_int_80())})
    except ChildProcessError as exc:
        # A kernel built without 32-bit calls ends the process that makes one: SIGSEGV.
        if exc.errno != -11:
            raise
        by_int_80 = {what: errno.ENOSYS}
    return {"an x32 system call": {what: _refusal(-result)}, "a 32-bit system call": by_int_80}


def _socket_by_int_80() -> int:
    """Makes a TCP socket through the 32-bit entry of x86_64, as exploit code would: not from libc."""
    # Needed nowhere else.
    import mmap

    machine_code = bytes.fromhex(
        "53"  # push rbx
        "b867010000"  # mov eax, 359 (socket, in the 32-bit table)
        "bb02000000"  # mov ebx, AF_INET
        "b901000000"  # mov ecx, SOCK_STREAM
        "31d2"  # xor edx, edx
        "cd80"  # int 0x80
        "5b"  # pop rbx
        "c3"  # ret
    )
    try:
        page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    except PermissionError as exc:
        return -(exc.errno or errno.EACCES)
    page.write(machine_code)
    result: int = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    return result


def _written(outcome: _Outcome) -> bytes:
    return "\n".join(f"{code} {what}" for what, code in outcome.items()).encode()


def _read(text: bytes) -> _Outcome:
    lines = (line.split(" ", 1) for line in text.decode().split("\n"))
    return {what: int(code) for code, what in lines}
