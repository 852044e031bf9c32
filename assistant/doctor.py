"""What this machine lacks for Carrel, and what to do about it.

Each check looks at one thing and returns what it found; none changes anything, opens the library
or takes its lock, so it runs while another process owns it. Called by the command line.
"""

import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from assistant.config import Config
from assistant.models.finding import find_embedder, find_target
from policies import network
from policies.errors import CarrelError

LITTLE_SPACE = 1 << 30
"""Bytes free on the library's disk below which indexing is likely to stop."""

FEW_WATCHES = 65_536
"""Folders inotify should be able to watch for one person."""

FAST_FEATURES = ("avx2", "avx512f", "avx512_vnni", "amx_int8", "asimd", "i8mm")
"""Processor features llama.cpp has faster kernels for."""


class Severity(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """Works, but worse than it could."""
    BROKEN = "broken"
    """Something Carrel does will fail."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check found."""

    name: str
    severity: Severity
    message: str
    remedy: str = ""
    """What to do; empty when nothing need be done."""


def checks(config: Config, library: Path) -> Iterator[CheckResult]:
    """All checks, in the order they are shown."""
    yield _python()
    yield _processor()
    yield _devices()
    yield _computing(config)
    yield _seal()
    yield from _models(config, library)
    yield _search_engine()
    yield _disk(library)
    yield _watches()
    yield _pictures()


def _python() -> CheckResult:
    system = f"{platform.system()} {platform.release()} ({platform.machine()})"
    return CheckResult("python", Severity.OK, f"Python {platform.python_version()} on {system}")


def _processor() -> CheckResult:
    from assistant.engine.devices import physical_cores

    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        text = ""
    words = set(text.split())
    features = [feature for feature in FAST_FEATURES if feature in words]
    units = " ".join(features) or "no vector units known"
    message = f"{physical_cores()} physical cores for {os.cpu_count()} threads; {units}"
    if text and not features:
        return CheckResult(
            "processor", Severity.WARNING, message, "Expect slow answers: choose a small model."
        )
    return CheckResult("processor", Severity.OK, message)


def _devices() -> CheckResult:
    from assistant.engine.devices import gpus, unused_gpu_build

    devices = gpus()
    if unused := unused_gpu_build():
        remedy = "Check the GPU's driver, and that this process may use it."
        return CheckResult("devices", Severity.WARNING, unused, remedy)
    if not devices:
        return CheckResult("devices", Severity.OK, "llama.cpp sees no GPU: the processor does the work")
    found = ", ".join(f"{gpu.name} ({gpu.description}, {gpu.free_bytes >> 20:,} MiB free)" for gpu in devices)
    return CheckResult("devices", Severity.OK, f"llama.cpp sees {found}")


def _computing(config: Config) -> CheckResult:
    """What the configured model takes of memory, and where it is computed."""
    from assistant.engine.gguf import read_header
    from assistant.models.finding import offloads

    models = config.models
    try:
        target = find_target(models.target, library=None)
        header = read_header(target.path)
        offload = offloads(models, [target])[0]
    except CarrelError as error:
        return CheckResult("computing", Severity.BROKEN, error.message, error.remedy)
    tokens = min(models.context_tokens, header.trained_tokens or models.context_tokens)
    kv_mib = header.kv_bytes * tokens * models.kv_type.share / (1 << 20)
    kept = f"keys and values of {tokens:,} tokens take {kv_mib:,.0f} MiB"
    message = f"{header.bytes >> 20:,} MiB of weights; {kept} in {models.kv_type}"
    if not offload.layers:
        return CheckResult("computing", Severity.OK, f"{message}; by the processor")
    whole = len(header.layers) + 1
    experts = ", experts by the processor" if offload.experts_on_cpu else ""
    message = (
        f"{message}; {min(offload.layers, whole)} of {whole} layers by {', '.join(offload.devices)}{experts}"
    )
    return CheckResult("computing", Severity.OK, message)


def _seal() -> CheckResult:
    if network.sealed():
        return CheckResult("seal", Severity.OK, "the kernel refuses this process every socket (seccomp)")
    return CheckResult(
        "seal",
        Severity.BROKEN,
        "the kernel does not enforce the seal",
        "Use Linux on x86_64 or aarch64 with seccomp filters.",
    )


def _models(config: Config, library: Path) -> Iterator[CheckResult]:
    choices = (
        ("embedder", config.models.embedder, find_embedder),
        ("target", config.models.target, find_target),
    )
    for role, choice, find in choices:
        try:
            model = find(choice, library=library if os.path.isdir(library) else None, remember=False)
        except CarrelError as error:
            yield CheckResult(role, Severity.BROKEN, error.message, error.remedy)
        else:
            yield CheckResult(
                role,
                Severity.OK,
                f"{model.name}, {model.licence or 'licence unknown'}, sha256 {model.sha256}",
            )


def _search_engine() -> CheckResult:
    message = f"SQLite {sqlite3.sqlite_version}"
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE probe USING fts5 (text)")
    except sqlite3.OperationalError:
        remedy = "Use a Python whose SQLite has FTS5."
        return CheckResult("keyword search", Severity.BROKEN, f"{message} without FTS5", remedy)
    finally:
        database.close()
    return CheckResult("keyword search", Severity.OK, f"{message} with FTS5")


def _disk(library: Path) -> CheckResult:
    folder = library
    while not os.path.exists(folder):
        folder = folder.parent
    if folder == library and (not folder.is_dir() or folder.stat().st_uid != os.getuid()):
        return CheckResult(
            "disk",
            Severity.BROKEN,
            f"{library} is no folder of yours",
            "Choose another folder with --library.",
        )
    free = shutil.disk_usage(folder).free
    message = f"{free / (1 << 30):.1f} GiB free for the library in {library}"
    if not os.access(folder, os.W_OK):
        return CheckResult(
            "disk", Severity.BROKEN, f"{folder} cannot be written to", "Choose another folder with --library."
        )
    if free < LITTLE_SPACE:
        return CheckResult("disk", Severity.WARNING, message, "Free some space before adding more documents.")
    return CheckResult("disk", Severity.OK, message)


def _watches() -> CheckResult:
    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    try:
        watches = int(limit.read_text(encoding="ascii"))
    except OSError:
        return CheckResult("file watching", Severity.OK, "no inotify on this system")
    message = f"inotify watches up to {watches:,} folders"
    if watches < FEW_WATCHES:
        return CheckResult(
            "file watching",
            Severity.WARNING,
            message,
            f"Raise fs.inotify.max_user_watches to {FEW_WATCHES} or more (sysctl).",
        )
    return CheckResult("file watching", Severity.OK, message)


def _pictures() -> CheckResult:
    from ingest.parsers import ocr

    if ocr.available():
        return CheckResult("text in pictures", Severity.OK, "RapidOCR reads pictures and scanned pages")
    return CheckResult(
        "text in pictures",
        Severity.OK,
        "not read: pictures and scanned pages are skipped, with the reason",
        "pip install 'carrel[ocr]', then `carrel retry`.",
    )
