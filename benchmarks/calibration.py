"""Fits abstention (`assistant.answers.abstaining`) to the bundled embedder.

`python -m benchmarks.calibration --data DIR --json FILE`. The articles of `DIR/wiki` are in four groups
(`benchmarks.wiki`). The second group is left out of the library, and a logistic regression is fitted to tell
questions about the first group, which the library answers, from questions about the second, which it does
not. `benchmarks.quality` scores on the two other groups. `DIR/multilingual` gives the threshold for questions
that are compared by pairs of characters.
"""

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.answers.abstaining import WORDS_ALONE, confidence, signals
from assistant.answers.sentences import CachingEmbedder, SentenceIndex
from assistant.config import Config
from assistant.evaluating import auroc, read_questions
from assistant.library.embedders import open_embedder
from assistant.library.owner import Owner
from benchmarks.judged import QUESTIONS
from benchmarks.report import Report, arguments
from benchmarks.retrieving import open_retriever
from benchmarks.wiki import grouped, wiki_questions, without
from ingest.embedding import Vectors

NAMES = ("words of a sentence", "words of a passage", "meaning of a sentence", "meaning of a passage")
"""The features of `assistant.answers.abstaining`, in their order."""

ASKED = 700
"""Questions of each group."""

REFUSED = 0.01
"""Share of the answerable questions that may fall below the threshold. A wrong refusal costs more than
sentences that are shown, with their sources, for a question they do not answer."""


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
    answered = chance.sample([q.question for q in asked if groups[q.file] == 0], ASKED)
    unanswered = chance.sample([q.question for q in asked if groups[q.file] == 1], ASKED)
    with tempfile.TemporaryDirectory() as scratch:
        features = _features(
            without(folder, 1, Path(scratch)), answered + unanswered, Path(scratch) / "library"
        )
    answerable = np.arange(len(features)) < len(answered)
    for name, kinds in (("words and meaning", slice(None)), ("words alone", slice(2))):
        model = LogisticRegression().fit(features[:, kinds], answerable)
        probabilities = model.predict_proba(features[:, kinds])[:, 1]
        for feature, coefficient in zip(NAMES[kinds], model.coef_[0], strict=True):
            report.add(f"{name}: coefficient of {feature}", float(coefficient))
        report.add(f"{name}: constant", float(model.intercept_[0]))
        threshold = float(np.quantile(probabilities[answerable], REFUSED))
        report.add(f"{name}: threshold, {REFUSED:.0%} of the answerable below it", threshold)
        report.add(f"{name}: unanswerable below it", float((probabilities[~answerable] < threshold).mean()))
        report.add(
            f"{name}: AUROC", auroc(probabilities[answerable].tolist(), probabilities[~answerable].tolist())
        )


def _multilingual(report: Report, folder: Path) -> None:
    asked = [question.question for question in read_questions(QUESTIONS / "multilingual.jsonl")]
    with tempfile.TemporaryDirectory() as scratch:
        features = _features(folder, asked, Path(scratch))
    confidences = [confidence(row, WORDS_ALONE) for row in features]
    report.add(f"pairs alone: threshold, {REFUSED:.0%} below it", float(np.quantile(confidences, REFUSED)))


def _features(documents: Path, questions: Sequence[str], library: Path) -> Vectors:
    """The features of each question to a library of these documents, shape (questions, 4)."""
    config = Config()
    with Owner(library, config) as owner:
        for _ in owner.add(documents):
            pass
    embedder = CachingEmbedder(open_embedder(config, library))
    features = []
    with open_retriever(library) as retriever:
        for question in questions:
            passages = retriever.search(question, config.answers.passages).passages
            features.append(signals(retriever.query_features(question), SentenceIndex(passages, embedder)))
    return np.array(features)


if __name__ == "__main__":
    main()
