"""Filters in a question: `in:folder type:pdf tag:tax title:"annual report" after:2024-06 before:2025`.

They are words of the question, wherever it is typed, and `--in` and its like write them for the person.
A word that only looks like one (`http://…`, `note: …`) stays part of the question. `after` counts from
the first day of what it names, `before` to the last day before it.
"""

import datetime
import re
from dataclasses import replace

from assistant.errors import BadFilter
from ingest.selection import Selection

_FILTER = re.compile(
    r"""(?<!\S)(in|type|tag|title|after|since|before):(?:"([^"]*)"|(\S+))""",
    re.IGNORECASE,
)

_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parsed(question: str) -> tuple[str, Selection]:
    """The question without its filters, and what they select.

    Raises `BadFilter` for a date that is none.
    """
    selection = Selection()
    for match in _FILTER.finditer(question):
        name = match[1].lower()
        value = match[2] if match[2] is not None else match[3]
        if not value:
            raise BadFilter(f"The filter {match[0]} names nothing.", remedy='Write it like in:"tax 2024".')
        if name == "in":
            selection = replace(selection, folders=(*selection.folders, value))
        elif name == "type":
            selection = replace(selection, types=(*selection.types, *value.split(",")))
        elif name == "tag":
            selection = replace(selection, tags=(*selection.tags, *value.split(",")))
        elif name == "title":
            selection = replace(selection, titles=(*selection.titles, value))
        elif name == "before":
            selection = replace(selection, until=_first_day(name, value))
        else:
            selection = replace(selection, since=_first_day(name, value))
    return " ".join(_FILTER.sub(" ", question).split()), selection


def written(name: str, value: str) -> str:
    """A filter as `parsed` reads it."""
    return f'{name}:"{value}"'


def _first_day(name: str, value: str) -> datetime.date:
    match = _DAY.fullmatch(value)
    try:
        if match:
            return datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        pass
    raise BadFilter(
        f"The filter {name}:{value} names no date.",
        remedy=f"Write {name}:2024, {name}:2024-06 or {name}:2024-06-30.",
    )
