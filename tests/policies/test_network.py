"""The seal holds against every known way out, and says so when it cannot hold."""

import os
import pty
import shutil
import socket
from pathlib import Path

import pytest

from policies.errors import PolicyRefusal
from policies.network import NetworkRefused
from tests.sealing import ALLOW_ALL, PREAMBLE, needs_filter, run, without_seccomp

pytestmark = needs_filter

# Ways out.


def test_a_thread_older_than_the_seal_is_sealed_too() -> None:
    script = """
import threading
started, go, answers = threading.Event(), threading.Event(), []
def early():
    answers.append(syscalls.system_call("socket", 2, 1, 0) >= 0)
    started.set()
    go.wait()
    answers.append(syscalls.system_call("socket", 2, 1, 0))
thread = threading.Thread(target=early)
thread.start()
started.wait()
seal()
go.set()
thread.join()
print(answers == [True, -errno.EPERM])
"""
    assert run(script) == "True"


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_a_program_that_is_not_python_has_no_network_either() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = f"exec 3<>/dev/tcp/127.0.0.1/{listener.getsockname()[1]}"
        script = f"""
import subprocess
def bash():
    return subprocess.run(["bash", "-c", {command!r}], stderr=subprocess.DEVNULL, check=False).returncode
before = bash()
seal()
print(before, bash())
"""
        before, after = run(script).split()
    assert before == "0"
    assert after != "0"


def test_a_service_on_this_machine_cannot_be_reached(tmp_path: Path) -> None:
    address = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        listener.setblocking(False)
        script = f"""
import socket
seal()
for attempt in (
    lambda: socket.socket(socket.AF_UNIX).connect({address!r}),
    lambda: socket.socketpair()[0].connect({address!r}),
):
    try:
        attempt()
    except PermissionError:
        print("refused")
"""
        assert run(script).split() == ["refused", "refused"]
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_process_that_listens_on_this_computer_cannot_connect_even_while_it_sends() -> None:
    """With MSG_FASTOPEN, a listening socket that was shut down could be connected to another service."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)
        address = other.getsockname()
        script = f"""
import socket
from policies import confinement, endpoint
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
listener = endpoint.listen_on_loopback(port)
seal(listener=listener.fileno())
confinement.confine_process(confinement.FileAccess(read=confinement.code(), devices=False))
def raw(call, *arguments):
    return syscalls.system_call(call, *arguments)
port = ({address[1]}).to_bytes(2, "big")
peer = ctypes.create_string_buffer(bytes([2, 0]) + port + bytes([127, 0, 0, 1]) + bytes(8))
message = ctypes.create_string_buffer(b"document")
def attempts():
    at, size = ctypes.addressof(peer), 16
    text = ctypes.addressof(message)
    number = listener.fileno()
    yield raw("connect", number, at, size)
    yield raw("sendto", number, text, 8, 0x20000000, at, size)
    yield raw("sendto", number, text, 8, 0x20004000, at, size)
    yield raw("bind", number, at, size)
    for family in (2, 10):
        for kind in (1, 2):
            yield raw("socket", family, kind, 0)
before = list(attempts())
listener.shutdown(socket.SHUT_RDWR)
print([result == -errno.EPERM for result in [*before, *attempts()]].count(False), len(before))
"""
        assert run(script) == "0 8"
        with pytest.raises(BlockingIOError):
            other.accept()


def test_a_process_that_listens_on_this_computer_accepts_and_makes_no_connection() -> None:
    script = """
import socket, threading
from policies import endpoint
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
listener = endpoint.listen_on_loopback(port)
client = os.fork()
if client == 0:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        os._exit(connection.recv(10) != b"hello")
seal(listener=listener.fileno())
connection, _ = listener.accept()
connection.sendall(b"hello")
print(os.waitpid(client, 0)[1], all(attempt.refused for attempt in prove()))
"""
    assert run(script) == "0 True"


def test_a_socketpair_cannot_send_to_a_named_socket(tmp_path: Path) -> None:
    address = str(tmp_path / "log")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.setblocking(False)
        script = f"""
import socket
seal()
try:
    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"document", {address!r})
except PermissionError:
    print("datagram refused")
try:
    socket.socketpair()[0].sendto(b"document", {address!r})
except OSError:
    print("stream refused")
"""
        assert run(script).splitlines() == ["datagram refused", "stream refused"]
        with pytest.raises(BlockingIOError):
            listener.recv(16)


def test_a_socket_opened_before_the_seal_is_closed() -> None:
    with socket.socket() as early:
        script = f"""
seal()
try:
    os.write({early.fileno()}, b"document")
except OSError as exc:
    print(errno.errorcode[exc.errno])
"""
        assert run(script, pass_fds=(early.fileno(),)) == "EBADF"


def test_a_network_socket_as_standard_input_is_refused() -> None:
    with socket.socket() as early:
        script = """
try:
    seal(SealMode.BEST_EFFORT)
except PolicyRefusal as refusal:
    print(refusal.message)
"""
        assert "standard input" in run(script, stdin=early.fileno())


def test_a_local_datagram_socket_as_standard_input_is_refused() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as early:
        script = """
try:
    seal()
except PolicyRefusal as refusal:
    print(refusal.message)
"""
        assert "standard input" in run(script, stdin=early.fileno())


def test_a_local_stream_and_pipes_as_standard_streams_are_kept() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(b"a question\n")
        assert run("seal(); print(sys.stdin.readline())", stdin=theirs.fileno()) == "a question"


@pytest.mark.parametrize(
    "call",
    [
        *("ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "bpf", "userfaultfd"),
        *("perf_event_open", "setns", "unshare", "mount", "umount2", "pivot_root", "move_mount"),
        *("open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "open_by_handle_at"),
        *("add_key", "request_key", "keyctl", "init_module", "finit_module", "delete_module"),
        *("kexec_load", "kexec_file_load"),
    ],
)
def test_every_call_that_could_undo_the_seal_is_refused(call: str, refusals: dict[str, int]) -> None:
    assert refusals[call] == -1


@pytest.fixture(scope="module")
def refusals() -> dict[str, int]:
    """The kernel's answer to every call of the list, in one sealed process."""
    script = """
seal()
for name in bpf.REFUSED:
    print(name, syscalls.system_call(name, -1, -1, -1, -1, -1, -1))
"""
    return {name: int(code) for name, code in (line.split() for line in run(script).splitlines())}


def test_a_child_cannot_get_a_network_namespace_of_its_own() -> None:
    script = """
seal()
new_network, signal_parent = 0x40000000, 17
print(syscalls.system_call("clone", new_network | signal_parent, 0, 0, 0, 0))
"""
    assert run(script) == "-1"


def test_no_input_can_be_injected_into_the_parents_terminal() -> None:
    """TIOCSTI puts input into the queue that the shell reads next."""
    master, slave = pty.openpty()
    script = """
import fcntl, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
seal()
for request in (termios.TIOCSTI, termios.TIOCSTI | 1 << 32):
    text = ctypes.create_string_buffer(b"x")
    print(syscalls.system_call("ioctl", 0, request, ctypes.addressof(text)))
"""
    try:
        assert run(script, stdin=slave).split() == ["-1", "-1"]
    finally:
        os.close(slave)
        os.close(master)


# What the seal reports about itself.


def test_the_start_fails_when_the_filter_does_not_hold() -> None:
    script = f"""
bpf.seal_filter = lambda machine, **_: {ALLOW_ALL!r}
try:
    seal()
except PolicyRefusal as refusal:
    print(refusal.message)
print(sealed())
"""
    message, is_sealed = run(script).splitlines()
    assert "is not refused" in message
    assert is_sealed == "False"


def test_a_kernel_without_seccomp_is_refused_and_the_remedy_is_named() -> None:
    script = f"""
assert bpf.install({without_seccomp()!r}) == 0
try:
    seal()
except PolicyRefusal as refusal:
    print(refusal.message)
    print(refusal.remedy)
"""
    message, remedy = run(script).splitlines()
    assert "ENOSYS" in message
    assert 'network.seal = "best-effort"' in remedy


def test_best_effort_refuses_python_and_says_the_kernel_does_not() -> None:
    script = f"""
import socket
assert bpf.install({without_seccomp()!r}) == 0
seal_ = seal(SealMode.BEST_EFFORT)
print(seal_.enforced, sealed())
print(seal_.detail)
try:
    socket.create_connection(("127.0.0.1", 9))
except PolicyRefusal:
    print("refused")
print(any(not attempt.refused for attempt in prove()))
"""
    state, detail, python, through = run(script).splitlines()
    assert state == "False False"
    assert detail.startswith("Not kernel-enforced")
    assert python == "refused"
    assert through == "True"


def test_best_effort_is_enforced_where_the_kernel_can_do_it() -> None:
    assert run("print(seal(SealMode.BEST_EFFORT).enforced, sealed())") == "True True"


def test_the_filter_of_a_container_is_not_mistaken_for_the_seal() -> None:
    assert run(f"bpf.install({ALLOW_ALL!r}); print(sealed()); seal(); print(sealed())") == "False\nTrue"


def test_sealing_again_changes_nothing() -> None:
    script = """
import socket
def filters():
    return [line for line in open("/proc/self/status") if line.startswith("Seccomp_filters")]
first = seal()
before = filters()
pair = socket.socketpair()
assert seal() == first
assert filters() == before
pair[0].sendall(b"still open")
print(pair[1].recv(16).decode())
"""
    assert run(script) == "still open"


def test_a_child_of_a_sealed_process_is_sealed_and_reports_it() -> None:
    child = PREAMBLE + "print(sealed(), seal().enforced)"
    script = f"""
import subprocess
seal()
print(subprocess.check_output([sys.executable, "-c", {child!r}], text=True))
"""
    assert run(script) == "True True"


def test_python_code_gets_a_readable_refusal() -> None:
    script = """
import socket
seal()
for attempt in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.socket(),
    lambda: socket.getaddrinfo("carrel.invalid", 80),
):
    try:
        attempt()
    except network.NetworkRefused as refusal:
        print(refusal.errno == errno.EPERM, refusal)
"""
    lines = run(script).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("True This process is sealed and has no network") for line in lines)


def test_libraries_that_can_work_without_a_network_get_an_ordinary_error() -> None:
    assert issubclass(NetworkRefused, PermissionError)
    assert issubclass(NetworkRefused, PolicyRefusal)


# What still works.


def test_threads_children_and_event_loops_work_under_the_seal() -> None:
    script = """
import asyncio, subprocess, threading
seal()
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
print(subprocess.check_output(["echo", "child"], text=True).strip())
async def main():
    child = await asyncio.create_subprocess_exec("echo", "loop", stdout=asyncio.subprocess.PIPE)
    return (await child.communicate())[0].decode().strip()
print(asyncio.run(main()))
"""
    assert run(script).split() == ["thread", "child", "loop"]
