"""What a document says about itself, to filter by: tags, links to other notes, and its date.

Notes say it in front matter (YAML between `---` lines), as `#tag` and as `[[wiki-link]]`; a note named
after a day has that day's date. Called by the format modules and by `parsers.parse`.
"""

import datetime
import os
import re
from typing import Any

from ingest.documents import Metadata
from ingest.parsers.text import line

MOST = 1_000
"""Most tags, and most links, kept of one document."""

NOTHING_SAID = Metadata(tags=(), links=(), date=None)

_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_TAG = re.compile(r"(?<![\w&/#\[(])#([^\W\d_][\w/-]*)")
"""`#tag`, `#tax/2024`; neither a heading, nor a number, nor the end of an address."""
_LINK = re.compile(r"\[\[([^\[\]|#\n]+)(?:#[^\[\]|\n]*)?(?:\|[^\[\]\n]*)?\]\]")
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def written_date(text: str) -> datetime.date | None:
    """The first date in `text` that is written year first, as in `2024-05-17` and `D:20240517`."""
    for match in _DATE.finditer(text):
        try:
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


def of_note(fields: str, text: str) -> tuple[Metadata, str]:
    """What a Markdown note says in its front matter `fields` and in its `text`, and its title there.

    Front matter that is no YAML says nothing; as text it is indexed like the rest.
    """
    said = _front_matter(fields)
    prose = _CODE.sub(" ", text)
    tags = [*_listed(said.get("tags", said.get("tag"))), *_TAG.findall(prose)]
    date = next(
        (date for name in ("date", "created") if (date := written_date(str(said.get(name, ""))))), None
    )
    title = said.get("title")
    return (
        Metadata(tags=_unique(tags), links=_unique(_LINK.findall(prose)), date=date),
        str(title) if isinstance(title, str | int | float) else "",
    )


def of_org(keywords: dict[str, str], text: str) -> Metadata:
    """What an Org file says in its `#+KEYWORD:` lines (names in lower case)."""
    return Metadata(
        tags=_unique(keywords.get("filetags", "").replace(":", " ").split()),
        links=_unique(re.findall(r"\[\[(?:file:)?([^\[\]\n]+?)\](?:\[[^\[\]\n]*\])?\]", text)),
        date=written_date(keywords.get("date", "")),
    )


def dated_by_name(path: str) -> datetime.date | None:
    """The date in the name of a file: `2024-05-17 Meeting.md`."""
    return written_date(os.path.basename(path))


def _front_matter(fields: str) -> dict[str, Any]:
    # 20 ms to import, and most notes have none.
    import yaml

    try:
        said = yaml.safe_load(fields) if fields else None
    # Beside its own errors, yaml raises what dates and numbers that are none lead it into.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return {}
    return {str(name).lower(): value for name, value in said.items()} if isinstance(said, dict) else {}


def _listed(value: object) -> list[str]:
    """A list as people write it: a YAML list, or words parted by commas or spaces."""
    if isinstance(value, list):
        return [str(each) for each in value if isinstance(each, str | int)]
    return re.split(r"[,\s]+", value) if isinstance(value, str) else []


def _unique(names: list[str]) -> tuple[str, ...]:
    """Clean, without `#`, each once, in their order."""
    cleaned = (line(name).strip("# ") for name in names)
    return tuple(list(dict.fromkeys(filter(None, cleaned)))[:MOST])
