"""On which side of an account a question, a table or a column is: money that comes in, or goes out.

A question about spending is never answered from a table of income, nor from the credits of a bank statement.
The word *pay* is used on both sides, so it decides nothing.
"""

from collections.abc import Collection, Sequence

from assistant.answers.amounts import Amount
from assistant.answers.tables import FoundTable, TableRow
from assistant.answers.tablewords import words_of
from ingest.language import accounts


def asked_side(words: Sequence[str]) -> str:
    """The side that a question, in folded words, asks about: `in` for money that came in, `out` for money
    that was spent; empty if it asks about neither or both."""
    joined = " ".join(words)
    if accounts.WE_PAID.search(joined) or accounts.WENT_OUT.search(joined):
        return "out"
    if accounts.CAME_IN.search(joined):
        return "in"
    return _side(words, accounts.RECEIVING, accounts.SPENDING)


def side_of(words: Sequence[str]) -> str:
    """The side that a name, in folded words, belongs to: `in`, `out`, or empty."""
    return _side(words, accounts.INCOMING, accounts.OUTGOING)


def is_of_side(table: FoundTable, side: str) -> bool:
    """Whether a table may be about money on this side, by its columns or the first of its names with a side.

    side: `in`, `out`, or empty for either.
    """
    if not side:
        return True
    asked = accounts.RECEIVING if side == "in" else accounts.SPENDING
    if not asked.isdisjoint(word for header in table.header for word in words_of(header)):
        return True
    named = (side_of(words_of(name)) for name in table.names)
    return next(filter(None, named), side) == side


def of_side(found: list[tuple[TableRow, Amount]], side: str) -> list[tuple[TableRow, Amount]]:
    """The rows whose amount is on this side, if amounts below zero went out and the others came in.

    side: `in`, `out`, or empty for either.
    """
    out = [each for each in found if each[1].value < 0]
    if not side or not out or len(out) == len(found):
        return found
    return out if side == "out" else [each for each in found if each[1].value >= 0]


def columns_of_sides(table: FoundTable) -> dict[str, int]:
    """The columns of money that comes `in` and goes `out` of a statement, by side; empty without both."""
    found: dict[str, int] = {}
    for index, header in enumerate(table.header):
        side = _side(words_of(header), accounts.CREDITS, accounts.DEBITS)
        if side and table.column(index) is not None:
            if side in found:
                return {}
            found[side] = index
    return found if len(found) > 1 else {}


def _side(words: Collection[str], incoming: Collection[str], outgoing: Collection[str]) -> str:
    is_in, is_out = (not frozenset(names).isdisjoint(words) for names in (incoming, outgoing))
    return "" if is_in == is_out else "in" if is_in else "out"
