"""Blocks into chunks: consecutive text of one page under one heading, divided where a reader would pause.

A chunk is a verbatim slice of its page. It aims at a budget of the embedder's tokens and may exceed it by one
sentence: a sentence is cut only when the embedder could not read all of it. Small blocks share a chunk. A
block that is too long is divided between its sentences (prose) or its lines (rows). The divisions of a
section are chosen together, as a paragraph is broken into lines (Knuth and Plass 1981, "Breaking Paragraphs
into Lines"), so that no section ends in a tiny chunk.

Called by the pipeline. Never loads a model: the caller passes a function that counts tokens.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.documents import Block, BlockKind, Chunk, Document
from ingest.segmentation import unit_spans

TARGET_TOKENS = 128
"""Tokens that a chunk aims at."""

LONGEST_SENTENCE_TOKENS = 240
"""Tokens above which a sentence is cut. MiniLM reads 256, its special tokens included."""

CHARACTERS_PER_TOKEN = 10
"""Each run of this many characters counts as at least one token. A long run without spaces is a single
unknown token to the embedder, but hundreds of tokens to a language model."""

CONTEXT_CHARACTERS = 200
"""Characters of title and headings that are embedded with a chunk."""

_MIXING_COST = 0.6
"""Cost of a chunk that joins a part of one block with another block, in the unit of `_packed`: as much as
leaving three quarters of a chunk empty."""

EMBEDDED_FORM = "title-headings-text/1"
"""Identifies what `embedded_text` returns, in the vectors' fingerprint. Change it with that function."""

CountTokens = Callable[[str], int]
"""The number of the embedder's tokens in a text, without special tokens."""


def embedded_text(title: str, chunk: Chunk) -> str:
    """The text that is embedded for a chunk: title and headings, which tell its subject, and its own text.

    A heading that repeats the title is left out. If title and headings are too long, their end is kept.
    """
    names = [title, *(name for name in chunk.locator.heading if name != title)]
    return f"{' › '.join(name for name in names if name)[-CONTEXT_CHARACTERS:]}\n{chunk.text}"


def chunks(document: Document, count: CountTokens, budget: int = TARGET_TOKENS) -> Iterator[Chunk]:
    """The document's chunks in reading order.

    count: called about once for each sentence or line; the counts are added up.
    budget: tokens that a chunk aims at.
    """
    ordinal = 0
    for section in _sections(document):
        first = section[0].locator
        line, lines_counted_to = first.lines[0] if first.lines else 0, first.chars[0]
        page = document.pages[first.page - 1 if first.page else 0]
        units = [unit for block in section for unit in _units(block, count, budget)]
        for start, end in _packed(units, budget):
            lines = None
            if first.lines:
                line += page.count("\n", lines_counted_to, start)
                lines_counted_to = start
                lines = (line, line + page.count("\n", start, end))
            locator = replace(first, lines=lines, chars=(start, end))
            yield Chunk(f"{document.id}.{ordinal}", document.id, ordinal, page[start:end], locator)
            ordinal += 1


def _sections(document: Document) -> Iterator[list[Block]]:
    """Runs of blocks on one page under one heading, with only white space between them."""
    section: list[Block] = []
    for block in document.blocks:
        if section and not _adjoins(document, section[-1], block):
            yield section
            section = []
        section.append(block)
    if section:
        yield section


def _adjoins(document: Document, before: Block, block: Block) -> bool:
    a, b = before.locator, block.locator
    if a.page != b.page or a.heading != b.heading:
        return False
    # Two sections may have the same heading. Then the line of the second heading is between them.
    page = document.pages[a.page - 1 if a.page else 0]
    return not page[a.chars[1] : b.chars[0]].strip()


@dataclass(frozen=True, slots=True)
class _Unit:
    """A piece of a block that is not divided any further."""

    start: int
    """Its first character on the page."""
    end: int
    """The character after its last."""
    tokens: int
    """Its length."""
    opens: bool
    """Whether its block begins with it."""
    closes: bool
    """Whether its block ends with it."""


def _units(block: Block, count: CountTokens, budget: int) -> Iterator[_Unit]:
    """The units of a block: the whole block if it fits the budget, else its sentences or lines."""
    text = block.text
    origin, end = block.locator.chars
    # A text of this length exceeds the budget, so its tokens need not be counted.
    if len(text) <= CHARACTERS_PER_TOKEN * budget and (tokens := _length(text, count)) <= budget:
        yield _Unit(origin, end, tokens, opens=True, closes=True)
        return
    spans = unit_spans(text) if block.kind is BlockKind.PROSE else _line_spans(text)
    pieces = [piece for span in spans for piece in _cut(text, *span, count, budget)]
    for start, stop, tokens in pieces:
        yield _Unit(
            origin + start,
            origin + stop,
            tokens,
            opens=start == pieces[0][0],
            closes=stop == pieces[-1][1],
        )


def _length(text: str, count: CountTokens) -> int:
    """The length of a text in tokens. The tokens of a text that must be cut anyway are estimated."""
    least = len(text) // CHARACTERS_PER_TOKEN
    return least if least > LONGEST_SENTENCE_TOKENS else max(1, least, count(text))


def _line_spans(text: str) -> list[tuple[int, int]]:
    """The lines that are not blank, with their indentation."""
    return [match.span() for match in re.finditer(r"[^\n]+", text) if not match[0].isspace()]


def _packed(units: Sequence[_Unit], budget: int) -> Iterator[tuple[int, int]]:
    """Start and end of each chunk, chosen so that the chunks come closest to the budget.

    Minimises the sum over all chunks of (unused share of the budget)², plus `_MIXING_COST` for each chunk
    that joins a part of one block with another block. A unit above the budget is a chunk of its own.
    """
    cheapest = [0.0]
    """Least cost of dividing the units before each place."""
    first_units: list[int] = []
    """The first unit of the last chunk in the cheapest division that ends with each unit."""
    for last, unit in enumerate(units):
        tokens = 0
        crosses_blocks = False
        best_cost, best_first = float("inf"), last
        for first in range(last, -1, -1):
            tokens += units[first].tokens
            if tokens > budget and first < last:
                break
            crosses_blocks = crosses_blocks or (first < last and units[first].closes)
            mixes = crosses_blocks and not (units[first].opens and unit.closes)
            unused = 1 - tokens / budget
            cost = cheapest[first] + unused * unused + (_MIXING_COST if mixes else 0.0)
            if cost < best_cost:
                best_cost, best_first = cost, first
        cheapest.append(best_cost)
        first_units.append(best_first)
    ends: list[int] = []
    end = len(units)
    while end:
        ends.append(end)
        end = first_units[end - 1]
    for end in reversed(ends):
        yield units[first_units[end - 1]].start, units[end - 1].end


# Cutting a sentence that is too long

_CUTTING_PLACES = tuple(map(re.compile, (r"\n|[,;:)\]}–—]\s|[，、；：]", r"\s", r"[^\w\s]")))
"""Where a sentence may be cut, best first: after a line or a clause, after a word, after any punctuation."""


def _cut(
    text: str,
    start: int,
    end: int,
    count: CountTokens,
    budget: int,
    limit: int = LONGEST_SENTENCE_TOKENS,
) -> Iterator[tuple[int, int, int]]:
    """Start, end and tokens of a span, or of its parts if it exceeds `limit`.

    Such a span is cut near its middle, and again until each part fits the budget.
    """
    tokens = _length(text[start:end], count)
    if tokens <= limit or end - start < 2:
        yield start, end, tokens
        return
    middle = _cutting_place(text, start, end)
    for a, b in ((start, middle), (middle, end)):
        while a < b and text[a].isspace():
            a += 1
        while a < b and text[b - 1].isspace():
            b -= 1
        if a < b:
            yield from _cut(text, a, b, count, budget, budget)


def _cutting_place(text: str, start: int, end: int) -> int:
    """Where to cut a span: at the best kind of place near its middle, else in the middle."""
    middle = (start + end) // 2
    reach = min((end - start) // 4, CHARACTERS_PER_TOKEN * LONGEST_SENTENCE_TOKENS)
    for pattern in _CUTTING_PLACES:
        places = [match.end() for match in pattern.finditer(text, middle - reach, middle + reach)]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    # A combining mark stays with the character before it.
    while middle > start + 1 and (
        unicodedata.combining(text[middle]) or "\ufe00" <= text[middle] <= "\ufe0f"
    ):
        middle -= 1
    return middle
