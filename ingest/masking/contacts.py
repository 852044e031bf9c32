"""E-mail addresses and telephone numbers."""

import re
from collections.abc import Iterator

from ingest.language.telephones import TELEPHONES
from ingest.masking.findings import Finding, last

_AT = re.compile(r"[ ]{0,2}@[ ]{0,2}|[ ]{0,2}[\[({](?:at|@)[\])}][ ]{0,2}", re.IGNORECASE)
_BEFORE_AT = re.compile(r"[\w.+'%&$#*=!~/?-]{1,64}\Z")
_AFTER_AT = re.compile(
    r"[^\W_](?:[\w-]{0,62}(?:\.|[ ]?[\[({](?:dot|punkt|point|punto|\.)[\])}][ ]?|\.?-?\r?\n))"
    r"(?:[^\W_][\w-]{0,62}\.){0,6}[^\W\d_](?:[\w-]{0,61}[^\W_])",
    re.IGNORECASE,
)

_EXTENSION = r"(?:[ ]?(?:x|ext\.?)[ ]?\d{1,6})?"
"""The number of a line behind a switchboard."""

_FOREIGN = re.compile(
    rf"(?<![\w./@#=+-])(?:\+|00)[ ]?\(?[1-9](?:[ ()./\-\n]{{0,3}}\d){{6,14}}{_EXTENSION}(?!\w)"
)
"""A number with the code of its country."""

_NATIONAL = re.compile(
    r"(?<![\w./@#=$€£+-])(?<!\d )(?:\(0\d{1,5}\)|0\d{1,5}[ /\-])(?:[ ./\-]{0,3}\d){4,10}(?![\w/:%€$£]|\.\d)"
)
"""A number that begins with the code of its area, and a zero."""

_AMERICAN = re.compile(
    r"(?<![\w./@#=$€£+-])(?<!\d )(?:1[ .-])?(?:\([2-9]\d\d\)[ ]?|[2-9]\d\d[ .-])\d{3}[ .-]\d{4}"
    rf"{_EXTENSION}(?![\w-]|\.\d)"
)
"""A number of North America as it is printed."""

_DIGITS = re.compile(rf"(?<![\w.,])\+?\(?\d(?:[ ()./\-]{{0,3}}\d){{5,15}}{_EXTENSION}(?!\w)")
"""What may be a number of any kind."""

_NAME = re.compile(
    rf"(?<!\w)(?:{'|'.join(TELEPHONES)})\.?(?:[ ]?(?:no|nr|number|num(?:mer|éro|ero)?|n°)\.?)?"
    r"[ \t|*:(]{0,8}\n?[ \t|*]{0,4}\Z",
    re.IGNORECASE,
)
_LONGEST_NAME = 50
"""The word for a telephone number before it, and how far before it is searched for."""

_REGIONS = ("DE", "FR", "GB", "IT", "NL", "AT", "CH", "BE", "SE", "AU")
"""Countries whose numbers begin with a zero."""


def email_addresses(text: str) -> Iterator[Finding]:
    """E-mail addresses, also those that avoid the sign @."""
    for match in _AT.finditer(text):
        before = _BEFORE_AT.search(text, max(0, match.start() - 64), match.start())
        after = _AFTER_AT.match(text, match.end())
        if before and after and before.group().strip(".'"):
            start = before.start() + len(before.group()) - len(before.group().lstrip(".'*=/"))
            yield Finding(start, after.end())


def telephone_numbers(text: str) -> Iterator[Finding]:
    """Telephone numbers that are valid in their country, or are called telephone numbers."""
    for match in _DIGITS.finditer(text):
        if _NAME.search(text, max(0, match.start() - _LONGEST_NAME), match.start()):
            yield _finding(match.start(), match.end(), match.group())
    for pattern, regions in ((_FOREIGN, (None,)), (_NATIONAL, _REGIONS), (_AMERICAN, ("US",))):
        for match in pattern.finditer(text):
            if any(_is_valid(match.group(), region) for region in regions):
                yield _finding(match.start(), match.end(), match.group())


def _finding(start: int, end: int, number: str) -> Finding:
    return Finding(start, end, last(re.sub(r"\D", "", number), 2))


def _is_valid(number: str, region: str | None) -> bool:
    # 0.05 s to import.
    import phonenumbers

    number = number.replace("\n", " ")
    if region is None:
        number = "+" + number.lstrip("+").removeprefix("00").replace("(0)", "")
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(number, region)))
    except phonenumbers.NumberParseException:
        return False
