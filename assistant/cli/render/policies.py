"""The rules of `policies.toml`, with their origins."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.policyfile import PolicyReport

OUTDATED = "The file has changed since the owner of the library started. Restart the owner to enforce it."


def print_policies(output: Output, report: PolicyReport, expected: Path, *, is_outdated: bool) -> None:
    """Prints every rule in force with its origin.

    expected: where the file would be. is_outdated: whether the owner enforces other rules than the file has.
    """
    if not report.file:
        output.print(f"There is no file {one_line(str(expected))}: nothing is masked or left out.")
    lines = [f"{value.key} = {value.value}" for value in report.values]
    width = max(map(len, lines), default=0)
    for line, value in zip(lines, report.values, strict=True):
        output.print(one_line(f"{line:{width}}  # {value.origin}"))
        if value.note:
            output.warn(f"  {one_line(value.note)}")
    if is_outdated:
        output.warn(OUTDATED)


def policies_object(report: PolicyReport, *, is_outdated: bool) -> dict[str, Any]:
    """The rules for `--json`."""
    return {
        "file": report.file or None,
        "outdated": is_outdated,
        "rules": [
            {
                "key": value.key,
                "value": json.loads(value.value),
                "origin": value.origin,
                "note": value.note,
            }
            for value in report.values
        ],
    }
