"""What source code defines: the heads of classes, functions and the like, with their parameters and comments.

No language is parsed. A definition is a line with a keyword such as `def`, `class` or `func`, or one that
looks like the head of a function in a language of braces; its comment is the docstring below it or the
comment above it. A definition holds those that are indented below it, except what a function defines for
itself.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from assistant.answers.kinds.comments import code_lines, comment_on

SIGNATURE_LENGTH = 110
"""Characters of a signature; a longer one ends with an ellipsis."""

LONGEST_HEAD = 400
"""Characters of the head of a definition; longer lines are data, or code without line breaks."""

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
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|sealed|open|override|"
    r"virtual|"
    r"async|pub(?:\([\w: ]+\))?|unsafe|extern(?: \"\w+\")?|inline|constexpr|const|data|case|partial|"
    r"suspend|mutating|"
    r"local|declare|implicit|lazy|readonly|required|convenience|pure|elemental|recursive|typedef|"
    r"@\w+(?:\([^)]*\))?)\s+)*"
)
_DEFINITION = re.compile(
    rf"^(?P<indent>[ \t]*){_MODIFIERS}(?P<word>{'|'.join(map(re.escape, _WORDS))})\*?\s+"
    r"(?:(?:class|struct)\s+)?(?P<receiver>\([^)]*\)\s*)?(?P<name>[\w.$:!?'-]+)(?P<rest>.*)$"
)
_BRACED = re.compile(
    r"^(?P<indent>[ \t]*)(?!(?:return|if|else|while|for|switch|catch|new|throw|do|try|case|using|await|"
    r"with)\b)"
    r"(?:[\w:<>,*&\[\]~?.@]+\s+)+[*&]*(?P<name>[\w:~]+)\s*(?P<rest>\([^;{}]*\)\s*(?:const|noexcept|"
    r"override|throws [\w, .]+|"
    r"->\s*\S+|:\s*\S+)*\s*\{?\s*)$"
)
_METHOD = re.compile(
    r"^(?P<indent>[ \t]+)(?:(?:async|static|get|set|public|private|protected|readonly)\s+)*"
    r"(?!(?:if|for|while|switch|catch|return|function|constructor)\b)(?P<name>[\w$#]+)"
    r"(?P<rest>\([^;{}]*\)\s*(?::\s*[^{]+)?\{\s*)$"
)
_ASSIGNED = re.compile(
    r"^(?P<indent>)(?:export\s+)?(?:const|let|var|val|local)?\s*(?P<name>[\w.$]+)\s*(?::[^=]+)?(?:=|<-)\s*"
    r"(?:async\s*)?(?P<rest>function\s*\([^)]*\)|\([^()]*\)(?:\s*:\s*[^=]+)?\s*=>|[\w$]+\s*=>).*$"
)
_NAME_ALONE = re.compile(r"^(?P<indent>)(?P<name>[A-Za-z_]\w*)\s*(?P<rest>\([^;{]*)\{?\s*$")
_TYPE_ALONE = re.compile(r"[A-Za-z_][\w \t]*\**\s*")
_SHELL = re.compile(r"^(?P<indent>)(?P<name>[\w:.-]+)\s*(?P<rest>\(\))\s*\{?\s*$")
_LISP = re.compile(
    r"^(?P<indent>)\((?:defun|defmacro|defn-?|define|defmethod|defgeneric|defclass|defprotocol)"
    r"\s+\(?(?P<name>[^\s()]+)(?P<rest>.*)$"
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


def definitions_in(lines: Sequence[str], language: str) -> list[Definition]:
    """The outermost definitions of a file, with those that they contain."""
    outermost: list[Definition] = []
    open_ones: list[Definition] = []
    for place in code_lines(lines):
        first = place
        match = head_of(lines[place], language)
        if match is None and (match := _head_below_type(lines, place, language)) is not None:
            first = place - 1
        if match is None or _is_declaration(match):
            continue
        one = _definition(lines, place, match, first)
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


def head_of(line: str, language: str) -> re.Match[str] | None:
    """The match of a line that is the head of a definition; None for any other line.

    language: as in `programs`; empty if unknown.
    """
    if len(line) > LONGEST_HEAD:
        return None
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


def _head_below_type(lines: Sequence[str], place: int, language: str) -> re.Match[str] | None:
    """The match of the head of a function of C whose type is in the line above; None if there is none."""
    if language not in {"C", "C++"} or not place or len(lines[place]) > LONGEST_HEAD:
        return None
    return _NAME_ALONE.match(lines[place]) if _TYPE_ALONE.fullmatch(lines[place - 1]) else None


def _is_declaration(match: re.Match[str]) -> bool:
    """Whether a match says only that there is such a type, as `struct point p;` does."""
    groups = match.groupdict()
    is_type = groups.get("word") in {"struct", "class", "enum", "union"}
    return is_type and match["rest"].rstrip().endswith(";") and "{" not in match["rest"]


def _definition(lines: Sequence[str], place: int, match: re.Match[str], first: int) -> Definition:
    """first: the line at which the definition begins."""
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
    return Definition(what, name, signature, indent, comment_on(lines, first), hidden)


def _signature(lines: Sequence[str], place: int, name: str, rest: str) -> str:
    """The name with its parameters, even if they are on several lines."""
    text = rest
    for line in lines[place + 1 : place + 20]:
        if text.count("(") <= text.count(")"):
            break
        text += f" {line.strip()}"
    text = re.sub(r"\(\s+|,?\s+\)", lambda found: found[0].strip(" ,"), " ".join(text.split()))
    text = re.sub(
        r"(?<![=(,:|&])\s*\{.*$|(?:^|\s+)(?:struct|interface|AS|do|then|is|where)\b.*$|;.*$", "", text
    )
    text = re.sub(r"\(\s*&?(?:mut )?self\b(?:,\s*)?", "(", text)
    text = re.sub(r"\s*(?:=>|[:={]|\bAS\b)+\s*$|^\s*function\b\s*|^\s*=.*$", "", text)
    signature = f"{name}{text if text[:1] in '(<[' else f' {text}' if text else ''}"
    return signature if len(signature) <= SIGNATURE_LENGTH else f"{signature[:SIGNATURE_LENGTH].rstrip()}…"
