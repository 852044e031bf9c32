"""Measures masking and encryption: what masking finds and costs, and what an encrypted library costs.

`python -m benchmarks.privacy --data DIR --json FILE`. DIR may hold documents; half of the sentences around
the numbers are taken from them, and half of the texts without sensitive numbers. Without it, those halves are
left out, and the table says so. The numbers are made by `benchmarks.sensitive`.

Encryption is compared with a plain library of the same made notes, in turns, with an embedder that takes no
time and without the reader. So the ratios are those of storing and reading alone: a person notices less.
"""

import random
import re
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from assistant.answers.retrieval import Retriever
from assistant.config import Config
from assistant.library.opened import Library
from assistant.policyfile import load_policies
from benchmarks import sensitive
from benchmarks.report import Report, arguments
from benchmarks.sensitive import CHECKSUMMED, NATIONAL, Sample
from ingest.documents import Document
from ingest.embedding import HashingEmbedder
from ingest.encryption import hold_key
from ingest.encryption.keyfile import new_key_file
from ingest.handling import Handling
from ingest.masking import Masker
from ingest.masking.findings import SensitiveKind

POSITIVES = 80
"""Samples of each class."""

NEGATIVES = 1_200
"""Made texts without a sensitive number, and as many lines of documents."""

INDEXED = 40
"""Files that are indexed to measure the cost."""

NOTES, PARAGRAPHS, VOCABULARY = 500, 100, 20_000
"""Made notes, their sections, each of which is a chunk, and the words in them."""

QUESTIONS, ROUNDS = 31, 5
"""Questions of three words, and how often each library is opened."""

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
    _encryption(report)
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


def _encryption(report: Report) -> None:
    dice = random.Random(14)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        letters = "abcdefghiklmnoprstuvw"
        words = ["".join(dice.choices(letters, k=dice.randint(3, 9))) for _ in range(VOCABULARY)]
        _write_notes(dice, folder / "notes", words)
        plain, encrypted = folder / "plain", folder / "encrypted"
        encrypted.mkdir()
        key_file, secret = new_key_file("a benchmark")
        key_file.write(encrypted)
        hold_key(key_file, secret)
        questions = [" ".join(dice.sample(words[:1_000], 3)) for _ in range(QUESTIONS)]
        seconds: dict[str, dict[Path, float]] = {"opening": {}, "search": {}, "indexing": {}}
        for library in (plain, encrypted):
            library.mkdir(exist_ok=True)
            seconds["indexing"][library], chunks = _indexed(library, folder / "notes")
        for _ in range(ROUNDS):
            for library in (plain, encrypted):
                for what, taken in zip(("opening", "search"), _searched(library, questions), strict=True):
                    seconds[what][library] = min(taken, seconds[what].get(library, taken))
    report.add("encryption: chunks", chunks)
    for what in ("opening", "search", "indexing"):
        ratio = seconds[what][encrypted] / seconds[what][plain]
        report.add(f"encryption: {what}, times the plain library", ratio, "<= 1.2")


def _write_notes(dice: random.Random, folder: Path, words: list[str]) -> None:
    """Notes of random words, the first of which are frequent."""
    folder.mkdir()
    weights = [1 / (rank + 10) for rank in range(len(words))]
    for number in range(NOTES):
        lines = (" ".join(dice.choices(words, weights, k=60)) for _ in range(PARAGRAPHS))
        sections = (f"## Part {part}\n\n{line.capitalize()}.\n" for part, line in enumerate(lines))
        (folder / f"{number}.md").write_text(f"# Note {number}\n\n" + "\n".join(sections), encoding="utf-8")


def _indexed(library: Path, notes: Path) -> tuple[float, int]:
    """Seconds of indexing the notes, and how many chunks they are."""
    with Library(library, Config(), embedder=HashingEmbedder()) as opened:
        opened.jail.get()
        opened.vectors.get()
        opened.catalogue.sources.add(str(notes))
        pipeline = opened.pipeline()
        began = time.perf_counter()
        for _ in pipeline.update(str(notes)):
            pass
        seconds = time.perf_counter() - began
        pipeline.close()
        return seconds, opened.catalogue.chunks.totals()[0]


def _searched(library: Path, questions: list[str]) -> tuple[float, float]:
    """Seconds of opening a library until its first search is answered, and of a further search."""
    began = time.perf_counter()
    with Library(library, Config(), embedder=HashingEmbedder()) as opened:
        retriever = Retriever(opened.catalogue, opened.vectors.get(), opened.sentence_embedder.get())
        retriever.search(questions[0], 10)
        opening = time.perf_counter() - began
        taken = []
        for question in questions[1:]:
            began = time.perf_counter()
            retriever.search(question, 10)
            taken.append(time.perf_counter() - began)
    return opening, statistics.median(taken)


if __name__ == "__main__":
    main()
