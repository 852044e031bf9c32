"""The amounts that documents state about themselves, such as the totals of invoices: sums, means, extremes.

One amount is taken from each document, by the most exact name of a field that it has. Documents are compared
and added up in their own currencies, in groups if the question asks for months, years or the values of a
field. A document without an amount, or without what it is grouped by, is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answers.amounts import Amount, by_unit, column, is_number, mean, written
from assistant.answers.choosing import MOST_SILENT, Item, day_of, said_silent
from assistant.answers.fields import StatedField, unambiguous
from assistant.answers.stating import Evidence, Result, document_name, shortened
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import ComputedValue
from ingest.language import calculation


@dataclass(frozen=True, slots=True)
class _Bill:
    """A document with the amount that it states."""

    item: Item
    field: StatedField
    amount: Amount


def from_amounts(
    items: Sequence[Item], what: str, silent: Sequence[Item], wanted: Wanted, name: str = ""
) -> list[Result]:
    """The sum, mean or extreme of the amounts that documents state, or none.

    what: what the documents are called.
    silent: those that were left out before.
    name: the field that the question names; empty for the amount of a bill.
    """
    bills, comma = _bills(items, (name,) if name else calculation.AMOUNT_FIELDS)
    what = f"{name} of {what}" if name else what
    billed = {id(bill.item) for bill in bills}
    unstated = [item for item in items if id(item) not in billed]
    if len(bills) < 2 or len(unstated) > MOST_SILENT * len(items):
        return []
    if bound := wanted.bound:
        bills = [
            bill
            for bill in bills
            if (bill.amount.value > bound.value if bound.over else bill.amount.value < bound.value)
        ]
        what = f"{what}, with an amount {'over' if bound.over else 'under'} {bound.value}"
    left_out = [*silent, *unstated]
    if wanted.act is Act.TOTAL:
        if wanted.per:
            return _grouped(bills, what, left_out, wanted, comma)
        return [_sum(bills, what, left_out, comma)]
    if wanted.per or len({bill.amount.unit for bill in bills}) != 1:
        return []
    return [_compared(bills, what, left_out, wanted, comma)]


def _bills(items: Sequence[Item], names: Sequence[str]) -> tuple[list[_Bill], bool]:
    """The documents with an amount, and whether the first of them writes its decimals after a comma.

    names: of the fields that may hold it, the most exact first.
    """
    stated = [(item, field) for item in items if (field := _amount_field(item, names))]
    together = column([field.value for _, field in stated])
    bills: list[_Bill] = []
    comma = False
    for number, (item, field) in enumerate(stated):
        alone = column([field.value])
        amount = alone.values[0] if alone else together.values[number] if together else None
        if amount is not None:
            comma = comma if bills or alone is None else alone.comma
            bills.append(_Bill(item, field, amount))
    return bills, comma


def _amount_field(item: Item, names: Sequence[str]) -> StatedField | None:
    """The first field with one of these names that holds a number; None when there is none."""
    for name in names:
        field = unambiguous(item.fields, tuple(name.split()))
        if field is not None and is_number(field.value):
            return field
    return None


def _sum(bills: Sequence[_Bill], what: str, left_out: Sequence[Item], comma: bool) -> Result:
    sums = by_unit([bill.amount for bill in bills], sum)
    said = " and ".join(written(amount, comma=comma) for amount in sums)
    return Result(
        f"{said} in total: {what}.",
        tuple(ComputedValue("", f"{amount.value:f}", amount.unit) for amount in sums),
        f"Added up: the amounts that {len(bills):,} documents state{said_silent(left_out)}.",
        what,
        tuple(map(_evidence, bills)),
        listed=True,
    )


def _compared(
    bills: Sequence[_Bill], what: str, left_out: Sequence[Item], wanted: Wanted, comma: bool
) -> Result:
    """The mean of the amounts, or the documents with the largest or the smallest."""
    numbers = [bill.amount.value for bill in bills]
    if wanted.act is Act.AVERAGE:
        value = mean([bill.amount for bill in bills]).value
        chosen = list(bills)
    else:
        value = max(numbers) if wanted.act is Act.HIGHEST else min(numbers)
        chosen = [bill for bill in bills if bill.amount.value == value]
    unit = bills[0].amount.unit
    return Result(
        f"{written(Amount(value, unit), comma=comma)} is the {wanted.act.value} amount of {what}.",
        (ComputedValue("", f"{value:f}", unit),),
        f"Compared: the amounts that {len(bills):,} documents state{said_silent(left_out)}.",
        what,
        tuple(map(_evidence, chosen)),
        listed=True,
    )


def _grouped(
    bills: Sequence[_Bill], what: str, left_out: Sequence[Item], wanted: Wanted, comma: bool
) -> list[Result]:
    """The sum for each month, year or value of a field."""
    keys = [group_of(bill.item, wanted.per) for bill in bills]
    ungrouped = [bill.item for bill, key in zip(bills, keys, strict=True) if not key]
    if len(ungrouped) > MOST_SILENT * len(bills):
        return []
    lines, values, used = [], [], []
    for key in sorted({key for key in keys if key}):
        members = [bill for bill, other in zip(bills, keys, strict=True) if other == key]
        sums = by_unit([bill.amount for bill in members], sum)
        said = " and ".join(written(amount, comma=comma) for amount in sums)
        lines.append(f"- {key}: {said} ({len(members):,} {'document' if len(members) == 1 else 'documents'})")
        values += [ComputedValue(key, f"{amount.value:f}", amount.unit) for amount in sums]
        used += members
    missing = said_silent([*left_out, *ungrouped])
    return [
        Result(
            "\n".join((f"Total of {what}, by {wanted.per}:", *lines)),
            tuple(values),
            f"Added up: the amounts that {len(used):,} documents state{missing}.",
            f"{what}, by {wanted.per}",
            tuple(map(_evidence, used)),
            listed=False,
        )
    ]


def group_of(item: Item, per: str) -> str:
    """The month, the year, or the value of the field `per` of a document; empty when it states none."""
    if per in {"month", "year"}:
        day = day_of(item)
        return day.isoformat()[: 7 if per == "month" else 4] if day else ""
    field = unambiguous(item.fields, (per,))
    return field.value if field else ""


def _evidence(bill: _Bill) -> Evidence:
    document = bill.item.document
    text = f"{document_name(document)}: {shortened(bill.field.quote)}"
    return Evidence(text, bill.field.quote, document.title, bill.field.locator)
