"""Masks sensitive text: finds it, and puts a mask such as `[card ••1111]` in its place.

A masked text is made when a document is read, before anything else sees it (`ingest.masking.documents`), so
whatever is made of the document later holds the mask: chunks, words, vectors, prompts, answers, summaries.
The same number always gets the same mask. Masks keep the last characters of numbers, by which a person tells
them apart.

Text is searched as `ingest.masking.folding` folds it. Nothing here knows paths or settings
(`ingest.handling`).
"""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ingest.masking.contacts import email_addresses, telephone_numbers
from ingest.masking.credentials import credentials
from ingest.masking.findings import LABELS, Finding, Search, SensitiveKind
from ingest.masking.folding import fold
from ingest.masking.national import national_numbers
from ingest.masking.numbers import cards, ibans, vat_numbers
from ingest.masking.patterns import search_for

REVISION = 1
"""Raise it when other text is found, or masks look different: documents are then read again."""

_SEARCHES: Mapping[SensitiveKind, Search] = {
    SensitiveKind.KEY: credentials,
    SensitiveKind.IBAN: ibans,
    SensitiveKind.CARD: cards,
    SensitiveKind.VAT: vat_numbers,
    SensitiveKind.NATIONAL: national_numbers,
    SensitiveKind.EMAIL: email_addresses,
    SensitiveKind.PHONE: telephone_numbers,
}
"""How each kind is found. Where findings overlap, the kind that comes first counts."""


@dataclass(frozen=True, slots=True)
class Mask:
    """A piece of a text that a mask replaces."""

    start: int
    """Where it begins in the text."""
    end: int
    """Where it ends, excluded."""
    kind: str
    """A value of `SensitiveKind`, or the name of a pattern of the user's own."""
    text: str
    """The mask, with as many line breaks at its end as it replaces."""


@dataclass(frozen=True, slots=True)
class MaskedText:
    """A text with its masks."""

    text: str
    """The text with masks in place of what is sensitive."""
    masks: tuple[Mask, ...]
    """What was replaced, in order."""
    ends: tuple[int, ...]
    """Where each mask ends in `text`."""

    def place(self, position: int) -> int:
        """Where a place in the original text is in the masked one; inside a mask, that is the mask's end."""
        before = bisect_left(self.masks, position, key=lambda mask: mask.start)
        if before == 0:
            return position
        mask = self.masks[before - 1]
        return self.ends[before - 1] + max(0, position - mask.end)


class Masker:
    """Masks the given classes of text."""

    def __init__(self, kinds: Collection[str], own: Mapping[str, str]) -> None:
        """
        kinds: values of `SensitiveKind`.
        own: patterns by name. Raises `BadPattern`.
        """
        searches = [(str(kind), search) for kind, search in _SEARCHES.items() if kind in kinds]
        # A user's own patterns come first, because the user knows best what they are.
        self._searches = [(name, search_for(pattern)) for name, pattern in own.items()] + searches

    def mask(self, text: str) -> MaskedText:
        """Masks a text."""
        folded = fold(text)
        found: list[Mask] = []
        for name, search in self._searches:
            for finding in search(folded.text):
                start, end = folded.original(finding.start, finding.end)
                at = bisect_left(found, start, key=lambda mask: mask.start)
                is_free = at == len(found) or end <= found[at].start
                if is_free and (at == 0 or found[at - 1].end <= start):
                    breaks = "\n" * text.count("\n", start, end)
                    found.insert(at, Mask(start, end, name, f"{_mask(name, finding)}{breaks}"))
        parts: list[str] = []
        ends: list[int] = []
        position = length = 0
        for mask in found:
            length += mask.start - position + len(mask.text)
            ends.append(length)
            parts += (text[position : mask.start], mask.text)
            position = mask.end
        return MaskedText("".join((*parts, text[position:])), tuple(found), tuple(ends))


def _mask(name: str, finding: Finding) -> str:
    label = LABELS.get(name, name)
    return f"[{label} ••{finding.shown}]" if finding.shown else f"[{label}]"
