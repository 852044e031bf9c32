"""Checks whether this machine has all that Carrel needs, and says how to fix what is missing.

Each check looks at one thing and returns a `CheckResult`. A check changes nothing, and neither opens the
library nor takes its lock, so it can run while another process owns the library. `carrel doctor` prints the
results.
"""

import os
import platform
import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.config import Config, models_folder
from assistant.models.finding import READERS_EMBEDDER, bundled_pins, find_embedder, find_target
from policies import confinement, network, telemetry
from policies.errors import CarrelError
from policies.hygiene import one_line
from policies.integrity import KEY_BYTES, IntegrityKey

if TYPE_CHECKING:
    pass

LOW_SPACE = 1 << 30
"""Free bytes on the library's disk below which indexing is likely to stop."""

FEW_WATCHES = 65_536
"""The number of folders that inotify should be able to watch for one user."""

FOREIGN_SHARE = 0.1
"""Share of documents in other languages from which an English embedder is not enough."""

MANY_FOREIGN = 3
"""Fewer documents in other languages are no reason for another embedder."""

FAST_FEATURES = ("avx2", "avx512f", "avx512_vnni", "amx_int8", "asimd", "i8mm")
"""Processor features that llama.cpp has faster kernels for."""


class Severity(StrEnum):
    """How serious the result of a check is."""

    OK = "ok"
    """Nothing is wrong."""
    WARNING = "warning"
    """Carrel works, but could work better."""
    BROKEN = "broken"
    """Something will fail."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check."""

    name: str
    """The name of the check."""
    severity: Severity
    """How serious it is."""
    message: str
    """What the check found, as part of a sentence without a full stop."""
    remedy: str = ""
    """What to do about it; empty if nothing needs to be done."""


def checks(config: Config, library: Path) -> Iterator[CheckResult]:
    """Runs all checks, yielding the results in the order to show them."""
    yield _python()
    yield _processor()
    yield _gpus()
    yield _memory(config)
    yield _seal()
    yield _confinement()
    yield _telemetry()
    yield from _models(config, library)
    yield _keyword_search()
    yield _disk(library)
    yield from _library_files(library)
    yield _file_watching()
    yield _ocr()
    yield _speech(config)


def _python() -> CheckResult:
    system = f"{platform.system()} {platform.release()} ({platform.machine()})"
    return CheckResult("python", Severity.OK, f"Python {platform.python_version()} on {system}")


def _processor() -> CheckResult:
    from assistant.engine.devices import physical_cores

    try:
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        cpuinfo = ""
    words = set(cpuinfo.split())
    features = [feature for feature in FAST_FEATURES if feature in words]
    vectors = (
        f"vector instructions: {' '.join(features)}" if features else "no fast vector instructions found"
    )
    message = f"{physical_cores()} physical cores, {os.cpu_count()} threads; {vectors}"
    if cpuinfo and not features:
        return CheckResult(
            "processor", Severity.WARNING, message, "Answers will be slow. Choose a small language model."
        )
    return CheckResult("processor", Severity.OK, message)


def _gpus() -> CheckResult:
    from assistant.engine.devices import gpus, unused_gpu_build

    devices = gpus()
    if warning := unused_gpu_build():
        remedy = "Check that the GPU's driver is installed and that you may access the device."
        return CheckResult("devices", Severity.WARNING, warning, remedy)
    if not devices:
        return CheckResult("devices", Severity.OK, "llama.cpp finds no GPU, so models run on the CPU")
    listed = ", ".join(
        f"{gpu.name} ({gpu.description}, {gpu.free_bytes >> 20:,} MiB free)" for gpu in devices
    )
    return CheckResult("devices", Severity.OK, f"llama.cpp can use {listed}")


def _memory(config: Config) -> CheckResult:
    """How much memory the configured language model needs, and which processors run it."""
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
    context = f"{kv_mib:,.0f} MiB of keys and values ({models.kv_type}) for a context of {tokens:,} tokens"
    message = f"{header.bytes >> 20:,} MiB of weights and {context}"
    if not offload.layers:
        return CheckResult("computing", Severity.OK, f"{message}, on the CPU")
    total = len(header.layers) + 1
    experts = ", the experts on the CPU" if offload.experts_on_cpu else ""
    placed = f"{min(offload.layers, total)} of {total} layers on {', '.join(offload.devices)}{experts}"
    return CheckResult("computing", Severity.OK, f"{message}, {placed}")


def _seal() -> CheckResult:
    if network.sealed():
        return CheckResult(
            "seal", Severity.OK, "the kernel blocks all network access of this process (seccomp)"
        )
    return CheckResult(
        "seal",
        Severity.BROKEN,
        "the kernel does not block the network access of this process",
        "Run Carrel on Linux on x86_64 or aarch64, with seccomp enabled in the kernel.",
    )


def _models(config: Config, library: Path) -> Iterator[CheckResult]:
    """Whether the configured models are there and match their pins."""
    from assistant.models.recommending import catalogue

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
            # A model file does not always state its licence.
            offered = (offer.licence for offer in catalogue() if offer.sha256 == model.sha256)
            licence = model.licence or next(offered, "licence unknown")
            message = f"{model.name}, {licence}, SHA-256 {model.sha256}"
            if role == "target":
                yield CheckResult(role, Severity.OK, message, _better_target(choice))
            else:
                yield _embedder_for(library, choice, message)


def _better_target(choice: str) -> str:
    """The advice to use a larger model than the bundled one, if this machine can run it; else empty."""
    from assistant.engine.devices import physical_cores
    from assistant.models.recommending import advise, catalogue, memory_bytes

    if choice not in {pin.name for pin in bundled_pins("target")}:
        return ""
    best = advise(catalogue(), memory_bytes=memory_bytes(), cores=physical_cores())[0]
    if not best.fits:
        return ""
    name = best.offer.name
    is_here = (models_folder() / f"{name}.gguf").is_file()
    command = f"carrel models use {name}" if is_here else f"carrel models pull {name} --use"
    return (
        f"This machine can run a model that reads whole passages and phrases freely"
        f" ({best.offer.size_mb:,} MB, first word after about {best.wait_s:.0f} s): {command}"
    )


def _embedder_for(library: Path, choice: str, message: str) -> CheckResult:
    """Whether the embedder reads the languages of the library, judged by a sample of its documents."""
    from assistant.library.opened import CATALOGUE
    from ingest.catalogue.unowned import beginnings
    from ingest.language.foreign import is_foreign

    if choice != READERS_EMBEDDER:
        return CheckResult("embedder", Severity.OK, message)
    texts = beginnings(library / CATALOGUE)
    foreign = sum(map(is_foreign, texts))
    if foreign < max(MANY_FOREIGN, FOREIGN_SHARE * len(texts)):
        return CheckResult("embedder", Severity.OK, message)
    (pin,) = (pin for pin in bundled_pins("embedder") if pin.member)
    if (models_folder() / pin.files[0].path).is_file():
        command = f'Set `models.embedder = "{pin.name}"` in the configuration, then run: carrel reindex'
    else:
        command = f"Run: carrel models pull {pin.name} --use, then: carrel reindex"
    return CheckResult(
        "embedder",
        Severity.WARNING,
        f"{message}; it reads English, but {foreign} of {len(texts)} documents that were checked are in"
        " other languages",
        f"{pin.name} reads a hundred languages. {command}",
    )


def _confinement() -> CheckResult:
    abi = confinement.landlock_abi()
    reason = f"Landlock ABI {abi}" if abi else "this kernel has no Landlock"
    missing = confinement.gaps(abi)
    if not missing:
        return CheckResult("confinement", Severity.OK, f"{reason} confines files, programs and signals")
    return CheckResult(
        "confinement",
        Severity.WARNING,
        f"{reason}; not confined: {', '.join(missing)}",
        "Use Linux 6.12 or newer, with landlock among the security modules (the lsm= parameter). Until then,"
        " a document that takes over a process of Carrel can reach more files, but still no network and no"
        " other program.",
    )


def _telemetry() -> CheckResult:
    left = telemetry.leftovers()
    if not left:
        return CheckResult(
            "telemetry", Severity.OK, "switched off in every library, and it has left nothing behind"
        )
    names = ", ".join(one_line(str(path)) for path in left)
    return CheckResult(
        "telemetry",
        Severity.WARNING,
        f"switched off, but an earlier version of Carrel, or another program with ONNX Runtime, left an id of"
        f" this machine and unsent reports in {names}",
        "To delete them, run: carrel doctor --clean",
    )


def _keyword_search() -> CheckResult:
    message = f"SQLite {sqlite3.sqlite_version}"
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE probe USING fts5 (text)")
    except sqlite3.OperationalError:
        remedy = "Use a build of Python whose SQLite includes FTS5."
        return CheckResult("keyword search", Severity.BROKEN, f"{message} without full-text search", remedy)
    finally:
        database.close()
    return CheckResult("keyword search", Severity.OK, f"{message} with full-text search (FTS5)")


def _disk(library: Path) -> CheckResult:
    """Whether the library, or the folder it would be created in, can be written to and has space."""
    folder = library
    while not os.path.exists(folder):
        folder = folder.parent
    if folder == library and (not folder.is_dir() or folder.stat().st_uid != os.getuid()):
        return CheckResult(
            "disk",
            Severity.BROKEN,
            f"{library} is not a folder that you own",
            "Choose another folder with --library.",
        )
    free = shutil.disk_usage(folder).free
    message = f"{free / (1 << 30):.1f} GiB free for the library in {library}"
    if not os.access(folder, os.W_OK):
        return CheckResult(
            "disk",
            Severity.BROKEN,
            f"{folder} is not writable",
            "Choose another folder with --library.",
        )
    if free < LOW_SPACE:
        return CheckResult("disk", Severity.WARNING, message, "Free some space before you add documents.")
    return CheckResult("disk", Severity.OK, message)


def _library_files(library: Path) -> Iterator[CheckResult]:
    """Whether the catalogue and the conversations are files that this version of Carrel can use."""
    # 0.1 s to import: numpy and markdown-it.
    from assistant.library.history import history_layout
    from assistant.library.opened import CATALOGUE, HISTORY
    from ingest.catalogue.layout import layout
    from ingest.connecting import problem_of
    from ingest.encryption import is_locked

    if is_locked(library):
        message = "locked, so its files are not checked; `carrel check` asks for the passphrase"
        yield CheckResult("catalogue", Severity.OK, message)
        return
    # No migration is run, so the key does not matter.
    catalogue = layout(IntegrityKey(bytes(KEY_BYTES)))
    for file, wanted in ((CATALOGUE, catalogue), (HISTORY, history_layout(HISTORY))):
        if (library / file).is_file() and os.access(library / file, os.R_OK):
            problem = problem_of(library / file, oldest=wanted.oldest, newest=wanted.version)
            severity = Severity.BROKEN if problem else Severity.OK
            remedy = wanted.rescue if problem else ""
            yield CheckResult(file.stem, severity, f"{file} {problem or 'is sound'}", remedy)


def _file_watching() -> CheckResult:
    limit = Path("/proc/sys/fs/inotify/max_user_watches")
    try:
        watches = int(limit.read_text(encoding="ascii"))
    except OSError:
        return CheckResult("file watching", Severity.OK, "this system has no inotify")
    message = f"inotify can watch up to {watches:,} folders"
    if watches < FEW_WATCHES:
        return CheckResult(
            "file watching",
            Severity.WARNING,
            message,
            f"Raise the limit with sysctl: set fs.inotify.max_user_watches to {FEW_WATCHES} or more.",
        )
    return CheckResult("file watching", Severity.OK, message)


def _ocr() -> CheckResult:
    from ingest.parsers import ocr

    if ocr.available():
        return CheckResult("text in pictures", Severity.OK, "RapidOCR reads pictures and scanned pages")
    return CheckResult(
        "text in pictures",
        Severity.OK,
        "RapidOCR is not installed, so pictures and scanned pages are skipped",
        "To read them, run `pip install -c constraints.txt '.[ocr]'` in Carrel's folder and `carrel retry`.",
    )


def _speech(config: Config) -> CheckResult:
    from ingest.parsers import speech

    name, folder = "recordings", config.models.speech_folder
    if not speech.available():
        return CheckResult(
            name,
            Severity.OK,
            "faster-whisper is not installed, so recordings are skipped",
            "To read them, run `pip install -c constraints.txt '.[audio]'` in Carrel's folder, set "
            "models.speech to the folder of a model, and run `carrel retry`.",
        )
    if folder is None:
        return CheckResult(
            name,
            Severity.OK,
            "no speech model is configured, so recordings are skipped",
            "To read them, set models.speech to the folder of a model, and run `carrel retry`.",
        )
    if not speech.files_in(folder):
        needed = ", ".join(speech.MODEL_FILES)
        return CheckResult(
            name,
            Severity.WARNING,
            f"{folder} holds no speech model, so recordings are skipped",
            f"Set models.speech to a folder with the files {needed} of a Whisper model for faster-whisper.",
        )
    return CheckResult(name, Severity.OK, f"faster-whisper transcribes recordings with the model in {folder}")
