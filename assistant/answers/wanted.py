"""What a question wants computed: a count, a list, a sum or another value, and under which conditions.

The words that say what to do are recognised by the patterns in `ingest.language.calculation`. All other words
are kept: `assistant.answers.matching` must find every one of them in the names, columns and cells of what is
counted. So a question about the prose of a document is never taken for a count.
"""

import itertools
import re
from dataclasses import dataclass
from enum import StrEnum

from assistant.answers.questionwords import (
    Bound,
    Period,
    QuestionWords,
    names_among,
    phrases,
    take_bound,
    take_period,
)
from assistant.answers.sides import asked_side
from assistant.answers.tablewords import TOKEN
from ingest.keywords import STOP_WORDS, folded
from ingest.language import asking, calculation, measures, tabular


class Act(StrEnum):
    """What is to be done with the things that a question is about."""

    COUNT = "count"
    LIST = "list"
    EXISTS = "exists"
    """Whether there are any."""
    TOTAL = "total"
    AVERAGE = "average"
    HIGHEST = "highest"
    LOWEST = "lowest"
    LOOK_UP = "look up"
    """The cell at a row and a column, or a field of a document."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question in parts."""

    act: Act
    """What to do."""
    words: tuple[str, ...]
    """The words that must be found in what is computed, folded, in order."""
    names: frozenset[str]
    """Those of them that are names only because of their capitals: `IT`."""
    head: tuple[str, ...]
    """The words of the phrase that names what is counted or listed; empty for other acts."""
    period: Period | None
    """The days that are asked for; None for all."""
    bound: Bound | None
    """The limit for values; None for all."""
    per: str
    """`month`, `year` or the folded word after `by`; empty when nothing is grouped."""
    rate: str
    """`month` or `year` if a mean per month or year is asked for; empty if the question does not say."""
    mention: tuple[str, ...]
    """The words that a document's text must contain, folded; empty for any text."""
    money: bool
    """Whether the question asks for an amount of money."""
    number: bool
    """Whether it asks how much, how long and the like."""
    side: str
    """`in` if it asks for money that came in, `out` for money that was spent; otherwise empty."""
    bill: bool
    """Whether it asks for the amount of a bill, or of several."""
    date: bool
    """Whether it asks for a date."""
    owed: bool
    """Whether it asks how much is not paid."""
    who: bool
    """Whether it asks for the people who have paid, or have not, or for those since or before a day."""
    person: bool
    """Whether it asks for a person."""
    container: bool
    """Whether it names a table or a list as such."""
    in_stock: bool | None
    """Whether it asks for what is in stock, or for what is not; None for neither."""
    subject: str
    """The word that names what a superlative compares; empty for other acts."""
    compared: tuple[str, ...]
    """The words after a superlative that name what is compared; empty if it compares amounts only."""
    is_most: bool
    """Whether the superlative is *the most* or *the least*, of what these words name or of what it costs."""
    dimension: frozenset[str]
    """Words in the name of the column that a superlative such as `longest` compares; empty without one."""


_JOINED = (
    (re.compile(r"\be-?mail", re.IGNORECASE), "email"),
    # "Todos" by itself means all of something in Spanish.
    (re.compile(r"\bto-dos?\b|(?<=which )todos?\b|(?<=open )todos?\b", re.IGNORECASE), "tasks"),
    (re.compile(r"\bcheck(?:ed)? ?box", re.IGNORECASE), "checkbox"),
)
_STILL = re.compile(
    rf"\b(?:{calculation.STILL}) (?=(?:{'|'.join(calculation.OPEN_TASKS | calculation.UNPAID)})\b)"
)
_BILL_ASKED = re.compile(rf"\W*(?:{measures.BILLS_ASKED})", re.IGNORECASE)
MOST_WORDS = 12
"""Words of the longest question that can be computed, without those of asking."""
UNPAID = "unpaid"
"""The word that phrases such as `not yet paid` become."""


def wanted_by(question: str) -> Wanted | None:
    """The parts of a question; None when it asks for several things, or for nothing that can be computed."""
    for pattern, replacement in _JOINED:
        question = pattern.sub(replacement, question)
    tokens = [folded(token) for token in TOKEN.findall(question)]
    joined = phrases(calculation.NOT_PAID).sub(UNPAID, _STILL.sub("", " ".join(tokens)))
    tokens = phrases(calculation.OWING).sub(UNPAID, joined).split()
    asks_amount = asking.HOW_MUCH.search(joined) or phrases(calculation.OWING).search(joined)
    text = QuestionWords(tokens)
    act, head_at = _act(text)
    if act is None or (act is Act.LOOK_UP and text.take(calculation.OTHER_OPENERS, first=True)):
        return None
    if act is Act.LOOK_UP and any(word in calculation.SPENT for word in tokens):
        act = Act.TOTAL
    says_paid = UNPAID in tokens or not calculation.PAID.isdisjoint(tokens[2:])
    days = take_period(QuestionWords(tokens))
    is_of_some = says_paid or (days is not None and days.is_open)
    who = act is Act.LOOK_UP and is_of_some and tokens[0] in tabular.WHO
    if who:
        text.free(0, 1)
        act = Act.LIST
    is_of_unpaid = not calculation.UNPAID.isdisjoint(tokens)
    mention: tuple[str, ...] = ()
    if (place := text.take(calculation.MENTION)) is not None:
        mention = tuple(word for word in tokens[place:] if word not in STOP_WORDS)
        text.free(place, len(tokens))
        if not mention or act not in {Act.COUNT, Act.LIST, Act.EXISTS}:
            return None
    rate = _rate(text) if act is Act.AVERAGE else ""
    per = _per(text, calculation.BY if act is Act.LOOK_UP else calculation.PER)
    period = take_period(text)
    bound = take_bound(text)
    is_out = text.take(tabular.OUT_OF_STOCK) is not None
    in_stock = False if is_out else phrases(tabular.IN_STOCK).search(" ".join(tokens)) is not None or None
    if is_out and act not in {Act.COUNT, Act.LIST, Act.EXISTS}:
        return None
    left = text.left()
    head: list[str] = []
    if act in {Act.COUNT, Act.LIST, Act.EXISTS}:
        for index in range(head_at, 0 if who else len(tokens)):
            if index in left and tokens[index] not in STOP_WORDS | calculation.FILLERS:
                head.append(tokens[index])
            elif head:
                break
    is_ranking = act in {Act.HIGHEST, Act.LOWEST}
    subject, compared = _compared(text, head_at) if is_ranking else ("", ())
    words = [tokens[index] for index in left]
    if any(word in calculation.CONDITIONS for word in words):
        return None
    names = names_among(question)
    passed_over = (STOP_WORDS | calculation.SPENT | tabular.OPENERS) - names
    words = [word for word in words if word not in passed_over]
    if period:
        words = [word for word in words if word not in calculation.UNITS_OF_TIME]
    if len(words) > MOST_WORDS or not (words or per or not calculation.SPENT.isdisjoint(tokens)):
        return None
    return Wanted(
        act=act,
        words=tuple(words),
        names=names,
        head=tuple(head),
        period=period,
        bound=bound,
        per=per,
        rate=rate,
        mention=mention,
        money=not calculation.MONEY.isdisjoint(tokens),
        number=asking.HOW_MUCH.search(joined) is not None,
        side=asked_side(tokens),
        bill=asks_for_bill(question),
        date=not calculation.WHEN.isdisjoint(tokens),
        owed=is_of_unpaid and (act is Act.TOTAL or (act is Act.LOOK_UP and asks_amount is not None)),
        who=who,
        person=tokens[0] in tabular.WHO,
        container=not calculation.CONTAINERS.isdisjoint(tokens),
        in_stock=in_stock,
        subject=subject,
        compared=compared,
        is_most=is_ranking and tokens[head_at - 1] in tabular.MOST | tabular.FEWEST,
        dimension=frozenset().union(*(calculation.DIMENSIONS.get(token, frozenset()) for token in tokens)),
    )


def asks_for_bill(question: str) -> bool:
    """Whether `question` asks how much a bill is."""
    return _BILL_ASKED.match(question) is not None


def asks_for_mentions(question: str) -> bool:
    """Whether `question` asks which documents mention something, or how many."""
    wanted = wanted_by(question)
    return wanted is not None and bool(wanted.mention)


def asks_for_several(question: str) -> bool:
    """Whether the words of `question` ask for a count, a sum, a mean, an extreme, or what exceeds a number.

    True also for questions that nothing can be computed for, because of other words in them.
    """
    tokens = " ".join(folded(token) for token in TOKEN.findall(question))
    aggregates = (
        *calculation.COUNT,
        *calculation.TOTAL,
        *calculation.AVERAGE,
        *calculation.HIGHEST,
        *calculation.LOWEST,
    )
    if phrases(aggregates).search(tokens):
        return True
    limits = "|".join((*calculation.OVER, *calculation.UNDER))
    return re.search(rf"(?<!\S)(?:{limits}) \d", tokens) is not None


def _act(text: QuestionWords) -> tuple[Act | None, int]:
    """What to do, and where the phrase begins that names the things; no act when there are several."""
    single = {
        act: place
        for act, patterns in (
            (Act.AVERAGE, calculation.AVERAGE),
            (Act.HIGHEST, calculation.HIGHEST),
            (Act.LOWEST, calculation.LOWEST),
        )
        if (place := text.take(patterns)) is not None
    }
    count = text.take(calculation.COUNT)
    if count is None:
        count = text.take_number_of()
    total = text.take(calculation.TOTAL)
    if len(single) + (count is not None) > 1 or (single and total is not None):
        return None, 0
    exists = text.take(calculation.EXISTENCE, first=True) if count is None else None
    listing = text.take(calculation.LISTING, first=True) if count is None and exists is None else None
    if count is not None:
        return Act.COUNT, count
    if single:
        return next(iter(single.items()))
    if total is not None:
        return Act.TOTAL, total
    if exists is not None:
        return Act.EXISTS, exists
    if listing is not None:
        return Act.LIST, listing
    return Act.LOOK_UP, 0


def _compared(text: QuestionWords, after: int) -> tuple[str, tuple[str, ...]]:
    """The word that a question asks for by a superlative, and the words after that.

    after: the place after the superlative.
    """
    passed_over = STOP_WORDS | calculation.FILLERS | tabular.OPENERS
    tokens = text.tokens
    asked = next((after for before, after in itertools.pairwise(tokens) if before in tabular.OPENERS), "")
    following = tuple(itertools.takewhile(lambda word: word not in passed_over, tokens[after:]))
    subject = asked if asked not in passed_over else following[0] if following else ""
    return subject, following


def _rate(text: QuestionWords) -> str:
    """The unit of time that a mean is for: `per month`, `monthly`."""
    found = [unit for pattern, unit in calculation.RATES if text.take((pattern,)) is not None]
    return found[0] if found else ""


def _per(text: QuestionWords, patterns: tuple[str, ...]) -> str:
    """What values are grouped by, after one of `patterns`."""
    joined = phrases(patterns)
    for index in range(len(text.tokens) - 1):
        for length in (2, 1):
            phrase = text.tokens[index : index + length]
            after = index + length
            if not joined.fullmatch(" ".join(phrase)) or not text.is_free(index) or not text.is_free(after):
                continue
            unit = calculation.UNITS_OF_TIME.get(text.tokens[after])
            if unit:
                text.free(index, after + 1)
                return unit
            if after == len(text.tokens) - 1 and text.tokens[index] in calculation.BY:
                text.free(index, after + 1)
                return text.tokens[after]
    return ""
