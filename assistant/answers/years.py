"""The year that a question asks about, and what is about another one.

"What was the rent under the agreement of 2022?" is not answered by the rent from September 2025, though the
document that raises it mentions the older agreement too. A sentence without a year may be about any year, and
so may one whose title or headings name the year that is asked for. A question that asks when something was,
or for the time after or before a year, is answered by other years.
"""

import re

from ingest.language import follow_ups

_YEAR = re.compile(
    r"(?<![\d.,/-])(1[5-9]\d\d|20\d\d)(?:[/-](\d\d))?(?![\d,]|[.]\d)|(?<=[./-])(1[89]\d\d|20\d\d)\b"
)
"""A year, as `2022`, `2022/23`, `2022-09-01` or `1.9.2022`."""

_WORD = re.compile(r"\w+")


def asked_years(question: str) -> frozenset[int]:
    """The years that an answer to `question` is about; empty if it may be about any."""
    words = {word.casefold() for word in _WORD.findall(question)}
    if words & follow_ups.DATES:
        return frozenset()
    years: set[int] = set()
    for match in _YEAR.finditer(question):
        before = map(str.casefold, _WORD.findall(question[: match.start()])[-2:])
        if not follow_ups.OPEN_ENDED.isdisjoint(before):
            return frozenset()
        years |= _years_of(match)
    return frozenset(years)


def is_of_another_year(years: frozenset[int], text: str, context: str) -> bool:
    """Whether `text` names years, and none that was asked for.

    years: of `asked_years`. context: the title, the headings and the file's name; the year may occur there.
    """
    stated = stated_years(text)
    if not years or not stated or years & stated or years & stated_years(context):
        return False
    return not any(min(stated) < year < max(stated) for year in years)


def stated_years(text: str) -> frozenset[int]:
    """The years in `text`."""
    return frozenset(year for match in _YEAR.finditer(text) for year in _years_of(match))


def _years_of(match: re.Match[str]) -> set[int]:
    """One year, or the two of a business year such as `2022/23`."""
    first = int(match[1] or match[3])
    following = match[2] is not None and int(match[2]) == (first + 1) % 100
    return {first, first + 1} if following else {first}
