"""Masks a document: its pages, and everything else that was read from its file.

Called where a document leaves its parser and before anything else sees it. The parser's own places count the
characters of its pages, so they are moved along with the text.
"""

from collections.abc import Callable
from dataclasses import replace

from ingest.documents import Block, Document
from ingest.masking import MaskedText, Masker


def masked_document(document: Document, masker: Masker) -> Document:
    """The document with masks in place of what `masker` finds in its text, title, headings and names."""

    def mask(text: str) -> str:
        return masker.mask(text).text

    def names(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(mask, texts))

    pages = [masker.mask(page) for page in document.pages]
    metadata = document.metadata
    return replace(
        document,
        title=mask(document.title),
        metadata=replace(
            metadata,
            tags=names(metadata.tags),
            links=names(metadata.links),
            names=names(metadata.names),
        ),
        pages=tuple(page.text for page in pages),
        blocks=tuple(filter(None, (_moved(block, pages, mask) for block in document.blocks))),
        unread=mask(document.unread),
        hidden=tuple(
            replace(piece, at=pages[piece.page - 1].place(piece.at), text=mask(piece.text))
            for piece in document.hidden
        ),
        about=tuple(
            replace(each, title=mask(each.title), names=names(each.names), tags=names(each.tags))
            for each in document.about
        ),
    )


def _moved(block: Block, pages: list[MaskedText], mask: Callable[[str], str]) -> Block | None:
    """A block of the masked pages; None when all of its text is in a mask of the block before it."""
    locator = block.locator
    page = pages[locator.page - 1 if locator.page else 0]
    start, end = map(page.place, locator.chars)
    text = page.text[start:end]
    lead = len(text) - len(text.lstrip("\n"))
    start, text = start + lead, text[lead:].rstrip("\n")
    if not text.strip():
        return None
    moved = replace(
        locator,
        label=mask(locator.label) if locator.label else locator.label,
        heading=tuple(map(mask, locator.heading)),
        chars=(start, start + len(text)),
    )
    return Block(block.kind, text, moved)
