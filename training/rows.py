"""Reads the training sets, and turns their rows into examples of about a hundred tokens.

A row's passage has up to 1,600 characters; an example reads a window of whole sentences of it. Shorter
windows cost less and are harder: what is left is the sentences nearest to the question. The window of a
question without an answer is chosen by shared words, so that its length and place tell nothing.
"""

import gzip
import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WINDOW = (120, 700)
"""The shortest and longest window, in characters."""

HELD_OUT = 0.02
"""Share of the articles of SQuAD that are never trained on."""

WITHOUT_TITLE = 0.3
"""Share of the examples whose title is left out: a document may have none."""

WITHOUT_ANSWER = 0.12
"""Share of the answerable questions that are shown with other sentences of the same passage."""

CARELESS = 0.25
"""Share of the questions that are put in a hurry: with a typing error, or as words without a sentence."""

LABELS = ("supported", "contradicted", "unaddressed")
"""The classes of a claim, in the order of the network's outputs."""

_SENTENCE = re.compile(r"[^\n]+?(?:[.!?;](?=\s)|(?=\n)|\Z)", re.DOTALL)
_WORD = re.compile(r"\w+")
_SMALL = frozenset(
    "what which who whom whose when where why how is are was were do does did the a an of in on at to for by "
    "with much many has have had be been it its from that there".split()
)
"""Words that people leave out when they type what they look for."""
_SPACED = re.compile(r"\s+([’'](?:s|t|re|ve|ll|d|m)\b|[?.,;:%)])")


@dataclass(frozen=True, slots=True)
class Example:
    """What the network reads at once, and what it should say."""

    task: str
    """`question`, `claim` or `rank`."""
    text: str
    """The question or the claim."""
    context: str
    """Title and headings of the passage; may be empty."""
    passage: str
    """The window."""
    label: int
    """For a question: 1 if the passage answers it. For a claim: the index of its class in `LABELS`."""
    span: tuple[int, int] | None = None
    """Start and end of the answer in the window, in characters; None if there is none or it is unknown."""


def rows(file: Path) -> Iterator[dict[str, Any]]:
    """The English rows of a compressed file of JSON lines."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, Any] = json.loads(line)
            if row.get("lang", "en") == "en":
                yield row


def is_held_out(row: dict[str, Any]) -> bool:
    """Whether a row of SQuAD belongs to an article that is kept for choosing."""
    if not row["source"].startswith(("squad1", "squad2")):
        return False
    digest = hashlib.sha256(row["title"].encode()).digest()
    return int.from_bytes(digest[:4], "big") < HELD_OUT * 2**32


def tidy(text: str) -> str:
    """A question without the traces of tokenising that give some sets of unanswerable questions away."""
    text = _SPACED.sub(r"\1", text.replace("``", '"').replace("''", '"'))
    return " ".join(text.strip(" \"'“”").split())


def careless(question: str, chance: random.Random) -> str:
    """The question as it stands, or as somebody in a hurry types it."""
    draw = chance.random()
    words = question.split()
    if draw > CARELESS or len(words) < 4:
        return question
    if draw < CARELESS / 2:
        place = chance.choice([i for i, word in enumerate(words) if len(word) == max(map(len, words))])
        word = words[place]
        at = chance.randrange(1, max(len(word) - 1, 2))
        wrong = (
            word[:at] + word[at + 1 :],
            word[:at] + word[at : at + 2][::-1] + word[at + 2 :],
            word[:at] + word[at] + word[at:],
        )
        words[place] = chance.choice(wrong)
        return " ".join(words)
    kept = [word for word in words if word.casefold().strip("?,.") not in _SMALL]
    return " ".join(kept).rstrip("?") if len(kept) > 1 else question


def yes_no_examples(row: dict[str, Any], other: dict[str, Any], chance: random.Random) -> list[Example]:
    """A yes-or-no question with its own passage, and with that of another one.

    row, other: claims that put a question and answer it; see `is_yes_no`.
    """
    question = careless(tidy(row["hypothesis"].partition("?")[0] + "?"), chance)
    examples = []
    for text, label in ((row["premise"], 1), (other["premise"], 0)):
        start, end = window(text, nearest(text, question, chance, certain=True), chance)
        examples.append(Example("rank", question, "", text[start:end], label))
    return examples


def is_yes_no(row: dict[str, Any]) -> bool:
    """Whether a claim is a question and its answer, yes or no."""
    return bool(row["source"].startswith("boolq"))


def question_example(row: dict[str, Any], chance: random.Random) -> Example:
    """A question with a window of its passage."""
    question, passage = careless(tidy(row["question"]), chance), row["passage"]
    context = _context(row, chance)
    if not row["answerable"]:
        start, end = window(passage, nearest(passage, question, chance), chance)
        return Example("question", question, context, passage[start:end], 0)
    answer = chance.choice(row["answers"])
    place = (answer["start"], answer["start"] + len(answer["text"]))
    if chance.random() < WITHOUT_ANSWER:
        rest = [
            (start, end)
            for start, end in sentences(passage)
            if not any(a["text"].casefold() in passage[start:end].casefold() for a in row["answers"])
        ]
        if rest:
            text = " ".join(passage[start:end].strip() for start, end in _neighbours(rest, chance))
            return Example("question", question, context, text, 0)
    start, end = window(passage, place, chance)
    span = (place[0] - start, place[1] - start)
    return Example("question", question, context, passage[start:end], 1, span)


def claim_example(row: dict[str, Any], chance: random.Random) -> Example:
    """A claim with a window of its premise; a short premise is read whole."""
    premise, claim = row["premise"], tidy(row["hypothesis"])
    if len(premise) > WINDOW[1]:
        start, end = window(premise, nearest(premise, claim, chance, certain=True), chance, WINDOW[1])
        premise = premise[start:end]
    return Example("claim", claim, "", premise, LABELS.index(row["label"]))


def rank_examples(row: dict[str, Any], chance: random.Random) -> list[Example]:
    """A question with a passage that answers it, and with one that does not."""
    query = tidy(row["query"])
    chosen = [(chance.choice(row["positives"]), 1), (chance.choice(row["negatives"]), 0)]
    examples = []
    for text, label in chosen:
        start, end = window(text, nearest(text, query, chance, certain=True), chance)
        examples.append(Example("rank", query, "", text[start:end], label))
    return examples


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of the sentences and lines of `text`."""
    spans = [match.span() for match in _SENTENCE.finditer(text)]
    return [span for span in spans if text[span[0] : span[1]].strip()] or [(0, len(text))]


def window(
    text: str, place: tuple[int, int], chance: random.Random, length: int | None = None
) -> tuple[int, int]:
    """Whole sentences around `place`, grown to both sides by chance up to `length` characters.

    length: None draws one from `WINDOW`.
    """
    limit = length or chance.randint(*WINDOW)
    spans = sentences(text)
    inside = [i for i, (start, end) in enumerate(spans) if start < place[1] and end > place[0]]
    first, last = (inside[0], inside[-1]) if inside else (0, 0)
    while True:
        sides = []
        if first and spans[last][1] - spans[first - 1][0] <= limit:
            sides.append(-1)
        if last + 1 < len(spans) and spans[last + 1][1] - spans[first][0] <= limit:
            sides.append(1)
        if not sides:
            break
        if chance.choice(sides) < 0:
            first -= 1
        else:
            last += 1
    start = min(spans[first][0], place[0])
    start += len(text[start : place[0]]) - len(text[start : place[0]].lstrip())
    return start, max(spans[last][1], place[1])


def _neighbours(spans: Sequence[tuple[int, int]], chance: random.Random) -> Sequence[tuple[int, int]]:
    """A few consecutive spans."""
    first = chance.randrange(len(spans))
    return spans[first : first + chance.randint(1, 4)]


def nearest(text: str, question: str, chance: random.Random, *, certain: bool = False) -> tuple[int, int]:
    """The sentence that shares most words with `question`, longer words counting more; sometimes another."""
    spans = sentences(text)
    if not certain and chance.random() < 0.15:
        return chance.choice(spans)
    words = {word.casefold() for word in _WORD.findall(question) if len(word) > 2}

    def shared(span: tuple[int, int]) -> int:
        there = {word.casefold() for word in _WORD.findall(text[span[0] : span[1]])}
        return sum(len(word) for word in words & there)

    return max(spans, key=shared)


def _context(row: dict[str, Any], chance: random.Random) -> str:
    title = str(row.get("title") or "").replace("_", " ")
    return "" if chance.random() < WITHOUT_TITLE else title
