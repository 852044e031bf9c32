"""`policies.toml`: which documents are masked or never indexed, and which ones other programs may read.

The file lies beside the configuration and is optional. Without it, documents are kept as they are. With it,
the defaults are strict: what no source exempts is masked. Everything that is not understood is an error, with
the line and the nearest key, because a misspelt rule would protect nothing.

Read once, at start, with the configuration, and passed on in it. The rules themselves are
`ingest.handling.Handling`.
"""

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from assistant.errors import ConfigError
from ingest.handling import NO_RULES, Handling
from ingest.selection import COLLECTION_NAMES, collection_name, is_collection_name

NAME = "policies.toml"
"""The file's name, in the folder of the configuration."""

ALL = "all"
"""The value of `mask` for every class and every pattern of the user's own."""

WARNING = "An agent's model may run in a cloud, so what the agent is sent may leave this computer."
"""What a person must know who opens a collection to agents."""

SERVED = (
    "Any program on this computer that sends the token can read the documents in these collections, and may"
    " pass them on. The server accepts connections on one port, from this computer only, and can open none."
)
"""What a person must know who opens a collection to programs over HTTP."""

PORT = 8377
"""The port that `carrel serve` listens on unless another is named."""

_TOP = ("agents", "mask", "never_index", "own", "serve", "sources")
_SERVE = ("collections", "origins", "port")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[a-z0-9.-]{1,253}(:[0-9]{1,5})?")
_SOURCE = ("keep", "mask", "never_index")
_OWN_NAME = re.compile(r"[a-z][a-z0-9-]{1,30}")


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """A key of the policies, as it is in force."""

    key: str
    """Such as `mask` or `sources."/home/me/Clients".keep`."""
    value: str
    """Its value, as TOML writes it."""
    origin: str
    """`default`, or the file and the line in it."""
    note: str
    """What to know about it, such as that there is no such folder; empty for nothing."""


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """What is in force, and where it comes from."""

    file: str
    """The path of the file; empty when there is none."""
    values: tuple[PolicyValue, ...]
    """Every key that is in force, with its origin; empty when there is no file."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What `carrel serve` offers to other programs on this computer, and where."""

    collections: tuple[str, ...] = ()
    """The names of the collections that are open to them."""
    port: int = PORT
    """The port of 127.0.0.1 that it listens on."""
    origins: tuple[str, ...] = ()
    """The origins of web pages that may call it."""


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of one user."""

    handling: Handling
    """The rules."""
    report: PolicyReport
    """The rules as they are written."""
    agents: tuple[str, ...] = ()
    """The names of the collections that are open to agents."""
    serving: Serving = Serving()
    """What `carrel serve` offers."""


NO_POLICIES = Policies(NO_RULES, PolicyReport("", ()))
"""What holds without a file."""


def load_policies(folder: Path) -> Policies:
    """Reads `policies.toml` in the folder of the configuration; `NO_POLICIES` when there is none.

    Raises `ConfigError` when the file cannot be read, is not valid TOML, or has an unknown key or an invalid
    value.
    """
    file = folder / NAME
    # A link that leads nowhere is an error: it was meant to be a file of policies.
    if not os.path.lexists(file):
        return NO_POLICIES
    try:
        text = file.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"Cannot read the policies {file}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"The policies {file} are not UTF-8 text: {error}.") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"The policies {file} are not valid TOML: {error}.") from error
    return _PoliciesReader(file.absolute(), text, values).read()


class _PoliciesReader:
    """Reads the values of one file."""

    def __init__(self, file: Path, text: str, values: dict[str, Any]) -> None:
        self._file = file
        self._text = text
        self._values = values
        self._shown: list[PolicyValue] = []

    def read(self) -> Policies:
        """Reads everything. Raises `ConfigError`."""
        # 10 ms to import, which only those pay who have such a file.
        from ingest.masking.findings import SensitiveKind

        self._require_known((), self._values, _TOP)
        own = self._own()
        kinds = frozenset({*map(str, SensitiveKind), *own})
        default = self._mask((), self._values, kinds, kinds)
        masked = {"/": default}
        never = list(self._never((), self._values, "/"))
        sources = self._table(("sources",), self._values.get("sources", {}))
        for path, rules in sources.items():
            at = ("sources", path)
            self._require_known(at, self._table(at, rules), _SOURCE)
            folder = self._folder(at, path)
            if folder in masked:
                self._fail(at, "names the same folder as another source")
            masked[folder] = self._of_source(at, rules, kinds, default)
            never += self._never(at, rules, folder)
        agents = self._agents()
        serving = self._serving()
        report = PolicyReport(str(self._file), tuple(self._shown))
        return Policies(Handling(masked, own, never), report, agents, serving)

    def _agents(self) -> tuple[str, ...]:
        """The collections that are open to agents."""
        values = self._table(("agents",), self._values.get("agents", {}))
        self._require_known(("agents",), values, ("collections",))
        return self._open("agents", values, WARNING)

    def _serving(self) -> Serving:
        """What is open to programs over HTTP."""
        values = self._table(("serve",), self._values.get("serve", {}))
        self._require_known(("serve",), values, _SERVE)
        collections = self._open("serve", values, SERVED)
        at = ("serve", "port")
        port = values.get("port", PORT)
        if not isinstance(port, int) or isinstance(port, bool) or not 1024 <= port <= 65535:
            self._fail(at, "is not a number from 1024 to 65535")
        if "port" in values:
            self._show(at, port)
        at = ("serve", "origins")
        origins = self._texts(at, values.get("origins", []), "a list of origins")
        for origin in origins:
            if not _ORIGIN.fullmatch(origin):
                self._fail(
                    at,
                    f"contains {origin!r}, which is not an origin",
                    remedy='An origin is a scheme and a host, such as "http://localhost:5173".',
                )
        if origins:
            self._show(at, origins, "Web pages of these origins may call it, if they have the token.")
        return Serving(collections, port, tuple(origins))

    def _open(self, section: str, values: Mapping[str, Any], warning: str) -> tuple[str, ...]:
        """The collections that a section opens."""
        at = (section, "collections")
        value = values.get("collections", [])
        names = self._texts(at, value, "a list of names of collections")
        for name in names:
            if not name.strip():
                self._fail(at, "contains an empty name")
            if not is_collection_name(name):
                problem = f"contains {name!r}, which cannot be the name of a collection"
                self._fail(at, problem, remedy=f"Names are {COLLECTION_NAMES}.")
        if names:
            self._show(at, value, warning)
        return tuple(map(collection_name, names))

    def _own(self) -> dict[str, str]:
        from ingest.masking.findings import SensitiveKind
        from ingest.masking.patterns import BadPattern, search_for

        own: dict[str, str] = {}
        for name, pattern in self._table(("own",), self._values.get("own", {})).items():
            at = ("own", name)
            if not _OWN_NAME.fullmatch(name) or name in (*SensitiveKind, ALL):
                self._fail(
                    at,
                    "is not a name for a pattern: use lower-case letters, digits and hyphens, and no class",
                )
            if not isinstance(pattern, str):
                self._fail(at, "is not a text with a pattern")
            try:
                search_for(pattern)
            except BadPattern as error:
                self._fail(at, f"is not allowed: {error}")
            own[name] = pattern
            self._show(at, pattern)
        return own

    def _of_source(
        self, at: tuple[str, ...], rules: dict[str, Any], kinds: frozenset[str], default: frozenset[str]
    ) -> frozenset[str]:
        """What is masked in a source."""
        absent = "" if os.path.lexists(os.path.expanduser(at[1])) else f"There is no {at[1]}."
        keep = rules.get("keep", False)
        if not isinstance(keep, bool):
            self._fail((*at, "keep"), "is neither true nor false")
        if keep and "mask" in rules:
            self._fail((*at, "mask"), "contradicts keep = true, which masks nothing")
        if keep:
            self._show((*at, "keep"), True, absent)
            return frozenset()
        return self._mask(at, rules, kinds, default, absent)

    def _mask(
        self,
        at: tuple[str, ...],
        rules: dict[str, Any],
        kinds: frozenset[str],
        default: frozenset[str],
        note: str = "",
    ) -> frozenset[str]:
        key = (*at, "mask")
        if "mask" not in rules:
            if not at:
                self._show(key, ALL)
            return default
        value = rules["mask"]
        self._show(key, value, note)
        if value == ALL:
            return kinds
        names = self._texts(key, value, f'"{ALL}" or a list of classes')
        for name in names:
            if name not in kinds:
                near = difflib.get_close_matches(name, kinds, n=1)
                remedy = (
                    f"Did you mean {near[0]}?" if near else f"The classes are: {', '.join(sorted(kinds))}."
                )
                self._fail(key, f"names the class {name}, which does not exist", remedy=remedy)
        return frozenset(names)

    def _never(self, at: tuple[str, ...], rules: dict[str, Any], folder: str) -> Iterator[tuple[str, str]]:
        """Pairs of a folder and a pattern."""
        key = (*at, "never_index")
        value = rules.get("never_index")
        if value is None:
            if not at:
                self._show(key, [])
            return
        if value is True and at:
            self._show(key, value)
            yield os.path.dirname(folder) or "/", f"/{_escaped(os.path.basename(folder))}"
            return
        texts = self._texts(key, value, "a list of paths and patterns" + (" or true" if at else ""))
        missing = []
        for text in texts:
            self._require_pattern(key, text, folder)
            if text.startswith(("/", "~")) and not at:
                expanded = os.path.expanduser(text)
                if not os.path.isabs(expanded):
                    self._fail(key, f"contains {text!r}, which names no folder of a user")
                if not set(text) & set("*?["):
                    missing += [] if os.path.lexists(expanded) else [text]
                    yield "/", _escaped(os.path.realpath(expanded))
                yield "/", expanded
            elif text.strip("/").count("/") and not text.startswith(("**/", "/")):
                yield folder, (text if at else f"**/{text}")
            else:
                yield folder, text
        self._show(key, value, f"There is no {', '.join(missing)}." if missing else "")

    def _require_pattern(self, key: tuple[str, ...], text: str, folder: str) -> None:
        """Fails if a pattern would silently protect nothing."""
        # 20 ms to import.
        from pathspec import GitIgnoreSpec

        if not text.strip() or text.strip() != text or text.startswith(("!", "#")) or not text.isprintable():
            self._fail(key, f"contains {text!r}, which matches nothing or turns a rule around")
        if {".", ".."} & set(text.split("/")):
            self._fail(key, f"contains {text!r}, which matches nothing: leave out . and ..")
        if folder != "/" and (text.startswith("~") or f"{text}/".startswith(f"{folder}/")):
            self._fail(key, f"contains {text!r}; paths here begin in the source")
        try:
            GitIgnoreSpec.from_lines([text])
        except ValueError as error:
            self._fail(key, f"contains {text!r}, which is not a pattern: {error}")

    def _folder(self, at: tuple[str, ...], path: str) -> str:
        expanded = os.path.expanduser(path)
        if not os.path.isabs(expanded) or not path.isprintable():
            self._fail(at, "is not an absolute path, nor one that begins with ~")
        return os.path.realpath(expanded)

    # Checks

    def _table(self, at: tuple[str, ...], value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._fail(at, "is not a table")
        return value

    def _texts(self, at: tuple[str, ...], value: object, wanted: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._fail(at, f"is not {wanted}")
        return value

    def _require_known(self, at: tuple[str, ...], values: Mapping[str, Any], known: Iterable[str]) -> None:
        for key in values:
            if key not in known:
                near = difflib.get_close_matches(key, known, n=1)
                remedy = f"Did you mean {near[0]}?" if near else f"The keys are: {', '.join(known)}."
                self._fail((*at, key), "is set, but there is no such key", remedy=remedy)

    def _fail(self, at: tuple[str, ...], problem: str, *, remedy: str = "") -> NoReturn:
        line = self._line(at)
        where = f"{self._file}, line {line}" if line else str(self._file)
        raise ConfigError(f"The policies {where}: {_dotted(at)} {problem}.", remedy=remedy)

    # What is in force

    def _show(self, at: tuple[str, ...], value: object, note: str = "") -> None:
        line = self._line(at)
        origin = f"{self._file}:{line}" if line else "default"
        self._shown.append(PolicyValue(_dotted(at), _toml(value), origin, note))

    def _line(self, at: tuple[str, ...]) -> int:
        """The line on which the value of a key begins; 0 when the file does not set it.

        It is the line after the last beginning of the file that is valid TOML and does not have the key.
        """
        before = 0
        lines = self._text.splitlines()
        for number in range(1, len(lines) + 1):
            try:
                values: Any = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue
            for key in at:
                if not isinstance(values, dict) or key not in values:
                    break
                values = values[key]
            else:
                between = (line for line in range(before, number) if lines[line].split("#")[0].strip())
                return next(between, before) + 1
            before = number
        return 0


def _dotted(at: tuple[str, ...]) -> str:
    return ".".join(key if re.fullmatch(r"[\w-]+", key) else _toml(key) for key in at)


def _toml(value: object) -> str:
    # Texts, lists of texts and truth values are written alike in TOML and JSON.
    return json.dumps(value, ensure_ascii=False)


def _escaped(path: str) -> str:
    """A pattern of gitignore that matches this path and nothing else."""
    return re.sub(r"([\\*?\[!# ])", r"\\\1", path)
