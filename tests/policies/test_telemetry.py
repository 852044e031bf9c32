"""No dependency phones home: none asks for an Internet socket, and none writes outside Carrel's own folders.

The seal would hide an attempt, so these tests take it away: the kernel seems to have no seccomp, and a filter
kills a process that asks for an Internet socket. `CI` is unset, because libraries report less on build
machines. `tests.policies.test_traces` watches the system calls of sealed processes instead.
"""

import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

from tests.sealing import ROOT, killing_network, needs_filter, without_seccomp
from tests.test_layers import LAYERS, imports_of, modules

pytestmark = needs_filter

RUN_FILTERED = """
import os, sys
sys.path.insert(0, sys.argv[1])
from policies import bpf
for program in sys.argv[2].split(","):
    assert bpf.install(bytes.fromhex(program)) == 0
os.execv(sys.argv[3], sys.argv[3:])
"""

FILTERS = ",".join(program.hex() for program in (killing_network(but_probes=True), without_seccomp()))

UNSEALED = (sys.executable, "-c", RUN_FILTERED, str(ROOT), FILTERS)
"""The beginning of a command line whose program finds no seccomp, and dies if it asks for the network."""

IMPORTS = f"""
import importlib, sys, time

def notice(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect") or (
        event == "socket.__new__" and arguments[1] not in (1, -1)
    ):
        print("asked for the network:", event, *arguments)

sys.addaudithook(notice)
sys.path.insert(0, {str(ROOT)!r})
from policies import network
assert not network.seal(network.SealMode.BEST_EFFORT).enforced
for name in sys.argv[2:]:
    print(name, flush=True)
    parts = name.split(".")
    while parts:
        try:
            importlib.import_module(".".join(parts))
            break
        except ImportError:
            # A name in a module, or a package that is not installed.
            parts.pop()
if sys.argv[1]:
    import onnxruntime
    onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
# Telemetry is sent by threads in the background.
time.sleep(1)
print("done")
"""


def imported_names() -> list[str]:
    """Every name that Carrel imports from another distribution."""
    known = {*sys.stdlib_module_names, *LAYERS}
    names = {name for path in modules(LAYERS) for _, name in imports_of(path)}
    return sorted(name for name in names if name.partition(".")[0] not in known)


def test_no_distribution_that_carrel_imports_asks_for_the_network_or_writes_a_file(
    tmp_path: Path, cache_home: Path
) -> None:
    names = imported_names()
    packages = importlib.metadata.packages_distributions()
    assert len({name.partition(".")[0] for name in names} & packages.keys()) > 20
    home = tmp_path / "home"
    (home / "tmp").mkdir(parents=True)
    model = next(iter(cache_home.rglob("*.onnx")), "")
    child = subprocess.run(
        [*UNSEALED, sys.executable, "-c", IMPORTS, str(model), *names],
        env={"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(home / "tmp")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=180,
    )
    lines = child.stdout.splitlines()
    assert child.returncode == 0, f"{lines[-1:]} asked for the network or failed: {child.stderr}"
    assert not [line for line in lines if line.startswith("asked for the network")]
    assert lines[-1] == "done"
    assert not [path for path in home.rglob("*") if path.is_file()]


def test_telemetry_is_off_in_every_process_whatever_the_environment_says() -> None:
    script = "import os; from policies.process import harden; harden(); print(os.environ[NAME])"
    outcome = subprocess.run(
        [sys.executable, "-c", f"NAME = 'ORT_DISABLE_TELEMETRY'; {script}"],
        env={"PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "0"},
        capture_output=True,
        text=True,
    )
    assert outcome.stdout.strip() == "1"
