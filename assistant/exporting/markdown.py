r"""One Markdown file, in which every text of a document or a model is text and no markup.

The file begins with a comment that says what wrote it (`ingest.ownfiles`).

Every punctuation mark that could begin a mark, a link, an address or HTML is escaped with a backslash, which
CommonMark allows before any of them. Pictures of pages are left out; the places name the pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assistant import formatting
from assistant.answers.wording import heading
from assistant.exporting.describing import FOOTER, receipt, remarks, reply_text
from ingest.ownfiles import MARKDOWN_MARK
from policies.hygiene import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from assistant.exporting.gathering import ExportedQuote, ExportedReply
    from assistant.summary import Summary

_MARKS = (
    (re.compile(r"[\\`*_{}\[\]<>#|~!$@&^=+]"), r"\\\g<0>"),
    (re.compile(r":(?=/)"), r"\\:"),
    (re.compile(r"\b(www)\.", re.IGNORECASE), r"\1\\."),
    (re.compile(r"^(\d+)([.)])(?=\s|$)"), r"\1\\\2"),
    (re.compile(r"^-"), r"\\-"),
)
"""What can begin markup, an address, or a list at the start of a line, and what is written for it."""


def conversation_text(title: str, replies: Sequence[ExportedReply]) -> str:
    """The file about these replies. title: names it; any text."""
    return f"{MARKDOWN_MARK}\n\n{conversation_part(title, replies)}"


def conversation_part(title: str, replies: Sequence[ExportedReply]) -> str:
    """The same, without the mark, as a part of a file."""
    parts = [f"# {escaped(title)}", *(part for reply in replies for part in _reply(title, reply))]
    parts += ["---", escaped(FOOTER)]
    return "\n\n".join(parts) + "\n"


def document_part(path: str, parts: Iterable[tuple[str, str]]) -> str:
    """A document, as a part of a file. parts: the place of each text, which may be empty, and the text."""
    written = [f"# {escaped(path)}"]
    for place, text in parts:
        if place:
            written.append(f"**{escaped(place)}**")
        text = visible(text).strip("\n")
        # No line of the text can end a block that begins with more of these.
        fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
        written.append(f"{fence}text\n{text}\n{fence}")
    return "\n\n".join(written) + "\n\n"


def summary_text(summary: Summary, at: float) -> str:
    """The file about a summary that was made at a time in seconds since 1970."""
    title = f"# Summary of {escaped(formatting.file_name(summary.path))}"
    parts = [MARKDOWN_MARK, title, escaped(summary.path)]
    if summary.about:
        parts.append(escaped(summary.about))
    for group in summary.groups:
        if group.heading:
            parts.append(f"## {escaped(group.heading)}")
        parts.append("\n".join(f"- {escaped(point.text)}{_doubt(point.reason)}" for point in group.points))
    for section in summary.sections:
        parts += [f"### {escaped(' › '.join(section.heading) or 'Beginning')}", _lines(section.summary)]
    parts.append(_list([("Date", formatting.date_and_time(at)), ("Model", summary.stats.model)]))
    return "\n\n".join([*parts, "---", escaped(FOOTER)]) + "\n"


def escaped(text: str) -> str:
    """A text on one line in which nothing is markup."""
    line = " ".join(visible(text).split())
    for mark, written in _MARKS:
        line = mark.sub(written, line)
    return line


def _lines(text: str, before: str = "", around: str = "") -> str:
    """The lines of a text, kept apart by hard breaks.

    before, around: marks in front of each line, and on both sides of its text.
    """
    lines = [f"{before}{around}{escaped(line)}{around}" for line in text.splitlines() if line.strip()]
    return "\\\n".join(lines)


def _reply(title: str, reply: ExportedReply) -> Iterator[str]:
    answer = reply.answer
    if answer.question != title:
        yield f"## {escaped(answer.question)}"
    yield f"**{heading(answer)}**"
    yield _lines(reply_text(answer))
    for quote in reply.quotes:
        yield from _quote(quote)
    if notes := [f"- {escaped(remark)}" for remark in remarks(answer)]:
        yield "\n".join(notes)
    yield _list(receipt(reply))


def _quote(quote: ExportedQuote) -> Iterator[str]:
    place = escaped(formatting.place(quote.citation.locator))
    yield f"**\\[{quote.citation.marker}\\]** {place}{_doubt(quote.doubt)}"
    parts = (
        _lines(quote.before, "> "),
        _lines("".join(quote.shown), "> ", "**"),
        _lines(quote.after, "> "),
    )
    yield "\n>\n".join(filter(None, parts))


def _doubt(reason: str) -> str:
    return f" (**{escaped(reason)}**)" if reason else ""


def _list(values: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"- {escaped(name)}: {escaped(value)}" for name, value in values)
