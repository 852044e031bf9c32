"""The command that summarizes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.asking import CpuMoe, Device, GpuLayers, computed_on
from assistant.cli.session import Session, command
from assistant.cli.showing import figures, stats_object
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.dialogue import Summary


def register(app: typer.Typer) -> None:
    """Adds the command to `app`."""
    command(app)(summarize)


def summarize(
    session: Session,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="Any file, in the library or not; - reads stdin.")
    ],
    gpu_layers: GpuLayers = None,
    device: Device = None,
    cpu_moe: CpuMoe = None,
) -> None:
    """Summarize a whole document, section by section."""
    # 0.3 s: the parsers and numpy.
    from assistant.dialogue import Summary
    from assistant.oneshot import read_document, read_text, summarize

    session = computed_on(session, gpu_layers, device, cpu_moe)
    if file == "-":
        document = read_text(sys.stdin.buffer.read())
    else:
        document = read_document(Path(file), session.config)
    with session.progress("sections") as watch:
        for event in summarize(document, session.config, library=session.library):
            if isinstance(event, Summary):
                summary = event
            else:
                watch(event.done, event.total, " › ".join(event.heading) or document.title)
    _print_summary(session, summary, "-" if file == "-" else document.path)


def _print_summary(session: Session, summary: Summary, path: str) -> None:
    session.print(summary.text)
    if len(summary.sections) > 1:
        for section in summary.sections:
            session.print()
            session.print(_section_place(section.heading, section.pages, section.lines), style="bold")
            session.print(section.summary)
    session.say(figures(summary.stats), style="dim")
    session.print_json(
        {
            "path": path,
            "summary": summary.text,
            "sections": [
                {
                    "heading": list(section.heading),
                    **({"pages": list(section.pages)} if section.pages else {}),
                    **({"lines": list(section.lines)} if section.lines else {}),
                    "summary": section.summary,
                }
                for section in summary.sections
            ],
            "stats": stats_object(summary.stats),
        }
    )


def _section_place(
    heading: Sequence[str], pages: tuple[int, int] | None, lines: tuple[int, int] | None
) -> str:
    spans = {"pages": pages, "lines": lines}
    where = ", ".join(f"{unit} {span[0]}-{span[1]}" for unit, span in spans.items() if span)
    return one_line(" · ".join(filter(None, (" › ".join(heading), where))))
