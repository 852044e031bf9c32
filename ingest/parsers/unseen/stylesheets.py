"""The styles of the elements of a web page: what its own style sheets and attributes say, by the cascade.

Only the properties that can hide text are read. A rule is tried on the elements that have the class, id or
name at its end, so that a page with many rules is read in a moment. Rules for other media than a screen, and
selectors that are not understood, are left out.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.parsers.unseen.siblings import SiblingMarks

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

PROPERTIES = frozenset(
    "display visibility opacity color background background-color background-image font font-size position "
    "left right top bottom text-indent margin margin-left margin-top clip clip-path width height max-width "
    "max-height overflow overflow-x overflow-y transform filter content-visibility mso-hide fill "
    "-webkit-text-fill-color scale translate".split()
)
"""The properties that can hide text."""

MAX_RULES = 20_000
"""Maximum number of selectors that are read; no page has as many."""
LONGEST_SELECTOR = 1000
"""The most characters of a selector; a longer one is left out."""
LONGEST_VALUE = 1000
"""The most characters of a value that are read. A longer one is a picture or a font."""
DEEPEST = 20
"""How deeply nested at-rules are read."""

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|<!--|-->", re.DOTALL)
_STRING = re.compile(r"""\"[^"\\]*+(?:\\.[^"\\]*+)*+"|'[^'\\]*+(?:\\.[^'\\]*+)*+'""", re.DOTALL)
_COMMA = re.compile(r"[,()\[\]]")
_COMBINATOR = re.compile(r"[\s>+~()\[\]]")
_SCREEN = re.compile(
    r"\s*(?:only\s+)?(?:all|screen)?\s*(?:(?:and\s*)?\(\s*min-(?:device-)?width[^)]*\)\s*)*\Z"
)
"""A media query that holds on a common screen."""

_Importance = tuple[bool, int, int, int, int, int]
"""Important or not; in the element itself or not; ids, classes, names of its selector; its place."""


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: str
    declarations: tuple[tuple[str, str, bool], ...]
    """Property, value, and whether it is important."""
    place: int


class Styles:
    """The styles of one page."""

    def __init__(self, page: "BeautifulSoup") -> None:
        self._values: dict[int, dict[str, tuple[_Importance, str]]] = defaultdict(dict)
        self._variables: dict[str, str] = {}
        self._apply(page, list(_rules(page)))
        for element in page.find_all(style=True):
            declared = _declarations(str(element["style"]))
            for name, value, important in declared:
                self._set(element, name, value, (important, 1, 0, 0, 0, 0))

    def of(self, element: "Tag") -> dict[str, str]:
        """The declared values of an element by property, in lower case; without inherited ones."""
        values = self._values.get(id(element), {})
        return {name: self._resolved(value)[:LONGEST_VALUE] for name, (_, value) in values.items()}

    def _resolved(self, value: str) -> str:
        return re.sub(
            r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)",
            lambda match: self._variables.get(match[1], (match[2] or "").strip()),
            value,
        )

    def _set(self, element: "Tag", name: str, value: str, importance: _Importance) -> None:
        if name.startswith("--"):
            self._variables[name] = value
            return
        declared = self._values[id(element)]
        if name not in declared or importance >= declared[name][0]:
            declared[name] = importance, value

    def _apply(self, page: "BeautifulSoup", rules: list[_Rule]) -> None:
        if not rules:
            return
        # 20 ms to import.
        import soupsieve

        candidates, marks = _Elements(page), SiblingMarks(page)
        for rule in rules:
            try:
                compiled = soupsieve.compile(marks.marked(rule.selector))
                matches = [each for each in candidates.for_end_of(rule.selector) if compiled.match(each)]
            # A browser ignores a rule with a wrong selector, too. soupsieve does not know some new ones.
            except (soupsieve.SelectorSyntaxError, NotImplementedError, ValueError, RecursionError):
                continue
            specificity = _specificity(rule.selector)
            for element in matches:
                for name, value, important in rule.declarations:
                    self._set(element, name, value, (important, 0, *specificity, rule.place))
        marks.clear()


class _Elements:
    """The elements of a page by class, id and name."""

    def __init__(self, page: "BeautifulSoup") -> None:
        self._all: list[Tag] = page.find_all(True)
        self._by: dict[str, list[Tag]] = defaultdict(list)
        for element in self._all:
            self._by[element.name.lower()].append(element)
            for name in element.get_attribute_list("class"):
                self._by[f".{name}"].append(element)
            if element.get("id"):
                self._by[f"#{element['id']}"].append(element)

    def for_end_of(self, selector: str) -> "list[Tag]":
        """The elements that may match the last part of a selector."""
        *_, compound = _divided(selector, _COMBINATOR)
        plain = re.match(r"[^:\[]*", compound)
        names = re.findall(r"[.#][\w-]+|^[a-zA-Z][\w-]*", plain[0] if plain and "\\" not in compound else "")
        if not names:
            return self._all
        return min((self._by[name if name[0] in ".#" else name.lower()] for name in names), key=len)


def _rules(page: "BeautifulSoup") -> Iterator[_Rule]:
    place = 0
    for sheet in page.find_all("style"):
        if not _SCREEN.match(str(sheet.get("media") or "")[:LONGEST_SELECTOR].lower()):
            continue
        text = _COMMENT.sub(" ", sheet.string or sheet.get_text())
        text = _STRING.sub(lambda string: re.sub("[{};]", " ", string[0]), text)
        for selectors, block in _blocks(text):
            declarations = tuple(_declarations(block))
            if not declarations:
                continue
            for selector in map(str.strip, _divided(selectors, _COMMA)):
                # What is before or after an element is not its text.
                if "::" not in selector and 0 < len(selector) <= LONGEST_SELECTOR and place < MAX_RULES:
                    place += 1
                    yield _Rule(selector, declarations, place)


def _divided(text: str, at: re.Pattern[str]) -> Iterator[str]:
    """The parts of a selector, or of a list of them.

    at: what divides it outside brackets, and all brackets.
    """
    depth = start = 0
    for mark in at.finditer(text):
        if mark[0] in "([":
            depth += 1
        elif mark[0] in ")]":
            depth = max(depth - 1, 0)
        elif not depth:
            yield text[start : mark.start()]
            start = mark.end()
    yield text[start:]


def _blocks(text: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Selectors and declarations of all rules that hold on a screen, those in nested at-rules included."""
    start = 0
    while (brace := text.find("{", start)) >= 0:
        head = text[start:brace].rpartition(";")[2].strip()
        end = _closing(text, brace)
        inner = text[brace + 1 : end]
        if head.startswith("@"):
            name, _, condition = head[1:].partition(" ")
            is_on_screen = name.startswith("media") and _SCREEN.match(condition[:LONGEST_SELECTOR].lower())
            if (is_on_screen or name in ("supports", "layer")) and depth < DEEPEST:
                yield from _blocks(inner, depth + 1)
        else:
            yield head, inner.partition("{")[0]
        start = end + 1


def _closing(text: str, brace: int) -> int:
    """Where the block that opens at `brace` ends."""
    depth = 0
    for match in re.compile("[{}]").finditer(text, brace):
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return match.start()
    return len(text)


def _declarations(block: str) -> Iterator[tuple[str, str, bool]]:
    for declaration in _COMMENT.sub(" ", block).split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        if colon and (name in PROPERTIES or name.startswith("--")):
            value, bang, _ = value.strip().lower().partition("!")
            yield name, value.strip()[:LONGEST_VALUE], bool(bang)


def _specificity(selector: str) -> tuple[int, int, int]:
    plain = re.sub(r"\[[^\]]*\]", ".a", selector)
    ids = len(re.findall(r"#[\w-]+", plain))
    classes = len(re.findall(r"\.[\w-]+|:[\w-]+", plain))
    names = len(re.findall(r"(?:^|[\s>+~(])[a-zA-Z][\w-]*", plain))
    return ids, classes, names
