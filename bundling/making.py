"""Makes the bundle: one archive with which Carrel is installed on a machine that has no network.

`make bundle` runs it, and tries the bundle: it is installed as anyone would, asked for its bill of materials,
and asked a question, in a home folder of its own.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from bundling.wheels import EPOCH, ROOT, collect, pinned

QUESTION = "When does my lease end?"
"""What the trial asks, of the example notes."""

ANSWER = "30 September 2028"
"""What the answer must say."""


def main() -> None:
    """Makes the bundle in `build/bundle`, tries it, and prints where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "bundle")
    parser.add_argument("--kept", type=Path, default=ROOT / "build" / "wheels")
    options = parser.parse_args()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    name = f"carrel-{version}-{platform.system().lower()}-{platform.machine()}-py{_python()}"
    folder = options.out / name
    shutil.rmtree(folder, ignore_errors=True)
    collect(folder / "wheels", options.kept, version=version)
    fill(folder)
    with tempfile.TemporaryDirectory() as scratch:
        (folder / "sbom.json").write_text(tried(folder, Path(scratch)), encoding="utf-8")
    list_digests(folder)
    archive = packed(folder)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    archive.with_suffix(".tar.sha256").write_text(f"{digest}  {archive.name}\n", encoding="ascii")
    sys.stdout.write(f"{archive} ({archive.stat().st_size // 1_000_000} MB)\nsha256 {digest}\n")


def fill(folder: Path) -> None:
    """Puts beside the wheels what installs them."""
    lines = list(pinned(folder / "wheels"))
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n", encoding="ascii")
    system = f"{platform.system()}-{platform.machine()}"
    (folder / "machine").write_text(f"SYSTEM={system}\nPYTHON_VERSION={_python()}\n", encoding="ascii")
    for file in ("install.sh", "carrel.service", "Containerfile"):
        shutil.copy(ROOT / "bundling" / file, folder)
    shutil.copy(ROOT / "LICENSE", folder)
    list_digests(folder)


def list_digests(folder: Path) -> None:
    """Writes the digest of every file of the bundle."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}" for path in files]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n", encoding="utf-8")


def tried(folder: Path, scratch: Path) -> str:
    """Installs the bundle, asks a question, and returns its bill of materials."""
    run = Installation(folder, scratch)
    run("add", str(ROOT / "examples" / "notes"))
    answer = run("ask", QUESTION)
    assert ANSWER in answer, answer
    return json.dumps(json.loads(run("policy", "sbom")), indent=1)


class Installation:
    """A bundle that is installed in a folder, with a home of its own. Calling it runs a command."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self._prefix = scratch / "carrel"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(scratch / "home"),
            "PYTHON": sys.executable,
            "LANG": "C.UTF-8",
        }
        (scratch / "home").mkdir()
        self._run(str(folder / "install.sh"), str(self._prefix))

    def __call__(self, *arguments: str) -> str:
        """What `carrel ARGUMENTS` prints."""
        return self._run(str(self._prefix / "bin" / "carrel"), *arguments)

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, env=self._environment, cwd="/", capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


def packed(folder: Path) -> Path:
    """The archive of a bundle, which is the same whenever it is made of the same files."""
    archive = folder.with_name(f"{folder.name}.tar")

    def plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = EPOCH, 0, 0, "", ""
        entry.mode = 0o755 if entry.isdir() or entry.name.endswith(".sh") else 0o644
        return entry

    # Wheels are compressed already.
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as written:
        for path in [folder, *sorted(folder.rglob("*"))]:
            written.add(path, str(path.relative_to(folder.parent)), recursive=False, filter=plain)
    return archive


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


if __name__ == "__main__":
    with contextlib.chdir(ROOT):
        main()
