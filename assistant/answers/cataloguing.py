"""Results from the catalogue: documents by type, kind, tag, date, field or word, and check boxes.

Documents are counted by what they state about themselves (`assistant.answers.fields`), never by what they
seem to be about. A document that does not state what a condition asks for is named in the answer; when many
do not, there is no result.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

from assistant.answers.amounts import Amount, column, is_number, written
from assistant.answers.choosing import Item, day_of, kind_of, mentioning, narrowed
from assistant.answers.fields import StatedField, fields, tasks, unambiguous
from assistant.answers.stating import Evidence, Result, counted
from assistant.answers.tables import file_name
from assistant.answers.wanted import Act, Wanted, same, words_of
from assistant.dialogue import ComputedValue
from ingest.catalogue.records import DocumentContent
from ingest.language import calculation

MOST_SILENT = 1 / 3
"""Share of the documents that may not state what a condition asks for."""


def from_documents(documents: Sequence[DocumentContent], wanted: Wanted, sources: list[str]) -> list[Result]:
    """The result of counting, listing or adding up documents, or none.

    sources: the library's sources, below which folders have names.
    """
    kind = kind_of(documents, wanted, sources)
    if kind is None or wanted.per:
        return []
    items = kind.items
    conditions: list[str] = []
    silent: list[Item] = []
    for word in kind.words:
        narrower = narrowed(items, word, sources)
        if narrower is None:
            return []
        items, more, said = narrower
        silent += more
        conditions.append(said)
    if wanted.mention:
        items = mentioning(items, wanted.mention)
        conditions.append(f"their text contains “{' '.join(wanted.mention)}”")
    if wanted.period:
        dated = [(item, day_of(item)) for item in items]
        silent += [item for item, day in dated if day is None]
        items = [item for item, day in dated if day and wanted.period.holds(day)]
        conditions.append(f"their date is {wanted.period.text}")
    conditions = list(dict.fromkeys(conditions))
    silent += kind.unsure
    if len(silent) > MOST_SILENT * len([*kind.items, *kind.unsure]):
        return []
    what = f"{kind.name}{', where ' + ' and '.join(conditions) if conditions else ''}"
    if wanted.act in {Act.COUNT, Act.LIST, Act.EXISTS}:
        if wanted.bound is None:
            return [_counted(items, what, silent, wanted)]
        return []
    return _computed(items, what, silent, wanted)


def from_tasks(documents: Sequence[DocumentContent], wanted: Wanted) -> list[Result]:
    """The check boxes that the question asks for, counted or listed, or none."""
    if wanted.act not in {Act.COUNT, Act.LIST, Act.EXISTS} or wanted.period or wanted.bound or wanted.per:
        return []
    if wanted.mention or not any(word in calculation.TASK_NOUNS for word in wanted.head):
        return []
    words = [word for word in wanted.words if word not in calculation.TASK_NOUNS]
    state = next((word for word in words if word in calculation.OPEN_TASKS | calculation.DONE_TASKS), None)
    words = [word for word in words if word != state and word not in calculation.FILLERS]
    found = [(document, task) for document in documents for task in tasks(document)]
    if not found:
        return []
    for word in words:
        named = [
            (document, task)
            for document, task in found
            if any(
                same(word, other)
                for name in (document.title, file_name(document.path), *task.locator.heading, task.text)
                for other in words_of(name)
            )
        ]
        if not named:
            return []
        found = named
    done = sum(task.done for _, task in found)
    if state is not None:
        found = [
            (document, task) for document, task in found if task.done == (state in calculation.DONE_TASKS)
        ]
    adjective = "" if state is None else "done " if state in calculation.DONE_TASKS else "open "
    about = f" with “{' '.join(words)}”" if words else ""
    what = f"{adjective}{'task' if len(found) == 1 else 'tasks'}{about}"
    evidence = tuple(
        Evidence(
            f"{document.title}: {task.text}" + (" (done)" if task.done and state is None else ""),
            task.quote,
            document.title,
            task.locator,
        )
        for document, task in found
    )
    boxes = "box is" if done == 1 else "boxes are"
    how = f"Counted: check boxes of the documents{about}; {done} {boxes} checked."
    return [_listing(what, evidence, how, wanted)]


def from_fields(documents: Sequence[DocumentContent], wanted: Wanted) -> list[Result]:
    """The field of a document that the question names by the field's name and the document's, or none."""
    words = [*wanted.words, *(wanted.period.words if wanted.period else ())]
    results = []
    for document in documents:
        found = fields(document)
        if len(found) < 3:
            continue
        names = {word for name in (document.title, file_name(document.path)) for word in words_of(name)}
        named = [word for word in words if any(same(word, name) for name in names)]
        asked = [word for word in words if word not in named]
        without_fillers = [word for word in asked if word not in calculation.FILLERS]
        if not named or not asked:
            continue
        field = unambiguous(found, tuple(asked)) or unambiguous(found, tuple(without_fillers))
        if field is not None and not (wanted.money and not any(map(str.isdigit, field.value))):
            evidence = Evidence(
                f"{document.title}: {field.name}: {field.value}", field.quote, document.title, field.locator
            )
            results.append(
                Result(
                    f"{field.name}: {field.value}.".replace("..", "."),
                    (ComputedValue(document.title, field.value, ""),),
                    f"Read: the field {field.name} of “{file_name(document.path)}”.",
                    f"the field {field.name}",
                    (evidence,),
                    listed=True,
                )
            )
    return results if len(results) <= 3 else []


# Results


def _counted(items: list[Item], what: str, silent: list[Item], wanted: Wanted) -> Result:
    evidence = tuple(_evidence(item) for item in items)
    if len(items) == 1:
        what = re.sub(r"^documents\b", "document", what)
    how = f"Counted: {what}{_said_silent(silent)}."
    return _listing(what, evidence, how, wanted)


def _listing(what: str, evidence: tuple[Evidence, ...], how: str, wanted: Wanted) -> Result:
    count = len(evidence)
    yes = ("Yes: " if count else "No: ") if wanted.act is Act.EXISTS else ""
    return Result(
        f"{yes}{count:,} {what}.", counted(evidence, wanted), how, what, evidence, listed=bool(evidence)
    )


def _evidence(item: Item) -> Evidence:
    """Why a document is counted: the field that says so, or its beginning."""
    document = item.document
    name = f"{document.title} ({document.path.rpartition('/')[2]})"
    if item.reason is not None:
        return Evidence(
            f"{name}: {_shortened(item.reason.quote)}", item.reason.quote, document.title, item.reason.locator
        )
    locator = document.places[0]
    text = document.pages[(locator.page or 1) - 1 if locator.page else 0]
    start, end = locator.chars
    line_end = text.find("\n", start, end)
    end = end if line_end < 0 else line_end
    place = document.locator((locator.page or 1) - 1, start, end)
    return Evidence(name, text[start:end], document.title, place)


def _shortened(quote: str) -> str:
    text = " ".join(quote.split())
    return text if len(text) <= 160 else f"{text[:159]}…"


def _said_silent(silent: list[Item]) -> str:
    if not silent:
        return ""
    names = ", ".join(item.document.path.rpartition("/")[2] for item in silent[:5])
    more = f" and {len(silent) - 5} more" if len(silent) > 5 else ""
    return f"; not counted, because they do not say: {names}{more}"


def _computed(items: list[Item], what: str, silent: list[Item], wanted: Wanted) -> list[Result]:
    """The sum, mean or extreme of the amounts that documents state, or none."""
    amounts: list[tuple[Item, StatedField, Amount]] = []
    unstated: list[Item] = []
    stated = [(item, _amount(item)) for item in items]
    texts = [field.value for _, field in stated if field]
    numbers_of = column(texts) if texts else None
    if numbers_of is None:
        return []
    values = iter(numbers_of.values)
    for item, field in stated:
        quantity = next(values) if field else None
        if field and quantity:
            amounts.append((item, field, quantity))
        else:
            unstated.append(item)
    if len(amounts) < 2 or len(unstated) > MOST_SILENT * len(items):
        return []
    if wanted.bound:
        bound = wanted.bound
        amounts = [
            entry
            for entry in amounts
            if (entry[2].value > bound.value if bound.over else entry[2].value < bound.value)
        ]
    units = dict.fromkeys(quantity.unit for _, _, quantity in amounts)
    missing = _said_silent([*silent, *unstated])
    evidence = tuple(
        Evidence(
            f"{item.document.title} ({item.document.path.rpartition('/')[2]}): {_shortened(field.quote)}",
            field.quote,
            item.document.title,
            field.locator,
        )
        for item, field, _ in amounts
    )
    results = []
    by_unit = {
        unit: [quantity.value for _, _, quantity in amounts if quantity.unit == unit] for unit in units
    }
    if wanted.act is Act.TOTAL:
        sums = [Amount(sum(values, Decimal(0)), unit) for unit, values in by_unit.items()]
        said = " and ".join(written(amount, comma=numbers_of.comma) for amount in sums)
        results.append(
            Result(
                f"Total of {what}: {said}.",
                tuple(ComputedValue("", f"{amount.value:f}", amount.unit) for amount in sums),
                f"Added up: the amounts that {len(amounts):,} documents state{missing}.",
                what,
                evidence,
                listed=True,
            )
        )
    elif len(by_unit) == 1:
        ((unit, numbers),) = by_unit.items()
        if wanted.act is Act.AVERAGE:
            value = (sum(numbers, Decimal(0)) / len(numbers)).quantize(Decimal("0.01"))
            word, chosen = "Average", evidence
        else:
            value = max(numbers) if wanted.act is Act.HIGHEST else min(numbers)
            word = wanted.act.value.title()
            chosen = tuple(
                piece
                for piece, (_, _, quantity) in zip(evidence, amounts, strict=True)
                if quantity.value == value
            )
        results.append(
            Result(
                f"{word} amount of {what}: {written(Amount(value, unit), comma=numbers_of.comma)}.",
                (ComputedValue("", f"{value:f}", unit),),
                f"Compared: the amounts that {len(amounts):,} documents state{missing}.",
                what,
                chosen,
                listed=True,
            )
        )
    return results


def _amount(item: Item) -> StatedField | None:
    """The field with the amount of a bill, by its most exact name; None when there is no number in it."""
    for name in calculation.AMOUNT_FIELDS:
        field = unambiguous(item.fields, tuple(name.split()))
        if field is not None and is_number(field.value):
            return field
    return None
