"""Whether a quote states the kind of quantity that a question asks for.

"How wide is the shelf?" is not answered by its price, nor "how many litres" by kilowatt hours, however well
the other words fit; nor is "what did we pay altogether?" by one of the amounts. Only questions that name
their unit, a property with units of its own, or a sum are judged; whether a number is the right one is for
the reader to say.
"""

import re
from collections.abc import Sequence

from assistant.answers.figures import figures
from ingest.language import measures

_HOW_MANY = re.compile(rf"\b(?:{measures.HOW_MANY})\s*([^\W\d_]+|[€$£%])(?:\s+([^\W\d_]+))?", re.IGNORECASE)
_TOTAL_ASKED = re.compile(rf"\b(?:{measures.TOTALS})\b", re.IGNORECASE)
_TOTAL_STATED = re.compile(measures.TOTAL_WORDS, re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
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
    asked = _asked(question)
    return not asked or any(asked & _stated(quote) for quote in quotes)


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
