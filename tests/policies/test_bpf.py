"""The filters decide alike on both architectures. A small BPF interpreter runs them here."""

import errno
import struct

import pytest

from policies import bpf
from policies.syscalls import CONFINED_NUMBERS, NUMBERS, WORKER_NUMBERS

ALLOWED = 0
X86_64, AARCH64, I386, ARM = 0xC000003E, 0xC00000B7, 0x40000003, 0x40000028

# From the kernel's own tables, for each architecture.
CALLS = {
    "x86_64": {"read": 0, "openat": 257, "execve": 59, "recvmsg": 47, "sendmsg": 46, "futex": 202}
    | {"socket": 41, "connect": 42, "bind": 49, "listen": 50, "accept": 43, "accept4": 288}
    | {"ptrace": 101, "bpf": 321, "mount": 165, "unshare": 272, "setns": 308, "keyctl": 250}
    | {"socketpair": 53, "ioctl": 16, "clone": 56, "sendto": 44, "sendmmsg": 307},
    "aarch64": {"read": 63, "openat": 56, "execve": 221, "recvmsg": 212, "sendmsg": 211, "futex": 98}
    | {"socket": 198, "connect": 203, "bind": 200, "listen": 201, "accept": 202, "accept4": 242}
    | {"ptrace": 117, "bpf": 280, "mount": 40, "unshare": 97, "setns": 268, "keyctl": 219}
    | {"socketpair": 199, "ioctl": 29, "clone": 220, "sendto": 206, "sendmmsg": 269},
}
NATIVE = {"x86_64": X86_64, "aarch64": AARCH64}


def answer(program: bytes, architecture: int, number: int, *arguments: int) -> int:
    """The errno that the filter gives a call; ALLOWED when the call passes."""
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, architecture, 0, *padded)
    code = list(struct.iter_unpack("=HBBI", program))
    accumulator, place = 0, 0
    while True:
        operation, on_true, on_false, operand = code[place]
        place += 1
        if operation == 0x20:  # load a word
            (accumulator,) = struct.unpack_from("<I", data, operand)
        elif operation == 0x54:  # and
            accumulator &= operand
        elif operation == 0x06:  # return
            action, value = operand & 0xFFFF0000, operand & 0xFFFF
            assert action in (0x7FFF0000, 0x00050000)
            return ALLOWED if action == 0x7FFF0000 else value
        else:
            jumps = {0x15: accumulator == operand, 0x35: accumulator >= operand, 0x45: accumulator & operand}
            place += on_true if jumps[operation] else on_false


@pytest.fixture(params=["x86_64", "aarch64"])
def machine(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def ask(machine: str, call: str | int, *arguments: int) -> int:
    number = CALLS[machine][call] if isinstance(call, str) else call
    return answer(bpf.seal_filter(machine), NATIVE[machine], number, *arguments)


@pytest.mark.parametrize("call", ["read", "openat", "execve", "recvmsg", "sendmsg", "futex"])
def test_ordinary_calls_pass(machine: str, call: str) -> None:
    assert ask(machine, call) == ALLOWED


@pytest.mark.parametrize(
    "call",
    [
        *("socket", "connect", "bind", "listen", "accept", "accept4"),
        *("ptrace", "bpf", "mount", "unshare", "setns", "keyctl"),
    ],
)
def test_sockets_and_ways_around_them_are_refused(machine: str, call: str) -> None:
    assert ask(machine, call) == errno.EPERM


@pytest.mark.parametrize("number", [425, 426, 427, 435])
def test_io_uring_and_clone3_do_not_exist(machine: str, number: int) -> None:
    assert ask(machine, number) == errno.ENOSYS


@pytest.mark.parametrize("number", [470, 511, 0x40000000 | 41, 0x7FFFFFFF, -1])
def test_a_call_that_is_not_in_the_tables_does_not_exist(machine: str, number: int) -> None:
    assert ask(machine, number) == errno.ENOSYS


@pytest.mark.parametrize("architecture", [X86_64, AARCH64, I386, ARM])
def test_no_call_of_another_architecture_exists(machine: str, architecture: int) -> None:
    for number in range(512):
        if architecture != NATIVE[machine]:
            assert answer(bpf.seal_filter(machine), architecture, number) == errno.ENOSYS


@pytest.mark.parametrize(
    ("family", "kind", "expected"),
    [
        pytest.param(1, 1, ALLOWED, id="local stream"),
        pytest.param(1, 1 | 0o2000000 | 0o4000, ALLOWED, id="local stream, close-on-exec, non-blocking"),
        pytest.param(1, 2, errno.EPERM, id="local datagram"),
        pytest.param(1, 5, errno.EPERM, id="local seqpacket"),
        pytest.param(2, 1, errno.EPERM, id="internet"),
        pytest.param(2 | 1 << 32, 1, errno.EPERM, id="internet, high bits set"),
    ],
)
def test_a_socketpair_is_a_local_stream_or_refused(
    machine: str, family: int, kind: int, expected: int
) -> None:
    assert ask(machine, "socketpair", family, kind) == expected


def test_no_ioctl_types_into_a_terminal_whatever_the_high_bits(machine: str) -> None:
    for request in (0x5412, 0x541C, 0x5412 | 1 << 32, 0x541C | 0xFFFFFFFF << 32):
        assert ask(machine, "ioctl", 0, request) == errno.EPERM
    assert ask(machine, "ioctl", 0, 0x5413) == ALLOWED


def test_clone_makes_threads_and_processes_but_no_namespaces(machine: str) -> None:
    thread, process = 0x3D0F00, 17
    assert ask(machine, "clone", thread) == ALLOWED
    assert ask(machine, "clone", process) == ALLOWED
    for namespace in (0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert ask(machine, "clone", process | namespace) == errno.EPERM


@pytest.mark.parametrize(("call", "flags"), [("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)])
def test_no_call_connects_while_it_sends(machine: str, call: str, flags: int) -> None:
    for value, expected in ((0, ALLOWED), (0x4000, ALLOWED), (0x20000000, errno.EPERM)):
        for high in (0, 1 << 32):
            assert ask(machine, call, *[0] * flags, value | high) == expected
    assert ask(machine, call, *[0] * flags, 0x20004000) == errno.EPERM


def test_an_owner_listens_on_its_own_socket_and_no_other(machine: str) -> None:
    program = bpf.seal_filter(machine, listener=7)
    for call in ("listen", "accept4"):
        number = CALLS[machine][call]
        assert answer(program, NATIVE[machine], number, 7) == ALLOWED
        assert answer(program, NATIVE[machine], number, 8) == errno.EPERM
        assert ask(machine, call, 7) == errno.EPERM
    assert answer(program, NATIVE[machine], CALLS[machine]["bind"], 7) == errno.EPERM


def test_a_confined_process_changes_its_own_limits_and_the_times_of_open_files_only(machine: str) -> None:
    program = bpf.confined_filter(machine)
    column = list(NATIVE).index(machine)
    own = ("prlimit64", "utimensat", "setpriority", "sched_setattr", "sched_setparam", "sched_setscheduler")
    pointer = 1 << 40
    for name, numbers in CONFINED_NUMBERS.items():
        if (number := numbers[column]) is not None:
            assert answer(program, NATIVE[machine], number, 5, pointer) == errno.EPERM, name
            allowed = ALLOWED if name in own else errno.EPERM
            assert answer(program, NATIVE[machine], number, 0, 0) == allowed, name
    priority = CONFINED_NUMBERS["setpriority"][column]
    assert priority is not None
    group, user = 1, 2
    for kind, who in ((0, 5), (group, 0), (user, 0)):
        assert answer(program, NATIVE[machine], priority, kind, who) == errno.EPERM
    set_flags, window_size = 0x40086602, 0x5413
    assert answer(program, NATIVE[machine], CALLS[machine]["ioctl"], 5, set_flags) == errno.EPERM
    assert answer(program, NATIVE[machine], CALLS[machine]["ioctl"], 5, window_size) == ALLOWED
    assert answer(program, NATIVE[machine], CALLS[machine]["read"]) == ALLOWED


def test_a_parser_has_no_file_by_name_no_program_and_no_process(machine: str) -> None:
    program = bpf.worker_filter(machine)
    column = list(NATIVE).index(machine)
    for name, numbers in (CONFINED_NUMBERS | WORKER_NUMBERS).items():
        if (number := numbers[column]) is not None:
            assert answer(program, NATIVE[machine], number) == errno.EPERM, name
    assert answer(program, NATIVE[machine], CALLS[machine]["read"]) == ALLOWED
    thread, process = 0x3D0F00, 17
    assert answer(program, NATIVE[machine], NUMBERS["clone"][column], thread) == ALLOWED
    assert answer(program, NATIVE[machine], NUMBERS["clone"][column], process) == errno.EPERM
