"""Which requests the process outside the seal accepts from the sealed UI: typed and bounded ones.

The UI shows text of documents, so a document may have subverted it, and its requests are not trusted. This
module judges the form of a request; the process that receives it (`tui.requests`) looks up whether the path
belongs to the library. A request can name neither a configuration file nor a program that is not listed here:
the settings that the UI may change are listed, with their values. A person who wants another viewer writes
its command to the configuration.

It reads no file and starts nothing.
"""

import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from policies.received import MAX_PATH_BYTES, parse_json

MAX_REQUEST_BYTES = 1 << 18
"""The longest request, in bytes of JSON."""

MAX_POSITION = 10**9
"""No document has more pages or lines."""

MAX_NAME_CHARACTERS = 100
"""The longest id of a conversation."""

VIEWERS = (
    ("open {path}", "open -a Preview {path}", "open -a Skim {path}", "code --goto {path}:{line}")
    if sys.platform == "darwin"
    else (
        "xdg-open {path}",
        "evince -i {page} {path}",
        "okular -p {page} {path}",
        "zathura -P {page} {path}",
        "code --goto {path}:{line}",
    )
)
"""The commands that the UI may choose as `tui.viewer`. With the first, the desktop decides which program
opens a document."""

THEMES = ("dark", "light", "contrast")
"""The values that the UI may give to `tui.theme`."""

SETTINGS: Mapping[str, tuple[str | int, ...]] = {
    "tui.theme": THEMES,
    "tui.viewer": VIEWERS,
    "tui.plain": (False, True),
    "answers.passages": (3, 5, 8, 12, 20),
    "answers.prompt_tokens": (800, 1200, 2000, 3000),
    "answers.answer_tokens": (128, 256, 512, 1024),
}
"""The settings that the UI may change, with the values it may give them."""

_KEY_SETTING = re.compile(r"tui\.keys\.[a-z_]{1,20}\.[a-z_]{1,20}")
"""The setting of a key, which the UI may change too."""

_KEY = re.compile(r"[A-Za-z0-9_+]{1,40}")
"""The name of a key."""

_SHELLS = frozenset({"sh", "ash", "bash", "csh", "dash", "fish", "ksh", "tcsh", "zsh"})
"""Programs that read one of their arguments as a script."""


class RequestRefused(ValueError):
    """A request that is not carried out; the message is the reason, in words for a person."""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """To open a file in the viewer."""

    path: str
    """Absolute, without `.`, `..` or a null character."""
    page: int | None
    """From 1; None if the place has no page."""
    line: int | None
    """From 1; None if the place has no lines."""


@dataclass(frozen=True, slots=True)
class TryRequest:
    """To open a file with a command that is not in the configuration yet."""

    viewer: str
    """One of `VIEWERS`."""
    path: str
    """As in a `ViewRequest`."""


@dataclass(frozen=True, slots=True)
class SaveRequest:
    """To keep the state of the UI for the process that follows if it ends."""

    conversation: str
    """The id of the conversation on the screen; empty for a new one."""
    question: str
    """A question that has no answer yet; empty if there is none."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """To change settings in the configuration file."""

    values: dict[str, str | int]
    """Keys of `SETTINGS`, each with one of its values; or keys such as `tui.keys.chat.open`, with the name of
    a key."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """To write a file about a saved conversation. It names neither the file nor what is in it."""

    conversation: str
    """The id of the conversation; not empty."""


Request = ViewRequest | TryRequest | SaveRequest | ChangeRequest | ExportRequest


def parse_request(line: bytes) -> Request:
    """The request in one line of JSON. Raises `RequestRefused` if it is not a valid request."""
    if len(line) > MAX_REQUEST_BYTES:
        raise RequestRefused("the request is too long")
    try:
        message = parse_json(line)
    except (ValueError, RecursionError):
        raise RequestRefused("the request is not valid") from None
    if not isinstance(message, dict) or len(message) != 1:
        raise RequestRefused("the request is not valid")
    ((kind, fields),) = message.items()
    if not isinstance(fields, dict) or kind not in _PARSERS:
        raise RequestRefused("the kind of request is unknown")
    return _PARSERS[kind](fields)


def check_place(request: ViewRequest, *, pages: int, lines: int) -> None:
    """Raises `RequestRefused` if the page or the line lies beyond the end of the document.

    pages, lines: how many the document has, at least 1.
    """
    if (request.page or 1) > pages:
        raise RequestRefused(f"the document has no page {request.page}")
    if (request.line or 1) > lines:
        raise RequestRefused(f"the document has no line {request.line}")


def viewer_arguments(command: str, path: str, page: int | None, line: int | None) -> list[str]:
    """The words of a viewer's command with `{path}`, `{page}` and `{line}` filled in.

    page, line: counted from 1; None becomes 1. Raises ValueError if the command has unbalanced quotes or no
    `{path}`, or would have a shell read the path as a part of its script.
    """
    if "{path}" not in command:
        raise ValueError("the command does not contain {path}")
    words = shlex.split(command)
    if _path_in_script(words):
        raise ValueError(
            "a shell would run the name of the document as a part of its script; pass the path as an"
            " argument, as in: sh -c 'viewer \"$1\"' sh {path}"
        )
    numbers = {"{page}": str(page or 1), "{line}": str(line or 1)}
    filled = []
    for word in words:
        for placeholder, number in numbers.items():
            word = word.replace(placeholder, number)
        # The path comes last, because it may contain braces itself.
        filled.append(word.replace("{path}", path))
    return filled


def _path_in_script(words: list[str]) -> bool:
    """Whether one of the words is the script of a shell (`sh -c SCRIPT`) and contains the path."""
    for place, word in enumerate(words[2:], start=2):
        option = words[place - 1]
        is_script = option.startswith("-") and not option.startswith("--") and option.endswith("c")
        shells = any(os.path.basename(earlier) in _SHELLS for earlier in words[: place - 1])
        if "{path}" in word and is_script and shells:
            return True
    return False


def _parse_view(fields: dict[str, Any]) -> ViewRequest:
    _check_names(fields, "path", "page", "line")
    path, page, line = fields["path"], fields["page"], fields["line"]
    if type(path) is not str or "\0" in path or not os.path.isabs(path) or os.path.normpath(path) != path:
        raise RequestRefused("the path is not valid")
    try:
        too_long = len(os.fsencode(path)) > MAX_PATH_BYTES
    except UnicodeEncodeError:
        raise RequestRefused("the path is not valid") from None
    if too_long:
        raise RequestRefused("the path is too long")
    for name, position in (("page", page), ("line", line)):
        # A bool is an int too, so the type itself is compared.
        if position is not None and (type(position) is not int or not 1 <= position <= MAX_POSITION):
            raise RequestRefused(f"the {name} is not a valid number")
    return ViewRequest(path, page, line)


def _parse_try(fields: dict[str, Any]) -> TryRequest:
    _check_names(fields, "viewer", "path")
    viewer = fields["viewer"]
    if type(viewer) is not str or viewer not in VIEWERS:
        raise RequestRefused("the terminal UI may not start this program")
    return TryRequest(viewer, _parse_view({"path": fields["path"], "page": None, "line": None}).path)


def _parse_save(fields: dict[str, Any]) -> SaveRequest:
    _check_names(fields, "conversation", "question")
    conversation, question = fields["conversation"], fields["question"]
    if type(conversation) is not str or len(conversation) > MAX_NAME_CHARACTERS or type(question) is not str:
        raise RequestRefused("the state is not valid")
    return SaveRequest(conversation, question)


def _parse_change(fields: dict[str, Any]) -> ChangeRequest:
    if not fields:
        raise RequestRefused("the request changes nothing")
    for key, value in fields.items():
        if not _may_set(key, value):
            raise RequestRefused("the terminal UI may not change this setting; edit the configuration file")
    return ChangeRequest(fields)


def _may_set(key: str, value: object) -> bool:
    if _KEY_SETTING.fullmatch(key):
        return type(value) is str and bool(_KEY.fullmatch(value))
    # The type is compared because True is 1.
    return any(type(value) is type(choice) and value == choice for choice in SETTINGS.get(key, ()))


def _parse_export(fields: dict[str, Any]) -> ExportRequest:
    _check_names(fields, "conversation")
    conversation = fields["conversation"]
    if type(conversation) is not str or not 1 <= len(conversation) <= MAX_NAME_CHARACTERS:
        raise RequestRefused("the conversation is not valid")
    return ExportRequest(conversation)


_PARSERS: dict[str, Callable[[dict[str, Any]], Request]] = {
    "view": _parse_view,
    "try": _parse_try,
    "save": _parse_save,
    "change": _parse_change,
    "export": _parse_export,
}


def _check_names(fields: dict[str, Any], *names: str) -> None:
    if fields.keys() != set(names):
        raise RequestRefused("the request has missing or unexpected fields")
