"""llama.cpp's own tools, built from the same sources as the installed bindings.

`Tools.build` downloads the source package of the installed llama-cpp-python through pip and builds
`llama-bench` and `llama-speculative-simple` with cmake, once, into the cache. They run as processes, and
their output is parsed here.
"""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from assistant.config import cache_folder
from assistant.engine.devices import physical_cores

# The AMX kernels crash if GCC before 13 compiled them (see assistant.engine.bindings). The engine does not
# use them, so the tools are built without them, and both sides compute with the same kernels.
_WITHOUT_AMX = "-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"

_PROGRAMS = ("llama-bench", "llama-speculative-simple")

_DECODED = re.compile(r"decoded +\d+ tokens in +[\d.]+ seconds, speed: +([\d.]+) t/s")


class Missing(Exception):
    """The tools cannot be built or run here; the text gives the reason."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The built programs and how to measure with them."""

    folder: Path

    @classmethod
    def build(cls) -> "Tools":
        """Builds the tools unless they are cached. Raises `Missing` if that fails."""
        version = importlib.metadata.version("llama-cpp-python")
        folder = cache_folder() / "benchmarks" / f"llama.cpp-{version}"
        if not all((folder / "bin" / program).exists() for program in _PROGRAMS):
            for program in ("cmake", "c++"):
                if shutil.which(program) is None:
                    raise Missing(f"{program} is not installed")
            with tempfile.TemporaryDirectory() as scratch:
                _build(_sources(version, Path(scratch)), folder)
        return cls(folder / "bin")

    def bench(self, model: Path, *, read: int = 0, written: int = 0, depth: int = 0) -> float:
        """Tokens a second of `llama-bench`: reading `read` tokens, or writing `written` at `depth`."""
        output = _run(
            *(str(self.folder / "llama-bench"), "-m", str(model), "-o", "json", "-r", "1"),
            *("-p", str(read), "-n", str(written), "-d", str(depth)),
            *("-t", str(physical_cores()), "-fa", "1"),
        )
        return float(json.loads(output)[0]["avg_ts"])

    def drafted(self, model: Path, draft: Path, prompt: str, tokens: int, most: int) -> float:
        """Tokens a second of `llama-speculative-simple`, greedy, with up to `most` drafted at once."""
        output = _run(
            *(str(self.folder / "llama-speculative-simple"), "-m", str(model), "-md", str(draft)),
            *("--spec-type", "draft-simple", "--spec-draft-n-max", str(most), "--temp", "0"),
            *("-p", prompt, "-n", str(tokens), "-c", "2048", "-t", str(physical_cores()), "-fa", "on"),
        )
        match = _DECODED.search(output)
        if match is None:
            raise Missing(f"llama-speculative-simple printed no speed: {output[-300:]}")
        return float(match[1])


def _sources(version: str, folder: Path) -> Path:
    _run(
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"),
        *("-d", str(folder), f"llama-cpp-python=={version}"),
    )
    (package,) = folder.glob("*.tar.gz")
    with tarfile.open(package) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.glob("*/vendor/llama.cpp"))


def _build(sources: Path, folder: Path) -> None:
    amx = "amx" in Path("/proc/cpuinfo").read_text(encoding="utf-8")
    flags = _WITHOUT_AMX if amx else ""
    _run(
        *("cmake", "-S", str(sources), "-B", str(folder), "-DCMAKE_BUILD_TYPE=Release"),
        *(f"-DCMAKE_C_FLAGS={flags}", f"-DCMAKE_CXX_FLAGS={flags}"),
        *("-DLLAMA_CURL=OFF", "-DLLAMA_OPENSSL=OFF", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_SERVER=OFF"),
    )
    _run(
        *("cmake", "--build", str(folder), "-j", str(physical_cores())),
        *("--target", *_PROGRAMS),
    )


def _run(*command: str) -> str:
    """Runs a command and returns its output; raises `Missing` with the end of it if the command fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Missing(f"{Path(command[0]).name} failed: {(done.stdout + done.stderr)[-300:]}")
    return done.stdout if "llama-bench" in command[0] else done.stdout + done.stderr
