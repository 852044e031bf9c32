"""Choosing the next token from one row of scores, and judging a token somebody else proposed.

The chain is llama.cpp's customary one: repetition penalty, top-k, top-p, min-p, temperature, then a
draw. It works on the few tokens that top-k leaves, in numpy, so that the same distribution serves
drawing and verifying. Greedy is an argmax over llama.cpp's own buffer: 7 µs for 49,152 scores,
against 52 µs for llama.cpp's greedy sampler, which first copies every score into a record.

A proposed token is judged by rejection sampling (Leviathan, Kalman and Matias 2023, "Fast Inference
from Transformers via Speculative Decoding", section 2.3; that the result is distributed exactly as
the target's own: appendix A.1). With p the target's distribution and q the one the proposal was
drawn from, it is accepted with probability min(1, p(x) / q(x)), and otherwise replaced by a draw
from max(0, p - q), normalised. A proposal that was not drawn but found has q(x) = 1, and then the
rule is the same as to draw from p and compare: one random number a token, just as without
proposals, so the same seed gives the same answer.
"""

import ctypes
import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from assistant.engine import Sampling
from assistant.engine.native import LlamaModel
from assistant.errors import EngineError

Scores: TypeAlias = npt.NDArray[np.float32]
"""One row of logits, shape (vocabulary,)."""

LIKELIEST = 256
"""Tokens a grammar is asked about before it is asked about all."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """The tokens that can come next, and how likely each is."""

    tokens: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    """In the same order; they sum to 1."""

    def of(self, token: int) -> float:
        """How likely `token` is."""
        return float(self.probabilities[self.tokens == token].sum())

    def without(self, other: "Distribution") -> "Distribution":
        """max(0, self - other), normalised; itself where nothing is left but rounding."""
        rest = self.probabilities - np.array([other.of(int(token)) for token in self.tokens])
        rest = np.maximum(rest, 0.0)
        total = rest.sum()
        return replace(self, probabilities=rest / total) if total > 0 else self


class Sampler:
    """Chooses one token after another for one answer."""

    def __init__(self, sampling: Sampling, model: LlamaModel) -> None:
        """Raises `EngineError` when the grammar has errors."""
        self._sampling = sampling
        self._recent: deque[int] = deque(maxlen=sampling.repeat_window)
        self._random = np.random.default_rng(sampling.seed)
        self._grammar = _Grammar(sampling.grammar, model) if sampling.grammar else None

    @property
    def draws(self) -> bool:
        """Whether tokens are drawn at random; else the likeliest is taken."""
        return self._sampling.temperature > 0

    def next(self, scores: Scores) -> int:
        """The token that follows, chosen by `scores`, which may be written to."""
        if self.draws:
            return self._taken(self.draw(self.distribution(scores)))
        self._prepare(scores)
        return self._taken(int(scores.argmax()))

    def judge(self, scores: Scores, proposed: int, drawn_from: Distribution | None) -> int:
        """The token that follows: `proposed` if it is accepted, else another.

        drawn_from: what the proposal was drawn from; None when it was not drawn.
        """
        if not self.draws or drawn_from is None:
            return self.next(scores)
        target = self.distribution(scores)
        if self._random.random() * drawn_from.of(proposed) < target.of(proposed):
            return self._taken(proposed)
        return self._taken(self.draw(target.without(drawn_from)))

    def distribution(self, scores: Scores) -> Distribution:
        """What a token is drawn from, as `Sampling` describes; `scores` may be written to."""
        self._prepare(scores)
        sampling = self._sampling
        kept = min(sampling.top_k or len(scores), len(scores))
        tokens = np.argpartition(-scores, kept - 1)[:kept] if kept < len(scores) else np.arange(kept)
        tokens = tokens[np.argsort(-scores[tokens], kind="stable")]
        logits = scores[tokens].astype(np.float64)
        probabilities = _softmax(logits)
        # The first token that reaches top_p is kept too.
        within = probabilities.cumsum() - probabilities < sampling.top_p
        within &= probabilities >= sampling.min_p * probabilities[0]
        return Distribution(tokens[within], _softmax(logits[within] / sampling.temperature))

    def draw(self, among: Distribution) -> int:
        """A token at random; nothing is recorded."""
        place = int(among.probabilities.cumsum().searchsorted(self._random.random(), side="right"))
        return int(among.tokens[min(place, len(among.tokens) - 1)])

    def close(self) -> None:
        if self._grammar is not None:
            self._grammar.close()

    def _prepare(self, scores: Scores) -> None:
        """Penalises what was said lately and rules out what the grammar does not allow."""
        penalty = self._sampling.repeat_penalty
        if penalty != 1 and self._recent:
            held = list(set(self._recent))
            row = scores[held]
            row[row > 0] /= penalty
            row[row < 0] *= penalty
            scores[held] = row
        if self._grammar is not None:
            self._grammar.rule_out(scores)

    def _taken(self, token: int) -> int:
        self._recent.append(token)
        if self._grammar is not None:
            self._grammar.accept(token)
        return token


class _Grammar:
    """llama.cpp's grammar, following one answer."""

    def __init__(self, text: str, model: LlamaModel) -> None:
        self._bindings = bindings = model.bindings
        self._handle: Any = bindings.llama_sampler_init_grammar(model.vocabulary, text.encode(), b"root")
        if not self._handle:
            raise EngineError("The grammar has errors.", remedy="Check it against llama.cpp's GBNF guide.")

    def rule_out(self, scores: Scores) -> None:
        """Sets the scores of tokens that cannot follow to -inf.

        Asking about every token takes milliseconds, so the likeliest are asked about first; the
        others are ruled out unseen when one of these can follow.
        """
        likeliest = np.argpartition(-scores, LIKELIEST)[:LIKELIEST]
        for candidates in (likeliest, np.arange(len(scores))):
            allowed = self._asked(scores, candidates)
            if np.isfinite(allowed).any():
                scores[:] = -np.inf
                scores[candidates] = allowed
                return

    def accept(self, token: int) -> None:
        self._bindings.llama_sampler_accept(self._handle, token)

    def close(self) -> None:
        if self._handle is not None:
            self._bindings.llama_sampler_free(self._handle)
            self._handle = None

    def _asked(self, scores: Scores, candidates: npt.NDArray[np.int64]) -> Scores:
        bindings = self._bindings
        records = (bindings.llama_token_data * len(candidates))()
        view = np.frombuffer(records, dtype=[("id", np.int32), ("logit", np.float32), ("p", np.float32)])
        view["id"], view["logit"] = candidates, scores[candidates]
        listed = bindings.llama_token_data_array(
            data=records, size=len(candidates), selected=-1, sorted=False
        )
        bindings.llama_sampler_apply(self._handle, ctypes.byref(listed))
        return view["logit"].copy()


def _softmax(logits: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    powers: npt.NDArray[np.float64] = np.exp(logits - logits.max())
    return powers / float(powers.sum())


def json_grammar(schema: str) -> str:
    """The grammar of JSON texts that satisfy a JSON schema, for `Sampling.grammar`."""
    # The bindings bring llama.cpp's own converter.
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    return str(json_schema_to_gbnf(schema))


def log_probability(scores: Scores, token: int) -> float:
    """The logarithm of how likely `token` is among all that `scores` are of (softmax); 0 is certain."""
    highest = float(scores.max())
    return float(scores[token]) - highest - math.log(float(np.exp(scores - highest).sum()))
