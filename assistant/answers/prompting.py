"""Builds the prompts: passages and a question, or part of a document, within the model's context.

The wording of every prompt is here, as constants. Three rules hold for all of them.

*Document text is data.* The engine renders the chat template around a random mark, not around the text. The
template's own text becomes control tokens. Questions, titles and document text are inserted in the mark's
place and tokenized as plain text, so `<|im_start|>` in a note becomes ordinary letters and signs. A model
without a known chat template gets a plain prompt.

*Its beginning and end are unmistakable.* Passages are between two lines that no document can contain: the
line is made for the request, from a digest of the passages, so a note cannot end its part of the prompt. The
same passages get the same line, and prompts about them share their beginning.

*Nothing is cut without notice.* Passages are added best first as long as they fit as a whole, counted with
the model's own tokenizer; those that do not fit are counted in `left_out`. If even the best one is too long,
it is cut at the end of a sentence, and the prompt's passage is the part that was kept.

There is one user turn and no system text, because small models answer best that way. The passages come before
the question, so prompts about the same passages share their beginning.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.dialogue import Passage
from assistant.engine import Engine
from assistant.errors import PromptTooLong, QuestionTooLong
from ingest.segmentation import sentence_spans

ANSWER_OPENING = "Between the two lines {boundary} are parts of documents.\n{boundary}\n"
ANSWER_PASSAGE = "[{number}] {name}\n{text}\n\n"
ANSWER_QUESTION = (
    "{boundary}\nAnswer the question in one or two short sentences, in its language, with words and facts of "
    "the documents.{manner}\nQuestion: {question}"
)
ANSWER_YES_OR_NO = " Begin with yes or no."
"""The manner of an answer to a question of yes or no."""

CHECK_OPENING = "Between the two lines {boundary} is a part of a document.\n{boundary}\n"
CHECK_PASSAGE = "{name}\n{text}\n"
CHECK_QUESTION = (
    "{boundary}\nQuestion: {question}\nDoes the text state the answer to this question? Answer Yes or No."
)
YES, NO = "Yes", "No"
"""The two replies to it."""

SUMMARY_OPENING = "Text from “{name}”:\n\n"
SUMMARY_CLOSING = "\n\nSummarize this text in at most {words} words. Keep names, numbers and decisions."
SUMMARY_FOCUS = " Say only what concerns this: {focus}"
SUMMARY_LANGUAGE = " Write in this language: {language}"

PLAIN_CLOSING = "\nAnswer:"
"""The end of the prompt for a model without a chat template."""
PLAIN_STOP = ("\nQuestion:", "\n\n\n")
"""Such a model continues with a question of its own; generation stops there."""

MIN_PASSAGE_TOKENS = 64
"""A question that leaves fewer tokens than this for passages is too long to answer."""

BOUNDARY_DIGITS = 12
"""Hexadecimal digits of the line around the passages."""

_PARAGRAPH_END = re.compile(r"\n[ \t]*\n\s*")

_LONGEST_TOKEN = 16
"""Characters of the longest tokens, except for runs of white space and the like."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of the model."""

    tokens: tuple[int, ...]
    """Token ids, including those of the chat template."""
    passages: tuple[Passage, ...]
    """The passages in the prompt, best first. The one at index i has the number [i + 1]."""
    left_out: int
    """Passages that did not fit."""
    stop: tuple[str, ...]
    """Strings that end the generation; empty for a chat template."""


def answer_prompt(
    engine: Engine,
    question: str,
    passages: Sequence[Passage],
    *,
    budget: int,
    reserve: int,
    reading: int | None = None,
    is_yes_or_no: bool = False,
) -> Prompt:
    """A prompt to answer `question` from `passages`.

    passages: best first.
    budget: the largest number of tokens in the prompt, including the question; a smaller context limits it
    too.
    reserve: tokens of the context that stay free for the answer.
    reading: the largest number of tokens of passages; None for all that `budget` allows.
    is_yes_or_no: whether the answer is to begin with yes or no.
    Raises `QuestionTooLong` if the question leaves no room for passages.
    """
    template = _Template(engine)
    boundary = _boundary_line(passages)
    opening = engine.tokenize(ANSWER_OPENING.format(boundary=boundary))
    manner = ANSWER_YES_OR_NO if is_yes_or_no else ""
    closing = engine.tokenize(ANSWER_QUESTION.format(boundary=boundary, manner=manner, question=question))
    limit = min(budget, engine.context_tokens - reserve)
    room = limit - template.size - len(opening) - len(closing)
    if room < MIN_PASSAGE_TOKENS:
        raise QuestionTooLong(
            f"The question is too long: it has {len(closing)} tokens, and a prompt can have {limit}.",
            remedy="Ask a shorter question, or increase `answers.prompt_tokens`.",
        )
    room = room if reading is None else max(MIN_PASSAGE_TOKENS, min(room, reading))
    body: list[int] = []
    included: list[Passage] = []
    for passage in passages:
        tokens = _passage_tokens(engine, passage, len(included) + 1)
        if len(tokens) > room - len(body) and not included and passage is passages[0]:
            passage = _shortened(engine, passage, room)
            tokens = _passage_tokens(engine, passage, 1)
        if len(tokens) <= room - len(body):
            body += tokens
            included.append(passage)
    return Prompt(
        tokens=template.wrap(opening + body + closing),
        passages=tuple(included),
        left_out=len(passages) - len(included),
        stop=template.stop,
    )


def check_prompt(engine: Engine, question: str, passage: Passage, *, reading: int) -> Prompt:
    """A prompt to ask whether `passage` states the answer to `question`, with `YES` or `NO` as the reply.

    reading: the largest number of tokens of the passage; a longer one is cut.
    """
    template = _Template(engine)
    boundary = _boundary_line([passage])
    text = passage.text[: _fitting_length(engine, passage.text, reading)]
    name = source_name(passage.title, passage.locator.heading)
    content = [
        *engine.tokenize(CHECK_OPENING.format(boundary=boundary)),
        *engine.tokenize(CHECK_PASSAGE.format(name=name, text=text)),
        *engine.tokenize(CHECK_QUESTION.format(boundary=boundary, question=question)),
    ]
    return Prompt(tokens=template.wrap(content), passages=(passage,), left_out=0, stop=template.stop)


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
    """A prompt to summarize `text`, which is part of the document `title` under `heading`.

    words: the length to ask for; the model need not keep to it.
    focus: the subject of the summary; empty for everything.
    language: the language of the summary; empty for the language of the text.
    Raises `PromptTooLong` if the text leaves no room for a token of the summary.
    """
    template = _Template(engine)
    opening = engine.tokenize(SUMMARY_OPENING.format(name=source_name(title, heading)))
    request = SUMMARY_CLOSING.format(words=words)
    request += SUMMARY_FOCUS.format(focus=focus) if focus else ""
    request += SUMMARY_LANGUAGE.format(language=language) if language else ""
    closing = engine.tokenize(request)
    tokens = template.wrap(opening + engine.tokenize(text) + closing)
    if len(tokens) >= engine.context_tokens:
        raise PromptTooLong(
            f"A part of {title} with {len(text):,} characters does not fit into the context of {engine.name}."
        )
    return Prompt(tokens=tokens, passages=(), left_out=0, stop=template.stop)


def _boundary_line(passages: Sequence[Passage]) -> str:
    """The line around the passages of one request. A text that contained it would contain its own digest."""
    digest = hashlib.sha256()
    for passage in passages:
        digest.update(passage.text.encode("utf-8", "surrogatepass"))
    return f"==== {digest.hexdigest()[:BOUNDARY_DIGITS]} ===="


class _Template:
    """The tokens around the one user turn: those of the chat template, or of the plain prompt."""

    def __init__(self, engine: Engine) -> None:
        mark = secrets.token_hex(16)
        rendered = engine.render([("user", mark)])
        parts = rendered.split(mark) if rendered is not None else []
        has_template = len(parts) == 2
        head, tail = parts if has_template else ("", PLAIN_CLOSING)
        self._head = engine.tokenize(head, special=True, begin=True)
        self._tail = engine.tokenize(tail, special=True)
        self.size = len(self._head) + len(self._tail)
        self.stop = () if has_template else PLAIN_STOP

    def wrap(self, content: Sequence[int]) -> tuple[int, ...]:
        """`content` with the tokens before and after it."""
        return (*self._head, *content, *self._tail)


def source_name(title: str, heading: Sequence[str]) -> str:
    """Title and headings. A document often repeats its title as its first heading; it is then named once."""
    return " > ".join((title, *heading[1 if title in heading[:1] else 0 :]))


def _passage_tokens(engine: Engine, passage: Passage, number: int) -> list[int]:
    """The tokens of a passage with its number and name."""
    name = source_name(passage.title, passage.locator.heading)
    return engine.tokenize(ANSWER_PASSAGE.format(number=number, name=name, text=passage.text))


def _shortened(engine: Engine, passage: Passage, room: int) -> Passage:
    """The beginning of a passage, which fits into `room` tokens together with its number and name."""
    overhead = len(_passage_tokens(engine, replace(passage, text=""), 1))
    end = _fitting_length(engine, passage.text, max(room - overhead, 1))
    text = passage.text[:end].rstrip()
    return replace(passage, text=text, locator=passage.locator.narrowed(passage.text, 0, len(text)))


def _fitting_length(engine: Engine, text: str, room: int) -> int:
    """How many characters of `text` fit into `room` tokens, cut at a good place; at least one."""
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
    """The last good place to cut `text`, at or before `end` and not in its first half.

    A good place is the end of a paragraph, otherwise of a sentence, otherwise of a word. `end` itself is
    returned if there is none.
    """
    half = end // 2
    paragraphs = [match.end() for match in _PARAGRAPH_END.finditer(text, half, end)]
    # The text that follows a stop decides whether it ends a sentence.
    sentences = [stop for _, stop in sentence_spans(text[: end + 100]) if half < stop <= end]
    words = (match.end() for match in re.finditer(r"\s", text[:end]) if match.end() > half)
    places = paragraphs or sentences or list(words)
    return places[-1] if places else end
