"""When a library is taken not to hold an answer: fits `assistant.answers.abstaining` to the bundled embedder.

`python -m benchmarks.calibration --data DIR --json FILE`. Of DIR, `wiki`: the second of its four groups of
articles is taken out of the library, and questions about the first, which are answered there, and the
second, which are not, are told apart by a logistic regression. `benchmarks.quality` scores on the two other
groups. `multilingual` says where the line is for questions in pairs of characters.
"""

import random
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.answers.abstaining import WORDS_ALONE, confidence, signals
from assistant.answers.retrieval import Retriever
from assistant.answers.sentences import CachingEmbedder, SentenceIndex
from assistant.config import Config
from assistant.evaluating import auroc, read
from assistant.library.opened import open_embedder
from assistant.library.owner import Owner
from benchmarks.quality import QUESTIONS
from benchmarks.report import Report, arguments
from benchmarks.wiki import grouped, wiki_questions, without
from ingest.catalogue import Catalogue
from ingest.embedding import Vectors
from ingest.vectors import VectorIndex

NAMES = ("words of a sentence", "words of a passage", "meaning of a sentence", "meaning of a passage")
"""The signs of `assistant.answers.abstaining`, in their order."""

ASKED = 700
"""Questions of each group."""

REFUSED = 0.01
"""Share of the answerable questions that may fall below the threshold: one that is refused for nothing costs
more than sentences that are shown, with their places, for a question they do not answer."""


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    report.add("embedder", open_embedder(Config(), None).fingerprint)
    for part in (_wiki, _multilingual):
        folder = options.data / part.__name__.removeprefix("_")
        if folder.is_dir():
            part(report, folder)
        else:
            report.add(folder.name, "absent")
    report.finish()


def _wiki(report: Report, folder: Path) -> None:
    groups = grouped(folder)
    asked = wiki_questions(folder)
    chance = random.Random(2)
    held = chance.sample([each.question for each in asked if groups[each.file] == 0], ASKED)
    gone = chance.sample([each.question for each in asked if groups[each.file] == 1], ASKED)
    with tempfile.TemporaryDirectory() as scratch:
        found = _signs(without(folder, 1, Path(scratch)), held + gone, Path(scratch) / "library")
    answerable = np.arange(len(found)) < len(held)
    for name, kinds in (("words and meaning", slice(None)), ("words alone", slice(2))):
        fitted = LogisticRegression().fit(found[:, kinds], answerable)
        likely = fitted.predict_proba(found[:, kinds])[:, 1]
        for sign, coefficient in zip(NAMES[kinds], fitted.coef_[0], strict=True):
            report.add(f"{name}: coefficient of {sign}", float(coefficient))
        report.add(f"{name}: constant", float(fitted.intercept_[0]))
        threshold = float(np.quantile(likely[answerable], REFUSED))
        report.add(f"{name}: threshold, {REFUSED:.0%} of the answerable below it", threshold)
        report.add(f"{name}: unanswerable below it", float((likely[~answerable] < threshold).mean()))
        report.add(f"{name}: AUROC", auroc(likely[answerable].tolist(), likely[~answerable].tolist()))


def _multilingual(report: Report, folder: Path) -> None:
    asked = [each.question for each in read(QUESTIONS / "multilingual.jsonl")]
    with tempfile.TemporaryDirectory() as scratch:
        found = _signs(folder, asked, Path(scratch))
    confidences = [confidence(each, WORDS_ALONE) for each in found]
    report.add(f"pairs alone: threshold, {REFUSED:.0%} below it", float(np.quantile(confidences, REFUSED)))


def _signs(documents: Path, questions: Sequence[str], library: Path) -> Vectors:
    """Of each question to a library of these documents, shape (questions, 4)."""
    config = Config()
    with Owner(library, config) as owner:
        for _ in owner.add(documents):
            pass
    embedder = CachingEmbedder(open_embedder(config, library))
    found = []
    with closing(Catalogue(library / "catalogue.db")) as catalogue:
        retriever = Retriever(catalogue, VectorIndex(catalogue.chunks.all_vectors()), embedder)
        for question in questions:
            passages = retriever.search(question, config.answers.passages).passages
            found.append(signals(retriever.features(question), SentenceIndex(passages, embedder)))
    return np.array(found)


if __name__ == "__main__":
    main()
