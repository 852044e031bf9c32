"""The description that Calibre keeps beside each book, `metadata.opf` (Open Packaging Format 2.0).

The files beside it get its title, authors, series, tags and date (`ingest.documents.Description`). Its own
text says the same, with the book's description.
"""

import re
from typing import Any

from ingest.documents import BlockKind, Description
from ingest.errors import UnreadableDocument
from ingest.parsers import archive
from ingest.parsers.extract import Extract, Layout, Outline, damage_refused
from ingest.parsers.metadata import MAX_NAMES, written_date
from ingest.parsers.text import clean, line

_DC = "{http://purl.org/dc/elements/1.1/}"
_BLOCK = re.compile(r"<(?:/p|/div|/li|/h\d|br)\b[^<>]*>")
_MARKUP = re.compile(r"<[^<>]*>")
_UNKNOWN = "0101-01-01"
"""The date of a book whose date Calibre does not know."""


@damage_refused("description of a book")
def extract(data: bytes) -> Extract:
    """Parses `metadata.opf`."""
    root = archive.xml(data)
    if not root.tag.endswith("package"):
        raise UnreadableDocument("no description of a book")
    title = next(iter(_values(root, "title")), "")
    authors, tags = _values(root, "creator"), _values(root, "subject")
    stated = next(iter(_values(root, "date")), "")
    date = written_date(stated) if not stated.startswith(_UNKNOWN) else None
    series = [line(each.get("content", "")) for each in _named(root, "calibre:series")]
    number = [line(each.get("content", "")) for each in _named(root, "calibre:series_index")]
    about = Description(
        "", title, authors[:MAX_NAMES], tuple(dict.fromkeys([*series, *tags]))[:MAX_NAMES], date
    )
    facts = [
        ("Title", title),
        ("Authors", ", ".join(authors)),
        ("Series", " ".join([*series, *number]) if series else ""),
        ("Year", str(date.year) if date else ""),
        ("Publisher", ", ".join(_values(root, "publisher"))),
        ("Tags", ", ".join(tags)),
    ]
    text = "\n".join(f"{name}: {value}" for name, value in facts if value)
    said = "\n".join(
        clean(_MARKUP.sub("", _BLOCK.sub("\n", each))).strip() for each in _values(root, "description")
    )
    outline = Outline()
    outline.add(BlockKind.ROWS, 0, len(text))
    outline.add(BlockKind.PROSE, len(text) + 2, len(text) + 2 + len(said))
    return Extract(title, (f"{text}\n\n{said}",), outline.spans(), Layout.FLOW, about=(about,))


def _values(root: Any, name: str) -> tuple[str, ...]:
    return tuple(filter(None, (line(each.text or "") for each in root.iter(f"{_DC}{name}"))))


def _named(root: Any, name: str) -> list[Any]:
    return [each for each in root.iter("{*}meta") if each.get("name") == name]
