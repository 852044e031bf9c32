"""The blocks of reStructuredText, found in one pass over its lines.

Nested blocks are read like top-level ones: the text of a note in a list keeps its indentation, and is a
paragraph like any other. So nothing can be nested too deeply.
"""

import re
from dataclasses import dataclass, replace

from ingest.documents import BlockKind
from ingest.parsers.extract import whole_number
from ingest.parsers.rst import directives
from ingest.parsers.rst.inline import InlineMarkup
from ingest.parsers.rst.tables import (
    GRID_BORDER,
    SIMPLE_BORDER,
    RstTable,
    csv_table,
    grid_table,
    list_table,
    simple_table,
)

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1{2,}[ \t]*")
_TRANSITION = re.compile(r"([!-/:-@\[-`{-~])\1{3,}[ \t]*")
_EXPLICIT = re.compile(r"\s*\.\.(?:\s|$)")
_DIRECTIVE = re.compile(
    r"\s*\.\. (?:\|[^|\n]{1,100}\| )?(?P<name>[A-Za-z][\w:+.-]*) ?::(?:\s+(?P<said>.*)|$)"
)
_SUBSTITUTION = re.compile(r"\s*\.\. \|")
_NOTE = re.compile(r"(?P<indent>\s*)\.\. \[(?P<label>#?[\w.-]*|\*)\]\s*(?P<said>.*)")
_ANONYMOUS = re.compile(r"\s*__ ")
_OPTION = re.compile(r"\s+:(?P<name>[\w-]+):(?:\s+(?P<value>.*)|\s*$)")
_FIELD = re.compile(
    r"(?P<indent>\s*):(?P<name>(?![:\s])(?:[^:\\\n`]|\\.|:(?![\s`])){1,100}(?<!\s)):(?:\s+(?P<value>.*)|\s*$)"
)
_ITEM = re.compile(
    r"\s*(?:[-*+•‣]|(?:[0-9]{1,9}|[A-Za-z]|[ivxlcdmIVXLCDM]{1,9}|#)[.)]|\([0-9A-Za-z#]{1,9}\))\s+(?=\S)"
)
_AUTOMATIC = re.compile(r"(\s*\(?)#(?=[.)])")
_LINE_BLOCK = re.compile(r"(\s*)\|(?: (?!.*\|\s*$)|$)")
_CLASSIFIER = re.compile(r" : (?=\S)")
_LONGEST_TERM = 80
"""Characters of a line that can be the term of a definition."""
_QUOTING = ">|$%#"


@dataclass(frozen=True, slots=True)
class RstSection:
    """The heading of a section."""

    level: int
    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class RstBlock:
    """A paragraph, a table or a run of code, by its lines."""

    kind: BlockKind
    first: int
    last: int


class RstReader:
    """Reads a whole text."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._indents = [len(line) - len(line.lstrip()) if line.strip() else -1 for line in self._lines]
        """The indentation of each line; -1 for one that is blank."""
        self._inline = InlineMarkup(text)
        self.shown = [""] * len(self._lines)
        """What is shown of each line."""
        self.parts: list[RstSection | RstBlock] = []
        """Headings and blocks, in order."""
        self.fields: dict[str, str] = {}
        """The fields at the beginning of the text, by their names in lower case."""
        self._is_opening = True
        """Whether only headings and fields were read so far."""
        self._levels: dict[str, int] = {}
        self._counts: dict[int, int] = {}
        """The number of the last item of each automatic list that is open, by its indentation."""
        at = 0
        while at < len(self._lines):
            at = self._read(at) if self._indents[at] >= 0 else at + 1

    # Blocks

    def _read(self, at: int) -> int:
        """Reads the block that begins on line `at`, and returns the line after it."""
        line, indent = self._lines[at], self._indents[at]
        if indent == 0 and (used := self._title(at)):
            return at + used
        bare = line.strip()
        is_alone = at + 1 == len(self._lines) or self._indents[at + 1] < 0
        if (is_alone and _TRANSITION.fullmatch(bare)) or _ANONYMOUS.match(line):
            return at + 1
        if bare[0] in "+=" and (end := self._drawn_table(at, bare)):
            return end
        if bare.startswith(">>> "):
            return self._verbatim(at, self._run(at))
        if _EXPLICIT.match(line):
            return self._explicit(at)
        if field := _FIELD.match(line):
            return self._field(at, field)
        if _LINE_BLOCK.match(line):
            return self._line_block(at)
        if item := _ITEM.match(line):
            prefix = self._numbered(item[0], indent)
            return self._paragraph(at, prefix, line[item.end() :], item.end())
        self._counts = {column: count for column, count in self._counts.items() if column < indent}
        return self._paragraph(at, line[:indent], line[indent:], indent, is_marked=False)

    def _title(self, at: int) -> int:
        """Reads the section title on line `at`, and returns the number of its lines; 0 if there is none."""
        rows = [line.rstrip() for line in self._lines[at : at + 3]]
        if len(rows) == 3 and _ADORNMENT.fullmatch(rows[0]) and rows[2] == rows[0] and rows[1].strip():
            style, place, used = rows[0][0] * 2, at + 1, 3
        elif len(rows) > 1 and _ADORNMENT.fullmatch(rows[1]) and not _ADORNMENT.fullmatch(rows[0]):
            if len(rows[1]) < len(rows[0]):
                return 0
            style, place, used = rows[1][0], at, 2
        else:
            return 0
        name = self._inline.plain(self._lines[place].strip())
        self.shown[place] = name
        level = self._levels.setdefault(style, len(self._levels) + 1)
        self.parts.append(RstSection(level, name, place, place))
        self._counts = {}
        return used

    def _paragraph(
        self,
        at: int,
        prefix: str,
        said: str,
        base: int,
        *,
        is_marked: bool = True,
        kind: BlockKind = BlockKind.PROSE,
    ) -> int:
        """Reads a paragraph whose first line is `said`.

        prefix: what is shown before it, such as the mark of a list.
        base: the column of its text; code after it is indented further.
        is_marked: whether further lines are indented, as after the mark of a list.
        """
        indent, end = self._indents[at], at + 1
        while end < len(self._lines) and self._goes_on(end, indent, is_marked=is_marked):
            end += 1
        text = "\n".join([said, *(line.lstrip() for line in self._lines[at + 1 : end])])
        is_literal = text.rstrip().endswith("::")
        if is_literal:
            text = text.rstrip()[:-2]
            text = f"{text}:" if text and not text[-1].isspace() else text.rstrip()
        elif not is_marked and end == at + 1 < len(self._lines) and self._indents[end] > indent:
            text = _term(text)
        plain = self._inline.plain(text).split("\n")
        self.shown[at] = prefix + plain[0] if plain[0] else prefix.rstrip()
        for place, line in enumerate(plain[1 : end - at], at + 1):
            self.shown[place] = self._lines[place][: self._indents[place]] + line.lstrip() if line else ""
        self._add(kind, at, end - 1)
        if is_literal:
            return self._literal(end, self._indents[end - 1] if end > at + 1 else base)
        return end

    def _goes_on(self, at: int, indent: int, *, is_marked: bool) -> bool:
        """Whether line `at` belongs to a paragraph that began at `indent`."""
        line, own = self._lines[at], self._indents[at]
        if own < 0 or _EXPLICIT.match(line):
            return False
        if is_marked:
            return own > indent and not (_ITEM.match(line) or _OPTION.match(line))
        return own == indent

    def _literal(self, at: int, base: int) -> int:
        """Reads the code after a paragraph that ended with `::`."""
        at = self._next(at)
        if at == len(self._lines):
            return at
        if self._indents[at] > base:
            return self._verbatim(at, self._body_end(at, base))
        mark = self._lines[at].strip()[0]
        end = self._run(at)
        if mark in _QUOTING and all(line.strip()[0] == mark for line in self._lines[at:end]):
            return self._verbatim(at, end)
        return at

    def _line_block(self, at: int) -> int:
        end = at
        while end < len(self._lines) and (match := _LINE_BLOCK.match(self._lines[end])):
            self.shown[end] = match[1] + self._inline.plain(self._lines[end][match.end() :]).strip()
            end += 1
        self._add(BlockKind.ROWS, at, end - 1)
        return end

    def _field(self, at: int, field: re.Match[str]) -> int:
        name, value = self._inline.plain(field["name"]), field["value"] or ""
        indent = self._indents[at]
        is_first = indent == 0 and self._is_opening
        if is_first and name.casefold() in directives.SETTINGS:
            return at + 1
        prefix = f"{field['indent']}{name}: "
        end = self._paragraph(at, prefix, value, indent, kind=BlockKind.ROWS)
        if is_first:
            stated = " ".join(line.strip() for line in self.shown[at:end])
            self.fields.setdefault(name.casefold(), stated.removeprefix(prefix.strip()).strip())
        return end

    # Explicit markup

    def _explicit(self, at: int) -> int:
        """Reads a directive, a note, a comment or the target of links."""
        line, indent = self._lines[at], self._indents[at]
        if note := _NOTE.match(line):
            return self._paragraph(
                at, f"{note['indent']}{self._inline.note(note['label'])} ", note["said"], indent
            )
        directive = _DIRECTIVE.match(line)
        if directive and not _SUBSTITUTION.match(line):
            name = directive["name"].casefold().rpartition(":")[2]
            return self._directive(at, name, directive["said"] or "")
        if line.strip() == ".." and self._next(at + 1) > at + 1:
            return at + 1
        return self._body_end(at + 1, indent)

    def _directive(self, at: int, name: str, said: str) -> int:
        indent = self._indents[at]
        if name in directives.NOT_SHOWN:
            return self._body_end(at + 1, indent)
        if name == "meta":
            end = self._body_end(at + 1, indent)
            for line in self._lines[at + 1 : end]:
                if option := _OPTION.match(line):
                    self.fields.setdefault(option["name"].casefold(), option["value"] or "")
            return end
        if name in ("list-table", "csv-table"):
            return self._listed_table(at, name, said)
        if name in directives.CODE:
            _, at = self._options(at + 1, indent)
            return self._verbatim(at, self._body_end(at, indent))
        shown = directives.label(name, said)
        prefix = self._lines[at][:indent]
        end = self._paragraph(at, prefix, shown, indent) if shown else at + 1
        return self._options(end, indent)[1]

    def _options(self, at: int, indent: int) -> tuple[dict[str, str], int]:
        """The options of a directive from line `at`, and the line after them. Some of them are shown."""
        options: dict[str, str] = {}
        name = ""
        column = indent
        while at < len(self._lines) and self._indents[at] > indent:
            line = self._lines[at]
            if option := _OPTION.match(line):
                name, column = option["name"].casefold(), self._indents[at]
                options[name] = value = option["value"] or ""
            elif name and self._indents[at] > column:
                value = line.strip()
                options[name] += f"\n{value}"
            else:
                break
            if name in directives.SHOWN_OPTIONS and value:
                self.shown[at] = line[: self._indents[at]] + self._inline.plain(value)
                self._add(BlockKind.PROSE, at, at)
            at += 1
        return options, at

    # Tables and code

    def _listed_table(self, at: int, name: str, said: str) -> int:
        """Reads a table that is written as a list or as separated values."""
        indent = self._indents[at]
        end = self._body_end(at + 1, indent)
        begin = at + 1
        while begin < end and self._indents[begin] >= 0 and not _OPTION.match(self._lines[begin]):
            begin += 1
        title = "\n".join([said, *(line.strip() for line in self._lines[at + 1 : begin])])
        for place, line in enumerate(self._inline.plain(title).split("\n"), at):
            self.shown[place] = line
        self._add(BlockKind.PROSE, at, begin - 1)
        options, place = self._options(begin, indent)
        first = min(self._next(place), end)
        content = self._dedented(first, end)
        headers = whole_number(options.get("header-rows", ""), 0)
        is_list = name == "list-table"
        table = list_table(content, headers) if is_list else csv_table(content, options, headers)
        length = sum(map(len, self._lines[at:end]))
        if not (table and self._table(table, begin, end, first, length)):
            self._verbatim(first, end)
        return end

    def _drawn_table(self, at: int, bare: str) -> int:
        """Reads the grid table or simple table on line `at`; 0 if there is none."""
        if GRID_BORDER.fullmatch(bare):
            end = self._run(at)
            table, count = grid_table(self._dedented(at, end))
        elif SIMPLE_BORDER.fullmatch(bare) and (end := self._simple_end(at)):
            table, count = simple_table(self._dedented(at, end)), end - at
        else:
            return 0
        length = sum(map(len, self._lines[at : at + count]))
        if not self._table(table, at, at + count, at, length):
            self._verbatim(at, at + count)
        return at + count

    def _simple_end(self, at: int) -> int:
        """The line after a simple table; 0 if it has no end."""
        borders = 1
        for place in range(at + 1, len(self._lines)):
            own = self._indents[place]
            if 0 <= own < self._indents[at]:
                return 0
            if own == self._indents[at] and SIMPLE_BORDER.fullmatch(self._lines[place].strip()):
                borders += 1
                if borders == 3 or self._next(place + 1) > place + 1 or place + 1 == len(self._lines):
                    return place + 1
        return 0

    def _table(self, table: RstTable, first: int, end: int, base: int, length: int) -> bool:
        """Shows a table on the lines from `first`, if it is one; `base` is where its content begins."""
        rows = table.written(first, end - 1, base, length, self._inline.one_line)
        if not rows:
            return False
        for place, row in rows.items():
            self.shown[place] = row
        self._add(BlockKind.ROWS, min(rows), max(rows))
        return True

    def _verbatim(self, first: int, end: int) -> int:
        """Shows lines as they are, as code."""
        self.shown[first:end] = self._lines[first:end]
        self._add(BlockKind.ROWS, first, end - 1)
        return end

    # Lines

    def _add(self, kind: BlockKind, first: int, last: int) -> None:
        """Adds a block if it shows anything; to the last one, if it continues that."""
        if not any(self.shown[first : last + 1]):
            return
        before = self.parts[-1] if self.parts else None
        if isinstance(before, RstBlock) and before.kind is kind and before.last + 1 == first:
            self.parts[-1] = replace(before, last=last)
        else:
            self._is_opening = self._is_opening and kind is BlockKind.ROWS
            self.parts.append(RstBlock(kind, first, last))

    def _numbered(self, mark: str, indent: int) -> str:
        """The mark of a list's item, with its number if the file leaves that to the program."""
        self._counts = {column: count for column, count in self._counts.items() if column <= indent}
        automatic = _AUTOMATIC.match(mark)
        if automatic:
            number = self._counts[indent] = self._counts.get(indent, 0) + 1
            return f"{automatic[1]}{number}{mark[automatic.end() :]}"
        self._counts[indent] = whole_number(mark.strip(" ().\t"), 0)
        return mark

    def _next(self, at: int) -> int:
        """The first line from `at` that is not blank."""
        while at < len(self._lines) and self._indents[at] < 0:
            at += 1
        return at

    def _run(self, at: int) -> int:
        """The line after the lines that follow without a blank one, and are not indented less."""
        end = at
        while end < len(self._lines) and self._indents[end] >= self._indents[at]:
            end += 1
        return end

    def _body_end(self, at: int, indent: int) -> int:
        """The line after the last one from `at` that is indented further than `indent`."""
        end = at
        while at < len(self._lines) and (self._indents[at] < 0 or self._indents[at] > indent):
            at += 1
            end = at if self._indents[at - 1] >= 0 else end
        return end

    def _dedented(self, first: int, end: int) -> list[str]:
        """Lines without the indentation that they share."""
        least = min((own for own in self._indents[first:end] if own >= 0), default=0)
        return [line[least:] for line in self._lines[first:end]]


def _term(text: str) -> str:
    """The term of a definition with a colon before what follows, and what kind it is in brackets."""
    term, *kinds = _CLASSIFIER.split(text.rstrip())
    if len(text) > _LONGEST_TERM or term[-1:] in ":.,;!?":
        return text
    return f"{term} ({', '.join(kinds)}):" if kinds else f"{term}:"
