"""Summaries: what the document is, its points, and the marks of those that the document does not support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant import formatting
from assistant.cli.render.answers import stats_object
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.dialogue import Sentence
    from assistant.summary import SectionSummary, Summary


def print_summary(output: Output, summary: Summary, form: str) -> None:
    """Prints a summary, followed in the form `md` by the summary of every section.

    form: `md` or `bullets`.
    """
    print_summary_text(output, summary, form)
    if len(summary.sections) > 1 and form == "md":
        for section in summary.sections:
            output.print()
            output.print(_section_title(section), style="bold")
            output.print(section.summary)


def print_summary_text(output: Output, summary: Summary, form: str) -> None:
    """Prints what the document is and its points; on stderr the coverage and what it cost.

    Separate points are a list, and so are all points in the form `bullets`; other points are prose.
    """
    output.print(one_line(summary.about), style="dim")
    listed = form == "bullets" or any(group.is_list for group in summary.groups)
    for group in summary.groups:
        texts = [f"{formatting.collapse_whitespace(point.text)}{_mark(point)}" for point in group.points]
        if group.heading:
            output.print()
            output.print(one_line(group.heading), style="bold")
        for text in texts if listed else [" ".join(texts)]:
            output.print(f"- {text}" if listed else text)
        for point in group.points:
            if point.verdict == "unbacked":
                unsupported = formatting.collapse_whitespace(point.text)
                output.warn(f"Not supported by the document: {unsupported} ({point.reason})")
    parts = formatting.count_of(summary.parts, "part")
    if len(summary.sections) < summary.parts:
        read = f"Read {len(summary.sections):,} of {parts} of the document."
        output.note(f"{read} Run the command again to continue.", style="dim")
    else:
        output.note(f"Read the whole document{f', {parts}' if summary.parts > 1 else ''}.", style="dim")
    if summary.stats.prompt_tokens and output.verbose:
        output.note(formatting.describe_stats(summary.stats), style="dim")


def summary_object(summary: Summary, path: str) -> dict[str, Any]:
    """A summary for `--json`.

    path: the document's path, or `-` for standard input.
    """
    return {
        "path": path,
        "kind": summary.kind,
        "about": summary.about,
        "summary": summary.text,
        "sentences": [
            {
                "text": point.text,
                "verdict": point.verdict,
                "reason": point.reason,
                **({"group": group.heading} if group.heading else {}),
            }
            for group in summary.groups
            for point in group.points
        ],
        "sections": [
            {
                "heading": list(section.heading),
                **({"pages": list(section.pages)} if section.pages else {}),
                **({"lines": list(section.lines)} if section.lines else {}),
                "summary": section.summary,
            }
            for section in summary.sections
        ],
        "coverage": {"parts": summary.parts, "read": len(summary.sections)},
        "stats": stats_object(summary.stats),
    }


def _mark(sentence: Sentence) -> str:
    return " [?]" if sentence.verdict == "unbacked" else ""


def _section_title(section: SectionSummary) -> str:
    spans = {"pages": section.pages, "lines": section.lines}
    where = ", ".join(f"{unit} {span[0]}-{span[1]}" for unit, span in spans.items() if span)
    return one_line(" · ".join(filter(None, (" › ".join(section.heading), where))))
