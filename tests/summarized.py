"""Summaries without a model: by the rules of the document's kind, in the document's own words."""

from assistant.answers.summarizing import Summarizer
from assistant.engine import Sampling
from assistant.engine.scripted import ScriptedEngine
from assistant.summary import Length, Summary
from ingest.embedding import HashingEmbedder
from tests.parsing import parse_bytes


def summary_of(
    path: str, content: str | bytes, *, length: Length = Length.MEDIUM, focus: str = ""
) -> Summary:
    """The summary of a file at `path` with this content."""
    data = content if isinstance(content, bytes) else content.encode()
    engine = ScriptedEngine("", parameters=100_000_000)
    summarizer = Summarizer(engine, HashingEmbedder(), Sampling(), length=length, focus=focus)
    *_, summary = summarizer.summarize(parse_bytes(path, data))
    assert isinstance(summary, Summary)
    return summary


def points(summary: Summary, heading: str) -> list[str]:
    """The points under a heading; empty if there is none such."""
    return [point.text for group in summary.groups if group.heading == heading for point in group.points]
