"""Summaries, with the sentences that the document does not support."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant import formatting
from assistant.cli.render.answers import stats_object
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.cli.output import Output
    from assistant.dialogue import SectionSummary, Sentence, Summary


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
    """Prints a summary without its sections, and on stderr its coverage and what it cost."""
    sentences = [f"{formatting.collapse_whitespace(s.text)}{_mark(s)}" for s in summary.sentences]
    if form == "bullets":
        for sentence in sentences:
            output.print(f"- {sentence}")
    else:
        output.print(" ".join(sentences))
    for unbacked in summary.sentences:
        if unbacked.verdict == "unbacked":
            text = formatting.collapse_whitespace(unbacked.text)
            output.warn(f"Not supported by the document: {text} ({unbacked.reason})")
    count = f"{len(summary.sections):,} of {formatting.count_of(summary.parts, 'part')} of the document"
    if len(summary.sections) < summary.parts:
        output.note(f"Read {count}. Run the command again to continue.", style="dim")
    else:
        output.note(f"Read {count}.", style="dim")
    if summary.stats.prompt_tokens:
        output.note(formatting.describe_stats(summary.stats), style="dim")


def summary_object(summary: Summary, path: str) -> dict[str, Any]:
    """A summary for `--json`.

    path: the document's path, or `-` for standard input.
    """
    return {
        "path": path,
        "summary": summary.text,
        "sentences": [
            {"text": sentence.text, "verdict": sentence.verdict, "reason": sentence.reason}
            for sentence in summary.sentences
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
