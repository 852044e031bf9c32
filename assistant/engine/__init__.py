"""The engine seam: tokens in, a stream of text out, and what it cost.

`Engine` is what the rest of the assistant knows of a language model. Two stand behind it:
`llama.LlamaEngine`, our own loop over llama.cpp, and `scripted.ScriptedEngine`, which answers
from a script. An engine turns a prompt into token ids one at a time; `Generation` turns the ids
into text: it alone joins UTF-8 across tokens, watches for stop strings, the limit and the cancel
signal, and keeps the figures, so both engines end an answer by the same rules.

An engine never decides what a prompt says (`assistant.answers.prompting`), never looks for model files
(`assistant.models`), and never opens a network connection.
"""

import codecs
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from assistant.errors import EngineError, PromptTooLong


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen from the model's scores."""

    temperature: float = 0.0
    """0 takes the likeliest token (greedy, deterministic); above 0 draws at random."""
    top_k: int = 40
    """Draw among this many likeliest tokens; 0 means all."""
    top_p: float = 0.95
    """Draw among the likeliest tokens that together hold this probability; 1 means all."""
    min_p: float = 0.05
    """Drop tokens less likely than this share of the likeliest; 0 means none."""
    repeat_penalty: float = 1.0
    """Divides the scores of tokens the answer already holds (Keskar et al. 2019, section 4.1);
    1 means none. The prompt's tokens are never penalised: an answer quotes its passages."""
    repeat_window: int = 64
    """How many of the answer's last tokens the penalty looks at."""
    seed: int = 0
    """Of the random draws; the same seed repeats an answer."""
    grammar: str = ""
    """What the answer must be, in llama.cpp's GBNF; empty allows everything."""


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    """The model ended it, or a stop string was reached."""
    LENGTH = "length"
    """The limit, or the context, was full."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Stats:
    """What one answer cost. Times in milliseconds, rates in tokens a second."""

    model: str
    prompt_tokens: int
    answer_tokens: int
    """Tokens drawn for the answer; the end-of-answer token is not counted."""
    ttft_ms: float
    """From the call to the first token; equal to `total_ms` when none came."""
    prefill_tps: float
    """Prompt tokens read, not those reused, over the time to the first token."""
    decode_tps: float
    """Tokens after the first over the time they took; 0 when there were none."""
    total_ms: float
    finish: Finish
    reused_tokens: int = 0
    """Prompt tokens that had been read before and were not read again."""
    drafted_tokens: int = 0
    """Tokens proposed to the model by drafting."""
    accepted_tokens: int = 0
    """How many of them it took."""


@dataclass(slots=True)
class Work:
    """What an engine did for an answer, counted as it goes; as in `Stats`."""

    reused_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0


class Cancelled(Exception):
    """Raised by an engine's work when it saw the cancel signal itself."""


class Engine(Protocol):
    """A loaded language model. It holds one context: one generation at a time, from one thread."""

    @property
    def name(self) -> str:
        """The model's name as people know it."""

    @property
    def context_tokens(self) -> int:
        """Prompt and answer together may hold this many tokens."""

    @property
    def parameters(self) -> int:
        """How many weights the model has: how much can be asked of it."""

    @property
    def digest(self) -> str:
        """SHA-256 of the model's file, in hex: what a receipt knows it by."""

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """The token ids of `text`.

        special: whether `<|im_start|>` and its like become control tokens. Only for text that
            Carrel wrote itself; with False, text that looks like a control token stays text.
        begin: whether to put the model's begin-of-text token in front, where it has one.
        """

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The text of token ids, control tokens written out by name."""

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """`(role, content)` turns in the model's chat layout, the assistant's next turn opened.

        None when the model has no layout that is known by name: a template is recognised, never run.
        """

    def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        limit: int,
        stop: Sequence[str] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> "Generation":
        """Starts an answer to `prompt`; nothing is computed until the first piece is asked for.

        limit: most tokens of the answer, at least 1.
        stop: strings that end the answer; neither they nor what follows is part of it.
        cancelled: polled between the prompt's batches and before every token.
        Raises `PromptTooLong` when the prompt leaves no room for one token.
        """

    def likelihood(self, given: Sequence[int], text: Sequence[int]) -> float:
        """The mean log-probability of each token of `text` after `given` and those before it; both hold one.

        Where they are longer than a batch, the last of `given` and the first of `text` are read. What was
        read of prompts stays as it is.
        """

    def forget(self) -> None:
        """Forgets what it has read; an answer under way is broken off."""

    def close(self) -> None:
        """Frees the model; harmless when repeated."""


def most_tokens(engine: Engine, prompt: Sequence[int], limit: int) -> int:
    """How long an answer to `prompt` may be, at most `limit`; raises as `Engine.generate` does."""
    room = engine.context_tokens - len(prompt)
    if not prompt:
        raise EngineError("An empty prompt has no answer.")
    if room < 1:
        raise PromptTooLong(
            f"The prompt has {len(prompt)} tokens; {engine.name} holds {engine.context_tokens},"
            " the answer included.",
            remedy="Ask a shorter question, or set a larger `models.context_tokens`.",
        )
    return min(limit, room)


class Generation(Iterator[str]):
    """An answer being written: iterate for its pieces, then read `stats`.

    A piece is whole characters and never part of a stop string. Dropping a generation half way is
    allowed; the engine's next answer starts afresh.
    """

    def __init__(
        self,
        tokens: Iterator[int | None],
        piece: Callable[[int], bytes],
        *,
        model: str,
        prompt_tokens: int,
        limit: int,
        stop: Sequence[str],
        cancelled: Callable[[], bool],
        work: Work | None = None,
    ) -> None:
        """
        tokens: the engine's work, done as it is asked for: None after each batch of the prompt but
            the last, then the answer's token ids; it ends where the model ends the answer.
        piece: the bytes of a token, which may be a part of a character.
        work: counted up by the engine; None for one that saves none.
        """
        self._tokens = tokens
        self._piece = piece
        self._model = model
        self._prompt_tokens = prompt_tokens
        self._limit = limit
        self._stop = tuple(filter(None, stop))
        self._cancelled = cancelled
        self._work = work or Work()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._drawn = 0
        self._finish: Finish | None = None
        self._started = self._last = time.perf_counter()
        self._first = self._started

    @property
    def stats(self) -> Stats:
        """What the answer cost; raises `EngineError` while it is still being written."""
        if self._finish is None:
            raise EngineError("The answer's figures were asked for before its end.")
        until_first = (self._first if self._drawn else self._last) - self._started
        decoding = self._last - self._first
        read = self._prompt_tokens - self._work.reused_tokens
        return Stats(
            model=self._model,
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._drawn,
            ttft_ms=until_first * 1e3,
            prefill_tps=read / until_first if self._drawn and until_first else 0.0,
            decode_tps=(self._drawn - 1) / decoding if self._drawn > 1 and decoding else 0.0,
            total_ms=(self._last - self._started) * 1e3,
            finish=self._finish,
            reused_tokens=self._work.reused_tokens,
            drafted_tokens=self._work.drafted_tokens,
            accepted_tokens=self._work.accepted_tokens,
        )

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while self._finish is None:
            if text := self._step():
                return text
        raise StopIteration

    def _step(self) -> str:
        """One token further: the text that is now certain, often empty."""
        if self._cancelled():
            return self._end(Finish.CANCELLED)
        if self._drawn == self._limit:
            return self._end(Finish.LENGTH)
        try:
            token = next(self._tokens)
        except StopIteration:
            return self._end(Finish.STOP)
        except Cancelled:
            return self._end(Finish.CANCELLED)
        self._last = time.perf_counter()
        if token is None:
            return ""
        if self._drawn == 0:
            self._first = self._last
        self._drawn += 1
        self._held += self._decoder.decode(self._piece(token))
        found = [at for at in map(self._held.find, self._stop) if at >= 0]
        if found:
            self._held = self._held[: min(found)]
            return self._end(Finish.STOP)
        return self._release(len(self._held) - self._undecided())

    def _undecided(self) -> int:
        """Characters at the end of what is held that may begin a stop string."""
        longest = 0
        for stop in self._stop:
            for size in range(min(len(stop) - 1, len(self._held)), longest, -1):
                if self._held.endswith(stop[:size]):
                    longest = size
                    break
        return longest

    def _release(self, size: int) -> str:
        text, self._held = self._held[:size], self._held[size:]
        return text

    def _end(self, finish: Finish) -> str:
        """Everything held; bytes of an unfinished character are dropped."""
        self._finish = finish
        self._last = time.perf_counter()
        return self._release(len(self._held))
