"""Papers, reports and proposals: what they propose or examine, why, what they find, and then the rest.

Such a document says in a sentence what it is for, and early ("This paper proposes", "The aim of this study
is"). The first such sentence of the abstract represents it better than any sentence that is merely central.
"""

import re
from collections.abc import Sequence

from assistant.answers.kinds.digest import Digest, Extent, Material, PointGroup
from assistant.answers.kinds.pieces import (
    Piece,
    Shape,
    is_labelled,
    is_quotable,
    is_sentence,
    labels,
    names,
    phrases,
)
from assistant.answers.kinds.texts import described
from assistant.summary import Length
from ingest.language import writing

PURPOSES = {Length.SHORT: 1, Length.MEDIUM: 2, Length.LONG: 3}
"""Sentences that say what a document proposes."""

REASONS = {Length.SHORT: 0, Length.MEDIUM: 1, Length.LONG: 2}
"""Sentences that say why."""

ABSTRACT = {Length.SHORT: 2, Length.MEDIUM: 5, Length.LONG: 9}
"""Sentences of the abstract and of what a document proposes, together."""

ENOUGH_WORDS = {Length.SHORT: 40, Length.MEDIUM: 90, Length.LONG: 240}
"""Words of these sentences up to which highlights are added."""

FIRST_STATEMENTS = 15
"""Sentences at the beginning among which one with a vaguer phrase says what a document proposes."""

MIN_WORDS = 5
"""Words of a sentence that says something."""

FINDINGS = {Length.SHORT: 1, Length.MEDIUM: 2, Length.LONG: 4}
"""Sentences that say what it finds."""

OPENING_SHARE = 0.4
"""The share of a document in which it says what it is for."""

_HEADINGS = names(writing.PAPER_HEADINGS)
_ABSTRACT = names(writing.ABSTRACT_HEADINGS)
_ABSTRACT_LABEL = labels(writing.ABSTRACT_HEADINGS)
_OUTCOME = names(writing.OUTCOME_HEADINGS)
_PROPOSAL = names(writing.PROPOSAL_HEADINGS)
_REASON = names(writing.REASON_HEADINGS)
_PURPOSES = phrases(writing.PURPOSES)
_OWN_PURPOSES = phrases(writing.PURPOSES[:2])
_FINDINGS = phrases(writing.FINDINGS)


def recognizes(material: Material) -> bool:
    """Whether a document has the headings of a paper, or says early what it proposes or examines."""
    headings = {
        name.casefold() for piece in material.pieces for name in piece.heading if _HEADINGS.fullmatch(name)
    }
    if len(headings) > 1:
        return True
    opening = [piece for piece in material.pieces[:15] if piece.shape is Shape.SENTENCE]
    return any(_OWN_PURPOSES.search(piece.text) for piece in opening) and len(material.pieces) > 3


def digest(material: Material, extent: Extent) -> Digest:
    """The points of a paper: what it proposes, why, what it finds, and its other highlights."""
    length = extent.length
    statements = [
        piece
        for piece in material.pieces
        if is_sentence(piece)
        and is_quotable(piece)
        and not is_labelled(piece)
        and len(piece.text.split()) >= MIN_WORDS
    ]
    abstract = [
        piece for piece in statements if _is_under(piece, _ABSTRACT) or _ABSTRACT_LABEL.match(piece.text)
    ]
    opening = statements[: max(int(OPENING_SHARE * len(statements)), 8)]
    shown: list[str] = []
    early = (*abstract, *opening)
    purposes = [piece for piece in early if _OWN_PURPOSES.search(piece.text)]
    purposes += [piece for piece in statements if _is_under(piece, _PROPOSAL)]
    first = [*abstract, *statements[:FIRST_STATEMENTS]]
    purposes += [piece for piece in first if piece not in purposes and _PURPOSES.search(piece.text)]
    _add(shown, purposes or abstract or statements, PURPOSES[length])
    _add(shown, abstract, ABSTRACT[length])
    reasons = [piece.text for piece in opening if _is_under(piece, _REASON) and piece.text not in shown]
    shown += extent.choose(reasons, REASONS[length]) if REASONS[length] else ()
    outcomes = [piece for piece in statements if _is_under(piece, _OUTCOME) or piece in abstract]
    findings = [piece.text for piece in outcomes if _FINDINGS.search(piece.text)]
    findings = [text for text in findings if text not in shown]
    shown += extent.choose(findings, FINDINGS[length])
    for text in extent.highlights:
        if text not in shown and sum(len(one.split()) for one in shown) < ENOUGH_WORDS[length]:
            shown.append(text)
    return Digest(described("Paper", material), (PointGroup("", tuple(shown)),) if shown else ())


def _add(shown: list[str], pieces: Sequence[Piece], count: int) -> None:
    """Adds the texts of the first pieces that are not shown yet."""
    for piece in pieces:
        text = (
            _ABSTRACT_LABEL.sub("", piece.text, count=1) if _ABSTRACT_LABEL.match(piece.text) else piece.text
        )
        if len(shown) < count and text not in shown:
            shown.append(text)


def _is_under(piece: Piece, heading: re.Pattern[str]) -> bool:
    return any(heading.fullmatch(name) for name in piece.heading)
