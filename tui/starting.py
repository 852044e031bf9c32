"""The start of the terminal UI: the process outside the seal, an owner if there is none, then the screens.

The command line calls `start` when no command is given. Each process opens or takes its connections, seals
itself, and only then imports heavy libraries. The screens are drawn while the owner loads what it needs.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from assistant.config import Config, cache_folder, change, load, state_folder
from assistant.confining import confine_front_end
from assistant.errors import OwnerGone
from assistant.library.forked import log_to_file, own_library
from policies import endpoint, network
from policies.errors import CarrelError
from policies.hygiene import visible
from tui.exporting import export
from tui.handover import Handover
from tui.outside import OutsidePipe, supervise
from tui.requests import OutsideServices

if TYPE_CHECKING:
    from assistant.library.facade import Assistant
    from ingest.catalogue import DocumentExtent
    from policies.proof import Attempt
    from tui.base import StartValues

CONNECTIONS = 16
"""Connections to the owner, made before the seal: the number of calls that can run at once."""

CLOSE_TIMEOUT_S = 1.0
"""Seconds that closing the connections may take."""


def start(library: Path, config: Config, config_file: Path | None, *, plain: bool) -> int:
    """Runs the UI until the person quits; returns the exit code.

    library: the library's folder, absolute. config_file: the one named on the command line.
    plain: whether lines are written instead of screens. Raises
    `PolicyRefusal` if the process cannot be sealed, `ConfigError` for unknown key ids, and the errors of
    opening a library.
    """
    services = OutsideServices(
        viewer_command=lambda: load(config_file).tui.viewer,
        extent_of=partial(_extent_of, library),
        change_settings=partial(change, config_file),
        export=partial(export, library, config.network.seal, _current_folder()),
        own_folders=(library, cache_folder(), state_folder()),
    )
    return supervise(
        partial(_run_ui, library, config, plain),
        partial(own_library, library, config, log_file()),
        owner_needed=partial(_needs_owner, library),
        services=services,
        log=log_file(),
    )


def _extent_of(library: Path, path: str) -> DocumentExtent | None:
    """The source and the length of the document at `path`, from the library's owner; None without one."""
    connection = endpoint.connect(library)
    if connection is None:
        return None
    # 0.1 s to import, when the first document is opened.
    from assistant.library.client import Client

    with Client([connection]) as client:
        return client.extent(Path(path))


def _needs_owner(library: Path) -> bool:
    """Whether no process owns the library and accepts connections. An encrypted library is then unlocked.

    Raises the errors of `prepare`.
    """
    from assistant.library.unlocking import Passphrases, is_owned, prepare

    if is_owned(library, join_commands=True):
        return False
    if library.is_dir():
        prepare(library, Passphrases(None, sys.stdin.buffer), keyring=True)
    return True


def _run_ui(library: Path, config: Config, plain: bool, outside: OutsidePipe, handover: Handover) -> int:
    """Runs the screens, or the plain UI; in a process of its own."""
    current = _current_folder()
    connections = [made for _ in range(CONNECTIONS) if (made := endpoint.connect(library))]
    seal = network.seal(config.network.seal, connections=[connection.fileno() for connection in connections])
    # The file stays open, so the UI needs no access to its folder.
    log_to_file(log_file())
    confine_front_end()
    # 0.3 s to import, and a tenth more with the garbage collector, which would find nothing.
    gc.disable()
    from tui import pictures
    from tui.app import CarrelApp
    from tui.base import StartValues

    def attach() -> Assistant:
        gc.enable()
        from assistant.library.client import Client

        return Client(connections)

    def prove_seal() -> tuple[Attempt, ...]:
        from policies.proof import prove

        return prove()

    values = StartValues(
        settings=config.tui,
        home=Path.home(),
        folder=current,
        seal=seal,
        prove_seal=prove_seal,
        colour="NO_COLOR" not in os.environ,
        pictures=pictures.probe(os.environ),
        handover=handover,
        budgets={
            "answers.passages": config.answers.passages,
            "answers.prompt_tokens": config.answers.prompt_tokens,
            "answers.answer_tokens": config.answers.answer_tokens,
        },
    )
    if plain:
        return _run_plain(attach, values, outside)
    app = CarrelApp(attach, values, outside)
    app.run()
    app.calls.close(CLOSE_TIMEOUT_S)
    return app.return_code or 0


def _run_plain(attach: Callable[[], Assistant], values: StartValues, outside: OutsidePipe) -> int:
    """Runs the plain UI over standard input and output."""
    # Edits the line that is being typed.
    import readline  # noqa: F401

    from tui.handover import RESTART
    from tui.plain import PlainUi

    def write(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    write("Opening the library.")
    try:
        ui = PlainUi(attach(), values, outside, input, write)

        def on_interrupt(_: int, __: FrameType | None) -> None:
            if ui.reading:
                raise KeyboardInterrupt
            ui.stop()

        signal.signal(signal.SIGINT, on_interrupt)
        return ui.run()
    except OwnerGone:
        return RESTART
    except CarrelError as error:
        write(visible(f"carrel: {error.message} {error.remedy}"))
    except Exception as error:
        # A traceback would show the values of variables, which may hold text of documents.
        logging.getLogger(__name__).critical("the UI failed", exc_info=error)
        write(f"carrel: an internal error ({type(error).__name__}). The log says where.")
    return 1


def _current_folder() -> Path:
    """The folder that the program was started in; the home folder if it has been deleted since."""
    try:
        return Path.cwd()
    except OSError:
        return Path.home()


def log_file() -> Path:
    """The log of the UI and of the owner that it starts."""
    return state_folder() / "tui.log"
