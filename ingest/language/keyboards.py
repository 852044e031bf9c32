"""Keyboards: which letters lie next to each other, so that a finger may hit one for the other."""

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""The letters as most keyboards arrange them. German and French ones exchange a few of them."""


def _neighbours() -> frozenset[tuple[str, str]]:
    """All pairs of letters that are next to each other in a row, or touch in two rows."""
    places = {
        letter: (row, 2 * column + row)
        for row, keys in enumerate(_ROWS)
        for column, letter in enumerate(keys)
    }
    return frozenset(
        (letter, other)
        for letter, (row, place) in places.items()
        for other, (second, beside) in places.items()
        if letter != other and abs(row - second) <= 1 and abs(place - beside) <= 2 - abs(row - second)
    )


NEIGHBOURS = _neighbours()
"""Pairs of neighbouring letters, in both orders."""
