"""Selectors that ask for the place of an element among its siblings, such as `tr:nth-child(even)`.

soupsieve walks over the siblings for each element, which takes quadratic time in a long table with striped
rows. So the elements are counted once, those that such a pseudo-class matches get an attribute, and the
selector asks for that attribute.
"""

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

MOST_MARKS = 200
"""The most pseudo-classes of a page that are replaced; few pages have ten. Further ones stay as they are."""

_BY_PLACE = re.compile(
    r":(?P<nth>nth-(?:last-)?(?:child|of-type))\(\s*(?P<formula>[^()]*?)\s*\)"
    r"|:(?P<edge>(?:first|last|only)-(?:child|of-type))(?![\w(-])",
    re.IGNORECASE,
)
_FORMULA = re.compile(
    r"(?P<step>[+-]?\d{0,9})n\s*(?:(?P<sign>[+-])\s*(?P<start>\d{1,9}))?|(?P<only>[+-]?\d{1,9})"
)
_NAMED = {"even": "2n", "odd": "2n+1"}


class SiblingMarks:
    """Marks elements of one page by their places. `clear` removes the marks."""

    def __init__(self, page: "BeautifulSoup") -> None:
        self._page = page
        self._marks: dict[str, str] = {}
        """The attribute of each pseudo-class, as it is written in selectors."""
        self._counted: list[tuple[Tag, dict[str, tuple[int, int]]]] = []

    def marked(self, selector: str) -> str:
        """`selector` with attributes in place of pseudo-classes. One that contains strings is not changed."""
        if ":" not in selector or '"' in selector or "'" in selector:
            return selector
        return _BY_PLACE.sub(self._attribute, selector)

    def clear(self) -> None:
        """Removes all marks from the page."""
        for element, _ in self._counted:
            for name in self._marks.values():
                element.attrs.pop(name, None)

    def _attribute(self, match: re.Match[str]) -> str:
        written = match[0].lower()
        if written not in self._marks:
            condition = _condition(match)
            if condition is None or len(self._marks) == MOST_MARKS:
                return match[0]
            name = self._marks[written] = f"carrel-place-{len(self._marks)}"
            kind = "of-type" if written.split("(")[0].endswith("of-type") else "child"
            for element, places in self._elements():
                if condition(*places[kind]):
                    element.attrs[name] = ""
        return f"[{self._marks[written]}]"

    def _elements(self) -> "list[tuple[Tag, dict[str, tuple[int, int]]]]":
        """All elements with their places from the start and from the end: among all siblings, and among those
        of the same name."""
        from bs4 import Tag

        if self._counted:
            return self._counted
        for parent in [self._page, *self._page.find_all(True)]:
            children = [child for child in parent.children if isinstance(child, Tag)]
            of_name = Counter(child.name for child in children)
            before = Counter[str]()
            for place, child in enumerate(children, start=1):
                before[child.name] += 1
                own = before[child.name]
                places = {
                    "child": (place, len(children) - place + 1),
                    "of-type": (own, of_name[child.name] - own + 1),
                }
                self._counted.append((child, places))
        return self._counted


def _condition(match: re.Match[str]) -> Callable[[int, int], bool] | None:
    """A test whether an element with these places, from the start and from the end, matches; None if the
    formula is not understood."""
    if edge := match["edge"]:
        which = edge.lower().split("-")[0]
        return lambda first, last: (which == "last" or first == 1) and (which == "first" or last == 1)
    formula = match["formula"].lower()
    parsed = _FORMULA.fullmatch(_NAMED.get(formula, formula))
    if parsed is None:
        return None
    step, start = 0, int(parsed["only"] or 0)
    if parsed["only"] is None:
        step = int(parsed["step"] + "1" if parsed["step"] in {"", "+", "-"} else parsed["step"])
        start = int(f"{parsed['sign'] or ''}{parsed['start'] or 0}")
    is_last = "last" in match["nth"].lower()

    def is_met(first: int, last: int) -> bool:
        beyond = (last if is_last else first) - start
        return beyond == 0 if step == 0 else beyond % step == 0 and beyond // step >= 0

    return is_met
