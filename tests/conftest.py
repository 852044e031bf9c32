"""What every test gets: a home of its own, no network, and the example notes.

Nothing a test does reaches the person's home folder, library or configuration, and nothing in
their environment reaches a test. Only the cache folder is shared by the tests of one run: it holds
the exported embedder, which takes seconds to make and holds no document content.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.config import Config
from tests.running import NOTES, Carrel, require_starter_models

if TYPE_CHECKING:
    from assistant.engine import Engine
    from ingest.embedding import Embedder
    from ingest.jail import Jail

ROOT = Path(__file__).resolve().parent.parent

FOREIGN = ("CARREL_", "OTEL_", "HF_", "HUGGINGFACE_", "TRANSFORMERS_", "XDG_")
"""Beginnings of the names of variables that would change what Carrel or its libraries do."""


@pytest.fixture(scope="session")
def cache_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache folder of this run."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def hermetic(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, cache_home: Path
) -> None:
    """Points every place a program writes to into temporary folders, and keeps the hub offline.

    The places stand beside `tmp_path`, which stays empty for the test.
    """
    for name in os.environ:
        if name.startswith(FOREIGN) or name in {"NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"}:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    places = {
        "HOME": home,
        "XDG_CACHE_HOME": cache_home,
        "XDG_CONFIG_HOME": home / "config",
        "XDG_DATA_HOME": home / "data",
        "XDG_STATE_HOME": home / "state",
        "XDG_RUNTIME_DIR": home / "run",
        "CARREL_HOME": home / "library",
    }
    for name, place in places.items():
        monkeypatch.setenv(name, str(place))
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "1")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test whose own process reaches beyond this machine; the seal's tests try it in children."""
    connect = socket.socket.connect

    def refuse(self: socket.socket, address: Any) -> None:
        local = self.family is socket.AF_UNIX or address[0] == "127.0.0.1"
        assert local, f"a test tried to connect to {address!r}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def examples() -> Path:
    """The folder of example notes, read-only by agreement."""
    return ROOT / "examples" / "notes"


# The starter models and a jail, opened once for all tests of a worker, which take seconds to open


@pytest.fixture(scope="session")
def embedder(cache_home: Path) -> "Embedder":
    """The default embedder."""
    require_starter_models()
    from assistant.models.finding import find_embedder
    from ingest.embedding import OnnxEmbedder

    model = find_embedder(Config().models.embedder, library=None)
    return OnnxEmbedder(model.path, cache_home / "carrel" / "embedders", digest=model.sha256)


@pytest.fixture(scope="session")
def engine() -> "Iterator[Engine]":
    """The default language model. It keeps no prompts on disk."""
    require_starter_models()
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


# Carrel in a process of its own, for the tests of what a person sees


@pytest.fixture
def carrel(tmp_path_factory: pytest.TempPathFactory, cache_home: Path) -> Carrel:
    """A library that is not there yet."""
    home = tmp_path_factory.mktemp("person")
    return Carrel(library=home / "library", home=home, cache=cache_home)


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory, cache_home: Path) -> Carrel:
    """The example notes, indexed with the starter models. Shared: tests that change it take `filled`."""
    require_starter_models()
    home = tmp_path_factory.mktemp("reader")
    carrel = Carrel(library=home / "library", home=home, cache=cache_home)
    shutil.copytree(NOTES, home / "notes")
    outcome = carrel("add", home / "notes")
    assert outcome.code == 0, outcome.narration
    return carrel


@pytest.fixture
def filled(indexed: Carrel, tmp_path_factory: pytest.TempPathFactory) -> Carrel:
    """A copy of the indexed library, to change. Its source is the shared one, which stays as it is."""
    library = tmp_path_factory.mktemp("copy") / "library"
    shutil.copytree(indexed.library, library)
    return Carrel(library=library, home=indexed.home, cache=indexed.cache)
