"""The engine interface: tokens in, streamed text and statistics out.

`Engine` is all that the rest of the assistant knows about a language model. It has two implementations:
`llama.LlamaEngine`, our decoding loop over llama.cpp, and `scripted.ScriptedEngine`, which answers from a
script. An engine turns a prompt into token ids, one at a time. `Generation` turns those ids into text: it
joins UTF-8 sequences across tokens, watches for stop strings, the token limit and cancellation, and keeps
the statistics. Both engines therefore end an answer by the same rules.

An engine does not decide what a prompt says (`assistant.answers.prompting`), does not look for model files
(`assistant.models`) and never opens a network connection.
"""

import codecs
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

from assistant.engine.energy import Energy, EnergyMeter
from assistant.errors import EngineError, PromptTooLong


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the next token is chosen from the model's scores."""

    temperature: float = 0.0
    """0 takes the most likely token (greedy, deterministic); above 0 samples at random."""
    top_k: int = 40
    """Sample among this many of the most likely tokens; 0 means all."""
    top_p: float = 0.95
    """Sample among the most likely tokens whose probabilities add up to this; 1 means all."""
    min_p: float = 0.05
    """Drop tokens whose probability is below this fraction of the highest one; 0 drops none."""
    seed: int = 0
    """Seed of the random numbers; the same seed repeats an answer."""


class Finish(StrEnum):
    """Why an answer ended."""

    STOP = "stop"
    """The model ended it, or a stop string was reached."""
    LENGTH = "length"
    """The token limit was reached, or the context is full."""
    CANCELLED = "cancelled"
    """The caller cancelled it."""


@dataclass(frozen=True, slots=True)
class Stats:
    """The cost of one answer. Times are in milliseconds, rates in tokens per second."""

    model: str
    """The engine's name."""
    prompt_tokens: int
    """Length of the prompt."""
    answer_tokens: int
    """Tokens generated for the answer, without the end-of-answer token."""
    ttft_ms: float
    """Time to first token; equal to `total_ms` when no token was generated."""
    prefill_tps: float
    """Prompt tokens computed (reused ones not counted) over the time to first token."""
    decode_tps: float
    """Tokens after the first over the time they took; 0 when there were none."""
    total_ms: float
    """From the call to the end of the answer."""
    finish: Finish
    """Why the answer ended."""
    reused_tokens: int = 0
    """Prompt tokens whose keys and values were already in the cache."""
    drafted_tokens: int = 0
    """Tokens proposed by speculative decoding."""
    accepted_tokens: int = 0
    """Proposed tokens that the model accepted."""
    joules: float | None = None
    """What processor and memory used meanwhile, for whatever program; None where it cannot be read."""
    battery_share: float | None = None
    """That as a share of what the full batteries hold; None unless the machine runs on them."""


@dataclass(slots=True)
class Work:
    """Running counts of an engine's work on one answer; the fields are those of `Stats`."""

    reused_tokens: int = 0
    """Prompt tokens taken from the cache."""
    drafted_tokens: int = 0
    """Tokens proposed."""
    accepted_tokens: int = 0
    """Proposed tokens accepted."""


class Cancelled(Exception):
    """Raised inside an engine when it notices the cancellation itself."""


class Engine(Protocol):
    """A loaded language model with one context: one generation at a time, from one thread."""

    @property
    def name(self) -> str:
        """The model's name, as shown to the user."""

    @property
    def context_tokens(self) -> int:
        """The most tokens that prompt and answer may have together."""

    @property
    def parameters(self) -> int:
        """The number of the model's weights. Callers use it to decide how much to ask of the model."""

    @property
    def digest(self) -> str:
        """SHA-256 of the model file, in hex. Receipts identify the model by it."""

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """Returns the token ids of `text`.

        special: whether `<|im_start|>` and the like become control tokens. Pass True only for text that
            Carrel wrote itself; with False, text that looks like a control token stays text.
        begin: whether to prepend the model's beginning-of-text token, if it has one.
        """

    def detokenize(self, tokens: Sequence[int]) -> str:
        """Returns the text of token ids, with control tokens spelled out."""

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """Returns `(role, content)` turns in the model's chat format, ending where the assistant replies.

        If the model would think aloud first, the end says that it has (`assistant.engine.thinking`).
        Returns None when llama.cpp does not recognise the model's chat template. A template is recognised
        by its text and never executed.
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
        """Starts an answer to `prompt`. Nothing is computed until the first piece is requested.

        limit: the most tokens to generate, at least 1.
        stop: strings that end the answer; the answer contains neither the string nor what follows it.
        cancelled: polled between batches of the prompt and before every token.
        Raises `PromptTooLong` when the prompt leaves no room for even one token.
        """

    def likelihood(self, given: Sequence[int], text: Sequence[int]) -> float:
        """Returns the mean log-probability of the tokens of `text` after `given`, in nats per token.

        Each token of `text` is conditioned on `given` and on the tokens of `text` before it. Neither
        sequence may be empty. If they do not fit into one batch, the end of `given` and the beginning of
        `text` are used. The prompt cache stays as it is.
        """

    def log_odds(self, prompt: Sequence[int], one: str, other: str) -> float:
        """Returns how much likelier the reply to `prompt` begins with `one` than with `other`, in nats.

        Only the first tokens of the two words are compared; they must differ. The engine keeps the prompt as
        that of an answer. Raises `PromptTooLong` like `generate`.
        """

    def forget(self) -> None:
        """Erases all cached prompts from memory; a generation in progress fails with `EngineError`."""

    def close(self) -> None:
        """Frees the model; does nothing the second time."""


def most_tokens(engine: Engine, prompt: Sequence[int], limit: int) -> int:
    """Returns how long an answer to `prompt` may be, at most `limit` tokens.

    Raises `PromptTooLong` as `Engine.generate` does, and `EngineError` for an empty prompt.
    """
    room = engine.context_tokens - len(prompt)
    if not prompt:
        raise EngineError("Cannot answer an empty prompt.")
    if room < 1:
        raise PromptTooLong(
            f"The prompt has {len(prompt)} tokens, but {engine.name} holds {engine.context_tokens},"
            " answer included.",
            remedy="Ask a shorter question, or set a larger `models.context_tokens`.",
        )
    return min(limit, room)


class Generation(Iterator[str]):
    """An answer in progress: iterate over its pieces, then read `stats`.

    A piece consists of whole characters and never contains part of a stop string. A generation may be
    abandoned half way; the engine's next answer is not affected.
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
        tokens: the engine's lazy computation. It yields None after each batch of the prompt except the
            last, then the answer's token ids, and ends where the model ends the answer.
        piece: returns the bytes of a token, which may be an incomplete UTF-8 sequence.
        work: the counts that the engine updates; None for an engine that neither reuses nor drafts.
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
        self._pending = ""
        """Text not yet returned, because it may be the beginning of a stop string."""
        self._generated = 0
        self._finish: Finish | None = None
        self._started = self._last = time.perf_counter()
        self._first = self._started
        self._meter = EnergyMeter()
        self._energy: Energy | None = None

    @property
    def stats(self) -> Stats:
        """The cost of the answer; raises `EngineError` while it is still in progress."""
        if self._finish is None:
            raise EngineError("The statistics of an answer are not available before its end.")
        until_first = (self._first if self._generated else self._last) - self._started
        decoding = self._last - self._first
        computed = self._prompt_tokens - self._work.reused_tokens
        return Stats(
            model=self._model,
            prompt_tokens=self._prompt_tokens,
            answer_tokens=self._generated,
            ttft_ms=until_first * 1e3,
            prefill_tps=computed / until_first if self._generated and until_first else 0.0,
            decode_tps=(self._generated - 1) / decoding if self._generated > 1 and decoding else 0.0,
            total_ms=(self._last - self._started) * 1e3,
            finish=self._finish,
            reused_tokens=self._work.reused_tokens,
            drafted_tokens=self._work.drafted_tokens,
            accepted_tokens=self._work.accepted_tokens,
            joules=self._energy.joules if self._energy else None,
            battery_share=self._energy.battery_share if self._energy else None,
        )

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        while self._finish is None:
            if text := self._step():
                return text
        raise StopIteration

    def _step(self) -> str:
        """Advances by one token and returns the text that is now final, which is often empty."""
        if self._cancelled():
            return self._end(Finish.CANCELLED)
        if self._generated == self._limit:
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
        if self._generated == 0:
            self._first = self._last
        self._generated += 1
        self._pending += self._decoder.decode(self._piece(token))
        stops = [position for position in map(self._pending.find, self._stop) if position >= 0]
        if stops:
            self._pending = self._pending[: min(stops)]
            return self._end(Finish.STOP)
        return self._release(len(self._pending) - self._undecided())

    def _undecided(self) -> int:
        """Returns how many characters at the end of the pending text may begin a stop string."""
        longest = 0
        for stop in self._stop:
            for size in range(min(len(stop) - 1, len(self._pending)), longest, -1):
                if self._pending.endswith(stop[:size]):
                    longest = size
                    break
        return longest

    def _release(self, size: int) -> str:
        text, self._pending = self._pending[:size], self._pending[size:]
        return text

    def _end(self, finish: Finish) -> str:
        """Ends the answer and returns all pending text. The bytes of an incomplete character are dropped."""
        self._finish = finish
        self._last = time.perf_counter()
        self._energy = self._meter.used()
        return self._release(len(self._pending))
