"""Questions that ask for several things: "What is the rent, and when is it due?"

Each part is searched for and answered by itself, because no sentence answers all of them, and a reply that
answers one part must not look like an answer to both. A question is divided only where its wording leaves no
doubt: at a second question word, or where a preposition is repeated before another name or number, as in "the
deposit of A and that of B". "The border of France and Germany" is one thing, and so is what some document
calls "terms and conditions".
"""

import re
from collections.abc import Callable

from assistant.answers.grounding import content_words
from ingest import language
from ingest.language import follow_ups

SHORTEST_PART = 3
"""Words of the shortest part, with its question word."""

_WORD = re.compile(r"\w+")
_AND = rf"(?:{'|'.join(follow_ups.CONJUNCTIONS)})"
_ASKING = "|".join(map(re.escape, sorted(follow_ups.QUESTION_WORDS, key=len, reverse=True)))
_NEXT_QUESTION = re.compile(rf"\s*(?:\?\s*¿?|,)?\s+(?:{_AND}\s+)?¿?(?={_ASKING}\b)", re.IGNORECASE)
_JOINT = re.compile(rf"\?|\b{_AND}\b", re.IGNORECASE)
_CAPITALISED = r"[A-ZÄÖÜÉÁÍÓÚ0-9][\w.'’-]*"
_NAME = rf"(?:(?:{follow_ups.ARTICLES})\s)?{_CAPITALISED}(?:\s{_CAPITALISED})*"
_PLAIN = r"\w+(?:\s\w+){0,2}"
_REPEATED, _STANDING_IN = (
    re.compile(
        rf"(?P<lead>.*\b)(?P<preposition>{follow_ups.PREPOSITIONS})\s(?P<first>{name}),?\s{_AND}\s"
        rf"{again}(?P=preposition)\s(?P<second>{name})(?P<rest>.*)"
    )
    for name, again in (
        (_NAME, rf"(?:(?:{follow_ups.THAT})\s)?"),
        # "That of" leaves no doubt, even where the names are no proper ones.
        (_PLAIN, rf"(?:{follow_ups.THAT})\s"),
    )
)
_TWO_NOUNS = re.compile(
    rf"(?P<lead>\W*(?:{follow_ups.VALUE_QUESTIONS}))\s(?P<first>(?:{follow_ups.ARTICLES})\s\w+)\s{_AND}\s"
    rf"(?P<second>(?:{follow_ups.ARTICLES})\s\w+)(?P<rest>\s(?:{follow_ups.PREPOSITIONS})\s.*|\s*\?*)",
    re.IGNORECASE,
)


def divided(question: str, is_one_thing: Callable[[str], bool]) -> tuple[str, ...]:
    """The questions that `question` consists of, in order; itself if it is one.

    is_one_thing: whether a phrase such as `terms and conditions` occurs in a document.
    """
    if (parts := _questions(question)) and len(parts) > 1:
        return parts
    for pattern in (_REPEATED, _STANDING_IN, _TWO_NOUNS):
        match = pattern.fullmatch(question)
        if match and not is_one_thing(question[match.start("first") : match.end("second")]):
            preposition = match.groupdict().get("preposition")
            lead = f"{match['lead']}{preposition}" if preposition else match["lead"]
            return tuple(f"{lead} {match[name]}{match['rest']}" for name in ("first", "second"))
    return (question,)


def _questions(question: str) -> tuple[str, ...]:
    """The parts of `question`, each with a question word; empty if one is not a question by itself."""
    joints = [match for match in _NEXT_QUESTION.finditer(question) if match[0].strip()]
    if not any(_JOINT.search(match[0]) for match in joints):
        # "When the boiler fails, who is called?" is one question.
        return ()
    bounds = [0, *(place for match in joints for place in match.span()), len(question)]
    parts = [question[start:end] for start, end in zip(bounds[::2], bounds[1::2], strict=True)]
    if not all(map(_is_question, parts)):
        return ()
    return tuple(part.strip().rstrip("?").rstrip() + "?" for part in parts)


def _is_question(part: str) -> bool:
    words = _WORD.findall(part)
    return (
        len(words) >= SHORTEST_PART
        and words[0].casefold() in follow_ups.QUESTION_WORDS
        and bool(content_words(part) - language.QUESTION_FILLERS)
    )
