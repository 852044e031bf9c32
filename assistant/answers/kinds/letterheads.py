"""The head of a letter: senders, addresses and dates before the salutation. Only its line with the subject is
of use in a summary.
"""

import re
from collections.abc import Sequence

from assistant.answers.kinds.pieces import Piece, is_sentence
from ingest.language import writing
from ingest.mailheaders import SUBJECT_LINE

LONGEST_HEAD = 16
"""The most pieces of a head."""

_SALUTATION = re.compile(rf"\W*(?:{writing.SALUTATIONS})(?!\w)", re.IGNORECASE)
_SUBJECT = re.compile(rf"{SUBJECT_LINE.pattern}\s*(?P<subject>\S.*)", re.IGNORECASE)


def without_head(found: Sequence[Piece]) -> tuple[list[Piece], str]:
    """The pieces of a letter from its salutation on, and its subject; empty if no line states it.

    For a document that is no letter, all pieces and no subject.
    """
    for place, piece in enumerate(found[:LONGEST_HEAD]):
        if _SALUTATION.match(piece.text) and not any(map(is_sentence, found[:place])):
            subjects = (_SUBJECT.fullmatch(above.text) for above in found[: place + 2])
            named = next((match["subject"] for match in subjects if match), "")
            rest = [piece for piece in found[place:] if not _SUBJECT.fullmatch(piece.text)]
            return rest, named
    return list(found), ""
