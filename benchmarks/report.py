"""The form of every benchmark: rows of a table, printed and written as JSON.

`--data DIR` is the folder of documents and questions; the table says which parts of it are absent. Each row
has a value and, where one is promised, the bound that the value must meet.
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
    """A number, or the reason why there is none."""
    bound: str
    """Such as `>= 0.95`; empty when nothing is promised."""
    holds: bool | None
    """None without a bound or a number."""


@dataclass(slots=True)
class Report:
    """The rows of one run, printed as they are added."""

    file: Path | None
    """JSON file to write; None writes none."""
    page: Path | None = None
    """Page of the documentation whose table is replaced; None replaces none."""
    rows: list[Row] = field(default_factory=list)

    def add(self, name: str, value: float | str, bound: str = "") -> None:
        """Adds a figure and prints it."""
        holds = None
        if bound and not isinstance(value, str):
            relation, limit = bound.split()
            holds = _COMPARE[relation](value, float(limit))
        row = Row(name, value, bound, holds)
        self.rows.append(row)
        print(f"{name:62} {_shown(row):>12}  {bound:10} {_VERDICTS[holds]}", flush=True)

    def finish(self) -> None:
        """Writes the JSON file and the page's table, if requested."""
        if self.file is not None:
            content = {"machine": machine(), "rows": [asdict(row) for row in self.rows]}
            self.file.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        if self.page is not None:
            before, _, rest = self.page.read_text(encoding="utf-8").partition(_TABLE)
            after = rest.partition(_END)[2]
            self.page.write_text(f"{before}{_TABLE}\n{self._table()}\n{_END}{after}", encoding="utf-8")

    def _table(self) -> str:
        on = machine()
        lines = [f"{on['processor']}, {on['cores']} cores, {on['memory_gib']} GiB, {on['system']}.", ""]
        lines += ["| Figure | Value | Bound | |", "|---|---|---|---|"]
        lines += [
            f"| {row.name} | {_shown(row)} | {row.bound} | {_VERDICTS[row.holds]} |" for row in self.rows
        ]
        return "\n".join(lines)


_TABLE, _END = "<!-- table -->", "<!-- end of table -->"
"""Markers around the table of a page."""

_VERDICTS = {None: "", True: "holds", False: "MISSED"}


def _shown(row: Row) -> str:
    return row.value if isinstance(row.value, str) else f"{row.value:,.3f}".rstrip("0").rstrip(".")


def machine() -> dict[str, Any]:
    """The machine that the figures were measured on."""
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
    """Parses the options that all benchmarks share."""
    return common_arguments(description).parse_args()


def common_arguments(description: str, *, data_required: bool = True) -> argparse.ArgumentParser:
    """A parser of the options that all benchmarks share, for a benchmark that has more of them."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--data", type=Path, required=data_required, help="folder with the documents and questions"
    )
    parser.add_argument("--json", type=Path, help="file to write the rows to")
    parser.add_argument("--markdown", type=Path, help="page of the documentation whose table is replaced")
    return parser
