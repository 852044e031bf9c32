"""Values as short text for people: the formatters that the command line and the terminal UI share.

Every function returns plain text that is safe to show: file names, titles, reasons and model names pass
through `policies.hygiene` here, so a front end adds only layout and colour. Nothing here prints, and nothing
here imports a heavy library: `carrel --help` loads this module.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING

from policies.hygiene import as_text, one_line

if TYPE_CHECKING:
    from assistant.dialogue import Answer, Correction, Coverage, Doubt
    from assistant.engine import Stats
    from ingest.catalogue import LibraryCounts
    from ingest.documents import HiddenText, Locator


_MARKERS_AT_END = re.compile(r"(?:\s*\[[\d?]+\])+\s*$|\s+$")
"""Citations at the end of a text."""


def collapse_whitespace(text: str) -> str:
    """The text on one line, with every run of white space as a single space."""
    return one_line(" ".join(text.split()))


def count_of(count: int, noun: str) -> str:
    """A count with its noun: `1 document`, `1,200 documents`. The plural of `noun` must end in -s."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size(byte_count: int) -> str:
    """A number of bytes in binary units: `512 B`, `1.5 KiB`, `100 MiB`."""
    value, units = float(byte_count), ["B", "KiB", "MiB", "GiB", "TiB"]
    while value >= 1024 and len(units) > 1:
        value, units = value / 1024, units[1:]
    return f"{value:.0f} {units[0]}" if units[0] == "B" or value >= 10 else f"{value:.1f} {units[0]}"


def duration(seconds: float) -> str:
    """A duration, rounded to seconds below a minute and to minutes above: `42 s`, `7 min`, `2 h 5 min`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def short_duration(milliseconds: float) -> str:
    """How long something short took: `12 ms`, `1.6 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 100 else f"{milliseconds / 1000:.1f} s"


def date_and_time(timestamp: float) -> str:
    """A time in seconds since 1970 as local date and time, to the minute: `2026-03-12 18:05`."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(timestamp))


def file_name(path: str) -> str:
    """The last part of a path."""
    return one_line(PurePath(path).name or path)


def shorten_path(path: str, width: int) -> str:
    """A path in at most `width` characters; the beginning is cut off, because the end says more."""
    line = one_line(path)
    return line if len(line) <= width else "…" + line[len(line) - width + 1 :]


def place_in_document(locator: Locator) -> str:
    """Page or lines, then headings: `page 3, Term › Notice`. Empty if the locator has none of them."""
    return as_text(one_line(locator.where))


def place(locator: Locator) -> str:
    """The document's path, then the place in it."""
    return ", ".join(filter(None, (one_line(locator.path), place_in_document(locator))))


def hidden_text(piece: HiddenText) -> str:
    """Hidden text in brackets, on one line, after why it cannot be seen."""
    from ingest.documents import Hiding

    ways = {
        Hiding.COLOUR: "the colour of its background",
        Hiding.SIZE: "too small to see",
        Hiding.OUTSIDE: "outside what is shown",
        Hiding.UNDRAWN: "transparent or not drawn",
        Hiding.COVERED: "covered",
        Hiding.MARKED: "marked as hidden",
        Hiding.SUBSTITUTE: "in place of something else",
        Hiding.COMMENT: "a comment",
    }
    return f"⟦hidden text ({ways[piece.how]}): {collapse_whitespace(piece.text)}⟧"


def energy(joules: float) -> str:
    """An amount of energy: `9.3 J`, `1,204 J`."""
    return f"{joules:.1f} J" if joules < 10 else f"{joules:,.0f} J"


def describe_cost(answer: Answer) -> str:
    """How long an answer took and what was read for it: `12 s · 5 passages read`. Empty without a model."""
    from assistant.engine import Finish

    if answer.stats is None:
        return ""
    seconds = answer.stats.total_ms / 1000
    parts = [f"{seconds:.1f} s" if seconds < 10 else duration(seconds)]
    if answer.passages:
        parts.append(f"{count_of(len(answer.passages), 'passage')} read")
    if answer.stats.finish is Finish.LENGTH and not ends_whole(answer.text):
        parts.append("cut off at the length limit (answers.answer_tokens)")
    if answer.stats.finish is Finish.CANCELLED:
        parts.append("stopped")
    return " · ".join(parts)


def ends_whole(text: str) -> bool:
    """Whether a text ends with a whole sentence; the markers of citations after it do not count."""
    return _MARKERS_AT_END.sub("", text).rstrip("\"'”’»)]*_").endswith((".", "!", "?", "…", "。", "！", "？"))


def describe_stats(stats: Stats) -> str:
    """What the model did for an answer, on one line: rates, cache hits, drafts, energy, its name."""
    parts = []
    if stats.answer_tokens and stats.decode_tps > 0:
        parts.append(f"first word after {stats.ttft_ms / 1000:.1f} s")
        parts.append(f"{count_of(stats.answer_tokens, 'token')} at {stats.decode_tps:.0f}/s")
    parts.append(f"{stats.reused_tokens:,} of {stats.prompt_tokens:,} prompt tokens from the cache")
    if stats.drafted_tokens:
        parts.append(f"{stats.accepted_tokens:,} of {stats.drafted_tokens:,} drafted tokens accepted")
    if stats.joules is not None:
        share = stats.battery_share
        battery = f", {100 * share:.2g}% of the battery" if share is not None else ""
        parts.append(f"{energy(stats.joules)}{battery}")
    return " · ".join([*parts, one_line(stats.model)])


def describe_coverage(coverage: Coverage) -> str:
    """How much of the library an answer over every document read, and the first file it could not read."""
    text = f"Read {coverage.files_read:,} of {count_of(coverage.files, 'document')}"
    if coverage.unread:
        path, reason = coverage.unread[0]
        text += f"; could not read {file_name(path)} ({one_line(reason)})"
        if len(coverage.unread) > 1:
            text += f" and {len(coverage.unread) - 1:,} more"
    return text


def describe_searchable(counts: LibraryCounts, waiting: int) -> str:
    """How much of the library a question can find while it is still being built; empty when it is complete.

    waiting: files that have not been read yet.
    """
    by_meaning = counts.documents.get("indexed", 0)  # type: ignore[call-overload]
    total = counts.searchable + waiting
    if not total or by_meaning >= total:
        return ""
    words = counts.searchable - by_meaning
    rest = f"; {words:,} more only by {'its' if words == 1 else 'their'} words" if words else ""
    return f"{by_meaning:,} of {count_of(total, 'document')} are searchable by meaning{rest}."


def describe_corrections(corrections: Iterable[Correction]) -> str:
    """The typing errors that were put right in a question."""
    return "; ".join(
        f"Searched for “{one_line(correction.searched)}” instead of “{one_line(correction.typed)}”"
        for correction in corrections
    )


def describe_doubt(doubt: Doubt) -> str:
    """A document that should not be relied on, and why."""
    return one_line(f"{doubt.path}: {doubt.reason}")


def describe_erased(paths: Iterable[str]) -> str:
    """Why a saved answer no longer has its text."""
    changed = ", ".join(map(one_line, paths))
    return f"The text of this answer was erased, because what it quoted is no longer in {changed}."


def describe_place(before: int) -> str:
    """Says how many questions are answered before this one."""
    questions = "1 other question is" if before == 1 else f"{before:,} other questions are"
    return f"{questions} answered first"


def describe_unkept(reason: str) -> str:
    """Why an answer is missing from its conversation."""
    return f"This answer was not saved: {one_line(reason)}"


def describe_removed(documents: int, answers: int) -> str:
    """What was removed from the library on request: documents, and saved answers that used them."""
    removed = f"{count_of(documents, 'document')} removed from the library"
    used = f", and {count_of(answers, 'saved answer')} that used {'it' if documents == 1 else 'them'}"
    return f"{removed}{used if answers else ''}"


def describe_left_out(passage_count: int) -> str:
    """The passages that retrieval returned and the prompt had no room for."""
    return f"{count_of(passage_count, 'passage')} did not fit into the prompt"
