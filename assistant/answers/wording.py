"""The sentences in which a reply says that it is no answer.

An answer leads with the answer. The other two kinds of reply lead with one of these sentences, in the text of
the reply and on every screen, so that nobody takes the closest passages for an answer.
"""

from collections.abc import Sequence

from assistant.dialogue import State
from policies.hygiene import as_text

CLOSEST = "The closest passages:"
"""Stands between the headline and the passages."""

NEXT_STEP = "Try other words, or add a document that contains the answer."
"""What a person can do who got no answer."""


def headline(state: State, missing: Sequence[str]) -> str:
    """What the reply says first; empty for an answer.

    missing: words of the question that the documents do not mention.
    """
    named = " or ".join(f"“{word}”" for word in missing)
    match state:
        case State.CLOSEST:
            return "No document answers this." + (
                f" None of the closest passages mentions {named}." if named else ""
            )
        case State.NOT_FOUND:
            return "I found nothing about this in the library." + (
                f" No document mentions {named}." if named else ""
            )
        case State.ANSWERED:
            return ""


def not_answered(part: str) -> str:
    """What a reply says of the part of a question that no document answers."""
    return f"No document answers “{as_text(part)}”"
