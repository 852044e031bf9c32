"""Checks of JSON and paths that another process sent, the same wherever they arrive.

Used for the owner's socket (`assistant.library.wire`) and the pipe of the process outside the seal
(`policies.outside`).
"""

import json
from typing import Any, NoReturn

MAX_PATH_BYTES = 4095
"""The longest path that a system call of Linux accepts: PATH_MAX without the null byte at the end."""


def parse_json(data: bytes) -> Any:
    """The value in JSON. Raises ValueError or RecursionError, also for NaN and the infinities."""
    return json.loads(data, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
