"""The words in which a reply says what it is.

An answer leads with the answer. The other two kinds of reply lead with a sentence that says so, in the text
of the reply and on every screen, so that nobody takes the closest passages for an answer. An answer that may
not be what was asked is headed as such, and its markers have a question mark.
"""

from collections.abc import Sequence

from assistant.dialogue import Answer, State, Verdict
from policies.hygiene import as_text

CLOSEST = "The closest passages:"
"""Stands between the headline and the passages."""

POSSIBLE = "Possible answer"
"""Heads an answer that may not be what was asked."""

VERDICTS = {Verdict.WEAK: "Weakly supported", Verdict.UNBACKED: "Not supported"}
"""What is said of a sentence that no passage says, before the reason."""

NEXT_STEP = "Try other words, or add a document that contains the answer."
"""What a person can do who got no answer."""


def heading(answer: Answer) -> str:
    """What a reply is, in the words of every front end."""
    match answer.state:
        case State.ANSWERED:
            return POSSIBLE if answer.is_unsure else "Answered"
        case State.CLOSEST:
            return "Closest passages"
        case State.NOT_FOUND:
            return "Not found"


def caution(answer: Answer) -> str:
    """What has to be said below an answer that may not be what was asked; empty for any other reply."""
    if answer.is_unsure:
        return "This may not be what you asked for. Check it at its source."
    if any(sentence.verdict is Verdict.UNSURE for sentence in answer.sentences):
        return "Sentences marked “?” may not be what you asked for. Check them at their sources."
    return ""


def headline(state: State, missing: Sequence[str]) -> str:
    """What the reply says first; empty for an answer.

    missing: words of the question that the documents do not mention.
    """
    *others, last = [f"“{word}”" for word in missing] or [""]
    named = f"{', '.join(others)} or {last}" if others else last
    match state:
        case State.CLOSEST:
            return "I found no sure answer." + (
                f" None of the closest passages mentions {named}." if named else ""
            )
        case State.NOT_FOUND:
            return "I found nothing about this in the documents I searched." + (
                f" None of them mentions {named}." if named else ""
            )
        case State.ANSWERED:
            return ""


def not_answered(part: str) -> str:
    """What a reply says of the part of a question to which it has no answer."""
    return f"I found no answer to “{as_text(part)}”"
