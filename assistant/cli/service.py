"""The process that stays: watch, and service install, uninstall and status to start it with the session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import Exit, UsageError
from assistant.cli.helping import WholeSentences
from assistant.cli.render.library import print_empty_library
from assistant.cli.render.service import print_notice
from assistant.cli.session import Role, Session
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.owner import Notice


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    command(app, role=Role.OWNER)(watch)
    service = typer.Typer(
        cls=WholeSentences, help="Start `carrel watch` whenever you log in.", no_args_is_help=True
    )
    for function in (install, uninstall, status):
        # The service manager is reached over a socket of its own, so these commands run without a seal.
        command(service, role=Role.ONLINE)(function)
    app.add_typer(service, name="service")


def watch(session: Session) -> None:
    """Keep the library up to date and serve the other commands.

    Runs until stopped with Ctrl-C. Changed files are indexed within seconds, and questions are answered
    faster because the models stay loaded.

    Examples:
        carrel watch
        carrel watch --json
    """
    from assistant.library.owner import Owner
    from assistant.library.service import serve

    output, connection = session.output, session.connection
    assert connection.lock is not None
    assert connection.socket is not None
    if not output.quiet:
        for package in ("assistant", "ingest"):
            logging.getLogger(package).setLevel(logging.INFO)

    def notify(notice: Notice) -> None:
        print_notice(output, notice)

    with Owner(session.library, session.config, lock=connection.lock, watching=True, notify=notify) as owner:
        sources = [source.path for source in owner.status().sources]
        output.note(
            f"Watching {formatting.count_of(len(sources), 'source')} for the library"
            f" {one_line(str(session.library))}"
        )
        if not sources:
            print_empty_library(output)
        serve(
            owner,
            connection.socket,
            ready=lambda: output.print_json({"event": "ready", "sources": sources}),
        )


def install(session: Session) -> Exit:
    """Start `carrel watch` now and whenever you log in.

    The service manager adds a sandbox of its own around the process.

    Examples:
        carrel service install
    """
    from assistant.library import units

    output = session.output
    unit = units.unit_for(session.library, session.config_file)
    started = unit.install()
    output.print(f"Installed {one_line(str(unit.path))}")
    if not started:
        output.warn("The service manager did not start it. To start it, run:")
        for line in unit.start:
            output.print(f"  {' '.join(line)}")
    output.print_json({"unit": str(unit.path), "started": started})
    return Exit.DONE if started else Exit.FAILED


def uninstall(session: Session) -> None:
    """Stop the service and remove it. The library stays.

    Examples:
        carrel service uninstall
    """
    from assistant.library import units

    unit = units.unit_for(session.library, session.config_file)
    if not unit.is_installed:
        raise UsageError("The service is not installed.", remedy="To install it, run: carrel service install")
    stopped = unit.uninstall()
    session.output.print(f"Removed {one_line(str(unit.path))}")
    if not stopped:
        session.output.warn(
            "The service manager could not be reached. If `carrel watch` is still running, it continues"
            " until you log out."
        )
    session.output.print_json({"unit": str(unit.path), "stopped": stopped})


def status(session: Session) -> None:
    """Show whether the service is installed and whether it answers.

    Examples:
        carrel service status
    """
    from assistant.library import units
    from policies import endpoint

    unit = units.unit_for(session.library, session.config_file)
    installed = unit.is_installed
    connection = endpoint.connect(session.library)
    if connection is not None:
        connection.close()
    session.output.print(f"unit       {one_line(str(unit.path))}{'' if installed else ' (not installed)'}")
    session.output.print(f"owner      {'answers' if connection else 'none'}")
    session.output.print_json(
        {"unit": str(unit.path), "installed": installed, "answers": connection is not None}
    )
