"""Whether a quote states the kind of thing that a question asks for: a quantity, an amount, a sum, a time.

"How wide is the shelf?" is not answered by its price, nor "how many litres" by kilowatt hours, however well
the other words fit; nor is "what did we pay altogether?" by one of the amounts, or "when is it printed?" by a
sentence without any time. Only questions that name their unit, a property with units of its own, a number, an
amount of money, a sum or a time are judged; whether it is the right one is for the reader to say.

Reasons and names have no form that is as certain. A quote that shows none of their signs is doubted, not
ruled out (`shows_what_is_asked`). So are a quote that counts, measures or prices something other than the
question asks for, one that does not say what is left if the question asks for that, and a rule with a
condition if the question is about something that happened.
"""

import re
from collections.abc import Sequence

from assistant.answers.figures import figures
from assistant.answers.tablewords import is_plural_of, same
from ingest.keywords import folded
from ingest.language import STOP_WORDS, accounts, calculation, follow_ups, may_be_plural, measures, reasons
from ingest.language.meetings import WEEKDAYS
from ingest.segmentation import sentence_spans

_HOW_MANY = re.compile(rf"\b(?:{measures.HOW_MANY})\s*([^\W\d_]+|[€$£%])(?:\s+([^\W\d_]+))?", re.IGNORECASE)
_TOTAL_ASKED = re.compile(rf"\b(?:{measures.TOTALS})\b", re.IGNORECASE)
_TOTAL_STATED = re.compile(measures.TOTAL_WORDS, re.IGNORECASE)
_NUMBER_ASKED = re.compile(rf"\b(?:{measures.NUMBERS_ASKED})\b", re.IGNORECASE)
_NUMBER_STATED = re.compile(rf"\d|\b(?:{measures.VAGUE_NUMBERS})\b", re.IGNORECASE)
_AMOUNT_ASKED = re.compile(rf"\W*(?:{measures.AMOUNTS_ASKED})", re.IGNORECASE)
_PRICE_ASKED = re.compile(rf"\W*{measures.PRICES_ASKED}", re.IGNORECASE)
_IDENTIFIER = re.compile(measures.NAMES_OF_NUMBERS, re.IGNORECASE)
_AMOUNT_IN_WORDS = re.compile(rf"\b(?:{measures.AMOUNTS_IN_WORDS})\b", re.IGNORECASE)
_TIME_ASKED = re.compile(rf"\W*(?:{measures.TIMES_ASKED})\b", re.IGNORECASE)
_MONTHS = measures.alternatives(measures.MONTHS.keys() - measures.AMBIGUOUS_MONTHS)
_TIME_STATED = re.compile(
    rf"\b(?:(?:{measures.TIME_WORDS})(?:e?[sn])?|{_MONTHS}|{'|'.join(WEEKDAYS)})\b", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_WHY_ASKED = re.compile(rf"\W*(?:{reasons.WHY_ASKED})", re.IGNORECASE)
_REASON = re.compile(rf"\b(?:{reasons.REASONS})\b|[:;–—]", re.IGNORECASE)
_WHO_ASKED = re.compile(reasons.WHO_ASKED, re.IGNORECASE)
_PERSON_MEANT = re.compile(rf"\b(?:{reasons.PERSON_MEANT})\b", re.IGNORECASE)
_NAME_ASKED = re.compile(reasons.NAME_ASKED, re.IGNORECASE)
_NAMING = re.compile(rf"\b(?:{reasons.NAMING})\b|[\"“”„«»_]", re.IGNORECASE)
_DIMENSION_ASKED = re.compile(measures.DIMENSIONS_ASKED, re.IGNORECASE)
_REST_ASKED = re.compile(reasons.REST_ASKED, re.IGNORECASE)
_REST_STATED = re.compile(rf"\b(?:{reasons.REST_STATED})\b", re.IGNORECASE)
_EVENT_ASKED = re.compile(reasons.EVENT_ASKED, re.IGNORECASE)
_CONDITION_ASKED = re.compile(reasons.CONDITION_ASKED, re.IGNORECASE)
_CONDITION_BEGUN = re.compile(reasons.CONDITION_BEGUN, re.IGNORECASE)
_TOKEN = re.compile(r"\w[\w.’'-]*\w|\w")
_PRICES = frozenset(
    name
    for name in calculation.PRICES - calculation.PAID
    if not any(same(name, cost) for cost in accounts.SPENDING)
)
"""Names of amounts, such as *rent*, but not the words that ask for any amount, such as *cost*."""
_LETTER_AFTER = re.compile(r"[\d.,]*[^\W\d_]")
_NUMBERS_DIVIDED = re.compile(r"\d/\d")
_FIELD = re.compile(r"\W*([^\W\d_][^:\n]{0,29}?)\W*:\s+\S")
_PROPERTIES = {form: kind for kind, forms in measures.PROPERTIES.items() for form in forms.split()}
_WEIGHT = frozenset(measures.PROPERTIES["mass"].split())
_KINDS = {unit: kind for kind, units in measures.KINDS.items() for unit in units}


def states_what_is_asked(question: str, quotes: Sequence[str]) -> bool:
    """Whether one of `quotes` has a quantity of a kind that `question` asks for; true if it asks for none.

    A question that asks for a sum needs a quote that says that it states one. quotes: as they are shown, with
    the names of their columns.
    """
    if _TOTAL_ASKED.search(question) and not any(map(_TOTAL_STATED.search, quotes)):
        return False
    if _NUMBER_ASKED.search(question) and not any(map(_states_number, quotes)):
        return False
    question = _last_asked(question)
    if _AMOUNT_ASKED.match(question) and not any(map(states_amount, quotes)):
        return False
    if _TIME_ASKED.match(question) and not any(map(_states_time, quotes)):
        return False
    asked = _asked(question)
    return not asked or any(asked & _stated(quote) for quote in quotes)


def shows_what_is_asked(question: str, quotes: Sequence[str]) -> bool:
    """Whether `quotes` show signs of what `question` asks for, and none of something else.

    If it asks for a reason, a name or a person, one of the quotes must have a sign of one. The first quote
    must not count, measure or price something else. It must not be a rule with a condition if the question is
    about something that happened.

    A pronoun such as "she" or "they" is no sign of a person, because another sentence names that person.
    """
    question = _last_asked(question)
    of_another = (_counts_another_thing, _lacks_what_is_left, _is_another_dimension, _is_another_amount)
    if quotes and any(is_other(question, quotes[0]) for is_other in of_another):
        return False
    is_event = _EVENT_ASKED.match(question) is not None and _CONDITION_ASKED.search(question) is None
    if quotes and is_event and _CONDITION_BEGUN.match(quotes[0]):
        return False
    if _WHY_ASKED.match(question) and not any(map(_REASON.search, quotes)):
        return False
    if _WHO_ASKED.match(question) and not any(
        _PERSON_MEANT.search(quote) is None or _shows_name(quote.strip()[1:], question) for quote in quotes
    ):
        return False
    return not _NAME_ASKED.search(question) or any(_shows_name(quote, question) for quote in quotes)


def asks_why(question: str) -> bool:
    """Whether `question` asks for a reason."""
    return _WHY_ASKED.match(_last_asked(question)) is not None


def _last_asked(question: str) -> str:
    """The last sentence of `question` if it asks for an amount, a time, a reason or a person; otherwise all.

    A follow-up is appended to the question that it depends on, so the last sentence is its own.
    """
    spans = sentence_spans(question)
    last = question[spans[-1][0] :] if spans else question
    patterns = (_AMOUNT_ASKED, _PRICE_ASKED, _TIME_ASKED, _WHY_ASKED, _WHO_ASKED)
    return last if any(pattern.match(last) for pattern in patterns) else question


def _is_another_amount(question: str, quote: str) -> bool:
    """Whether `quote` is a line such as `Fee: 142 pounds`, and `question` names others, such as a rent."""
    label = _FIELD.match(quote)
    wanted, named = (
        {word for word in map(folded, _WORD.findall(text)) if any(same(word, name) for name in _PRICES)}
        for text in (question, label[1] if label else "")
    )
    return bool(wanted and named) and not any(same(word, other) for word in wanted for other in named)


def _counts_another_thing(question: str, quote: str) -> bool:
    """Whether `question` asks how many or how much there is of something, and `quote` has numbers of other
    things only, or a verb in place of the noun: "noticed" for "notice"."""
    asked = _HOW_MANY.search(question)
    if asked is None:
        return False
    noun = asked[1].casefold()
    if noun in STOP_WORDS or noun in measures.UNITS or noun.endswith(follow_ups.NO_NOUN_ENDINGS):
        return False
    words = {word for word in map(str.casefold, _WORD.findall(quote)) if same(word, noun)}
    if words:
        return all(
            word.endswith(follow_ups.NO_NOUN_ENDINGS) and word != noun and not is_plural_of(word, noun)
            for word in words
        )
    counts = [count for count in figures(quote).quantities if count.is_certain and not count.is_time]
    if counts and may_be_plural(noun) and all(count.unit == "second" for count in counts):
        return noun not in measures.COUNTED_IN_TIME  # "Fourteen days" is not a number of attempts.
    named = {noun, (asked[2] or "").casefold()}
    return bool(counts) and not any(
        count.unit
        or count.label
        or not count.counted
        or any(same(word.casefold(), name) for word in count.counted for name in named)
        for count in counts
    )


def _lacks_what_is_left(question: str, quote: str) -> bool:
    """Whether `question` asks how many or how much is left, and `quote` does not speak of what is left."""
    is_asked = _HOW_MANY.search(question) is not None and _REST_ASKED.search(question) is not None
    return is_asked and _REST_STATED.search(quote) is None


def _is_another_dimension(question: str, quote: str) -> bool:
    """Whether `question` asks how high, wide or deep something is, and `quote` states another dimension."""
    if _DIMENSION_ASKED.match(question) is None or "length" not in _stated(quote):
        return False
    asked, stated = (
        {place for place, forms in enumerate(measures.DIMENSIONS) if not forms.isdisjoint(words)}
        for words in ({word.casefold() for word in _WORD.findall(text)} for text in (question, quote))
    )
    return bool(asked) and bool(stated) and asked.isdisjoint(stated)


def _shows_name(quote: str, question: str) -> bool:
    """Whether `quote` has a word that looks like a name, and is not one that the question has."""
    if _NAMING.search(quote):
        return True
    known = STOP_WORDS | {word.casefold() for word in _TOKEN.findall(question)}
    words = [word for word in _TOKEN.findall(quote) if word.casefold() not in known]
    return any(word[0].isupper() or "." in word or any(map(str.isdigit, word)) for word in words)


def asks_amount(question: str) -> bool:
    """Whether an amount of money answers `question` best."""
    question = _last_asked(question)
    return _AMOUNT_ASKED.match(question) is not None or _PRICE_ASKED.match(question) is not None


def states_amount(quote: str) -> bool:
    """Whether `quote` has an amount of money, a number that may be one, or a word such as "free"."""
    return _AMOUNT_IN_WORDS.search(quote) is not None or any(
        quantity.is_certain
        and not (quantity.is_time or quantity.label)
        and (quantity.unit or quantity.is_scaled or not _is_in_code(quote, quantity.place[0]))
        and (not quantity.unit or quantity.unit in measures.MONEY)
        and (quantity.unit or not any(map(_IDENTIFIER.fullmatch, quantity.preceding)))
        for quantity in figures(quote).quantities
    )


def _is_in_code(quote: str, start: int) -> bool:
    """Whether the number at `start` is a part of a code: `PB-0511-3`, `4B`, `25/0417`."""
    before, after = quote[:start].split(" ")[-1], quote[start:].split(" ")[0]
    return (
        any(map(str.isalpha, before))
        or _LETTER_AFTER.match(after) is not None
        or _NUMBERS_DIVIDED.search(f"{before}{after}") is not None
    )


def _states_number(quote: str) -> bool:
    """Whether `quote` has a number, in digits or words, or a word such as "several" or "none"."""
    return _NUMBER_STATED.search(quote) is not None or bool(figures(quote).quantities)


def _states_time(quote: str) -> bool:
    """Whether `quote` says when something is: by a date, a time, a duration or a condition."""
    stated = figures(quote)
    times = {"second", "month", "business day"}
    return (
        bool(stated.dates)
        or any(quantity.is_time or quantity.unit in times for quantity in stated.quantities)
        or _TIME_STATED.search(quote) is not None
    )


def _asked(question: str) -> frozenset[str]:
    """The kinds of quantities that the question names."""
    words = {word.casefold() for word in _WORD.findall(question)}
    kinds = {_PROPERTIES[word] for word in words & _PROPERTIES.keys()}
    for match in _HOW_MANY.finditer(question):
        word, following = match[1].casefold(), (match[2] or "").casefold()
        unit = measures.UNITS.get(f"{word} {following}") or measures.UNITS.get(word)
        if unit is not None:
            kinds.add(_kind(unit[0]))
    return frozenset(kinds)


def _stated(quote: str) -> frozenset[str]:
    """The kinds of the quantities and units in `quote`. Pounds are money, unless it weighs something."""
    stated = figures(quote)
    units = {quantity.unit for quantity in stated.quantities} | {unit for unit, _ in stated.loose_units}
    kinds = {_kind(unit) for unit in units if unit}
    if "pound" in units and _WEIGHT & {word.casefold() for word in _WORD.findall(quote)}:
        kinds.add("mass")
    return frozenset(kinds)


def _kind(unit: str) -> str:
    return _KINDS.get(unit, unit)
