"""Swapped roles: who a claim says does something, where the text says that it is done to, or towards, them.

"Theft must be reported to the police" does not say that the police must report it, although both sentences
have the same words. A rule finds this one kind: wherever the text has a word, it stands right after a
preposition that marks who receives, and the claim puts it right before the verb that the text has before that
preposition. Other swaps are for the reader to judge.
"""

import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise

from ingest.keywords import STOP_WORDS, folded
from ingest.language import statements

_CLAUSE = re.compile(r"[,;:.!?()|]+(?:\s|$)|\n")
_WORD = re.compile(r"[^\W\d_]+")
_ARTICLES = frozenset(map(folded, statements.ARTICLES))
_BETWEEN = frozenset(map(folded, statements.DUTIES | statements.PERMISSIONS))


def doers_that_receive(
    claim: str, source: str, languages: Collection[str], same: Callable[[str, Collection[str]], bool]
) -> list[str]:
    """Returns the words that do in `claim` what they receive in `source`.

    languages: those that the two may be in.
    same: whether a word is a form of one of some words.
    """
    prepositions = frozenset().union(*(statements.RECEIVERS.get(name, frozenset()) for name in languages))
    received = _received(source, prepositions)
    if not received:
        return []
    swapped = []
    for clause in _CLAUSE.split(claim):
        words = _WORD.findall(clause)
        for position, word in enumerate(words):
            if folded(word) not in STOP_WORDS and position and words[position - 1].casefold() in prepositions:
                break
            verb = _verb(words[position + 1 :])
            if verb and same(verb, received.get(folded(word), ())):
                swapped.append(word)
            # A subject is the first noun of its clause, or the second word of a name.
            if folded(word) not in STOP_WORDS and not word[0].isupper():
                break
    return swapped


def _verb(words: Sequence[str]) -> str:
    """The verb that `words` begin with, as far as "may" before it or an article behind it tells; or empty."""
    plain = [folded(word) for word in words]
    if len(plain) >= 2 and plain[0] in _BETWEEN and plain[1] not in STOP_WORDS:
        return words[1]
    if len(plain) >= 2 and plain[0] not in STOP_WORDS and plain[1] in _ARTICLES:
        return words[0]
    return ""


def _received(source: str, prepositions: frozenset[str]) -> dict[str, list[str]]:
    """The words that stand only after one of `prepositions`, with the words before it in their clauses."""
    found: dict[str, list[str]] = {}
    others: set[str] = set()
    for clause in _CLAUSE.split(source):
        words = _WORD.findall(clause)
        receives, deeds = False, list[str]()
        for before, word in pairwise(["", *words]):
            if word.casefold() in prepositions:
                receives = True
            elif folded(word) in STOP_WORDS:
                continue
            elif receives or (word[0].isupper() and folded(before) in found):
                # "The right to vote belongs to members": such a verb is nobody's deed either.
                found.setdefault(folded(word), []).extend(deeds)
                receives = False
            else:
                deeds.append(word)
                others.add(folded(word))
    return {word: deeds for word, deeds in found.items() if word not in others}
