"""Fields, formulas and readings of Word documents, written out as text, because the converter drops them.

What a field shows becomes text. A list from which one entry is chosen becomes that entry, a formula becomes
LaTeX, and text with a reading above it (ruby) stays without it. A formula that cannot be written in LaTeX
keeps its letters and numbers.
"""

import importlib
from typing import Any

from ingest.parsers.extract import whole_number

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_BOXES = frozenset("☐☒☑✓✔✗✘\uf0a8\uf0fe")
"""Characters of a check box that a document draws."""
_AROUND = tuple(f"{_W}{name}" for name in ("customXml", "bdo", "dir"))
"""Elements around runs, paragraphs and rows that the converter leaves out with all that is in them."""


def write_out(part: Any, *, of_margin: bool) -> None:
    """Changes a part of a document so that its fields, formulas and texts with readings are runs of text.

    of_margin: whether it is a header or footer, whose fields tell the numbers of pages from other text.
    """
    for around in list(part.iter(*_AROUND, *([] if of_margin else [f"{_W}fldSimple"]))):
        parent = around.getparent()
        for child in list(around) if parent is not None else ():
            if not str(child.tag).endswith("Pr"):
                around.addprevious(child)
        if parent is not None:
            parent.remove(around)
    for ruby in list(part.iter(f"{_W}ruby")):
        _keep_base(ruby)
    for choices in list(part.iter(f"{_W}ddList")):
        _choose(choices)
    for formula in list(part.iter(f"{_M}oMath")):
        _write_formula(formula)
    for line in list(part.iter(f"{_M}oMathPara")):
        _unwrap_line(line)
    for box in list(part.iter(f"{_W14}checkbox")):
        # The converter writes a box in place of all its text, which is mostly the box.
        field = box.getparent().getparent()
        texts = (each.text or "" for each in field.iter(f"{_W}t"))
        if set("".join(texts)) - _BOXES - {" "}:
            box.getparent().remove(box)


def _keep_base(ruby: Any) -> None:
    """Puts the runs under a reading in the place of the run that holds both."""
    outer = ruby.getparent()
    base = ruby.find(f"{_W}rubyBase")
    if outer is None or outer.tag != f"{_W}r" or outer.getparent() is None:
        return
    for run in list(base) if base is not None else ():
        outer.addprevious(run)
    outer.remove(ruby)


def _choose(choices: Any) -> None:
    """Puts the chosen entry of a list before its field."""
    entries = [entry.get(f"{_W}val", "") for entry in choices.findall(f"{_W}listEntry")]
    stated = [choices.find(f"{_W}{name}") for name in ("result", "default")]
    chosen = next((each.get(f"{_W}val", "0") for each in stated if each is not None), "0")
    number = whole_number(chosen, len(entries))
    run = next(choices.iterancestors(f"{_W}r"), None)
    if run is not None and number < len(entries):
        run.addprevious(_run(entries[number]))


def _write_formula(formula: Any) -> None:
    line = formula.getparent()
    if line is None:
        return
    mark = "$$" if line.tag == f"{_M}oMathPara" else "$"
    if text := _latex(formula):
        formula.addprevious(_run(f"{mark}{text}{mark}"))
    # The text after it is only the file's white space.
    line.remove(formula)


def _latex(formula: Any) -> str:
    from xml.etree import ElementTree

    from lxml import etree  # type: ignore[import-untyped]

    # 20 ms to import; loaded with markitdown. It has no type annotations.
    omml: Any = importlib.import_module("markitdown.converter_utils.docx.math.omml")
    for fraction in formula.iter(f"{_M}f"):
        # The converter needs properties that a file may leave out.
        if fraction.find(f"{_M}fPr") is None:
            fraction.insert(0, etree.Element(f"{_M}fPr"))
    try:
        element = ElementTree.fromstring(etree.tostring(formula, with_tail=False))
        return str(omml.oMath2Latex(element).latex).strip()
    # It raises any error on a formula that it does not know.
    except Exception:
        return " ".join(each.text or "" for each in formula.iter(f"{_M}t")).strip()


def _unwrap_line(line: Any) -> None:
    """Puts the formulas of a line of their own into its paragraph, or makes one."""
    from lxml import etree

    runs = [run for run in line if run.tag == f"{_W}r"]
    parent = line.getparent()
    if parent is None:
        return
    place = parent if parent.tag == f"{_W}p" else etree.Element(f"{_W}p")
    for run in runs:
        if place is parent:
            line.addprevious(run)
        else:
            place.append(run)
    if place is not parent:
        line.addprevious(place)
    parent.remove(line)


def _run(text: str) -> Any:
    from lxml import etree

    run = etree.Element(f"{_W}r")
    written = etree.SubElement(run, f"{_W}t")
    written.text = text
    written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return run
