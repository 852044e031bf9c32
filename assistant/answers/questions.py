"""What a question says of itself: that it leans on what was said before, or that several documents answer it.

"And the year before?" leans on another question and is made whole with it. A question leans
when it begins as one that goes on, when a pronoun in it stands for something named earlier, or when it
names nothing at all. It is then searched for, and answered, together with the last question of
the conversation that stood by itself. Words are joined and nothing is rewritten: a small model asked to
rewrite invents, and what was really run is shown, so a person can see what their words became.
"""

import re
from collections.abc import Sequence

from ingest import language
from ingest.keywords import STOP_WORDS, terms

_FOLLOW_UP = re.compile(
    rf"\W*(?:{'|'.join(map(re.escape, sorted(language.FOLLOW_UP_OPENERS)))})\b", re.IGNORECASE
)
_WORD = re.compile(r"\w+")


def depends_on_context(question: str) -> bool:
    """Whether `question` cannot be understood by itself."""
    if _FOLLOW_UP.match(question):
        return True
    words = [word.casefold() for word in _WORD.findall(question)]
    pointing = any(word in language.PRONOUNS for word in words) or (
        bool(words) and words[-1] in language.FINAL_PRONOUNS
    )
    return pointing or not set(terms(question)) - STOP_WORDS


def resolve_follow_up(question: str, earlier: Sequence[str]) -> str:
    """`question` as it is to be run, after the questions in `earlier`, the last one last."""
    if not depends_on_context(question):
        return question
    anchor = next((each for each in reversed(earlier) if not depends_on_context(each)), None)
    return f"{anchor} {question}" if anchor else question


_SEVERAL = re.compile(rf"\b(?:{'|'.join(language.SEVERAL_DOCUMENTS)})\b", re.IGNORECASE)
"""What a question says that several documents may answer."""


def expects_several_documents(question: str) -> bool:
    """Whether a question sounds as if several documents answer it."""
    return _SEVERAL.search(question) is not None
