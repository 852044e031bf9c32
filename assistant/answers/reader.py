"""Reads a question and a passage together: does the passage answer it, and where? And a claim and a passage:
does the passage support it?

The retriever compares a question with texts that were embedded without knowing it. The reader sees every
word of both at once (Nogueira and Cho 2019, "Passage Re-ranking with BERT"), so it can tell the rent of the
hall from the rent of the boathouse. It is a network of six layers, made by `training/` from the bundled
embedder, whose word embeddings it shares; docs/reader.md says from which data, and how good it is.

It costs about a tenth of a millisecond per token, so it reads only what the retriever found. It reads one
text at a time on each core. That takes three fifths of the processor time of batches that share the cores,
and what it makes of a text does not depend on the others: the arithmetic in 8 bits is scaled by the largest
value of a batch.
"""

import logging
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.dialogue import AnswerSpan, Reading
from assistant.engine.devices import physical_cores
from assistant.errors import ModelMissing
from assistant.models.finding import find_reader
from ingest.embedding.running import open_network

if TYPE_CHECKING:
    import tokenizers

log = logging.getLogger(__name__)

LONGEST = 320
"""Tokens of a question and a passage together. The end of a longer passage is not read."""

LONGEST_QUESTION = 96
"""Tokens of a question or a claim. The end of a longer one is not read."""

SPANS = 8
"""Candidate answers of one reading."""

LONGEST_ANSWER = 40
"""Tokens of a candidate answer."""

Floats = NDArray[np.float32]
"""Any shape, float32."""


@dataclass(frozen=True, slots=True)
class Support:
    """What the reader makes of a claim and a text: three probabilities that add up to 1."""

    supported: float
    """The text says it."""
    contradicted: float
    """The text says otherwise."""
    unaddressed: float
    """The text does not say."""


class Reader(Protocol):
    """Reads questions, claims and texts. Any thread may use it."""

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[Reading]:
        """Reads `question` with each of `texts`.

        texts: title and headings, which may be empty, and the text itself. Spans are positions in the latter.
        """

    def check(self, pairs: Sequence[tuple[str, str]]) -> list[Support]:
        """Judges each pair of a claim and a text. The text may begin with its title and headings."""


class OnnxReader:
    """The reader that comes with Carrel, run by ONNX Runtime. Implements `Reader`."""

    def __init__(self, network: Path, embedder: Path) -> None:
        """
        network: the ONNX file. embedder: the folder of the bundled embedder, whose tokenizer and word
        embeddings the network uses. Both are verified already.
        """
        from safetensors import safe_open
        from tokenizers import Tokenizer

        self._session = open_network(network, threads=1)
        self._threads = ThreadPoolExecutor(physical_cores(), thread_name_prefix="reader")
        with safe_open(str(embedder / "model.safetensors"), framework="numpy") as weights:
            self._embeddings: Floats = weights.get_tensor("embeddings.word_embeddings.weight")
        self._tokenizer = Tokenizer.from_file(str(embedder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(LONGEST, strategy="only_second")
        self._questions = Tokenizer.from_file(str(embedder / "tokenizer.json"))
        self._questions.no_padding()
        self._questions.no_truncation()

    def read(self, question: str, texts: Sequence[tuple[str, str]]) -> list[Reading]:
        """See `Reader`."""
        question = self._shortened(question)
        joined = [(question, f"{context}\n{text}" if context else text) for context, text in texts]
        offsets = [len(context) + 1 if context else 0 for context, _ in texts]
        readings: list[Reading] = []
        for encoded, outputs, offset in zip(*self._run(joined), offsets, strict=True):
            answers, starts, ends, _ = outputs
            places = np.array(encoded.offsets)
            inside = (
                (np.array(encoded.type_ids) == 1) & (places[:, 0] >= offset) & (places[:, 1] > places[:, 0])
            )
            spans = _best_spans(float(answers), starts, ends, inside, places - offset)
            readings.append(Reading(float(answers), spans))
        return readings

    def check(self, pairs: Sequence[tuple[str, str]]) -> list[Support]:
        """See `Reader`."""
        _, outputs = self._run([(self._shortened(claim), text) for claim, text in pairs])
        return [Support(*map(float, classes)) for _, _, _, classes in outputs]

    def _shortened(self, text: str) -> str:
        offsets = self._questions.encode(_encodable(text), add_special_tokens=False).offsets
        return text[: offsets[LONGEST_QUESTION - 1][1]] if len(offsets) > LONGEST_QUESTION else text

    def _run(
        self, pairs: Sequence[tuple[str, str]]
    ) -> tuple[list["tokenizers.Encoding"], list[tuple[Floats, Floats, Floats, Floats]]]:
        """The tokens of each pair, and the network's outputs for it."""
        encoded = self._tokenizer.encode_batch(
            [(_encodable(first), _encodable(second)) for first, second in pairs]
        )
        return encoded, list(self._threads.map(self._outputs, encoded))

    def _outputs(self, encoded: "tokenizers.Encoding") -> tuple[Floats, Floats, Floats, Floats]:
        """The network's outputs for one pair: answers or not, starts, ends, and the classes of a claim."""
        ids, types, mask = (
            np.array([values], np.int64) for values in (encoded.ids, encoded.type_ids, encoded.attention_mask)
        )
        outputs = self._session.run(None, {"embedded": self._embeddings[ids], "types": types, "mask": mask})
        answers, starts, ends, claims = (output[0] for output in outputs)
        return answers, starts, ends, claims


def open_reader(library: Path | None) -> Reader | None:
    """The reader that comes with Carrel; None where the bundled embedder is not installed.

    library: the folder of the library whose cache of digests is used, if any. Raises `ModelNotAsPinned`.
    """
    try:
        reader, embedder = find_reader(library=library)
    except ModelMissing as error:
        log.warning("answers are chosen without the reader: %s", error.message)
        return None
    return OnnxReader(reader.path, embedder.path)


def _encodable(text: str) -> str:
    """`text` with lone surrogates, which file names may contain, replaced one by one."""
    return text.encode("utf-8", "replace").decode()


def _best_spans(
    answers: float, starts: Floats, ends: Floats, inside: NDArray[np.bool_], places: NDArray[np.int64]
) -> tuple[AnswerSpan, ...]:
    """The likeliest answers that do not overlap a likelier one.

    answers: the probability that there is one. starts, ends: logits, shape (tokens,).
    inside: the tokens of the text. places: their characters.
    """
    tokens = np.flatnonzero(inside)
    if not len(tokens):
        return ()
    start, end = (_softmax(logits[tokens]) for logits in (starts, ends))
    count = len(tokens)
    joint = np.triu(np.outer(start, end)) - np.triu(np.outer(start, end), LONGEST_ANSWER)
    total = float(joint.sum())
    spans: list[AnswerSpan] = []
    for flat in np.argsort(-joint, axis=None)[: 6 * SPANS]:
        first, last = divmod(int(flat), count)
        place = (int(places[tokens[first], 0]), int(places[tokens[last], 1]))
        if joint[first, last] <= 0 or len(spans) == SPANS:
            break
        if all(place[1] <= span.start or place[0] >= span.end for span in spans):
            spans.append(AnswerSpan(*place, float(answers * joint[first, last]) / total))
    return tuple(spans)


def _softmax(logits: Floats) -> Floats:
    exponentials: Floats = np.exp(logits - logits.max())
    shares: Floats = exponentials / exponentials.sum()
    return shares


def log_odds(probability: float) -> float:
    """The log-odds of a probability, which is taken to be at least 0.0001 and at most 0.9999, in nats."""
    clipped = min(max(probability, 1e-4), 1 - 1e-4)
    return math.log(clipped / (1 - clipped))
