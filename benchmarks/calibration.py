"""When a library is taken not to hold an answer: fits `assistant.abstaining` to the configured embedder.

`python -m benchmarks.calibration --data DIR --json FILE`. Of DIR, `wiki`: the second of its four groups of
articles is taken out of the library, and questions about the first, which are answered there, and the
second, which are not, are told apart by a logistic regression. `benchmarks.quality` scores on the two other
groups.
"""

import random
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from assistant.abstaining import signs
from assistant.config import Config
from assistant.evaluating import auroc
from assistant.owner import Owner, open_embedder
from assistant.retrieval import Retriever
from assistant.sentences import Remembering, Sentences
from benchmarks.report import Report, arguments
from benchmarks.wiki import grouped, wiki_questions, without
from ingest.catalogue import Catalogue
from ingest.embedding import Embedder, Vectors
from ingest.vectors import VectorIndex

NAMES = ("words of a sentence", "words of a passage", "meaning of a sentence", "meaning of a passage")
"""The signs of `assistant.abstaining`, in their order."""

ASKED = 700
"""Questions of each group."""

REFUSED = 0.01
"""Share of the answerable questions that may fall below the threshold: one that is refused for nothing costs
more than sentences that are shown, with their places, for a question they do not answer."""


def main() -> None:
    options = arguments(__doc__ or "")
    report = Report(options.json, options.markdown)
    folder = options.data / "wiki"
    if folder.is_dir():
        _wiki(report, folder)
    else:
        report.add("wiki", "absent")
    report.finish()


def _wiki(report: Report, folder: Path) -> None:
    groups = grouped(folder)
    asked = wiki_questions(folder)
    chance = random.Random(2)
    held = chance.sample([each.question for each in asked if groups[each.file] == 0], ASKED)
    gone = chance.sample([each.question for each in asked if groups[each.file] == 1], ASKED)
    with tempfile.TemporaryDirectory() as scratch:
        library, config = Path(scratch) / "library", Config()
        with Owner(library, config) as owner:
            for _ in owner.add(without(folder, 1, Path(scratch))):
                pass
        embedder = Remembering(open_embedder(config, library))
        with closing(Catalogue(library / "catalogue.db")) as catalogue:
            retriever = Retriever(catalogue, VectorIndex(catalogue.all_vectors()), embedder)
            found = np.array([_signs(question, retriever, embedder) for question in held + gone])
    report.add("embedder", embedder.fingerprint)
    answerable = np.arange(len(found)) < len(held)
    for name, kinds in (("words and meaning", slice(None)), ("words alone", slice(2))):
        fitted = LogisticRegression().fit(found[:, kinds], answerable)
        confidence = fitted.predict_proba(found[:, kinds])[:, 1]
        for sign, coefficient in zip(NAMES[kinds], fitted.coef_[0], strict=True):
            report.add(f"{name}: coefficient of {sign}", float(coefficient))
        report.add(f"{name}: constant", float(fitted.intercept_[0]))
        threshold = float(np.quantile(confidence[answerable], REFUSED))
        report.add(f"{name}: threshold, {REFUSED:.0%} of the answerable below it", threshold)
        report.add(f"{name}: unanswerable below it", float((confidence[~answerable] < threshold).mean()))
        report.add(f"{name}: AUROC", auroc(confidence[answerable].tolist(), confidence[~answerable].tolist()))


def _signs(question: str, retriever: Retriever, embedder: Embedder) -> Vectors:
    passages = retriever.search(question, Config().answers.passages).passages
    return signs(retriever.wanted(question), Sentences(passages, embedder))


if __name__ == "__main__":
    main()
