"""An answer as it grows: text goes in by pieces, and comes out with a marker after every sentence.

`[1]` names the quote a sentence rests on (`assistant.answers.grounding`); `[?]` stands after a sentence
that no passage backs. Text is passed on as it comes, and a sentence gets its marker once it is complete.
"""

import re

from assistant.answers.grounding import GroundingChecker
from assistant.dialogue import Sentence, Verdict
from ingest.segmentation import sentence_spans

UNBACKED = "[?]"
"""Stands where a marker would, after a sentence that nothing backs."""

_OWN_MARKER = re.compile(r" ?\[(?:\d[\d, ]*|\?)\]")
"""A marker the model writes by itself."""

_OPEN_MARKER = re.compile(r" ?(\[[\d, ?]{0,8})?\Z")
"""What may become one."""


class CitedText:
    """An answer being written, checked sentence by sentence."""

    def __init__(self, grounds: GroundingChecker, *, strict: bool = False) -> None:
        """strict: unbacked sentences are left out; a sentence is then shown when it is complete."""
        self._grounds = grounds
        self._strict = strict
        self._held = ""  # may turn out to be a marker of the model's own
        self._sentence = ""  # not yet complete
        self._shown = 0  # how much of it came out already
        self._written: list[str] = []
        self._sentences: list[Sentence] = []

    @property
    def text(self) -> str:
        """All that came out so far."""
        return "".join(self._written)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """Those that are complete and were shown."""
        return tuple(self._sentences)

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
        while len(spans := sentence_spans(self._sentence)) > 1:
            end = max(spans[0][1], self._shown)
            shown += self._complete(end)
        if not self._strict:
            certain = max(len(self._sentence.rstrip()), self._shown)
            shown += self._sentence[self._shown : certain]
            self._shown = certain
        self._written.append(shown)
        return shown

    def finish(self) -> str:
        """The rest, and the last sentence's marker."""
        self._sentence = (self._sentence + self._held).rstrip()
        shown = self._complete(len(self._sentence)) if self._sentence else ""
        self._written.append(shown)
        return shown

    def _complete(self, end: int) -> str:
        """What is still to be shown of the first sentence, which ends at `end`, and its marker."""
        whole = self._sentence[:end]
        rest = self._sentence[self._shown : end]
        self._sentence, self._shown = self._sentence[end:], 0
        if not whole.strip():
            return rest
        judged = self._grounds.check(whole)
        if self._strict and judged.verdict is Verdict.UNBACKED:
            return ""
        marker = judged.citation.marker if judged.citation else None
        self._sentences.append(Sentence(whole.strip(), judged.verdict, judged.reason, marker))
        return f"{rest} {UNBACKED if marker is None else f'[{marker}]'}"
