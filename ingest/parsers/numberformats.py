"""Numbers, dates and times of a spreadsheet's cells, as the sheet displays them: 25%, 1300.00 €, 007.

A format code (ECMA-376, part 1, 18.8.31) has up to four sections: for positive numbers, negative
numbers, zero and text. What changes the meaning is rendered: percent, currency, units, decimals, leading
zeros. Two things differ from the sheet on purpose. Thousands are not separated, and a date with a day is
written as 2024-03-05, because 1,720 and 05/03/2024 mean different things to different readers, and a
sheet shows each by the language of the computer. The library that renders format codes, ssf, has six
dependencies of its own, for calendars.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

_GENERAL = frozenset({"", "general", "@", "standard"})

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|(?P<bracket>\[[^\]]*\])'
    r"|[_*].|(?P<digits>[0#?][0#?.,]*|\.[0#?]+)|(?P<other>.)",
    re.DOTALL,
)
_SECTION_END = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_LITERAL = re.compile(r'"[^"]*"|\\.|\[\$[^\]]*\]|[_*].')
_CURRENCY = re.compile(r"\[\$[^\]]*\]")
_ZERO = re.compile(r'[0#]|"[^"]*[^\W\d_]')
"""Digits or a word in the section for zero."""
_UNRENDERED = re.compile(r"e[-+]|/|\[[<>=]", re.IGNORECASE)
"""Formats with exponents, fractions or conditions: such numbers are shown with all their digits."""


def shown(value: object, code: str) -> str:
    """The text of a cell with this value and format code. An empty cell has none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (datetime, date, time, timedelta)):
        return _shown_time(value, _bare(code))
    if isinstance(value, (int, float)):
        return _shown_number(value, code)
    return str(value)


def _bare(code: str) -> str:
    """A format code without its literal text, in lower case: the letters that stand for parts of a time."""
    return _LITERAL.sub("", code).lower()


def _shown_time(value: datetime | date | time | timedelta, code: str) -> str:
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        clock = f"{minutes // 60}:{minutes % 60:02}"
        return f"{clock}:{seconds:02}" if "s" in code else clock
    has_time = "h" in code or "s" in code
    if isinstance(value, time):
        return value.strftime("%H:%M:%S" if value.second or "s" in code else "%H:%M")
    if "d" not in code and "y" in code and not has_time:
        return value.strftime("%Y-%m" if "m" in code else "%Y")
    if not isinstance(value, datetime) or (not has_time and code not in _GENERAL) or value.time() == time():
        return value.strftime("%Y-%m-%d")
    return value.strftime("%Y-%m-%d %H:%M:%S" if value.second else "%Y-%m-%d %H:%M")


def _shown_number(value: float, code: str) -> str:
    sections = _SECTION_END.split(code)
    section = sections[0]
    if value < 0 and len(sections) > 1:
        section = sections[1]
    # Accounting formats show zero as a dash.
    elif value == 0 and len(sections) > 2 and _ZERO.search(_CURRENCY.sub("", sections[2])):
        section = sections[2]
    if section.strip().lower() in _GENERAL:
        # An empty section among several hides the number.
        return _plain(value) if section or len(sections) == 1 else ""
    if _UNRENDERED.search(_LITERAL.sub("", section)):
        return _plain(value)
    before, digits, after = _parts(section)
    literals = before + after
    if not digits:
        return " ".join(literals.split()) or _plain(value)
    number = Decimal(repr(abs(value))) * 100 ** literals.count("%")
    sign = "-" if value < 0 else ""
    return sign + " ".join((before + _rounded(number, digits) + after).replace("\xa0", " ").split())


def _parts(section: str) -> tuple[str, str, str]:
    """The text before the digits of a section, the pattern of the digits, and the text after them.

    Signs and brackets around negative numbers are left out. Digits in several groups, as those of a telephone
    number, are one pattern with the text between them.
    """
    tokens: list[tuple[bool, str]] = []
    for match in _TOKEN.finditer(section):
        if match["digits"]:
            tokens.append((True, match["digits"]))
        elif match["other"]:
            tokens.append((False, "" if match["other"] in "-+()" else match["other"]))
        else:
            tokens.append((False, match["quoted"] or match["escaped"] or match["currency"] or ""))
    places = [index for index, (is_digits, _) in enumerate(tokens) if is_digits]
    if not places:
        return "".join(text for _, text in tokens), "", ""
    # Between two groups of digits a hyphen is text.
    first, last = places[0], places[-1]
    between = re.search(r"[0#?].*[0#?.,]", section, re.DOTALL)
    digits = tokens[first][1] if first == last else re.sub(r'["\\]', "", between[0] if between else "")
    return (
        "".join(text for _, text in tokens[:first]),
        digits,
        "".join(text for _, text in tokens[last + 1 :]),
    )


def _rounded(number: Decimal, digits: str) -> str:
    """A number that is not negative in a pattern of digits, such as `#,##0.00` or `000-0000`."""
    if re.search(r"[^0#?.,]", digits):
        return _in_groups(number, digits)
    scaled = len(digits) - len(digits.rstrip(","))
    whole, _, fraction = digits.rstrip(",").replace(",", "").partition(".")
    number = (number / 1000**scaled).quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    integer, _, decimals = f"{number:f}".partition(".")
    least = len(fraction.rstrip("#?"))
    while len(decimals) > least and decimals.endswith("0"):
        decimals = decimals[:-1]
    integer = integer.zfill(whole.count("0"))
    return f"{integer}.{decimals}" if decimals else integer


def _in_groups(number: Decimal, digits: str) -> str:
    """A whole number laid out from the right over a pattern such as `000-0000`."""
    left = list(f"{number:.0f}")
    laid: list[str] = []
    for character in reversed(digits):
        if character not in "0#?":
            laid.append(character)
        elif left:
            laid.append(left.pop())
        elif character == "0":
            laid.append("0")
    return "".join([*left, *reversed(laid)])


def _plain(value: float) -> str:
    """A number with up to fifteen digits, as many as a spreadsheet keeps."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:.15g}"
    return f"{Decimal(text):f}" if "e" in text and abs(value) < 1e21 else text
