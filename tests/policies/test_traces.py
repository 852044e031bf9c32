"""Every process of Carrel keeps to itself: its system calls, watched by strace, sealed as they are.

None asks for an Internet socket, but for the self-test of the seal. None reads what is read to
look a name up. None creates, opens to write, moves or removes a file outside the folders that
docs/security.md lists. All attempts count, whether the kernel refuses them or not.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.running import NOTES, Carrel, command, owning, write
from tests.sealing import needs_filter
from tests.tui.terminal import Terminal

pytestmark = [
    needs_filter,
    pytest.mark.model,
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]

RESOLVER = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf")
"""Files that are read to look a name up."""

CHANGES = (
    *("creat", "mkdir", "mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir"),
    *("link", "linkat", "symlink", "symlinkat", "truncate", "mknod", "mknodat"),
)
"""Calls that change what they name."""

INSTALLED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""An installation has its modules compiled already; a checkout may not."""

CHANGE = re.compile(rf"O_CREAT|O_WRONLY|O_RDWR|O_TRUNC| (?:{'|'.join(CHANGES)})\(")


def strace(log: Path) -> tuple[str, ...]:
    """The beginning of a command line whose program and all its children are watched."""
    calls = ",".join(
        ("socket", "connect", "sendto", "sendmsg", "bind", "open", "openat", "openat2", *CHANGES)
    )
    return ("strace", "-f", "-qq", "-o", str(log), "-e", f"trace={calls}")


def whole_calls(lines: Iterable[str]) -> Iterator[str]:
    """The calls that strace wrote, with those in one piece that another thread's call interrupted."""
    begun: dict[str, str] = {}
    for line in lines:
        thread = line.split(maxsplit=1)[0]
        if line.endswith("<unfinished ...>"):
            begun[thread] = line.removesuffix("<unfinished ...>")
        elif resumed := re.search(r"<\.\.\. \w+ resumed>", line):
            yield begun.pop(thread, "") + line[resumed.end() :]
        else:
            yield line
    yield from begun.values()


def assert_kept_to_itself(log: Path, carrel: Carrel) -> None:
    """Fails for an attempt to use the network or to change a file elsewhere."""
    calls = list(whole_calls(log.read_text(encoding="utf-8", errors="replace").splitlines()))
    assert len(calls) > 1000
    sockets = [call for call in calls if re.search(r"AF_INET|sin_addr|AF_NETLINK", call)]
    # The self-test of the seal asks for one socket of each kind, without flags.
    assert all("CLOEXEC" not in call and " = -1 E" in call for call in sockets)
    assert not [call for call in calls if re.search("|".join(RESOLVER), call)]
    own = (
        *(carrel.library, carrel.cache / "carrel", carrel.home / "state" / "carrel"),
        *(Path("/dev"), Path("/proc/self"), Path("/memfd:")),
    )
    named = {name for call in calls if CHANGE.search(call) for name in re.findall(r'"(/[^"]*)"', call)}
    elsewhere = {name for name in named if not any(Path(name).is_relative_to(folder) for folder in own)}
    assert elsewhere == set()


@pytest.fixture
def lease(tmp_path: Path) -> Path:
    """A folder with one document."""
    folder = tmp_path / "notes"
    folder.mkdir()
    shutil.copy(NOTES / "home" / "lease-agreement.pdf", folder)
    return folder


@pytest.mark.usefixtures("embedder")
def test_no_command_uses_the_network_or_writes_elsewhere(carrel: Carrel, lease: Path, tmp_path: Path) -> None:
    commands = (
        ("add", str(lease)),
        ("ask", "When does the lease end?"),
        ("summarize", str(NOTES / "home" / "reading-meters.txt")),
    )
    for number, arguments in enumerate(commands):
        log = tmp_path / f"calls-{number}"
        outcome = subprocess.run(
            [*strace(log), *command(), *arguments],
            env=carrel.environment(INSTALLED),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert outcome.returncode == 0, outcome.stderr
        assert_kept_to_itself(log, carrel)


@pytest.mark.usefixtures("embedder")
def test_the_watcher_uses_no_network_and_writes_nowhere_else(
    carrel: Carrel, lease: Path, tmp_path: Path
) -> None:
    log = tmp_path / "calls"
    with subprocess.Popen(
        [*strace(log), *command(), "watch", "--json"],
        env=carrel.environment(INSTALLED),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    ) as watcher:
        assert watcher.stdout is not None
        assert b"ready" in watcher.stdout.readline()
        carrel("add", lease)
        assert "2028" in carrel("ask", "When does the lease end?").text
        write(lease / "hedge.md")
        while b"hedge" not in carrel("ls").out:
            assert watcher.poll() is None
        carrel("rm", lease / "hedge.md")
        owner = int((carrel.library / "lock").read_text(encoding="ascii"))
        subprocess.run(["kill", f"-{signal.SIGTERM}", str(owner)], check=True)
        watcher.stdout.read()
        assert watcher.wait(60) == 0
    assert_kept_to_itself(log, carrel)


@pytest.mark.usefixtures("embedder")
def test_the_process_that_speaks_to_an_agent_opens_no_document(
    carrel: Carrel, lease: Path, tmp_path: Path
) -> None:
    pytest.importorskip("mcp")
    write(
        carrel.home / "config" / "carrel" / "policies.toml", 'mask = []\n[agents]\ncollections = ["flat"]\n'
    )
    assert carrel("add", lease).code == 0
    assert carrel("collection", "add", "flat", lease).code == 0
    log = tmp_path / "calls"
    name = {"name": "agent", "version": "1"}
    messages = (
        {"id": 1, "method": "initialize", "params": _hello(name)},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/call", "params": _call("ask", question="When does the lease end?")},
        {"id": 3, "method": "tools/call", "params": _call("get", document="lease-agreement.pdf")},
    )
    with (
        owning(carrel),
        subprocess.Popen(
            [*strace(log), *command(), "mcp"],
            env=carrel.environment(INSTALLED),
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as server,
    ):
        assert server.stdin is not None
        assert server.stdout is not None
        for message in messages:
            server.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            server.stdin.flush()
            if "id" in message:
                reply = json.loads(server.stdout.readline())
                assert not reply["result"].get("isError"), reply
        assert "2028" in json.dumps(reply)
        server.stdin.close()
        assert server.wait(60) == 0
    assert_kept_to_itself(log, carrel)
    calls = log.read_text(encoding="utf-8", errors="replace")
    assert str(lease) not in calls
    assert "catalogue.db" not in calls


@pytest.mark.usefixtures("embedder")
def test_the_process_that_serves_programs_over_http_opens_no_document(
    carrel: Carrel, lease: Path, tmp_path: Path
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    write(
        carrel.home / "config" / "carrel" / "policies.toml",
        f'mask = []\n[serve]\ncollections = ["flat"]\nport = {port}\n',
    )
    assert carrel("add", lease).code == 0
    assert carrel("collection", "add", "flat", lease).code == 0
    log = tmp_path / "calls"
    with (
        owning(carrel),
        subprocess.Popen(
            [*strace(log), *command(), "serve", "--json"],
            env=carrel.environment(INSTALLED),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as server,
    ):
        assert server.stdout is not None
        token = Path(json.loads(server.stdout.readline())["token_file"]).read_text().strip()
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/carrel/get",
            json.dumps({"document": "lease-agreement.pdf"}).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        assert "2028" in urllib.request.urlopen(request, timeout=60).read().decode()
        # strace passes no signals on.
        (child,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGTERM)
        server.wait(60)
    calls = log.read_text(encoding="utf-8", errors="replace")
    assert str(lease) not in calls
    assert "catalogue.db" not in calls
    network = [call for call in calls.splitlines() if re.search(r"AF_INET|sin_addr|AF_NETLINK", call)]
    # Its one socket, and the self-test of the seal, which asks for one socket of each kind, without flags.
    own = [call for call in network if " = -1 E" not in call]
    assert len(own) == 2
    assert "SOCK_STREAM|SOCK_CLOEXEC" in own[0]
    assert "bind(" in own[1] and f'htons({port}), sin_addr=inet_addr("127.0.0.1")' in own[1]


def _hello(name: dict[str, str]) -> dict[str, object]:
    return {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": name}


def _call(tool: str, **arguments: str) -> dict[str, object]:
    return {"name": tool, "arguments": arguments}


def test_the_terminal_ui_uses_no_network_and_writes_nowhere_else(filled: Carrel, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    first, *rest = (*strace(log), *command())
    environment = filled.environment({"TERM": "xterm-256color", **INSTALLED})
    with Terminal([shutil.which(first) or first, *rest], environment, (120, 40)) as terminal:
        terminal.until("13 documents", patience=120)
        terminal.quiet()
        terminal.press(*"When does my lease end?", "enter")
        terminal.until("passages read", patience=180)
        terminal.press("ctrl+q")
        terminal.read(30)
        assert terminal.code == 0
    assert_kept_to_itself(log, filled)
