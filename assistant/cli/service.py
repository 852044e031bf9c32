"""Commands of an owner that stays: watch, and the service that starts it with the session."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import typer

from assistant.cli.exits import Exit, UsageError
from assistant.cli.library import report_object
from assistant.cli.session import Role, Session, command
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.owner import Notice


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    command(app, role=Role.OWNER)(watch)
    service = typer.Typer(help="Start `carrel watch` with your session.", no_args_is_help=True)
    for function in (install, uninstall, status):
        # Its manager is asked over a socket of its own, so these run without a seal and without a library.
        command(service, role=Role.ONLINE)(function)
    app.add_typer(service, name="service")


def watch(session: Session) -> None:
    """Keep the library up to date until stopped, and answer the other commands."""
    from assistant.library.owner import Owner
    from assistant.library.service import serve

    assert session.lock is not None
    assert session.socket is not None
    if not session.quiet:
        for package in ("assistant", "ingest"):
            logging.getLogger(package).setLevel(logging.INFO)

    def notify(notice: Notice) -> None:
        _tell(session, notice)

    with Owner(session.library, session.config, lock=session.lock, watching=True, notify=notify) as owner:
        sources = [source.path for source in owner.status().sources]
        session.say(f"watching {len(sources)} sources for the library {session.library}")
        if not sources:
            session.say("nothing is added yet: carrel add FOLDER", style="yellow")
        serve(owner, session.socket, ready=lambda: _event(session, {"event": "ready", "sources": sources}))


def _tell(session: Session, notice: Notice) -> None:
    from pathlib import Path

    from ingest.keeper import Indexed
    from ingest.watching import Offline

    name = one_line(notice.source)
    if isinstance(notice, Indexed):
        report = notice.report
        counts = {
            "added": report.added,
            "changed": report.changed,
            "moved": report.moved,
            "removed": report.removed,
            "failed": len(report.failed),
        }
        session.say(f"{name}: " + ", ".join(f"{count} {word}" for word, count in counts.items() if count))
        for path, reason in report.failed:
            session.say(f"  failed: {one_line(path)}: {reason}", style="yellow")
        _event(session, {"event": "indexed", **report_object(Path(notice.source), report)})
    elif isinstance(notice, Offline):
        session.say(f"{name} is offline ({notice.reason}); its documents stay", style="yellow")
        _event(session, {"event": "offline", "path": notice.source, "reason": notice.reason})
    else:
        session.say(f"{name} is back")
        _event(session, {"event": "online", "path": notice.source})


def _event(session: Session, value: dict[str, object]) -> None:
    session.print_json(value)


def install(session: Session) -> Exit:
    """Start `carrel watch` now and with every session, sealed by the service manager too."""
    from assistant.library import units

    unit = units.unit(session.library, session.config_file)
    unit.path.parent.mkdir(parents=True, exist_ok=True)
    unit.path.write_text(unit.text, encoding="utf-8")
    done = units.run(unit.start)
    session.print(f"installed {one_line(str(unit.path))}")
    if not done:
        session.say("The service manager could not be reached. Start it yourself:", style="yellow")
        for line in unit.start:
            session.print(f"  {' '.join(line)}")
    session.print_json({"unit": str(unit.path), "started": done})
    return Exit.DONE if done else Exit.FAILED


def uninstall(session: Session) -> None:
    """Stop the service and remove it. The library stays."""
    from assistant.library import units

    unit = units.unit(session.library, session.config_file)
    if not unit.path.exists():
        raise UsageError("The service is not installed.", remedy="`carrel service install` installs it.")
    stopped = units.run(unit.stop)
    unit.path.unlink()
    session.print(f"removed {one_line(str(unit.path))}")
    if not stopped:
        session.say("The service manager could not be reached; a running owner goes on.", style="yellow")
    session.print_json({"unit": str(unit.path), "stopped": stopped})


def status(session: Session) -> None:
    """Say whether the service is installed, and whether an owner answers."""
    from assistant.library import units
    from policies import endpoint

    unit = units.unit(session.library, session.config_file)
    installed = unit.path.exists()
    connection = endpoint.connect(session.library)
    if connection is not None:
        connection.close()
    session.print(f"unit       {one_line(str(unit.path))}{'' if installed else ' (not installed)'}")
    session.print(f"owner      {'answers' if connection else 'none'}")
    session.print_json({"unit": str(unit.path), "installed": installed, "answers": connection is not None})
