"""Whether a quote states the kind of quantity that a question asks for.

"How wide is the shelf?" is not answered by its price, nor "how many litres" by kilowatt hours, however well
the other words fit. Only questions that name their unit or a property with units of its own are judged;
whether a number is the right one is for the reader to say.
"""

import re
from collections.abc import Iterable

from assistant.answers.figures import figures
from ingest.language import measures

_HOW_MANY = re.compile(rf"\b(?:{measures.HOW_MANY})\s*([^\W\d_]+|[€$£%])", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_PROPERTIES = {form: kind for kind, forms in measures.PROPERTIES.items() for form in forms.split()}
_KINDS = {unit: kind for kind, units in measures.KINDS.items() for unit in units}


def states_what_is_asked(question: str, quotes: Iterable[str]) -> bool:
    """Whether one of `quotes` has a quantity of a kind that `question` asks for; true if it asks for none.

    quotes: as they are shown, with the names of their columns.
    """
    asked = _asked(question)
    return not asked or any(asked & _stated(quote) for quote in quotes)


def _asked(question: str) -> frozenset[str]:
    """The kinds of quantities that the question names."""
    words = {word.casefold() for word in _WORD.findall(question)}
    kinds = {_PROPERTIES[word] for word in words & _PROPERTIES.keys()}
    for match in _HOW_MANY.finditer(question):
        unit = measures.UNITS.get(match[1].casefold())
        if unit is not None:
            kinds.add(_kind(unit[0]))
    return frozenset(kinds)


def _stated(quote: str) -> frozenset[str]:
    """The kinds of the quantities and units in `quote`."""
    stated = figures(quote)
    units = {quantity.unit for quantity in stated.quantities} | {unit for unit, _ in stated.loose_units}
    return frozenset(_kind(unit) for unit in units if unit)


def _kind(unit: str) -> str:
    return _KINDS.get(unit, unit)
