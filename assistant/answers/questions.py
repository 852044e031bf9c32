"""Recognizes follow-up questions, and questions that several documents may answer.

"And the year before?" cannot be understood without an earlier question. A question is a follow-up if it
begins like one, if one of its pronouns refers to something named earlier, or if it contains nothing but stop
words. It is then joined with the last question of the conversation that is not a follow-up, and both are
searched for and answered together. Nothing is rewritten: small models invent things when asked to rewrite a
question. The user sees the text that was searched for.
"""

import re
from collections.abc import Sequence

from ingest import language
from ingest.keywords import STOP_WORDS, terms

_FOLLOW_UP = re.compile(
    rf"\W*(?:{'|'.join(map(re.escape, sorted(language.FOLLOW_UP_OPENERS)))})\b", re.IGNORECASE
)
_WORD = re.compile(r"\w+")
_SEVERAL = re.compile(rf"\b(?:{'|'.join(language.SEVERAL_DOCUMENTS)})\b", re.IGNORECASE)


def is_follow_up(question: str) -> bool:
    """Whether `question` cannot be understood without an earlier one."""
    if _FOLLOW_UP.match(question):
        return True
    words = [word.casefold() for word in _WORD.findall(question)]
    has_pronoun = any(word in language.PRONOUNS for word in words) or (
        bool(words) and words[-1] in language.FINAL_PRONOUNS
    )
    return has_pronoun or not set(terms(question)) - STOP_WORDS


def resolve_follow_up(question: str, earlier: Sequence[str]) -> str:
    """The text to search for: a follow-up preceded by the question it depends on, otherwise `question`
    itself.

    earlier: the questions of the conversation so far, in order.
    """
    if not is_follow_up(question):
        return question
    antecedent = next((other for other in reversed(earlier) if not is_follow_up(other)), None)
    return f"{antecedent} {question}".strip() if antecedent else question


def expects_several_documents(question: str) -> bool:
    """Whether the wording of a question suggests that several documents answer it."""
    return _SEVERAL.search(question) is not None
