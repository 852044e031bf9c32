"""Dated notes, such as diaries, session notes and logs: a line for each entry, after its date. The first and
the last entry are always among them, because the last one tells how things stand.

An entry begins with a line that begins with a date. Lines of a bank statement do too, so some of the entries
must hold whole sentences.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.figures import figures
from assistant.answers.kinds.digest import POINTS, Digest, Extent, Material, PointGroup
from assistant.answers.kinds.pieces import Piece, is_quotable, is_sentence
from assistant.answers.kinds.texts import described
from assistant.summary import Length
from ingest.language import measures
from ingest.language.meetings import SHORT_WEEKDAYS, WEEKDAYS

FEWEST_ENTRIES = 4
"""The fewest entries of a journal."""

LEAST_SHARE, LEAST_TOLD = 0.6, 0.5
"""Share of the pieces of a journal that are in entries, and of the entries that hold a whole sentence."""

SENTENCES = {Length.SHORT: 1, Length.MEDIUM: 2, Length.LONG: 4}
"""The most sentences shown of an entry."""

_MONTH = measures.alternatives(measures.MONTHS.keys())
_DATE = (
    r"\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{4}|\d\d)?|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}(?:/\d{2,4})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th|\.|er)?\s(?:{_MONTH})\.?(?:\s\d{{4}})?|(?:{_MONTH})\.?\s\d{{1,2}}(?:,?\s\d{{4}})?"
)
_WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)}|{SHORT_WEEKDAYS})[.,]*\s+"
_ENTRY = re.compile(
    r"^[ \t]*(?:#{1,6}\s+|[-*+]\s+)?[*_]{0,2}"
    rf"(?P<label>(?:(?:{_WEEKDAY})?(?:{_DATE})|{_WEEKDAY}\d{{1,2}})(?![\d:])(?:\s\([^()\n]{{1,30}}\))?)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """What was written on one day."""

    date: str
    """The date as it is written, with the parentheses after it."""
    sentences: tuple[str, ...]
    """The text that can be quoted, without the date."""
    is_told: bool
    """Whether it holds a whole sentence."""


def recognizes(material: Material) -> bool:
    """Whether a document is a journal."""
    found = entries(material)
    if len(found) < FEWEST_ENTRIES:
        return False
    told = sum(entry.is_told for entry in found)
    quoted = sum(len(entry.sentences) for entry in found)
    quotable = sum(map(is_quotable, material.pieces))
    return told >= LEAST_TOLD * len(found) and quoted >= LEAST_SHARE * quotable


def digest(material: Material, extent: Extent) -> Digest:
    """The entries in order, each under its date."""
    found = [entry for entry in entries(material) if entry.sentences]
    most = min(POINTS[extent.length], len(found))
    last = len(found) - 1
    places = [round(place * last / max(1, most - 1)) for place in range(most)]
    points = [f"{found[place].date}: {_told(found[place], extent)}" for place in places]
    heading = "Entries" if most == len(found) else f"Entries ({most} of {len(found)})"
    return Digest(described("Dated notes", material), (PointGroup(heading, tuple(points)),))


def entries(material: Material) -> list[JournalEntry]:
    """The entries of a document, in order; none if it has none."""
    begins = [
        (number, match.start(), match["label"])
        for number, page in enumerate(material.document.pages, start=1)
        for match in _ENTRY.finditer(page)
    ]
    places = [(number, start) for number, start, _ in begins]
    pieces: list[list[Piece]] = [[] for _ in begins]
    for piece in material.pieces:
        if before := bisect_right(places, (piece.page or 1, piece.start)):
            pieces[before - 1].append(piece)
    found = []
    for (_, _, label), own in zip(begins, pieces, strict=True):
        texts = [text for piece in own if is_quotable(piece) and (text := _undated(piece, label))]
        date = re.sub(r"(?<=[^\W\d_])\.$", "", " ".join(label.split()))
        found.append(JournalEntry(date, tuple(texts), any(map(is_sentence, own))))
    return found


def _undated(piece: Piece, label: str) -> str:
    """The text of a piece without the date that its entry begins with."""
    return piece.text.removeprefix(" ".join(label.split())).lstrip(" -–—:,.)")


def _told(entry: JournalEntry, extent: Extent) -> str:
    """An entry in a few sentences, one with a figure among them if there is one."""
    count = SENTENCES[extent.length]
    chosen: Sequence[str] = extent.choose(entry.sentences, count)
    measured = [text for text in entry.sentences if figures(text).quantities]
    if count > 1 and measured and not any(text in measured for text in chosen):
        chosen = (*chosen[: count - 1], measured[0])
    return " ".join(text for text in entry.sentences if text in chosen)
