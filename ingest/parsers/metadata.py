"""Metadata to filter by: a document's tags, its links to other notes, and its date.

Notes state them in front matter (YAML between `---` lines), as `#tag` and as `[[wiki-link]]`. A note named
after a day has that day's date. Called by the format modules and by `parsers.parse`.
"""

import datetime
import os
import re
from typing import Any

from ingest.documents import Metadata
from ingest.parsers.text import line

MAX_NAMES = 1_000
"""Maximum number of tags, and of links, kept per document."""

NO_METADATA = Metadata(tags=(), links=(), date=None)
"""The metadata of a document that states none."""

LONGEST_FRONT_MATTER = 100_000
"""The most characters of front matter that are parsed. More would take seconds, and is ignored."""

LONGEST_TITLE = 200
"""Characters of a title in a file's properties; a longer one is not a title."""

_FILE_NAME = re.compile(r"\.(?:docx?|dotx?|indd|od[pst]|pdf|pptx?|potx?|qxd|rtf|tex|xlsx?)\Z", re.IGNORECASE)
"""The end of a title that is the name of the file it was exported from."""
_MADE_UP = re.compile(
    r"microsoft (?:word|powerpoint)\b.*|untitled.*|unbenannt.*|sans[ -]?titre.*|sin t[íi]tulo.*"
    r"|\(?anonymous\)?|http.*|/.*|c:\\.*"
    r"|powerpoint[ -]pr[äe]sentation|pr[ée]sentation powerpoint|presentaci[óo]n de powerpoint"
    r"|(?:slide|folie|diapositive|diapositiva|document|dokument|documento|presentation|book|mappe) ?\d+"
    r"|(?:word )?document|dokument|title|titel|titre|t[íi]tulo|presentation",
    re.IGNORECASE,
)
"""Titles that programs and templates put into files."""
_DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_./]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])(?!\d)")
_TAG = re.compile(r"(?<![\w&/#\[(])#([^\W\d_][\w/-]*)")
"""`#tag` and `#tax/2024`, but no heading, no number and no end of a web address."""
_LINK = re.compile(r"\[\[([^\[\]|#\n]+)(?:#[^\[\]|\n]*)?(?:\|[^\[\]\n]*)?\]\]")
_CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def stated_title(stated: str) -> str:
    """The title in a file's properties; empty when a program or template made it up."""
    title = line(stated.replace("\0", ""))
    is_name = _FILE_NAME.search(title) or _MADE_UP.fullmatch(title)
    return "" if is_name or len(title) > LONGEST_TITLE else title


def written_date(text: str) -> datetime.date | None:
    """The first date in `text` that is written year first, as in `2024-05-17` and `D:20240517`."""
    for match in _DATE.finditer(text):
        try:
            return datetime.date(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


def of_note(fields: str, text: str) -> tuple[Metadata, str]:
    """The metadata and the title of a Markdown note with front matter `fields` and body `text`.

    Front matter that is not valid YAML gives no metadata. It is still indexed as text.
    """
    values = _front_matter(fields)
    prose = _CODE.sub(" ", text)
    tags = [*_names(values.get("tags", values.get("tag"))), *_TAG.findall(prose)]
    date = next(
        (date for name in ("date", "created") if (date := written_date(_scalar(values.get(name))))), None
    )
    title = values.get("title")
    aliases = values.get("aliases", values.get("alias"))
    return (
        Metadata(
            tags=_unique(tags),
            links=_unique(_LINK.findall(prose)),
            date=date,
            names=_unique(re.split(r"\s*,\s*", aliases) if isinstance(aliases, str) else _names(aliases)),
        ),
        str(title) if isinstance(title, str | int | float) else "",
    )


def of_org(keywords: dict[str, str], text: str) -> Metadata:
    """The metadata of an Org file with these `#+KEYWORD:` lines (names in lower case) and this text."""
    return Metadata(
        tags=_unique(keywords.get("filetags", "").replace(":", " ").split()),
        links=_unique(re.findall(r"\[\[(?:file:)?([^\[\]\n]+?)\](?:\[[^\[\]\n]*\])?\]", text)),
        date=written_date(keywords.get("date", "")),
    )


def of_fields(tags: str, date: str, authors: str) -> Metadata:
    """The metadata of a document whose fields state these tags, this date and these authors."""
    return Metadata(
        tags=_unique(re.split(r"\s*[,;]\s*", tags)),
        links=(),
        date=written_date(date),
        names=_unique(re.split(r"\s*[,;]\s*", authors)),
    )


def date_in_name(path: str) -> datetime.date | None:
    """The date in the name of a file: `2024-05-17 Meeting.md`."""
    return written_date(os.path.basename(path))


def _front_matter(fields: str) -> dict[str, Any]:
    # 20 ms to import, and most notes have none.
    import yaml

    try:
        values = yaml.safe_load(fields) if 0 < len(fields) <= LONGEST_FRONT_MATTER else None
    # Besides its own errors, yaml raises these on invalid dates and numbers.
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return {}
    return {str(name).lower(): value for name, value in values.items()} if isinstance(values, dict) else {}


def _scalar(value: object) -> str:
    """The text of a single value; empty for a list. A few lines of YAML can state a list without end."""
    return "" if value is None or isinstance(value, list | dict | set | tuple) else str(value)


def _names(value: object) -> list[str]:
    """A list as people write it: a YAML list, or words separated by commas or spaces."""
    if isinstance(value, list):
        return [str(item) for item in value if isinstance(item, str | int)]
    return re.split(r"[,\s]+", value) if isinstance(value, str) else []


def _unique(names: list[str]) -> tuple[str, ...]:
    """Clean names without `#` and without duplicates, in their order."""
    cleaned = (line(name).strip("# ") for name in names)
    return tuple(list(dict.fromkeys(filter(None, cleaned)))[:MAX_NAMES])
