"""What a question says of itself: that it leans on what was said before, or that several documents answer it.

"And the year before?" leans on another question and is made whole with it. A question leans
when it begins as one that goes on, when a pronoun in it stands for something named earlier, or when it
names nothing at all. It is then searched for, and answered, together with the last question of
the conversation that stood by itself. Words are joined and nothing is rewritten: a small model asked to
rewrite invents, and what was really run is shown, so a person can see what their words became.
"""

import re
from collections.abc import Sequence

from ingest.keywords import STOP_WORDS, terms

_GOES_ON = re.compile(
    r"\W*(?:and|but|or|so|then|also|what about|how about|what else|who else|why|since when|"
    r"und|aber|oder|auch|warum|wieso|was ist mit|et|mais|pourquoi|y|pero|por qué)\b",
    re.IGNORECASE,
)

_STANDS_FOR = frozenset(
    "it its he she they them him their theirs his hers this these those former latter "
    "er ihn ihm ihr ihre ihnen dies diese dieser dieses davon dazu damit dort "
    "il elle ils elles celui celle ceux cela ça eso esa ese esos esas ello ella ellos allí".split()
)

_WORD = re.compile(r"\w+")


def leans(question: str) -> bool:
    """Whether `question` cannot be understood by itself."""
    if _GOES_ON.match(question):
        return True
    words = [word.casefold() for word in _WORD.findall(question)]
    pointing = any(word in _STANDS_FOR for word in words) or words[-1:] in (["that"], ["there"])
    return pointing or not set(terms(question)) - STOP_WORDS


def made_whole(question: str, earlier: Sequence[str]) -> str:
    """`question` as it is to be run, after the questions in `earlier`, the last one last."""
    if not leans(question):
        return question
    anchor = next((each for each in reversed(earlier) if not leans(each)), None)
    return f"{anchor} {question}" if anchor else question


_SEVERAL = re.compile(
    r"\b(?:which (?:\w+ )?(?:documents|files|notes|invoices|letters|contracts|reports|of (?:the|my|our))|"
    r"how many|list (?:all|every|the)|all (?:the |my |our )?\w+s|every|each|compare|"
    r"welche|wie viele|alle|liste|quels|quelles|combien|tous|toutes|cuáles|cuántos|cuántas|todos|todas)\b",
    re.IGNORECASE,
)
"""What a question says that several documents may answer."""


def several(question: str) -> bool:
    """Whether a question sounds as if several documents answer it."""
    return _SEVERAL.search(question) is not None
