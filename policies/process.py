"""Process hardening: environment, import path, permissions, core dumps, inherited sockets.

`policies.network.seal` calls `harden` first, before any document is read and before heavy imports. Hardening
removes what could change which code is loaded (environment variables, the current folder), what could show
document text to others (loose file permissions, core dumps, readable memory), and what could carry data past
the seal (sockets opened before it).

It never touches documents or the library, and cannot be undone. It cannot undo what the interpreter did
before it, such as running a `sitecustomize` found on PYTHONPATH.
"""

import os
import resource
import stat
import sys
from collections.abc import Collection
from pathlib import Path

from policies import telemetry
from policies.errors import PolicyRefusal
from policies.syscalls import machine, system_call

# The user, places, the language, and the terminal.
_KEPT_FOR_PEOPLE = (
    *("HOME", "LOGNAME", "PATH", "SHELL", "TMPDIR", "TZ", "USER", "LANG", "LANGUAGE", "COLORTERM"),
    *("COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION"),
)
# Devices and numbers of threads: values are numbers and names, never files.
_KEPT_FOR_DEVICES = (
    *("CUDA_DEVICE_ORDER", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "GGML_VK_VISIBLE_DEVICES"),
    *("HIP_VISIBLE_DEVICES", "HSA_OVERRIDE_GFX_VERSION", "ROCR_VISIBLE_DEVICES"),
    *("MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"),
)
_KEPT = frozenset(_KEPT_FOR_PEOPLE + _KEPT_FOR_DEVICES)
_KEPT_FAMILIES = ("CARREL_", "LC_", "XDG_")

_SET = {
    **telemetry.OFF,
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    # It would create semaphores in /dev/shm, where a confined process may not write.
    "JOBLIB_MULTIPROCESSING": "0",
    # Torch has the only thread pool: the tokenizer's own warns at every fork.
    "TOKENIZERS_PARALLELISM": "false",
}

_DUMPABLE = 4
"""PR_SET_DUMPABLE of prctl(2)."""

ROOT = Path(__file__).resolve().parents[1]
"""The folder Carrel's packages are imported from."""


def harden(keep: Collection[int] = (), *, families: tuple[str, ...] = ()) -> None:
    """Gives up what a process that reads private documents must not have.

    keep: descriptors of local sockets that stay open.
    families: beginnings of names of environment variables that are kept as well.

    Raises `PolicyRefusal` when standard input, output or error is a socket that can reach more than the one
    program at its other end.
    """
    clean_environment(families)
    clean_import_path()
    # Modules are compiled at installation, so nothing need be written beside them.
    sys.dont_write_bytecode = True
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if machine() is not None:
        # Other processes of this user can no longer read its memory or attach a debugger.
        system_call("prctl", _DUMPABLE, 0, 0, 0, 0)
    close_inherited_sockets(keep)


def clean_environment(families: tuple[str, ...] = ()) -> None:
    """Keeps the variables known to be harmless and drops all others; the model hub and telemetry are set off.

    families: as for `harden`.

    This drops the variables that name code or endpoints: LD_*, PYTHON*, GGML_BACKEND_PATH,
    LLAMA_CPP_LIB_PATH, OTEL_*, proxies. PATH loses its relative entries.
    """
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(_KEPT_FAMILIES + families):
            del os.environ[name]
    if "PATH" in os.environ:
        entries = os.environ["PATH"].split(os.pathsep)
        os.environ["PATH"] = os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())
    os.environ.update(_SET)
    # Without a name, libraries would ask a service of the system, and read /etc, to name a folder.
    os.environ.setdefault("USER", str(os.getuid()))


def clean_import_path() -> None:
    """Removes the current folder from `sys.path`, whatever name it has there.

    The folders of Carrel, the standard library and installed packages stay, even when one of them is the
    current folder.
    """
    installed = {ROOT, *_package_folders()}
    here = _current_folder()
    kept = []
    for entry in sys.path:
        absolute = Path(entry).is_absolute()
        if here is None and not absolute:
            continue
        folder = Path(entry).resolve()
        if folder in installed:
            kept.append(str(folder))
        elif absolute and folder != here:
            kept.append(entry)
    sys.path[:] = kept


def close_inherited_sockets(keep: Collection[int] = ()) -> None:
    """Closes every inherited socket except those in `keep`.

    The three standard streams stay open, because some programs pass them as connected local sockets. Raises
    `PolicyRefusal` when one of them is a socket of any other kind.
    """
    for descriptor in _open_descriptors():
        try:
            is_socket = stat.S_ISSOCK(os.fstat(descriptor).st_mode)
        except OSError:
            # The descriptor of the listing itself, closed by now.
            continue
        if not is_socket or descriptor in keep:
            continue
        if descriptor > 2:
            os.close(descriptor)
        elif not is_local_stream(descriptor):
            name = ("standard input", "standard output", "standard error")[descriptor]
            raise PolicyRefusal(
                f"The {name} of this process is a network socket.",
                remedy="Start Carrel from a terminal, or with pipes or files as its standard streams.",
            )


def kernel_status() -> dict[str, str]:
    """What the kernel says about this process's filters and privileges, by words for people.

    From proc(5), /proc/PID/status; empty where there is no such file.
    """
    fields = {
        "Seccomp": "system call filter",
        "Seccomp_filters": "filters",
        "NoNewPrivs": "no new privileges",
    }
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {fields[name]: value.strip() for name, value in pairs if name in fields}


def _package_folders() -> set[Path]:
    """Where the standard library and installed packages are."""
    library = Path(os.__file__).parent
    folders = [library, library / "lib-dynload"]
    # Already imported, unless Python runs with -S.
    site = sys.modules.get("site")
    if site is not None:
        folders += map(Path, site.getsitepackages())
        folders += [Path(site.USER_SITE)] if site.USER_SITE else []
    return {folder.resolve() for folder in folders}


def _current_folder() -> Path | None:
    try:
        return Path.cwd().resolve()
    except FileNotFoundError:
        return None


def _open_descriptors() -> list[int]:
    try:
        return [int(entry.name) for entry in Path("/dev/fd").iterdir()]
    except FileNotFoundError:
        # This system has no list of them, so try each number.
        return list(range(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))


def is_local_stream(descriptor: int) -> bool:
    """Whether a socket is a local stream, which reaches only the program at its other end."""
    # Datagram sockets can send to any named socket without connecting. The C module only: the Python module
    # around it takes 5 ms.
    import _socket

    borrowed = _socket.socket(fileno=descriptor)
    kind = borrowed.family, borrowed.type
    borrowed.detach()
    return kind == (_socket.AF_UNIX, _socket.SOCK_STREAM)
