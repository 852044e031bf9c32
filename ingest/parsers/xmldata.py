"""XML that programs export, such as messages, bookmarks and tracks: entry by entry, as JSON is (`jsondata`).

An element is a key with what is in it, and so is an attribute. Elements of one name that follow another are
the items of a list. An element with text around its children is a text. A file that is not XML is read line
by line.
"""

from itertools import groupby
from typing import Any

from ingest.parsers import archive, code, jsondata
from ingest.parsers.extract import Extract

_PARAGRAPHS = frozenset({"p", "para"})
"""Elements whose name says nothing about their text."""


def extract(data: bytes) -> Extract:
    """Parses XML. Its title is that of its `title` or `head`."""
    # 30 ms to import.
    from lxml import etree  # type: ignore[import-untyped]

    try:
        root = archive.xml(data)
        title = next(
            (each.text or "" for each in root.iterfind("{*}head/{*}title")), root.findtext("{*}title")
        )
        return jsondata.entries(_value(root), title or "")
    except (etree.XMLSyntaxError, RecursionError):
        return code.extract(data)


def _value(element: Any) -> Any:
    """What is in an element, in the form of `jsondata`."""
    children = [child for child in element if isinstance(child.tag, str)]
    attributes = [(_local(name), value) for name, value in element.items() if value.strip()]
    own = [element.text, *(child.tail for child in element)]
    if not children or any((each or "").strip() for each in own):
        text = " ".join("".join(element.itertext()).split())
        said = ", ".join(f"{name}: {value}" for name, value in attributes)
        if text:
            return f"{text} ({said})" if said else text
        return tuple(attributes)
    pairs: list[tuple[str, Any]] = list(attributes)
    for name, grouped in groupby(children, key=lambda child: _local(child.tag)):
        values = [_value(child) for child in grouped]
        if name in _PARAGRAPHS:
            pairs += (("", value) for value in values)
        else:
            pairs.append((name, values if len(values) > 1 else values[0]))
    return tuple(pairs)


def _local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2].lstrip("_")
