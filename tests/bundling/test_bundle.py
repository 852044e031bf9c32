"""The bundle: its install script, its archive and its Debian package, with small wheels in it."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from bundling import deb
from bundling.making import fill, list_digests, main, packed
from bundling.wheels import LOCKS, divided, pinned, slim
from tests.running import ROOT

needs_tools = pytest.mark.skipif(
    shutil.which("sha256sum") is None or sys.platform != "linux", reason="the script is for Linux"
)


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A wheel with these files, as its installers expect it."""
    info = f"{name.replace('-', '_')}-0.1.0.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{name.replace('-', '_')}-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(place, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]))
    return place


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with two small wheels."""
    folder = tmp_path / "carrel-0.1.0-linux-x86_64-py3"
    needs = {"helper.py": "WORD = 'installed'\n"}
    wheel(folder / "wheels", "helper", needs)
    own = {
        "carrel_stub.py": "import helper\n\ndef main():\n    print(helper.WORD)\n",
        "carrel-0.1.0.dist-info/entry_points.txt": "[console_scripts]\ncarrel = carrel_stub:main\n",
    }
    wheel(folder / "wheels", "carrel", own)
    fill(folder)
    return folder


def install(bundle: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs the script as a person would, in a home of its own."""
    home = bundle.parent / "home"
    home.mkdir(exist_ok=True)
    given = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHON": sys.executable, **environment}
    return subprocess.run(
        [str(bundle / "install.sh"), *arguments], env=given, capture_output=True, text=True, check=False
    )


@needs_tools
def test_a_bundle_is_installed_from_its_own_wheels_and_again_over_itself(bundle: Path) -> None:
    for _ in range(2):
        done = install(bundle)
        assert done.returncode == 0, done.stderr
        program = bundle.parent / "home" / ".local" / "bin" / "carrel"
        assert str(program) in done.stdout
        assert subprocess.check_output([program], text=True) == "installed\n"
    place = bundle.parent / "elsewhere"
    assert install(bundle, str(place)).returncode == 0
    assert subprocess.check_output([place / "bin" / "carrel"], text=True) == "installed\n"


@needs_tools
def test_a_damaged_bundle_is_not_installed(bundle: Path) -> None:
    place = bundle.parent / "place"
    for file in ("wheels/helper-0.1.0-py3-none-any.whl", "requirements.txt", "install.sh"):
        whole = (bundle / file).read_bytes()
        (bundle / file).write_bytes(whole + b"\n")
        done = install(bundle, str(place))
        assert done.returncode == 1
        assert "the bundle is damaged" in done.stderr
        (bundle / file).write_bytes(whole)
    wheel(bundle / "wheels", "helper", {"helper.py": "WORD = 'evil'\n"})
    list_digests(bundle)
    done = install(bundle, str(place))
    assert done.returncode != 0, "the digests of the wheels are those of requirements.txt"
    assert not (place / "bin" / "carrel").exists()


@needs_tools
def test_a_machine_of_another_kind_and_another_folder_are_refused(bundle: Path) -> None:
    machine = bundle / "machine"
    ours = machine.read_text()
    for wrong, message in (
        (ours.replace("Linux", "Plan9"), "this bundle is for Plan9"),
        (ours.replace("PYTHON_VERSION=3", "PYTHON_VERSION=2"), "this bundle is for Python 2"),
    ):
        machine.write_text(wrong)
        done = install(bundle)
        assert (done.returncode, message in done.stderr) == (1, True), done.stderr
    machine.write_text(ours)
    taken = bundle.parent / "taken"
    taken.mkdir()
    (taken / "letter.txt").write_text("mine")
    done = install(bundle, str(taken))
    assert "is not an installation of Carrel" in done.stderr
    assert (taken / "letter.txt").read_text() == "mine"
    assert "was not found" in install(bundle, PYTHON="/nowhere/python").stderr


def test_the_archive_is_the_same_whenever_it_is_made_of_the_same_files(bundle: Path) -> None:
    first = hashlib.sha256(packed(bundle).read_bytes()).hexdigest()
    for path in bundle.rglob("*"):
        os.utime(path, (1, 1))
    assert hashlib.sha256(packed(bundle).read_bytes()).hexdigest() == first


def test_a_compiled_wheel_loses_copies_and_headers_and_is_always_the_same(tmp_path: Path) -> None:
    files = {
        "llama_cpp/__init__.py": "",
        "llama_cpp/include/llama.h": "int x;",
        "llama_cpp/lib/libggml.so": "a",
        "llama_cpp/lib/libggml.so.0": "a",
        "llama_cpp/lib/libggml.so.0.25.3": "a",
        "llama_cpp/lib/libggml-cpu-zen4.so": "b",
        "lib/libggml.so": "a",
    }
    made = wheel(tmp_path, "llama-cpp-python", files)
    library = tmp_path / "libgomp.so.1"
    library.write_bytes(b"omp")
    places = [tmp_path / "one.whl", tmp_path / "two.whl"]
    for place in places:
        slim(made, place, with_file=library)
    assert places[0].read_bytes() == places[1].read_bytes()
    with zipfile.ZipFile(places[0]) as archive:
        names = set(archive.namelist())
        record = archive.read("llama_cpp_python-0.1.0.dist-info/RECORD").decode()
    assert {name for name in names if name.startswith(("llama_cpp/", "lib/"))} == {
        "llama_cpp/__init__.py",
        "llama_cpp/lib/libggml.so",
        "llama_cpp/lib/libggml.so.0",
        "llama_cpp/lib/libggml-cpu-zen4.so",
        "llama_cpp/lib/libgomp.so.1",
    }
    assert {line.split(",")[0] for line in record.splitlines()} == names


def test_only_llama_cpp_comes_as_source() -> None:
    for name in LOCKS:
        lock = (ROOT / "locks" / name).read_text(encoding="utf-8")
        wheels, compiled = divided(lock)
        assert "llama-cpp-python" not in wheels
        assert compiled.startswith("llama-cpp-python==" if name == "run.txt" else "")
        assert wheels.count("--hash") + compiled.count("--hash") == lock.count("--hash")


def test_a_requirement_names_each_wheel_with_its_digest(bundle: Path) -> None:
    lines = list(pinned(bundle / "wheels"))
    digest = hashlib.sha256((bundle / "wheels" / "helper-0.1.0-py3-none-any.whl").read_bytes()).hexdigest()
    assert lines[1] == f"helper==0.1.0 --hash=sha256:{digest}"
    assert (bundle / "requirements.txt").read_text().splitlines() == lines


@pytest.mark.skipif(shutil.which("dpkg-deb") is None, reason="dpkg-deb is not installed")
def test_a_debian_package_holds_the_bundle_and_a_unit(bundle: Path, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        package = deb.build(bundle, tmp_path, Path(scratch))
    assert package.name == "carrel_0.1.0_amd64.deb"
    listed = subprocess.check_output(["dpkg-deb", "--contents", str(package)], text=True)
    assert "./usr/lib/systemd/user/carrel.service" in listed
    assert "./usr/share/carrel/bundle/wheels/carrel-0.1.0-py3-none-any.whl" in listed
    facts = subprocess.check_output(["dpkg-deb", "--field", str(package)], text=True)
    assert f"Depends: python{sys.version_info[0]}.{sys.version_info[1]}" in facts


@needs_tools
@pytest.mark.long
def test_the_whole_bundle_answers_a_question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads a gigabyte and, the first time, compiles llama.cpp; `main` asks the question."""
    monkeypatch.setattr(sys, "argv", ["making", "--out", str(tmp_path)])
    main()
    (archive,) = tmp_path.glob("*.tar")
    assert archive.stat().st_size > 100_000_000
