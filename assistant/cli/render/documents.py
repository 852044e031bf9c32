"""The text of a document as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistant import formatting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.cli.output import Output
    from ingest.catalogue import PageText


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of a document, or a part of it."""

    page: int | None
    """Its number, from 1; None for a document without pages."""
    lines: tuple[int, int] | None
    """The first and last line shown, from 1; None if all of them are."""
    text: PageText
    """What is shown of it."""


def print_pages(output: Output, pages: Sequence[ShownPage]) -> None:
    """Prints the pages, each below its number, with what is hidden on them marked in its place."""
    for shown in pages:
        if shown.page is not None:
            output.print(f"— page {shown.page} —", style="bold")
        output.print_verbatim(text_with_hidden(shown.text).removesuffix("\n"))


def text_with_hidden(page: PageText) -> str:
    """The text of a page with the marks of what is hidden, each in its place."""
    text = page.text
    for piece in sorted(page.hidden, key=lambda piece: piece.at, reverse=True):
        before, after = text[: piece.at], text[piece.at :]
        line_end = "\n" if not before or before.endswith("\n") else ""
        text = f"{before}{formatting.hidden_text(piece)}{line_end}{after}"
    return text


def pages_object(path: str, pages: Sequence[ShownPage]) -> dict[str, Any]:
    """The pages for `--json`."""
    return {
        "path": path,
        "pages": [
            {
                "page": shown.page,
                "lines": shown.lines,
                "text": shown.text.text,
                "hidden": [
                    {"at": piece.at, "how": piece.how, "text": piece.text} for piece in shown.text.hidden
                ],
            }
            for shown in pages
        ],
    }
