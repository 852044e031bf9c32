"""Text into sentences, by rule and for all languages at once (`ingest.language`).

Chunks are divided between sentences, and answers and passages are checked and quoted by the sentence. Where a
full stop may belong to an abbreviation, no sentence ends: joining two sentences does less harm than
cutting one.
"""

import re

from ingest.language import ABBREVIATIONS, CLOSED_STOPS, NUMERIC_ABBREVIATIONS, ORDINAL_MONTHS, STOPS

_CITATION_MARKERS = r"(?:[ ]?\[\d{1,3}\])*+"

_STOP = re.compile(
    rf"""
    (?<![{STOPS}]) (?P<stop> [{STOPS}]++ ) [)\]"'”’»›*_`]*+ {_CITATION_MARKERS} (?=\s)
    | [{CLOSED_STOPS}]+ [」』”’）】》"')]* {_CITATION_MARKERS}
    | \n (?= [ \t]*
        (?: \n | [-*+•◦▪●‣–—·][ \t] | \(?\d{{1,2}}[.)][ \t] | \(?[a-z]\)[ \t] | \#{{1,6}}[ ] | \| )
      )
    """,
    re.VERBOSE,
)
"""Where a sentence may end: after a stop, or before a list item, a heading, a table row or a blank line."""

_LAST_WORD = re.compile(r"[^\s(\[\"'“„«]*$")
_ENUMERATION = re.compile(r"[-*+•◦▪●‣–—·(\s]*(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxIVX]{1,4})")
_DOTTED = re.compile(r"[^\W\d_]{1,3}(?:\.[^\W\d_]{1,3})+")
_MONTH = re.compile(rf"(?:{'|'.join(sorted(ORDINAL_MONTHS))})[a-z]*\b")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence of `text`, in order. Everything but white space is in exactly one.

    A line end is white space, except before a list item, a heading, a table row or a blank line. Markers of
    citations (`[1]`) after a stop belong to the sentence before them.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _STOP.finditer(text):
        if match["stop"] and not _ends_sentence(text, start, match):
            continue
        _append(spans, text, start, match.end())
        start = match.end()
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    """Adds the span without the white space around it, unless nothing is left."""
    piece = text[start:end]
    length = len(piece.strip())
    if length:
        start += len(piece) - len(piece.lstrip())
        spans.append((start, start + length))


def _ends_sentence(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether the matched stop ends the sentence that began at `start`."""
    after = match.end()
    while after < len(text) and text[after].isspace():
        after += 1
    if after == len(text):
        return True
    follows = text[after]
    if follows.islower() or follows in ",;:":
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
        # A German date: "am 3. Oktober".
        return len(name) > 2 or not _MONTH.match(text, after)
    # An initial ("J. Smith"), or an abbreviation with stops of its own ("U.S. Senate").
    letters = name.strip("*_-")
    initial = len(letters) == 1 and letters.isalpha()
    return not (initial or name in ABBREVIATIONS or _DOTTED.fullmatch(name))
