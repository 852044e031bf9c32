"""The seal holds against every way out that is known, and says so when it cannot.

Sealing cannot be undone, so each test seals a process of its own.
"""

import errno
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from policies import bpf
from policies.errors import PolicyRefusal
from policies.network import NetworkRefused

ROOT = Path(__file__).resolve().parents[2]

PREAMBLE = f"""
import errno, os, sys
sys.path.append({str(ROOT)!r})
from policies import bpf, network, process
from policies.errors import PolicyRefusal
from policies.network import SealMode, prove, seal, sealed
"""

ALLOW_ALL = struct.pack("=HBBI", 0x06, 0, 0, 0x7FFF0000)

needs_filter = pytest.mark.skipif(bpf.machine() is None, reason="no seccomp filter for this machine")
pytestmark = needs_filter


def run(
    script: str,
    *,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    pass_fds: tuple[int, ...] = (),
    stdin: int = subprocess.DEVNULL,
) -> str:
    """Runs the script in a process of its own; what it prints, once it has ended well."""
    child = subprocess.run(
        [sys.executable, "-W", "error", "-c", PREAMBLE + script],
        cwd=cwd or ROOT,
        env={**os.environ, **(env or {})},
        pass_fds=pass_fds,
        stdin=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return child.stdout.strip()


def without_seccomp() -> bytes:
    """A filter under which the kernel seems to have been built without filters."""
    load, jump, give = 0x20, 0x15, 0x06
    allow, no_such_call = 0x7FFF0000, 0x00050000 | errno.ENOSYS
    is_seccomp = (jump, 0, 1, bpf.number("seccomp"))
    code = ((load, 0, 0, 0), is_seccomp, (give, 0, 0, no_such_call), (give, 0, 0, allow))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


# Reaching out.


def test_every_attempt_to_reach_out_is_refused_by_the_kernel() -> None:
    script = """
seal()
for attempt in prove():
    print(attempt.via, attempt.what, attempt.refused, attempt.by, sep="|")
"""
    attempts = [line.split("|") for line in run(script).splitlines()]
    assert {"True"} == {refused for _, _, refused, _ in attempts}
    assert {by for *_, by in attempts} == {"EPERM from the kernel", "ENOSYS from the kernel"}
    everywhere = {"TCP over IPv4", "UDP over IPv4", "TCP over IPv6", "AF_UNIX connect", "netlink", "vsock"}
    for via in ("Python", "ctypes", "raw system call", "a thread", "a fork", "an executed child"):
        assert everywhere <= {what for here, what, *_ in attempts if here == via}
    assert {via for via, what, *_ in attempts if what == "DNS lookup"} >= {"Python", "an executed child"}
    assert {via for via, what, *_ in attempts if what == "io_uring"} >= {"raw system call", "a fork"}


def test_the_proof_says_so_when_attempts_get_through() -> None:
    script = """
for attempt in prove():
    if attempt.what == "TCP over IPv4":
        print(attempt.via, attempt.refused, attempt.by, sep="|")
"""
    answers = run(script).splitlines()
    for via in ("Python", "ctypes", "raw system call", "a thread", "a fork", "an executed child"):
        assert f"{via}|False|nothing" in answers


def test_a_thread_older_than_the_seal_is_sealed_too() -> None:
    script = """
import threading
started, go, answers = threading.Event(), threading.Event(), []
def early():
    answers.append(bpf.system_call("socket", 2, 1, 0) >= 0)
    started.set()
    go.wait()
    answers.append(bpf.system_call("socket", 2, 1, 0))
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
def test_no_call_that_could_undo_the_seal_is_left(call: str, refusals: dict[str, int]) -> None:
    assert refusals[call] == -1


@pytest.fixture(scope="module")
def refusals() -> dict[str, int]:
    """The kernel's answer to every call of the list, in one sealed process."""
    script = """
seal()
for name in bpf._REFUSED:
    print(name, bpf.system_call(name, -1, -1, -1, -1, -1, -1))
"""
    return {name: int(code) for name, code in (line.split() for line in run(script).splitlines())}


def test_a_child_cannot_be_started_in_a_network_of_its_own() -> None:
    script = """
seal()
new_network, signal_parent = 0x40000000, 17
print(bpf.system_call("clone", new_network | signal_parent, 0, 0, 0, 0))
"""
    assert run(script) == "-1"


def test_nothing_can_be_typed_into_the_parents_terminal() -> None:
    """TIOCSTI puts input into the queue that the shell reads next."""
    master, slave = pty.openpty()
    script = """
import fcntl, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
seal()
for request in (termios.TIOCSTI, termios.TIOCSTI | 1 << 32):
    text = bpf.ctypes.create_string_buffer(b"x")
    print(bpf.system_call("ioctl", 0, request, bpf.ctypes.addressof(text)))
"""
    try:
        assert run(script, stdin=slave).split() == ["-1", "-1"]
    finally:
        os.close(slave)
        os.close(master)


# What the seal says of itself.


def test_the_start_fails_when_the_filter_does_not_hold() -> None:
    script = f"""
bpf.program = lambda machine, **_: {ALLOW_ALL!r}
try:
    seal()
except PolicyRefusal as refusal:
    print(refusal.message)
print(sealed())
"""
    message, is_sealed = run(script).splitlines()
    assert "is not refused" in message
    assert is_sealed == "False"


def test_a_kernel_without_seccomp_is_refused_and_the_way_on_is_named() -> None:
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


def test_best_effort_is_still_enforced_where_the_kernel_can() -> None:
    assert run("print(seal(SealMode.BEST_EFFORT).enforced, sealed())") == "True True"


def test_a_filter_of_a_container_is_not_taken_for_the_seal() -> None:
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


def test_a_child_of_a_sealed_process_is_sealed_and_knows_it() -> None:
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


def test_libraries_that_can_do_without_a_network_see_an_ordinary_error() -> None:
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


# What the process gives up besides.


def test_new_files_are_private(tmp_path: Path) -> None:
    run(f"seal(); os.mkdir({str(tmp_path / 'd')!r}); open({str(tmp_path / 'f')!r}, 'w').close()")
    assert (tmp_path / "d").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "f").stat().st_mode & 0o777 == 0o600


def test_a_crash_leaves_no_core_with_document_text(tmp_path: Path) -> None:
    def dumps(first: str) -> bool:
        script = (
            PREAMBLE
            + f"""
import resource
hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
{first}
os.chdir({str(tmp_path)!r})
os.kill(os.getpid(), {int(signal.SIGSEGV)})
"""
        )
        child = os.posix_spawn(sys.executable, [sys.executable, "-c", script], os.environ)
        return os.WCOREDUMP(os.waitpid(child, 0)[1])

    if not dumps(""):
        pytest.skip("this machine writes no core dumps")
    assert not dumps("seal()")


def test_another_process_of_the_same_user_cannot_read_its_memory() -> None:
    """Shown on /proc/PID/environ, which is read out of the process's memory."""

    def readable(first: str) -> bool:
        # Root reads everything, so as root both become another user.
        script = (
            PREAMBLE
            + f"""
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    # Changing user has made it unreadable; PR_SET_DUMPABLE undoes that.
    bpf.system_call("prctl", 4, 1, 0, 0, 0)
{first}
print("ready", flush=True)
sys.stdin.read()
"""
        )
        with subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as victim:
            assert victim.stdout is not None
            assert victim.stdout.readline() == "ready\n"
            reader = subprocess.run(
                ["cat", f"/proc/{victim.pid}/environ"],
                capture_output=True,
                check=False,
                user=65534 if os.geteuid() == 0 else None,
                group=65534 if os.geteuid() == 0 else None,
            )
            victim.communicate()
        return reader.returncode == 0

    assert readable("")
    assert not readable("seal()")


def test_nothing_in_the_environment_names_code_or_endpoints_any_more() -> None:
    hostile = ("LD_AUDIT", "PYTHONSTARTUP", "LLAMA_CPP_LIB_PATH", "GGML_BACKEND_PATH")
    more = ("OTEL_EXPORTER_OTLP_ENDPOINT", "HTTPS_PROXY", "HF_ENDPOINT", "HF_HUB_OFFLINE", "EXIFTOOL_PATH")
    kept = {"HOME": "/home/reader", "LC_ALL": "C.UTF-8", "CARREL_HOME": "/library", "NO_COLOR": "1"}
    script = "seal(); print(*sorted(os.environ)); print(os.environ['HF_HUB_OFFLINE'])"
    names, offline = run(script, env=dict.fromkeys(hostile + more, "0") | kept).splitlines()
    assert not {*names.split()} & {*hostile, *more} - {"HF_HUB_OFFLINE"}
    assert kept.keys() <= {*names.split()}
    assert offline == "1"


def test_programs_are_not_found_in_the_current_folder() -> None:
    path = "bin::.:/usr/bin:/bin:"
    assert run("seal(); print(os.environ['PATH'])", env={"PATH": path}) == "/usr/bin:/bin"


@pytest.mark.parametrize("listed_as", ["", ".", "{here}", "{here}/../{name}"])
def test_a_module_in_the_current_folder_is_not_imported(tmp_path: Path, listed_as: str) -> None:
    (tmp_path / "hostile.py").write_text("print('hostile code ran')", encoding="utf-8")
    entry = listed_as.format(here=tmp_path, name=tmp_path.name)
    script = f"""
sys.path.insert(0, {entry!r})
seal()
import json.tool
try:
    import hostile
except ModuleNotFoundError:
    print("not imported")
"""
    assert run(script, cwd=tmp_path) == "not imported"


def test_carrel_is_found_when_its_own_folder_is_the_current_one() -> None:
    assert run("seal(); os.chdir('/'); import ingest.errors; print('found')", cwd=ROOT) == "found"


def test_packages_are_found_when_theirs_is_the_current_folder() -> None:
    folder = Path(os.__file__).parent
    assert run("seal(); import colorsys; print('found')", cwd=folder) == "found"


def test_it_starts_in_a_folder_that_no_longer_exists(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    script = (
        f"os.mkdir({str(gone)!r}); os.chdir({str(gone)!r}); os.rmdir({str(gone)!r}); print(seal().enforced)"
    )
    assert run(script) == "True"
