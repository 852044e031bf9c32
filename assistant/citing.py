"""Which passage a sentence of an answer rests on, decided by the program and never by the model.

Small models name the wrong passage more often than the right one; the words a sentence shares
with the passages tell better. Each sentence is compared with every sentence of every passage: a
shared word counts by how rare it is among them, so names and numbers decide and filler does not.
The best sentence becomes the quote, with its own place in the document.

`CitedText` does this while the answer is being written: it passes text on as it comes, and puts
the marker behind a sentence once that is complete.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.dialogue import Citation, Passage
from ingest.chunking import sentences
from ingest.keywords import STOP_WORDS, terms

BACKED = 0.4
"""Share of a sentence's weight that a quote must hold to be cited for it. Its numbers it must hold all."""

LONGEST_QUOTE = 400
"""Characters above which what looks like one sentence is quoted line by line: it is a table or a list."""

_LINE = re.compile(r"\S[^\n]*")

_OWN_MARKER = re.compile(r" ?\[\d[\d, ]*\]")
"""A marker the model writes by itself."""

_OPEN_MARKER = re.compile(r" ?(\[[\d, ]{0,8})?\Z")
"""What may become one."""


@dataclass(frozen=True, slots=True)
class _Quotable:
    passage: Passage
    start: int
    end: int
    words: frozenset[str]


class Citer:
    """Finds the words of some passages that back a sentence, and numbers them."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._quotable = [
            _Quotable(passage, start, end, content_words(passage.text[start:end]))
            for passage in passages
            for start, end in quotable(passage.text)
        ]
        self._seen = Counter(word for quotable in self._quotable for word in quotable.words)
        self._markers: dict[tuple[int, int], Citation] = {}

    @property
    def citations(self) -> tuple[Citation, ...]:
        """Those given out, by marker."""
        return tuple(self._markers.values())

    def cite(self, sentence: str, *, backed: float = BACKED) -> Citation | None:
        """The citation for `sentence`; None when no quote holds its numbers and `backed` of its weight.

        Sentences that rest on the same quote share a marker.
        """
        wanted = content_words(sentence)
        numbers = {word for word in wanted if word[0].isdigit()}
        bearing = [quotable for quotable in self._quotable if numbers <= quotable.words]
        total = sum(self._weight(word) for word in wanted)
        if not total or not bearing:
            return None
        best = max(bearing, key=lambda quotable: self._shared(wanted, quotable))
        if self._shared(wanted, best) < backed * total:
            return None
        place = (best.passage.rank, best.start)
        if place not in self._markers:
            self._markers[place] = Citation(
                marker=len(self._markers) + 1,
                quote=best.passage.text[best.start : best.end],
                locator=best.passage.locator.narrowed(best.passage.text, best.start, best.end),
                title=best.passage.title,
            )
        return self._markers[place]

    def _weight(self, word: str) -> float:
        """Rarity among the passages' sentences (inverse document frequency, smoothed)."""
        return math.log(1 + len(self._quotable) / (1 + self._seen[word]))

    def _shared(self, wanted: frozenset[str], quotable: _Quotable) -> float:
        return sum(self._weight(word) for word in wanted & quotable.words)


class CitedText:
    """An answer as it grows: text goes in by pieces and comes out with markers."""

    def __init__(self, citer: Citer) -> None:
        self._citer = citer
        self._held = ""  # may turn out to be a marker of the model's own
        self._sentence = ""  # not yet complete
        self._shown = 0  # how much of it came out already
        self._written: list[str] = []

    @property
    def text(self) -> str:
        """All that came out so far."""
        return "".join(self._written)

    def feed(self, piece: str) -> str:
        """Takes more of the model's text; returns what may be shown now.

        The end of a sentence is only known from what follows it, so white space waits for the next
        word; a bracket waits until it is closed.
        """
        text = _OWN_MARKER.sub("", self._held + piece)
        opened = _OPEN_MARKER.search(text)
        self._held = opened[0] if opened else ""
        self._sentence += text.removesuffix(self._held)
        shown = ""
        while len(spans := sentences(self._sentence)) > 1:
            end = max(spans[0][1], self._shown)
            shown += self._sentence[self._shown : end] + self._marker(self._sentence[:end])
            self._sentence, self._shown = self._sentence[end:], 0
        certain = max(len(self._sentence.rstrip()), self._shown)
        shown += self._sentence[self._shown : certain]
        self._shown = certain
        self._written.append(shown)
        return shown

    def finish(self) -> str:
        """The rest, and the last sentence's marker."""
        self._sentence = (self._sentence + self._held).rstrip()
        shown = self._sentence[self._shown :] + self._marker(self._sentence)
        self._written.append(shown)
        return shown

    def _marker(self, sentence: str) -> str:
        citation = self._citer.cite(sentence)
        return f" [{citation.marker}]" if citation else ""


def quotable(text: str) -> list[tuple[int, int]]:
    """The parts of `text` that can be quoted, as (start, end): sentences, and lines of tables and lists."""
    spans: list[tuple[int, int]] = []
    for start, end in sentences(text):
        if end - start <= LONGEST_QUOTE:
            spans.append((start, end))
        else:
            spans += [(start + line.start(), start + line.end()) for line in _LINE.finditer(text[start:end])]
    return spans


def content_words(text: str) -> frozenset[str]:
    """The words of `text` that say something, as keyword search knows them."""
    return frozenset(word for word in terms(text) if word not in STOP_WORDS)
