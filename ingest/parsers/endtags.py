"""End tags that a web page may leave out: each element ends where a browser ends it.

HTML allows `<li>one<li>two` (HTML Standard, 13.1.2.4), which old and hand-written pages often do.
Python's parser puts such an element into the one before it, where the texts of both would be run together:
here it is moved behind it. Called before anything else looks at a page.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_TABLE = frozenset({"table", "template"})
_CLOSED: tuple[tuple[frozenset[str], frozenset[str]], ...] = (
    (frozenset({"thead", "tbody", "tfoot"}), _TABLE),
    (frozenset({"tr"}), _TABLE),
    (frozenset({"td", "th"}), _TABLE | {"tr"}),
    (frozenset({"li"}), frozenset({"ul", "ol", "menu", "dir", "table", "template"})),
    (frozenset({"dt", "dd"}), frozenset({"dl", "table", "template"})),
    (frozenset({"option"}), frozenset({"select", "datalist", "template"})),
    (
        frozenset({"p"}),
        frozenset(
            "div td th li dd dt caption section article aside main header footer nav blockquote figure "
            "fieldset form details button object template".split()
        ),
    ),
)
"""Elements that end an open one of the same kind, and those that stop them from doing so."""


def close_implied(page: "BeautifulSoup") -> None:
    """Moves every element that its parser put into one that had ended."""
    rules = {name: (names, stops) for names, stops in _CLOSED for name in names}
    for element in page.find_all(list(rules)):
        names, stops = rules[element.name]
        for around in element.parents:
            if around.name in stops:
                break
            if around.name in names:
                _move_behind(element, around)
                break


def _move_behind(element: "Tag", around: "Tag") -> None:
    """Moves an element, and what follows it inside of `around`, to the place after `around`."""
    parent = element.parent
    while parent is not None:
        moved = [element, *element.next_siblings]
        for each in reversed(moved):
            parent.insert_after(each)
        parent = None if parent is around else element.parent
