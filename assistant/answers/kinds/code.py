"""Source code: what a file says it is, and what it defines, by signatures and comments."""

import os.path
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from assistant.answers.kinds.comments import (
    COMMENT,
    comments_in,
    docstring_at,
    pod_opening,
    sentences_of,
    uncommented,
    without_notices,
    without_pod,
)
from assistant.answers.kinds.definitions import Definition, definitions_in, head_of
from assistant.answers.kinds.digest import POINTS, Digest, Extent, Material, PointGroup
from assistant.answers.kinds.programs import language_of
from assistant.formatting import count_of
from assistant.summary import Length

OPENING_SENTENCES = {Length.SHORT: 1, Length.MEDIUM: 3, Length.LONG: 6}
"""Sentences of the comment at the head of the file."""

MEMBERS = {Length.SHORT: 4, Length.MEDIUM: 10, Length.LONG: 30}
"""Members of a class that are named."""


def recognizes(material: Material) -> bool:
    """Whether a document is the source of a program."""
    return material.document.media_type == "text/x-source"


def digest(material: Material, extent: Extent) -> Digest:
    """What the file says it is, and its definitions in order, each with its comment.

    Members of classes have lines of their own if there is room, and are only named if not.
    """
    path = material.document.path
    lines = "".join(material.document.pages).rstrip("\n").split("\n")
    name = os.path.basename(path)
    language = language_of(path) or "Program"
    pod: list[str] = []
    if language == "Perl":
        lines, pod = without_pod(lines)
    definitions = definitions_in(lines, language)
    counts = Counter(one.what for one in _all(definitions))
    described = ", ".join(_counted(count, what) for what, count in counts.items())
    about = f"{language} source, “{name}”: {count_of(len(lines), 'line')}"
    about += f", {described}." if described else "."
    count = OPENING_SENTENCES[extent.length]
    opening = _opening(lines, count) or pod_opening(pod, count)
    if len(definitions) == 1 and definitions[0].what in {"module", "namespace"} and definitions[0].members:
        opening = opening or tuple(filter(None, [definitions[0].comment]))
        definitions = definitions[0].members
    groups = [PointGroup("", opening)] if opening else []
    if points := _points([one for one in definitions if not one.is_private] or definitions, extent.length):
        groups.append(PointGroup("Defines", points))
    else:
        found = [text for text in dict.fromkeys(comments_in(lines)) if text not in opening]
        comments = tuple(found[: POINTS[extent.length]])
        groups += [PointGroup("Comments", comments)] if comments else []
    return Digest(about, tuple(groups))


def _points(definitions: Sequence[Definition], length: Length) -> tuple[str, ...]:
    """The definitions in words, the last ones only by their names if there are many."""
    room = POINTS[length]
    if sum(1 + len(one.public) for one in definitions) <= room:
        return tuple(
            point
            for one in definitions
            for point in (_worded(one), *(_worded(member, f"{one.name}.") for member in one.public))
        )
    points = [_with_members(one, length) for one in definitions[:room]]
    if rest := definitions[room:]:
        points.append(f"Also: {', '.join(one.name for one in rest)}.")
    return tuple(points)


def _worded(definition: Definition, owner: str = "") -> str:
    comment = f": {definition.comment}" if definition.comment else ""
    return f"{definition.what} {owner}{definition.signature}{comment}"


def _with_members(definition: Definition, length: Length) -> str:
    names = [one.name for one in definition.public]
    if not names:
        return _worded(definition)
    more = f" and {len(names) - MEMBERS[length]} more" if len(names) > MEMBERS[length] else ""
    return f"{_worded(definition).rstrip('.')}. Members: {', '.join(names[: MEMBERS[length]])}{more}."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}es" if count > 1 and what.endswith("s") else count_of(count, what)


def _all(definitions: Sequence[Definition]) -> Iterator[Definition]:
    for one in definitions:
        yield one
        yield from _all(one.members)


def _opening(lines: Sequence[str], count: int) -> tuple[str, ...]:
    """The first sentences of the comment or docstring at the head of the file, without notices of rights."""
    place = 0
    while place < len(lines):
        line = lines[place]
        if not line.strip() or re.match(
            r"#!|<\?php|package |use strict|'use |\"use |pragma |<script|# ?-\*-", line
        ):
            place += 1
            continue
        if text := docstring_at(lines, place):
            return sentences_of(text, count)
        if not COMMENT.match(line):
            return ()
        end = place
        in_block = line.lstrip().startswith("/*")
        while end < len(lines) and lines[end].strip() and (in_block or COMMENT.match(lines[end])):
            end += 1
            if in_block and "*/" in lines[end - 1]:
                break
        text = without_notices(uncommented(lines[place:end]))
        follows = lines[end] if end < len(lines) else ""
        says_more = len(text.split()) > 2
        if says_more and not (follows.strip() and head_of(follows, "") is not None):
            return sentences_of(text, count)
        place = max(end, place + 1)
    return ()
