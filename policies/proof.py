"""The proof of the seal: real attempts to reach out, and the kernel's answer to each.

`carrel policy prove` and the terminal UI call `prove` in a sealed process. Attempts go past the hook on
Python's sockets, straight to the kernel. No attempt needs a peer, and none sends anything.
"""

import ctypes
import errno
import os
import struct
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from policies.errors import PolicyRefusal
from policies.network import AF_UNIX, SOCK_STREAM, SOCKETS, X32_SOCKET, hook_suspended
from policies.process import ROOT
from policies.syscalls import libc, machine, system_call


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to reach out, and its outcome."""

    what: str
    """The kind of traffic, such as `TCP over IPv4`."""
    via: str
    """Where the attempt was made from, such as `Python` or `a fork`."""
    refused: bool
    """False when the attempt got through."""
    by: str
    """What refused it and with which error, such as `EPERM from the kernel`; `nothing` when it got through.
    """


_DNS, _UNIX, _IO_URING = "DNS lookup", "AF_UNIX connect", "io_uring"

_UNUSED_ADDRESS = b"\0carrel-proof"
"""An abstract socket name that no process listens on."""
_NO_SUCH_HOST = b"carrel-proof.invalid"
"""A name that no resolver knows (RFC 6761). No resolver is ever asked for it: see `_through_libc`."""

_Answers = dict[str, int]
"""The errno of each kind of attempt; 0 when it got through."""


def prove() -> tuple[Attempt, ...]:
    """Tries to reach out in every known way and reports each attempt with the kernel's answer.

    Meant for a sealed process; in any other, attempts get through and are reported as such. Takes about 0.2
    s. Raises `PolicyRefusal` where an attempt cannot be made, because a proof with gaps proves nothing.
    """
    if machine() is None:
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
    except OSError as error:
        raise PolicyRefusal(f"The proof could not be completed: {error}.") from error
    return tuple(_attempt(what, via, code) for via, codes in answers.items() for what, code in codes.items())


def _attempt(what: str, via: str, code: int) -> Attempt:
    by = f"{errno.errorcode[code]} from the kernel" if code else "nothing"
    return Attempt(what=what, via=via, refused=code != 0, by=by)


def _refusal(code: int) -> int:
    """The errno when it means that the call was refused. Any other error means that it got through: 0."""
    refusals = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT}
    return code if code in refusals else 0


def _through_python() -> _Answers:
    # The C module only: the Python module around it takes 5 ms.
    import _socket

    def errno_of(call: Callable[..., object], *arguments: object) -> int:
        try:
            call(*arguments)
        except OSError as error:
            return _refusal(error.errno or 0)
        return 0

    def create_socket(family: int, kind: int) -> None:
        _socket.socket(family, kind).close()

    with hook_suspended():
        answers = {what: errno_of(create_socket, *arguments) for what, arguments in SOCKETS.items()}
        left, right = _socket.socketpair()
        answers[_UNIX] = errno_of(left.connect, _UNUSED_ADDRESS)
        left.close()
        right.close()
        answers[_DNS] = answers["UDP over IPv4"]
        if answers[_DNS]:
            try:
                _socket.getaddrinfo(_NO_SUCH_HOST, None)
            except _socket.gaierror:
                pass
            else:
                answers[_DNS] = 0
    return answers


def _through_libc() -> _Answers:
    """Through libc's functions, as native code calls them."""

    def call(name: str, *arguments: int) -> int:
        result: int = getattr(libc, name)(*map(ctypes.c_long, arguments))
        return -ctypes.get_errno() if result == -1 else result

    answers = _sockets(call)
    answers[_DNS] = answers["UDP over IPv4"]
    if answers[_DNS]:
        # Without a socket to send its query, a resolver must fail. Where sockets work, none is asked.
        addresses = ctypes.c_void_p()
        if libc.getaddrinfo(_NO_SUCH_HOST, None, None, ctypes.byref(addresses)) == 0:
            libc.freeaddrinfo(addresses)
            answers[_DNS] = 0
    return answers


def _by_number() -> _Answers:
    """Through the kernel's entry point, without libc's functions."""
    return _sockets(system_call)


def _sockets(call: Callable[..., int]) -> _Answers:
    answers = {}
    for what, (family, kind) in SOCKETS.items():
        result = call("socket", family, kind, 0)
        answers[what] = _refusal(-result)
        if result >= 0:
            os.close(result)
    pair = (ctypes.c_int * 2)()
    if call("socketpair", AF_UNIX, SOCK_STREAM, 0, ctypes.addressof(pair)) != 0:
        raise OSError("no pair of local sockets to connect with")
    address = ctypes.create_string_buffer(struct.pack("=H", AF_UNIX) + _UNUSED_ADDRESS)
    answers[_UNIX] = _refusal(-call("connect", pair[0], ctypes.addressof(address), len(address) - 1))
    os.close(pair[0])
    os.close(pair[1])
    # libc has no function for it. struct io_uring_params takes 120 bytes.
    parameters = ctypes.create_string_buffer(120)
    result = system_call("io_uring_setup", 1, ctypes.addressof(parameters))
    answers[_IO_URING] = _refusal(-result)
    if result >= 0:
        os.close(result)
    return answers


def _in_a_thread(attempts: Callable[[], _Answers]) -> _Answers:
    answers: _Answers = {}
    thread = threading.Thread(target=lambda: answers.update(attempts()))
    thread.start()
    thread.join()
    if not answers:
        raise ChildProcessError("a thread ended without an answer")
    return answers


def _in_a_fork(attempts: Callable[[], _Answers]) -> _Answers:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python warns that the fork of a process with threads may inherit a locked lock. This child only
        # makes system calls and exits.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        try:
            os.write(writing, _encoded(attempts()))
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
    return _decoded(answer)


def _in_an_executed_child() -> _Answers:
    # Takes 10 ms, and only this function needs it.
    import subprocess

    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from policies import proof; "
        "sys.stdout.buffer.write(proof._encoded(proof._through_libc()))"
    )
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-S", "-c", program, str(ROOT)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except PermissionError as error:
        # A confined process may start no program (`policies.confinement`), so this attempt cannot succeed.
        return dict.fromkeys((*SOCKETS, _UNIX, _IO_URING, _DNS), error.errno or errno.EPERM)
    if child.returncode != 0:
        raise ChildProcessError(f"{sys.executable} ended with {child.returncode}")
    return _decoded(child.stdout)


def _through_foreign_calls() -> dict[str, _Answers]:
    """Through the other two system call tables of x86_64."""
    if machine() != "x86_64":
        return {}
    what = "TCP over IPv4"
    family, kind = SOCKETS[what]
    result = system_call(X32_SOCKET, family, kind, 0)
    if result >= 0:
        os.close(result)
    try:
        by_int_80 = _in_a_fork(lambda: {what: _refusal(-_socket_by_int_80())})
    except ChildProcessError as error:
        # A kernel built without 32-bit calls kills the process that makes one with SIGSEGV.
        if error.errno != -11:
            raise
        by_int_80 = {what: errno.ENOSYS}
    return {"an x32 system call": {what: _refusal(-result)}, "a 32-bit system call": by_int_80}


def _socket_by_int_80() -> int:
    """Creates a TCP socket through the 32-bit entry point of x86_64, with machine code of its own as an
    exploit would."""
    # Needed here only.
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
    except PermissionError as error:
        return -(error.errno or errno.EACCES)
    page.write(machine_code)
    result: int = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
    return result


def _encoded(answers: _Answers) -> bytes:
    return "\n".join(f"{code} {what}" for what, code in answers.items()).encode()


def _decoded(text: bytes) -> _Answers:
    lines = (line.split(" ", 1) for line in text.decode().split("\n"))
    return {what: int(code) for code, what in lines}
