"""The text of an answer: Markdown while it is written, with marks on its sentences once it is checked.

Links, pictures and HTML are switched off in this Markdown. They stay plain characters, so an address is shown
in full and cannot be opened. A sentence that no passage backs is coloured, and gets a mark for terminals
without colour.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Markdown
from textual.widgets import _markdown as blocks

from assistant.answers.showing import shown_citation
from assistant.dialogue import Citation, Sentence, Verdict
from policies.hygiene import visible

_DISABLED_RULES = ("link", "image", "autolink", "reference", "html_inline", "html_block")

MARKS = {Verdict.UNBACKED: " ✗", Verdict.WEAK: " ≈"}
"""Appended to a flagged sentence, by its verdict."""

STYLES = {Verdict.UNBACKED: "underline $error", Verdict.WEAK: "$text-muted italic"}
"""The style of a flagged sentence, by its verdict."""

_MARKER = "marker"
"""The name under which the style of a marker holds its number."""

_CITATION_MARKER = re.compile(r"\[(?:\d+\??|\?)\]")
_MARKDOWN_SYNTAX = re.compile(r"[*_`~#>]|\s")


def markdown_parser() -> MarkdownIt:
    """The parser of answers: CommonMark with tables and strikethrough, without links, pictures and HTML."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(list(_DISABLED_RULES))


class _MarkedBlock(blocks.MarkdownBlock):
    """A block of text with the marks of the answer that it is part of."""

    def set_content(self, content: Content) -> None:
        prose = self._markdown
        assert isinstance(prose, AnswerProse)
        super().set_content(prose.marked(content))

    def on_click(self, event: events.Click) -> None:
        """Reports the marker that was clicked."""
        if marker := event.style.meta.get(_MARKER):
            event.stop()
            self.post_message(AnswerProse.MarkerClicked(marker))


class _MarkedParagraph(_MarkedBlock, blocks.MarkdownParagraph):
    pass


class _MarkedHeading(_MarkedBlock, blocks.MarkdownH4):
    """A heading. All levels look alike, because an answer is only a part of a conversation."""


_BLOCKS = {
    "paragraph_open": _MarkedParagraph,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _MarkedHeading),
}


class AnswerProse(Markdown):
    """The text of one answer."""

    DEFAULT_CSS = """
    AnswerProse { padding: 0; margin: 0; }
    AnswerProse MarkdownParagraph { margin: 0 0 1 0; }
    AnswerProse MarkdownH4 { margin: 0 0 1 0; color: $primary; text-style: bold; }
    AnswerProse > :last-child { margin-bottom: 0; }
    """

    @dataclass
    class MarkerClicked(Message):
        """A citation's marker in the text was clicked."""

        marker: int

    def __init__(
        self, text: str = "", sentences: Sequence[Sentence] = (), citations: Sequence[Citation] = ()
    ) -> None:
        """
        sentences: those of `text`, once they are checked.
        citations: theirs; the words of them that answer are bold.
        """
        self._sentences: tuple[Sentence, ...] = tuple(sentences)
        self._answers = _answers(citations)
        self._highlighted: int | None = None
        self.text = visible(text)
        """The Markdown of the finished answer."""
        super().__init__(self.text or None, parser_factory=markdown_parser, open_links=False)

    def get_block_class(self, block_name: str) -> type[blocks.MarkdownBlock]:
        """Textual's class for a kind of block, replaced where the block gets marks."""
        return _BLOCKS.get(block_name) or super().get_block_class(block_name)

    @property
    def flagged(self) -> list[Sentence]:
        """The sentences that no passage says, in order."""
        return [sentence for sentence in self._sentences if sentence.verdict in MARKS]

    async def show_checked(
        self, text: str, sentences: Sequence[Sentence], citations: Sequence[Citation]
    ) -> None:
        """Replaces the text by that of the finished answer and marks its sentences."""
        self._sentences = tuple(sentences)
        self._answers = _answers(citations)
        self.text = visible(text)
        await self.update(self.text)

    async def highlight(self, index: int | None) -> None:
        """Highlights one of the `flagged` sentences; None removes the highlight."""
        self._highlighted = index
        await self.update(self.text)

    def marked(self, content: Content) -> Content:
        """The text of a block with the words that answer, citation markers and flagged sentences styled."""
        content = content.add_spans([])
        for sentence in self._sentences:
            words = self._answers.get(sentence.marker)
            span = _span_of(visible(sentence.text), content.plain) if words else None
            found = (
                re.search(rf"(?<!\w){re.escape(words)}(?!\w)", content.plain[slice(*span)])
                if words and span
                else None
            )
            if found and span:
                content = content.stylize("bold", span[0] + found.start(), span[0] + found.end())
        for marker in _CITATION_MARKER.finditer(content.plain):
            content = content.stylize("bold $accent", *marker.span())
            if number := re.search(r"\d+", marker[0]):
                content = content.stylize(Style.from_meta({_MARKER: int(number[0])}), *marker.span())
        for index, sentence in enumerate(self.flagged):
            span = _span_of(visible(sentence.text), content.plain)
            if span is None:
                continue
            start, end = span
            style = STYLES[sentence.verdict] + (" reverse" if index == self._highlighted else "")
            mark = Content.styled(MARKS[sentence.verdict], style)
            content = Content("").join(
                [content[:start], content[start:end].stylize(style), mark, content[end:]]
            )
        return content


def _answers(citations: Sequence[Citation]) -> dict[int | None, str]:
    """The words that answer, as they are shown, by the marker of their citation."""
    words = {citation.marker: shown_citation(citation, ())[1] for citation in citations}
    return {marker: visible(text) for marker, text in words.items() if text}


def _span_of(sentence: str, block: str) -> tuple[int, int] | None:
    """Start and end of a sentence in the text of a block; None if the block does not hold it.

    White space and Markdown syntax are ignored, because a block's text no longer has the syntax.
    """
    wanted = _MARKDOWN_SYNTAX.sub("", sentence)
    positions = [index for index, character in enumerate(block) if not _MARKDOWN_SYNTAX.match(character)]
    start = "".join(block[position] for position in positions).find(wanted)
    if start < 0 or not wanted:
        return None
    return positions[start], positions[start + len(wanted) - 1] + 1
