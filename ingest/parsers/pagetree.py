"""Changes to the elements of a web page in linear time, however many siblings an element has.

Beautiful Soup's `replace_with`, `insert_before` and `decompose` look for the element among its siblings each
time, which takes quadratic time in a long list. So the children of each parent are put back in one pass.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag
    from bs4.element import PageElement

    Parts = Sequence[PageElement | str]
    """The parts that replace an element, which may be one of them."""


def put(places: "Iterable[tuple[PageElement, Parts]]") -> None:
    """Replaces each element with its parts. A replaced element keeps its contents."""
    parents: dict[int, Tag] = {}
    parts: dict[int, Parts] = {}
    for element, new in places:
        if element.parent is not None:
            parents[id(element.parent)] = element.parent
            parts[id(element)] = new
    for parent in parents.values():
        children = parent.contents
        fill(parent, [part for child in children for part in parts.get(id(child), (child,))])


def fill(parent: "Tag", parts: "Parts") -> None:
    """Gives an element these children and no others."""
    # From the end, where removing a child moves no others.
    for place in reversed(range(len(parent.contents))):
        parent.contents[place].extract(place)
    parent.extend(parts)
