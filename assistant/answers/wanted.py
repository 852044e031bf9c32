"""What a question wants computed: a count, a list, a sum or another value, and under which conditions.

The words that say what to do are recognised by the patterns in `ingest.language.calculation`. All other words
are kept: `assistant.answers.matching` must find every one of them in the names, columns and cells of what is
counted. So a question about the prose of a document is never taken for a count.
"""

import datetime
import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from assistant.answers.amounts import unit_of
from assistant.answers.dates import MONTHS
from assistant.answers.tablewords import TOKEN
from ingest.keywords import STOP_WORDS, folded
from ingest.language import calculation, tabular


class Act(StrEnum):
    """What is to be done with the things that a question is about."""

    COUNT = "count"
    LIST = "list"
    EXISTS = "exists"
    """Whether there are any."""
    TOTAL = "total"
    AVERAGE = "average"
    HIGHEST = "highest"
    LOWEST = "lowest"
    LOOK_UP = "look up"
    """The cell at a row and a column, or a field of a document."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days that a date must be among."""

    since: datetime.date | None
    """The first day; None for no limit."""
    until: datetime.date | None
    """The day after the last day; None for no limit."""
    text: str
    """As it is said in the answer, such as `in May 2024`."""
    words: tuple[str, ...]
    """Its words in the question: a year can also be part of a name."""

    @property
    def is_of_years(self) -> bool:
        """Whether it begins and ends with a year."""
        return all(day is None or (day.month, day.day) == (1, 1) for day in (self.since, self.until))

    def holds(self, day: datetime.date) -> bool:
        """Whether `day` is in the period."""
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that values must exceed, or stay below."""

    over: bool
    """Whether values must exceed it."""
    value: Decimal
    """The number."""
    is_money: bool
    """Whether it is an amount of money."""
    inclusive: bool = False
    """Whether the number itself is within the limit."""
    unit: str = ""
    """The currency of an amount of money, by the name in `amounts.CURRENCIES`."""

    @property
    def said(self) -> str:
        """In words, after a form of *to be*: `over 100`."""
        way = ("at least" if self.over else "at most") if self.inclusive else "over" if self.over else "under"
        return f"{way} {self.value:,f}"

    def holds(self, value: Decimal) -> bool:
        """Whether a value is within the limit."""
        return (value > self.value if self.over else value < self.value) or (
            self.inclusive and value == self.value
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question in parts."""

    act: Act
    """What to do."""
    words: tuple[str, ...]
    """The words that must be found in what is computed, folded, in order."""
    head: tuple[str, ...]
    """The words of the phrase that names what is counted or listed; empty for other acts."""
    period: Period | None
    """The days that are asked for; None for all."""
    bound: Bound | None
    """The limit for values; None for all."""
    per: str
    """`month`, `year` or the folded word after `by`; empty when nothing is grouped."""
    mention: tuple[str, ...]
    """The words that a document's text must contain, folded; empty for any text."""
    money: bool
    """Whether the question asks for an amount of money."""
    date: bool
    """Whether it asks for a date."""
    who: bool
    """Whether it asks for the people who have not paid."""
    container: bool
    """Whether it names a table or a list as such."""
    dimension: frozenset[str]
    """Words in the name of the column that a superlative such as `longest` compares; empty without one."""


_JOINED = (
    (re.compile(r"\be-?mail", re.IGNORECASE), "email"),
    (re.compile(r"\bto-dos?\b", re.IGNORECASE), "todos"),
    (re.compile(r"\bcheck(?:ed)? ?box", re.IGNORECASE), "checkbox"),
)
MOST_WORDS = 12
"""Words of the longest question that can be computed, without those of asking."""
UNPAID = "unpaid"
"""The word that phrases such as `not yet paid` become."""


def wanted_by(question: str) -> Wanted | None:
    """The parts of a question; None when it asks for several things, or for nothing that can be computed."""
    for pattern, replacement in _JOINED:
        question = pattern.sub(replacement, question)
    tokens = [folded(token) for token in TOKEN.findall(question)]
    tokens = _phrases(calculation.NOT_PAID).sub(UNPAID, " ".join(tokens)).split()
    text = QuestionWords(tokens)
    act, head_at = _act(text)
    if act is None or (act is Act.LOOK_UP and text.take(calculation.OTHER_OPENERS, first=True)):
        return None
    if act is Act.LOOK_UP and any(word in calculation.SPENT for word in tokens):
        act = Act.TOTAL
    who = act is Act.LOOK_UP and UNPAID in tokens and tokens[0] in tabular.WHO
    if who:
        text.free(0, 1)
        act = Act.LIST
    mention: tuple[str, ...] = ()
    if (place := text.take(calculation.MENTION)) is not None:
        mention = tuple(word for word in tokens[place:] if word not in STOP_WORDS)
        text.free(place, len(tokens))
        if not mention or act not in {Act.COUNT, Act.LIST, Act.EXISTS}:
            return None
    per = _per(text, calculation.BY if act is Act.LOOK_UP else calculation.PER)
    period = _period(text)
    bound = take_bound(text)
    left = text.left()
    head: list[str] = []
    if act in {Act.COUNT, Act.LIST, Act.EXISTS}:
        for index in range(head_at, 0 if who else len(tokens)):
            if index in left and tokens[index] not in STOP_WORDS | calculation.FILLERS:
                head.append(tokens[index])
            elif head:
                break
    words = [tokens[index] for index in left]
    if any(word in calculation.CONDITIONS for word in words):
        return None
    words = [word for word in words if word not in STOP_WORDS | calculation.SPENT]
    if period:
        words = [word for word in words if word not in calculation.UNITS_OF_TIME]
    if len(words) > MOST_WORDS or not (words or per or not calculation.SPENT.isdisjoint(tokens)):
        return None
    return Wanted(
        act=act,
        words=tuple(words),
        head=tuple(head),
        period=period,
        bound=bound,
        per=per,
        mention=mention,
        money=not calculation.MONEY.isdisjoint(tokens),
        date=not calculation.WHEN.isdisjoint(tokens),
        who=who,
        container=not calculation.CONTAINERS.isdisjoint(tokens),
        dimension=frozenset().union(*(calculation.DIMENSIONS.get(token, frozenset()) for token in tokens)),
    )


def asks_for_several(question: str) -> bool:
    """Whether the words of `question` ask for a count, a sum, a mean, an extreme, or what exceeds a number.

    True also for questions that nothing can be computed for, because of other words in them.
    """
    tokens = " ".join(folded(token) for token in TOKEN.findall(question))
    aggregates = (
        *calculation.COUNT,
        *calculation.TOTAL,
        *calculation.AVERAGE,
        *calculation.HIGHEST,
        *calculation.LOWEST,
    )
    if _phrases(aggregates).search(tokens):
        return True
    limits = "|".join((*calculation.OVER, *calculation.UNDER))
    return re.search(rf"(?<!\S)(?:{limits}) \d", tokens) is not None


class QuestionWords:
    """The words of a question, from which recognised phrases are taken."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self._taken: set[int] = set()

    def take(self, patterns: Iterable[str], *, first: bool = False) -> int | None:
        """Takes the longest phrase that matches. Returns the index of the word after it.

        first: whether the phrase must open the question.
        """
        joined = " ".join(self.tokens)
        best: re.Match[str] | None = None
        for match in _phrases(tuple(patterns)).finditer(joined):
            start = joined.count(" ", 0, match.start())
            end = start + match[0].count(" ") + 1
            free = not self._taken & set(range(start, end)) and (not first or start == 0)
            if free and (best is None or len(match[0]) > len(best[0])):
                best = match
        if best is None:
            return None
        start = joined.count(" ", 0, best.start())
        end = start + best[0].count(" ") + 1
        self._taken |= set(range(start, end))
        return end

    def take_number_of(self) -> int | None:
        """Takes a phrase such as `the number of`, before which no noun may stand."""
        for start in range(len(self.tokens)):
            if match := _phrases(calculation.NUMBER_OF).match(" ".join(self.tokens[start:])):
                end = start + match[0].count(" ") + 1
                self.free(start, end)
                return end
            if self.tokens[start] not in STOP_WORDS | calculation.FILLERS:
                return None
        return None

    def free(self, start: int, end: int) -> None:
        """Takes the words in a range, which are understood."""
        self._taken |= set(range(start, end))

    def is_free(self, index: int) -> bool:
        """Whether there is a word at `index` that is not taken."""
        return 0 <= index < len(self.tokens) and index not in self._taken

    def left(self) -> list[int]:
        """The indexes of the words that are not taken."""
        return [index for index in range(len(self.tokens)) if index not in self._taken]


@functools.cache
def _phrases(patterns: tuple[str, ...]) -> re.Pattern[str]:
    spaced = sorted((pattern.replace("[- ]", " ") for pattern in patterns), key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(spaced)})(?!\S)")


def _act(text: QuestionWords) -> tuple[Act | None, int]:
    """What to do, and where the phrase begins that names the things; no act when there are several."""
    single = {
        act: place
        for act, patterns in (
            (Act.AVERAGE, calculation.AVERAGE),
            (Act.HIGHEST, calculation.HIGHEST),
            (Act.LOWEST, calculation.LOWEST),
        )
        if (place := text.take(patterns)) is not None
    }
    count = text.take(calculation.COUNT)
    if count is None:
        count = text.take_number_of()
    total = text.take(calculation.TOTAL)
    if len(single) + (count is not None) > 1 or (single and total is not None):
        return None, 0
    exists = text.take(calculation.EXISTENCE, first=True) if count is None else None
    listing = text.take(calculation.LISTING, first=True) if count is None and exists is None else None
    if count is not None:
        return Act.COUNT, count
    if single:
        return next(iter(single.items()))
    if total is not None:
        return Act.TOTAL, total
    if exists is not None:
        return Act.EXISTS, exists
    if listing is not None:
        return Act.LIST, listing
    return Act.LOOK_UP, 0


def _per(text: QuestionWords, patterns: tuple[str, ...]) -> str:
    """What values are grouped by, after one of `patterns`."""
    joined = _phrases(patterns)
    for index in range(len(text.tokens) - 1):
        for length in (2, 1):
            phrase = text.tokens[index : index + length]
            after = index + length
            if not joined.fullmatch(" ".join(phrase)) or not text.is_free(index) or not text.is_free(after):
                continue
            unit = calculation.UNITS_OF_TIME.get(text.tokens[after])
            if unit:
                text.free(index, after + 1)
                return unit
            if after == len(text.tokens) - 1 and text.tokens[index] in calculation.BY:
                text.free(index, after + 1)
                return text.tokens[after]
    return ""


def _period(text: QuestionWords) -> Period | None:
    """The days that are asked for: a year, a month of a year or a day, perhaps with `since` or `before`."""
    for index, word in enumerate(text.tokens):
        if not text.is_free(index):
            continue
        start = index
        if re.fullmatch(r"\d{4}-\d\d(?:-\d\d)?", word):
            parts = [int(part) for part in word.split("-")]
        elif re.fullmatch(r"(?:19|20)\d\d", word):
            parts = [int(word)]
            before = index - 1
            while before > 0 and text.tokens[before] in {"de", "del", "of"}:
                before -= 1
            if before >= 0 and (month := MONTHS.get(text.tokens[before])):
                parts, start = [parts[0], month], before
        else:
            continue
        days = _days(parts)
        if days is None:
            continue
        words = tuple(text.tokens[start : index + 1])
        text.free(start, index + 1)
        name = _day_in_words(parts)
        for length in (3, 2, 1):
            phrase = " ".join(text.tokens[max(0, start - length) : start])
            if start >= length and _phrases(calculation.AFTER).fullmatch(phrase):
                text.free(start - length, start)
                return Period(days[0], None, f"since {name}", words)
            if start >= length and _phrases(calculation.BEFORE).fullmatch(phrase):
                text.free(start - length, start)
                return Period(None, days[0], f"before {name}", words)
        return Period(*days, f"{'on' if len(parts) == 3 else 'in'} {name}", words)
    return None


def _day_in_words(parts: list[int]) -> str:
    """A year, a month or a day: `2026`, `March 2026`, `2026-03-07`."""
    if len(parts) == 2:
        month = next(name for name, number in MONTHS.items() if number == parts[1])
        return f"{month.capitalize()} {parts[0]}"
    return "-".join(f"{part:02d}" for part in parts)


def _days(parts: list[int]) -> tuple[datetime.date, datetime.date] | None:
    """The first day of a year, a month or a day, and the day after its last."""
    try:
        first = datetime.date(*[*parts, 1, 1][:3])
    except ValueError:
        return None
    if len(parts) == 3:
        return first, first + datetime.timedelta(days=1)
    months = 12 if len(parts) == 1 else 1
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first, datetime.date(year, month + 1, 1)


def take_bound(text: QuestionWords) -> Bound | None:
    """The limit for values: `over 100`."""
    for over, patterns in ((True, calculation.OVER), (False, calculation.UNDER)):
        pattern = _phrases(patterns)
        for index in range(len(text.tokens) - 1):
            for length in (2, 1):
                number = index + length
                if not text.is_free(index) or not text.is_free(number):
                    continue
                if not pattern.fullmatch(" ".join(text.tokens[index:number])):
                    continue
                sign = text.tokens[number] if text.tokens[number] in {"€", "$", "£"} else ""
                number += bool(sign)
                if not text.is_free(number):
                    continue
                value = text.tokens[number].replace(",", "")
                if not re.fullmatch(r"\d+(?:\.\d+)?", value):
                    continue
                after = number + 1
                is_unit = text.is_free(after) and re.fullmatch(
                    "[€$£%]|eur|euros?|usd|dollars?|chf|gbp", text.tokens[after]
                )
                text.free(index, after + 1 if is_unit else after)
                unit = sign or (text.tokens[after] if is_unit else "")
                is_money = unit not in {"", "%"}
                return Bound(over, Decimal(value), is_money, unit=unit_of(unit) if is_money else "")
    return None
