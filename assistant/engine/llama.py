"""The engine over llama.cpp: our own loop on `assistant.engine.native`.

A prompt is read in batches, from where it first differs from what the context holds: the passages
of a conversation are read once, whatever is asked about them. Then one step after another: the
last token goes through the target together with what a drafter proposes to follow it, every
proposal is judged by its own row of scores, and what was rejected is cut off again. With nothing
proposed that is plain decoding. The answer is the same either way wherever llama.cpp computes the
same scores for one token as for several (see docs/decisions.md).

Python's share of a token does not grow with the answer.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from assistant.engine import Generation, Sampling, Work, most_tokens
from assistant.engine.devices import Offload
from assistant.engine.kvcache import LEAST_TOKENS, KVCache
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.sampling import Sampler, log_probability
from assistant.engine.settings import ContextSettings, Drafting
from assistant.engine.speculation import MOST_DRAFTED, DraftModel, Speculator
from assistant.errors import EngineError

MOST_WEIGHED = 64
"""Tokens of a text whose likelihood is asked for: a row of scores is kept for each."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file to load, already checked."""

    path: Path
    name: str
    offload: Offload | None = None
    """What devices take of it; None for nothing."""
    digest: str = ""
    """SHA-256 of the file, in hex; empty where nobody keeps receipts."""


class LlamaEngine:
    """A GGUF model loaded by llama.cpp. Implements `assistant.engine.Engine`."""

    def __init__(
        self,
        target: Weights,
        settings: ContextSettings,
        *,
        draft: Weights | None = None,
        drafting: Drafting = Drafting.AUTO,
        cache: KVCache | None = None,
    ) -> None:
        """
        draft: a smaller model with the same vocabulary.
        cache: where prompts are kept between runs; None keeps them in memory alone.
        Raises `EngineError` when a file cannot be used, the vocabularies differ, or memory is short.
        """
        self._generation = 0
        self._cache = cache
        self._digest = target.digest
        self._model = LlamaModel(target.path, name=target.name, offload=target.offload)
        try:
            # A state that cannot be cut cannot take a rejected proposal back.
            self._speculator = Speculator(
                drafting if self._model.can_be_cut else Drafting.OFF,
                _draft_model(draft, self._model, settings) if draft is not None else None,
                parameters=self._model.parameters,
            )
            self._context = LlamaContext(self._model, settings, rows=MOST_DRAFTED + 1)
        except BaseException:
            self._model.close()
            raise

    @property
    def name(self) -> str:
        return self._model.name

    @property
    def context_tokens(self) -> int:
        return self._context.most_tokens

    @property
    def parameters(self) -> int:
        return self._model.parameters

    @property
    def digest(self) -> str:
        return self._digest

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        return self._model.tokenize(text, special=special, begin=begin)

    def detokenize(self, tokens: Sequence[int]) -> str:
        pieces = b"".join(self._model.piece(token, special=True) for token in tokens)
        return pieces.decode("utf-8", "replace")

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        return self._model.render(turns)

    def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        limit: int,
        stop: Sequence[str] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generation:
        self._model.check_open()
        self._generation += 1
        most = most_tokens(self, prompt, limit)
        work = Work()
        return Generation(
            self._drawn(list(prompt), sampling, most, self._generation, work, cancelled),
            self._model.piece,
            model=self.name,
            prompt_tokens=len(prompt),
            limit=most,
            stop=stop,
            cancelled=cancelled,
            work=work,
        )

    def likelihood(self, given: Sequence[int], text: Sequence[int]) -> float:
        self._model.check_open()
        context = self._beside
        text = text[:MOST_WEIGHED]
        given = given[-(context.most_tokens - len(text)) :]
        context.cut(0)
        context.compute([*given, *text[:-1]], rows=len(text))
        return sum(log_probability(context.scores(row), token) for row, token in enumerate(text)) / len(text)

    def forget(self) -> None:
        self._model.check_open()
        self._generation += 1
        self._speculator.forget()
        self._context.clear()
        if "_beside" in self.__dict__:
            self._beside.clear()

    def close(self) -> None:
        if self._model.handle is None:
            return
        self._generation += 1
        self._speculator.close()
        self._context.close()
        if "_beside" in self.__dict__:
            self._beside.close()
        self._model.close()

    @cached_property
    def _beside(self) -> LlamaContext:
        """A context of one batch, for what is no prompt."""
        batch = self._context.settings.batch_tokens
        return LlamaContext(self._model, replace(self._context.settings, tokens=batch), rows=MOST_WEIGHED)

    def _drawn(
        self,
        tokens: list[int],
        sampling: Sampling,
        most: int,
        generation: int,
        work: Work,
        cancelled: Callable[[], bool],
    ) -> Iterator[int | None]:
        """The work of one answer, in the steps `Generation` asks for; `tokens` grows by what is drawn."""
        self._check_current(generation)
        full = len(tokens) + most
        sampler = Sampler(sampling, self._model)
        try:
            for _ in self._read(tokens, work, cancelled):
                yield None
                self._check_current(generation)
            for _ in self._speculator.begin(tokens, sampling):
                yield None
                self._check_current(generation)
            new = [sampler.next(self._context.scores(0))]
            while True:
                for token in new:
                    if self._model.ends(token):
                        return
                    tokens.append(token)
                    yield token
                    self._check_current(generation)
                new = self._step(tokens, sampler, full - len(tokens), work)
        finally:
            sampler.close()

    def _read(self, tokens: list[int], work: Work, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Makes the context hold the prompt `tokens`, with the last one's scores."""
        context, cache = self._context, self._cache
        context.keep_common(tokens[:-1])
        stored = cache.find(tokens) if cache is not None else None
        if cache is not None and stored is not None and stored.shared > len(context.held) + LEAST_TOKENS:
            state = cache.read(stored)
            if state is not None:
                context.restore(stored.tokens, state)
                context.keep_common(tokens[:-1])
        work.reused_tokens = len(context.held)
        batch = context.settings.batch_tokens
        for start in range(work.reused_tokens, len(tokens), batch):
            if start > work.reused_tokens:
                yield
            context.compute(tokens[start : start + batch], cancelled=cancelled)
        if cache is not None and cache.wants(tokens):
            cache.store(tokens, context.save())

    def _step(self, tokens: Sequence[int], sampler: Sampler, most: int, work: Work) -> list[int]:
        """The tokens that follow: accepted proposals, and one that the target chose by itself."""
        context = self._context
        context.cut(len(tokens) - 1)
        draft = self._speculator.propose(tokens, most - 1)
        started = time.perf_counter()
        context.compute([tokens[-1], *draft.tokens], rows=len(draft.tokens) + 1)
        took_s = time.perf_counter() - started
        new: list[int] = []
        for place, proposed in enumerate(draft.tokens):
            drawn_from = draft.drawn_from[place] if draft.drawn_from is not None else None
            new.append(sampler.judge(context.scores(place), proposed, drawn_from))
            if new[-1] != proposed:
                break
        else:
            new.append(sampler.next(context.scores(len(draft.tokens))))
        self._speculator.outcome(draft, len(new) - 1, took_s)
        work.drafted_tokens += len(draft.tokens)
        work.accepted_tokens += len(new) - 1
        return new

    def _check_current(self, generation: int) -> None:
        if generation != self._generation:
            raise EngineError("The answer was broken off: its engine was closed or asked for another one.")


def _draft_model(weights: Weights, target: LlamaModel, settings: ContextSettings) -> DraftModel:
    """The draft, opened; raises `EngineError` when its vocabulary is not the target's."""
    model = LlamaModel(weights.path, name=weights.name, offload=weights.offload)
    try:
        if not model.can_be_cut:
            raise EngineError(f"{model.name} cannot draft: its state cannot be cut back.")
        if model.vocabulary_digest() != target.vocabulary_digest():
            raise EngineError(
                f"{model.name} cannot draft for {target.name}: their vocabularies differ.",
                remedy="Set `models.draft` to a smaller model of the same family, or leave it empty.",
            )
        return DraftModel(model, LlamaContext(model, settings, rows=1))
    except BaseException:
        model.close()
        raise
