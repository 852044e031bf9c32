"""The numbers and dates of a text, with all that belongs to them.

A number is read with its power of ten, its unit or currency, its limit ("more than"), its rate ("a month"),
and the words beside it: in "3 rooms" it counts them, in "flat 3" it is part of a name. Units of one kind are
converted: a year is twelve months. 7 March is a date, whichever way it is written. `quantities` compares
them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from assistant.answers.dates import CalendarDate, side, take_dates
from ingest import language
from ingest.keywords import STOP_WORDS
from ingest.language import measures
from ingest.language.measures import alternatives

TIME_OF_DAY = "time of day"
"""The unit of a time of day, in minutes since midnight."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with what belongs to it."""

    written: str
    """The number as it occurs in the text, with its unit."""
    value: Decimal
    """Its value with its power of ten, in `unit`."""
    unit: str
    """The unit that its kind of units is converted to; empty for a plain number."""
    limit: str
    """`lower` or `upper` for a limit, or for a year since or until which something holds; otherwise empty."""
    period: tuple[str, Decimal] | None
    """The period of a rate, as a unit and a factor; None without one."""
    label: str
    """The name that the number is part of: `flat` in "flat 3"; empty for others."""
    counted: tuple[str, ...]
    """The words after it that may say what a plain number counts; empty at the end of a phrase."""
    preceding: tuple[str, ...]
    """The words before it in its line."""
    place: tuple[int, int]
    """Where it begins and ends in the text."""
    is_certain: bool
    """False for words that may mean something else, such as "a" and "second"."""
    is_scaled: bool
    """Whether its power of ten is written beside it."""

    @property
    def is_ordinal(self) -> bool:
        """Whether it may be the day of a date."""
        return re.search(r"\d(?:st|nd|rd|th|er|e|º|ª)$|^\D+$", self.written, re.IGNORECASE) is not None

    @property
    def is_time(self) -> bool:
        """Whether it may be a year, or is a time of day, in minutes."""
        return self.unit == TIME_OF_DAY or self.is_year

    @property
    def is_year(self) -> bool:
        """Whether it may be a year."""
        return not self.unit and re.fullmatch(_YEAR, self.written) is not None


@dataclass(frozen=True, slots=True)
class Figures:
    """All that a text states in numbers."""

    quantities: tuple[Quantity, ...]
    """Its numbers."""
    dates: tuple[CalendarDate, ...]
    """Its dates."""
    codes: frozenset[str]
    """Versions, addresses and fractions."""
    loose_units: frozenset[tuple[str, Decimal]]
    """Units without a number beside them, with their factors."""
    scale: Decimal
    """The power of ten of a table's numbers; 1 if the text names none."""
    rest: str
    """The text without its dates, codes and numbers."""

    @property
    def states(self) -> bool:
        """Whether it states a number or a date."""
        return bool(self.dates or self.codes or any(quantity.is_certain for quantity in self.quantities))

    @property
    def months(self) -> frozenset[int]:
        """The months of its dates."""
        return frozenset(reading[1] for date in self.dates for reading in date.readings if reading[1])


def figures(text: str) -> Figures:
    """What `text` states in numbers."""
    dates: list[CalendarDate] = []
    codes: list[str] = []
    text = take_dates(text, dates)
    times: list[Quantity] = []
    text = _TIME.sub(lambda match: _time(match, times), text)
    text = _CODE.sub(lambda match: _code(match, codes), text)
    found = [*_quantities(text), *times]
    rest = list(text)
    for quantity in found:
        if quantity.is_certain and quantity.unit != TIME_OF_DAY:
            start, end = quantity.place
            rest[start:end] = " " * (end - start)
    text_left = "".join(rest)
    loose = {_unit(match[0]) for match in _LOOSE_UNIT.finditer(text_left)}
    scale = _TABLE_SCALE.search(text)
    return Figures(
        quantities=tuple(found),
        dates=tuple(dates),
        codes=frozenset(codes),
        loose_units=frozenset(loose),
        scale=_SCALES[scale["scale"].casefold()] if scale else Decimal(1),
        rest=text_left,
    )


def begins_with_number(text: str) -> bool:
    """Whether the first thing that `text` states may be a number."""
    return _NUMBER.match(text) is not None


# Regular expressions

_SPACE = r"[ \t\u00a0\u202f]"


_UNITS = {form.casefold(): unit for form, unit in measures.UNITS.items()}
_SCALES = {**measures.SCALES, "mio.": Decimal(10) ** 6, "mrd.": Decimal(10) ** 9}
_NUMERALS = {word: Decimal(value) for word, value in language.NUMERALS.items()}
_TENS = [word for word, value in _NUMERALS.items() if value >= 20]
_DIGITS = [word for word, value in _NUMERALS.items() if value < 10]
_ONE = ("one", "single", *sorted(measures.ONES - {"one", "single"}))
_VAGUE = frozenset((*_ONE, *measures.ORDINALS))
_PERIODS = [form for form, (unit, _) in measures.UNITS.items() if unit in ("second", "month")]

_DIGITS_WRITTEN = (
    r"\d{1,3}(?:[\u00a0\u202f]\d{3})+(?:[.,]\d+)?"
    rf"|\d{{1,3}}(?: \d{{3}})+(?=,\d|{_SPACE}?(?:{alternatives(measures.CURRENCY_SIGNS)}))(?:,\d+)?"
    r"|\d+(?:[.,’']\d+)*"
)
_WORDS_WRITTEN = (
    rf"(?:{alternatives(_TENS)})(?:[- ]|[- ](?:et|y)[- ])(?:{alternatives([*_DIGITS, 'one', 'un', 'uno'])})"
    rf"|(?:{alternatives([*_DIGITS, 'ein'])})und(?:{alternatives(_TENS)})"
    rf"|{alternatives(_NUMERALS)}"
    rf"|{alternatives([*_ONE, *measures.ORDINALS])}"
)
_UNIT_WRITTEN = alternatives(measures.UNITS)
_NUMBER = re.compile(
    rf"(?<![\w])(?:(?P<sign>{alternatives(measures.CURRENCY_SIGNS)}){_SPACE}?)?(?P<minus>(?<![\w)])[-\u2212])?"
    rf"(?P<number>{_DIGITS_WRITTEN}|(?:{_WORDS_WRITTEN})(?!\w))(?![.,]\d)(?:[.,][-\u2013]+)?"
    rf"(?P<ordinal>(?:st|nd|rd|th|er|e|ème|º|ª)(?!\w))?"
    rf"(?:[ \u00a0\u202f-]?(?P<scale>{alternatives(_SCALES)})(?!\w))?"
    rf"(?:(?:\s|-){{0,2}}(?:d['’]|de\s|of\s)?(?P<unit>{_UNIT_WRITTEN})(?![\w]))?(?!\w)"
    rf"(?:\s?(?:{alternatives(measures.RATES)})\s?(?P<period>{alternatives(_PERIODS)})(?!\w))?",
    re.IGNORECASE,
)
_LOOSE_UNIT = re.compile(rf"(?<!\w)(?:{_UNIT_WRITTEN})(?!\w)", re.IGNORECASE)
_TABLE_SCALE = re.compile(
    rf"\b(?:in|en)\s+(?:[\w$€£.]+\s+){{0,2}}?(?P<scale>{alternatives(_SCALES)})(?!\w)", re.IGNORECASE
)
_YEAR = r"1\d{3}|20\d\d"
_COMMA_GROUPS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DOT_GROUPS = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?")
_BEFORE = re.compile(
    rf"(?:(?P<lower>{alternatives(measures.LOWER_LIMITS)}|>=?|≥)"
    rf"|(?P<upper>{alternatives(measures.UPPER_LIMITS)}|<=?|≤))\s*(?:the|a|of)?\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"\s*(?:\w+\s+)?(?:(?P<lower>{alternatives(measures.LOWER_SUFFIXES)})"
    rf"|(?P<upper>{alternatives(measures.UPPER_SUFFIXES)}))\b",
    re.IGNORECASE,
)
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_PHRASE = re.compile(r"[^.,;:|()\n\d]*")
_LINE_BEFORE = re.compile(r"[^.;\n\d]*\Z")

_TIME = re.compile(
    r"(?<![\w.,:])(?P<hour>[0-2]?\d)(?:(?:[:h](?P<minute>[0-5]\d))(?::[0-5]\d)?(?:\s?(?P<half>[ap])\.?m\b\.?|\s?uhr\b)?"
    r"|\s?(?P<half_only>[ap])\.?m\b\.?|(?:\.(?P<minute_before>[0-5]\d))?\s?uhr\b)(?![\w:])",
    re.IGNORECASE,
)
_CODE = re.compile(r"(?<![\w.,/])\d+(?:(?:\.\d+){2,}|(?:/\d+)+)(?!\w)")


def _time(match: re.Match[str], times: list[Quantity]) -> str:
    """Adds the time of `match` to `times`, and returns what stays of it in the text."""
    hour, half = int(match["hour"]), (match["half"] or match["half_only"] or "").casefold()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    minute = int(match["minute"] or match["minute_before"] or 0)
    times.append(
        Quantity(
            written=match[0].strip(),
            value=Decimal(60 * hour + minute),
            unit=TIME_OF_DAY,
            limit=side(match.string[: match.start()]),
            period=None,
            label="",
            counted=(),
            preceding=(),
            place=match.span(),
            is_certain=True,
            is_scaled=True,
        )
    )
    return " " * len(match[0])


def _code(match: re.Match[str], codes: list[str]) -> str:
    if _DOT_GROUPS.fullmatch(match[0]):
        return match[0]
    codes.append(match[0])
    return " " * len(match[0])


def _unit(form: str) -> tuple[str, Decimal]:
    return _UNITS[" ".join(form.casefold().split())]


def _quantities(text: str) -> Iterator[Quantity]:
    """The numbers of `text`, from which dates and codes have been removed."""
    matches = list(_NUMBER.finditer(text))
    for place, match in enumerate(matches):
        written = match["number"].casefold()
        is_digits = written[0].isdigit()
        unit = match["unit"] or match["sign"]
        scale = match["scale"]
        following = matches[place + 1] if place + 1 < len(matches) else None
        is_range = (
            following is not None
            and not unit
            and following["unit"] is not None
            and text[match.end() : following.start()].strip().casefold() in measures.RANGES
            and not re.fullmatch(_YEAR, written)
        )
        if is_range and following is not None:
            unit, scale = following["unit"], scale or following["scale"]
        if unit in ("s", "S") and match["number"][-1:] == "0":  # "the 1990s"
            unit = None
        base, factor = _unit(unit) if unit else ("", Decimal(1))
        if match["sign"] and match["unit"]:  # "$5 per ton" has one unit, "$5 million tons" does not occur.
            base, factor = _unit(match["sign"])
        value = _digits(written) if is_digits else _spelled(written)
        power = _SCALES[scale.casefold()] if scale else Decimal(1)
        before, after = text[: match.start()], text[match.end() :]
        period = _unit(match["period"]) if match["period"] else None
        preceding = tuple(_LETTERS.findall(_LINE_BEFORE.search(before[-80:])[0]))  # type: ignore[index]
        counted = [] if unit else _LETTERS.findall(_PHRASE.match(after)[0])[:3]  # type: ignore[index]
        yield Quantity(
            written=match[0].strip(),
            value=(-1 if match["minus"] else 1) * value * power * factor,
            unit=base,
            limit=_limit(before, after) or (side(before) if re.fullmatch(_YEAR, written) else ""),
            period=period,
            label=_label(before),
            counted=tuple(word for word in counted if word.casefold() not in STOP_WORDS),
            preceding=preceding[-4:],
            place=match.span(),
            is_certain=_is_one(written, unit) if written in _VAGUE else True,
            is_scaled=bool(scale),
        )


def _is_one(written: str, unit: str | None) -> bool:
    """Whether a word certainly means the number 1: "one month"."""
    return written == "one" and unit is not None


def _label(before: str) -> str:
    """The capitalised word directly before a number: `Flat` in "Flat 3"; empty if there is none."""
    match = re.search(r"([^\W\d_]+)\.?[ \u00a0-]$", before)
    return match[1] if match and match[1][0].isupper() and match[1].casefold() not in STOP_WORDS else ""


def _limit(before: str, after: str) -> str:
    for match in (_BEFORE.search(before[-24:]), _AFTER.match(after[:40])):
        if match:
            return "lower" if match["lower"] else "upper"
    return ""


def _digits(written: str) -> Decimal:
    """The value of a number in digits, whatever its notation: `2,610.00` is `2.610`."""
    written = re.sub("[ \u00a0\u202f’']", "", written)
    if _COMMA_GROUPS.fullmatch(written):
        written = written.replace(",", "")
    elif _DOT_GROUPS.fullmatch(written):
        written = written.replace(".", "").replace(",", ".")
    elif written.count(",") + written.count(".") == 1:
        written = written.replace(",", ".")
    else:
        written = re.sub("[.,]", "", written)
    return Decimal(written)


def _spelled(written: str) -> Decimal:
    """The value of a number in words."""
    if written in _NUMERALS:
        return _NUMERALS[written]
    if written in measures.ORDINALS:
        return Decimal(measures.ORDINALS[written])
    parts = [part for part in re.split(r"[- ]|(?<=\w)und(?=\w)", written) if part in _NUMERALS]
    ones = 1 if re.search(r"\b(?:one|une?|uno)$|^ein", written) else 0
    return sum((_NUMERALS[part] for part in parts), Decimal(ones)) or Decimal(1)
