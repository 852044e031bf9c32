"""Selectors by the place of an element among its siblings, compared with soupsieve's own matching."""

import random

import pytest
import soupsieve
from bs4 import BeautifulSoup

from ingest.parsers.unseen.siblings import SiblingMarks


def page(seed: int) -> BeautifulSoup:
    """A page with elements of three names in each other."""
    chance = random.Random(seed)

    def part(depth: int) -> str:
        inner = "".join(part(depth + 1) for _ in range(chance.randrange(5))) if depth < 4 else ""
        name = chance.choice(("p", "li", "td"))
        return f"text<{name} class=c{chance.randrange(2)}>{inner}</{name}><!-- note -->"

    return BeautifulSoup(f"<html><body>{part(0)}{part(0)}</body></html>", "html.parser")


@pytest.mark.parametrize(
    "selector",
    [
        *(
            "p:nth-child(even)",
            "p:nth-child( odd )",
            "li:nth-child(3)",
            ":nth-child(3n+1)",
            "td:nth-child(-n+2)",
        ),
        *("p:nth-last-child(2)", ":nth-last-child(2n)", "li:nth-of-type(2n - 1)", "td:nth-last-of-type(1)"),
        *("p:first-child", "li:last-child", "td:only-child", "p:first-of-type", "li:last-of-type"),
        *(":only-of-type", "p:nth-child(even) > li", "p:NTH-CHILD(2) td:last-child", ".c1:not(:first-child)"),
        *("p:nth-child(n)", "p:nth-child(0)", "p:nth-child(-3)", "p:nth-child(2n+0)", "p:nth-child(+n+3)"),
    ],
)
def test_marks_match_the_same_elements(selector: str) -> None:
    for seed in range(8):
        tree = page(seed)
        expected = list(map(id, soupsieve.select(selector, tree)))
        marks = SiblingMarks(tree)
        marked = marks.marked(selector)
        assert ":nth" not in marked.lower()
        assert "-child" not in marked.lower()
        assert list(map(id, soupsieve.select(marked, tree))) == expected
        marks.clear()
        assert str(tree) == str(page(seed))


@pytest.mark.parametrize(
    "selector", ["p:nth-child(2 of .c1)", '[title=":first-child"]', "p:hover", "p:nth-child(x)"]
)
def test_what_is_not_understood_stays_as_it_is(selector: str) -> None:
    assert SiblingMarks(page(1)).marked(selector) == selector
