r"""The text of a file in Rich Text Format, by its groups and control words.

A group has a destination, such as the text, a footnote or the table of fonts, and properties that it passes
on. Destinations that are not known, and marked with `\*`, are skipped, as the specification asks.
"""

import re
from dataclasses import dataclass, field, replace

from ingest.documents import Hiding
from ingest.errors import UnreadableDocument
from ingest.parsers.extract import comment_line, is_page_number, note_mark
from ingest.parsers.metadata import stated_title
from ingest.parsers.richtext.tokens import CHARACTERS, TOKEN, charsets
from ingest.parsers.text import clean, decode_declared, line
from ingest.parsers.unseen import SMALLEST_POINTS
from ingest.parsers.unseen.colours import WHITE, Colour, alike

MAX_DEPTH = 5000
"""Maximum depth of groups; a file with more is refused."""

_SYMBOLS = {b"~": " ", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\n": "\n", b"\r": "\n"}
_SKIPPED = frozenset(
    "colortbl fonttbl stylesheet info pict objdata fldinst filetbl revtbl listtable listoverridetable "
    "rsidtbl themedata datastore nonshppict shprslt sp bkmkstart bkmkend atnid atndate atntime atrfstart "
    "atrfend generator latentstyles xmlnstbl listpicture template private do falt panose fname".split()
)
"""Destinations that are no text."""
_READ = frozenset("shpinst shptxt annotation atnauthor fldrslt footnote".split())
"""Destinations that are read even if they are marked as skippable."""
_MARGINS = frozenset("header headerl headerr headerf footer footerl footerr footerf".split())


@dataclass(slots=True)
class RtfParagraph:
    """A paragraph, or a row of a table."""

    parts: list[str] = field(default_factory=list)
    """Its text, piece by piece."""
    level: int | None = None
    """The level of a heading, counted from 1."""
    cells: list[str] = field(default_factory=list)
    """The cells of a row, if it is one."""
    following: list[str] = field(default_factory=list)
    """Notes, comments and boxes on it."""
    hidden: list[tuple[str, Hiding]] = field(default_factory=list)
    has_page_number: bool = False

    @property
    def text(self) -> str:
        """Its text."""
        if len(self.parts) > 1:
            self.parts = ["".join(self.parts)]
        return self.parts[0] if self.parts else ""

    def drop_number(self) -> None:
        """Removes a number from the end of its text."""
        self.parts[-3:] = [re.sub(r"(?<!\d)\d++\s*\Z", "", "".join(self.parts[-3:]))]


@dataclass(slots=True)
class RtfStory:
    """A text of its own: the body, a note, a header."""

    name: str
    paragraphs: list[RtfParagraph] = field(default_factory=list)
    current: RtfParagraph = field(default_factory=RtfParagraph)
    row: list[str] = field(default_factory=list)

    def end_paragraph(self, level: int | None) -> None:
        """Begins another paragraph."""
        self.current.level = level
        if self.current.text.strip() or self.current.following or self.current.hidden:
            self.paragraphs.append(self.current)
        self.current = RtfParagraph()

    def end_cell(self) -> None:
        """Makes the current text a cell of the current row."""
        self.row.append(line(self.current.text))
        self.current.parts = []

    def end_row(self) -> None:
        """Adds the row that was collected."""
        self.current.cells, self.row = self.row, []
        if any(self.current.cells):
            self.paragraphs.append(self.current)
        elif self.current.hidden:
            self.paragraphs.append(RtfParagraph(hidden=self.current.hidden))
        self.current = RtfParagraph()

    def text(self) -> str:
        """The whole text on one line."""
        self.end_paragraph(None)
        return line(" ".join(" ".join([each.text, *each.cells]) for each in self.paragraphs))


@dataclass(frozen=True, slots=True)
class _State:
    """What a group passes on to the groups in it."""

    story: RtfStory
    skipped: bool = False
    font: int = 0
    alternatives: int = 1
    """Characters that stand for each Unicode character, for programs that know none."""
    is_hidden: bool = False
    is_deleted: bool = False
    shade: int | None = None
    """The colour behind characters, by its number; None if it is that of their paragraph."""
    paragraph_shade: int | None = None
    box_shade: int | None = None
    """The colour behind the text of a box."""
    colour: int = 0
    half_points: int = 24
    level: int | None = None
    in_table: bool = False


class RtfTokens:
    """Walks over the tokens of a file once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.title = ""
        self._charset, self._charsets = charsets(data)
        self._colours: dict[int, Colour] = {}
        self._cell_shades: list[int | None] = []
        """The colours behind the cells of the current row."""
        self._cell_shade: int | None = None
        self._levels: dict[int, int] = {}
        self._margins: list[tuple[str, RtfStory]] = []
        self._bytes = bytearray()
        self._state = _State(RtfStory("body"))
        self._author = ""
        self._notes = 0
        self._to_skip = 0
        self._surrogate = ""

    def read(self) -> RtfStory:
        """The text of the file."""
        self._read_tables()
        body = self._state.story
        stack: list[tuple[_State, bool]] = []
        # Whether the group began just now, and whether it may be skipped.
        begins = star = False
        place = 0
        while token := TOKEN.match(self._data, place):
            place = token.end()
            if token["brace"] == b"{":
                self._flush()
                if len(stack) > MAX_DEPTH:
                    raise UnreadableDocument(
                        "damaged RTF file (too deep)", remedy="Get a new copy of the file."
                    )
                stack.append((self._state, False))
                begins, star = True, False
            elif token["brace"]:
                self._flush()
                if stack:
                    outer, _ = stack.pop()
                    if outer.story is not self._state.story:
                        self._end_story(self._state.story, outer.story)
                    self._state = outer
                begins = False
            elif token["symbol"] == b"*" and begins:
                star = True
            elif token["word"]:
                word = token["word"].decode("ascii")
                number = int(token["number"]) if token["number"] else None
                if word == "bin":
                    # Bytes of a picture, which may look like anything.
                    place += max(0, number or 0)
                    continue
                if begins and self._enters(word, star):
                    begins = False
                    continue
                begins = star = False
                if not self._state.skipped:
                    self._word(word, number)
            elif not self._state.skipped:
                begins = False
                self._characters(token)
        self._flush()
        body.end_paragraph(None)
        return body

    def margin_lines(self, kind: str) -> list[str]:
        """The paragraphs of all headers or all footers, once each, except bare page numbers."""
        lines = []
        for name, story in self._margins:
            story.end_paragraph(None)
            for paragraph in story.paragraphs if name.startswith(kind) else ():
                text = line(" ".join([paragraph.text, *paragraph.cells]))
                if text and not (paragraph.has_page_number and is_page_number(text)):
                    lines.append(text)
        return list(dict.fromkeys(lines))

    def _read_tables(self) -> None:
        """Reads the tables of fonts, colours and styles at the start of the file, and the title."""
        head = self._data[: 1 << 20]
        if colours := re.search(rb"\{\\colortbl([^{}]*)\}", head):
            for index, colour in enumerate(colours[1].split(b";")):
                parts = dict(re.findall(rb"\\(red|green|blue)(\d+)", colour))
                if len(parts) == 3:
                    red, green, blue = (int(parts[name]) for name in (b"red", b"green", b"blue"))
                    self._colours[index] = (red, green, blue)
        for number, level in re.findall(rb"\{\\s(\d+)[^{}]*?\\outlinelevel(\d)", head):
            self._levels[int(number)] = int(level) + 1
        if title := re.search(rb"\{\\title ([^{}\\]*)\}", head):
            self.title = stated_title(decode_declared(title[1], self._charset))

    def _enters(self, word: str, star: bool) -> bool:
        """Whether the first word of a group names a destination; the state is then that of it."""
        state = self._state
        if word in _SKIPPED or (star and word not in _READ):
            # Fields that hold a page number are recognised by their instruction.
            if word == "fldinst" and not state.skipped:
                state.story.current.has_page_number = True
            self._state = replace(state, skipped=True)
        elif state.skipped:
            self._state = replace(state, skipped=word != "shptxt")
            if word == "shptxt":
                # A box may have any colour behind its text.
                self._state = replace(self._state, story=RtfStory("box"), box_shade=_UNKNOWN)
        elif word == "shpinst":
            # Its own properties are no text; the text of the shape is a group in it.
            self._state = replace(state, skipped=True)
        elif word in ("footnote", "annotation", "atnauthor", "shptxt") or word in _MARGINS:
            story = RtfStory(word)
            if word in _MARGINS:
                self._margins.append((word, story))
            if word == "footnote":
                self._notes += 1
                state.story.current.drop_number()
                state.story.current.parts.append(note_mark(str(self._notes)))
            # A box may have any colour behind its text.
            shade = _UNKNOWN if word == "shptxt" else None
            self._state = _State(story, alternatives=state.alternatives, font=state.font, box_shade=shade)
        else:
            return False
        return True

    def _end_story(self, story: RtfStory, outer: RtfStory) -> None:
        if story.name == "atnauthor":
            self._author = story.text()
        elif story.name not in _MARGINS and (text := story.text()):
            current = outer.current
            if story.name == "annotation":
                current.following.append(comment_line(self._author, current.text, text))
            elif story.name == "footnote":
                current.following.append(f"{note_mark(str(self._notes))} {text}")
            else:
                current.following.append(text)

    def _word(self, word: str, number: int | None) -> None:
        state = self._state
        is_on = number != 0
        if word == "u" and number is not None:
            self._flush()
            self._unicode(number)
            return
        self._flush()
        if word in CHARACTERS:
            self._write(CHARACTERS[word])
        elif word in ("par", "sect", "page"):
            if not state.in_table:
                state.story.end_paragraph(state.level)
            else:
                state.story.current.parts.append(" ")
        elif word in ("cell", "nestcell"):
            state.story.end_cell()
        elif word in ("row", "nestrow"):
            state.story.end_row()
        elif word == "chpgn":
            state.story.current.has_page_number = True
        elif word == "trowd":
            self._cell_shades, self._cell_shade = [], None
        elif word in ("clcbpat", "clshdng"):
            self._cell_shade = _UNKNOWN if word == "clshdng" and number else number or self._cell_shade
        elif word == "cellx":
            self._cell_shades.append(self._cell_shade)
            self._cell_shade = None
        elif word in _PROPERTIES:
            self._state = self._with_property(word, number, is_on)

    def _with_property(self, word: str, number: int | None, is_on: bool) -> _State:
        state = self._state
        match word:
            case "pard":
                return replace(state, in_table=False, level=None, paragraph_shade=None)
            case "plain":
                return replace(state, is_hidden=False, shade=None, colour=0, half_points=24)
            case "intbl":
                return replace(state, in_table=True)
            case "f":
                return replace(state, font=number or 0)
            case "uc":
                return replace(state, alternatives=max(0, number if number is not None else 1))
            case "v":
                return replace(state, is_hidden=is_on)
            case "deleted":
                return replace(state, is_deleted=is_on)
            case "cf":
                return replace(state, colour=number or 0)
            case "fs":
                return replace(state, half_points=number if number is not None else 24)
            case "s":
                return replace(state, level=self._levels.get(number or 0))
            case "outlinelevel":
                return replace(state, level=None if number is None or number > 8 else number + 1)
            case "cbpat":
                return replace(state, paragraph_shade=number)
            case "shading":
                return replace(state, paragraph_shade=_UNKNOWN if number else state.paragraph_shade)
            case "chshdng":
                return replace(state, shade=_UNKNOWN if number else state.shade)
            case _:
                # Of several colours behind characters, the last one counts.
                return replace(state, shade=number or state.shade)

    def _characters(self, token: "re.Match[bytes]") -> None:
        if token["byte"]:
            self._add_bytes(bytes([int(token["byte"], 16)]))
        elif token["symbol"]:
            if token["symbol"] in (b"\n", b"\r"):
                self._word("par", None)
            else:
                self._add_bytes(_SYMBOLS.get(token["symbol"], "").encode("ascii"))
        elif token["text"]:
            self._add_bytes(token["text"])

    def _add_bytes(self, content: bytes) -> None:
        skipped = min(self._to_skip, len(content))
        self._to_skip -= skipped
        self._bytes += content[skipped:]

    def _unicode(self, number: int) -> None:
        code = chr(number % 65536)
        self._to_skip = self._state.alternatives
        if "\ud800" <= code <= "\udbff":
            self._surrogate = code
            return
        pair, self._surrogate = self._surrogate + code, ""
        self._write(pair.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))

    def _flush(self) -> None:
        """Writes the bytes that were collected, in the encoding of their font."""
        if self._bytes:
            charset = self._charsets.get(self._state.font, self._charset)
            self._write(decode_declared(bytes(self._bytes), charset))
            self._bytes.clear()
        self._to_skip = 0

    def _write(self, text: str) -> None:
        state = self._state
        if state.is_deleted:
            return
        current = state.story.current
        how = self._hiding()
        if how is not None and re.search(r"\w", text):
            current.hidden.append((line(text), how))
        elif how is None:
            current.parts.append(clean(text))

    def _hiding(self) -> Hiding | None:
        state = self._state
        if state.is_hidden:
            return Hiding.MARKED
        if state.half_points <= 2 * SMALLEST_POINTS:
            return Hiding.SIZE
        colour = self._colours.get(state.colour)
        if colour is None:
            return None
        place = len(state.story.row)
        in_cell = self._cell_shades[place] if state.in_table and place < len(self._cell_shades) else None
        shades = (state.shade, state.paragraph_shade, in_cell, state.box_shade)
        behind = next((shade for shade in shades if shade), None)
        if behind is not None and behind not in self._colours:
            return None
        return Hiding.COLOUR if alike(colour, self._colours[behind] if behind else WHITE) else None


_UNKNOWN = -1
"""In place of the number of a colour: a pattern, or a colour that is not known."""
_PROPERTIES = frozenset(
    "pard plain intbl f uc v deleted cf fs s outlinelevel highlight chcbpat cb cbpat shading chshdng".split()
)
