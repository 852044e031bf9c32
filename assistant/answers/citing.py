"""Adds citation markers to an answer while it is generated.

The model's text goes in piece by piece and comes out with a marker after every sentence. `[1]` refers to the
quote that supports the sentence (`assistant.answers.grounding`), `[1?]` to one that supports it weakly or may
not answer the question, and `[?]` follows a sentence that no passage supports. Text comes out as soon as it
goes in; the marker comes out once its sentence is complete. Tokens of templates that the model repeats from a
document are written with other brackets.
"""

import re
from dataclasses import replace
from functools import partial

from assistant.answers.claims import is_assent
from assistant.answers.grounding import GroundingChecker, content_words
from assistant.dialogue import Sentence, Verdict
from ingest.segmentation import sentence_spans
from policies.hygiene import as_text

UNBACKED_MARKER = "[?]"
"""Follows an unbacked sentence in place of a marker."""

UNSURE = "it may not be what you asked for"
"""Why a sentence that a passage says is not sure."""

_OWN_MARKER = re.compile(r" ?\[(?:\d[\d, ]*\??|\?)\]")
"""A marker written by the model. It is removed."""

_WITHIN = r"[\d\s,?]"
_NEVER_CLOSED = re.compile(rf"[\[\uff3b](?={_WITHIN}*[\[\uff3b]|{_WITHIN}{{41}})")
"""An opening bracket with another one inside, or with more text than a marker has. After the marker inside is
removed, it could look like the beginning of a marker, so it is replaced by another kind of bracket."""

_OPEN_MARKER = re.compile(
    rf" ?(?:[\[\uff3b]{_WITHIN}{{0,40}}|<[|\uff5c]?[^|\uff5c<>\n]{{0,40}}[|\uff5c]?)?\Z"
)
"""Text at the end that may be the beginning of such a marker, or of a template's token."""


class CitedText:
    """The text of an answer, checked sentence by sentence while it grows."""

    def __init__(
        self,
        checker: GroundingChecker,
        *,
        strict: bool = False,
        hold: bool = False,
        needed: frozenset[str] = frozenset(),
        is_sure: bool = True,
    ) -> None:
        """
        checker: checks each sentence and numbers the quotes.
        strict: leaves unbacked sentences out. A sentence then comes out only when it is complete.
        hold: lets nothing out before a sentence is backed, so that a text of which nothing is backed never
        appears.
        needed: words that must be in the text before anything is let out, as of `content_words`.
        is_sure: whether what the passages say is sure to be what was asked.
        """
        self._checker = checker
        self._strict = strict
        self._hold = hold
        self._needed = needed
        self._is_sure = is_sure
        self._waiting = ""
        """Text that waits for the first backed sentence."""
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
    def is_backed(self) -> bool:
        """Whether a complete sentence is backed, and the sentences contain the words that are needed."""
        return any(is_said(sentence) for sentence in self._sentences) and (
            not self._needed or self._needed <= content_words(" ".join(each.text for each in self._sentences))
        )

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """The complete sentences that have come out."""
        return tuple(self._sentences)

    def feed(self, piece: str) -> str:
        """Takes more of the model's text, and returns the text that can be shown now.

        Only what follows a sentence shows that it has ended, so white space waits for the next word. An open
        bracket waits until it is closed.
        """
        text = as_text(_OWN_MARKER.sub("", _NEVER_CLOSED.sub("⟨", self._held + piece)))
        match = _OPEN_MARKER.search(text)
        self._held = match[0] if match else ""
        self._incomplete += text.removesuffix(self._held)
        shown = ""
        while len(spans := sentence_spans(self._incomplete)) > 1:
            # "Yes." says nothing by itself: it is checked with the sentence after it.
            last = 1 if is_assent(self._incomplete[slice(*spans[0])]) else 0
            if last + 1 >= len(spans):
                break
            end = max(spans[last][1], self._shown)
            shown += self._complete(end)
        if not self._strict and not self._is_held:
            certain = max(len(self._incomplete.rstrip()), self._shown)
            shown += self._incomplete[self._shown : certain]
            self._shown = certain
        return self._let_out(shown)

    def finish(self) -> str:
        """Ends the text. Returns the rest of it, with the last sentence's marker."""
        self._incomplete = (self._incomplete + self._held).rstrip()
        return self._let_out(self._complete(len(self._incomplete)) if self._incomplete else "")

    @property
    def _is_held(self) -> bool:
        return self._hold and not self.is_backed

    def _let_out(self, shown: str) -> str:
        """Adds `shown` to what came out, unless it waits."""
        if self._is_held:
            self._waiting += shown
            return ""
        shown, self._waiting = self._waiting + shown, ""
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
        checked = Sentence(sentence.strip(), judgement.verdict, judgement.reason, marker)
        checked = checked if self._is_sure else as_unsure(checked)
        self._sentences.append(checked)
        return f"{rest} {''.join(map(partial(citing_marker, checked.verdict), markers)) or UNBACKED_MARKER}"


def citing_marker(verdict: Verdict, number: int) -> str:
    """What follows a sentence that cites quote `number`."""
    return f"[{number}?]" if verdict in {Verdict.WEAK, Verdict.UNSURE} else f"[{number}]"


def is_said(sentence: Sentence) -> bool:
    """Whether a passage says it, be it what was asked or not."""
    return sentence.verdict in {Verdict.BACKED, Verdict.UNSURE}


def as_unsure(sentence: Sentence) -> Sentence:
    """`sentence` as one that may not be what was asked, if a passage says it."""
    return replace(sentence, verdict=Verdict.UNSURE, reason=UNSURE) if is_said(sentence) else sentence
