"""The words of a question, and the phrases that are understood among them: periods, and limits for values.

Numbers are read as the language of the phrase before them writes them: `over 1,000` and `über 1.000` are the
same limit. Callers: `assistant.answers.wanted` and `assistant.answers.tablereading.questions`.
"""

import datetime
import functools
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.answers.amounts import CURRENCIES
from assistant.answers.dates import MONTHS
from assistant.answers.tablewords import TOKEN
from ingest import language
from ingest.keywords import STOP_WORDS, folded
from ingest.language import calculation, comparatives, measures
from ingest.language.follow_ups import DETERMINERS

_NAMES = {"euro": "EUR", "dollar": "$", "pound": "GBP", "franc": "CHF", "yen": "JPY", "yuan": "CNY"} | {
    "rupee": "INR",
    "krona": "SEK",
}
_STERLING = frozenset(("sterling",))
_CURRENCY_WORDS = {
    folded(form): _NAMES[unit] for form, (unit, _) in measures.UNITS.items() if unit in _NAMES
} | dict.fromkeys(_STERLING, "GBP")
"""Currencies as people call them after a number. In cells, such a word may be a weight."""

_LOWER_SUFFIXES, _UPPER_SUFFIXES = (
    frozenset(map(folded, suffixes)) for suffixes in (measures.LOWER_SUFFIXES, measures.UPPER_SUFFIXES)
)
_COMPARATIVES = {"older": "oldest", "younger": "youngest", "heavier": "heaviest", "lighter": "lightest"}
"""Comparatives of limits, with the superlatives of the same dimension."""

_POUNDS = frozenset(
    word for word in _CURRENCY_WORDS if measures.UNITS.get(word, ("",))[0] == "pound" and word.isalpha()
) - {"gbp"}


def is_pound(unit: str) -> bool:
    """Whether the unit of a column is the pound as a weight. The currency has another name there."""
    return measures.UNITS.get(unit, ("",))[0] == "pound of weight" or unit in _POUNDS


@dataclass(frozen=True, slots=True)
class Period:
    """Days that a date must be among."""

    since: datetime.date | None
    """The first day; None for no limit."""
    until: datetime.date | None
    """The day after the last day; None for no limit."""
    text: str
    """The words for it in the answer, such as `in May 2024`."""
    words: tuple[str, ...]
    """Its words in the question: a year can also be part of a name."""
    is_of_noun: bool = False
    """Whether it may tell which thing is meant: `the March 2025 outage`."""

    @property
    def is_of_years(self) -> bool:
        """Whether it begins and ends with a year."""
        return all(day is None or (day.month, day.day) == (1, 1) for day in (self.since, self.until))

    @property
    def is_open(self) -> bool:
        """Whether it has no first or no last day."""
        return self.since is None or self.until is None

    def holds(self, day: datetime.date) -> bool:
        """Whether `day` is in the period."""
        return (self.since is None or day >= self.since) and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit that values must exceed or stay below."""

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
    may_be_weight: bool = False
    """Whether the unit is pounds, which may also be a weight in a table."""
    dimension: frozenset[str] = frozenset()
    """Words in the name of the column that a comparative such as `older` is about; empty without one."""

    @property
    def said(self) -> str:
        """In words, after a form of *to be*: `over 100`."""
        way = ("at least" if self.over else "at most") if self.inclusive else "over" if self.over else "under"
        return f"{way} {self.value:,f}"

    def suits(self, units: Collection[str]) -> bool:
        """Whether numbers with these units can be compared with the limit. Units are never converted."""
        stated = set(units) - {""}
        if not self.unit or stated <= {self.unit}:
            return True
        return self.may_be_weight and all(is_pound(unit) for unit in stated)

    def holds(self, value: Decimal) -> bool:
        """Whether a value is within the limit."""
        return (value > self.value if self.over else value < self.value) or (
            self.inclusive and value == self.value
        )


def names_among(question: str) -> frozenset[str]:
    """The folded words of a question that are names only because of their capitals: `IT`, `Will`."""
    tokens = [token for token in TOKEN.findall(question) if token.isalpha()]
    if all(token[0].isupper() for token in tokens):
        return frozenset()
    only_names = not language.capitalises_nouns(tokens)
    named = (
        folded(token)
        for place, token in enumerate(tokens)
        if len(token) > 1 and (token.isupper() or (only_names and place and token[0].isupper()))
    )
    return frozenset(named) & (STOP_WORDS | calculation.FILLERS)


class QuestionWords:
    """The words of a question. A phrase that is understood is taken from them."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self._taken: set[int] = set()

    def take(self, patterns: Iterable[str], *, first: bool = False) -> int | None:
        """Takes the longest phrase that matches. Returns the index of the word after it.

        first: whether the phrase must open the question.
        """
        joined = " ".join(self.tokens)
        best: re.Match[str] | None = None
        for match in phrases(tuple(patterns)).finditer(joined):
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
        """Takes a phrase such as `the number of` if no noun comes before it."""
        for start in range(len(self.tokens)):
            if match := phrases(calculation.NUMBER_OF).match(" ".join(self.tokens[start:])):
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
def phrases(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """A pattern that finds any of several among the words of a question, which are separated by spaces."""
    spaced = sorted((pattern.replace("[- ]", " ") for pattern in patterns), key=len, reverse=True)
    return re.compile(rf"(?<!\S)(?:{'|'.join(spaced)})(?!\S)")


def take_period(text: QuestionWords) -> Period | None:
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
            if start >= length and phrases(calculation.AFTER).fullmatch(phrase):
                text.free(start - length, start)
                return Period(days[0], None, f"since {name}", words)
            if start >= length and phrases(calculation.LATER).fullmatch(phrase):
                text.free(start - length, start)
                return Period(days[1], None, f"after {name}", words)
            if start >= length and phrases(calculation.BEFORE).fullmatch(phrase):
                text.free(start - length, start)
                return Period(None, days[0], f"before {name}", words)
        is_of_noun = start > 0 and text.tokens[start - 1] in DETERMINERS and text.is_free(index + 1)
        return Period(*days, f"{'on' if len(parts) == 3 else 'in'} {name}", words, is_of_noun)
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


_LIMITS = (
    (True, False, calculation.OVER),
    (False, False, calculation.UNDER),
    (True, True, calculation.AT_LEAST),
    (False, True, calculation.AT_MOST),
)
"""Whether values must exceed the limit, whether it is inclusive, and the patterns before such a limit."""


def take_bound(text: QuestionWords) -> Bound | None:
    """The limit for values: `over 100`, `at least 40 pounds`, `12 or more`."""
    for length in (3, 2, 1):
        for over, inclusive, patterns in _LIMITS:
            pattern = phrases(patterns)
            for index in range(len(text.tokens) - length):
                phrase = text.tokens[index : index + length]
                if not all(map(text.is_free, range(index, index + length))):
                    continue
                if pattern.fullmatch(" ".join(phrase)) and (amount := _amount(text, index + length, phrase)):
                    text.free(index, amount.after)
                    return _bound(amount, over, phrase, inclusive=inclusive)
    for over, suffixes in ((True, _LOWER_SUFFIXES), (False, _UPPER_SUFFIXES)):
        for index in range(len(text.tokens)):
            amount = _amount(text, index, ())
            if amount and " ".join(text.tokens[amount.after : amount.after + 2]) in suffixes:
                text.free(index, amount.after + 2)
                return _bound(amount, over, text.tokens[amount.after : amount.after + 2], inclusive=True)
    return None


@dataclass(frozen=True, slots=True)
class _WrittenLimit:
    """The number of a limit as a question writes it."""

    value: Decimal
    unit: str
    """A currency, the percent sign, or empty."""
    last: str
    """Its last word."""
    after: int
    """The place after it."""


def _amount(text: QuestionWords, place: int, phrase: Sequence[str]) -> _WrittenLimit | None:
    """The number at a place, with its currency; None if there is none.

    phrase: the words before it.
    """
    sign = text.tokens[place] if text.is_free(place) and text.tokens[place] in {"€", "$", "£"} else ""
    place += bool(sign)
    if not text.is_free(place):
        return None
    comma = phrases(calculation.BEFORE_COMMAS).fullmatch(" ".join(phrase)) is not None
    unit, after = _unit(text, place + 1)
    value = _limit(text.tokens[place], comma=comma, is_money=bool(sign or unit))
    unit = CURRENCIES.get(sign, sign) or unit
    return None if value is None else _WrittenLimit(value, unit, text.tokens[after - 1], after)


def _bound(amount: _WrittenLimit, over: bool, phrase: Sequence[str], *, inclusive: bool) -> Bound:
    """phrase: the words that say what kind of limit it is."""
    is_money = amount.unit not in {"", "%"}
    dimensions = (calculation.DIMENSIONS[_COMPARATIVES[word]] for word in phrase if word in _COMPARATIVES)
    return Bound(
        over,
        amount.value,
        is_money or not comparatives.DEARER.isdisjoint(phrase),
        inclusive,
        unit=amount.unit if is_money else "",
        may_be_weight=is_money and amount.last in _POUNDS,
        dimension=next(dimensions, frozenset()),
    )


def _unit(text: QuestionWords, place: int) -> tuple[str, int]:
    """The currency or the percent sign at a place, empty if there is none; and the place after it."""
    if not text.is_free(place):
        return "", place
    word = text.tokens[place]
    unit = "%" if word == "%" else CURRENCIES.get(word) or _CURRENCY_WORDS.get(word, "")
    after = place + bool(unit)
    if unit == "GBP" and text.is_free(after) and text.tokens[after] in _STERLING:
        after += 1
    return unit, after


def _limit(digits: str, *, comma: bool, is_money: bool) -> Decimal | None:
    """The number of a limit; None for anything else.

    comma: whether the language of the question writes decimals after a comma.
    is_money: whether it is an amount of money, which has no three decimals.
    """
    if not re.fullmatch(r"\d+(?:[.,'’]\d+)*", digits):
        return None
    digits = re.sub("['’]", "", digits)
    marks = [mark for mark in digits if mark in ".,"]
    decimal = marks[-1] if marks else ""
    is_group = len(digits.rpartition(decimal)[2]) == 3 if decimal else False
    if len(marks) != len(set(marks)) and len(set(marks)) == 1:
        decimal = ""  # It separates groups only.
    elif is_group and len(marks) == 1 and (is_money or decimal != ("," if comma else ".")):
        decimal = ""
    whole, fraction = digits.rsplit(decimal, 1) if decimal else (digits, "")
    whole = re.sub("[.,]", "", whole)
    return Decimal(f"{whole}.{fraction}" if fraction else whole)
