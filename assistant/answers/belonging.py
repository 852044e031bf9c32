"""Finds what must be quoted with a sentence, so that the quote makes sense by itself.

A lead-in belongs to its list, and an item to the items before and after it if the question asks for all of
them, or how something is done. Then the whole paragraph below a heading on its line belongs together too. A
heading above a sentence says what this is about and answers nothing: the sentence is quoted. A question in a
document is answered by what follows it, and a "No." says nothing without the sentence after it. A plan is
misleading without the sentence that says how it was changed. If the question asks why, the sentence with the
reason is quoted too. A report that somebody asked something does not answer it. A greeting, a reference to
another place and the names of a table's columns say nothing at all, however many words of the question they
hold.
"""

import re
from collections.abc import Sequence

from assistant.answers.claims import is_assent
from ingest.language import letters, reasons, recency, writing
from ingest.segmentation import headed_paragraph

LONGEST_LIST = 900
"""Characters of a lead-in with its list. The rest of a longer list is left out."""

LONGEST_WHOLE = 1600
"""The same if the question asks for the whole list."""

LONGEST_HEADING = 8
"""Words of a heading that has no mark."""

LONGEST_REFERENCE = 4
"""Most words of a sentence that only refers to another place, also after a heading: `See minute 23/29.`"""

LONGEST_GREETING, LONGEST_STOPPED_GREETING = 7, 3
"""Most words of a line that is only a greeting, and of one with a full stop, which may be a sentence."""

MOST_TO_CHANGE = 2
"""Sentences after a plan among which is the one that says how it was changed."""

GREETING = re.compile(rf"\W*(?:{'|'.join(writing.GREETINGS)})(?!\w)", re.IGNORECASE)
"""Begins a greeting, or a sentence that is mere politeness."""

_REFERENCE = re.compile(
    rf"(?:\A|[^.]{{1,60}}\.[*_]*\s)\W*((?:{writing.REFERENCES})[^.]*)\.?\W*\Z", re.IGNORECASE
)
_REPORTED = re.compile(rf"\W*(?:\w+\W+){{1,5}}?(?:{'|'.join(writing.QUESTIONS_REPORTED)})", re.IGNORECASE)
_ASKING = re.compile(rf"\b(?:{writing.ASKING})\b", re.IGNORECASE)
_REPLY = re.compile(rf"[;–—]|\b(?:{writing.REPLIES})\b", re.IGNORECASE)
_PLAN = re.compile(rf"\b(?:{recency.PLANS})\b", re.IGNORECASE)
_REASON = re.compile(rf"\b(?:{reasons.REASONS_GIVEN})\b", re.IGNORECASE)
_CHANGE = re.compile(rf"\b(?:{recency.CHANGES})\b", re.IGNORECASE)
_EMPTY = re.compile(rf"\W*(?:{writing.EMPTY})\W*", re.IGNORECASE)
_TAGS = re.compile(r"(?:-{3}\s*)?(?:tags|aliases|cssclass(?:es)?):", re.IGNORECASE)
"""Begins a line of the properties above a note that are meant for programs."""
_ATTRIBUTION = re.compile(letters.ATTRIBUTION, re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_ROW = re.compile(r"\||\t| {3,}\S|^[^,;\n]{0,80}(?:[,;][^\s,;][^,;\n]{0,80})+$")
"""A row of a table: cells between bars, tabs, wide gaps, or commas without spaces."""
_COMMA_OF_NUMBER = re.compile(r"(?<=\d),(?=\d{3}(?!\d)|\d{1,2}(?![\d,]))")
"""A comma within a number: `1,187` or `12,50`."""
_LINE = re.compile(r"[^\n]+")
_LIST_ITEM = re.compile(r"[ \t>]*(?:[-*+•◦▪●‣–·]|\(?\d{1,2}[.)]|\(?[a-z]\))[ \t]+\S")
_MARKED_HEADING = re.compile(r"#{1,6}\s")
_STOPPED = re.compile(r"[.!?:;,…。！？：؟।][)\]\"'”’»*_]*$")
_QUESTION = re.compile(r"[?？؟][)\]\"'”’»*_]*$")
_LEAD_IN_END = (":", "：")
_FIELD = re.compile(r"[^\W\d_][^:.\n]{0,29}:[ \t]+[^\n]*[^:：\s]\Z")

Span = tuple[int, int]
"""Start and end in a text."""


def belonging(text: str, units: Sequence[Span], place: int, *, whole: bool, why: bool = False) -> Span | None:
    """Start and end of what is quoted for the unit at `place`; None if it answers nothing.

    units: those of `text`, in order.
    whole: whether the whole list, or the paragraph of a heading, is quoted for an item of it.
    why: whether the sentence after it that says why is quoted too.
    """
    while is_heading(text, units, place):
        place += 1
    whole_list = whole
    if _QUESTION.search(text[slice(*units[place])]):
        place += 1
        if place == len(units) or _QUESTION.search(text[slice(*units[place])]):
            return None
        whole_list = True
    start, end = units[place]
    if is_assent(text[start:end]) and place + 1 < len(units):
        end = units[place + 1][1]
    if _PLAN.search(text[start:end]):
        end = _following(text, units[place : place + 1 + MOST_TO_CHANGE], _CHANGE) or end
    if why and not _REASON.search(text[start:end]):
        end = _following(text, units[place : place + 2], _REASON) or end
    if whole and (paragraph := headed_paragraph(text, end)) and paragraph[1] - paragraph[0] <= LONGEST_LIST:
        return paragraph
    if whole_list and is_list_item(text[start:end]):
        return _whole_list(text, units, place) or (start, end)
    return start, with_its_list(text, start, end, LONGEST_WHOLE if whole else LONGEST_LIST)


def _following(text: str, units: Sequence[Span], wanted: re.Pattern[str]) -> int | None:
    """Where the last unit that contains `wanted` ends, among those that follow the first of `units` in its
    paragraph; None if there is none.
    """
    found = None
    for start, end in units[1:]:
        if "\n\n" in text[units[0][1] : start] or is_list_item(text[start:end]):
            break
        if wanted.search(text[start:end]):
            found = end
    return found


def is_heading(text: str, units: Sequence[Span], place: int) -> bool:
    """Whether the unit at `place` is a heading of the one after it: a short line without a stop, right above
    a sentence.
    """
    if place + 1 == len(units):
        return False
    unit, (following, end) = text[slice(*units[place])], units[place + 1]
    if _MARKED_HEADING.match(unit):
        return True
    between = text[units[place][1] : following]
    return (
        between.count("\n") == 1
        and "\n" not in unit
        and "|" not in unit
        and len(unit.split()) <= LONGEST_HEADING
        and not _STOPPED.search(unit)
        and not is_list_item(unit)
        and ":" not in unit
        and _STOPPED.search(text[following:end]) is not None
    )


def says_nothing(text: str, units: Sequence[Span], place: int) -> bool:
    """Whether the unit at `place` is a greeting, a reference to another place, the tags of a note, a mere
    "None.", the line above a quoted mail, or the names of the columns above the first row of a table.

    A row without numbers cannot be told from column names, so the row after them must have a number.
    """
    unit = text[slice(*units[place])]
    reference = _REFERENCE.search(unit)
    if (
        _TAGS.match(unit)
        or _ATTRIBUTION.fullmatch(unit.strip())
        or _EMPTY.fullmatch(unit)
        or (reference and len(reference[1].split()) <= LONGEST_REFERENCE)
    ):
        return True
    if _DIGIT.search(unit):
        return False
    if not is_row(unit):
        longest = LONGEST_STOPPED_GREETING if unit.rstrip().endswith(".") else LONGEST_GREETING
        return GREETING.match(unit) is not None and len(unit.split()) <= longest
    before, after = (text[slice(*span)] for span in (_unit(units, place - 1), _unit(units, place + 1)))
    return not is_row(before) and is_row(after) and _DIGIT.search(after) is not None


def only_asks(text: str, question: str) -> bool:
    """Whether a sentence only reports that somebody asked something, which `question` does not ask about."""
    reported = _REPORTED.match(text)
    return reported is not None and not (_REPLY.search(text, reported.end()) or _ASKING.search(question))


def _unit(units: Sequence[Span], place: int) -> Span:
    """The unit at `place`; an empty one if there is none."""
    return units[place] if 0 <= place < len(units) else (0, 0)


def is_row(text: str) -> bool:
    """Whether `text` is a row of a table."""
    return _ROW.search(_COMMA_OF_NUMBER.sub("", text)) is not None


def is_list_item(unit: str) -> bool:
    """Whether `unit` begins with the mark of a list item."""
    return _LIST_ITEM.match(unit) is not None


def with_its_list(text: str, start: int, end: int, longest: int = LONGEST_LIST) -> int:
    """Where the quote from `start` to `end` ends once the list that it announces is added.

    A quote announces a list if it ends with a colon, or without a stop, right before list items. A line such
    as `Fee: 30` does not.

    longest: characters of the quote with its list.
    """
    lead_in = text[start:end].rstrip()
    if (
        not lead_in
        or is_list_item(lead_in)
        or _FIELD.match(lead_in)
        or not (lead_in.endswith(_LEAD_IN_END) or lead_in[-1].isalnum())
    ):
        return end
    return _end_of_list(text, start, end, longest)


def _end_of_list(text: str, start: int, end: int, longest: int) -> int:
    """The end of the list that follows `end`; at most `longest` characters after `start`."""
    last = end
    for line in _LINE.finditer(text, end):
        if not line[0].strip():
            continue
        is_indented = line[0][:1].isspace() and last > end
        if not (is_list_item(line[0]) or is_indented) or line.end() - start > longest:
            break
        last = line.end()
    return last


def _whole_list(text: str, units: Sequence[Span], place: int) -> Span | None:
    """The list that the item at `place` is in, with its lead-in; None if the item is too far down."""
    start, end = units[place]
    first = place
    for above in range(place - 1, -1, -1):
        line_start = text.rfind("\n", 0, units[above][0]) + 1
        is_indented = text[line_start : line_start + 1].isspace()
        if is_list_item(text[slice(*units[above])]):
            first = above
        elif not is_indented and "\n" in text[units[above][1] : units[above + 1][0]]:
            if text[: units[above][1]].rstrip().endswith(_LEAD_IN_END):
                first = above
            break
    if units[first][0] == start:
        return start, _end_of_list(text, start, end, LONGEST_WHOLE)
    begin = units[first][0]
    last = _end_of_list(text, begin, _line_end(text, units[first][1]), LONGEST_WHOLE)
    return (begin, last) if last >= end else None


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end
