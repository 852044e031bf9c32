"""Two ways to propose the next tokens, for the target model to verify in one batch.

`PromptLookup` finds the last few tokens earlier in the prompt or the answer, and proposes what followed
them there. It costs microseconds and is right where an answer quotes its passages (Saxena 2023, "Prompt
Lookup Decoding"). `DraftModel` runs a smaller model with the same vocabulary (Leviathan et al. 2023, "Fast
Inference from Transformers via Speculative Decoding").

`assistant.engine.speculation` decides which of them proposes how many tokens.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from assistant.engine import Sampling
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.sampling import Distribution, Sampler

SHORTEST_MATCH, LONGEST_MATCH = 2, 4
"""Lengths of the token sequences that prompt lookup searches for; the longest match wins."""


class PromptLookup:
    """Proposes what followed the last tokens at their latest earlier occurrence."""

    def __init__(self) -> None:
        self._continuations: dict[tuple[int, ...], int] = {}
        """For each sequence of tokens, the index just after its latest occurrence."""
        self._indexed = 0
        self.match_length = 0
        """Length of the sequence that the last proposal matched; 0 if there was no match."""

    def begin(self) -> None:
        """Starts a new answer: forgets the previous one and its prompt."""
        self._continuations.clear()
        self._indexed = 0

    def propose(self, tokens: Sequence[int], most: int) -> tuple[int, ...]:
        """Returns up to `most` tokens to follow `tokens`, the prompt and the answer so far."""
        self._index(tokens)
        for size in range(LONGEST_MATCH, SHORTEST_MATCH - 1, -1):
            index = self._continuations.get(tuple(tokens[-size:]))
            if index is not None:
                self.match_length = size
                return tuple(tokens[index : index + most])
        self.match_length = 0
        return ()

    def _index(self, tokens: Sequence[int]) -> None:
        """Adds the tokens that are new since the last call to the index, without the very end."""
        for index in range(max(self._indexed, 1), len(tokens)):
            for size in range(SHORTEST_MATCH, min(LONGEST_MATCH, index) + 1):
                self._continuations[tuple(tokens[index - size : index])] = index
        self._indexed = len(tokens)


class DraftModel:
    """Proposes what a smaller model with the same vocabulary would write."""

    def __init__(self, model: LlamaModel, context: LlamaContext) -> None:
        """`context` belongs to `model`; `close` closes both."""
        self.parameters = model.parameters
        """The number of the draft model's weights."""
        self._model = model
        self._context = context
        self._sampler = Sampler(Sampling())
        self._read = 0
        """How many of the context's tokens are known to be those of the current answer."""

    def begin(self, tokens: Sequence[int], sampling: Sampling) -> Iterator[None]:
        """Starts a new answer to the prompt `tokens` and reads it, yielding after each batch."""
        self._sampler = Sampler(replace(sampling, seed=sampling.seed + 1))
        self._read = self._context.keep_common(tokens[:-1])
        yield from self._catch_up(tokens[:-1])

    def unread(self, tokens: Sequence[int]) -> int:
        """Returns how many of `tokens` the draft model must read before it can propose."""
        return len(tokens) - self._read

    def propose(
        self, tokens: Sequence[int], most: int
    ) -> tuple[tuple[int, ...], tuple[Distribution, ...] | None]:
        """Returns up to `most` tokens to follow `tokens`, the prompt and the answer so far.

        The second value holds the distribution each token was drawn from; None for greedy decoding.
        """
        for _ in self._catch_up(tokens):
            pass
        proposed: list[int] = []
        distributions: list[Distribution] = []
        while True:
            scores = self._context.scores(0)
            if self._sampler.random:
                distributions.append(self._sampler.distribution(scores))
                proposed.append(self._sampler.draw(distributions[-1]))
            else:
                proposed.append(int(scores.argmax()))
            if len(proposed) == most or self._model.ends(proposed[-1]):
                return tuple(proposed), tuple(distributions) if self._sampler.random else None
            self._context.compute(proposed[-1:])

    def forget(self) -> None:
        """Erases the prompt and the answer from the draft model's context."""
        self._read = 0
        self._context.clear()

    def close(self) -> None:
        """Frees the context and the model; does nothing the second time."""
        self._context.close()
        self._model.close()

    def _catch_up(self, tokens: Sequence[int]) -> Iterator[None]:
        """Makes the context hold `tokens`, with the scores after the last one; computes only what is new."""
        held, known = self._context.held, self._read
        while known < min(len(held), len(tokens) - 1) and held[known] == tokens[known]:
            known += 1
        self._context.cut(known)
        batch = self._context.settings.batch_tokens
        for start in range(known, len(tokens), batch):
            self._context.compute(tokens[start : start + batch])
            yield
        self._read = len(tokens)
