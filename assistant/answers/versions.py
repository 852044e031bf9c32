"""Which of the documents that a search found are earlier versions of others.

Versions are in one folder. Their file names or first lines differ only in the version (`contract-v1`,
`contract-v2`; `draft`, `final`) or the year. A different year alone is not enough: the invoices of two years
are different documents. It is enough for documents that hold until they are replaced, such as contracts and
price lists, and if the later document says that it replaces another or calls itself a second version.

`assistant.answers.joining` puts the passages of earlier versions last; a reply that quotes one says so
(`assistant.library.checking`).
"""

import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant.answers.dates import YEAR
from assistant.dialogue import Passage
from ingest.language import measures
from ingest.language.versions import AGREEMENTS, DRAFTS, EARLIER_ASKED, FINALS, NUMBERED, REPLACING

_WORD = re.compile(r"[^\W_]+")
_KINDS = "|".join(sorted(NUMBERED, key=len, reverse=True))
_NUMBER = re.compile(rf"(?:{_KINDS})[\s._-]*(\d+)")
_ORDINAL = re.compile(rf"\b({'|'.join(map(re.escape, measures.ORDINALS))})[\s_-]+(?:{_KINDS})(?![^\W_])")
_VERSION = re.compile(
    rf"(?<![^\W_])(?:{_NUMBER.pattern}|{'|'.join(sorted(DRAFTS | FINALS))})(?![^\W_])|{_ORDINAL.pattern}"
)
"""The part of a file name or first line that says the version."""

_ASIDE = re.compile(r"\([^)]*\)")
_REPLACING = re.compile(rf"\b(?:{'|'.join(REPLACING)})", re.IGNORECASE)
_EARLIER_ASKED = re.compile(rf"\b(?:{'|'.join(EARLIER_ASKED)})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, order=True)
class _Version:
    """What a name and the beginning of a document say about its version. The latest is the largest."""

    is_complete: bool
    """Whether it is not a draft."""
    year: int
    """In the name, or at the beginning of the document; 0 for none."""
    is_final: bool
    number: int
    """0 for none."""
    replaces: bool
    """Whether it says that it replaces another document."""


def later_versions(
    paths: Collection[str], question: str, opening: Callable[[str], str] = lambda path: ""
) -> dict[str, str]:
    """For the paths of earlier versions, the path of the latest version among `paths`.

    opening: returns the beginning of the document at a path; called only for documents that share a folder.
    If the question names the version of one, or asks for an earlier one, they are different documents.
    """
    later: dict[str, str] = {}
    if asks_for_earlier(question):
        return later
    folders: dict[str, list[str]] = {}
    for path in sorted(paths):
        folders.setdefault(os.path.dirname(path), []).append(path)
    for folder in folders.values():
        texts = {path: opening(path) for path in folder} if len(folder) > 1 else {}
        stems = {path: os.path.splitext(os.path.basename(path))[0] for path in texts}
        later |= _earlier_of(stems, texts, question)
        asked = _told(question)
        lines = {
            path: text.strip().partition("\n")[0]
            for path, text in texts.items()
            if path not in later and path not in later.values() and not asked & _told(stems[path])
        }
        later |= _earlier_of(lines, texts, question)
    return later


def asks_for_earlier(question: str) -> bool:
    """Whether a question asks for what held before."""
    return _EARLIER_ASKED.search(question) is not None


def without_earlier(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """`passages` without those of documents of which another one is a later version."""
    earlier = {path for passage in passages for path in passage.earlier}
    return tuple(passage for passage in passages if passage.locator.path not in earlier)


def _earlier_of(names: Mapping[str, str], texts: Mapping[str, str], question: str) -> dict[str, str]:
    """The same for documents of one folder whose `names` differ only in the version.

    texts: the beginnings of the documents.
    """
    series: dict[frozenset[str], list[str]] = {}
    for path, name in names.items():
        without = YEAR.sub(" ", _VERSION.sub(" ", _ASIDE.sub(" ", name.casefold())))
        series.setdefault(frozenset(_WORD.findall(without)), []).append(path)
    asked = _told(question)
    later: dict[str, str] = {}
    for common, paths in series.items():
        told = frozenset[str]().union(*(_told(names[path]) for path in paths))
        dated = any(YEAR.search(names[path]) for path in paths)
        versions = sorted((_version(names[path], texts[path], dated=dated), path) for path in paths)
        newest, latest = versions[-1]
        years = {version.year for version, _ in versions}
        is_by_year = len(years) > 1
        if is_by_year and 0 in years and not newest.replaces:
            continue  # The version of a contract without a year is unknown.
        is_replaced = newest.replaces or newest.number > 1 or common & AGREEMENTS
        if common and not asked & told and (is_replaced or not is_by_year):
            later |= {path: latest for version, path in versions if version < newest}
    return later


def _told(text: str) -> frozenset[str]:
    """The versions and years that a text names."""
    plain = text.casefold()
    return frozenset(found[0] for pattern in (_VERSION, YEAR) for found in pattern.finditer(plain))


def _version(name: str, text: str, *, dated: bool) -> _Version:
    """The version that a document's name and its beginning say.

    dated: whether the name of another version has a year; then the first year in the text counts for a name
        without one.
    """
    plain = name.casefold()
    words = set(_WORD.findall(plain))
    number, ordinal = _NUMBER.search(plain), _ORDINAL.search(plain)
    years = YEAR.findall(text) if dated else []
    return _Version(
        is_complete=not words & DRAFTS,
        year=max(map(int, YEAR.findall(plain)), default=0) or int(years[0] if years else 0),
        is_final=bool(words & FINALS),
        number=int(number[1]) if number else measures.ORDINALS[ordinal[1]] if ordinal else 0,
        replaces=_REPLACING.search(text) is not None,
    )
