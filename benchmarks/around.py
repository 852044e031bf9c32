"""Measures what is around Carrel: what agents and programs wait for more than a client, and a bundle.

`python -m benchmarks.around --json FILE`. A call over the agents' protocol and over HTTP is compared with the
same call on a client's façade, recorded in the audit log as theirs is: median of the differences, in turns,
so that a busy machine slows all three alike. The bundle is the newest in `build/bundle`: its time is that of
`install.sh`, of indexing the example notes, and of the first answer with its citation, in an empty home.
"""

import http.client
import json
import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.cli.agentcalls import recorded
from assistant.cli.agenttools import TOOLS
from assistant.library.agents import AgentView
from assistant.library.client import Client
from benchmarks.report import Report, common_arguments
from benchmarks.running import carrel, connected, owning
from bundling.making import ANSWER, QUESTION, Installation
from bundling.wheels import ROOT

CALLS = 60
"""Calls of each kind, by each way."""

COLLECTION = "all"

Call = Callable[[str, dict[str, Any]], Any]
"""Calls a tool with arguments."""

# Not a search, whose own time varies by more than what is measured.
MEASURED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("list", {}),
    ("get", {"document": "lisbon-2026.md"}),
)


def main() -> None:
    options = common_arguments(__doc__ or "", data_required=False).parse_args()
    report = Report(options.json, options.markdown)
    with tempfile.TemporaryDirectory() as scratch:
        _overhead(report, Path(scratch))
    _first_answer(report)
    report.finish()


def _overhead(report: Report, scratch: Path) -> None:
    port = _free_port()
    os.environ |= {f"XDG_{name}_HOME": str(scratch / name.lower()) for name in ("CONFIG", "STATE")}
    policies = scratch / "config" / "carrel" / "policies.toml"
    policies.parent.mkdir(parents=True)
    opened = f'collections = ["{COLLECTION}"]\n'
    policies.write_text(f"mask = []\n[agents]\n{opened}[serve]\n{opened}port = {port}\n", encoding="utf-8")
    library, notes = scratch / "library", ROOT / "examples" / "notes"
    carrel(library, "add", str(notes))
    carrel(library, "collection", "add", COLLECTION, str(notes))
    with (
        owning(library),
        connected(library, 4) as client,
        _agent(library) as agent,
        _http(library, port) as web,
    ):
        ways: dict[str, Call] = {"façade": _on_facade(client), "mcp": agent, "http": web}
        for tool, arguments in MEASURED:
            spent: dict[str, list[float]] = {way: [] for way in ways}
            for turn in range(CALLS + 5):
                for way, call in ways.items():
                    began = time.perf_counter()
                    call(tool, arguments)
                    if turn >= 5:
                        spent[way].append((time.perf_counter() - began) * 1000)
            report.add(f"{tool} on the façade, ms (median)", statistics.median(spent["façade"]))
            for way in ("mcp", "http"):
                more = [ours - theirs for ours, theirs in zip(spent[way], spent["façade"], strict=True)]
                report.add(f"{tool} over {way}, more than that, ms", statistics.median(more), "<= 5")


def _on_facade(client: Client) -> Call:
    def call(tool: str, arguments: dict[str, Any]) -> Any:
        view = AgentView(client, [COLLECTION])
        return recorded(view, "a benchmark", tool, lambda: TOOLS[tool].run(view, arguments, lambda: False))

    return call


@contextmanager
def _agent(library: Path) -> Iterator[Call]:
    """Calls over the agents' protocol, as its messages are."""
    with _started(library, "mcp") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        numbers = iter(range(1, 1_000_000))

        def ask(method: str, params: dict[str, Any]) -> Any:
            number = next(numbers)
            message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            process.stdin.write(json.dumps(message).encode() + b"\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            reply = json.loads(process.stdout.readline())  # type: ignore[union-attr]
            assert reply["id"] == number and "result" in reply, reply
            return reply["result"]

        who = {"name": "a benchmark", "version": "1"}
        ask("initialize", {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": who})
        process.stdin.write(b'{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        yield lambda tool, arguments: ask("tools/call", {"name": tool, "arguments": arguments})


@contextmanager
def _http(library: Path, port: int) -> Iterator[Call]:
    """Calls over HTTP, on one connection."""
    with _started(library, "serve", "--json") as process:
        assert process.stdout is not None
        token = Path(json.loads(process.stdout.readline())["token_file"]).read_text(encoding="ascii").strip()
        connection = http.client.HTTPConnection("127.0.0.1", port)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

        def call(tool: str, arguments: dict[str, Any]) -> Any:
            connection.request("POST", f"/carrel/{tool}", json.dumps(arguments), headers)
            response = connection.getresponse()
            assert response.status == 200
            return json.loads(response.read())

        yield call
        connection.close()


@contextmanager
def _started(library: Path, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    command = [str(Path(sys.executable).with_name("carrel")), *words, "--quiet", "--library", str(library)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _first_answer(report: Report) -> None:
    """From the unpacked bundle to an answer that cites."""
    bundles = [path.parent for path in (ROOT / "build" / "bundle").glob("carrel-*/SHA256SUMS")]
    if not bundles:
        report.add("bundle to first answer", "no bundle: make bundle")
        return
    bundle = max(bundles, key=lambda path: path.stat().st_mtime)
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file())
    report.add("size of the bundle, MB", size / 1e6)
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as scratch:
        before, began = _computed(), time.perf_counter()
        run = Installation(bundle, Path(scratch))
        installed = time.perf_counter()
        run("add", str(ROOT / "examples" / "notes"))
        added = time.perf_counter()
        answer = run("ask", QUESTION)
        answered = time.perf_counter()
        computed = _computed() - before
        assert ANSWER in answer and "[1]" in answer, answer
        report.add("install.sh, s", installed - began)
        report.add("indexing the example notes, s", added - installed)
        report.add("the first answer, s", answered - added)
        report.add("bundle to first cited answer, s", answered - began, "< 60")
        report.add("of that, computed on all cores, s", computed)
        shutil.rmtree(Path(scratch) / "carrel", ignore_errors=True)


def _computed() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
