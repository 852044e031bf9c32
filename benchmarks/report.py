"""The form every benchmark has: rows of a table, printed and written as JSON.

`--data DIR` is the folder of documents and questions; a part of it that is absent is skipped,
and the table says so. Each row states a value, and where there is one the bound it must meet.
"""

import argparse
import json
import operator
import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_COMPARE: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le, "<": operator.lt}


@dataclass(frozen=True, slots=True)
class Row:
    """One figure."""

    name: str
    value: float | str
    """A number, or why there is none."""
    bound: str
    """Such as `>= 0.95`; empty when nothing is promised."""
    holds: bool | None
    """None without a bound or a number."""


@dataclass(slots=True)
class Report:
    """The rows of one run, printed as they come."""

    file: Path | None
    """Where the JSON goes; None writes none."""
    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, value: float | str, bound: str = "") -> None:
        """Adds a figure and prints it."""
        holds = None
        if bound and not isinstance(value, str):
            relation, limit = bound.split()
            holds = _COMPARE[relation](value, float(limit))
        self.rows.append(Row(name, value, bound, holds))
        shown = value if isinstance(value, str) else f"{value:,.3f}".rstrip("0").rstrip(".")
        verdict = {None: "", True: "holds", False: "MISSED"}[holds]
        print(f"{name:58} {shown:>12}  {bound:10} {verdict}", flush=True)

    def finish(self) -> None:
        """Writes the JSON file, if one was asked for."""
        if self.file is not None:
            content = {"machine": machine(), "rows": [asdict(row) for row in self.rows]}
            self.file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = "unknown"
    with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
                break
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def arguments(description: str) -> argparse.Namespace:
    """The options all benchmarks have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder with the documents and questions")
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    return parser.parse_args()
