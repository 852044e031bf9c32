"""Adds citation markers to an answer while it is generated.

The model's text goes in piece by piece and comes out with a marker after every sentence. `[1]` refers to the
quote that supports the sentence (`assistant.answers.grounding`), and `[?]` follows a sentence that no passage
supports. Text comes out as soon as it goes in; the marker comes out once its sentence is complete.
"""

import re

from assistant.answers.grounding import GroundingChecker
from assistant.dialogue import Sentence, Verdict
from ingest.segmentation import sentence_spans

UNBACKED_MARKER = "[?]"
"""Follows an unbacked sentence in place of a marker."""

_OWN_MARKER = re.compile(r" ?\[(?:\d[\d, ]*|\?)\]")
"""A marker written by the model. It is removed."""

_OPEN_MARKER = re.compile(r" ?(\[[\d, ?]{0,8})?\Z")
"""Text at the end that may be the beginning of such a marker."""


class CitedText:
    """The text of an answer, checked sentence by sentence while it grows."""

    def __init__(self, checker: GroundingChecker, *, strict: bool = False) -> None:
        """
        checker: checks each sentence and numbers the quotes.
        strict: leaves unbacked sentences out. A sentence then comes out only when it is complete.
        """
        self._checker = checker
        self._strict = strict
        self._held = ""
        """Input that may turn out to be a marker of the model's own."""
        self._incomplete = ""
        """The text of the sentence that is not complete yet."""
        self._shown = 0
        """Characters of the incomplete sentence that have come out."""
        self._output: list[str] = []
        self._sentences: list[Sentence] = []

    @property
    def text(self) -> str:
        """Everything that has come out so far."""
        return "".join(self._output)

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The complete sentences that have come out."""
        return tuple(self._sentences)

    def feed(self, piece: str) -> str:
        """Takes more of the model's text, and returns the text that can be shown now.

        Only what follows a sentence shows that it has ended, so white space waits for the next word. An open
        bracket waits until it is closed.
        """
        text = _OWN_MARKER.sub("", self._held + piece)
        match = _OPEN_MARKER.search(text)
        self._held = match[0] if match else ""
        self._incomplete += text.removesuffix(self._held)
        shown = ""
        while len(spans := sentence_spans(self._incomplete)) > 1:
            end = max(spans[0][1], self._shown)
            shown += self._complete(end)
        if not self._strict:
            certain = max(len(self._incomplete.rstrip()), self._shown)
            shown += self._incomplete[self._shown : certain]
            self._shown = certain
        self._output.append(shown)
        return shown

    def finish(self) -> str:
        """Ends the text. Returns the rest of it, with the last sentence's marker."""
        self._incomplete = (self._incomplete + self._held).rstrip()
        shown = self._complete(len(self._incomplete)) if self._incomplete else ""
        self._output.append(shown)
        return shown

    def _complete(self, end: int) -> str:
        """Checks the first sentence, which ends at `end`. Returns its text that is still to show, and its
        marker."""
        sentence = self._incomplete[:end]
        rest = self._incomplete[self._shown : end]
        self._incomplete, self._shown = self._incomplete[end:], 0
        if not sentence.strip():
            return rest
        judgement = self._checker.check(sentence)
        if self._strict and judgement.verdict is Verdict.UNBACKED:
            return ""
        markers = [citation.marker for citation in judgement.citations]
        marker = min(markers, default=None)
        self._sentences.append(Sentence(sentence.strip(), judgement.verdict, judgement.reason, marker))
        return f"{rest} {''.join(f'[{number}]' for number in markers) or UNBACKED_MARKER}"
