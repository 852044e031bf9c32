"""Runs Carrel for the benchmarks: single commands, and a running owner."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.library.client import Client
from policies import endpoint

CONNECTIONS = 64
"""Connections that a benchmark's client starts with; each cancelled call uses one up."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command that has ended."""

    object: dict[str, Any]
    """Its JSON output; empty for `--help`."""
    seconds: float
    peak_bytes: int
    """Peak memory of the process or of one of its children, whichever is larger."""


def carrel(library: Path, *words: str) -> Run:
    """Runs `carrel WORDS` on a library; ends the benchmark if the command fails."""
    arguments = words if words == ("--help",) else (*words, "--json", "--quiet", "--library", str(library))
    return run([str(_script()), *arguments])


def run(command: Sequence[str]) -> Run:
    """Runs a command; reads its output if that is a JSON object."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Run(json.loads(output) if output.startswith(b"{") else {}, seconds, usage.ru_maxrss * 1024)


@dataclass(frozen=True, slots=True)
class Owning:
    """A running owner."""

    pid: int
    client: Client

    def memory_bytes(self) -> int:
        """Its resident memory, without its parsing processes."""
        with Path(f"/proc/{self.pid}/statm").open(encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def peak_bytes(self) -> int:
        """Its peak memory so far."""
        lines = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))

    def descriptors(self) -> int:
        """Number of its open files and sockets."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def processor_seconds(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def settled(self) -> bool:
        """Whether it has nothing left to read or embed."""
        indexing = self.client.status().indexing
        return not indexing.files and not indexing.texts


@contextmanager
def owning(library: Path) -> Iterator[Owning]:
    """Runs `carrel watch` over a library while the context is open."""
    command = [str(_script()), "watch", "--json", "--quiet", "--library", str(library)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        if b"ready" not in process.stdout.readline():
            raise SystemExit(f"{' '.join(command)} did not start")
        drain = subprocess.Popen(["cat"], stdin=process.stdout, stdout=subprocess.DEVNULL)
        try:
            with connected(library, CONNECTIONS) as client:
                yield Owning(process.pid, client)
        finally:
            process.terminate()
            process.wait()
            drain.wait()


def connected(library: Path, connections: int = 1) -> Client:
    """A client of the library's running owner, with so many connections."""
    made = [endpoint.connect(library) for _ in range(connections)]
    return Client([connection for connection in made if connection])


def _script() -> Path:
    return Path(sys.executable).with_name("carrel")
