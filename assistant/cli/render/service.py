"""What `carrel watch` reports while it runs. With `--json`, every event is an object on a line of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assistant.cli.render.library import counts_in_words, report_object
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.library.owner import Notice


def print_notice(output: Output, notice: Notice) -> None:
    """Prints that a source was indexed, became unreachable, or is reachable again."""
    from ingest.keeper import Indexed
    from ingest.scopes import Offline

    source = one_line(notice.source)
    if isinstance(notice, Indexed):
        report = notice.report
        counts = {
            "added": report.added,
            "changed": report.changed,
            "moved": report.moved,
            "removed": report.removed,
            "failed": len(report.failed),
        }
        output.note(f"{source}: {counts_in_words(counts)}")
        for path, reason in report.failed:
            output.warn(f"  failed: {one_line(path)}: {reason}")
        output.print_json({"event": "indexed", **report_object(Path(notice.source), report)})
    elif isinstance(notice, Offline):
        output.warn(f"{source} cannot be reached ({notice.reason}). Its documents stay in the library.")
        output.print_json({"event": "offline", "path": notice.source, "reason": notice.reason})
    else:
        output.note(f"{source} can be reached again.")
        output.print_json({"event": "online", "path": notice.source})
