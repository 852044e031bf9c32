"""Shows quoted text as its document shows it: without the marks of Markdown, HTML and transcripts.

A quote stays verbatim in its citation, with its place in the document. What a person reads is made from it
here, in one place for the answer and for the lists of sources. The header of a table's row is found here too,
and the rest of a sentence that began on the page before gets dots.

Text that looks like a citation or a turn of the conversation gets other brackets
(`policies.hygiene.as_text`).
"""

import html
import re
from collections.abc import Sequence
from itertools import pairwise

from assistant.answers.belonging import is_list_item
from assistant.answers.records import is_separated, named_records
from assistant.dialogue import Citation, Passage
from ingest.documents import Locator
from ingest.segmentation import GAP, WRAPPED_SHARE
from ingest.typedtables import typed_tables
from policies.hygiene import as_text

_BULLET = re.compile(r"^\s*[-*+•◦▪●‣·]\s+")
_BLOCK_MARK = re.compile(r"^\s*(?:>\s*)*(?:\[![\w-]+\][+-]?\s*)?(?:#{1,6}\s+|\\item\s+|\"{3}|'{3})?")
_RULE = re.compile(
    r"^\s*(?:[-*_=]\s*){3,}$|^\s*\|?\s*:?-{2,}:?\s*(?:[|+]\s*:?-{2,}:?\s*)*\|?\s*$|^\s*```.*$"
    r"|^\s*:[\w-]+:(?:\s+\S+)?\s*$|^\s*\\(?:begin|end|maketitle|label|hline)\b\S*\s*$|^\s*(?:\"{3}|'{3})\s*$"
)
_CODE = re.compile(r"(`[^`\n]+`)")
_INLINE = (
    (re.compile(r"!\[([^\]\n]*)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"\[([^\]\n]+)\]\([^)\n]*\)"), r"\1"),
    (re.compile(r"!?\[\[(?:[^\]|\n]*\|)?([^\]|\n]+)\]\]"), r"\1"),
    (re.compile(r"\[\^[\w-]+\]"), ""),
    (re.compile(r"(\*\*\*|\*\*|__|==)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])"), r"\1"),
    (re.compile(r"(?<![\w_])_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?![\w_])"), r"\1"),
    (re.compile(r"<!--.*?-->|</?[A-Za-z][\w-]*(?:\s[^<>\n]*)?/?>", re.DOTALL), " "),
    (re.compile(r"[~ ]?\\(?:cite|ref|eqref|label|pageref)\w*(?:\[[^\]\n]*\])?\{[^{}\n]*\}"), ""),
    (
        re.compile(r"\\(?:emph|text\w*|math\w+|caption|title|author|(?:sub)*section)\*?\{([^{}\n]*)\}"),
        r"\1",
    ),
    (re.compile(r"(?<=[\w.])\\[,;: ](?=[\w\\])|(?<=\d)~(?=\w)"), " "),
    (re.compile(r"\{[a-z]+\}"), ""),
    (re.compile(r"\"{3}$|'{3}$"), ""),
)
"""Marks within a line, and what is left of them: pictures, links, notes, emphasis, tags, noises, LaTeX."""

_PARAGRAPHS = re.compile(r"\n\s*\n")
_ROW = " | "
"""What is between the cells of a table's row."""


def shown(quote: str) -> str:
    """`quote` as its document shows it: a line for each paragraph, or the lines of a list or table.

    A row of a table keeps a bar between its cells; `row_with_header` names them. A line much shorter than
    the longest one of its paragraph, as in an address, was ended on purpose and is kept.
    """
    lines = [text for line in quote.splitlines() if (text := _shown_line(line))]
    if sum(is_list_item(line) or _ROW in line for line in lines) < 2:
        paragraphs = (_joined(part) for part in _PARAGRAPHS.split(quote))
        return as_text("\n".join(_BULLET.sub("", text) for text in paragraphs if text))
    joined: list[str] = []
    for line in lines:
        if joined and _ROW not in line and not is_list_item(line) and is_list_item(joined[-1]):
            joined[-1] += f" {line}"  # A list item continues in the next line.
        else:
            joined.append(line)
    return as_text("\n".join(joined))


def _joined(paragraph: str) -> str:
    """The lines of a paragraph, joined where they were only wrapped. The first is joined, because a quote may
    begin within it, unless it or the next one has columns."""
    written = [(line, text) for line in paragraph.splitlines() if (text := _shown_line(line))]
    lines = [text for _, text in written]
    has_columns = [GAP.search(line.strip()) is not None for line, _ in written]
    widest = WRAPPED_SHARE * max(map(len, lines), default=0)
    text = "".join(lines[:1])
    for place, (line, following) in enumerate(pairwise(lines)):
        needed = len(line) + 1 + len(following.split()[0])
        is_ended = place > 0 and needed <= widest and not following[0].islower()
        is_ended = is_ended or any(has_columns[place : place + 2])
        text += ("\n" if is_ended else " ") + following
    return text


def shown_quote(quote: Passage, passages: Sequence[Passage]) -> str:
    """The same for a quote with its place; the row of a table gets the names of its columns.

    passages: those that the quote may be from.
    """
    return _shown_at(quote.text, quote.locator, passages)


def shown_passage(passage: Passage) -> str:
    """A whole passage as its document shows it; records get the names of their columns."""
    return (named_records(passage, 0, len(passage.text)) if is_separated(passage.locator) else "") or shown(
        passage.text
    )


def shown_citation(citation: Citation, passages: Sequence[Passage]) -> tuple[str, str, str]:
    """The quote of a citation as its document shows it: what is before the words that answer, these words,
    and what is after them. The last two are empty if the words are not known.

    passages: those that the quote may be from.
    """
    text = _shown_at(citation.quote, citation.locator, passages)
    start, end = citation.answer or (0, 0)
    words = shown(citation.quote[start:end])
    if not words:
        return text, "", ""
    expected = len(shown(citation.quote[:start]))
    places = [match.start() for match in re.finditer(re.escape(words), text)]
    if not places:
        return text, "", ""
    place = min(places, key=lambda found: abs(found - expected))
    return text[:place], words, text[place + len(words) :]


def _shown_at(quote: str, locator: Locator, passages: Sequence[Passage]) -> str:
    start, end = locator.chars
    page = (locator.path, locator.page)
    for passage in passages:
        first, last = passage.locator.chars
        if page == (passage.locator.path, passage.locator.page) and first <= start and end <= last:
            place = (start - first, end - first)
            is_record = is_separated(passage.locator)
            rows = named_records(passage, *place) if is_record else _named_rows(passage.text, *place)
            return rows or _begun(shown(quote), locator)
    return _begun(shown(quote), locator)


def _begun(text: str, locator: Locator) -> str:
    """`text` after dots if it goes on with a sentence of the page before."""
    goes_on = (locator.page or 1) > 1 and locator.chars[0] == 0 and text[:1].islower()
    return f"… {text}" if goes_on else text


def _named_rows(text: str, start: int, end: int) -> str:
    """The rows of a table from `start` to `end` with the names of its columns, a line each; empty if one of
    the lines has no such names.
    """
    lines = [match for match in re.finditer(r"[^\n]+", text[start:end]) if match[0].strip()]
    rows = [row_with_header(text, start + line.start(), start + line.end()) for line in lines]
    return "\n".join(rows) if all(rows) else ""


def row_with_header(text: str, start: int, end: int) -> str:
    """The row of a table from `start` to `end` with the names of its columns; empty if these are unknown.

    text: contains the table, as for `named_row`.
    """
    cells = named_row(text, start, end)
    return "; ".join(f"{name}: {cell}" if name else cell for name, cell in cells if cell)


def named_row(text: str, start: int, end: int) -> list[tuple[str, str]]:
    """The cells of the row from `start` to `end`, each after the name of its column; none if it has no names.

    text: contains the table, as lines of cells with bars or wide gaps between them. Its first line is the
    header, unless it holds figures itself. The header of a table that was typed in another way is known.
    """
    first = text.rfind("\n", 0, start) + 1
    for table in typed_tables(text):
        row = next((row for row in table.rows if row.start == first and end <= row.end), None)
        if row is not None:
            return list(zip(table.header.cells, row.cells, strict=True)) if table.header else []
    cells = _cells(text[first:end])
    if len(cells) < 2 or "\n" in text[start:end].strip():
        return []
    header: list[str] = []
    longest = len(cells)
    for line in reversed(text[:first].splitlines()):
        if _RULE.match(line):
            continue
        above = _cells(line)
        # A row with bars may lack the empty cells at its end.
        if len(above) < 2 or (len(above) != longest and "|" not in line):
            break
        longest = max(longest, len(above))
        header = above if len(above) == longest else []
    cells += [""] * (len(header) - len(cells))
    if not header or any(cell[:1].isdigit() for cell in header[1:]):
        return []
    return list(zip(header, cells, strict=True))


def _cells(line: str) -> list[str]:
    """The cells of a table's line; empty if it has neither bars nor wide gaps."""
    if "|" in line:
        cells = line.strip().strip("|").split("|")
    elif GAP.search(line.strip()):
        cells = GAP.split(line.strip())
    else:
        return []
    return [" ".join(map(_shown_line, cell.split())) for cell in cells]


def _shown_line(line: str) -> str:
    if _RULE.match(line):
        return ""
    line = _BLOCK_MARK.sub("", line, count=1)
    parts = _CODE.split(line)
    for index in range(0, len(parts), 2):  # The others are code, in which nothing is a mark.
        for pattern, kept in _INLINE:
            parts[index] = pattern.sub(kept, parts[index])
        parts[index] = html.unescape(parts[index])
    line = as_text("".join(parts))
    if line.count("|") > 1 and line.strip().startswith("|"):
        line = _ROW.join(cell.strip() for cell in line.strip().strip("|").split("|"))
    elif len(cells := GAP.split(line.strip())) > 2:
        line = _ROW.join(cells)
    return " ".join(line.split())
