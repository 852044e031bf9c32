"""Puts the values of form fields and the annotations of a PDF page among its lines.

A value is written after its label, as a person reads a form: `Name of the applicant: Odalys Brandt`. The
label is the text on the page that is beside, above or in the field, else the field's description or name. An
annotation comes after the lines of the page and says that it is one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.language.forms import AFFIRMATIVE, NAMELESS
from ingest.parsers.pdf.annotations import FieldKind, FormField, Note
from ingest.parsers.pdf.columns import Cell
from ingest.parsers.pdf.drawing import Box
from ingest.parsers.pdf.lines import PageLine
from ingest.parsers.pdf.tables import CELL_SEPARATOR
from ingest.parsers.pdf.unseen import UnseenText
from ingest.parsers.text import letters, line

BESIDE = 200.0
"""Maximum distance in points between a field and the label on its left."""
BESIDE_TICK = 40.0
"""Maximum distance in points between a box to tick and the label on its right."""
ABOVE = 14.0
"""Maximum distance in points between a field and the label above it."""
NEIGHBOUR = 30.0
"""Maximum distance in points between two fields that share a label."""
COLUMN_SLACK = 6.0
"""Maximum distance in points between the left edges of two fields in one column."""
MAX_PAIRS = 400_000
"""Maximum number of fields times parts of lines of a page among which labels are sought."""
MAX_LABELLED = 1_000
"""Maximum number of fields of a page whose labels are sought."""
LONGEST_LABEL = 200
"""Maximum characters of a label."""

YES, NO = "Yes", "No"


@dataclass(slots=True)
class _Filled:
    """A field, with its label."""

    field: FormField
    value: str
    label: tuple[int, int] | None = None
    """Indices of a line and of one of its cells; None if no text on the page is its label."""
    after: "_Filled | None" = None
    """The field on its left, whose label it shares."""
    row: "_Filled | None" = None
    """The first field of the row, if it is a cell of a table of fields; of the first field, itself."""


@dataclass(frozen=True, slots=True)
class _Own:
    """A line of its own, for values without a label on the page."""

    bottom: float
    """Where its fields end."""
    text: str
    is_row: bool = False


def is_filled(fields: Sequence[FormField]) -> bool:
    """Whether anything is filled in that can be seen."""
    return any(field.value and field.hidden is None for field in fields)


def with_fields(
    lines: Sequence[PageLine], fields: Sequence[FormField], *, form_is_filled: bool
) -> list[PageLine]:
    """The lines of a page with the values of its fields.

    form_is_filled: whether a box that is not ticked means no; in an empty form it means nothing.
    """
    shown = [
        _Filled(field, value)
        for field in fields
        if field.hidden is None and (value := _value(field, form_is_filled=form_is_filled))
    ]
    shown.sort(key=lambda each: (-round(each.field.box[3] / 4), each.field.box[0]))
    if len(shown) * sum(len(row.cells) for row in lines) <= MAX_PAIRS and len(shown) <= MAX_LABELLED:
        _find_labels(lines, fields, shown)
    return _written(lines, shown)


def with_notes(lines: Sequence[PageLine], notes: Sequence[Note]) -> list[PageLine]:
    """The lines of a page with its annotations at the end."""
    added = []
    for note in notes:
        if note.hidden is None and (note.text or note.marked):
            marked = f" on “{note.marked}”" if note.marked else ""
            name = f"Annotation ({note.kind})"
            text = f"{name}{marked}: {note.text}" if note.text else f"{name}{marked}"
            added.append(PageLine(text, is_row=False, starts_paragraph=True, under=name))
    return [*lines, *added]


def _value(field: FormField, *, form_is_filled: bool) -> str:
    """What is written for a field; empty for nothing."""
    if field.kind is FieldKind.TICK:
        if not field.value:
            return NO if form_is_filled else ""
        return field.value if field.value.casefold() in AFFIRMATIVE else YES
    return field.value


# Labels


def _find_labels(lines: Sequence[PageLine], fields: Sequence[FormField], shown: list[_Filled]) -> None:
    """Finds the label of each field on the page."""
    candidates = []
    for number, each in enumerate(shown):
        for index, row in enumerate(lines):
            for place, cell in enumerate(row.cells):
                distance = _distance(each.field, cell)
                if distance is not None and not _is_divided(each.field, cell, fields):
                    candidates.append((distance, number, index, place))
    taken = set()
    for _, number, index, place in sorted(candidates):
        if shown[number].label is None and (index, place) not in taken:
            shown[number].label = index, place
            taken.add((index, place))
    _find_rows(shown)
    for each in shown:
        if each.label is None and each.row is None and each.field.kind is FieldKind.TEXT:
            each.after = next(
                (other for other in shown if other is not each and _continues(each, other)), None
            )


def _find_rows(shown: list[_Filled]) -> None:
    """Finds tables of fields: rows of fields without labels below each other.

    What seems to be the labels of the first row is the header of the table.
    """
    rows: list[list[_Filled]] = []
    for each in shown:
        if each.field.kind is FieldKind.TEXT:
            if rows and _is_level(rows[-1][0].field.box, each.field.box):
                rows[-1].append(each)
            else:
                rows.append([each])
    for above, below in pairwise(rows):
        is_unlabelled = len(below) > 1 and all(each.label is None for each in below[1:])
        if is_unlabelled and _is_aligned(above, below):
            for row in (above, below):
                for each in row:
                    each.label, each.row = None, row[0]


def _is_level(a: Box, b: Box) -> bool:
    """Whether two boxes are beside each other."""
    return a[1] < (b[1] + b[3]) / 2 < a[3]


def _is_aligned(above: list[_Filled], below: list[_Filled]) -> bool:
    """Whether each field of a row is in a column of the row above."""
    lefts = [each.field.box[0] for each in above]
    return len(above) > 1 and all(
        any(abs(each.field.box[0] - left) < COLUMN_SLACK for left in lefts) for each in below
    )


def _distance(field: FormField, cell: Cell) -> float | None:
    """How far a label is from a field, weighted by the side it is on; None if it cannot be its label."""
    left, bottom, right, top = field.box
    if not letters(cell.text) or len(cell.text) > LONGEST_LABEL:
        return None
    middle = (cell.box[1] + cell.box[3]) / 2
    is_beside = bottom - 3 < middle < top + 3
    before, behind = left - cell.box[2], cell.box[0] - right
    if field.kind in (FieldKind.TICK, FieldKind.RADIO):
        if is_beside and -3 < behind < BESIDE_TICK:
            return max(behind, 0.0)
        return 2 * max(before, 0.0) + BESIDE_TICK if is_beside and -3 < before < BESIDE else None
    if is_beside and cell.box[0] < left and before < BESIDE:
        return max(before, 0.0)
    overlaps = cell.box[0] < right and cell.box[2] > left
    above = cell.box[1] - top
    if overlaps and -2 - (top - bottom) / 2 < above < ABOVE and cell.box[0] > left - 40:
        return 20 + 2 * max(above, 0.0)
    below = bottom - cell.box[3]
    if overlaps and -4 < below < ABOVE / 2 and cell.box[0] > left - 10:
        return 60 + 2 * max(below, 0.0)
    return None


def _is_divided(field: FormField, cell: Cell, fields: Sequence[FormField]) -> bool:
    """Whether another field lies between a field and a label beside it."""
    left, bottom, right, top = field.box
    ends = (cell.box[2], left) if cell.box[2] <= left + 3 else (right, cell.box[0])
    return any(
        other is not field
        and ends[0] - 3 < (other.box[0] + other.box[2]) / 2 < ends[1] + 3
        and other.box[1] < (bottom + top) / 2 < other.box[3]
        for other in fields
    )


def _continues(each: _Filled, other: _Filled) -> bool:
    """Whether a field is just on the right of another one."""
    left, bottom, _, top = each.field.box
    gap = left - other.field.box[2]
    return (
        other.field.kind is FieldKind.TEXT
        and -3 < gap < NEIGHBOUR
        and other.field.box[1] < (bottom + top) / 2 < other.field.box[3]
    )


# Writing


def _written(lines: Sequence[PageLine], shown: list[_Filled]) -> list[PageLine]:
    """The lines with the values after their labels."""
    texts: dict[tuple[int, int], str] = {}
    own: list[_Own] = []
    for each in shown:
        if each.field.kind is FieldKind.RADIO:
            _choose(lines, each, texts, own)
        elif each.row is not None:
            if each.row is each:
                cells = [other.value for other in shown if other.row is each]
                own.append(_Own(each.field.box[1], CELL_SEPARATOR.join(cells), is_row=True))
        elif each.label is not None:
            label = _described(_label(_at(lines, each.label)), each.field.description)
            texts[each.label] = f"{label}: {each.value}"
        elif (holder := _holder(each).label) in texts and holder is not None:
            texts[holder] += f"{CELL_SEPARATOR}{each.value}"
        else:
            name = _name(each.field)
            own.append(_Own(each.field.box[1], f"{name}: {each.value}" if name else each.value))
    written: list[PageLine] = []
    was_filled = False
    for index, row in enumerate(lines):
        filled = [texts.get((index, place)) for place in range(len(row.cells))]
        is_filled = any(text is not None for text in filled)
        if is_filled:
            written += [
                replace(row, text=text, is_row=False, starts_paragraph=True, cells=(cell,))
                for filled_in, cell in zip(filled, row.cells, strict=True)
                if (text := cell.text if filled_in is None else filled_in)
            ]
        else:
            written.append(replace(row, starts_paragraph=True) if was_filled else row)
        was_filled = is_filled
    return _inserted(written, own)


def _choose(
    lines: Sequence[PageLine], each: _Filled, texts: dict[tuple[int, int], str], own: list[_Own]
) -> None:
    """Writes which button of a group is chosen: after what is before the buttons, or after their name."""
    name = _name(each.field)
    if each.label is None:
        own.append(_Own(each.field.box[1], f"{name}: {each.value}" if name else each.value))
        return
    chosen = _at(lines, each.label)
    first = (each.label[0], 0)
    if each.label != first and lines[first[0]].cells[0].box[2] < each.field.box[0] and first not in texts:
        before = _at(lines, first)
        if before.rstrip().endswith((":", "?")):
            name = before.rstrip(" :")
            texts[first] = ""
    texts[each.label] = f"{name}: {chosen}" if name else f"{chosen}: {YES}"


def _at(lines: Sequence[PageLine], place: tuple[int, int]) -> str:
    return lines[place[0]].cells[place[1]].text


def _holder(each: _Filled) -> _Filled:
    """The first of the fields that share a label."""
    seen = 0
    while each.label is None and each.after is not None and seen < 100:
        each, seen = each.after, seen + 1
    return each


def _inserted(lines: list[PageLine], own: list[_Own]) -> list[PageLine]:
    """The lines with values that have no label on the page, each after the last line above it."""
    for each in own:
        place = 0
        for index, row in enumerate(lines):
            if row.baseline is not None and row.baseline >= each.bottom:
                place = index + 1
        in_table = False
        if each.is_row and place and len(lines[place - 1].cells) != 1:
            lines[place - 1] = replace(lines[place - 1], is_row=True)
            in_table = True
        lines.insert(
            place,
            PageLine(each.text, is_row=each.is_row, starts_paragraph=not in_table, baseline=each.bottom),
        )
        if place + 1 < len(lines):
            lines[place + 1] = replace(lines[place + 1], starts_paragraph=True)
    return lines


def _label(text: str) -> str:
    """A label without the dots and underscores after it."""
    return re.sub(r"[\s:._…]+$", "", text) or text


def _described(label: str, description: str) -> str:
    """A label with the field's description, if that says more."""
    known = letters(label)
    if not description or letters(description) in known or known in letters(description):
        return description if known and known in letters(description) else label
    return f"{label} ({description})"


def _name(field: FormField) -> str:
    """The description of a field, or its name as words; empty if a program made the name up."""
    if field.description:
        return _label(field.description)
    name = re.sub(r"\[\d+\]", "", field.name.rpartition(".")[2] or field.name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]+", " ", name)
    words = re.findall(r"[^\W\d_]+", name)
    told = [word for word in words if word.casefold() not in NAMELESS]
    return " ".join(name.split()) if any(len(word) > 2 for word in told) else ""


def hidden_in(fields: Sequence[FormField], notes: Sequence[Note]) -> list[UnseenText]:
    """What is written in fields and annotations that cannot be seen."""
    texts = [(field.value, field.hidden, field.box) for field in fields if field.kind is FieldKind.TEXT]
    texts += [(note.text, note.hidden, note.box) for note in notes]
    return [UnseenText(line(text), how, box) for text, how, box in texts if text and how is not None]
