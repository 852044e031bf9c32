"""What speculative decoding learned, kept between runs for the same models on the same machine.

Costs are kept in single steps of the target model, because how long a step takes depends on what else the
machine does. Nothing here comes from documents: the file holds a few numbers.
"""

import hashlib
import json
import logging
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import cattrs

from policies.durable import replace_text

log = logging.getLogger(__name__)

_MOST_BYTES = 10_000
"""Bytes of the longest file that is read."""


class Outcomes(NamedTuple):
    """How proposals of one kind fared, older ones counting less."""

    accepted: float = 0.0
    """Accepted tokens."""
    verified: float = 0.0
    """Verified tokens."""


NO_OUTCOMES = Outcomes()
"""Of proposals that were never made."""


@dataclass(frozen=True, slots=True)
class Experience:
    """What a speculator learned about a pair of models on a machine."""

    costs: Mapping[int, float] = field(default_factory=dict)
    """Cost of a batch by its number of tokens, in single steps of the target model."""
    draft_cost: float = 0.0
    """Cost of drafting one token, in single steps; 0 if there is no draft model."""
    draft: Outcomes = NO_OUTCOMES
    """How the draft model's tokens fared."""
    lookup: Mapping[int, Outcomes] = field(default_factory=dict)
    """How the tokens of prompt lookup fared, by the length of the match."""


class ExperienceFile:
    """The experience with one pair of models, on disk."""

    def __init__(self, folder: Path, *models: str) -> None:
        """
        folder: holds the files of all pairs.
        models: the digests of the target and, if there is one, of the draft.
        """
        name = hashlib.sha256("\n".join((*models, _processor())).encode()).hexdigest()[:16]
        self._path = folder / f"{name}.json"

    def read(self) -> Experience | None:
        """The experience of earlier runs; None if there is none, or the file is not what `write` wrote."""
        try:
            with self._path.open("rb") as file:
                stored = json.loads(file.read(_MOST_BYTES))
            experience = cattrs.structure(stored, Experience)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, RecursionError, cattrs.BaseValidationError) as error:
            log.info("measurements of earlier answers cannot be used: %s", error)
            return None
        return experience if _is_plausible(experience) else None

    def write(self, experience: Experience) -> None:
        """Replaces the experience. A disk that is full or read-only costs nothing but the experience."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_text(self._path, json.dumps(asdict(experience)))
        except OSError as error:
            log.info("measurements of drafting cannot be kept: %s", error)


def _is_plausible(experience: Experience) -> bool:
    """Whether all numbers are possible: an impossible one could switch drafting off for good."""
    outcomes = (experience.draft, *experience.lookup.values())
    return (
        1 in experience.costs
        and all(0 < size < 1_000 and 0 < cost < 1_000 for size, cost in experience.costs.items())
        and 0 <= experience.draft_cost < 1_000
        and all(0 <= each.accepted <= each.verified < 1_000 for each in outcomes)
    )


def _processor() -> str:
    """Identifies the machine: its processor, what that can do, and how many cores there are."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    lines = re.findall(r"^(?:model name|flags|Features)\s*:.*$", text, re.MULTILINE)
    return "\n".join((*sorted(set(lines)), str(os.cpu_count())))
