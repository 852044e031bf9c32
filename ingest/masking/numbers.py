"""Numbers that prove themselves by check digits: payment cards, IBANs and VAT numbers.

Each may be printed in groups, and a group may end with a line. Only the whole number counts: digits or
letters that touch it make it another number.
"""

import re
from collections.abc import Iterator

from ingest.masking.findings import SEPARATOR, Finding, last

_DIGITS = re.compile(rf"\d(?:{SEPARATOR}?\d){{11,}}")
"""A row of groups of digits that is long enough for a card."""

_GROUP = re.compile(r"\d+")

_CARDS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|"
    r"3(?:0[0-5]\d|095|[689]\d\d)\d{10,15}|35(?:2[89]|[3-8]\d)\d{12,15}|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|"
    r"(?:62|81)\d{14,17}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}|220[0-4]\d{12,15}|"
    r"(?:2131|1800)\d{11}|(?:506[01]|507[89]|6500|508\d|60\d\d|9792)\d{12,15}"
)
"""Numbers that the issuers of cards give out."""

_FIRST_DIGITS = "12345689"

_PRINTED = {
    12: {4, 8},
    13: {4, 8, 12},
    14: {4, 10},
    15: {4, 10},
    16: {4, 8, 12},
    17: {4, 8, 12, 16},
    18: {4, 8, 12, 16},
    19: {4, 8, 12, 16},
}
"""Where cards of so many digits are divided."""

_MOST_GROUPS = 6
"""Groups of a card that is divided as none is printed."""

_LETTERS_BEFORE = re.compile(r"[^\W\d_]+\Z")
_LETTERS_AFTER = re.compile(r"[^\W\d_]+")
_CODE = re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=IBAN))(?!IBAN)([A-Z] ?[A-Z])(?={SEPARATOR}?\d)", re.IGNORECASE)
_ALPHANUMERIC = re.compile(rf"{SEPARATOR}?([A-Za-z0-9])")

_VAT = re.compile(
    r"(?<![A-Za-z0-9])(AT|BE|BG|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IT|LT|LU|LV|MT|NL|NO|PL|PT|RO|SE|SI|"
    rf"SK|XI|CHE)(?={SEPARATOR}?[A-Z0-9])"
)
_VAT_LENGTHS = range(9, 17)

IBAN_LENGTHS = range(15, 35)
"""How many characters an IBAN has."""


def cards(text: str) -> Iterator[Finding]:
    """Numbers of payment cards."""
    for row in _DIGITS.finditer(text):
        groups = [(match.start(), match.end()) for match in _GROUP.finditer(text, row.start(), row.end())]
        first = 0
        while first < len(groups):
            end = _card(text, groups, first)
            if end:
                yield Finding(groups[first][0], groups[end - 1][1], last(_digits(text, groups[first:end]), 4))
            first = end or first + 1


def _card(text: str, groups: list[tuple[int, int]], first: int) -> int:
    """The index after the last group of the card that begins with group `first`; 0 if none does."""
    start = groups[first][0]
    if text[start] not in _FIRST_DIGITS or _touches(text, start, groups[first][1]):
        return 0
    number = ""
    found = 0
    for index in range(first, len(groups)):
        begin, end = groups[index]
        number += text[begin:end]
        if len(number) > 19:
            break
        if len(number) < 12 or not _CARDS.fullmatch(number):
            continue
        if (
            _luhn(number)
            and not _is_followed(text, end)
            and _is_grouped(text, groups, first, index + 1, len(number))
        ):
            found = index + 1
    return found


def _is_grouped(text: str, groups: list[tuple[int, int]], first: int, end: int, length: int) -> bool:
    """Whether the groups are those of a card: as printed, digit by digit, or all that stand together."""
    cuts = set()
    position = 0
    gaps = set()
    for before, after in zip(groups[first : end - 1], groups[first + 1 : end], strict=True):
        position += before[1] - before[0]
        gap = text[before[1] : after[0]]
        if "\n" not in gap:
            cuts.add(position)
            gaps.add(gap)
    if cuts <= _PRINTED[length] and not (gaps & {"."} and len(gaps) > 1):
        return True
    if any("." in gap for gap in gaps):
        return False
    if len(gaps) == 1 and len(cuts) >= length - 2:
        return True
    # Axes of charts and columns of tables are rows of many short numbers.
    return first == 0 and end == len(groups) <= _MOST_GROUPS and all(len(gap) == 1 for gap in gaps)


def _touches(text: str, start: int, end: int) -> bool:
    """Whether the digits at `start` belong to something else: a fraction, or a word with digits in it."""
    before = text[max(0, start - 12) : start]
    if re.search(r"\d\.\Z", before) and end - start > 6:
        return True
    letters = _LETTERS_BEFORE.search(before)
    if letters is None:
        return False
    # A word may touch the number; a single letter or hexadecimal digits are part of it.
    return _belongs(letters.group(), before[: letters.start()][-1:])


def _is_followed(text: str, end: int) -> bool:
    """Whether letters after the digits belong to them, and make them something else."""
    letters = _LETTERS_AFTER.match(text, end)
    return letters is not None and _belongs(letters.group(), text[letters.end() : letters.end() + 1])


def _belongs(word: str, beyond: str) -> bool:
    """Whether letters that touch digits are no word of their own.

    beyond: what touches the letters on their other side.
    """
    return len(word) < 2 or not set(word.lower()) - set("abcdef") or beyond.isdigit()


def _luhn(number: str) -> bool:
    """Whether the check digit is right (ISO/IEC 7812-1), for a number that is not one digit repeated."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0 and len(set(number)) > 1


def _digits(text: str, groups: list[tuple[int, int]]) -> str:
    return "".join(text[start:end] for start, end in groups)


def ibans(text: str) -> Iterator[Finding]:
    """International bank account numbers."""
    position = 0
    for match in _CODE.finditer(text):
        if match.start() < position:
            continue
        start = match.start(1)
        for number, end in _prefixes(text, start, IBAN_LENGTHS):
            if number[2:4].isdigit() and _is_iban(number):
                yield Finding(start, end, last(number, 4))
                position = end
                break


def _is_iban(number: str) -> bool:
    # 4 ms to import.
    from stdnum import iban

    # The check digits of a country within its IBANs are left out: the IBAN's own suffice, and few check them.
    return bool(iban.is_valid(number, check_country=False))


def vat_numbers(text: str) -> Iterator[Finding]:
    """VAT numbers of European countries, with the letters of the country."""
    position = 0
    for match in _VAT.finditer(text):
        if match.start() < position:
            continue
        best = None
        for number, end in _prefixes(text, match.start(), _VAT_LENGTHS):
            if sum(map(str.isdigit, number)) >= 7 and _is_vat(number):
                best = Finding(match.start(), end, last(number, 2))
        if best:
            yield best
            position = best.end


def _is_vat(number: str) -> bool:
    # Each country's module is imported when it is first needed.
    from stdnum.ch import uid
    from stdnum.eu import vat
    from stdnum.gb import vat as british
    from stdnum.no import mva

    if number.startswith("CHE"):
        return bool(uid.is_valid(number[:12])) and number[12:] in ("", "MWST", "TVA", "IVA")
    if number.startswith("NO"):
        return bool(mva.is_valid(number[2:].removesuffix("MVA")))
    if number.startswith(("GB", "XI")):
        return bool(british.is_valid(number[2:]))
    return bool(vat.is_valid(number))


def _prefixes(text: str, start: int, lengths: range) -> Iterator[tuple[str, int]]:
    """The beginnings of the letters and digits at `start` that end where a group may end, without separators.

    lengths: how many characters they have.
    """
    number = ""
    position = start
    while len(number) < lengths.stop and (match := _ALPHANUMERIC.match(text, position)):
        # A word may touch the number.
        is_end = match.start(1) > position or (match.group(1).isalpha() and number[-1:].isdigit())
        if len(number) in lengths and is_end:
            yield number, position
        number += match.group(1).upper()
        position = match.end()
    if len(number) in lengths and not text[position : position + 1].isalnum():
        yield number, position
