"""Revisions of the parsers, by format: when one is raised, documents of that format are read again.

A library records the revisions that its documents were read with. When it is opened and a number here is
higher, the documents of that type look changed, and the next update reads them.
"""

from collections.abc import Mapping

REVISIONS: Mapping[str, int] = {
    "application/pdf": 7,
    "message/rfc822": 4,
    "application/mbox": 4,
    "application/vnd.ms-outlook": 2,
    "application/vnd.ms-excel": 1,
    "text/html": 4,
    "application/epub+zip": 4,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": 5,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": 6,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": 6,
    "application/vnd.oasis.opendocument.text": 5,
    "application/vnd.oasis.opendocument.presentation": 4,
    "application/vnd.oasis.opendocument.spreadsheet": 4,
    "application/rtf": 2,
    "application/x-zotero": 1,
    "text/plain": 2,
    "text/calendar": 1,
    "text/vcard": 2,
    "text/csv": 4,
    "text/tab-separated-values": 3,
    "text/markdown": 2,
    "text/x-tex": 1,
    "application/x-ipynb+json": 2,
    "text/x-rst": 2,
    "text/x-org": 1,
    "text/x-log": 1,
    "text/x-config": 4,
    "application/xml": 1,
    "text/vtt": 1,
    "text/x-source": 1,
    "application/json": 3,
}
"""The revision of each media type. Raise it when a parser finds different text; a type that is not listed has
0."""


def outdated(recorded: str) -> list[str]:
    """The media types that were read with an older revision.

    recorded: what `revisions` returned when the library was last opened; empty for a library without it.
    """
    numbers = dict(part.rsplit("=", 1) for part in recorded.split() if "=" in part)
    return [kind for kind, number in REVISIONS.items() if numbers.get(kind, "0") != str(number)]


def revisions() -> str:
    """All revisions in one string, to be recorded."""
    return " ".join(f"{kind}={number}" for kind, number in REVISIONS.items())
