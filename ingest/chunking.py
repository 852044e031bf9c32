"""Blocks to chunks: consecutive text of one page under one heading, divided where it reads well.

A chunk is a verbatim slice of its page. It aims at a budget of the embedder's tokens and may
exceed it by one sentence, because a sentence is cut only when the embedder could not read it
whole. Small blocks are packed together, and a block that is too long is divided between
sentences (prose) or lines (rows). Where to divide is decided over a whole section at once, as a
paragraph is broken into lines (Knuth and Plass 1981, "Breaking Paragraphs into Lines"), so no
section ends in a scrap.

Called by the pipeline. Never loads a model: the caller passes a function that counts tokens.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ingest.documents import Block, BlockKind, Chunk, Document
from ingest.segmentation import sentence_spans

BUDGET = 128
"""Tokens a chunk aims at."""

LONGEST = 240
"""Tokens above which a single sentence is cut: MiniLM reads 256, its own marks included."""

DENSE = 10
"""Characters that count as a token at least: a long run without spaces is one unknown token to
the embedder, and hundreds to a language model."""

CONTEXT = 200
"""Characters of title and headings that are embedded with a chunk."""

_MIXED = 0.6
"""Cost of a chunk that holds a part of one block and something of another, in squares of the
budget: as much as leaving three quarters of a chunk empty."""

EMBEDDED_FORM = "title-headings-text/1"
"""Names what `embedded_text` returns, for the fingerprint of vectors: to be changed with it."""


def embedded_text(title: str, chunk: Chunk) -> str:
    """What is embedded for a chunk: its title and headings, which say what it is about, and its text.

    Headings that repeat the title are left out; of a long path the inner end is kept.
    """
    names = [title, *(name for name in chunk.locator.heading if name != title)]
    return f"{' › '.join(name for name in names if name)[-CONTEXT:]}\n{chunk.text}"


def chunks(document: Document, count: Callable[[str], int], budget: int = BUDGET) -> Iterator[Chunk]:
    """The document's chunks in reading order.

    `count` gives the embedder's tokens of a text, without special ones; it is called about once
    for every sentence or line, and counts are added up.
    """
    ordinal = 0
    line = 1
    counted = 0
    for section in _sections(document):
        first = section[0].locator
        page = document.pages[first.page - 1 if first.page else 0]
        units = [unit for block in section for unit in _units(block, count, budget)]
        for start, end in _packed(units, budget):
            lines = None
            if first.lines:
                line += page.count("\n", counted, start)
                counted = start
                lines = (line, line + page.count("\n", start, end))
            locator = replace(first, lines=lines, chars=(start, end))
            yield Chunk(f"{document.id}.{ordinal}", document.id, ordinal, page[start:end], locator)
            ordinal += 1


def _sections(document: Document) -> Iterator[list[Block]]:
    """Runs of blocks of one page and heading, with nothing but white space between them."""
    run: list[Block] = []
    for block in document.blocks:
        if run and not _adjoins(document, run[-1], block):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _adjoins(document: Document, last: Block, block: Block) -> bool:
    a, b = last.locator, block.locator
    if a.page != b.page or a.heading != b.heading:
        return False
    # Two sections may have the same heading; then its line stands between them.
    page = document.pages[a.page - 1 if a.page else 0]
    return not page[a.chars[1] : b.chars[0]].strip()


@dataclass(frozen=True, slots=True)
class _Unit:
    """The smallest piece that is not divided."""

    start: int
    end: int
    """Characters of the page."""
    tokens: int
    opens: bool
    """Whether its block begins with it."""
    closes: bool
    """Whether its block ends with it."""


def _units(block: Block, count: Callable[[str], int], budget: int) -> Iterator[_Unit]:
    """A block as it may be divided: whole when it fits, else its sentences or lines."""
    text = block.text
    origin, end = block.locator.chars
    # What no budget holds need not be counted whole.
    if len(text) <= DENSE * budget and (tokens := _weight(text, count)) <= budget:
        yield _Unit(origin, end, tokens, opens=True, closes=True)
        return
    spans = sentence_spans(text) if block.kind is BlockKind.PROSE else _rows(text)
    pieces = [piece for span in spans for piece in _cut(text, *span, count, budget)]
    for start, stop, tokens in pieces:
        yield _Unit(
            origin + start,
            origin + stop,
            tokens,
            opens=start == pieces[0][0],
            closes=stop == pieces[-1][1],
        )


def _weight(text: str, count: Callable[[str], int]) -> int:
    """A text's tokens, without counting those of one that is too long anyway."""
    dense = len(text) // DENSE
    return dense if dense > LONGEST else max(1, dense, count(text))


def _rows(text: str) -> list[tuple[int, int]]:
    """The lines that are not blank, with their indentation."""
    return [match.span() for match in re.finditer(r"[^\n]+", text) if not match[0].isspace()]


def _packed(units: Sequence[_Unit], budget: int) -> Iterator[tuple[int, int]]:
    """Start and end of each chunk: the division whose chunks are closest to the budget.

    Minimises the sum over chunks of (unused part of the budget)², plus `_MIXED` for each that
    mixes part of a block with another block. A unit above the budget stands alone.
    """
    cheapest = [0.0]
    begins: list[int] = []
    for last, unit in enumerate(units):
        tokens = 0
        crosses = False
        best, begin = float("inf"), last
        for first in range(last, -1, -1):
            tokens += units[first].tokens
            if tokens > budget and first < last:
                break
            crosses = crosses or (first < last and units[first].closes)
            mixed = crosses and not (units[first].opens and unit.closes)
            unused = 1 - tokens / budget
            cost = cheapest[first] + unused * unused + (_MIXED if mixed else 0.0)
            if cost < best:
                best, begin = cost, first
        cheapest.append(best)
        begins.append(begin)
    ends: list[int] = []
    last = len(units)
    while last:
        ends.append(last)
        last = begins[last - 1]
    for last in reversed(ends):
        yield units[begins[last - 1]].start, units[last - 1].end


# Cutting a sentence that is too long

_PLACES = tuple(map(re.compile, (r"\n|[,;:)\]}–—]\s|[，、；：]", r"\s", r"[^\w\s]")))
"""Where a sentence may be cut, best first: after a line or a clause, a word, any punctuation."""


def _cut(
    text: str, start: int, end: int, count: Callable[[str], int], budget: int, limit: int = LONGEST
) -> Iterator[tuple[int, int, int]]:
    """A span as it is with its tokens, or, above `limit`, cut near its middle until it fits the budget."""
    tokens = _weight(text[start:end], count)
    if tokens <= limit or end - start < 2:
        yield start, end, tokens
        return
    middle = _middle(text, start, end)
    for a, b in ((start, middle), (middle, end)):
        while a < b and text[a].isspace():
            a += 1
        while a < b and text[b - 1].isspace():
            b -= 1
        if a < b:
            yield from _cut(text, a, b, count, budget, budget)


def _middle(text: str, start: int, end: int) -> int:
    """Where to cut: at the best kind of place that is near the middle, else in the middle."""
    middle = (start + end) // 2
    reach = min((end - start) // 4, DENSE * LONGEST)
    for pattern in _PLACES:
        places = [match.end() for match in pattern.finditer(text, middle - reach, middle + reach)]
        if places:
            return min(places, key=lambda place: abs(place - middle))
    # Marks that combine with the character before stay with it.
    while middle > start + 1 and (
        unicodedata.combining(text[middle]) or "\ufe00" <= text[middle] <= "\ufe0f"
    ):
        middle -= 1
    return middle
