"""Commands that check: doctor, policy prove, policy log."""

from __future__ import annotations

import dataclasses

import typer

from assistant.cli.exits import Exit
from assistant.cli.render import day
from assistant.cli.session import Session, command
from policies import network, proof
from policies.hygiene import one_line


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    command(app)(doctor)
    policy = typer.Typer(help="What is allowed, and the proof.", no_args_is_help=True)
    command(policy)(prove)
    command(policy)(log)
    app.add_typer(policy, name="policy")


def doctor(session: Session) -> Exit:
    """Check this machine: what is missing, broken or slow, and what to do about it."""
    from assistant.doctor import Severity, checks

    results = list(checks(session.config, session.library))
    styles = {Severity.OK: None, Severity.WARNING: "yellow", Severity.BROKEN: "bold red"}
    for result in results:
        session.print(f"{result.severity:8} {result.name}: {result.message}", style=styles[result.severity])
        if result.remedy:
            session.print(f"         {result.remedy}")
    broken = any(result.severity is Severity.BROKEN for result in results)
    session.print_json(
        {
            "checks": [
                {
                    "name": result.name,
                    "severity": result.severity,
                    "message": result.message,
                    "remedy": result.remedy,
                }
                for result in results
            ],
            "broken": broken,
        }
    )
    return Exit.FAILED if broken else Exit.DONE


def prove(session: Session) -> Exit:
    """Try to reach the network in every way known, and show the kernel refusing each."""
    attempts = proof.prove()
    through = [attempt for attempt in attempts if not attempt.refused]
    for attempt in attempts:
        verdict = "refused" if attempt.refused else "GOT THROUGH"
        session.print(
            f"{verdict:11} {attempt.what} from {attempt.via}: {attempt.by}",
            style=None if attempt.refused else "bold red",
        )
    session.print()
    session.print(
        f"{len(attempts) - len(through)} of {len(attempts)} attempts refused. {session.seal.detail}"
    )
    session.print_json(
        {
            "attempts": [
                {"what": attempt.what, "via": attempt.via, "refused": attempt.refused, "by": attempt.by}
                for attempt in attempts
            ],
            "refused": len(attempts) - len(through),
            "sealed": network.sealed(),
        }
    )
    return Exit.REFUSED if through or not session.seal.enforced else Exit.DONE


def log(session: Session) -> None:
    """Show what was done with the library: when it was opened and under what seal, what was forgotten."""
    with session.open() as assistant:
        deeds = assistant.deeds()
    for deed in deeds:
        session.print(f"{day(deed.at)}  {deed.what:8}  {one_line(deed.detail)}")
    session.print_json({"deeds": [dataclasses.asdict(deed) for deed in deeds]})
