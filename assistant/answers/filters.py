r"""Filters typed in a question: `in:folder type:pdf tag:tax title:"annual report" from:petra after:2024`.

A front end calls `parse` once, on text that a person typed. It gets the question without its filters, and a
`Selection`. Everything behind that point takes the selection as a value and never parses a question.
`write` is the inverse: it is used where a selection is shown as text that can be typed again, as in the
terminal UI's completion and in the history.

The syntax:

* A filter is a name, a colon and a value without space between them, at the beginning of the question or
  after white space. The names are `in`, `type`, `tag`, `title`, `from`, `to`, `collection`, `after` (or
  `since`) and `before`, in any case. Anything else with a colon (`http://…`, `note: …`) stays part of the
  question.
* A value without quotation marks ends at the next white space. It is taken literally, backslashes included.
* A value in double quotes may contain anything. In it, a backslash makes the next character literal: `\"` is
  a quotation mark and `\\` a backslash.
* In `type`, `tag` and `collection`, a comma separates several values, unless a backslash precedes it within
  quotes.
* `after` starts with the first day of the date given, `before` ends on the day before it. Of several `after`
  or `before` filters, the last one counts. Other filters add up, as `Selection` describes.
"""

import datetime
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.errors import BadFilter
from ingest.selection import Selection, collection_name, is_in

COLLECTION = "collection:"
"""Begins the filter for a collection."""

_FILTER = re.compile(
    r"""
    (?<!\S)                             # at the beginning or after white space
    (in|type|tag|title|from|to|collection|after|since|before):
    (?:
        "((?:[^"\\]|\\.)*)"(?!\w)       # quoted; a word right after it means a quotation mark was not escaped
        |(?!")(\S+)                     # up to the next white space
        |(".*)                          # quotation marks that do not pair up
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)

_QUOTED_ITEM = re.compile(r"(?:[^,\\]|\\.)+", re.DOTALL)
"""An item of a list in a quoted value; an escaped comma does not end it."""

_LISTS = ("type", "tag", "collection")
"""Filters whose value can be several values with commas between them."""

_NEEDS_QUOTES = re.compile(r'[\s",\\]')

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


def parse(text: str) -> tuple[str, Selection]:
    """The question in `text` without its filters, and the documents that the filters select.

    The question is empty if there are only filters. Raises `BadFilter` for a filter without a value, with an
    unclosed quotation mark, or with a date that is none.
    """
    selection = Selection()
    parts, end = [], 0
    for match in _FILTER.finditer(text):
        selection = _narrowed(selection, match)
        parts.append(text[end : match.start()].strip())
        end = match.end()
    parts.append(text[end:].strip())
    return " ".join(filter(None, parts)), selection


def write(selection: Selection) -> str:
    """The filters that `parse` reads as `selection`, whose values must not be empty."""
    return " ".join(_filters(selection))


def write_value(name: str, value: str) -> str:
    """The value of the filter `name` as it is typed: quoted and escaped where it has to be."""
    if not _NEEDS_QUOTES.search(value):
        return value
    escaped = re.sub(r'[\\",]' if name in _LISTS else r'[\\"]', r"\\\g<0>", value)
    return f'"{escaped}"'


def unquote(typed: str) -> str:
    """The value that a person has typed so far; its closing quotation mark may be missing."""
    if not typed.startswith('"'):
        return typed
    return _ESCAPED.sub(lambda escape: escape[1], typed[1:].removesuffix('"'))


def write_question(question: str, selection: Selection) -> str:
    """A question with its filters after it, as a person could have typed it."""
    return " ".join(filter(None, (question, write(selection))))


def narrowest_name(path: str, paths: Sequence[str]) -> str:
    """The shortest value of `in:` that selects the document at `path` and no other of `paths`.

    Its name if no other document or folder has it, otherwise with as many folders as it takes.
    """
    parts = path.strip("/").split("/")
    for count in range(1, len(parts)):
        name = "/".join(parts[-count:])
        if not any(is_in(other, name) for other in paths if other != path):
            return name
    return path


def first_day(name: str, value: str) -> datetime.date:
    """The first day of a year (`2024`), a month (`2024-06`) or a day (`2024-06-30`).

    name: the filter or option that has this value, for the message. Raises `BadFilter` for anything else.
    """
    match = _DATE.fullmatch(value)
    try:
        if match:
            return datetime.date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        pass
    raise BadFilter(
        f"“{value}” is not a date, so {name} cannot use it.",
        remedy="Write a date as 2024, 2024-06 or 2024-06-30.",
    )


def _narrowed(selection: Selection, match: re.Match[str]) -> Selection:
    """`selection` with one more filter."""
    name, quoted, bare, unclosed = match[1].lower(), match[2], match[3], match[4]
    if unclosed:
        raise BadFilter(
            f"The quotation marks after {match[1]}: do not pair up.",
            remedy=r"Put a value with spaces in one pair of them, and write one inside the value as \".",
        )
    value = bare if quoted is None else _unescaped(quoted)
    items = (bare or "").split(",") if quoted is None else map(_unescaped, _QUOTED_ITEM.findall(quoted))
    values = tuple(filter(None, items))
    if not value or (name in _LISTS and not values):
        raise BadFilter(
            f"The filter {match[1]}: has no value.",
            remedy=f"Write the value right after the colon: {name}:{_EXAMPLES[name]}",
        )
    match name:
        case "in":
            return replace(selection, folders=(*selection.folders, value))
        case "title":
            return replace(selection, titles=(*selection.titles, value))
        case "type":
            return replace(selection, types=(*selection.types, *values))
        case "tag":
            return replace(selection, tags=(*selection.tags, *values))
        case "from":
            return replace(selection, senders=(*selection.senders, value))
        case "to":
            return replace(selection, recipients=(*selection.recipients, value))
        case "collection":
            return replace(selection, collections=(*selection.collections, *map(collection_name, values)))
        case "before":
            return replace(selection, until=first_day(f"{name}:", value))
        case _:
            return replace(selection, since=first_day(f"{name}:", value))


_EXAMPLES = {
    "in": '"tax 2024"',
    "type": "pdf",
    "tag": "home",
    "title": '"annual report"',
    "from": "petra",
    "to": '"jon doe"',
    "collection": "tax",
    "after": "2024-06",
    "since": "2024-06",
    "before": "2025",
}
"""A value for each filter, shown in error messages."""


def _filters(selection: Selection) -> Iterator[str]:
    """Each filter of `selection` as text."""
    for name, values in (
        ("in", selection.folders),
        ("type", selection.types),
        ("tag", selection.tags),
        ("title", selection.titles),
        ("from", selection.senders),
        ("to", selection.recipients),
        ("collection", selection.collections),
    ):
        yield from (f"{name}:{write_value(name, value)}" for value in values)
    if selection.since is not None:
        yield f"after:{selection.since.isoformat()}"
    if selection.until is not None:
        yield f"before:{selection.until.isoformat()}"


def _unescaped(quoted: str) -> str:
    return _ESCAPED.sub(r"\1", quoted)
