"""What every test gets: a home folder of its own, no network, and libraries of the example notes.

No test reaches the user's home folder, library or configuration, and no variable of the user's environment
reaches a test. The tests of one run, also those of pytest-xdist's other workers, share only the cache folder:
it holds the exported embedder, which takes seconds to make and contains nothing of a document.
"""

import fcntl
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from assistant.config import Config
from policies import telemetry
from tests.running import KEY, NOTES, Carrel, give_key, require_starter_models

if TYPE_CHECKING:
    from assistant.engine import Engine
    from ingest.embedding import Embedder
    from ingest.jail import Jail

# How long an example takes depends on what else the machine does; times are measured by the benchmarks.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

ROOT = Path(__file__).resolve().parent.parent

FOREIGN = ("CARREL_", "OTEL_", "HF_", "HUGGINGFACE_", "TRANSFORMERS_", "XDG_")
"""Prefixes of environment variables that would change what Carrel or its libraries do."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Names a test case by its argument if the value is bytes.

    Archives and documents that a test builds contain the time. Two workers would give the same case different
    names, and pytest-xdist would refuse to run.
    """
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder of this run, the same for all its workers."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def cache_home(run_folder: Path) -> Path:
    """The cache folder of this run."""
    folder = run_folder / "cache"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def hermetic_run(tmp_path_factory: pytest.TempPathFactory, cache_home: Path) -> Iterator[None]:
    """Points every place that a program writes to into temporary folders, and keeps the model hub offline."""
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(FOREIGN) or name in {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"}:
                patch.delenv(name)
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", *telemetry.OFF):
            patch.setenv(name, "1")
        patch.setenv("XDG_CACHE_HOME", str(cache_home))
        set_home(patch, tmp_path_factory.mktemp("home"))
        yield


@pytest.fixture(autouse=True)
def hermetic(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives each test a home folder of its own, outside `tmp_path`, which is empty when the test starts."""
    set_home(monkeypatch, tmp_path_factory.mktemp("home"))


def set_home(patch: pytest.MonkeyPatch, home: Path) -> None:
    """Makes `home` the home folder of this process, except for the cache."""
    places = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_RUNTIME_DIR": home / "run",
        "CARREL_HOME": home / "library",
    }
    for name, place in places.items():
        patch.setenv(name, str(place))
    give_key(places["XDG_STATE_HOME"])


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test whose own process connects beyond this machine; tests of the seal use child processes."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        local = self.family is socket.AF_UNIX or address[0] == "127.0.0.1"
        assert local, f"a test tried to connect to {address!r}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def mount_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a file system of so many MiB and returns its folder. Skips where that is not allowed."""
    mounted: list[Path] = []

    def mount(mebibytes: int) -> Path:
        folder = tmp_path / f"disk-{len(mounted)}"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "none", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("this user may not mount a file system")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def examples() -> Path:
    """The folder of example notes, read-only by agreement."""
    return ROOT / "examples" / "notes"


# The starter models and a jail, opened once for all tests of a worker, which take seconds to open


@pytest.fixture(scope="session")
def starter_models() -> None:
    """Skips the tests that need the starter models if they are not installed."""
    require_starter_models()


@contextmanager
def exporting(run_folder: Path) -> Iterator[None]:
    """Lets the first worker export the embedder into the shared cache while the others wait."""
    with (run_folder / "export.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def embedder(run_folder: Path, cache_home: Path, starter_models: None) -> "Embedder":
    """The default embedder. Opening it leaves the exported model in the cache folder of the run."""
    from assistant.models.finding import find_embedder
    from ingest.embedding.running import OnnxEmbedder

    model = find_embedder(Config().models.embedder, library=None)
    with exporting(run_folder):
        return OnnxEmbedder(model.path, cache_home / "carrel" / "embedders", digest=model.sha256, key=KEY)


@pytest.fixture(scope="session")
def engine(starter_models: None) -> "Iterator[Engine]":
    """The default language model. It keeps no prompts on disk."""
    from assistant.models.finding import open_target

    engine = open_target(Config().models, library=None)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def jail() -> "Iterator[Jail]":
    """A jail with the default limits."""
    from ingest.jail import open_jail

    jail = open_jail(Config().index.max_file_mb << 20)
    yield jail
    jail.close()


@pytest.fixture(scope="session")
def parts(embedder: "Embedder", engine: "Engine", jail: "Jail") -> dict[str, Any]:
    """Arguments that give a library the shared models and the shared jail."""
    return {"embedder": embedder, "engine": engine, "jail": jail}


# Libraries and the commands on them


@pytest.fixture
def carrel(tmp_path_factory: pytest.TempPathFactory, cache_home: Path) -> Carrel:
    """A library that does not exist yet."""
    home = tmp_path_factory.mktemp("person")
    return Carrel(library=home / "library", home=home, cache=cache_home)


@pytest.fixture(scope="session")
def indexed(
    tmp_path_factory: pytest.TempPathFactory, run_folder: Path, cache_home: Path, starter_models: None
) -> Carrel:
    """The example notes, indexed with the starter models. Shared: tests that change it use `filled`."""
    home = tmp_path_factory.mktemp("reader")
    carrel = Carrel(library=home / "library", home=home, cache=cache_home)
    shutil.copytree(NOTES, home / "notes")
    with exporting(run_folder):
        outcome = carrel("add", home / "notes")
    assert outcome.code == 0, outcome.narration
    return carrel


@pytest.fixture
def filled(indexed: Carrel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrel]:
    """The indexed example notes, to change, without conversations. Their folder is shared: a test that adds
    files puts them elsewhere."""
    library = tmp_path_factory.mktemp("copy") / "library"
    shutil.copytree(indexed.library, library, ignore=shutil.ignore_patterns("history.db*", "*.sock"))
    yield Carrel(library=library, home=indexed.home, cache=indexed.cache)
    notes = indexed.home / "notes"
    assert sorted(path.relative_to(notes) for path in notes.rglob("*")) == sorted(
        path.relative_to(NOTES) for path in NOTES.rglob("*")
    )
