"""Measures the check of sentences on claims whose support is known.

`python -m benchmarks.checking --data DIR --json FILE`. In DIR, `train/*nli*.jsonl.gz` hold claims, each with
a premise and a label. A file that is absent is said to be absent. Half of the premises, chosen by their
digest, are for choosing constants; the figures are of the other half.

*Precision* is the share of backed claims that the premise supports, *recall* the share of supported claims
that are backed. They stand beside those of word overlap: a claim is backed if one sentence of the premise
contains most of its words.
"""

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.answers.grounding import GroundingChecker, content_words, quotable_spans
from assistant.dialogue import Passage, Verdict
from benchmarks.report import Report, arguments
from ingest.documents import Locator

FILES = ("dev-nli-contractnli.jsonl.gz", "nli.jsonl.gz")
CLAIMS = 1500
"""Claims of a file to check, chosen by chance."""
OVERLAP = 0.65
"""Share of a claim's words that one sentence must contain to back it by word overlap."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim whose support is known."""

    premise: str
    """The text that may support it."""
    text: str
    """The claim."""
    is_supported: bool
    """Whether the premise supports it."""


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    for file in FILES:
        path = options.data / "train" / file
        if not path.is_file():
            report.add(file, "absent")
            continue
        claims = [claim for claim in _claims(path) if _is_reported(claim)]
        claims = random.Random(1).sample(claims, min(CLAIMS, len(claims)))
        report.add(f"{file}: claims", len(claims))
        for name, is_backed in (("word overlap", _overlaps), ("check", _is_backed)):
            _report(report, f"{file}, {name}", claims, is_backed)
    report.finish()


def _claims(path: Path) -> Iterator[Claim]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield Claim(row["premise"], row["hypothesis"], row["label"] == "supported")


def _is_reported(claim: Claim) -> bool:
    """Whether `claim` is in the half that is reported."""
    return hashlib.sha256(claim.premise.encode()).digest()[0] % 2 == 1


def _report(report: Report, name: str, claims: list[Claim], is_backed: Callable[[Claim], bool]) -> None:
    backed = [claim for claim in claims if is_backed(claim)]
    right = sum(claim.is_supported for claim in backed)
    report.add(f"{name}: backed", len(backed))
    report.add(f"{name}: precision", right / len(backed) if backed else "nothing is backed")
    report.add(f"{name}: recall", right / max(1, sum(claim.is_supported for claim in claims)))


def _passage(claim: Claim) -> Passage:
    locator = Locator("premise", None, None, (), None, (0, len(claim.premise)))
    return Passage(1, 1.0, 1.0, "", claim.premise, locator, ("premise",))


def _is_backed(claim: Claim) -> bool:
    return GroundingChecker([_passage(claim)]).check(claim.text).verdict is Verdict.BACKED


def _overlaps(claim: Claim) -> bool:
    words = content_words(claim.text)
    return any(
        len(words & content_words(claim.premise[start:end])) >= OVERLAP * len(words)
        for start, end in quotable_spans(claim.premise)
    )


if __name__ == "__main__":
    main()
