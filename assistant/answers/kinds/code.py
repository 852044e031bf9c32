"""Source code: what a file says it is, and what it defines, by signatures and comments.

No language is parsed. A definition is a line with a keyword such as `def`, `class` or `func`, or one that
looks like the head of a function in a language of braces; its comment is the docstring below it or the
comment above it. Nested definitions are named with the one that contains them.
"""

import os.path
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from assistant.answers.kinds.digest import POINTS, Digest, Extent, Material, PointGroup
from assistant.dialogue import Length
from assistant.formatting import count_of
from ingest.segmentation import sentence_spans

OPENING_SENTENCES = {Length.SHORT: 1, Length.MEDIUM: 3, Length.LONG: 6}
"""Sentences of the comment at the head of the file."""

MEMBERS = {Length.SHORT: 4, Length.MEDIUM: 10, Length.LONG: 30}
"""Members of a class that are named."""

SIGNATURE_LENGTH = 110
"""Characters of a signature; a longer one ends with an ellipsis."""

COMMENT_LENGTH = 240
"""Characters of the first sentence of a comment; a longer one ends with an ellipsis."""

BY_NAME = {
    "makefile": "Make",
    "dockerfile": "Docker",
    "rakefile": "Ruby",
    "gemfile": "Ruby",
    "jenkinsfile": "Groovy",
}
"""Languages of files without a suffix, by name in lower case."""

LANGUAGES = {
    suffix: name
    for name, suffixes in {
        "Python": "py pyi",
        "C": "c h",
        "C++": "cc cpp cxx hpp hh",
        "C#": "cs",
        "Java": "java",
        "Kotlin": "kt kts",
        "Scala": "scala",
        "Groovy": "groovy gradle",
        "Go": "go",
        "Rust": "rs",
        "Swift": "swift",
        "Objective-C": "m mm",
        "JavaScript": "js mjs cjs jsx",
        "TypeScript": "ts tsx",
        "Vue": "vue",
        "Svelte": "svelte",
        "CSS": "css scss sass less",
        "Ruby": "rb",
        "PHP": "php",
        "Perl": "pl pm",
        "Lua": "lua",
        "R": "r",
        "Julia": "jl",
        "Haskell": "hs",
        "OCaml": "ml mli",
        "F#": "fs fsx",
        "Elixir": "ex exs",
        "Erlang": "erl",
        "Clojure": "clj cljs",
        "Lisp": "lisp el scm",
        "Dart": "dart",
        "Zig": "zig",
        "Nim": "nim",
        "Shell": "sh bash zsh fish",
        "PowerShell": "ps1",
        "Batch": "bat cmd",
        "SQL": "sql",
        "GraphQL": "graphql",
        "Protocol Buffers": "proto",
        "Make": "mk",
        "CMake": "cmake",
        "Terraform": "tf",
        "Nix": "nix",
        "Solidity": "sol",
        "Fortran": "f f90 f95",
        "Pascal": "pas",
        "Ada": "ada",
        "Visual Basic": "vb",
    }.items()
    for suffix in suffixes.split()
}
"""Names of programming languages by the suffix of their files."""

_WORDS = {
    "class": "class",
    "interface": "interface",
    "trait": "trait",
    "protocol": "protocol",
    "struct": "struct",
    "enum": "enum",
    "union": "union",
    "record": "record",
    "object": "object",
    "extension": "extension",
    "impl": "implementation",
    "module": "module",
    "mod": "module",
    "namespace": "namespace",
    "contract": "contract",
    "library": "library",
    "message": "message",
    "service": "service",
    "defmodule": "module",
    "type": "type",
    "input": "type",
    "event": "event",
    "rpc": "function",
    "def": "function",
    "defp": "function",
    "function": "function",
    "func": "function",
    "fn": "function",
    "fun": "function",
    "sub": "function",
    "procedure": "function",
    "subroutine": "function",
    "proc": "function",
    "macro_rules!": "macro",
    "macro": "macro",
}
"""What a keyword defines."""

_MODIFIERS = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|open|override|virtual|"
    r"async|pub(?:\([\w: ]+\))?|unsafe|extern(?: \"\w+\")?|inline|constexpr|const|data|case|partial|suspend|mutating|"
    r"local|declare|implicit|lazy|readonly|required|convenience|pure|elemental|recursive|typedef|@\w+(?:\([^)]*\))?)\s+)*"
)
_DEFINITION = re.compile(
    rf"^(?P<indent>[ \t]*){_MODIFIERS}(?P<word>{'|'.join(map(re.escape, _WORDS))})\*?\s+"
    r"(?:(?:class|struct)\s+)?(?P<receiver>\([^)]*\)\s*)?(?P<name>[\w.$:!?'-]+)(?P<rest>.*)$"
)
_BRACED = re.compile(
    r"^(?P<indent>[ \t]*)(?!(?:return|if|else|while|for|switch|catch|new|throw|do|try|case|using|await|with)\b)"
    r"(?:[\w:<>,*&\[\]~?.@]+\s+)+[*&]*(?P<name>[\w:~]+)\s*(?P<rest>\([^;{}]*\)\s*(?:const|noexcept|override|throws [\w, .]+|"
    r"->\s*\S+|:\s*\S+)*\s*\{?\s*)$"
)
_METHOD = re.compile(
    r"^(?P<indent>[ \t]+)(?:(?:async|static|get|set|public|private|protected|readonly)\s+)*"
    r"(?!(?:if|for|while|switch|catch|return|function|constructor)\b)(?P<name>[\w$#]+)(?P<rest>\([^;{}]*\)\s*(?::\s*[^{]+)?\{\s*)$"
)
_ASSIGNED = re.compile(
    r"^(?P<indent>)(?:export\s+)?(?:const|let|var|val|local)?\s*(?P<name>[\w.$]+)\s*(?::[^=]+)?(?:=|<-)\s*"
    r"(?:async\s*)?(?P<rest>function\s*\([^)]*\)|\([^()]*\)(?:\s*:\s*[^=]+)?\s*=>|[\w$]+\s*=>).*$"
)
_SHELL = re.compile(r"^(?P<indent>)(?P<name>[\w:.-]+)\s*(?P<rest>\(\))\s*\{?\s*$")
_LISP = re.compile(
    r"^(?P<indent>)\((?:defun|defmacro|defn-?|define|defmethod|defgeneric|defclass|defprotocol)\s+\(?(?P<name>[^\s()]+)(?P<rest>.*)$"
)
_SQL = re.compile(
    r"^(?P<indent>\s*)CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP(?:ORARY)?\s+|UNIQUE\s+|MATERIALIZED\s+)*"
    r"(?P<word>TABLE|VIEW|FUNCTION|PROCEDURE|TRIGGER|INDEX|TYPE|SCHEMA)\s+(?:IF\s+NOT\s+EXISTS\s+)?"
    r"(?P<name>[\w.\"`\[\]]+)(?P<rest>.*)$",
    re.IGNORECASE,
)
_TYPED = re.compile(r"^(?P<indent>)(?P<name>[a-z][\w']*)\s*(?P<rest>::.*)$")
_TARGET = re.compile(r"^(?P<indent>)(?P<word>)(?P<name>[\w./-]+)\s*:(?![=:])(?P<rest>)[^=]*$")
_BLOCK = re.compile(
    r'^(?P<indent>)(?P<word>resource|data|variable|output|module|provider)\s+(?P<name>"[^"]+"(?:\s+"[^"]+")?)(?P<rest>)'
)
_COMMENT = re.compile(
    r"^\s*(?://[/!]?|#(?!!|include|define|if|endif|pragma|import|\[)|--(?!>)|;+|%+|\*(?!/)|/\*+!?|\"\"\"|'''|'(?=\s)|REM\b)"
)
_COMMENT_SIGNS = re.compile(r"^\s*(?:/\*+!?|\*+/|\*|///?!?|//!|#+|--+\|?|;+|%+|REM\b|'(?=\s))\s?|\s*\*+/\s*$")
_BLOCK_COMMENT_END = re.compile(r"\*/\s*$")
_DOCSTRING = re.compile(r"^[ \t]*[rRuUbB]?(?P<sign>\"\"\"|''')")
_DECORATION = re.compile(r"^\s*(?:@|#\[|\[\w|template\s*<)")
_NO_OPENING = re.compile(
    r"(?i)copyright|licen[sc]e|spdx|all rights reserved|-\*-|eslint|pylint|noqa|shellcheck|vim:|generated by|@flow"
)
_DRAWN = re.compile(r"[\u2500-\u257f]|[-=*+|]{3,}")
_MARKUP = re.compile(r"<[^>]+>|\{@\w+ ([^}]+)\}|``?|:\w+:(?=`)")


@dataclass(slots=True)
class Definition:
    """What one head of a definition defines."""

    what: str
    """Such as `class` or `function`."""
    name: str
    """Its name."""
    signature: str
    """Its name and parameters, as written."""
    indent: int
    """Characters before it; larger than that of the definition that contains it."""
    comment: str
    """The first sentence that is written about it; empty if there is none."""
    is_private: bool
    """Whether it is for its file or class alone, as its name or its head says."""
    members: "list[Definition]" = field(default_factory=list)
    """The definitions in it."""

    @property
    def public(self) -> "list[Definition]":
        """Its members that are not private, each name once."""
        return list({one.name: one for one in reversed(self.members) if not one.is_private}.values())[::-1]


def recognizes(material: Material) -> bool:
    """Whether a document is the source of a program."""
    return material.document.media_type == "text/x-source"


def digest(material: Material, extent: Extent) -> Digest:
    """What the file says it is, and its definitions in order, each with its comment.

    Members of classes have lines of their own if there is room, and are only named if not.
    """
    path = material.document.path
    lines = material.document.pages[0].split("\n")
    name = os.path.basename(path)
    suffix = os.path.splitext(name)[1].lower().removeprefix(".")
    language = LANGUAGES.get(suffix) or BY_NAME.get(name.lower(), "Program")
    definitions = _definitions(lines, language)
    counts = Counter(one.what for one in _all(definitions))
    described = ", ".join(_counted(count, what) for what, count in counts.items())
    about = f"{language} source, “{name}”: {count_of(len(lines), 'line')}"
    about += f", {described}." if described else "."
    opening = _opening(lines, OPENING_SENTENCES[extent.length])
    if len(definitions) == 1 and definitions[0].what in {"module", "namespace"} and definitions[0].members:
        opening = opening or tuple(filter(None, [definitions[0].comment]))
        definitions = definitions[0].members
    groups = [PointGroup("", opening)] if opening else []
    if points := _points([one for one in definitions if not one.is_private] or definitions, extent.length):
        groups.append(PointGroup("Defines", points))
    elif not opening:
        comments = tuple(dict.fromkeys(_comments(lines)))[: POINTS[extent.length]]
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


def _definitions(lines: Sequence[str], language: str) -> list[Definition]:
    """The outermost definitions of a file, with those that they contain."""
    outermost: list[Definition] = []
    open_ones: list[Definition] = []
    for place in _code_lines(lines):
        match = _head(lines[place], language)
        if match is None:
            continue
        one = _definition(lines, place, match)
        while open_ones and open_ones[-1].indent >= one.indent:
            open_ones.pop()
        # What is defined in a function is its own affair.
        if any(outer.what == "function" for outer in open_ones):
            continue
        if open_ones:
            open_ones[-1].members.append(one)
        else:
            outermost.append(one)
        open_ones.append(one)
    return _joined(outermost)


def _joined(definitions: Sequence[Definition]) -> list[Definition]:
    """The definitions, with implementations, extensions and methods among the members of their types."""
    by_name: dict[str, Definition] = {}
    joined: list[Definition] = []
    for one in definitions:
        owner, _, method = one.name.rpartition(".")
        known = by_name.get(owner if one.what == "method" else one.name)
        if known is not None and one.what in {"implementation", "extension"}:
            known.members += one.members
        elif known is not None and one.what == "method":
            known.members.append(replace(one, name=method))
        else:
            by_name.setdefault(one.name, one)
            joined.append(one)
    return joined


def _head(line: str, language: str) -> re.Match[str] | None:
    """The match of a line that is the head of a definition."""
    if language == "SQL":
        return _SQL.match(line)
    if language in {"Lisp", "Clojure"}:
        return _LISP.match(line)
    if language == "Terraform":
        return _BLOCK.match(line)
    if language == "Make":
        return None if line.startswith(".") else _TARGET.match(line)
    if language in {"Haskell"} and (typed := _TYPED.match(line)):
        return typed
    if language in {"Shell"}:
        return _SHELL.match(line) or _DEFINITION.match(line)
    if language in {"CSS", "CMake", "Batch", "Nix", "Docker"}:
        return None
    match = _DEFINITION.match(line)
    if match and not (
        match["word"] in {"type", "object", "module", "event", "message", "library", "input", "record"}
        and re.match(r"\s*[.(,;=]?\s*$|\s*[.,)]", match["rest"])
        and match["word"] != "module"
    ):
        return match
    if language == "Python":
        return None
    return (
        _ASSIGNED.match(line)
        or _BRACED.match(line)
        or (_METHOD.match(line) if language in {"JavaScript", "TypeScript", "Vue", "Svelte"} else None)
    )


def _definition(lines: Sequence[str], place: int, match: re.Match[str]) -> Definition:
    word = match.groupdict().get("word")
    word = "function" if word is None else word or "target"
    what = _WORDS.get(word, word.lower())
    name = match["name"].rstrip(":").strip('"`')
    if what == "type":
        what = next((kind for kind in ("struct", "interface", "enum") if kind in match["rest"]), what)
    signature = _signature(lines, place, name, match["rest"])
    # A method of Go names its type before itself.
    if receiver := re.search(r"(\w+)[\[\w, \]]*\)", match.groupdict().get("receiver") or ""):
        what, name = "method", f"{receiver[1]}.{name}"
    head = lines[place][: match.start("name")]
    hidden = (
        match["name"].startswith(("_", "#")) or re.search(r"\b(?:private|local|defp)\b", head) is not None
    )
    indent = len(match["indent"].expandtabs(4))
    return Definition(what, name, signature, indent, _comment(lines, place), hidden)


def _signature(lines: Sequence[str], place: int, name: str, rest: str) -> str:
    """The name with its parameters, also if they are on several lines."""
    text = rest
    for line in lines[place + 1 : place + 20]:
        if text.count("(") <= text.count(")"):
            break
        text += f" {line.strip()}"
    text = re.sub(r"\(\s+|,?\s+\)", lambda found: found[0].strip(" ,"), " ".join(text.split()))
    text = re.sub(r"(?<![=(,:|&])\s*\{.*$|\s+(?:struct|interface|AS|do|then|is|where)\b.*$|;.*$", "", text)
    text = re.sub(r"\(\s*&?(?:mut )?self\b(?:,\s*)?", "(", text)
    text = re.sub(r"\s*(?:=>|[:={]|\bAS\b)+\s*$|^\s*function\b\s*|^\s*=.*$", "", text)
    signature = f"{name}{text if text[:1] in '(<[' else f' {text}' if text else ''}"
    return signature if len(signature) <= SIGNATURE_LENGTH else f"{signature[:SIGNATURE_LENGTH].rstrip()}…"


# Comments


def _code_lines(lines: Sequence[str]) -> Iterator[int]:
    """The numbers of the lines that are not inside a docstring or a block comment."""
    inside = ""
    for place, line in enumerate(lines):
        if inside:
            if inside in line:
                inside = ""
            continue
        opened = _DOCSTRING.match(line)
        if opened and line.count(opened["sign"]) == 1:
            inside = opened["sign"]
            continue
        if line.lstrip().startswith("/*") and "*/" not in line:
            inside = "*/"
            continue
        if not opened:
            yield place


def _comment(lines: Sequence[str], place: int) -> str:
    """The first sentence about the definition on a line: of the docstring below it, or the comment above it."""
    below = place
    depth = 0
    while below < min(place + 20, len(lines)):
        depth += lines[below].count("(") - lines[below].count(")")
        below += 1
        if depth <= 0:
            break
    if below < len(lines) and (text := _docstring(lines, below)):
        return _first_sentences(text, 1)
    above = place - 1
    while above >= 0 and _DECORATION.match(lines[above]):
        above -= 1
    last = above
    while (
        above >= 0
        and lines[above].strip()
        and (_COMMENT.match(lines[above]) or _BLOCK_COMMENT_END.search(lines[above]))
    ):
        above -= 1
    text = _uncommented(lines[above + 1 : last + 1])
    return "" if _NO_OPENING.search(text) else _first_sentences(text, 1)


def _docstring(lines: Sequence[str], place: int) -> str:
    """The docstring that begins on a line; empty if none does."""
    match = _DOCSTRING.match(lines[place])
    if match is None:
        return ""
    text = "\n".join(lines[place : place + 60])[match.end() :]
    return text.partition(match["sign"])[0]


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
        if text := _docstring(lines, place):
            return _sentences(text, count)
        if not _COMMENT.match(line):
            return ()
        end = place
        in_block = line.lstrip().startswith("/*")
        while end < len(lines) and lines[end].strip() and (in_block or _COMMENT.match(lines[end])):
            end += 1
            if in_block and "*/" in lines[end - 1]:
                break
        text = _uncommented(lines[place:end])
        follows = lines[end] if end < len(lines) else ""
        if text and not _NO_OPENING.search(text) and not (follows.strip() and _head(follows, "") is not None):
            return _sentences(text, count)
        place = max(end, place + 1)
    return ()


def _comments(lines: Sequence[str]) -> Iterator[str]:
    """The comments of a file that defines nothing."""
    for line in lines:
        if _COMMENT.match(line) and (text := _uncommented([line])) and len(text.split()) > 3:
            yield _shortened(text)


def _uncommented(lines: Sequence[str]) -> str:
    """The text of comment lines, up to the tags of a documentation generator."""
    texts = []
    for line in lines:
        text = _COMMENT_SIGNS.sub("", line)
        text = _COMMENT_SIGNS.sub("", text) if text.strip() in {"/", "*/"} else text
        if (
            re.match(r"\s*[@\\](?:param|return|throws|see|since|author|brief)?", text)
            and text.strip()[:1] in "@\\"
        ):
            text = re.sub(r"^\s*[@\\]brief\s*", "", text) if "brief" in text else ""
            if not text:
                break
        texts.append(text)
    return "\n".join(texts).strip()


def _sentences(text: str, count: int) -> tuple[str, ...]:
    return tuple(
        _shortened(text[start:end])
        for start, end in sentence_spans(text)[:count]
        if re.search(r"\w", text[start:end]) and not _DRAWN.search(text[start:end])
    )


def _first_sentences(text: str, count: int) -> str:
    return " ".join(_sentences(text, count))


def _shortened(text: str) -> str:
    text = " ".join(_MARKUP.sub(lambda match: match[1] or "", text).split())
    return text if len(text) <= COMMENT_LENGTH else f"{text[:COMMENT_LENGTH].rstrip()}…"
