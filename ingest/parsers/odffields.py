"""What OpenDocument does not write as text, although it is read as text: numbers of lists, fields, formulas.

The program that shows a document counts the items of its lists, as their styles say (OpenDocument 1.3,
part 3, 16.30). The values of forms are attributes of controls, and formulas are objects in MathML.
"""

from collections.abc import Iterator
from typing import Any

from ingest.parsers.extract import whole_number
from ingest.parsers.text import line

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _STYLE, _FORM = f"{{{_NS}text:1.0}}", f"{{{_NS}style:1.0}}", f"{{{_NS}form:1.0}}"
_DRAW = f"{{{_NS}drawing:1.0}}"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
FORMULA = "formula"
"""The tag of an element that stands for a formula."""
_CHECKED, _UNCHECKED = "☑", "☐"
_SCRIPTS = {
    "msup": "{}^{}",
    "msub": "{}_{}",
    "mfrac": "{}/{}",
    "msubsup": "{}_{}^{}",
    "mroot": "root {1} of {0}",
}
"""How formulas with parts above and below the line are written on it."""
HIGHEST_IN_LETTERS = 780
"""The highest number that is written in letters: `a` to `z`, `aa` to `zz`, up to 30 times the same letter."""
_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


class ListNumbers:
    """The marks before the items of a document's lists."""

    def __init__(self, *parts: Any) -> None:
        """parts: the roots of the file's content and styles; None for one that it lacks."""
        self._levels: dict[tuple[str, int], Any] = {}
        self._last: dict[tuple[str, int], int] = {}
        """The last number of each level of each style."""
        for part in parts:
            for style in part.iter(f"{_TEXT}list-style") if part is not None else ():
                for level in style.iterfind(f"{_TEXT}list-level-style-number"):
                    place = whole_number(level.get(f"{_TEXT}level", ""), 1)
                    self._levels[style.get(f"{_STYLE}name", ""), place] = level

    def marks(self, items: Any, style: str, depth: int) -> Iterator[tuple[Any, str]]:
        """The items of a list, each with its mark: `2. `, `- `, or nothing for the header of a list.

        style: the name of its style. depth: how many lists it is in.
        """
        level = self._levels.get((style, depth + 1))
        key = style, depth
        goes_on = items.get(f"{_TEXT}continue-numbering") == "true" or items.get(f"{_TEXT}continue-list")
        start = "1" if level is None else level.get(f"{_TEXT}start-value", "1")
        number = self._last.get(key, 0) if goes_on else whole_number(start, 1) - 1
        for item in items:
            if item.tag == f"{_TEXT}list-header":
                yield item, ""
                continue
            number = whole_number(item.get(f"{_TEXT}start-value", ""), number + 1)
            self._last[key] = number
            yield item, "- " if level is None else _mark(level, number)


def _mark(level: Any, number: int) -> str:
    kind = level.get(f"{_STYLE}num-format", "")
    if not kind:
        return "- "
    if kind in ("a", "A") and 0 < number <= HIGHEST_IN_LETTERS:
        written = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif kind in ("i", "I") and 0 < number < 40:
        written, rest = "", number
        for value, letters in _ROMAN:
            written += letters * (rest // value)
            rest %= value
    else:
        written = str(number)
    written = written.upper() if kind in ("A", "I") else written
    before, after = (level.get(f"{_STYLE}num-{side}", "") for side in ("prefix", "suffix"))
    return f"{line(before)}{written}{line(after) or '.'} "


def field_mark(mark: Any) -> str:
    """What a field shows that was made for Word: a check box, or the chosen entry of a list."""
    kind = next((value for name, value in mark.items() if name.endswith("}type")), "")
    values: dict[str, list[str]] = {}
    for each in mark:
        stated = {name.rpartition("}")[2]: value for name, value in each.items()}
        values.setdefault(stated.get("name", ""), []).append(stated.get("value", ""))
    if kind.endswith("FORMCHECKBOX"):
        return _CHECKED if values.get("Checkbox_Checked", [""])[0] == "true" else _UNCHECKED
    if kind.endswith("FORMDROPDOWN"):
        entries = values.get("Dropdown_ListEntry", [])
        chosen = whole_number(values.get("Dropdown_Selected", ["0"])[0], len(entries))
        return line(entries[chosen]) if chosen < len(entries) else ""
    return ""


def controls(content: Any) -> dict[str, str]:
    """What the controls of a document's forms show, by their ids."""
    shown = {}
    for control in content.iter(f"{_FORM}*"):
        text = line(_shown_by(control))
        for name in (_XML_ID, f"{_FORM}id"):
            if text and (known := control.get(name)):
                shown[known] = text
    return shown


def _shown_by(control: Any) -> str:
    kind = control.tag.removeprefix(_FORM)
    label = str(control.get(f"{_FORM}label", ""))
    state = control.get(f"{_FORM}current-state") or control.get(f"{_FORM}state", "")
    chosen = control.get(f"{_FORM}current-selected") or control.get(f"{_FORM}selected", "")
    if kind in ("checkbox", "radio"):
        return f"{_CHECKED if 'checked' in (state, chosen) or chosen == 'true' else _UNCHECKED} {label}"
    if kind in ("button", "fixed-text", "frame"):
        return label
    if kind in ("password", "hidden", "file", "image"):
        return ""
    if kind == "listbox":
        options = control.iterfind(f"{_FORM}option")
        return ", ".join(
            option.get(f"{_FORM}label", "")
            for option in options
            if "true" in (option.get(f"{_FORM}current-selected"), option.get(f"{_FORM}selected"))
        )
    paragraphs = [each.xpath("string()") for each in control.iter(f"{_TEXT}p")]
    value = control.get(f"{_FORM}current-value") or control.get(f"{_FORM}value")
    return str(value or " ".join(paragraphs))


def formula(root: Any) -> Any:
    """The formula of an object in MathML, as an element with its text; None for any other object."""
    if root.tag != f"{_MATH}math":
        return None
    from lxml import etree  # type: ignore[import-untyped]

    element = etree.Element(FORMULA)
    element.text = line(_written(root))
    return element


def _written(element: Any) -> str:
    kind = element.tag.removeprefix(_MATH) if isinstance(element.tag, str) else "annotation"
    if kind.startswith("annotation"):
        return ""
    parts = [part for part in map(_written, element) if part]
    pattern = _SCRIPTS.get(kind)
    if pattern and len(parts) == pattern.count("{"):
        return pattern.format(*(part if len(part) == 1 or part.isalnum() else f"({part})" for part in parts))
    if kind == "msqrt":
        return f"√({''.join(parts)})"
    text = "".join([(element.text or "").strip(), *parts])
    return f" {text} " if kind == "mo" and text in "=<>≤≥≈≠→" else text
