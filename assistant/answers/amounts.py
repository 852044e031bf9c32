"""Numbers as people write them, with their units: `1.234,56 €`, `1,234.56`, `(1,234)`, `12 %`, `3k`.

One number can be ambiguous: `1.234` is a thousand in one notation and one in the other. So the numbers of a
column are read together, and the notation of the clear ones decides. A column whose notation stays open is
not read at all. Units are never converted: `unit_of` gives euros and dollars different names, and a sum is
made for each unit by itself.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from assistant.answers.dates import MONTHS
from ingest.keywords import folded
from ingest.language import measures

CURRENCIES = (
    {"€": "EUR", "$": "$", "£": "GBP", "₹": "INR", "fr.": "CHF", "euro": "EUR"}
    | {
        name: name.upper()
        for name in "eur usd gbp chf jpy inr sek nok dkk pln czk huf cad aud nzd cny brl mxn".split()
    }
    | {"euros": "EUR", "dollars": "$"}
)
"""Signs and names of currencies, in lower case, and the name under which they are added up. Several
currencies share the sign of the dollar, so it is not taken for US dollars."""

_SCALED = re.compile(r"([£$€¥])( ?)(k|m|mn|bn|thousand|million|billion)", re.IGNORECASE)
"""A unit such as `£m`, which is written around the number: £6.9m."""
_SIGNS_BEFORE = {"$": "$", "GBP": "£"}
"""Units that are written as a sign before the number."""

_NUMBER = re.compile(
    r"(?P<open>\()?(?P<sign>[-\u2212–+])?\s*"
    rf"(?P<before>{'|'.join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))})?\s*"
    r"(?P<minus>[-\u2212–])?\s*"
    r"(?P<digits>\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?|[.,]\d+)"
    r"(?P<trailing>[-\u2212–])?\s*(?P<scale>k(?=\s|$|\)))?\s*(?P<after>[^\d\s()][^\d()]{0,11})?(?P<close>\))?",
    re.IGNORECASE,
)
_HEADER_UNIT = re.compile(r"[(\[]\s*([^()\[\]]{1,10})\s*[)\]]|\bin\s+([^\W\d]{1,4}|[€$£%])\s*$|([€$£%])")
_ENTRIES = ("cr", "dr")
"""Signs beside amounts of a bank statement: a credit, which is subtracted here, and a debit."""
_LETTERED = re.compile(r"\d+[A-Z]")
MOST_REMARKS = 0.1
"""The most cells with words in a column of numbers, as a share of the numbers."""
_NO_VALUE = re.compile(
    r"[-–—?.]|n/?a|none|null|unknown|pending|abs|absent|tb[acd]|n\.? ?[dv]\.?|k\. ?a\.|not (?:yet )?\w+"
    r"|offen|fehlt|unbekannt|entfallt|nc|inconnu"
)
"""Cells of a column of numbers, folded, that have none."""
_OF_NUMBERS = frozenset("0123456789 .,'’-+\u2212\u00a0\u202f")
_MARKUP = re.compile(r"`|~~|(?<!\w)[*_]+|[*_]+(?!\w)")


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit."""

    value: Decimal
    """The number, exactly as it is written."""
    unit: str
    """A currency such as `EUR`, `%`, or another unit as written; empty when there is none."""


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """The numbers of a column."""

    values: tuple[Amount | None, ...]
    """By row; None for a cell that is empty or holds no number."""
    comma: bool
    """Whether the column writes its decimals after a comma."""

    @property
    def units(self) -> set[str]:
        """The units of its numbers, the empty one among them if a number has none."""
        return {value.unit for value in self.values if value}


def plain(cell: str) -> str:
    """A cell's text without markup and surrounding white space."""
    return " ".join(_MARKUP.sub("", cell).split())


def is_number(cell: str) -> bool:
    """Whether a cell holds one number, perhaps with a unit, and nothing else."""
    return _NUMBER.fullmatch(plain(cell)) is not None


def unit_of(name: str) -> str:
    """The name of a unit: `€`, `EUR` and `euros` are one, and so are `Kg` and `kg`."""
    name = name.strip().rstrip(".,;:").casefold()
    currency, space, rate = name.partition(" ")
    return CURRENCIES.get(name) or f"{CURRENCIES.get(currency, currency)}{space}{rate}"


def header_unit(header: str) -> str:
    """The unit that a column's name states: `Amount (EUR)`, `Price in €`, `Used kWh`; empty for none."""
    match = _HEADER_UNIT.search(header)
    name = (match[1] or match[2] or match[3]) if match else ""
    words = folded(header).split()
    known = next((unit_of(word) for word in words if word in CURRENCIES), "")
    if not known and (last := header.split()[-1:]) and last[0].casefold() in measures.SYMBOLS:
        known = last[0]
    unit = CURRENCIES.get(name.strip().casefold(), name.strip()) if name else known
    return "" if any(character.isdigit() for character in unit) or " " in unit else unit


def column(
    cells: Sequence[str],
    header: str = "",
    *,
    units: Sequence[str] | None = None,
    decimal_point: bool = False,
) -> NumberColumn | None:
    """The numbers in a column; None when cells are neither numbers nor empty, or the notation is not clear.
    A few cells may have a word instead, such as `left` for a pupil without a mark.

    header: the column's name, whose unit counts for cells without one.
    units: the unit of each cell, where another column says it.
    decimal_point: whether the numbers were written by a program that writes a decimal point (xlsx).
    """
    texts = [plain(cell) for cell in cells]
    matches = [_NUMBER.fullmatch(text) for text in texts]
    others = [
        text for match, text in zip(matches, texts, strict=True) if match is None and _holds_a_value(text)
    ]
    few = len(others) <= MOST_REMARKS * sum(match is not None for match in matches)
    if others and not (few and all(text.replace(" ", "").isalpha() for text in others)):
        return None
    if any(match and folded(_own_unit(match)) in MONTHS for match in matches):
        return None  # Days such as `28 Jun`.
    if len({text[-1] for text in texts if _LETTERED.fullmatch(text)}) > 1:
        return None  # Names such as `12A` and `12B`.
    digits = [match["digits"] for match in matches if match]
    comma = _writes_commas([number for number in digits if not decimal_point or "," in number])
    if not digits or comma is None:
        return None
    defaults = [unit_of(unit) for unit in units] if units else [header_unit(header)] * len(texts)
    values = [
        _quantity(match, comma, unit, decimal_point) for match, unit in zip(matches, defaults, strict=True)
    ]
    stated = {value.unit for value in values if value}
    plurals = {name: f"{name}s" for name in stated if f"{name}s" in stated}
    spelled: dict[str, str] = {}
    for unit in (header_unit(header), *(_own_unit(match) for match in matches if match)):
        if unit_of(unit) == unit.casefold():
            spelled.setdefault(unit.casefold(), unit)

    def in_one_form(value: Amount) -> Amount:
        unit = plurals.get(value.unit, value.unit)
        return Amount(value.value, spelled.get(unit, unit))

    return NumberColumn(tuple(value and in_one_form(value) for value in values), comma)


def written(quantity: Amount, *, comma: bool) -> str:
    """A quantity as text, in the notation of its column; money with two decimals unless it is whole."""
    value = quantity.value
    if quantity.unit.partition(" ")[0] in CURRENCIES.values() and value.as_tuple().exponent == -1:
        value = value.quantize(Decimal("0.01"))
    text = f"{value:,f}"
    if comma:
        text = text.translate(str.maketrans(",.", ".,"))
    return with_unit(text, quantity.unit)


def with_unit(number: str, unit: str) -> str:
    """A number in digits with its unit; unchanged if it has one already, or none is known."""
    if not unit or not set(number) <= _OF_NUMBERS:
        return number
    currency, space, rate = unit.partition(" ")
    sign = _SIGNS_BEFORE.get(currency, "")
    if scaled := _SCALED.fullmatch(unit):
        sign, space, rate = scaled.groups()
    if sign:
        amount = f"-{sign}{number[1:]}" if number.startswith("-") else f"{sign}{number}"
        return f"{amount}{space}{rate}"
    return f"{number}{'' if unit == '%' else ' '}{unit}"


def by_unit(amounts: Sequence[Amount], combine: Callable[[list[Decimal]], Decimal | int]) -> list[Amount]:
    """The quantities of each unit combined: added up, for example. Units keep their order."""
    units = dict.fromkeys(amount.unit for amount in amounts)
    return [
        Amount(Decimal(combine([amount.value for amount in amounts if amount.unit == unit])), unit)
        for unit in units
    ]


def mean(amounts: Sequence[Amount]) -> Amount:
    """The mean of amounts of one unit, with two decimals or as many as the amounts have, rounded half up."""
    total = sum((amount.value for amount in amounts), Decimal(0))
    exponents = (amount.value.as_tuple().exponent for amount in amounts)
    places = Decimal(1).scaleb(min(-2, *(each for each in exponents if isinstance(each, int)), 0))
    return Amount((total / len(amounts)).quantize(places, ROUND_HALF_UP), amounts[0].unit)


def _holds_a_value(text: str) -> bool:
    """Whether a cell says something, and not only that it has no value: `not valued`, `abs`, `tbc`."""
    return bool(text) and _NO_VALUE.fullmatch(folded(text)) is None


def _writes_commas(digits: Sequence[str]) -> bool | None:
    """Whether the decimals of these numbers follow a comma; None when that is not clear."""
    votes = {vote for number in digits if (vote := _vote(number)) is not None}
    if len(votes) > 1:
        return None
    if votes:
        return votes.pop()
    marks = {mark for number in digits for mark in ".," if mark in number}
    if marks == {"."}:
        # Groups of three after a full stop: thousands here, decimals there.
        return None
    return False


def _vote(number: str) -> bool | None:
    """Whether one number shows that decimals follow a comma; None when it shows nothing."""
    last = max(number.rfind("."), number.rfind(","))
    if last < 0:
        return None
    mark = number[last]
    if number.count(mark) > 1:  # It separates groups.
        return mark == "."
    other = "," if mark == "." else "."
    decimals = len(number) - last - 1
    grouped = re.search(r"['’\u00a0\u202f ]", number[:last])
    if other in number or decimals != 3 or number[:last] in {"", "0"} or grouped or last > 3:
        return mark == ","
    return None


def _quantity(match: "re.Match[str] | None", comma: bool, unit: str, decimal_point: bool) -> Amount | None:
    if match is None:
        return None
    digits = re.sub(r"['’\u00a0\u202f ]", "", match["digits"])
    # A sheet may also hold numbers as text, in the notation of the person who typed them.
    if not decimal_point or "," in digits:
        digits = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    value = Decimal(digits)
    if match["scale"]:
        value = Decimal(f"{(1000 * value).normalize():f}")
    entry = _own_unit(match).casefold()
    negative = match["sign"] in {"-", "\u2212", "–"} or match["minus"] or match["trailing"] or entry == "cr"
    if negative or (match["open"] and match["close"]):
        value = -value
    own = "" if entry in _ENTRIES else unit_of(_own_unit(match))
    return Amount(value, own or unit)


def _own_unit(match: re.Match[str]) -> str:
    """The unit beside a number as it is written, a rate with its currency: `£ a day`; empty without one."""
    after = (match["after"] or "").lstrip(".,-–").strip().rstrip(".,;:")
    before = (match["before"] or "").strip()
    return after if after.casefold() in CURRENCIES else f"{before} {after}".strip()
