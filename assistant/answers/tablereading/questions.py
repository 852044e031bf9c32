"""A question about one table, in parts: what is asked for, about which rows, on which dates.

`assistant.answers.wanted` takes apart questions that are computed over the whole library, and refuses what it
does not understand. Here the search has already found the table, so more is understood: ranks, the latest and
the earliest, and which kind of column *who* or *when* means.
"""

import itertools
import re
from dataclasses import dataclass

from assistant.answers.dates import MONTHS, YEAR, CalendarDate, side, take_dates
from assistant.answers.questionwords import Bound, QuestionWords, names_among, phrases, take_bound
from assistant.answers.sides import asked_side
from assistant.answers.tablewords import TOKEN
from assistant.answers.wanted import Act, asks_for_bill
from ingest import language
from ingest.keywords import STOP_WORDS, folded
from ingest.language import asking, calculation, measures, reasons, tabular

MOST_TOP = 10
"""The most rows that are shown in order of a column."""

LONGEST = 40
"""Words of the longest question that is taken apart."""

_LIMITING = re.compile(
    rf"(?<!\S)(?:{'|'.join((*calculation.AFTER, *calculation.LATER, *calculation.BEFORE))})$"
)
"""Words that make the year after them the beginning or the end of a period."""
_MONTH_NAME = rf"(?:{'|'.join(sorted(map(re.escape, measures.MONTHS), key=len, reverse=True))})\.?"
_MONTHS_TOGETHER = re.compile(
    rf"(?:\b(?:from|between|von|zwischen|de|d['’]|entre) ?)?\b{_MONTH_NAME}(?:,? (?:of )?\d{{4}})?"
    rf"(?:, {_MONTH_NAME})*(?: (?:to|until|till|through|bis|à|and|und|et|y)|,? and| ?[–-]) {_MONTH_NAME}\b"
    r"(?:,? (?:of )?\d{4})?",
    re.IGNORECASE,
)
"""Two months or more, as a range or one by one."""
_NUMERALS = {folded(word): value for word, value in language.NUMERALS.items()}


@dataclass(frozen=True, slots=True)
class TableQuestion:
    """A question about one table."""

    act: Act
    """What to do with the rows that it selects."""
    words: tuple[str, ...]
    """The words that must stand for something, folded, in order."""
    second: int
    """The place in `words` from which they may be about a second row, after *and*; 0 without one."""
    head: tuple[str, ...]
    """The words after *which* or *what*, the first of which may name what is asked for."""
    names: frozenset[str]
    """Those of them that begin with a capital, in a language in which only names do."""
    dates: tuple[CalendarDate, ...]
    """The days, months and years that it names."""
    edge: str
    """`first` or `last` if it asks for the beginning or the end of a month or year; otherwise empty."""
    is_most: bool
    """Whether it asks for what there is most of, which may be rows."""
    is_judged: bool
    """Whether it asks for the best or the worst, which may be the highest or the lowest."""
    is_timed: bool
    """Whether it asks what is *still* or *already* so, which a table may say elsewhere."""
    top: int
    """How many of the largest or smallest: 3 for *the top three*."""
    rank: int
    """Which of the largest or smallest: 1 for the first."""
    by_date: bool
    """Whether the largest is the latest and the smallest the earliest."""
    is_pace: bool
    """Whether it is about a time that something took, the fastest being the shortest."""
    is_life: bool
    """Whether the superlative is about age or length, for which a column of dates counts the other way."""
    is_age: bool
    """Whether it is about age."""
    is_newest: bool
    """Whether it asks for the one that began last, such as the newest member."""
    per: str
    """The word after *per*, or *monthly* and the like, which may name the rows of a mean; or empty."""
    bound: Bound | None
    """The limit for values."""
    money: bool
    """Whether it asks for an amount of money."""
    bill: bool
    """Whether it asks for the amount of a bill."""
    number: bool
    """Whether it asks for a number."""
    is_used: bool
    """Whether it asks how much was used, for which the readings of a counter are subtracted."""
    who: bool
    """Whether it asks for a person or a company."""
    when: bool
    """Whether it asks for a date."""
    where: bool
    """Whether it asks for a place."""
    is_whole: bool
    """Whether it asks for all that a row says."""
    is_below: bool
    """Whether it asks for items below their minimum."""
    told_by: frozenset[str]
    """Words in the name of the column that answers, if the question asks what happens or what something means
    or covers; empty for other questions."""
    is_list: bool
    """Whether it asks for all rows that fit."""
    is_paid: bool
    """Whether it asks for what was paid."""
    side: str
    """`in` if it asks for money that came in, `out` for money that was spent; otherwise empty."""
    is_owed: bool
    """Whether it asks for what is still to be paid. Rows that were paid do not count."""
    ordinals: frozenset[str]
    """Those of `words` that are words such as *first*, or numbers for them."""
    numbers: frozenset[str]
    """Numbers that may be limits, and are taken to be in the name of a column here."""
    dimension: frozenset[str]
    """Words in the name of the column that a superlative such as `longest` compares; empty without one."""


def table_questions(question: str) -> list[TableQuestion]:
    """What a question may mean, the closest to its words first; nothing if it is not understood.

    "Her first jab" may be the one with a 1 beside it, or the earliest.
    """
    ways = [(ordinals, bounded) for bounded in (False, True) for ordinals in ("words", "digits", "ranks")]
    readings = [_taken_apart(question, ordinals, is_bounded=bounded) for ordinals, bounded in ways]
    return [reading for reading in dict.fromkeys(readings) if reading is not None]


def plain_question(text: str) -> TableQuestion | None:
    """One side of a question that compares, in parts."""
    return _taken_apart(text, "ranks")


def _taken_apart(question: str, ordinals: str, *, is_bounded: bool = True) -> TableQuestion | None:
    """
    ordinals: whether a word such as *second* is a word, a number, or the rank of a superlative.
    is_bounded: whether *over 50* is a limit; otherwise 50 is in the name of a column.
    """
    is_whole = asking.WHOLE.match(question) is not None
    question = asking.WHOLE.sub(" ", question)
    is_below = asking.BELOW_LEAST.search(question) is not None
    question = asking.BELOW_LEAST.sub(" ", question)
    question, top = _of_top(question)
    is_judged = asking.JUDGED.search(question) is not None
    for phrase, plain in asking.PHRASES:
        question = phrase.sub(plain, question)
    dates: list[CalendarDate] = []
    edge = next((name for name, pattern in asking.EDGES if pattern.search(question)), "")
    for _, pattern in asking.EDGES:
        question = pattern.sub(" ", question)
    question = _months_together(question, dates)
    text = _bare_days(_bare_months(take_dates(question, dates), dates), dates)
    tokens = [folded(token) for token in TOKEN.findall(text)]
    if asking.AFTER_THE.search(question) or any(date.limit for date in dates):
        return None
    if not tokens or len(tokens) > LONGEST:
        return None
    for index, word in enumerate(tokens):
        if YEAR.fullmatch(word):
            if _LIMITING.search(" ".join(tokens[:index])):
                return None
            dates.append(CalendarDate(word, ((int(word), None, None),), ""))
            tokens[index] = ""
    tokens = [str(_NUMERALS.get(word, word)) for word in tokens if word]
    places = {**tabular.ORDINALS, **dict.fromkeys(tabular.EARLIEST & tabular.FIRST, 1)}
    numbered = frozenset(word for word in tokens if word in places)
    if ordinals != "ranks":
        if places.keys().isdisjoint(tokens):
            return None
        if ordinals == "digits":
            numbered = frozenset(str(places[word]) for word in tokens if word in places)
            tokens = [str(places.get(word, word)) for word in tokens]
    is_list = not tabular.OPENING_LISTS.isdisjoint(tokens[:2])
    rank = next((tabular.ORDINALS[word] for word in tokens if word in tabular.ORDINALS), 1)
    limits = _limits(tokens)
    if not is_bounded and not limits:
        return None
    words = QuestionWords(tokens)
    act, by_date, is_life, counted = _act(words, tokens, is_ranking=ordinals == "ranks")
    if ordinals != "ranks" and act in {Act.HIGHEST, Act.LOWEST}:
        return None
    if rank > 1 and act not in {Act.HIGHEST, Act.LOWEST}:
        rank = 1
    elif rank > 1:
        for index, word in enumerate(tokens):
            if word in tabular.ORDINALS:
                words.free(index, index + 1)
    bound = take_bound(words) if is_bounded else None
    if not tabular.REFUSED.isdisjoint(tokens[place] for place in words.left()):
        return None
    free = words.left()
    opener = next((place + 1 for place, word in enumerate(tokens) if word in tabular.OPENERS), None)
    opener = counted if counted is not None else opener
    head = [tokens[place] for place in free if opener is not None and place >= opener]
    content = [tokens[place] for place in free]
    telling = next((kind for kind in reasons.TELLING if kind.asked.search(question)), None)
    passed_over = STOP_WORDS | tabular.WHO | tabular.PARTIES | tabular.OPENERS
    passed_over |= telling.fillers if telling else frozenset()
    passed_over -= names_among(question)
    asked = set(tokens)
    joined = " ".join(tokens)
    between = [place for place, word in enumerate(tokens) if word in tabular.CONJUNCTIONS]
    before = [place for place in free if place < between[0]] if len(between) == 1 and not dates else []
    return TableQuestion(
        act=act,
        words=tuple(word for word in content if word not in passed_over),
        second=sum(tokens[place] not in passed_over for place in before) if act is Act.LOOK_UP else 0,
        head=tuple(word for word in head if word not in STOP_WORDS | tabular.ASIDES - tabular.MEASURED)[:3],
        names=_names(text),
        dates=tuple(dates),
        edge=edge,
        is_most=act is Act.HIGHEST and not tabular.MOST.isdisjoint(tokens),
        is_judged=is_judged,
        is_timed=not tabular.SO_FAR.isdisjoint(tokens),
        top=top,
        rank=rank,
        by_date=by_date,
        is_pace=not (tabular.FASTEST | tabular.SLOWEST).isdisjoint(tokens),
        is_life=is_life,
        is_age=not (tabular.OF_AGE | tabular.YOUNGEST).isdisjoint(tokens),
        is_newest=by_date and not tabular.NEWEST.isdisjoint(tokens),
        per=_per(tokens, act),
        bound=bound,
        money=not tabular.MONEY_VERBS.isdisjoint(asked),
        bill=asks_for_bill(question),
        number=act is not Act.LOOK_UP or asking.HOW_MUCH.search(joined) is not None,
        is_used=not tabular.USED.isdisjoint(asked),
        who=not tabular.WHO.isdisjoint(asked) or not tabular.PARTIES.isdisjoint(head[:1]),
        when=not tabular.WHEN.isdisjoint(tokens[:3]),
        where=not tabular.WHERE.isdisjoint(tokens[:2]),
        is_whole=is_whole,
        is_below=is_below,
        told_by=telling.columns if telling else frozenset(),
        is_list=is_list,
        is_paid=asking.HAS_PAID.search(question) is not None and not asking.MUST_PAY.search(question),
        side=asked_side(tokens),
        is_owed=phrases(calculation.OWING).search(joined) is not None,
        ordinals=numbered,
        numbers=frozenset() if is_bounded else limits,
        dimension=frozenset().union(*(calculation.DIMENSIONS.get(token, frozenset()) for token in tokens)),
    )


def _act(words: QuestionWords, tokens: list[str], *, is_ranking: bool) -> tuple[Act, bool, bool, int | None]:
    """What to do; whether the superlative is one of dates, or of age or length; where a count's noun begins.

    is_ranking: whether *first* and *last* are superlatives.
    """
    is_life = not (tabular.ELDEST | tabular.YOUNGEST).isdisjoint(tokens)
    if words.take(tabular.LONGEST_STANDING) is not None:
        return Act.HIGHEST, False, True, None
    for act, patterns in (
        (Act.HIGHEST, (*calculation.HIGHEST, *asking.THE_MOST)),
        (Act.LOWEST, (*calculation.LOWEST, *asking.THE_LEAST)),
    ):
        if words.take(patterns) is not None:
            return act, False, is_life, None
    if words.take(calculation.AVERAGE) is not None:
        return Act.AVERAGE, False, False, None
    for act, names in ((Act.LOWEST, tabular.FASTEST), (Act.HIGHEST, tabular.SLOWEST)):
        if words.take(tuple(sorted(names))) is not None:
            return act, False, False, None
    if words.take(asking.HOW_OFTEN) is not None:
        return Act.COUNT, False, False, None
    if (place := words.take((*calculation.COUNT, *asking.HOW_MANY))) is not None:
        return Act.COUNT, False, False, place
    if words.take(calculation.TOTAL) is not None or not calculation.SPENT.isdisjoint(tokens):
        return Act.TOTAL, False, False, None
    for act, names in ((Act.HIGHEST, tabular.LATEST), (Act.LOWEST, tabular.EARLIEST)):
        for index, word in enumerate(tokens):
            if is_ranking and word in names and words.is_free(index):
                words.free(index, index + 1)
                return act, True, False, None
    return Act.LOOK_UP, False, False, None


def _per(tokens: list[str], act: Act) -> str:
    """The word for the unit that a mean is asked for, empty if there is none."""
    before = tabular.PER | (frozenset(calculation.BY) if act is Act.AVERAGE else frozenset())
    rates = phrases(tuple(pattern for pattern, _ in calculation.RATES))
    found = (after for word, after in itertools.pairwise(tokens) if word in before)
    return next(found, "") or next(filter(rates.fullmatch, tokens), "")


def _limits(tokens: list[str]) -> frozenset[str]:
    """The numbers after *over*, *below* and the like."""
    bound = take_bound(QuestionWords(list(tokens)))
    return frozenset() if bound is None else frozenset((f"{bound.value:f}",))


def _names(text: str) -> frozenset[str]:
    tokens = TOKEN.findall(text)
    if language.capitalises_nouns(tokens):
        return frozenset()
    return frozenset(folded(token) for token in tokens[1:] if token[0].isupper())


def _of_top(text: str) -> tuple[str, int]:
    """The question for the first of several in order, and how many are asked for: *the three largest*."""
    match = asking.TOP.search(text)
    if match is None:
        return text, 1
    number = folded(match["after"] or match["before"])
    top = int(_NUMERALS.get(number, number)) if number in _NUMERALS or number.isdecimal() else 1
    superlative = "highest" if match["after"] else ""
    return f"{text[: match.start()]}{superlative}{text[match.end() :]}", min(top, MOST_TOP)


def _months_together(text: str, dates: list[CalendarDate]) -> str:
    """Adds the months of a range or a list as one date, and returns the text without them: *from October to
    December 2023*, *June, July and August*.
    """
    match = _MONTHS_TOGETHER.search(text)
    if match is None:
        return text
    named = [MONTHS[folded(word)] for word in re.findall(r"[^\W\d_]+", match[0]) if folded(word) in MONTHS]
    is_range = asking.RANGE.search(match[0]) is not None
    if len(named) < 2 or (is_range and (len(named) != 2 or named[0] >= named[1])):
        return text
    years = YEAR.findall(match[0])
    year = int(years[0]) if years else None
    if len(set(years)) > 1:
        return text
    months = range(named[0], named[1] + 1) if is_range else named
    dates.append(CalendarDate(match[0].strip(), tuple((year, month, None) for month in months), ""))
    return f"{text[: match.start()]} {text[match.end() :]}"


def _bare_days(text: str, dates: list[CalendarDate]) -> str:
    """Adds a day that is named without a month, as in *on the 14th*, and returns the text without it."""
    match = asking.DAY_OF_MONTH.search(text)
    if match is None or dates or not 0 < int(match[1]) <= 31:
        return text
    dates.append(CalendarDate(match[0], ((None, None, int(match[1])),), ""))
    return f"{text[: match.start()]} {text[match.end() :]}"


def _bare_months(text: str, dates: list[CalendarDate]) -> str:
    """Adds the months that are named without a day or year, and returns the text without them."""

    def take(match: re.Match[str]) -> str:
        word = match[0]
        month = MONTHS.get(folded(word))
        if month is None or not word[0].isupper():
            return word
        dates.append(CalendarDate(word, ((None, month, None),), side(match.string[: match.start()])))
        return " "

    return re.sub(r"[^\W\d_]+", take, text)
