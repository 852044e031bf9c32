"""The wheels of a bundle: those of the locks for this machine's kind, llama.cpp compiled, and Carrel's own.

llama.cpp is compiled once, for the oldest processor of this machine's kind and for all newer ones; which code
runs is decided where it runs. The compiled wheel is kept in `build/wheels`, under the digest of its source
and options, so that it is compiled again only when one of them changes.
"""

import base64
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

LOCKS = ("run.txt", "torch-cpu.txt", "starter.txt")
"""The locks of what a bundle holds: what Carrel runs with, PyTorch without GPUs, the default models."""

COMPILED = "llama-cpp-python"
"""The package that comes as source."""

OPTIONS = {
    "GGML_NATIVE": "OFF",
    "GGML_BACKEND_DL": "ON",
    "GGML_CPU_ALL_VARIANTS": "ON",
    "LLAVA_BUILD": "OFF",
    # All files beside the module, which looks for its libraries there.
    "CMAKE_INSTALL_BINDIR": "llama_cpp/lib",
    "CMAKE_INSTALL_LIBDIR": "llama_cpp/lib",
    "CMAKE_INSTALL_INCLUDEDIR": "llama_cpp/include",
    "CMAKE_INSTALL_RPATH": "$ORIGIN",
}
"""How llama.cpp is compiled."""

EPOCH = 1767225600
"""The time of every file in what is built, in seconds since 1970: 1 January 2026."""

_EARLIEST = (2026, 1, 1, 0, 0, 0)
_LEFT_OUT = re.compile(r"^llama_cpp/(include|server)/|\.so\.\d+\.\d+|^(bin|lib|include)/")
"""Headers, a server, and copies of libraries under a third name."""


def collect(folder: Path, kept: Path, *, version: str) -> None:
    """Puts all wheels into `folder`. kept: where compiled wheels are kept. version: Carrel's."""
    folder.mkdir(parents=True)
    source = kept / "source"
    for name in LOCKS:
        lock = (ROOT / "locks" / name).read_text(encoding="utf-8")
        wanted, compiled = divided(lock)
        _pip_download(wanted, folder, "--only-binary", ":all:")
        if compiled:
            shutil.rmtree(source, ignore_errors=True)
            _pip_download(compiled, source, "--no-binary", ":all:", "--no-build-isolation")
    (sdist,) = source.glob("*.tar.gz")
    shutil.copy(compiled_wheel(sdist, kept), folder)
    own_wheel(folder)
    assert list(folder.glob(f"carrel-{version}-*.whl")), "Carrel's own wheel is there"


def divided(lock: str) -> tuple[str, str]:
    """A lock without the package that comes as source, and that package's lines alone."""
    block = re.compile(rf"^{COMPILED}==[^\n]*\n(?:    [^\n]*\n)*", re.MULTILINE)
    return block.sub("", lock), "".join(block.findall(lock))


def compiled_wheel(sdist: Path, kept: Path) -> Path:
    """The wheel of llama.cpp with a variant for each kind of processor; compiled if it is not there yet."""
    options = " ".join(f"-D{name}={value}" for name, value in OPTIONS.items())
    key = hashlib.sha256(sdist.read_bytes() + options.encode()).hexdigest()[:16]
    place = kept / f"{key}-{platform.machine()}"
    if not list(place.glob("*.whl")):
        draft = kept / "draft"
        shutil.rmtree(draft, ignore_errors=True)
        sys.stdout.write("Compiling llama.cpp for every kind of processor takes 15 minutes or more.\n")
        sys.stdout.flush()
        environment = os.environ | {"CMAKE_ARGS": options, "SOURCE_DATE_EPOCH": str(EPOCH)}
        _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(draft), str(sdist), env=environment)
        (wheel,) = draft.glob("*.whl")
        place.mkdir(parents=True, exist_ok=True)
        slim(wheel, place / wheel.name, with_file=_openmp())
    (wheel,) = place.glob("*.whl")
    return wheel


def slim(wheel: Path, place: Path, *, with_file: Path | None) -> None:
    """Writes a wheel again without what is not needed, with a library beside its own, always the same."""
    with zipfile.ZipFile(wheel) as read:
        files = {name: read.read(name) for name in read.namelist() if not _LEFT_OUT.search(name)}
    (record,) = [name for name in files if name.endswith(".dist-info/RECORD")]
    del files[record]
    if with_file is not None:
        files[f"llama_cpp/lib/{with_file.name}"] = with_file.read_bytes()
    lines = [f"{name},sha256={_encoded(content)},{len(content)}" for name, content in sorted(files.items())]
    files[record] = ("\n".join([*lines, f"{record},,"]) + "\n").encode()
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(entry, content)


def own_wheel(folder: Path) -> None:
    """Builds Carrel's own wheel."""
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH)}
    _pip("wheel", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT), env=environment)


def pinned(folder: Path) -> Iterator[str]:
    """A line for each wheel: the package with its version and the digest of the file."""
    for wheel in sorted(folder.glob("*.whl")):
        name, version, *_ = wheel.name.split("-")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        yield f"{name.replace('_', '-').lower()}=={version} --hash=sha256:{digest}"


def _openmp() -> Path | None:
    """The library of OpenMP, which not every system has; None where the compiler has none of its own."""
    found = subprocess.run(
        ["cc", "-print-file-name=libgomp.so.1"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return Path(found) if os.path.isabs(found) else None


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _pip_download(lock: str, folder: Path, *options: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lock.txt"
    file.write_text(lock, encoding="utf-8")
    _pip("download", "--no-deps", "--require-hashes", *options, "-r", str(file), "-d", str(folder))
    file.unlink()


def _pip(*arguments: str, env: dict[str, str] | None = None) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", *arguments], env=env, check=True)
