"""End tags that a web page may leave out: each element ends where a browser ends it.

HTML allows `<li>one<li>two` (HTML Standard, 13.1.2.4), which old and hand-written pages often do. Python's
parser would put such an element into the one before it, where the texts of both would be run together.
"""

from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

DEEPEST = 500
"""How many open elements are searched for one that a new element ends. Browsers nest no deeper either."""
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
_RULES = {name: rule for rule in _CLOSED for name in rule[0]}


def parsed_page(text: str) -> "BeautifulSoup":
    """A web page as Python's parser reads it, with the missing end tags added."""
    # Loaded with markitdown.
    from bs4 import BeautifulSoup

    class ClosingPage(BeautifulSoup):
        """Ends an element when one begins that ends it."""

        def handle_starttag(self, name: str, *rest: Any, **more: Any) -> "Tag | None":
            """Called by the parser for each tag."""
            names, stops = _RULES.get(name, ((), ()))
            for around in islice(reversed(self.tagStack), DEEPEST) if names else ():
                if around.name in stops:
                    break
                if around.name in names:
                    self.handle_endtag(around.name)
                    break
            return super().handle_starttag(name, *rest, **more)

    return ClosingPage(text, "html.parser")
