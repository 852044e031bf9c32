"""Inline markup of reStructuredText: emphasis, literals, roles, links, notes, substitutions and escapes.

Every alternative of the pattern ends at the next mark of its kind or after a fixed number of characters, so a
text of marks without a partner takes linear time. The number of line ends stays the same.
"""

import re
from collections.abc import Iterable

from ingest.parsers.extract import note_mark
from ingest.parsers.text import line

LONGEST_SUBSTITUTE = 300
"""Characters of a text that stands for `|name|`."""

_TARGET = re.compile(r"^[ \t]*\.\. _(?:`([^`\n]+)`|((?:[^:\\\n]|\\.){1,200})):(?: |$)", re.MULTILINE)
_SUBSTITUTION = re.compile(
    r"^[ \t]*\.\. \|([^|\n]{1,100})\| (replace|unicode|image|date)::[ \t]*(.*(?:\n[ \t]+[^\s:].*)*)",
    re.MULTILINE,
)
_NOTE = re.compile(r"^[ \t]*\.\. \[#([\w.-]*)\]", re.MULTILINE)
_ALT = re.compile(r"^[ \t]+:alt:[ \t]*(.+)", re.MULTILINE)
_CODE_POINT = re.compile(r"(?:0x|U\+|\\u|x)([0-9A-Fa-f]{2,6})")

_INLINE = re.compile(
    r"""
    \\(?P<escaped>[\s\S])
    | (?<![\w`])``(?=[^\s`])(?P<literal>(?:[^`]|`(?!`))+)(?<!\s)``(?!`)
    | (?<![\w:`]):(?P<role>[A-Za-z][\w:.+-]{0,60}):`(?=\S)(?P<with_role>(?:[^`\\]|\\[\s\S])+)(?<!\s)`(?!`)
    | (?<![\w`])_?`(?=[^\s`])(?P<reference>(?:[^`\\]|\\[\s\S])+)(?<!\s)`(?!`)(?::[A-Za-z][\w:.+-]{0,60}:|__?)?
    | (?<![\w*])\*\*(?=[^\s*])(?P<strong>(?:[^*]|\*(?!\*))+)(?<![\s\\])\*\*(?!\w)
    | (?<![\w*])\*(?=[^\s*])(?P<emphasis>[^*]+)(?<![\s\\])\*(?![\w*])
    | [ ]?(?<![\w\]])\[(?P<note>[0-9]{1,9}|\*|\#[\w.-]{0,60}|[A-Za-z][\w.-]{0,60})\]_(?!\w)
    | (?<![\w|])\|(?P<substitution>[^\s|](?:[^|\n]{0,98}[^\s|])?)\|(?:__?(?!\w))?
    | (?<![\w.:+-])(?P<name>\w[\w.:+-]*_)(?![\w_])
    """,
    re.VERBOSE,
)
_ADDRESS = re.compile(r"(?<!\\)<([^<>]*)>\Z")
_CODE_ROLES = frozenset({"code", "literal", "samp", "file", "command", "kbd", "math", "regexp", "option"})
_LIKE_MARKUP = re.compile(r"[*<&\\{]|==|__|(?<!\w)_\w|\]\(|\[\[")
"""Code that would look like the markup of notes to those who show a quote."""


class InlineMarkup:
    """Takes the inline markup away from pieces of one text."""

    def __init__(self, text: str) -> None:
        self._targets = {_known(quoted or name) for quoted, name in _TARGET.findall(text)}
        self._notes: dict[str, str] = {}
        """The number of each note that has a name instead."""
        self._numbers: tuple[list[str], list[str]] = ([], [])
        """The numbers of notes that have neither, for references and for the notes themselves."""
        for number, name in enumerate(_NOTE.findall(text), 1):
            if name:
                self._notes.setdefault(name, str(number))
            else:
                for numbers in self._numbers:
                    numbers.append(str(number))
        for numbers in self._numbers:
            numbers.reverse()
        self._substitutes: dict[str, str] = {}
        self._room = 2 * len(text) + 10_000
        """How many more characters may stand for names. Without a limit they could fill the memory."""
        found = {_known(match[1]): _substitute(text, match) for match in _SUBSTITUTION.finditer(text)}
        for name, written in found.items():
            self._substitutes[name] = line(self.plain(written))

    def plain(self, text: str) -> str:
        """`text` without its inline markup, in as many lines."""
        return _INLINE.sub(self._meant, text) if any(mark in text for mark in "\\`*|_") else text

    def one_line(self, lines: Iterable[str]) -> str:
        """Lines without inline markup, as one line."""
        return " ".join(self.plain("\n".join([*lines, ""])).split())

    def note(self, label: str, *, is_reference: bool = False) -> str:
        """The mark of a note: its number, raised, or the name of a work in brackets."""
        if label.startswith("#"):
            numbers = self._numbers[0 if is_reference else 1]
            found = self._notes.get(label[1:]) if label[1:] else numbers.pop() if numbers else None
            return note_mark(found or label[1:])
        return note_mark(label) if label.isdigit() or label == "*" else f"[{label}]"

    def _meant(self, match: re.Match[str]) -> str:
        kind, written = match.lastgroup, match[match.lastgroup or 0]
        if kind == "escaped":
            return ("\n" if written == "\n" else "") if written.isspace() else written
        if kind == "literal":
            return _code(written)
        if kind in ("with_role", "reference"):
            return _same_lines(match[0], self._named(written, match["role"] or ""))
        if kind in ("strong", "emphasis"):
            return self.plain(written)
        if kind == "note":
            space = " " if match[0][0] == " " and written[0] not in "0123456789*#" else ""
            return space + self.note(written, is_reference=True)
        if kind == "substitution":
            meant = self._substitutes.get(_known(written), match[0])
            self._room -= len(meant)
            return meant if self._room > 0 else match[0]
        name = written[:-1].removesuffix("_")
        is_link = written.endswith("__") or _known(name) in self._targets
        return name if is_link and not written.startswith("_") else match[0]

    def _named(self, written: str, role: str) -> str:
        """What is shown for the text of a role or a link."""
        if role in _CODE_ROLES:
            return _code(written)
        address = _ADDRESS.search(written)
        text = written[: address.start()].rstrip() if address else written
        text = text or (address[1] if address else "")
        if not address:
            text = text.removeprefix("!")
            text = text.rpartition(".")[2] if text.startswith("~") else text
        return re.sub(r"\\([\s\S])", lambda escaped: escaped[1].strip(), text)


def _code(written: str) -> str:
    return f"`{written}`" if _LIKE_MARKUP.search(written) else written


def _same_lines(before: str, after: str) -> str:
    """`after` with as many line ends as `before`."""
    missing = before.count("\n") - after.count("\n")
    if missing <= 0:
        return after
    first, space, last = after.rpartition(" ")
    return first + "\n" * missing + last if space else "\n" * missing + after


def _known(name: str) -> str:
    """A name as names are compared."""
    return " ".join(name.replace("\\", "").casefold().split())


def _substitute(text: str, match: re.Match[str]) -> str:
    """The text that a substitution stands for."""
    written = " ".join(match[3].split())[:LONGEST_SUBSTITUTE]
    if match[2] == "unicode":
        parts = written.partition(" .. ")[0].split()
        return "".join(_character(part) for part in parts)
    if match[2] == "image":
        alt = _ALT.match(text, match.end() + 1)
        return alt[1][:LONGEST_SUBSTITUTE] if alt else ""
    return written if match[2] == "replace" else ""


def _character(written: str) -> str:
    code = _CODE_POINT.fullmatch(written)
    return chr(int(code[1], 16)) if code and int(code[1], 16) < 0x110000 else written
