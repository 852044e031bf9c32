"""The times that programs write as large numbers, such as 1717171680.

Only the name of the value says whether such a number is a time (`createdAt`, `last_modified`, `ts`) or an
identifier, which a person looks for by its digits (`update_id`, `candidate`).
"""

import datetime
import re
from functools import lru_cache

_EPOCH = re.compile(r"(?P<number>\d{10}|\d{13}|\d{16}|13\d{15})(?:\.\d+)?")
"""Seconds, milliseconds or microseconds since 1970, or microseconds since 1601."""
_SINCE_1601_S = 11_644_473_600
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
"""A word of a name such as `createdAt`, `created_at` or `CREATED-AT`."""
_OF_TIME = re.compile(
    r"\w*(?:time|stamp|created|modified|edited|updated|added|visited|usec)|time\w+|date\w*|"
    r"\w*(?:birth|start|end|due|sent|post|create|creation|last)date"
)
"""A word that names times, in lower case."""
_OF_TIME_LAST = frozenset({"ts", "at", "on"})
"""Words that name times only at the end of a name, or alone."""


def moment(name: str, value: str) -> str:
    """The time that the number `value` is under this name, in UTC; empty if it is not a time."""
    match = _EPOCH.fullmatch(value)
    if match is None or not _names_times(name):
        return ""
    number = match["number"]
    seconds = int(number) // 10 ** {10: 0, 13: 3, 16: 6, 17: 6}[len(number)]
    if len(number) == len("13000000000000000"):
        seconds -= _SINCE_1601_S
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M} UTC"


@lru_cache(maxsize=4096)
def _names_times(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    return any(map(_OF_TIME.fullmatch, words)) or not _OF_TIME_LAST.isdisjoint(words[-1:])
