"""Whether a sentence is about a numbered thing other than the one that a question means.

"How much is the rent of flat 12A?" is not answered by a sentence about 12B, nor "What happens after the
third reminder?" by what happens after the first. A sentence without such a name may be about any of them, and
so may one whose title or headings have the name that is asked for. If these say that the document is about
the second floor, none of its sentences is about the third.
"""

import re
from collections.abc import Iterator

from assistant.answers.tablewords import same
from ingest.keywords import STOP_WORDS
from ingest.language import measures

_NAME = re.compile(r"(?<![\w.,/-])(\d{1,4}[A-Za-z])(?![\w/-]|[.,]\d)")
"""A number with a letter, as that of a flat or plot: `12A`."""

_WORD = re.compile(r"[^\W\d_]+")


def is_of_another_number(question: str, text: str, context: str) -> bool:
    """Whether `text` names things with a number and a letter, or by their place in a sequence, and none that
    `question` names so.

    context: the title and the headings, where the name may stand too.
    """
    asked, stated = _names(question), _names(text)
    if asked and stated and not asked & (stated | _names(context)):
        return True
    places = frozenset(_places(question, question))
    found = frozenset(_places(text, question)) if places else places
    # Without one, the text is about what its document is about: the lease of the flat on the second floor.
    found = found or frozenset(_places(context, question, may_be_alone=False) if places else ())
    return bool(found) and found.isdisjoint(places)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.upper() for name in _NAME.findall(text))


def _places(text: str, question: str, *, may_be_alone: bool = True) -> Iterator[int]:
    """The values of the ordinals in `text` that are followed by a word of the question.

    may_be_alone: whether one that no noun follows counts too.
    """
    words = list(map(str.casefold, _WORD.findall(text)))
    asked = [word for word in map(str.casefold, _WORD.findall(question)) if word not in STOP_WORDS]
    for place, word in enumerate(words):
        if word not in measures.ORDINALS:
            continue
        following = words[place + 1 : place + 3]
        is_alone = may_be_alone and (not following or following[0] in STOP_WORDS)
        if is_alone or any(same(other, known) for other in following for known in asked):
            yield measures.ORDINALS[word]
