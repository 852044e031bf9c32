"""The engine over llama.cpp: our own decoding loop on top of `assistant.engine.native`.

A prompt is read in batches, starting where it first differs from the content of the context, so that the
passages of a conversation are read once however many questions follow. After that each step computes one
batch: the last token together with the tokens that the speculator proposes to follow it. Every proposal is
verified against its own row of scores, and rejected ones are removed from the context. With no proposals
that is plain decoding. The answer is the same either way wherever llama.cpp computes the same scores for one
token as for several (see docs/decisions.md).

The time Python takes per token does not grow with the length of the answer.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.engine import Generation, Sampling, Work, most_tokens
from assistant.engine.devices import Offload
from assistant.engine.drafters import DraftModel
from assistant.engine.experience import ExperienceFile
from assistant.engine.kvcache import LEAST_TOKENS, KVCache
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.sampling import Sampler, log_probability
from assistant.engine.settings import ContextSettings, Drafting
from assistant.engine.speculation import MOST_DRAFTED, Speculator
from assistant.errors import EngineError

MOST_SCORED = 64
"""The most tokens of a text that `LlamaEngine.likelihood` looks at; memory for a row of scores is reserved
for each."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A model file to load. The caller has verified it."""

    path: Path
    """The GGUF file."""
    name: str
    """The model's name in messages and statistics."""
    offload: Offload | None = None
    """Which layers go to GPUs; None for none."""
    digest: str = ""
    """SHA-256 of the file, in hex; empty if no receipt needs it."""


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
        experience: ExperienceFile | None = None,
    ) -> None:
        """
        draft: a smaller model with the same vocabulary; None for none.
        cache: stores prompts between runs; None keeps them in memory only.
        experience: what was learned about drafting with these models, which `close` brings up to date; None
            learns anew in every run.
        Raises `EngineError`, with everything freed, when a file cannot be loaded, the vocabularies differ,
        or memory is short.
        """
        self._generation = 0
        """Numbers the answers, so that an earlier one notices that a later one has begun."""
        self._cache = cache
        self._experience = experience
        self._digest = target.digest
        self._scoring: LlamaContext | None = None
        with ExitStack() as resources:
            self._model = LlamaModel(target.path, name=target.name, offload=target.offload)
            resources.callback(self._model.close)
            draft_model = None
            if draft is not None:
                draft_model = _open_draft(draft, self._model, settings)
                resources.callback(draft_model.close)
            self._speculator = Speculator(
                # A state that cannot be cut cannot take back a rejected proposal.
                drafting if self._model.can_be_cut else Drafting.OFF,
                draft_model,
                parameters=self._model.parameters,
                experience=experience.read() if experience is not None else None,
            )
            self._context = LlamaContext(self._model, settings, rows=MOST_DRAFTED + 1)
            resources.callback(self._context.close)
            # From here on `close` frees them.
            self._resources = resources.pop_all()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._model.name

    @property
    def context_tokens(self) -> int:
        """The configured context length, or the one the model was trained with if that is shorter."""
        return self._context.most_tokens

    @property
    def parameters(self) -> int:
        """The number of weights in the model file."""
        return self._model.parameters

    @property
    def digest(self) -> str:
        """SHA-256 of the target's file, in hex; empty if it was not given."""
        return self._digest

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """See `Engine.tokenize`."""
        return self._model.tokenize(text, special=special, begin=begin)

    def detokenize(self, tokens: Sequence[int]) -> str:
        """See `Engine.detokenize`."""
        pieces = b"".join(self._model.piece(token, special=True) for token in tokens)
        return pieces.decode("utf-8", "replace")

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """See `Engine.render`."""
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
        """See `Engine.generate`."""
        self._model.check_open()
        self._generation += 1
        most = most_tokens(self, prompt, limit)
        work = Work()
        return Generation(
            self._tokens(list(prompt), sampling, most, self._generation, work, cancelled),
            self._model.piece,
            model=self.name,
            prompt_tokens=len(prompt),
            limit=most,
            stop=stop,
            cancelled=cancelled,
            work=work,
        )

    def likelihood(self, given: Sequence[int], text: Sequence[int]) -> float:
        """See `Engine.likelihood`; looks at no more than `MOST_SCORED` tokens of `text`."""
        self._model.check_open()
        context = self._scoring_context()
        text = text[:MOST_SCORED]
        given = given[-(context.most_tokens - len(text)) :]
        context.cut(0)
        context.compute([*given, *text[:-1]], rows=len(text))
        return sum(log_probability(context.scores(row), token) for row, token in enumerate(text)) / len(text)

    def log_odds(self, prompt: Sequence[int], one: str, other: str) -> float:
        """See `Engine.log_odds`."""
        self._model.check_open()
        most_tokens(self, prompt, 1)
        self._generation += 1
        for _ in self._read(list(prompt), Work(), lambda: False):
            pass
        scores = self._context.scores(0)
        first, second = (self._model.tokenize(word, special=False, begin=False)[0] for word in (one, other))
        return float(scores[first] - scores[second])

    def forget(self) -> None:
        """See `Engine.forget`; the draft model and the scoring context forget too."""
        self._model.check_open()
        self._generation += 1
        self._speculator.forget()
        self._context.clear()
        if self._scoring is not None:
            self._scoring.clear()

    def close(self) -> None:
        """Frees the models and their contexts, and keeps what was learned; does nothing the second time."""
        self._generation += 1
        if self._experience is not None and (learned := self._speculator.experience):
            self._experience.write(learned)
        self._experience = None
        self._resources.close()

    def _scoring_context(self) -> LlamaContext:
        """Opens a second context of one batch when first needed, so that scoring leaves the prompt alone."""
        if self._scoring is None:
            settings = self._context.settings
            self._scoring = LlamaContext(
                self._model, replace(settings, tokens=settings.batch_tokens), rows=MOST_SCORED
            )
            self._resources.callback(self._scoring.close)
        return self._scoring

    def _tokens(
        self,
        tokens: list[int],
        sampling: Sampling,
        most: int,
        generation: int,
        work: Work,
        cancelled: Callable[[], bool],
    ) -> Iterator[int | None]:
        """Computes one answer in the steps that `Generation` asks for, appending it to `tokens`."""
        self._check_current(generation)
        full = len(tokens) + most
        sampler = Sampler(sampling)
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

    def _read(self, tokens: list[int], work: Work, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Makes the context hold the prompt `tokens`, with the scores after the last one."""
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
        """Returns the next tokens: the accepted proposals, then one that the target chose."""
        context = self._context
        context.cut(len(tokens) - 1)
        draft = self._speculator.propose(tokens, most - 1)
        started = time.perf_counter()
        context.compute([tokens[-1], *draft.tokens], rows=len(draft.tokens) + 1)
        seconds = time.perf_counter() - started
        new: list[int] = []
        for row, proposed in enumerate(draft.tokens):
            drawn_from = draft.drawn_from[row] if draft.drawn_from is not None else None
            new.append(sampler.verify(context.scores(row), proposed, drawn_from))
            if new[-1] != proposed:
                break
        else:
            new.append(sampler.next(context.scores(len(draft.tokens))))
        self._speculator.outcome(draft, len(new) - 1, seconds)
        work.drafted_tokens += len(draft.tokens)
        work.accepted_tokens += len(new) - 1
        return new

    def _check_current(self, generation: int) -> None:
        if generation != self._generation:
            raise EngineError("This answer was interrupted: the engine started another one, or was closed.")


def _open_draft(weights: Weights, target: LlamaModel, settings: ContextSettings) -> DraftModel:
    """Opens the draft model; raises `EngineError` when it cannot draft for `target`."""
    with ExitStack() as resources:
        model = LlamaModel(weights.path, name=weights.name, offload=weights.offload)
        resources.callback(model.close)
        if not model.can_be_cut:
            raise EngineError(
                f"{model.name} cannot be a draft model: llama.cpp cannot remove tokens from its state.",
                remedy="Set `models.draft` to another model, or leave it empty.",
            )
        if model.vocabulary_digest() != target.vocabulary_digest():
            raise EngineError(
                f"{model.name} cannot draft for {target.name}: their vocabularies differ.",
                remedy="Set `models.draft` to a smaller model of the same family, or leave it empty.",
            )
        context = LlamaContext(model, settings, rows=1)
        resources.pop_all()
        return DraftModel(model, context)
