"""Builds the wheel and the source archive in `dist`, and checks both: `make dist`.

Both are built twice and must come out the same, the wheel also from the source archive. The wheel is
installed into an empty environment, which finds the packages that Carrel needs in `.venv`, and asked whether
this machine is sound (`carrel doctor`).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from bundling.wheels import EPOCH, ROOT


def main() -> None:
    """Builds and checks, and prints the digests."""
    place = ROOT / "dist"
    shutil.rmtree(place, ignore_errors=True)
    files = build(ROOT, place)
    with tempfile.TemporaryDirectory() as scratch:
        check(files, Path(scratch))
    run(sys.executable, "-m", "twine", "check", "--strict", *map(str, files))
    packages = ROOT / ".venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    if packages.is_dir():
        with tempfile.TemporaryDirectory() as scratch:
            sys.stdout.write(doctor(files[0], packages, Path(scratch)))
    for file in files:
        sys.stdout.write(f"{digest(file)}  {file.relative_to(ROOT)}\n")


def build(source: Path, place: Path) -> list[Path]:
    """The wheel and the source archive of a checkout, built in the folder `place`."""
    run(sys.executable, "-m", "hatchling", "build", "-d", str(place), cwd=source)
    return [*place.glob("*.whl"), *place.glob("*.tar.gz")]


def check(files: list[Path], scratch: Path) -> None:
    """Raises `SystemExit` unless both come out the same again, and the wheel also from the source archive."""
    expected = {file.name: digest(file) for file in files}
    again = {file.name: digest(file) for file in build(ROOT, scratch / "again")}
    with tarfile.open(next(file for file in files if file.name.endswith(".tar.gz"))) as archive:
        archive.extractall(scratch / "source", filter="data")
    (unpacked,) = (scratch / "source").iterdir()
    from_source = {file.name: digest(file) for file in build(unpacked, scratch / "from")}
    wheel = next(name for name in expected if name.endswith(".whl"))
    if again != expected or from_source[wheel] != expected[wheel]:
        raise SystemExit(
            "The build is not reproducible:\n"
            f"  first: {expected}\n  second: {again}\n  from the source archive: {from_source}"
        )


def doctor(wheel: Path, packages: Path, scratch: Path) -> str:
    """What `carrel doctor` says of the wheel in an empty environment. packages: where its needs are found."""
    run(sys.executable, "-m", "venv", str(scratch / "env"))
    run(str(scratch / "env" / "bin" / "pip"), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    (own,) = (scratch / "env" / "lib").glob("python*/site-packages")
    # After its own packages, so that Carrel comes from the wheel.
    line = f"import site; site.addsitedir({str(packages)!r})\n"
    (own / "needs.pth").write_text(line, encoding="utf-8")
    (scratch / "home").mkdir()
    environment = {"HOME": str(scratch / "home"), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return run(str(scratch / "env" / "bin" / "carrel"), "doctor", cwd=scratch / "home", env=environment)


def digest(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def run(*command: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """What a command prints. Raises `SystemExit` with its messages when it fails."""
    environment = {**(os.environ if env is None else env), "SOURCE_DATE_EPOCH": str(EPOCH)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
