"""A hardened process has given up what could expose documents or change which code is loaded."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sealing import PREAMBLE, ROOT, needs_filter, run

pytestmark = needs_filter


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
    syscalls.system_call("prctl", 4, 1, 0, 0, 0)
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


def test_no_environment_variable_names_code_or_endpoints_any_more() -> None:
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
