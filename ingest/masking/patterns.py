"""Patterns of the user's own, such as the numbers of files or patients: regular expressions with a bound.

A pattern is a regular expression without unlimited repetition. It is read here before Python compiles it:
whatever could take longer than a fixed number of steps from one place in a text is refused, so no text can
make a search slow. What is refused is said with the way to write it instead.

A space and a hyphen also match the end of a line after them, as in the classes that Carrel knows.

Allowed are characters, `.`, sets such as `[A-F0-9]`, `\\d \\w \\s \\b` and escaped signs, groups,
alternatives with `|`, and the counts `?`, `{3}` and `{2,5}`.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from ingest.masking.findings import Finding, Search

LONGEST = 200
"""Characters of a pattern."""

MOST_REPEATS = 64
"""The largest number in a count."""

MOST_WAYS = 1_000
"""In how many ways a pattern may divide a text, at most."""

LONGEST_MATCH = 512
"""Characters of the longest text that a pattern may match."""

_TOKEN = re.compile(r"\\[dwsbDWSB]|\\[^\w\s]|\\[nt]|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|[(){}|?*+^$]|[\s\S]")
_COUNT = re.compile(r"\{(\d{1,3})(?:,(\d{1,3}))?\}")


_SPACE = r"(?>[ ]?\r?\n[ >]{0,8}|[ ]{1,3})"
_HYPHEN = r"(?>[ ]?-[ ]?\r?\n[ >]{0,8}|[ ]?-[ ]?)"
"""What a space and a hyphen in a pattern also match: where a text is divided, a line may end. The groups are
atomic, so they add no ways to match."""


class BadPattern(ValueError):
    """A pattern that is not allowed; the message says why, and what to write instead."""


class _Measured:
    """How many ways a part of a pattern has to match, and the least and greatest length of its match."""

    def __init__(self, ways: int, least: int, most: int) -> None:
        self.ways, self.least, self.most = ways, least, most


def search_for(pattern: str) -> Search:
    """A search for a pattern. Raises `BadPattern`."""
    if not pattern or len(pattern) > LONGEST:
        raise BadPattern(f"a pattern has 1 to {LONGEST} characters")
    try:
        re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise BadPattern(f"it is not a regular expression: {error}") from error
    measured = _PatternReader(pattern).read()
    if measured.least < 3:
        raise BadPattern("it matches fewer than three characters, and would mask nearly everything")
    if measured.most > LONGEST_MATCH:
        raise BadPattern(f"it matches more than {LONGEST_MATCH} characters")
    if measured.ways > MOST_WAYS:
        raise BadPattern("it can match in too many ways, which would be slow; use smaller counts")

    compiled = re.compile("".join(_widened(pattern)))

    def search(text: str) -> Iterator[Finding]:
        for match in compiled.finditer(text):
            yield Finding(match.start(), match.end())

    return search


def _widened(pattern: str) -> Iterator[str]:
    """The parts of a pattern, with what stands for its spaces and hyphens."""
    for is_between, tokens in groupby(_TOKEN.findall(pattern), key=lambda token: token in (" ", "-")):
        between = "".join(tokens)
        if not is_between or between.count("-") > 1:
            yield between
        else:
            yield _HYPHEN if "-" in between else _SPACE


class _PatternReader:
    """Reads a pattern that Python accepts."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._position = 0

    def read(self) -> _Measured:
        """Measures the whole pattern."""
        return self._alternatives()

    def _peek(self) -> str:
        match = _TOKEN.match(self._pattern, self._position)
        return match.group() if match else ""

    def _alternatives(self) -> _Measured:
        parts = [self._sequence()]
        while self._peek() == "|":
            self._position += 1
            parts.append(self._sequence())
        return _Measured(
            sum(part.ways for part in parts),
            min(part.least for part in parts),
            max(part.most for part in parts),
        )

    def _sequence(self) -> _Measured:
        whole = _Measured(1, 0, 0)
        while self._peek() not in ("", "|", ")"):
            part = self._repeated()
            whole = _Measured(whole.ways * part.ways, whole.least + part.least, whole.most + part.most)
        return whole

    def _repeated(self) -> _Measured:
        part = self._single()
        sign = self._peek()
        if sign in ("*", "+"):
            raise BadPattern(f"{sign} repeats without a limit; write a count such as {{1,20}}")
        count = _COUNT.match(self._pattern, self._position)
        if sign == "?":
            least, most = 0, 1
            self._position += 1
        elif count:
            least, most = int(count.group(1)), int(count.group(2) or count.group(1))
            self._position = count.end()
        elif sign == "{":
            raise BadPattern("{ begins a count such as {3} or {2,5}; write \\{ for the sign itself")
        else:
            return part
        if most > MOST_REPEATS:
            raise BadPattern(f"a count is at most {MOST_REPEATS}")
        if self._peek() in ("?", "*", "+", "{"):
            raise BadPattern("a count follows a count")
        ways = 0
        for times in range(least, most + 1):
            ways += part.ways**times
            if ways > MOST_WAYS:
                break
        return _Measured(ways, part.least * least, part.most * most)

    def _single(self) -> _Measured:
        token = self._peek()
        self._position += len(token)
        if token in ("(", "(?:"):
            if token == "(" and self._peek() == "?":
                raise BadPattern("groups such as (?…) are not allowed, except (?:…)")
            part = self._alternatives()
            self._position += 1
            return part
        if token in ("\\b", "\\B", "^", "$"):
            return _Measured(1, 0, 0)
        if token == "\\":
            raise BadPattern("\\ stands before d, w, s, b or a sign")
        return _Measured(1, 1, 1)
