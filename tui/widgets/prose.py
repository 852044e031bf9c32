"""An answer: Markdown as it is written, and what became of its sentences once it is checked.

Links, pictures and HTML are no part of this Markdown: they stay the characters they are, so an address is
seen in full and nothing can be opened by it. A sentence that nothing backs is set apart by colour and by a
mark that a terminal without colour shows too.
"""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt
from textual.content import Content
from textual.widgets import Markdown
from textual.widgets import _markdown as blocks

from assistant.dialogue import Sentence, Verdict
from policies.hygiene import visible

_OFF = ("link", "image", "autolink", "reference", "html_inline", "html_block")

MARKS = {Verdict.UNBACKED: " ✗", Verdict.WEAK: " ≈"}
"""Set behind a sentence that is not backed."""

STYLES = {Verdict.UNBACKED: "underline $error", Verdict.WEAK: "$text-muted italic"}

_MARKER = re.compile(r"\[(?:\d+|\?)\]")
_SYNTAX = re.compile(r"[*_`~#>]|\s")


def parser() -> MarkdownIt:
    """What an answer is read by."""
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable(list(_OFF))


class _CheckedBlock(blocks.MarkdownBlock):
    """A block whose text bears the marks of the answer it is part of."""

    def set_content(self, content: Content) -> None:
        prose = self._markdown
        assert isinstance(prose, Prose)
        super().set_content(prose.marked(content))


class _CheckedParagraph(_CheckedBlock, blocks.MarkdownParagraph):
    pass


class _CheckedHeading(_CheckedBlock, blocks.MarkdownH4):
    """Headings in an answer are all of one size: it is a part of a conversation."""


_BLOCKS = {
    "paragraph_open": _CheckedParagraph,
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), _CheckedHeading),
}


class Prose(Markdown):
    """The text of one answer."""

    DEFAULT_CSS = """
    Prose { padding: 0; margin: 0; }
    Prose MarkdownParagraph { margin: 0 0 1 0; }
    Prose MarkdownH4 { margin: 0 0 1 0; color: $primary; text-style: bold; }
    Prose > :last-child { margin-bottom: 0; }
    """

    def __init__(self, text: str = "", sentences: Sequence[Sentence] = ()) -> None:
        self._sentences: tuple[Sentence, ...] = tuple(sentences)
        self._noted: int | None = None
        self.text = visible(text)
        super().__init__(self.text or None, parser_factory=parser, open_links=False)

    def get_block_class(self, block_name: str) -> type[blocks.MarkdownBlock]:
        return _BLOCKS.get(block_name) or super().get_block_class(block_name)

    @property
    def notable(self) -> list[Sentence]:
        """The sentences that are not backed, in order."""
        return [sentence for sentence in self._sentences if sentence.verdict is not Verdict.BACKED]

    async def settle(self, text: str, sentences: Sequence[Sentence]) -> None:
        """Shows the answer as it stands in the end."""
        self._sentences = tuple(sentences)
        self.text = visible(text)
        await self.update(self.text)

    async def note(self, number: int | None) -> None:
        """Sets off one of the `notable` sentences; none for None."""
        self._noted = number
        await self.update(self.text)

    def marked(self, content: Content) -> Content:
        """A block's text with the marks of citations and verdicts."""
        content = content.add_spans([])
        for found in _MARKER.finditer(content.plain):
            content = content.stylize("bold $accent", *found.span())
        for number, sentence in enumerate(self.notable):
            span = _span(content.plain, visible(sentence.text))
            if span is None:
                continue
            style = STYLES[sentence.verdict] + (" reverse" if number == self._noted else "")
            sentence_content = content[span[0] : span[1]].stylize(style)
            mark = Content.styled(MARKS[sentence.verdict], style)
            content = Content("").join([content[: span[0]], sentence_content, mark, content[span[1] :]])
        return content


def _span(plain: str, sentence: str) -> tuple[int, int] | None:
    """Where a sentence stands in a block's text, from which Markdown's own characters are gone."""
    wanted = _SYNTAX.sub("", sentence)
    places = [place for place, character in enumerate(plain) if not _SYNTAX.match(character)]
    start = "".join(plain[place] for place in places).find(wanted)
    if start < 0 or not wanted:
        return None
    return places[start], places[start + len(wanted) - 1] + 1
