"""Text as a person reads it: one digit, one space and one hyphen for all the characters that look like them.

Sensitive text is searched for in folded text, so that other digits, invisible characters or a non-breaking
space do not hide a number. `Folded` leads from a place in the folded text back to the text itself.
"""

import functools
import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass

_LOOKALIKES = str.maketrans(
    "АВСЕНІЈКМОРЅТХУΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",  # noqa: RUF001
    "ABCEHIJKMOPSTXYABEZHIKMNOPTYX",
)
"""Capital letters of other scripts that look like Latin ones."""


_SMALL_DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"
_RAISED = re.compile(rf"[{_SMALL_DIGITS}](?:[ .\-A-Za-z]{{0,2}}[{_SMALL_DIGITS}]){{5}}")
"""Raised or lowered digits that are more than the number of a footnote."""


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text."""

    text: str
    """The text in which numbers are searched for."""
    _removed: tuple[int, ...]
    """For each character that was left out, how many characters of `text` are before it."""

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The place in the original text of `text[start:end]`, which is not empty."""
        if not self._removed:
            return start, end
        last = end - 1
        return (
            start + bisect_right(self._removed, start),
            last + bisect_right(self._removed, last) + 1,
        )


def fold(text: str) -> Folded:
    """Folds a text. Characters become one character or none, so line breaks stay where they are."""
    if text.isascii():
        return Folded(text, ())
    table = {ord(character): _folded(character) for character in set(text) if not character.isascii()}
    if _RAISED.search(text):
        table |= {ord(character): unicodedata.normalize("NFKC", character) for character in _SMALL_DIGITS}
    gone = {chr(code) for code, folded in table.items() if folded == ""}
    if not gone:
        return Folded(text.translate(table), ())
    removed: list[int] = []
    for position, character in enumerate(text):
        if character in gone:
            removed.append(position - len(removed))
    return Folded(text.translate(table), tuple(removed))


@functools.cache
def _folded(character: str) -> str:
    """What a character is read as: itself, another character, or nothing."""
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category in ("Zl", "Zp"):
        return "\n"
    if category == "Zs":
        return " "
    if category == "Pd" or character in "\N{MINUS SIGN}\N{HYPHEN BULLET}\N{SMALL HYPHEN-MINUS}":
        return "-"
    if character in _SMALL_DIGITS:
        return character  # The number of a footnote, which belongs to no number before it.
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain.isascii():
        return plain
    return character.translate(_LOOKALIKES)
