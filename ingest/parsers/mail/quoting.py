"""The parts of a message's text that quote an earlier message.

They become sections of their own, under a heading that says whom they quote, so that no one else's sentence
is taken for the sender's, and a search can tell the original message from quotes of it. Quoted lines are
recognised by their mark, and the line above them that names the author by its form; a message quoted without
marks is recognised by the labels of its sender and subject.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.documents import QUOTED
from ingest.language.letters import SENDERS, SUBJECTS
from ingest.parsers.extract import lines, paragraphs
from ingest.parsers.text import line

SET_APART = 3
"""Minimum number of quoted lines that form a section. Fewer of them belong to the reply below them."""
ATTRIBUTION_LINES = 3
"""Maximum lines of an attribution."""
LABEL_LINES = 8
"""Number of lines within which a quoted message must have its labels."""
LONGEST_NAME = 120
"""Characters of the heading of a section."""

_MARK = re.compile(r"[ \t]*>")
_LABEL = re.compile(r"[ \t>]*\**([^\W\d_][^:*\n：]{0,30}?)[ \xa0]?[:：]\**[ \t]*(\S.*)")
_RULE = re.compile(r"[ \t>]*(?:[-_]{5,}|-{2,}[^-\n]{2,60}-{2,})[ \t]*")
"""A line between a reply and the message that it quotes."""


@dataclass(frozen=True, slots=True)
class MailSection:
    """A part of a message's text."""

    start: int
    end: int
    """Characters of the text, end excluded."""
    name: str
    """Whom it quotes, as a heading; empty for the sender's own words."""


def blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and heading of each paragraph of a message's text; no heading for the sender's own."""
    for section in sections(text):
        for start, end in paragraphs(text[section.start : section.end]):
            yield section.start + start, section.start + end, section.name


def sections(text: str) -> list[MailSection]:
    """The sender's own words and the quotes in a message's text, in order. Attributions are in no section."""
    places = list(lines(text))
    written = [place for place in places if text[slice(*place)].strip()]
    found: list[MailSection] = []
    start = own = 0
    while start < len(places):
        if name := _repeated(text, places, start):
            first = start - 1 if start > own and _RULE.fullmatch(text[slice(*places[start - 1])]) else start
            _add(found, places, own, first, "")
            end = next(
                (at for at in range(start + 2, len(places)) if _repeated(text, places, at)), len(places)
            )
            _add(found, places, start, end, f"{QUOTED}{name}")
            start = own = end
            continue
        end = _run(text, places, start)
        if end == start:
            start += 1
            continue
        is_last = places[end - 1][1] >= written[-1][1]
        count = sum(_MARK.match(text, *place) is not None for place in places[start:end])
        if count >= SET_APART or is_last:
            above = _attribution(text, places, own, start)
            _add(found, places, own, above, "")
            name = line(" ".join(text[slice(*place)].strip(" >*") for place in places[above:start]))
            _add(found, places, start, end, f"{QUOTED}{name[:LONGEST_NAME].rstrip(':：')}".rstrip())
            own = end
        start = end
    _add(found, places, own, len(places), "")
    return found


def _add(found: list[MailSection], places: list[tuple[int, int]], first: int, end: int, name: str) -> None:
    if first < end:
        found.append(MailSection(places[first][0], places[end - 1][1], name))


def _run(text: str, places: list[tuple[int, int]], start: int) -> int:
    """The line after the quoted lines that begin at line `start`; `start` itself when there are none."""
    end = start
    for at in range(start, len(places)):
        if _MARK.match(text, *places[at]):
            end = at + 1
        elif text[slice(*places[at])].strip() or at == start:
            break
    return end


def _attribution(text: str, places: list[tuple[int, int]], first: int, start: int) -> int:
    """The line at which the attribution above line `start` begins; `start` itself when there is none."""
    at = start
    while at > first and not text[slice(*places[at - 1])].strip():
        at -= 1
    end = at
    while at > first and end - at < ATTRIBUTION_LINES and text[slice(*places[at - 1])].strip():
        at -= 1
    said = " ".join(text[slice(*place)] for place in places[at:end]).strip()
    # It states a date or an address.
    is_one = said.endswith((":", "：", ":**")) and (any(map(str.isdigit, said)) or "@" in said)
    return at if is_one and len(said) <= 3 * LONGEST_NAME else start


def _repeated(text: str, places: list[tuple[int, int]], start: int) -> str:
    """The sender of the quoted message whose labels begin at line `start`; empty when none begins there."""
    first = _LABEL.fullmatch(text, *places[start])
    if first is None or first[1].strip().lower() not in SENDERS:
        return ""
    for place in places[start + 1 : start + LABEL_LINES]:
        label = _LABEL.fullmatch(text, *place)
        if label and label[1].strip().lower() in SUBJECTS:
            return line(first[2].strip(" *"))[:LONGEST_NAME]
    return ""
