"""The header lines of a mail: those of a message file, and those of a message that is quoted or forwarded.

They say who wrote to whom, when and about what, and are no sentences. Answers quote them only for questions
about the mail itself, and never together with the text below them. Lines are a header if they follow each
other, have the labels that mail programs write, and name a subject and a person, or a sender with an address.
A form with `From:` and `To:` is no header.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from ingest.language import letters


class HeaderLabel(StrEnum):
    """What a line of a header says."""

    SENDER = "sender"
    RECIPIENT = "recipient"
    DATE = "date"
    SUBJECT = "subject"
    RULE = "rule"
    """None of these: a line that divides messages."""


_LABELS = {
    label: kind
    for kind, labels in (
        (HeaderLabel.RECIPIENT, letters.RECIPIENTS),
        (HeaderLabel.DATE, letters.DATES),
        (HeaderLabel.SENDER, letters.SENDERS),
        (HeaderLabel.SUBJECT, letters.SUBJECTS),
    )
    for label in labels
}
SUBJECT_LINE = re.compile(
    rf"[\W_]*(?:{'|'.join(map(re.escape, letters.SUBJECTS_OF_LETTERS))})\s?[:：]", re.IGNORECASE
)
"""Begins a line that says what a letter or a mail is about."""

_ALTERNATIVES = "|".join(map(re.escape, sorted(_LABELS, key=len, reverse=True)))
_LINE = re.compile(
    rf"[ \t>]*\**({_ALTERNATIVES})[ \xa0]?(?:[:：]\**|\**[:：])[ \t]*(\S[^\n]*)", re.IGNORECASE
)
_ANY = re.compile(rf"^{_LINE.pattern}", re.IGNORECASE | re.MULTILINE)
_RULE = re.compile(r"[ \t>]*(?:[-_]{5,}|-{2,}[^-\n]{2,60}-{2,})[ \t]*")
_CONTINUED = re.compile(r"[ \t]+\S[^\n]*@")


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """A line of a header."""

    label: HeaderLabel
    """What it says."""
    start: int
    """Where it begins in the text."""
    end: int
    """Where it ends, the line end excluded."""


def header_lines(text: str) -> list[HeaderLine]:
    """The header lines in `text`, in order."""
    if not _ANY.search(text):
        return []
    found: list[HeaderLine] = []
    run: list[HeaderLine] = []
    start = 0
    for line in f"{text}\n\n".split("\n"):
        end = start + len(line)
        if match := _LINE.fullmatch(line):
            run.append(HeaderLine(_LABELS[match[1].lower()], start, end))
        elif run and run[-1].label is HeaderLabel.RECIPIENT and _CONTINUED.match(line):
            run.append(HeaderLine(HeaderLabel.RECIPIENT, start, end))
        else:
            found += run if _is_header(run, text) else ()
            run = [HeaderLine(HeaderLabel.RULE, start, end)] if _RULE.fullmatch(line) else []
        start = end + 1
    return found


def _is_header(run: list[HeaderLine], text: str) -> bool:
    """Whether lines with labels are the header of a mail, and not a form."""
    labels = {line.label for line in run}
    if HeaderLabel.SUBJECT in labels:
        return not labels.isdisjoint({HeaderLabel.SENDER, HeaderLabel.RECIPIENT})
    return len(labels - {HeaderLabel.RULE}) > 1 and any(
        line.label is HeaderLabel.SENDER and "@" in text[line.start : line.end] for line in run
    )
