"""How the terminal UI starts: the process outside first, then the connections, the seal, and the screens.

Called by the command line, which imports it when no command is given. Textual is imported after the seal,
and the façade after the first picture: the models load behind it.
"""

import logging
import os
import traceback
from functools import partial
from pathlib import Path
from types import TracebackType

from assistant.config import Config, load, state_folder
from assistant.facade import Assistant
from policies import endpoint, network
from policies.hygiene import visible
from tui.outside import Kept, Outside, stay

CONNECTIONS = 48
"""To an owner, made before the seal. An answer that is stopped costs one; without any, the UI starts anew."""

FAREWELL_S = 3.0
"""Given to the library to be closed in order; it is safe without."""

_LONGEST_LOG = 1 << 20


def start(library: Path, config: Config, config_file: Path | None) -> int:
    """The UI, until the person leaves; the exit code.

    library: absolute. config_file: the one named on the command line. Raises `PolicyRefusal` where there is
    no seal, and `ConfigError` for keys that do not exist.
    """
    life = partial(_live, library, config, config_file)
    return stay(life, viewer=lambda: load(config_file).tui.viewer)


def _live(library: Path, config: Config, config_file: Path | None, outside: Outside, kept: Kept) -> int:
    connections = [made for _ in range(CONNECTIONS) if (made := endpoint.connect(library))]
    seal = network.seal(config.network.seal, connections=[each.fileno() for each in connections])
    _log_to_file()
    # 0.3 s to import.
    from tui.app import CarrelApp

    def open_library() -> Assistant:
        if connections:
            from assistant.client import Client

            return Client(connections)
        # 0.3 s to import.
        from assistant.owner import Owner

        return Owner(library, config, watching=True)

    app = CarrelApp(
        open_library,
        library=library,
        config=config,
        config_file=config_file,
        seal=seal,
        attached=bool(connections),
        outside=outside,
        kept=kept,
    )
    app.run()
    app.desk.close(FAREWELL_S)
    return app.return_code or 0


class _Places(logging.Formatter):
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
    handler.setFormatter(_Places("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
