"""Commands that check, and the policies: doctor, policy show, prove, log, sbom and sweep."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from assistant.cli.command import command
from assistant.cli.exits import Exit
from assistant.cli.helping import WholeSentences
from assistant.cli.naming import located
from assistant.cli.render.checks import (
    checks_object,
    log_object,
    print_checks,
    print_log,
    print_proof,
    proof_object,
)
from assistant.cli.render.policies import policies_object, print_policies
from assistant.cli.render.receipts import print_swept, swept_object
from assistant.cli.session import Role, Session
from policies import proof, telemetry
from policies.circumstances import circumstances
from policies.errors import CarrelError
from policies.hygiene import one_line


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    command(app, role=Role.ALONE)(doctor)
    policy = typer.Typer(
        cls=WholeSentences,
        help="Show the policies and the audit log, prove that no network can be reached, delete expired "
        "data.",
        no_args_is_help=True,
    )
    command(policy, role=Role.ALONE)(prove)
    command(policy)(show)
    command(policy)(log)
    command(policy, role=Role.ALONE)(sbom)
    command(policy)(sweep)
    app.add_typer(policy, name="policy")


def doctor(
    session: Session,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean", help="Delete the files that the telemetry of libraries left on this machine."
        ),
    ] = False,
) -> Exit:
    """Check this machine for problems, and say how to fix them.

    Examples:
        carrel doctor
        carrel doctor --clean
    """
    from assistant.atrest import encryption_checks
    from assistant.doctor import Severity, checks

    removed = _remove_leftovers(session) if clean else []
    results = [*checks(session.config, session.library), *encryption_checks(session.library)]
    broken = any(result.severity is Severity.BROKEN for result in results)
    print_checks(session.output, results)
    session.output.print_json(checks_object(results, broken=broken, removed=removed))
    return Exit.FAILED if broken else Exit.DONE


def _remove_leftovers(session: Session) -> list[str]:
    """Deletes what telemetry has left; returns the paths."""
    left = telemetry.leftovers()
    try:
        telemetry.remove(left)
    except OSError as error:
        raise CarrelError(
            f"Cannot delete {one_line(str(error.filename))}: {error.strerror}.",
            remedy="Delete it yourself; Carrel does not need it.",
        ) from error
    for path in left:
        session.output.print(f"Deleted {one_line(str(path))}")
    return [str(path) for path in left]


def prove(session: Session) -> Exit:
    """Try to reach the network in every known way, and show the result.

    The kernel must refuse every attempt.

    Examples:
        carrel policy prove
    """
    seal = session.connection.seal
    attempts = proof.prove()
    serving = session.config.policies.serving
    print_proof(session.output, attempts, seal, serving)
    session.output.print_json(proof_object(attempts, circumstances(), serving))
    refused = all(attempt.refused for attempt in attempts)
    return Exit.DONE if refused and seal.enforced else Exit.REFUSED


def show(session: Session) -> None:
    """Show what is masked and what is never indexed.

    Every rule of policies.toml is listed with the line that it comes from. A running owner enforces the
    rules that the file had when the owner started.

    Examples:
        carrel policy show
    """
    from assistant.config import default_config
    from assistant.policyfile import NAME

    report = session.config.policies.report
    is_outdated = False
    if session.attached:
        with session.open() as assistant:
            in_force = assistant.policies()
        is_outdated, report = in_force != report, in_force
    expected = (session.config_file or default_config()).absolute().parent / NAME
    print_policies(session.output, report, expected, is_outdated=is_outdated)
    session.output.print_json(policies_object(report, is_outdated=is_outdated))


def log(
    session: Session,
    document: Annotated[
        str | None,
        typer.Option("--document", metavar="PATH|NAME", help="Show only entries about this document."),
    ] = None,
) -> None:
    """Show the audit log of the library.

    It says when the library was opened and with which seal, which models answered, and when documents
    were read and removed, without naming any document.

    Examples:
        carrel policy log
        carrel policy log --document ~/Notes/lease.pdf
    """
    with session.open() as assistant:
        entries = assistant.audit_log(located(assistant, document) if document else None)
    print_log(session.output, entries)
    session.output.print_json(log_object(entries))


def sbom(session: Session) -> None:
    """Print what is installed, as CycloneDX.

    It lists packages and models with their digests.

    Examples:
        carrel policy sbom > sbom.json
    """
    # 0.03 s to import, for importlib.metadata.
    from policies import components

    bill = components.bill()
    session.output.print(json.dumps(bill, indent=2))
    session.output.print_json(bill)


def sweep(
    session: Session,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
) -> None:
    """Delete what is older than the configuration allows.

    `carrel watch` and the terminal UI do this every hour.

    Examples:
        carrel policy sweep --dry-run
        carrel policy sweep
    """
    with session.open() as assistant:
        swept = assistant.sweep(dry_run=dry_run)
    print_swept(session.output, swept, dry_run=dry_run)
    session.output.print_json(swept_object(swept, dry_run=dry_run))
