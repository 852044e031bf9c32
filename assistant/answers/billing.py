"""The amounts that documents state about themselves, such as the totals of invoices: sums, means, extremes,
and which of them are within a limit.

One amount is taken from each document, by the most exact name of a field that it has. Documents are compared
and added up in their own currencies, in groups if the question asks for months, years or the values of a
field. A document without an amount, or without what it is grouped by, is named.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answers.amounts import Amount, by_unit, column, mean, written
from assistant.answers.choosing import MOST_SILENT, Item, day_of, is_bill, said_silent
from assistant.answers.fields import (
    StatedField,
    fields,
    headlines,
    is_money,
    stated_amount,
    unambiguous,
)
from assistant.answers.figures import figures
from assistant.answers.questionwords import Bound
from assistant.answers.stating import Evidence, Result, document_name, joined, shortened
from assistant.answers.tables import file_name
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import ComputedValue
from assistant.formatting import count_of
from ingest.catalogue.records import DocumentContent
from ingest.keywords import folded
from ingest.language import calculation, measures

MOST_BILLS = 3
"""Bills whose amounts are shown together. A question that fits more bills is not clear."""

_BILL = re.compile(measures.BILLS)
_DIGIT = re.compile(r"\d")


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

    what: what the documents are called, with the conditions that they meet.
    silent: those that were left out before.
    name: the field that the question names; empty for the amount of a bill.
    """
    bills, comma = _bills(items, (name,) if name else calculation.AMOUNT_FIELDS)
    unstated = _without_amount(items, bills, name)
    if len(bills) < (1 if wanted.owed else 2) or len(unstated) > MOST_SILENT * len(items):
        return []
    if bound := wanted.bound:
        bills = [bill for bill in bills if bound.holds(bill.amount.value)]
    if not bills:
        return []
    left_out = [*silent, *unstated]
    if wanted.act is Act.TOTAL and wanted.per:
        return _grouped(bills, what, name, left_out, wanted, comma)
    if wanted.act is Act.TOTAL:
        return [_sum(bills, what, name, left_out, comma)]
    if wanted.per or len({bill.amount.unit for bill in bills}) != 1:
        return []
    if wanted.act is Act.AVERAGE:
        return [_average(bills, what, name, left_out, comma)]
    return [_extreme(bills, what, name, left_out, wanted, comma)]


def from_bill(documents: Sequence[DocumentContent], wanted: Wanted) -> list[Result]:
    """The amounts stated by up to three bills that the question names, for example by their sender."""
    results = []
    for document in documents if wanted.bill else ():
        item = Item(document, fields(document))
        names = {word for name in _names(item) for word in words_of(name)}
        others = [word for word in wanted.words if word not in calculation.FILLERS | calculation.MONEY]
        others = [word for word in others if not _BILL.fullmatch(word)]
        if not others or not all(any(same(word, name) for name in names) for word in others):
            continue
        if not is_bill(document):
            continue
        day = day_of(item) if wanted.period else None
        if wanted.period and not (day and wanted.period.holds(day)):
            continue
        bills, comma = _bills([item], calculation.AMOUNT_FIELDS)
        results += [_stated(bill, comma=comma) for bill in bills]
    return results if len(results) <= MOST_BILLS else []


def _names(item: Item) -> list[str]:
    """What a document is called, who sent it and to whom."""
    document = item.document
    parties = [field.value for field in item.fields if folded(field.name) in calculation.PARTY_FIELDS]
    return [document.title, file_name(document.path), *parties, *(line.value for line in headlines(document))]


def _stated(bill: _Bill, *, comma: bool) -> Result:
    """The amount that one document states."""
    over = f"the {bill.field.name} that {document_name(bill.item.document)} states"
    return Result(
        f"{written(bill.amount, comma=comma)}: {over}.",
        (ComputedValue("", f"{bill.amount.value:f}", bill.amount.unit),),
        f"Read: the field {bill.field.name} of “{file_name(bill.item.document.path)}”.",
        over,
        (_evidence(bill),),
        listed=True,
    )


def stated_total(document: DocumentContent, sums: Sequence[Amount]) -> Result | None:
    """The amount that a document states about itself, if it differs from the sum of a table in it.

    Below the table, a bill adds taxes to its items and subtracts what was paid.
    sums: of the column of money, by unit.
    """
    bills, comma = _bills([Item(document, fields(document))], calculation.AMOUNT_FIELDS)
    if not bills or bills[0].amount.value in {amount.value for amount in sums}:
        return None
    return _stated(bills[0], comma=comma)


def within_limit(items: Sequence[Item], bound: Bound, name: str) -> tuple[list[Item], list[Item]] | None:
    """The documents whose amount is within a limit, with that field as their reason, and those that state no
    amount.

    name: the field that the question names; empty for the amount of a bill.
    None if no amount is stated, if they have several units, or if their currency is not that of the limit. Of
    amounts with the currency of the limit and without any, the latter count as not stated.
    """
    bills, _ = _bills(items, (name,) if name else calculation.AMOUNT_FIELDS)
    units = {bill.amount.unit for bill in bills}
    if bound.unit and units == {bound.unit, ""}:
        bills = [bill for bill in bills if bill.amount.unit]
    elif len(units) != 1 or not bound.suits(units):
        return None
    within = [replace(bill.item, reason=bill.field) for bill in bills if bound.holds(bill.amount.value)]
    return within, _without_amount(items, bills, name)


def _bills(items: Sequence[Item], names: Sequence[str]) -> tuple[list[_Bill], bool]:
    """The documents with an amount, and whether the first of them writes its decimals after a comma.

    names: of the fields that may hold it, the most exact first.
    """
    stated = [(item, field) for item in items if (field := _amount_field(item, names))]
    amounts = [stated_amount(field.value) for _, field in stated]
    together = column(amounts)
    bills: list[_Bill] = []
    comma = False
    for number, (item, field) in enumerate(stated):
        alone = column([amounts[number]])
        amount = alone.values[0] if alone else together.values[number] if together else None
        if amount is not None:
            comma = comma if bills or alone is None else alone.comma
            bills.append(_Bill(item, field, amount))
    return bills, comma


def _amount_field(item: Item, names: Sequence[str]) -> StatedField | None:
    """The first field with one of these names that holds a number; None when there is none."""
    for name in names:
        field = unambiguous(item.fields, tuple(name.split()))
        if field is not None and stated_amount(field.value):
            return field
    return None


def _without_amount(items: Sequence[Item], bills: Sequence[_Bill], name: str) -> list[Item]:
    """The documents of which no amount was read, with whether their text may state it.

    name: the field that the question names; empty for the amount of a bill.
    """
    billed = {id(bill.item) for bill in bills}
    return [replace(item, is_unclear=_may_state(item, name)) for item in items if id(item) not in billed]


def _may_state(item: Item, name: str) -> bool:
    """Whether a line of a document has an amount of money, or a number and the name that is asked for."""
    for line in (line for page in item.document.pages for line in page.split("\n") if _DIGIT.search(line)):
        if name and any(same(name, word) for word in words_of(line)):
            return True
        if not name and any(is_money(quantity) for quantity in figures(line).quantities):
            return True
    return False


def _sum(bills: Sequence[_Bill], what: str, name: str, left_out: Sequence[Item], comma: bool) -> Result:
    sums = by_unit([bill.amount for bill in bills], sum)
    said = " and ".join(written(amount, comma=comma) for amount in sums)
    over = f"the {name or 'amounts'} of {what}"
    return Result(
        f"{said} in total: {over}.",
        tuple(ComputedValue("", f"{amount.value:f}", amount.unit) for amount in sums),
        f"Added up: {_read(bills, name, left_out)}.",
        over,
        tuple(map(_evidence, bills)),
        listed=True,
    )


def _average(bills: Sequence[_Bill], what: str, name: str, left_out: Sequence[Item], comma: bool) -> Result:
    average = mean([bill.amount for bill in bills])
    over = f"the {name or 'amounts'} of {what}"
    return Result(
        f"{written(average, comma=comma)} on average: {over}.",
        (ComputedValue("", f"{average.value:f}", average.unit),),
        f"Averaged: {_read(bills, name, left_out)}.",
        over,
        tuple(map(_evidence, bills)),
        listed=True,
    )


def _extreme(
    bills: Sequence[_Bill], what: str, name: str, left_out: Sequence[Item], wanted: Wanted, comma: bool
) -> Result:
    """The documents with the largest amount or the smallest."""
    choose = max if wanted.act is Act.HIGHEST else min
    value = choose(bill.amount.value for bill in bills)
    chosen = [bill for bill in bills if bill.amount.value == value]
    unit = bills[0].amount.unit
    documents = [bill.item.document for bill in chosen]
    names = joined(document_name(document, documents) for document in documents)
    over = f"the {wanted.act.value} {name or 'amount'} of {what}"
    return Result(
        f"{names}: {written(Amount(value, unit), comma=comma)}, {over}.",
        tuple(ComputedValue(bill.item.document.title, f"{value:f}", unit) for bill in chosen),
        f"Compared: {_read(bills, name, left_out)}.",
        over,
        tuple(map(_evidence, chosen)),
        listed=True,
    )


def _grouped(
    bills: Sequence[_Bill], what: str, name: str, left_out: Sequence[Item], wanted: Wanted, comma: bool
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
        lines.append(f"- {key}: {said} ({count_of(len(members), 'document')})")
        values += [ComputedValue(key, f"{amount.value:f}", amount.unit) for amount in sums]
        used += members
    stated = name or "amount"
    return [
        Result(
            "\n".join((f"Total {stated} by {wanted.per}, for {what}:", *lines)),
            tuple(values),
            f"Added up: {_read(used, name, [*left_out, *ungrouped])}.",
            f"the total {stated} by {wanted.per}, for {what}",
            tuple(map(_evidence, used)),
            listed=False,
        )
    ]


def _read(bills: Sequence[_Bill], name: str, left_out: Sequence[Item]) -> str:
    """What was read, and which documents were left out."""
    return f"the {name or 'amounts'} stated in {count_of(len(bills), 'document')}{said_silent(left_out)}"


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
