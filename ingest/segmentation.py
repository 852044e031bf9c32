"""Text into sentences, by rule and for all languages at once (`ingest.language`).

Chunks are divided between sentences, and answers and passages are checked and quoted by the sentence. Where a
full stop may belong to an abbreviation, no sentence ends: joining two sentences does less harm than
cutting one.

The lines of a document say more than its stops. A heading, a line of a form (`Tenant: …`) or of settings
(`port = 8443`) is a unit of its own, although no stop ends it, and so is a row of a table (`typedtables`). A
wrapped line continues in the next one, so a line ends a unit only if the first word of the next would
have fitted into it.
"""

import re
from collections.abc import Iterator
from itertools import groupby, pairwise

from ingest.language import ABBREVIATIONS, CLOSED_STOPS, NUMERIC_ABBREVIATIONS, ORDINAL_NOUNS, STOPS, UNSPACED
from ingest.mailheaders import header_lines
from ingest.typedtables import typed_tables

_CITATION_MARKERS = r"(?:[ ]?\[\d{1,3}\])*+"

_STOP = re.compile(
    rf"""
    (?<![{STOPS}]) (?P<stop> [{STOPS}]++ ) [)\]"'”’»›*_`]*+ {_CITATION_MARKERS} (?=\s)
    | [{CLOSED_STOPS}]+ [」』”’）】》"')]* {_CITATION_MARKERS}
    | \n (?= [ \t>]*
        (?: \n | [-*+•◦▪●‣–—·][ \t] | \(?\d{{1,2}}[.)][ \t] | \(?[a-z]\)[ \t] | \#{{1,6}}[ ] | \|
          | \\(?:item|begin|end|(?:sub)*section|paragraph|caption)\b )
      )
    """,
    re.VERBOSE,
)
"""Where a sentence may end: after a stop, or before a list item, a heading, a table row or a blank line.
Marks of quoted mail (`>`) before them, or alone on a line, change nothing."""

_LINE_END = re.compile(r"\n")
_LAST_WORD = re.compile(r"[^\s(\[\"'“„«]*$")
_ENUMERATION = re.compile(r"[-*+•◦▪●‣–—·(\s]*(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,4})")
_DOTTED = re.compile(r"[^\W\d_]{1,3}(?:\.[^\W\d_]{1,3})+")
_ORDINAL_NOUN = re.compile(rf"(?:{'|'.join(sorted(ORDINAL_NOUNS))})[a-z]*\b")

WRAPPED_SHARE = 0.8
"""Share of the longest line of a paragraph that a line must fill, with the first word of the next line, to
count as wrapped. Lines of proportional type differ in their characters."""

LONGEST_HEADING = 80
"""Characters of a line that may be a heading without a mark."""

_LABEL_LINE = re.compile(
    r"""
    (?: [-*+•◦▪●‣·][ \t]+ | \(?\d{1,2}[.)][ \t]+ )? (?: [*_]{1,2} )?
    (?: (?! [a-z]) [^\W\d_] [^\s:：=|!?]* (?: [ ][^\s:：=|!?]+ ){0,5} [ ]? [*_]{0,2}
        (?: :[*_]{0,2}(?: \s | $ ) | ： )
      | [\w.-]+ [ ]? (?: = | :\s | ： )
    )
    """,
    re.VERBOSE,
)
"""A line of a form, or a key with its value."""
_LEADERS = re.compile(r"(?:[.·…] ?){5,}")
"""Dots that lead to a page number or an amount."""
CONTENTS_LINE = re.compile(
    rf"{_LEADERS.pattern}\s*(?:\d{{1,4}}|[ivxlc]{{1,6}})?[ \t]*$", re.IGNORECASE | re.MULTILINE
)
"""A line of a table of contents, whose dots lead to a page number."""
_CELL_END = " | "
"""Between the cells of a row of a workbook."""
GAP = re.compile(r"(?: {3,}|\t) *(?=\S)")
"""Between the cells of a row that a PDF or plain text sets in columns."""
_SPACED_ROW = re.compile(rf"\S{GAP.pattern}\S.*?\S{GAP.pattern}")
_RUN_IN_HEADING = re.compile(
    r"^[ \t>]*(?:[-*+•◦▪●‣·][ \t]+)?[*_]{0,2}"
    r"(?:(?:\(?\d{1,2}(?:\.\d{1,2})*[.)]?|\(?[a-z]\)|§ ?\d+)[ \t]+[^\W\d_][^\s.]*(?:[ \t]+[^\s.]+){0,3}"
    r"|\(?\d{1,2}(?:\.\d{1,2})*[.)]?[ \t]+[*_]{1,3}[^\W\d_][^\s.*_]*(?:[ \t]+[^\s.*_]+){0,7}"
    r"|\d{1,4}[/-]\d{1,4}[.:]?[ \t]+[^\W\d_a-z][^\s.]*(?:[ \t]+[^\s.]+){0,3}"
    r"|(?<=[*_])[^\W\d_a-z][^\s.*_]*(?:[ \t]+[^\s.*_]+){0,4}"
    r"|[^\W\d_a-z][^\W\d_]{3,})"
    r"[*_]{0,2}\.[*_]{0,2}[ \t]",
    re.MULTILINE,
)
"""A heading with a stop whose text follows on the same line: `4. Deposit. 820 pounds`, `23/14 Pound. The`."""
_PARAGRAPH = re.compile(r"\n[ \t>]*\n")
"""Between two paragraphs."""
_STAMPED = re.compile(r"\[?\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? +\d{1,2}[:.]\d\d")
"""The beginning of a message in a chat, or of an entry in a log."""
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_KEYS_HEADING = re.compile(r"\[[^\[\]\n]+\]\s*|[\w.-]+:\s*")
"""The line above keys with their values."""
_MARKED_HEADING = re.compile(r"\#{1,6}[ ]")
_LATEX_LINE = re.compile(
    r"\\(?:begin|end|(?:sub)*section|paragraph|title|author|maketitle|label|usepackage)\b\S*$"
)
_DOCSTRING = ('"""', "'''")
_OPEN_END = re.compile(r"[,;，、；(\[{&/–—-]\s*$")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of `text`, in order. Everything but white space is in exactly one.

    A line end is white space, except before a list item, a heading, a table row or a blank line. Markers of
    citations (`[1]`) after a stop belong to the sentence before them.
    """
    return list(_spans(text, frozenset()))


def unit_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of what can be quoted of a document by itself, in order: the sentences of `text`,
    divided further where a line ends a heading or a line of a form. A heading on the same line as its text
    belongs to the first sentence of that text.
    """
    ends = frozenset((*_ends_of_lines(text), *_ends_of_certain_lines(text)))
    headings = frozenset(match.end() - 1 for match in _RUN_IN_HEADING.finditer(text))
    return list(_spans(text, ends, headings))


def run_in_heading(text: str, place: int) -> str:
    """The heading that begins the paragraph around `place`, with a stop and its text on the same line; empty
    without one."""
    heading = _run_in_heading(text, place)
    return heading[0].strip() if heading else ""


def headed_paragraph(text: str, place: int) -> tuple[int, int] | None:
    """Start and end of the paragraph around `place`, if such a heading begins it."""
    heading = _run_in_heading(text, place)
    if heading is None:
        return None
    ends = (pattern.search(text, place) for pattern in (_PARAGRAPH, _RUN_IN_HEADING))
    end = min((found.start() for found in ends if found), default=len(text))
    return heading.start(), len(text[:end].rstrip())


def _run_in_heading(text: str, place: int) -> re.Match[str] | None:
    """The last heading on the line of its text that begins before `place` in its paragraph."""
    start = max((found.end() for found in _PARAGRAPH.finditer(text, 0, place)), default=0)
    headings = list(_RUN_IN_HEADING.finditer(text, start, place))
    return headings[-1] if headings else None


def _spans(
    text: str, line_ends: frozenset[int], headings: frozenset[int] = frozenset()
) -> Iterator[tuple[int, int]]:
    """The sentences of `text`, divided at `line_ends` too, and not after `headings`."""
    start = 0
    for match in _STOP.finditer(text):
        if match.end() in headings or (match["stop"] and not _ends_sentence(text, start, match)):
            continue
        yield from _divided(text, start, match.end(), line_ends)
        start = match.end()
    yield from _divided(text, start, len(text), line_ends)


def _divided(text: str, start: int, end: int, line_ends: frozenset[int]) -> Iterator[tuple[int, int]]:
    """The span divided at `line_ends`, each part without the white space around it, if anything is left."""
    ends = [match.start() for match in _LINE_END.finditer(text, start, end) if match.start() in line_ends]
    for first, last in pairwise((start, *ends, end)):
        piece = text[first:last]
        if length := len(piece.strip()):
            first += len(piece) - len(piece.lstrip())
            yield first, first + length


def _ends_of_lines(text: str) -> Iterator[int]:
    """Where a line of `text` ends a unit, although no stop ends it."""
    end = 0
    for is_blank, grouped in groupby(text.split("\n"), key=lambda line: not line.strip(" \t\r>")):
        lines = list(grouped)
        bare = [line.lstrip(" \t>").rstrip() for line in lines]
        longest = max(map(len, lines))
        for place, line in enumerate(lines):
            end += len(line)
            before, after = bare[place], bare[place + 1] if place + 1 < len(lines) else ""
            if not is_blank and before and after and _ends_unit(before, after, longest):
                yield end
            end += 1


def _ends_of_certain_lines(text: str) -> Iterator[int]:
    """Where the lines of `text` end that are units of their own: rows of a typed table, header lines of
    mails.

    The lines above them end there too.
    """
    for table in typed_tables(text):
        for row in table.lines:
            yield from (row.start - 1, row.end)
    for line in header_lines(text):
        yield from (line.start - 1, line.end)


def _ends_unit(line: str, following: str, longest: int) -> bool:
    """Whether `line` does not go on in the `following` one; longest: characters of the longest line."""
    if _MARKED_HEADING.match(line) or line.startswith("|") or _LATEX_LINE.match(line):
        return True
    if (
        _LEADERS.search(line)
        or following.startswith(_DOCSTRING)
        or _CELL_END in line
        or _CELL_END in following
        or _SPACED_ROW.search(line)
        or _SPACED_ROW.search(following)
    ):
        return True
    if _STAMPED.match(following):
        return True
    is_label, follows_label = _LABEL_LINE.match(line) is not None, _LABEL_LINE.match(following) is not None
    if follows_label and (is_label or _KEYS_HEADING.fullmatch(line)):
        return True
    if following[0].islower() or _OPEN_END.search(line):
        return False
    if line.isupper() and not following.isupper():
        return True
    word = following.split(maxsplit=1)[0]
    needed = len(line) + 1 + (1 if _UNSPACED.match(word) else len(word))
    is_short = len(line) <= LONGEST_HEADING or is_label
    return is_short and needed <= WRAPPED_SHARE * longest


def _is_leader(text: str, match: re.Match[str]) -> bool:
    """Whether a stop is one of the spaced dots that lead to a page number."""
    return text[max(0, match.start() - 4) : match.start()].endswith((". ", "· ")) and match["stop"] == "."


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the matched stop ends the sentence that began at `start`."""
    after = match.end()
    while after < len(text) and text[after].isspace():
        after += 1
    if after == len(text):
        return True
    follows = text[after]
    if follows.islower() or follows in ",;:." or _is_leader(text, match) or GAP.match(text, match.end()):
        return False
    if match["stop"] != ".":
        # More than three are the dot leaders of a table of contents.
        return len(match["stop"]) <= 3 or "...." not in match["stop"]
    stop = match.start()
    while start < stop and text[start].isspace():
        start += 1
    # "1.", "2.3." and "a." begin a section or an item.
    if stop - start < 12 and _ENUMERATION.fullmatch(text, start, stop):
        return False
    word = _LAST_WORD.search(text, max(start, stop - 20), stop)
    name = word[0].lower() if word else ""
    if name in NUMERIC_ABBREVIATIONS:
        return not follows.isdigit()
    if name.isdigit():
        # A German date or floor: "am 3. Oktober", "im 3. Stock".
        return len(name) > 2 or not _ORDINAL_NOUN.match(text, after)
    # An initial ("J. Smith"), or an abbreviation with stops of its own ("U.S. Senate").
    letters = name.strip("*_-")
    initial = len(letters) == 1 and letters.isalpha()
    return not (initial or name in ABBREVIATIONS or _DOTTED.fullmatch(name))
