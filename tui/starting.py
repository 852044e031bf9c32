"""How the terminal UI starts: the process outside first, an owner where there is none, then the screens.

Called by the command line, which imports it when no command is given. Each process makes or takes its
connections, seals itself, and only then imports what is heavy: the screens are drawn while the owner loads
what it needs.
"""

from __future__ import annotations

import gc
import logging
import os
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from assistant.config import Config, load, state_folder
from policies import endpoint, network
from policies.hygiene import visible
from tui.handover import Handover
from tui.outside import OutsidePipe, stay

if TYPE_CHECKING:
    from assistant.library.facade import Assistant

CONNECTIONS = 16
"""To an owner, made before the seal: as many calls can be under way at once."""

FAREWELL_S = 1.0
"""Given to the connections to be closed in order."""

_LONGEST_LOG = 1 << 20


def start(library: Path, config: Config, config_file: Path | None) -> int:
    """The UI, until the person leaves; the exit code.

    library: absolute. config_file: the one named on the command line. Raises `PolicyRefusal` where there is
    no seal, `ConfigError` for keys that do not exist, and what opening a library does.
    """
    return stay(
        partial(_live, library, config, config_file),
        partial(_own, library, config),
        needed=lambda: not _answers(library),
        viewer=lambda: load(config_file).tui.viewer,
    )


def _answers(library: Path) -> bool:
    """Whether somebody owns the library and answers."""
    connection = endpoint.connect(library)
    if connection is not None:
        connection.close()
    return connection is not None


def _own(library: Path, config: Config, listening: Callable[[], None]) -> int:
    """Owns the library until SIGTERM, as `carrel watch` does."""
    from ingest.lock import Lock

    lock = Lock(library)
    listener = endpoint.listen(library)
    network.seal(config.network.seal, listener=listener.fileno())
    listening()
    _log_to_file()
    # 0.5 s to import.
    from assistant.library.owner import Owner
    from assistant.library.service import serve

    with Owner(library, config, lock=lock, watching=True) as owner:
        serve(owner, listener, ready=lambda: None)
    return 0


def _live(
    library: Path, config: Config, config_file: Path | None, outside: OutsidePipe, kept: Handover
) -> int:
    """The UI, in a child of its own."""
    connections = [made for _ in range(CONNECTIONS) if (made := endpoint.connect(library))]
    seal = network.seal(config.network.seal, connections=[each.fileno() for each in connections])
    _log_to_file()
    # 0.3 s to import, and a tenth more with the collector, which would find nothing.
    gc.disable()
    from tui import pictures
    from tui.app import CarrelApp

    def attach() -> Assistant:
        gc.enable()
        from assistant.library.client import Client

        return Client(connections)

    app = CarrelApp(
        attach,
        library=library,
        config=config,
        config_file=config_file,
        seal=seal,
        outside=outside,
        kept=kept,
        pictures=pictures.ask(),
    )
    app.run()
    app.desk.close(FAREWELL_S)
    return app.return_code or 0


class _LocationFormatter(logging.Formatter):
    """Says where an error arose, and not what it was about: its words may be a document's."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))

    def formatException(  # noqa: N802
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        kind, _, trace = ei
        places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
        return "\n  ".join([kind.__name__ if kind else "", *places])


def log_file() -> Path:
    """Where errors are written down."""
    return state_folder() / "tui.log"


def _log_to_file() -> None:
    file = log_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > _LONGEST_LOG:
        os.truncate(file, 0)
    handler = logging.FileHandler(file, encoding="utf-8")
    handler.setFormatter(_LocationFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
