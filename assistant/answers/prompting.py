"""Passages and a question, or a stretch of a document, laid out as a prompt that fits the model.

The wording of every prompt stands here, as constants. Two rules hold for all of them:

*Document text is data.* The chat layout is rendered by the engine around unguessable marks, not
around the text: what lies between the marks is Carrel's own and becomes control tokens; questions,
titles and document text are put in their place and tokenized as plain text, so `<|im_start|>` in a
note stays nine letters and four signs. A model without a layout known by name gets plain text.

*Nothing is cut unseen.* Passages are taken best first while they fit whole, counted with the model's
own tokenizer; what does not fit is counted in `left_out`. Only when the best one alone is too long
it is cut, at the end of a sentence, and the prompt's passage is the part that was kept.

There is one user turn and no system text: small models answer best so. Passages come before the
question, so that prompts about the same passages share their beginning.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.dialogue import Passage
from assistant.engine import Engine
from assistant.errors import PromptTooLong, QuestionTooLong
from ingest.segmentation import sentence_spans

ANSWER_OPENING = "Read these passages.\n\n"
ANSWER_PASSAGE = "[{number}] {name}\n{text}\n\n"
ANSWER_QUESTION = (
    "Answer the question in one or two short sentences, with the facts of the passages only.\n"
    "Question: {question}"
)

SUMMARY_OPENING = "Text from “{name}”:\n\n"
SUMMARY_CLOSING = "\n\nSummarize this text in at most {words} words. Keep names, numbers and decisions."
SUMMARY_FOCUS = " Say only what concerns this: {focus}"
SUMMARY_LANGUAGE = " Write in this language: {language}"

PLAIN_CLOSING = "\nAnswer:"
"""Ends the prompt of a model that has no chat layout."""
PLAIN_STOP = ("\nQuestion:", "\n\n\n")
"""Such a model goes on with a question of its own; the answer ends before it."""

LEAST_PASSAGE_TOKENS = 64
"""A question that leaves less than this for passages is too long to be answered from any."""

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*")

_LONGEST_TOKEN = 16
"""Characters a token stands for at most, but for runs of white space and the like."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model reads."""

    tokens: tuple[int, ...]
    passages: tuple[Passage, ...]
    """The passages in it, best first; the one at index i is numbered [i + 1]."""
    left_out: int
    """Passages that did not fit."""
    stop: tuple[str, ...]
    """Strings that end the answer, for `Engine.generate`; empty for a chat layout."""


def answer_prompt(
    engine: Engine, question: str, passages: Sequence[Passage], *, budget: int, reserve: int
) -> Prompt:
    """A prompt to answer `question` from `passages`, given best first.

    budget: most tokens of the prompt, the question included; fewer when the context is smaller.
    reserve: tokens of the context kept free for the answer.
    Raises `QuestionTooLong` when the question leaves no room for passages.
    """
    frame = _Frame(engine)
    opening = engine.tokenize(ANSWER_OPENING)
    closing = engine.tokenize(ANSWER_QUESTION.format(question=question))
    most = min(budget, engine.context_tokens - reserve)
    room = most - frame.size - len(opening) - len(closing)
    if room < LEAST_PASSAGE_TOKENS:
        raise QuestionTooLong(
            f"The question takes {len(closing)} tokens of the {most} that a prompt may have:"
            " too few are left for passages.",
            remedy="Ask a shorter question, or set a larger `answers.prompt_tokens`.",
        )
    body: list[int] = []
    taken: list[Passage] = []
    for passage in passages:
        tokens = _numbered(engine, passage, len(taken) + 1)
        if len(tokens) > room - len(body) and not taken and passage is passages[0]:
            passage = _shortened(engine, passage, room)
            tokens = _numbered(engine, passage, 1)
        if len(tokens) <= room - len(body):
            body += tokens
            taken.append(passage)
    return Prompt(
        tokens=frame.around(opening + body + closing),
        passages=tuple(taken),
        left_out=len(passages) - len(taken),
        stop=frame.stop,
    )


def summary_prompt(
    engine: Engine,
    text: str,
    *,
    title: str,
    heading: Sequence[str],
    words: int,
    focus: str = "",
    language: str = "",
) -> Prompt:
    """A prompt to summarize `text`, a stretch of the document `title` under `heading`.

    words: how long the summary may be; the model takes it as a wish.
    focus, language: what it is to be about and written in; empty for everything, and for the text's own.
    Raises `PromptTooLong` when the text leaves no room for one token.
    """
    frame = _Frame(engine)
    opening = engine.tokenize(SUMMARY_OPENING.format(name=_name(title, heading)))
    wish = SUMMARY_CLOSING.format(words=words)
    wish += SUMMARY_FOCUS.format(focus=focus) if focus else ""
    wish += SUMMARY_LANGUAGE.format(language=language) if language else ""
    closing = engine.tokenize(wish)
    tokens = frame.around(opening + engine.tokenize(text) + closing)
    if len(tokens) >= engine.context_tokens:
        raise PromptTooLong(f"{len(text)} characters of {title} do not fit {engine.name} at once.")
    return Prompt(tokens=tokens, passages=(), left_out=0, stop=frame.stop)


class _Frame:
    """What stands around the one user turn: the model's chat layout, or the plain one."""

    def __init__(self, engine: Engine) -> None:
        mark = secrets.token_hex(16)
        layout = engine.render([("user", mark)])
        parts = layout.split(mark) if layout is not None else []
        known = len(parts) == 2
        head, tail = parts if known else ("", PLAIN_CLOSING)
        self._head = engine.tokenize(head, special=True, begin=True)
        self._tail = engine.tokenize(tail, special=True)
        self.size = len(self._head) + len(self._tail)
        self.stop = () if known else PLAIN_STOP

    def around(self, content: Sequence[int]) -> tuple[int, ...]:
        return (*self._head, *content, *self._tail)


def _name(title: str, heading: Sequence[str]) -> str:
    """Where a text comes from; a document often repeats its title as its first heading."""
    return " > ".join((title, *heading[1 if title in heading[:1] else 0 :]))


def _numbered(engine: Engine, passage: Passage, number: int) -> list[int]:
    name = _name(passage.title, passage.locator.heading)
    return engine.tokenize(ANSWER_PASSAGE.format(number=number, name=name, text=passage.text))


def _shortened(engine: Engine, passage: Passage, room: int) -> Passage:
    """The beginning of a passage that fits `room` with its number and title."""
    around = len(_numbered(engine, replace(passage, text=""), 1))
    end = _fitting(engine, passage.text, max(room - around, 1))
    kept = passage.text[:end].rstrip()
    return replace(passage, text=kept, locator=passage.locator.narrowed(passage.text, 0, len(kept)))


def _fitting(engine: Engine, text: str, room: int) -> int:
    """How many characters of `text` to take for at most `room` tokens; at least one."""
    window = text[: room * _LONGEST_TOKEN]
    tokens = engine.tokenize(window)
    if len(tokens) <= room and len(window) == len(text):
        return len(text)
    end = min(len(engine.detokenize(tokens[:room])), len(window))
    while end > 1:
        end = _boundary(text, end)
        if len(engine.tokenize(text[:end])) <= room:
            break
        end -= max(end // 10, 1)
    return max(end, 1)


def _boundary(text: str, end: int) -> int:
    """The last good place to cut `text` at or before `end`, not before its half: the end of a
    paragraph, else of a sentence, else of a word."""
    half = end // 2
    paragraphs = [match.end() for match in _PARAGRAPH_END.finditer(text, half, end)]
    # What follows decides whether a stop ends a sentence.
    ends = [stop for _, stop in sentence_spans(text[: end + 100]) if half < stop <= end]
    places = (
        paragraphs or ends or [match.end() for match in re.finditer(r"\s", text[:end]) if match.end() > half]
    )
    return places[-1] if places else end
