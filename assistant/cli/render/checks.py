"""What `doctor`, `policy prove`, `policy log` and `audit …` print."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from assistant import formatting
from policies import network
from policies.endpoint import LOOPBACK
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.cli.output import Output
    from assistant.doctor import CheckResult
    from assistant.library.audit import AuditEntry, AuditVerdict
    from assistant.policyfile import Serving
    from policies.circumstances import Circumstances
    from policies.network import Seal
    from policies.proof import Attempt

_STYLES = {"ok": None, "warning": "yellow", "broken": "bold red"}


def print_checks(output: Output, results: Sequence[CheckResult]) -> None:
    """Prints the results of the checks, each with its remedy below it."""
    for result in results:
        output.print(f"{result.severity:8} {result.name}: {result.message}", style=_STYLES[result.severity])
        if result.remedy:
            output.print(f"         {result.remedy}")


def checks_object(results: Sequence[CheckResult], *, broken: bool, removed: Sequence[str]) -> dict[str, Any]:
    """The results of the checks and the paths that were deleted, for `--json`."""
    return {
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
        "removed": list(removed),
    }


def print_proof(output: Output, attempts: Sequence[Attempt], seal: Seal, serving: Serving) -> None:
    """Prints every attempt to reach the network with the kernel's answer, then their count.

    serving: what the policies open over HTTP.
    """
    for attempt in attempts:
        verdict = "refused" if attempt.refused else "GOT THROUGH"
        output.print(
            f"{verdict:11} {attempt.what} from {attempt.via}: {attempt.by}",
            style=None if attempt.refused else "bold red",
        )
    refused = sum(attempt.refused for attempt in attempts)
    output.print()
    output.print(f"{refused} of {len(attempts)} attempts were refused. {seal.detail}")
    for place in _listened(serving):
        output.print(
            f"The policies let `carrel serve` accept connections from this computer on {place}, for"
            f" {', '.join(serving.collections)}. It still cannot make any connection."
        )


def proof_object(attempts: Sequence[Attempt], around: Circumstances, serving: Serving) -> dict[str, Any]:
    """The attempts to reach the network, and when, where and with what they were made, for `--json`."""
    return {
        **dataclasses.asdict(around),
        "attempts": [
            {"what": attempt.what, "via": attempt.via, "refused": attempt.refused, "by": attempt.by}
            for attempt in attempts
        ],
        "refused": sum(attempt.refused for attempt in attempts),
        "sealed": network.sealed(),
        "may_listen": _listened(serving),
    }


def _listened(serving: Serving) -> list[str]:
    """Where `carrel serve` may accept connections."""
    return [f"{LOOPBACK}:{serving.port}"] if serving.collections else []


def print_log(output: Output, entries: Sequence[AuditEntry]) -> None:
    """Prints the audit log in the order given."""
    for entry in entries:
        output.print(f"{formatting.date_and_time(entry.at)}  {entry.what:8}  {one_line(entry.detail)}")


def log_object(entries: Sequence[AuditEntry]) -> dict[str, Any]:
    """The audit log for `--json`."""
    return {"deeds": [dataclasses.asdict(entry) for entry in entries]}


def print_verdict(output: Output, verdict: AuditVerdict) -> None:
    """Prints the problems of the audit log, or that it has none."""
    for problem in verdict.problems:
        output.print(one_line(problem), style="bold red")
    if verdict.problems:
        output.print("The audit log was changed, or its files were lost.", style="bold red")
    else:
        output.print(f"The audit log is intact. Entries: {verdict.entries:,}.")
    if verdict.dropped:
        output.print(f"The oldest {verdict.dropped:,} entries were dropped.")
    output.print(f"Head: {verdict.head}")


def verdict_object(verdict: AuditVerdict) -> dict[str, Any]:
    """Whether the audit log is whole, for `--json`."""
    return {"whole": not verdict.problems, **dataclasses.asdict(verdict), "problems": list(verdict.problems)}
