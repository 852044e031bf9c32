"""A document as pieces: its sentences, list items and table rows in reading order, as a person reads them.

Markup is taken away, and so is what no summary should quote: lists of references, tables of contents,
identifiers, bare addresses, code. Headings of documents that do not mark them (plain text, PDF) are found by
their look.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePath

from assistant.answers.grounding import quotable_spans
from assistant.answers.showing import shown
from ingest.documents import Block, BlockKind, Document
from ingest.keywords import folded
from ingest.language import writing

HEADING_WORDS = 10
"""Words of a line that may be a heading without being marked as one."""

LONGEST_SENTENCE = 600
"""Characters of a sentence that a summary quotes."""

LONGEST_NAME = 80
"""Characters of a first line that can be the name of its document."""

LONGEST_ITEM = 200
"""Characters of a list item that is not divided into sentences."""

LONG_LINE = 50
"""Characters of a line that is running text, not a line of an address or a heading."""

SENTENCE_CLOSE = re.compile(r"[.!…。！？؟।]['\"”»)\]]*$")
"""The end of a whole sentence that is no question."""

_LIST_MARK = re.compile(r"\s*(?:(?:[-*+•◦▪●‣–—·]|\(?\d{1,2}[.)]|\(?[a-z]\))\s+)?(?:\[(?P<check>[ xX])\]\s+)?")
_NUMBERING = re.compile(
    r"^\s*(?:§\s*)?(?:(?:TOP|Top|Item|Point|Punkt|Punto|Section|Article|Art\.)\s+(?=\d)|)"
    r"(?:\(?\d{1,2}(?:\.\d{1,3})*[.):]?|[IVX]{1,5}\.|[A-Z]\.|\(?[a-z]\)"
    r"|(?<=[a-zPt]\s)\d{1,3}:?)\s+"
)
_RUN_IN = re.compile(
    r"(?m)^[ \t]*(?:§ ?)?\d{1,2}\.\s+(?P<heading>[^\W\d_][^.:;,!?\n]{2,50})[.:]\s+(?=[^\W_])"
)
_FRONT_MATTER = re.compile(r"\s*---\n.*?\n---\s*\n", re.DOTALL)
_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}|\s{2,}\d{1,4}\s*$")
_REFERENCE = re.compile(
    r"^\s*(?:\[\d{1,3}\]|\d{1,3}\.)\s.*\b(?:19|20)\d\d\b|\bet al\.?,? .*\b(?:19|20)\d\d\b.*(?:\bpp?\.|"
    r"\d+\(\d+\)|doi)|"
    r"\bdoi:\s*10\.|\barXiv:\d|\bISBN\b"
)
_RULE = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|?)+\s*")
_WORDLESS = re.compile(r"(?:https?://\S+|www\.\S+|\S*\d\S*[-_]\S{12,}|[\W\d_]*)")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LINE = re.compile(r"\S[^\n]*(?:\n[ \t]*[a-zäöüéèàç][^\n]*)*")
"""A line, with those after it that begin with a small letter and so continue it."""
_UNREADABLE = re.compile(
    r"\S{60}|\b(?=\w*\d)[\da-f]{16,}|\]\(|\$.*[\\^_].*\$|(?:[A-Z][A-Z\d]+ (?:0x\w+ )?){6}"
)
"""Code, long numbers, formulas and broken links within a sentence."""
_REQUEST = re.compile(rf"\b(?:{writing.REQUESTS})\b", re.IGNORECASE)
_OPEN_END = re.compile(rf"\b(?:{writing.OPEN_ENDS})\s*$")
_GAP = re.compile(r"\s{3,}|\t+")
_SENTENCE_END = re.compile(r"[.!?;:,…]['\"”»)\]]*$")


class Shape(StrEnum):
    """How a piece occurs in its document."""

    SENTENCE = "sentence"
    """Running text."""
    ITEM = "item"
    """An item of a list, or a line with a label."""
    ROW = "row"
    """A row of a table, with the names of its columns."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence, a list item or a table row of a document."""

    text: str
    """Without markup and line ends."""
    heading: tuple[str, ...]
    """The headings above it, outermost first, without their numbers."""
    block: int
    """The block that it is from; pieces of one paragraph or list have the same."""
    page: int | None
    """The page that it is on; None for a document without pages."""
    start: int
    """Its first character, or one before it in the same sentence or row, counted as in `Locator.chars`."""
    shape: Shape
    """How it occurs in the document."""
    done: bool = False
    """Whether it is a ticked box of a list."""
    cells: tuple[tuple[str, str], ...] = ()
    """The filled cells of a row, each with the name of its column; empty for others, and without a header."""


def phrases(entries: Sequence[str]) -> re.Pattern[str]:
    """A pattern that finds any of these phrases of `ingest.language` as whole words."""
    return re.compile(rf"(?<!\w)(?:{'|'.join(entries)})(?!\w)", re.IGNORECASE)


def are_separate(points: Sequence[str], found: Sequence[Piece]) -> bool:
    """Whether points should be a list, because as prose they would run together: they are from several
    paragraphs, or one is a numbered clause or no whole sentence.

    found: the pieces of their document.
    """
    blocks = {piece.text: piece.block for piece in found}
    places = {blocks.get(point) for point in points}
    return len(points) > 1 and (
        len(places) > 1
        or None in places
        or any(_NUMBERING.match(point) or not SENTENCE_CLOSE.search(point) for point in points)
    )


def labels(entries: Sequence[str]) -> re.Pattern[str]:
    """A pattern that matches one of these labels at the beginning of a line, with the sign after it."""
    return re.compile(
        rf"\W*(?:{'|'.join(entries)})(?:\s+\d{{1,3}})?\s*(?::|\s[–—-]\s|\.\s(?=[A-Z]))\W*", re.IGNORECASE
    )


def names(entries: Sequence[str]) -> re.Pattern[str]:
    """A pattern for a whole heading that is one of these, without its number."""
    return re.compile(rf"\W*(?:{'|'.join(entries)})\W*", re.IGNORECASE)


_UNWANTED = names(writing.UNWANTED_HEADINGS)


def is_quotable(piece: Piece) -> bool:
    """Whether a piece can be in a summary by itself: whole, and no code, formula or lead-in; of questions,
    only a request."""
    text = piece.text
    if text.endswith("?") and not _REQUEST.search(text):
        return False
    if text.endswith(":") or _UNREADABLE.search(text) or text.count("(") > text.count(")"):
        return False
    return len(text) <= LONGEST_SENTENCE


def is_sentence(piece: Piece) -> bool:
    """Whether a piece is a whole sentence, not a line of an address, a title or a caption."""
    return piece.shape is not Shape.ROW and SENTENCE_CLOSE.search(piece.text) is not None


def is_labelled(piece: Piece) -> bool:
    """Whether a piece is a name and what belongs to it, such as `Treasurer: Mr Quill.`"""
    return re.match(r"[^\W\d_][^:.!?]{0,30}: ", piece.text) is not None


def plain(text: str) -> str:
    """`text` as its document shows it, without list marks and line ends."""
    return " ".join(shown(text[_list_mark(text).end() :]).split())


def unnumbered(heading: str) -> str:
    """A heading without its number."""
    return _NUMBERING.sub("", plain(heading)).strip(" :")


def name_of(document: Document, pieces: Sequence[Piece]) -> str:
    """What a document calls itself: its title, else its first line, else the name of its file."""
    first = plain(document.blocks[0].text.strip().partition("\n")[0])
    named_by_file = document.title == PurePath(document.path).stem
    is_name = len(first) <= LONGEST_NAME and len(_WORD.findall(first)) > 1 and "|" not in first
    return first if named_by_file and pieces and is_name else document.title


def readable(document: Document) -> Document:
    """The document without front matter, references and tables of contents; all of it if nothing is left.

    Its text and its places stay as they are.
    """
    kept = []
    unwanted = False
    if all(block.kind is BlockKind.ROWS for block in document.blocks):
        return document  # Code or a table, in which these words mean something else.
    text = document.pages[0]
    matter = _FRONT_MATTER.match(text) if document.media_type == "text/markdown" else None
    for block in document.blocks:
        if matter and (block.locator.page or 1) == 1 and block.locator.chars[0] < matter.end():
            continue
        first = block.text.strip().split("\n")[0]
        if block.locator.heading:
            unwanted = False
        elif _looks_like_heading(first, block.text):
            unwanted = _UNWANTED.fullmatch(unnumbered(first)) is not None
        if unwanted or _is_unwanted(block):
            continue
        kept.append(block)
    return replace(document, blocks=tuple(kept)) if kept else document


def pieces(document: Document) -> list[Piece]:
    """The pieces of a document, in reading order."""
    found: list[Piece] = []
    heading: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    for number, block in enumerate(document.blocks):
        if block.locator.heading != marked:
            marked = block.locator.heading
            # The title is above everything, and so is not a subject of a part.
            heading = tuple(map(unnumbered, marked[1 if marked[:1] == (document.title,) else 0 :]))
        text = block.text
        start = block.locator.chars[0]
        place = _Place(heading, number, block.locator.page, start)
        if block.kind is BlockKind.ROWS:
            found += _rows(text, place)
            continue
        first, _, rest = text.partition("\n")
        if _looks_like_heading(first, text) and (not marked or rest):
            heading = (*map(unnumbered, marked), unnumbered(first)) if number else ()
            text = rest
            place = _Place(heading, number, block.locator.page, start + len(first) + 1)
        offset = place.start
        for begin, end, run_in in _run_in_sections(text):
            if run_in:
                heading = (*map(unnumbered, marked), run_in)
            found += _sentences(text[begin:end], replace(place, heading=heading, start=offset + begin))
    name = folded(document.title)
    return [piece for piece in found if not _WORDLESS.fullmatch(piece.text) and folded(piece.text) != name]


def _run_in_sections(text: str) -> Iterator[tuple[int, int, str]]:
    """The parts of a paragraph, each with the subject before it: `Salary` in `4. Salary. The gross …`."""
    begin, subject = 0, ""
    for found in _RUN_IN.finditer(text):
        if _is_long(text, found):
            yield begin, found.start(), subject
            begin, subject = found.end(), found["heading"].strip()
    yield begin, len(text), subject


def _is_long(text: str, heading: re.Match[str]) -> bool:
    """Whether more follows a subject on its line than the subject itself."""
    return len(text[heading.end() :].partition("\n")[0]) > len(heading["heading"])


@dataclass(frozen=True, slots=True)
class _Place:
    """The place of a text in its document."""

    heading: tuple[str, ...]
    block: int
    page: int | None
    start: int

    def piece(self, text: str, offset: int, shape: Shape, *, done: bool = False) -> Piece:
        return Piece(text, self.heading, self.block, self.page, self.start + offset, shape, done)


def _sentences(text: str, place: _Place) -> Iterator[Piece]:
    """The sentences and items of a paragraph or list."""
    for start, end in _whole(text, _spans(text)):
        raw = text[start:end]
        if _LEADERS.search(raw) or _REFERENCE.search(raw) or _RULE.fullmatch(raw):
            continue
        if raw.lstrip().startswith("|"):
            yield from _rows(raw, replace(place, start=place.start + start))
            continue
        mark = _list_mark(raw)
        shape = Shape.ITEM if mark[0].strip() or (start and _has_label(raw)) else Shape.SENTENCE
        if cleaned := plain(raw):
            yield place.piece(cleaned, start, shape, done=(mark["check"] or " ") in "xX")


def _whole(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans of sentences, those joined of which the first ends with a word that ends no sentence."""
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and _OPEN_END.search(text, joined[-1][0], joined[-1][1]):
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _spans(text: str) -> list[tuple[int, int]]:
    """The sentences of a paragraph. In one whose lines have labels or are short, each line is one."""
    lines = [match.span() for match in _LINE.finditer(text)]
    labelled = sum(_has_label(text[a:b]) for a, b in lines)
    short = sum(b - a < LONG_LINE for a, b in lines[:-1])
    if all(_list_mark(text[a:b])[0].strip() and b - a <= LONGEST_ITEM for a, b in lines):
        return lines
    if len(lines) > 1 and (2 * labelled >= len(lines) or short == len(lines) - 1):
        return [(a + start, a + end) for a, b in lines for start, end in quotable_spans(text[a:b])]
    return quotable_spans(text)


def _has_label(text: str) -> bool:
    return (
        re.match(r"\s*(?:[-*+•]\s+)?(?:\[[ xX]\]\s+)?[*_]*[^\W\d_][^:.!?\n|]{0,30}:[*_]*\s+\S", text)
        is not None
    )


def _rows(text: str, place: _Place) -> Iterator[Piece]:
    """The rows of a table, each with the names of its columns. Code is left out."""
    lines = [match for match in re.finditer(r"\S[^\n]*", text) if not _RULE.fullmatch(match[0])]
    if not lines or lines[0][0].startswith(("```", "~~~")):
        return
    table = [[plain(cell) for cell in _cells(line[0])] for line in lines]
    if max(map(len, table)) == 1:
        for line, (cell,) in zip(lines, table, strict=True):
            if _has_label(cell):
                yield place.piece(cell, line.start(), Shape.ITEM)
        return
    header = table[0] if len(table) > 1 else []
    for line, record in zip(lines[len(table) > 1 :], table[len(table) > 1 :], strict=True):
        filled = [
            f"{header[column]}: {cell}"
            if column < len(header) and header[column] and len(record) > 2
            else cell
            for column, cell in enumerate(record)
            if cell
        ]
        if filled:
            text = (": " if len(record) == 2 else "; ").join(filled)
            cells = tuple((name, cell) for name, cell in zip(header, record, strict=False) if cell)
            yield replace(place.piece(text, line.start(), Shape.ROW), cells=cells)


def _cells(line: str) -> list[str]:
    return line.strip().strip("|").split("|") if "|" in line else _GAP.split(line.strip())


def _list_mark(text: str) -> re.Match[str]:
    match = _LIST_MARK.match(text)
    assert match is not None  # It matches the empty string.
    return match


def _looks_like_heading(line: str, block: str) -> bool:
    """Whether the first line of a block looks like a heading of what follows."""
    words = plain(line)
    if _list_mark(line)[0].strip() and not _NUMBERING.match(line) and not line.lstrip().startswith("#"):
        return False
    if not words or len(words.split()) > HEADING_WORDS or _SENTENCE_END.search(words) or "|" in line:
        return False
    second = block.strip().partition("\n")[2].partition("\n")[0]
    if not words[:1].isupper() and not words[:1].isdigit():
        return False
    numbered = _NUMBERING.match(line) is not None or line.lstrip().startswith("#")
    capitals = words.isupper() and len(words) > 3
    if numbered and second and _NUMBERING.match(second):
        return False  # A numbered list.
    return (
        bool((numbered or capitals) and re.search(r"[^\W\d_]{3}", words))
        or (
            not _has_label(words)
            and (len(second) > LONG_LINE or bool(_list_mark(second)[0].strip()))
            and len(words) < LONG_LINE
        )
        or _UNWANTED.fullmatch(words) is not None
    )


def _is_unwanted(block: Block) -> bool:
    """Whether a block is part of a list of references or a table of contents."""
    if any(_UNWANTED.fullmatch(unnumbered(heading)) for heading in block.locator.heading):
        return True
    lines = [line for line in block.text.split("\n") if line.strip()]
    return block.kind is BlockKind.PROSE and 2 * sum(map(_is_listing_line, lines)) > len(lines)


def _is_listing_line(line: str) -> bool:
    return bool(re.search(r"\.{4,}|(?:\. ){4,}|…{2,}", line) or _REFERENCE.search(line))
