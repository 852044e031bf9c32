"""Results from the catalogue: documents by type, kind, tag, date, field or word, and check boxes.

Documents are counted by what they state about themselves (`assistant.answers.fields`), never by what they
seem to be about. A document that does not state what a condition asks for is named in the answer; when many
do not, there is no result.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from assistant.answers.billing import from_amounts, group_of, within_limit
from assistant.answers.choosing import (
    MOST_SILENT,
    Item,
    day_of,
    is_bill,
    kind_of,
    mentioned_besides,
    mentioning,
    narrowed,
    said_silent,
)
from assistant.answers.dates import cell_dates
from assistant.answers.fields import fields, stated_amount, tasks, unambiguous
from assistant.answers.stating import (
    Evidence,
    Result,
    counted,
    document_name,
    ended,
    listed_names,
    listed_titles,
    shortened,
    with_words,
)
from assistant.answers.tables import file_name
from assistant.answers.tablewords import same, words_of
from assistant.answers.wanted import Act, Wanted
from assistant.dialogue import ComputedValue
from ingest.catalogue.records import DocumentContent
from ingest.language import calculation


def from_documents(documents: Sequence[DocumentContent], wanted: Wanted, sources: list[str]) -> list[Result]:
    """The result of counting, listing or adding up documents, or none.

    sources: the library's sources, below which folders have names.
    """
    kind = kind_of(documents, wanted, sources)
    if kind is None:
        return []
    items = kind.items
    conditions: list[str] = []
    silent: list[Item] = []
    is_field = any(unambiguous(item.fields, (wanted.per,)) for item in items)
    if wanted.act is Act.LOOK_UP:  # Documents by month, or by the values of a field.
        if wanted.per not in {"month", "year"} and not is_field:
            return []
        amounts = from_documents(documents, replace(wanted, act=Act.TOTAL), sources)
        return amounts or from_documents(documents, replace(wanted, act=Act.COUNT), sources)
    if wanted.per and wanted.per not in {"month", "year"} and not is_field:
        kind = replace(kind, words=[*kind.words, wanted.per])
        wanted = replace(wanted, per="")
    is_counted = wanted.act in {Act.COUNT, Act.LIST, Act.EXISTS}
    numeric = not is_counted or wanted.bound is not None
    target = next((word for word in kind.words if numeric and _states_numbers(items, word)), "")
    dating = kind.words if wanted.period else []
    date_name = next((word for word in dating if any(day_of(item, word) for item in items)), "")
    for word in kind.words:
        if word in {target, date_name}:
            continue
        narrower = narrowed(items, word, kind.words, sources)
        if narrower is None:
            return []
        items, more, said = narrower
        silent += more
        conditions.append(said)
    if wanted.mention:
        items = mentioning(items, wanted.mention)
        conditions.append(f"the text contains “{' '.join(wanted.mention)}”")
    if wanted.period:
        dated = [(item, day_of(item, date_name)) for item in items]
        silent += [item for item, day in dated if day is None]
        items = [item for item, day in dated if day and wanted.period.holds(day)]
        conditions.append(f"the {date_name or 'date'} is {wanted.period.text}")
    if wanted.bound and is_counted:
        limited = within_limit(items, wanted.bound, target) if target or wanted.bound.is_money else None
        if limited is None:
            return []
        items = limited[0]
        silent += limited[1]
    if wanted.bound:
        conditions.append(f"the {target or 'amount'} is {wanted.bound.said}")
    conditions = list(dict.fromkeys(conditions))
    silent += kind.unsure
    if len(silent) > MOST_SILENT * len([*kind.items, *kind.unsure]):
        return []
    what = f"{kind.name}{' where ' + ' and '.join(conditions) if conditions else ''}"
    if wanted.dimension and wanted.dimension.isdisjoint(calculation.PRICES):
        return []  # The oldest is not the one with the highest amount.
    if not is_counted:
        return from_amounts(items, what, silent, wanted, target)
    others = mentioned_besides(documents, kind) if kind.noun else []
    if wanted.per:
        return _counted_by(items, what, silent, wanted)
    return [_counted(items, what, silent, others, wanted)]


def _states_numbers(items: Sequence[Item], name: str) -> bool:
    """Whether two or more documents have a number in the field `name`."""
    fields_of_items = (unambiguous(item.fields, (name,)) for item in items)
    return sum(field is not None and stated_amount(field.value) != "" for field in fields_of_items) > 1


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
    about = with_words(words)
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
        asked = [word for word in asked if not is_bill(document, word)]
        without_fillers = [word for word in asked if word not in calculation.FILLERS]
        if not named or not asked:
            continue
        field = unambiguous(found, tuple(asked)) or unambiguous(found, tuple(without_fillers))
        if field is None or (wanted.person and (cell_dates(field.value) or stated_amount(field.value))):
            continue
        if not (wanted.money and not any(map(str.isdigit, field.value))):
            evidence = Evidence(
                f"{document.title}: {field.name}: {field.value}", field.quote, document.title, field.locator
            )
            results.append(
                Result(
                    ended(f"{field.name}: {field.value}"),
                    (ComputedValue(document.title, field.value, ""),),
                    f"Read: the field {field.name} of “{file_name(document.path)}”.",
                    f"the field {field.name}",
                    (evidence,),
                    listed=True,
                )
            )
    return results if len(results) <= 3 else []


# Results


def _counted_by(items: list[Item], what: str, silent: list[Item], wanted: Wanted) -> list[Result]:
    """How many documents there are for each month, year or value of a field."""
    groups = [(item, group_of(item, wanted.per)) for item in items]
    ungrouped = [item for item, group in groups if not group]
    if len(ungrouped) > MOST_SILENT * len(items):
        return []
    members = Counter(sorted(group for _, group in groups if group))
    lines = [f"- {group}: {count:,}" for group, count in members.items()]
    return [
        Result(
            "\n".join((f"Number of documents by {wanted.per}, for {what}:", *lines)),
            tuple(ComputedValue(group, str(count), "") for group, count in members.items()),
            f"Counted: {what}{said_silent([*silent, *ungrouped])}.",
            f"{what}, by {wanted.per}",
            tuple(_evidence(item) for item, group in groups if group),
            listed=False,
        )
    ]


def _counted(
    items: list[Item], what: str, silent: list[Item], others: list[DocumentContent], wanted: Wanted
) -> Result:
    """others: documents that contain the word for what is counted, and do not say that they are one."""
    evidence = tuple(_evidence(item) for item in items)
    how = f"Counted: {what}{said_silent(silent)}."
    if len(items) == 1:
        what = re.sub(r"^documents\b", "document", what)
    if others:
        names = listed_names(others)
        how = f"{how} Not counted, because they only contain the word: {names}."
    names = listed_titles([item.document for item in items]) if wanted.act is Act.LIST else ""
    return _listing(what, evidence, how, wanted, names)


def _listing(what: str, evidence: tuple[Evidence, ...], how: str, wanted: Wanted, names: str = "") -> Result:
    """names: what is listed, for the first line of a list; empty for a count."""
    count = len(evidence)
    begins = ("Yes: " if count else "No: ") if wanted.act is Act.EXISTS else f"{names}: " if names else ""
    return Result(
        f"{begins}{count:,} {what}.", counted(evidence, wanted), how, what, evidence, listed=bool(evidence)
    )


def _evidence(item: Item) -> Evidence:
    """Why a document is counted: the field that says so, or its beginning."""
    document = item.document
    name = document_name(document)
    if item.reason is not None:
        return Evidence(
            f"{name}: {shortened(item.reason.quote)}", item.reason.quote, document.title, item.reason.locator
        )
    locator = document.places[0]
    text = document.pages[(locator.page or 1) - 1 if locator.page else 0]
    start, end = locator.chars
    line_end = text.find("\n", start, end)
    end = end if line_end < 0 else line_end
    place = document.locator((locator.page or 1) - 1, start, end)
    return Evidence(name, text[start:end], document.title, place)
