"""Divides a document into parts that fit a model, each with the sentences that may be quoted of it.

Every block of the document is in exactly one part. Parts follow its headings: a new top-level heading begins
a new part unless the one before it is short.
"""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from assistant.answers.kinds.digest import Material
from assistant.answers.kinds.pieces import Piece, Shape, is_labelled, is_quotable, is_sentence
from assistant.answers.kinds.transcripts import spoken
from assistant.dialogue import Passage
from assistant.summary import SummaryKind
from ingest.chunking import chunks
from ingest.documents import Chunk, Locator
from ingest.keywords import folded

LONGEST_LIST = 350
"""Characters of a lead-in with its list up to which they are one sentence of a summary."""


_CLAUSE_NUMBER = re.compile(r"(?:\d{1,2}\.)+\d*\s")


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive text of one document, summarized at once."""

    heading: tuple[str, ...]
    """The headings that all its chunks share."""
    pages: tuple[int, int] | None
    """Its first and last page; None for a document without pages."""
    lines: tuple[int, int] | None
    """Its first and last line; None for a document without lines."""
    text: str
    """Its text, that of a transcript without noise."""
    title: str
    """The document's title."""
    locator: Locator
    """The place where it begins."""
    sentences: tuple[str, ...]
    """The sentences that may be quoted, without markup."""

    @property
    def passage(self) -> Passage:
        """The part as a passage to check sentences against."""
        return Passage(1, 1.0, 1.0, self.title, self.text, self.locator, ())


def parts_of(
    material: Material, kind: SummaryKind, token_count: Callable[[str], int], budget: int
) -> Iterator[Part]:
    """The document's parts, in order.

    budget: the largest number of tokens in a part.
    """
    packed: list[Chunk] = []
    size = 0
    for chunk in chunks(material.document, token_count, budget=budget // 3):
        tokens = token_count(chunk.text)
        new_heading = bool(packed) and chunk.locator.heading[:2] != packed[-1].locator.heading[:2]
        is_full = size + tokens > budget
        if packed and (is_full or (new_heading and size > budget // 3)):
            yield _part(packed, material, kind)
            packed, size = [], 0
        packed.append(chunk)
        size += tokens
    if packed:
        yield _part(packed, material, kind)


def _part(packed: list[Chunk], material: Material, kind: SummaryKind) -> Part:
    """The part that consists of these chunks."""
    first, last = packed[0].locator, packed[-1].locator
    shared = 0
    while all(
        len(chunk.locator.heading) > shared and chunk.locator.heading[shared] == first.heading[shared]
        for chunk in packed
    ):
        shared += 1
    text = "\n\n".join(chunk.text for chunk in packed)
    if kind is SummaryKind.TRANSCRIPT:
        text = spoken(text) or text
        sentences = tuple(text.split("\n\n"))
    else:
        sentences = tuple(_quotes(material, kind, packed))
    lines = None if first.lines is None or last.lines is None else (first.lines[0], last.lines[1])
    return Part(
        heading=first.heading[:shared],
        pages=None if first.page is None or last.page is None or lines else (first.page, last.page),
        lines=lines,
        text=text,
        title=material.document.title,
        locator=first,
        sentences=sentences or (text,),
    )


def _quotes(material: Material, kind: SummaryKind, packed: Sequence[Chunk]) -> Iterator[str]:
    """The sentences that may be quoted of these chunks. List items come with what they are a list of."""
    lead = ""
    block = -1
    combined: set[int] = set()
    for place, piece in enumerate(material.pieces):
        if place in combined:
            continue
        if kind is SummaryKind.TEXT and piece.text.endswith(":") and _is_in(piece, packed):
            items = _list_below(material.pieces, place)
            text = "; ".join(material.pieces[item].text.rstrip(";,.") for item in items)
            if items and len(piece.text) + len(text) <= LONGEST_LIST:
                combined.update(items)
                yield f"{piece.text} {text}."
                continue
        if piece.block != block and piece.shape is not Shape.ITEM:
            lead, block = "", piece.block
        if piece.text.endswith(":"):
            lead, block = piece.text, piece.block
        if not _is_in(piece, packed) or not is_quotable(piece) or folded(piece.text) in folded(material.name):
            continue
        if kind is SummaryKind.PAPER and (piece.shape is Shape.ROW or not is_sentence(piece)):
            continue
        about = lead or (piece.heading[-1] if piece.heading else "")
        # A text in lower case continues its heading: `1. Frequency: once a month`.
        begins_small = not piece.text[:1].isupper() and not _CLAUSE_NUMBER.match(piece.text)
        goes_on = kind is SummaryKind.TEXT and not lead and begins_small
        yield (
            f"{about.rstrip(':')}: {piece.text}"
            if (piece.shape is Shape.ITEM or goes_on) and about and not is_labelled(piece)
            else piece.text
        )


def _list_below(pieces: Sequence[Piece], place: int) -> list[int]:
    """The places of the items or rows that follow a lead-in."""
    items = itertools.takewhile(
        lambda index: (
            pieces[index].shape is not Shape.SENTENCE
            and not pieces[index].text.endswith(":")
            and pieces[index].heading == pieces[place].heading
        ),
        range(place + 1, len(pieces)),
    )
    return list(items)


def _is_in(piece: Piece, packed: Sequence[Chunk]) -> bool:
    """Whether a piece begins in one of the chunks."""
    return any(
        piece.page == chunk.locator.page and chunk.locator.chars[0] <= piece.start < chunk.locator.chars[1]
        for chunk in packed
    )
