"""Rewrites the earlier question with what a follow-up names: "and the deposit?", "and the last one?".

Such a follow-up names one thing in contrast to one in the earlier question: a thing that is asked for (the
deposit for the rent), a place in an order (last for first), or a name, month, day or code (Marcus for Anna).
The rest of the earlier question stays. Searching for both questions together would find the answer to the
first one again. So it would for a follow-up that asks something else about the same: "why?", "from when?".

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

LONGEST_PLACE = 8
"""Words after a preposition, with it, that are replaced as a whole."""

_TOKEN = re.compile(r"\w+(?:[-/]\w+)*")
_OPENER = re.compile(rf"\W*(?:(?:{'|'.join(follow_ups.CONTRASTING)})\b[\s,:]*)+", re.IGNORECASE)
_VALUE = re.compile(rf"\W*(?:{follow_ups.VALUE_QUESTIONS})\b\s*", re.IGNORECASE)
_BEFORE, _AFTER = (
    re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))), re.IGNORECASE)
    for phrases in (follow_ups.YEARS_BEFORE, follow_ups.YEARS_AFTER)
)
_ADVERBIAL = re.compile(rf"\W*({follow_ups.ADVERBIALS})(?: (?:{follow_ups.IS_THAT}))?\W*", re.IGNORECASE)
"""A follow-up that only asks when, where or why, as a whole."""
_VERBS = "|".join(sorted(follow_ups.AUXILIARIES | follow_ups.COPULAS | follow_ups.OWNING))
_ASKING = re.compile(
    rf"\W*(?:{follow_ups.ADVERBIALS}|(?:at|on|in|by|from|for|until) (?:what|which) \w+(?= (?:{_VERBS}) )|"
    rf"what(?= (?:did|does|do) )) (?=\w)|(?=(?:{_VERBS}) )",
    re.IGNORECASE,
)
"""What such a follow-up replaces, or what it is put before, at the beginning of a question with one verb."""
_PLACED = re.compile(
    rf"({follow_ups.PREPOSITIONS}) ((?:(?:{'|'.join(sorted(follow_ups.DETERMINERS))}) )?\S+(?: \S+){{0,4}})",
    re.IGNORECASE,
)
"""A preposition and what follows it."""
_ASKED = re.compile(r"\W*(?:how (?:much|many)|which|what) (?=(\w+))", re.IGNORECASE)
_MONTHS = frozenset(map(folded, measures.MONTHS))
_DAY = re.compile("|".join(meetings.WEEKDAYS), re.IGNORECASE)
_OWNED = re.compile(r"['’]s$")
_END = " \t?!.,;:¿¡"
NUMBERED = re.compile(r"\b([^\W\d_]+)[ .#-]{1,2}(\d+[a-z]?)\b", re.IGNORECASE)
"""One of several numbered things, such as `flat 3`: its noun and its number."""
_ONLY_NUMBERED = re.compile(rf"(?:(?:{follow_ups.PREPOSITIONS}) )?{NUMBERED.pattern}", re.IGNORECASE)


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
    rest = question[opener.end() :] if opener else question
    if changed := _asked_otherwise(base, rest):
        return changed
    named = rest.strip(_END)
    if not opener and not _PLACED.fullmatch(named):
        return ""
    named = _OWNED.sub("", named)
    words = [token.casefold() for token in _TOKEN.findall(named)]
    if not words:
        return ""
    if value := _VALUE.match(named):
        return _with_tail(base, rest, named[value.end() :])
    if changed := (
        _shifted(base, named) or _redated(base, _TOKEN.findall(named)) or _renumbered(base, named)
    ):
        return changed
    if words[0] in follow_ups.PREPOSED and (changed := _placed(base, named)):
        return changed
    if follow_ups.STARTERS & set(words) or words[0] in follow_ups.PREPOSED:
        return ""
    if ordered := _reordered(base, words):
        return ordered
    noun = list(takewhile(lambda word: word not in follow_ups.PREPOSED, words))
    if follow_ups.OTHERS & set(words) or years_shifted(named) or any(map(str.isdigit, noun)):
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
    tail = base[len(base.rstrip(_END)) :] if len(noun) < len(words) else base[kept.end :]
    return f"{base[: kept.start]}{named}{tail}"


def _asked_otherwise(base: str, question: str) -> str:
    """`base` with another question word, if `question` is only one: "Why was she dismissed?" for "why?" after
    "When was she dismissed?"."""
    asked = _ADVERBIAL.fullmatch(question)
    asking = _ASKING.match(base)
    is_one = base.strip(_END).count("?") == 0 and "," not in base
    if asked is None or asking is None or not is_one:
        return ""
    if asking.end() == 0 and language.capitalises_nouns(_TOKEN.findall(base)):
        return ""  # "Was" is no verb in German.
    rest = base[asking.end() :]
    if asking.end() == 0:
        rest = f"{rest[:1].lower()}{rest[1:]}"
    changed = f"{asked[1]} {rest}"
    return "" if changed.casefold() == base.casefold().lstrip(_END) else changed


def _shifted(base: str, named: str) -> str:
    """`base` with the year before or after the one that it names: "and the year before?"."""
    years = list(YEAR.finditer(base))
    rest = set(map(str.casefold, _TOKEN.findall(_AFTER.sub(" ", _BEFORE.sub(" ", named)))))
    shift = years_shifted(named)
    if not shift or len(years) != 1 or not rest <= follow_ups.PREPOSED | follow_ups.DETERMINERS:
        return ""
    return f"{base[: years[0].start()]}{int(years[0][0]) + shift}{base[years[0].end() :]}"


def years_shifted(question: str) -> int:
    """-1 if `question` asks for the year before, 1 for the year after, 0 for neither."""
    return -1 if _BEFORE.search(question) else 1 if _AFTER.search(question) else 0


def _renumbered(base: str, named: str) -> str:
    """`base` with another of several numbered things: "and for flat 4?" after a question about flat 3."""
    numbered = _ONLY_NUMBERED.fullmatch(named)
    if numbered is None:
        return ""
    parts = [
        _Part(*found.span(2)) for found in NUMBERED.finditer(base) if folded(found[1]) == folded(numbered[1])
    ]
    return _replaced(base, numbered[2], parts)


def _placed(base: str, named: str) -> str:
    """`base` with what follows a preposition at its end replaced: "and for the Mill Lane flat?".

    Only a name, a number or a noun with its article replaces something, and only if the preposition stands
    once in `base`. A year at the end stays.
    """
    placed = _PLACED.fullmatch(named)
    words = set(map(str.casefold, _TOKEN.findall(named)))
    if (
        placed is None
        or words & (follow_ups.STARTERS | follow_ups.OTHERS)
        or words <= set(map(str.casefold, _TOKEN.findall(base)))
    ):
        return ""
    preposition, noun = placed[1], placed[2]
    is_named = noun.split()[0].casefold() in follow_ups.DETERMINERS or not noun.islower()
    end = len(base.rstrip(_END))
    if year := re.search(rf" \w+ {YEAR.pattern}$", base[:end]):
        end = year.start()
    found = list(re.finditer(rf"\b{preposition} (?=\S)", base[:end], re.IGNORECASE))
    if not is_named or len(found) != 1 or len(_TOKEN.findall(base[found[0].start() : end])) > LONGEST_PLACE:
        return ""
    return f"{base[: found[0].start()]}{preposition} {noun}{base[end:]}"


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
    if not own:
        own = [of for place in range(1, len(words)) if (of := _owned(base, tokens, words, place))]
    asked = _ASKED.match(base)
    if not own and asked and asked[1].casefold() not in STOP_WORDS | follow_ups.STARTERS:
        return _Part(asked.end(), asked.end(1), article=asked.end())
    found = own or governed
    return found[0] if len(found) == 1 else None


def _owned(base: str, tokens: list[re.Match[str]], words: list[str], place: int) -> _Part | None:
    """The noun after a name with *'s*, which ends at the token at `place`; None if it is no such name."""
    owner = tokens[place - 1]
    if words[place] != "s" or not owner[0][0].isupper() or base[owner.end()] not in "'’":
        return None
    run = list(takewhile(lambda at: folded(words[at]) not in STOP_WORDS, range(place + 1, len(words))))
    # After an auxiliary, the last word is the verb: "When does Anna's lease end?"
    size = len(run) - (not follow_ups.AUXILIARIES.isdisjoint(words[:place]))
    if size < 1:
        return None
    start = tokens[place + 1].start()
    return _Part(start, tokens[place + size].end(), article=start)


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
