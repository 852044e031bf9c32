"""Measures masking: how much of what is sensitive is found, how much of what is found is sensitive, its cost.

`python -m benchmarks.privacy --data DIR --json FILE`. DIR may hold documents; half of the sentences around
the numbers are taken from them, and half of the texts without sensitive numbers. Without it, those halves are
left out, and the table says so. The numbers are made by `benchmarks.sensitive`.
"""

import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from assistant.config import Config
from assistant.library.opened import Library
from assistant.policyfile import load_policies
from benchmarks import sensitive
from benchmarks.report import Report, arguments
from benchmarks.sensitive import CHECKSUMMED, NATIONAL, Sample
from ingest.documents import Document
from ingest.handling import Handling
from ingest.masking import Masker
from ingest.masking.findings import SensitiveKind

POSITIVES = 80
"""Samples of each class."""

NEGATIVES = 1_200
"""Made texts without a sensitive number, and as many lines of documents."""

INDEXED = 40
"""Files that are indexed to measure the cost."""

_PLACES = (
    ("Please pay to {}, thank you.\n"),
    ("{name}: {}\n"),
    ("| Name | {name} |\n|---|---|\n| A. Berg | {} |\n"),
    ("Kunde: A. Berg ({name} {}), seit 2019.\n"),
    ("id,{name},city\n7,{},Lyon\n"),
    ("- {name}\n  {}\n"),
)
"""Where a number stands; `{name}` is what documents call it."""

_NAMES = {
    "card": "Card",
    "iban": "IBAN",
    "vat": "VAT number",
    "key": "Access",
    "email": "E-mail",
    "phone": "Phone",
}


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    lines = list(_lines(options.data))
    _detection(report, lines)
    _cost(report, options.data)
    report.finish()


def _lines(data: Path) -> Iterator[str]:
    """Lines of the documents, in an order of their own."""
    files = sorted(path for suffix in ("md", "txt", "csv") for path in data.rglob(f"*.{suffix}"))
    for path in files:
        yield from path.read_text(encoding="utf-8", errors="replace").splitlines()


def positives(dice: random.Random, lines: list[str]) -> Iterator[Sample]:
    """The samples of every class; every second stands in a line of a document."""
    words = [line for line in lines if 40 < len(line) < 200 and not re.search(r"\d{3}|@", line)]
    for kind in SensitiveKind:
        for number in range(POSITIVES):
            if kind is SensitiveKind.NATIONAL:
                make, name = list(NATIONAL.values())[number % len(NATIONAL)]
            else:
                make, name = getattr(sensitive, kind), _NAMES[kind]
            piece = make(dice)
            if number % 2 and words:
                line = dice.choice(words).split()
                cut = dice.randint(0, len(line))
                before, after = " ".join(line[:cut]), " ".join(line[cut:])
                label = f"{name} " if kind is SensitiveKind.NATIONAL else ""
                yield Sample(kind, f"{before} {label}", piece, f" {after}\n")
            else:
                before, after = _PLACES[number // 2 % len(_PLACES)].replace("{name}", name).split("{}")
                if kind is SensitiveKind.NATIONAL and name not in before:
                    before = f"{name} {before}"
                yield Sample(kind, before, piece, after)


def _detection(report: Report, lines: list[str]) -> None:
    dice = random.Random(14)
    masker = Masker([*SensitiveKind], {})
    found: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    samples = list(positives(dice, lines))
    for sample in samples:
        text = sample.before + sample.piece + sample.after
        start, end = len(sample.before), len(sample.before) + len(sample.piece)
        for mask in masker.mask(text).masks:
            if mask.kind == sample.kind and mask.start <= start and mask.end >= end:
                found[mask.kind] += 1
            elif mask.end <= start or mask.start >= end or mask.kind in CHECKSUMMED:
                wrong[mask.kind] += 1
    made = sensitive.negatives(dice, NEGATIVES)
    # Lines with many digits, and without what an address or a labelled number needs.
    rich = [line for line in lines if len(re.findall(r"\d", line)) >= 8 and "@" not in line]
    taken = dice.sample(rich, min(NEGATIVES, len(rich)))
    for text in (*made, *taken):
        wrong.update(mask.kind for mask in masker.mask(text).masks)
    report.add("samples with a sensitive piece", len(samples))
    report.add("made texts without one", len(made))
    report.add("lines of documents with many digits", len(taken) or "absent")
    for kind in SensitiveKind:
        bound = ">= 0.95" if kind in CHECKSUMMED else ""
        report.add(f"{kind}: recall", found[kind] / POSITIVES, bound)
        report.add(f"{kind}: precision", found[kind] / max(1, found[kind] + wrong[kind]), bound)


class _Timed(Handling):
    """The rules of a file, with the time that masking takes on its threads."""

    def __init__(self, rules: Handling) -> None:
        super().__init__({"/": rules.kinds("/")}, {}, ())
        self.seconds = 0.0

    def masked(self, document: Document) -> Document:
        """Masks a document, and adds up the processor time."""
        began = time.thread_time()
        masked = super().masked(document)
        self.seconds += time.thread_time() - began
        return masked


def _cost(report: Report, data: Path) -> None:
    files = sorted(path for suffix in ("md", "txt") for path in data.rglob(f"*.{suffix}"))[:INDEXED]
    if not files:
        report.add("processor time of masking over the rest of indexing", "absent")
        return
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder, "notes")
        notes.mkdir()
        for number, path in enumerate(files):
            (notes / f"{number}{path.suffix}").write_bytes(path.read_bytes())
        (Path(folder) / "policies.toml").write_text("", encoding="utf-8")
        policies = load_policies(Path(folder))
        timed = _Timed(policies.handling)
        config = Config().with_policies(type(policies)(timed, policies.report))
        (Path(folder) / "library").mkdir()
        with Library(Path(folder) / "library", config) as library:
            library.embedder.get()
            library.catalogue.sources.add(str(notes))
            pipeline = library.pipeline()
            began = time.process_time()
            for _ in pipeline.update(str(notes)):
                pass
            total = time.process_time() - began
            pipeline.close()
    report.add("files indexed", len(files))
    # The time of the parsers, which are other processes, is left out: with it, the ratio is smaller.
    report.add(
        "processor time of masking over the rest of indexing",
        timed.seconds / (total - timed.seconds),
        "<= 0.1",
    )


if __name__ == "__main__":
    main()
