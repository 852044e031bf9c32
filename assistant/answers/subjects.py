"""Which words of a question name what it is about: names, numbers, and nouns that a person would miss.

A reply without an answer says which of these no document mentions. "None of them mentions “dentist”" helps;
"mentions “happens”" does not. So a word counts if it is a name, or a noun by its place in the sentence: after
an article, a possessive, a quantity or a preposition. What does not count is the verb or the adjective at the
end of an inverted question ("does the ferry *leave*"), what a word before "of" asks for ("the *colour* of the
car"), and every word after "how" or "what". A query of keywords has no such places; there, every word counts.

Only `assistant.answers.identifying.nowhere` calls this. It decides what is said, and never what is found.
"""

from collections.abc import Sequence
from itertools import takewhile

from ingest import language
from ingest.keywords import STOP_WORDS, folded
from ingest.language import follow_ups

_PASSED_OVER = frozenset(
    map(
        folded,
        STOP_WORDS | language.QUESTION_FILLERS | language.INSTRUCTION_WORDS | follow_ups.INDEFINITE,
    )
)
"""Words that are no subject wherever they stand."""

_BEFORE_NOUNS = frozenset(map(folded, follow_ups.BEFORE_NOUNS | follow_ups.BEFORE_FOREIGN_NOUNS))
_BEFORE_FOREIGN_NOUNS = frozenset(map(folded, follow_ups.BEFORE_FOREIGN_NOUNS))
_OBJECTS = follow_ups.COPULAS | follow_ups.OWNING
_INVERTED = frozenset(map(folded, follow_ups.STARTERS - follow_ups.QUESTION_WORDS))


def subjects(tokens: Sequence[str]) -> frozenset[int]:
    """The places in `tokens`, the words of a question, of names, numbers and nouns that it is about."""
    words = [folded(token) for token in tokens]
    if STOP_WORDS.isdisjoint(words):
        return frozenset(place for place, word in enumerate(words) if word not in _PASSED_OVER)
    has_capitals = " ".join(tokens).isupper()
    found = {
        place
        for place, token in enumerate(tokens)
        if any(map(str.isdigit, token)) or (place and token[0].isupper() and not has_capitals)
    }
    if language.capitalises_nouns(tokens):
        return frozenset(found)
    for place, word in enumerate(words):
        if word in _BEFORE_NOUNS:
            found |= _nouns(words, place)
    return frozenset(found)


def _nouns(words: Sequence[str], before: int) -> set[int]:
    """The places of the nouns after the article, possessive, quantity or preposition at `before`."""
    start = before + 1
    run = list(
        takewhile(lambda place: words[place] not in _PASSED_OVER | _BEFORE_NOUNS, range(start, len(words)))
    )
    after = start + len(run)
    if run and after < len(words) and words[after] in follow_ups.OF:
        run.pop()
    # The owner in "does Theo's passport run out" stands between the verb and the noun.
    verb = before - 2 if words[before] == "s" else before - 1
    is_inverted = verb >= 0 and words[verb] in _INVERTED and not _has_object(words, verb)
    if words[before] in _BEFORE_FOREIGN_NOUNS or is_inverted:
        # A verb or an adjective follows the noun, and nothing tells where.
        return set(run[:1])
    return {place for place in run if place == start or not _is_participle(words[place])}


def _is_participle(word: str) -> bool:
    """Whether a word after a noun is a participle or another word that is no noun: `the amount owed`."""
    return word.endswith(follow_ups.NO_NOUN_ENDINGS) or word in follow_ups.PARTICIPLES


def _has_object(words: Sequence[str], verb: int) -> bool:
    """Whether only a noun follows this verb: `Where is the swimming pool?`, `Who has the spare key?`"""
    verbs = follow_ups.COPULAS if words[0] not in follow_ups.ASKING_WHO else _OBJECTS
    return verb == 1 and words[0] in follow_ups.QUESTION_WORDS and words[1] in verbs
