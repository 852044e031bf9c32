"""Rewrites the earlier question with what a follow-up names: "and the deposit?", "and the last one?".

Such a follow-up names one thing in contrast to one in the earlier question: a thing that is asked for (the
deposit for the rent), a place in an order (last for first), or a name, month, day or code (Marcus for Anna).
The rest of the earlier question stays. Searching for both questions together would find the answer to the
first one again.

A part is replaced only if no other part of the earlier question can be meant. Otherwise
`assistant.answers.questions`, the only caller, joins both questions.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from assistant.answers.dates import YEAR
from ingest import language
from ingest.keywords import STOP_WORDS, folded
from ingest.language import follow_ups, measures, meetings

_TOKEN = re.compile(r"\w+(?:[-/]\w+)*")
_OPENER = re.compile(rf"\W*(?:(?:{'|'.join(follow_ups.CONTRASTING)})\b[\s,:]*)+", re.IGNORECASE)
_VALUE = re.compile(rf"\W*(?:{follow_ups.VALUE_QUESTIONS})\b\s*", re.IGNORECASE)
_YEAR = re.compile("|".join(map(re.escape, follow_ups.YEARS_BEFORE | follow_ups.YEARS_AFTER)), re.IGNORECASE)
_ASKED = re.compile(r"\W*(?:how (?:much|many)|which|what) (?=(\w+))", re.IGNORECASE)
_MONTHS = frozenset(map(folded, measures.MONTHS))
_DAY = re.compile("|".join(meetings.WEEKDAYS), re.IGNORECASE)
_OWNED = re.compile(r"['’]s$")
_END = " \t?!.,;:¿¡"


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a question, by its characters."""

    start: int
    end: int
    kind: str = ""
    """For a name: the kind of name. A name is replaced only by one of the same kind."""
    article: int = 0
    """For a noun: where its article ends; `start` if it has none."""


def contrasted(base: str, question: str) -> str:
    """`base` with one of its parts replaced by what `question` names; empty unless exactly one part fits."""
    opener = _OPENER.match(question)
    named = question[opener.end() :].strip(_END) if opener else ""
    named = _OWNED.sub("", named)
    words = [token.casefold() for token in _TOKEN.findall(named)]
    if not words:
        return ""
    if value := _VALUE.match(named):
        return _with_tail(base, question[opener.end() :] if opener else "", named[value.end() :])
    if changed := _redated(base, _TOKEN.findall(named)):
        return changed
    if follow_ups.STARTERS & set(words) or words[0] in follow_ups.PREPOSED:
        return ""
    if ordered := _reordered(base, words):
        return ordered
    noun = list(takewhile(lambda word: word not in follow_ups.PREPOSED, words))
    if follow_ups.OTHERS & set(words) or _YEAR.search(named) or any(map(str.isdigit, noun)):
        return ""
    if kind := _kind_of_name(named):
        return _replaced(base, named, [part for part in _names(base) if part.kind == kind])
    has_article = words[0] in follow_ups.DETERMINERS
    if not (has_article or _VALUE.match(base)) or set(words) <= set(map(str.casefold, _TOKEN.findall(base))):
        return ""
    part = _asked_for(base)
    if part is None or (not has_article and part.article == part.start):
        return ""
    if part.article == part.start:
        named = " ".join(_TOKEN.findall(named)[1:])
    kept = part if has_article else _Part(part.article, part.end)
    rest = base[len(base.rstrip(_END)) :] if len(noun) < len(words) else base[kept.end :]
    return f"{base[: kept.start]}{named}{rest}"


def _with_tail(base: str, question: str, noun: str) -> str:
    """The question for a value, with the thing that the value of `base` belongs to: "of room 4"."""
    part = _asked_for(base) if _VALUE.match(base) else None
    words = [token.casefold() for token in _TOKEN.findall(noun)]
    if (
        part is None
        or not words
        or words[0] not in follow_ups.DETERMINERS
        or follow_ups.PREPOSED & set(words)
    ):
        return ""
    return f"{question.strip(_END)}{base[part.end :]}"


def _reordered(base: str, words: list[str]) -> str:
    """`base` with another place in an order: "the last one" for "the first session"."""
    places = [word for word in words if folded(word) in follow_ups.ORDER]
    known = {*follow_ups.DETERMINERS, *follow_ups.ONES, *map(str.casefold, _TOKEN.findall(base))}
    if len(places) != 1 or set(words) - known - set(places):
        return ""
    parts = [_Part(*found.span()) for found in _TOKEN.finditer(base) if folded(found[0]) in follow_ups.ORDER]
    return _replaced(base, places[0], parts)


def _redated(base: str, words: list[str]) -> str:
    """`base` with another year or month, also after a preposition: "and in 2023?", "and in May?"."""
    *before, date = words
    if not {word.casefold() for word in before} <= follow_ups.PREPOSED:
        return ""
    if YEAR.fullmatch(date):
        return _replaced(base, date, [_Part(*found.span()) for found in YEAR.finditer(base)])
    is_month = _kind_of_name(date) == "month"
    return _replaced(base, date, [part for part in _names(base) if is_month and part.kind == "month"])


def _replaced(base: str, named: str, parts: list[_Part]) -> str:
    """`base` with the only one of `parts` replaced by `named`."""
    if len(parts) != 1:
        return ""
    changed = f"{base[: parts[0].start]}{named}{base[parts[0].end :]}"
    return "" if changed == base else changed


def _kind_of_name(text: str) -> str:
    """The kind of name that `text` is; empty if it is none."""
    words = _TOKEN.findall(text)
    if len(words) == 1 and any(map(str.isdigit, text)) and any(map(str.isalpha, text)):
        return "code"
    if any(not word[0].isupper() for word in words):
        return ""
    if len(words) == 1 and folded(words[0]) in _MONTHS:
        return "month"
    if len(words) == 1 and _DAY.fullmatch(words[0]):
        return "day"
    return "code" if len(text) > 1 and text.isupper() else "name"


def _names(base: str) -> Iterator[_Part]:
    """The names in a question: words with capitals, after its first word."""
    tokens = list(_TOKEN.finditer(base))
    has_capital_nouns = language.capitalises_nouns(token[0] for token in tokens)
    runs: list[list[int]] = []
    for place, token in enumerate(tokens):
        kind = _kind_of_name(token[0]) if place and token[0] != "I" else ""
        before = runs[-1][-1] if runs else -1
        gap = base[tokens[before].end() : token.start()].strip(". ") if before == place - 1 else "-"
        if kind == "name" and not gap and _kind_of_name(tokens[before][0]) == "name":
            runs[-1].append(place)
        elif kind:
            runs.append([place])
    for run in runs:
        kind = _kind_of_name(tokens[run[0]][0])
        # In a language that capitalises nouns, one word is a name only if it is the third, after the verb.
        if not has_capital_nouns or kind != "name" or len(run) > 1 or run == [2]:
            yield _Part(tokens[run[0]].start(), tokens[run[-1]].end(), kind)


def _asked_for(base: str) -> _Part | None:
    """The noun with its article that a question asks for or about; None if it cannot be told."""
    tokens = list(_TOKEN.finditer(base))
    words = [token[0].casefold() for token in tokens]
    own: list[_Part] = []
    governed: list[_Part] = []
    for place, word in enumerate(words):
        # Before a name, "a" is a preposition of other languages.
        is_article = word != "a" or not tokens[min(place + 1, len(words) - 1)][0][0].isupper()
        if (
            is_article
            and word in follow_ups.DETERMINERS
            and (size := _noun_size(tokens, words, place)) is not None
        ):
            part = _Part(tokens[place].start(), tokens[place + size].end(), article=tokens[place + 1].start())
            (governed if place and words[place - 1] in follow_ups.PREPOSED else own).append(part)
    asked = _ASKED.match(base)
    if not own and asked and asked[1].casefold() not in STOP_WORDS | follow_ups.STARTERS:
        return _Part(asked.end(), asked.end(1), article=asked.end())
    found = own or governed
    return found[0] if len(found) == 1 else None


def _noun_size(tokens: list[re.Match[str]], words: list[str], place: int) -> int | None:
    """How many words after the article at `place` belong to the noun; None if it cannot be told."""
    run = list(takewhile(lambda at: folded(words[at]) not in STOP_WORDS, range(place + 1, len(words))))
    if not run:
        return None
    if words[place] in follow_ups.FOREIGN_DETERMINERS:
        capital = next((at for at in run if tokens[at][0][0].isupper()), None)
        if capital is not None:
            return capital - place
        return min(len(run), 2 if folded(words[run[0]]) in follow_ups.ORDER else 1)
    before = words[place - 1] if place else ""
    following = run[-1] + 1
    is_followed_by_of = following < len(words) and words[following] in follow_ups.OF
    if len(run) == 1 or is_followed_by_of:
        return len(run)
    if before in follow_ups.AUXILIARIES:
        return len(run) - 1
    is_predicate = before in follow_ups.COPULAS and words[0] in follow_ups.BEFORE_PREDICATES
    return None if is_predicate and words[:2] != ["how", "much"] else len(run)
