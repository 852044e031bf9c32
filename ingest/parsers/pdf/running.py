"""Which lines of a PDF are running headers and footers: they repeat at the edge of page after page.

A line that is left out by mistake is lost, and a header that stays does little harm. So a line counts as
running only if it repeats word for word, or if its page number alone differs and counts as the pages do. A
line with an amount, a date, an identifier, or a value after its label is never running, however often it
repeats.
"""

import re
from collections import Counter
from collections.abc import Sequence

from ingest.language.pages import OF_WORDS, PAGE_ENDINGS, PAGE_WORDS
from ingest.parsers.pdf.lines import PageLine
from ingest.parsers.pdf.tables import CELL_SEPARATOR

EDGE_LINES = 3
"""Lines at the top and at the bottom of a page that may be running headers or footers."""
RUNNING_SHARE = 0.4
"""Minimum share of the pages (and at least `LEAST_PAGES` of them) on which a running line appears."""
LEAST_PAGES = 3
"""Minimum number of pages on which a running line appears."""
HIGHEST_OFFSET = 999
"""Maximum difference between a page number without such a word and the position of its page: a larger number
that counts up from page to page may be the number of an invoice."""
LABEL_WORDS = 4
"""Maximum number of words of a label before a colon."""

_Part = tuple[str, int]
"""A part of a line: its words, and its page number minus the position of the page, or 0."""


def _any_of(words: frozenset[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_NUMBER = r"(?P<number>\d{1,4}|[ivxlc]{1,8})"
_OF = rf"(?:\s*(?:{_any_of(OF_WORDS)})\s*(?P<total>\d{{1,5}}))?"
_DECORATION = r"[^\w%€$£¥+#№]*"
_PAGE_NUMBER = re.compile(
    rf"{_DECORATION}?(?:(?P<word>\b(?:{_any_of(PAGE_WORDS)}))\b\.?:?\s*|(?P<chapter>[a-z]|\d{{1,2}})[-–])?"
    rf"{_NUMBER}{_OF}\s*(?P<ending>{_any_of(PAGE_ENDINGS)})?{_DECORATION}"
)
"""A page number and nothing else, in lower case."""
_LAST_NUMBER = re.compile(rf"(?P<text>.*\S)\s+(?P<page>(?:{_any_of(PAGE_WORDS)})\b\.?\s*\d{{1,4}}{_OF}\W*)")
"""Words, and at their end a page number that is said to be one, in lower case."""
_FIRST_NUMBER = re.compile(rf"(?P<page>(?:{_any_of(PAGE_WORDS)})\b\.?\s*\d{{1,4}}{_OF})\W*\s(?P<text>\S.*)")
_APART = re.compile(rf"{CELL_SEPARATOR}\s*|\s[|•·–—]\s|\s*\|\s*")
"""What separates the parts of a header."""
_YEAR = re.compile(r"(?:19|20)\d\d")
_VALUE = re.compile(rf"(?:[^\s:]+ ){{0,{LABEL_WORDS - 1}}}[^\s:]+ ?: *\S")
"""A label and the beginning of its value."""
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def running_lines(pages: Sequence[Sequence[PageLine]]) -> list[frozenset[int]]:
    """For each page, the indices of its lines that are running headers or footers."""
    found = [
        {index: key for index in _edge(len(lines)) if (key := _key(lines[index], number))}
        for number, lines in enumerate(pages)
    ]
    counts = Counter(key for keys in found for key in set(keys.values()))
    least = max(LEAST_PAGES, RUNNING_SHARE * sum(map(bool, pages)))

    def repeats(key: tuple[_Part, ...]) -> bool:
        # Page numbers start again, and front matter has its own, so they need not reach the share.
        is_number = all(not words or words.startswith("#") for words, _ in key)
        return counts[key] >= (LEAST_PAGES if is_number else least)

    return [frozenset(index for index, key in keys.items() if repeats(key)) for keys in found]


def _edge(count: int) -> list[int]:
    """The indices of the lines at the edges of a page with `count` lines."""
    return [index for index in range(count) if index < EDGE_LINES or index >= count - EDGE_LINES]


def _key(line: PageLine, number: int) -> tuple[_Part, ...] | None:
    """What a running line has in common with the same line of other pages; None for any other line.

    number: the position of its page.
    """
    parts: list[_Part] = []
    for piece in filter(None, _APART.split(line.text.casefold().strip())):
        ends = _LAST_NUMBER.fullmatch(piece) or _FIRST_NUMBER.fullmatch(piece)
        is_divided = ends is not None and _page_number(piece, number) is None
        for text in (ends["text"], ends["page"]) if ends and is_divided else (piece,):
            part = _page_number(text, number) or _words(text)
            if part is None:
                return None
            parts.append(part)
    # The header of a table is at the top of every page that the table is on.
    is_header = line.is_row and not any(words.startswith("#") for words, _ in parts)
    return None if is_header else tuple(parts) or None


def _page_number(text: str, number: int) -> _Part | None:
    """The part as a page number; None if it is not one."""
    match = _PAGE_NUMBER.fullmatch(text)
    if match is None:
        return None
    value = int(match["number"]) if match["number"].isdecimal() else _roman(match["number"])
    is_said = match["word"] or match["total"] or match["ending"]
    if not is_said and (value - number > HIGHEST_OFFSET or _YEAR.fullmatch(match["number"])):
        return None
    return f"#{match['word'] or ''}{match['chapter'] or ''}/{match['total'] or ''}", value - number


def _words(text: str) -> _Part | None:
    """The part that is words; None if it says more than a header does."""
    if re.search(r"\d", _YEAR_ALONE.sub("", text)) or _VALUE.match(text):
        return None
    return " ".join(text.split()), 0


_YEAR_ALONE = re.compile(rf"(?<![\w.,/-]){_YEAR.pattern}(?:[-–/](?:{_YEAR.pattern}|\d\d))?(?![\w/-]|[.,]\d)")
"""A year, or two, that is not part of a date or an amount."""


def _roman(text: str) -> int:
    values = [_ROMAN[letter] for letter in text]
    return sum(
        -value if any(value < after for after in values[place + 1 : place + 2]) else value
        for place, value in enumerate(values)
    )
