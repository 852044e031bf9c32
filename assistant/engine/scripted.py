"""An engine in memory that answers from a script, for tests of everything above the engine.

It obeys the same rules as the real one (context length, token limit, cancellation, streaming), because both
stream through `Generation`. Its tokens are the bytes of UTF-8, so characters and stop strings do span
tokens. Two control tokens of a ChatML-like chat format follow them. A token's likelihood is its frequency in
the text before it.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from assistant.engine import Generation, Sampling, most_tokens
from assistant.errors import EngineError

_CONTROL = ("<|im_start|>", "<|im_end|>")
_BATCH_TOKENS = 256


class ScriptedEngine:
    """Answers every prompt from a script. Implements `assistant.engine.Engine`."""

    def __init__(
        self,
        answer: str | Callable[[str], str],
        *,
        name: str = "scripted",
        context_tokens: int = 16_384,
        chat_layout: bool = True,
        parameters: int = 8_000_000_000,
        log_odds: float = 3.0,
    ) -> None:
        """
        answer: the answer to every prompt, or a function from the prompt's text to its answer.
        chat_layout: whether the model has a chat template.
        parameters: the number of weights it claims to have.
        log_odds: that of every prompt.
        """
        self._answer = answer
        self._name = name
        self._context_tokens = context_tokens
        self._chat_layout = chat_layout
        self._parameters = parameters
        self._log_odds = log_odds
        self._closed = False
        self._generation = 0

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """As given."""
        return self._context_tokens

    @property
    def parameters(self) -> int:
        """As given."""
        return self._parameters

    @property
    def digest(self) -> str:
        """SHA-256 of the name, in hex."""
        return hashlib.sha256(self._name.encode()).hexdigest()

    def tokenize(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """See `Engine.tokenize`; there is no beginning-of-text token."""
        self._check_open()
        if not special:
            return list(text.encode("utf-8", "replace"))
        for number, control in enumerate(_CONTROL):
            before, separator, after = text.partition(control)
            if separator:
                return [
                    *self.tokenize(before, special=True),
                    256 + number,
                    *self.tokenize(after, special=True),
                ]
        return self.tokenize(text)

    def detokenize(self, tokens: Sequence[int]) -> str:
        """See `Engine.detokenize`."""
        self._check_open()
        pieces = (bytes([token]) if token < 256 else _CONTROL[token - 256].encode() for token in tokens)
        return b"".join(pieces).decode("utf-8", "replace")

    def render(self, turns: Sequence[tuple[str, str]]) -> str | None:
        """See `Engine.render`."""
        self._check_open()
        if not self._chat_layout:
            return None
        rendered = "".join(f"<|im_start|>{role}\n{content}<|im_end|>\n" for role, content in turns)
        return rendered + "<|im_start|>assistant\n"

    def generate(
        self,
        prompt: Sequence[int],
        sampling: Sampling,
        *,
        limit: int,
        stop: Sequence[str] = (),
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Generation:
        """See `Engine.generate`; `sampling` makes no difference."""
        self._check_open()
        most = most_tokens(self, prompt, limit)
        self._generation += 1
        return Generation(
            self._tokens(list(prompt), self._generation),
            lambda token: bytes([token]),
            model=self._name,
            prompt_tokens=len(prompt),
            limit=most,
            stop=stop,
            cancelled=cancelled,
        )

    def likelihood(self, given: Sequence[int], text: Sequence[int]) -> float:
        """Returns the mean log-frequency in `given` of the tokens of `text`, with add-one smoothing."""
        self._check_open()
        counts = Counter(given)
        return sum(math.log((1 + counts[token]) / (256 + len(given))) for token in text) / len(text)

    def log_odds(self, prompt: Sequence[int], one: str, other: str) -> float:
        """As given."""
        self._check_open()
        most_tokens(self, prompt, 1)
        self._generation += 1
        return self._log_odds

    def forget(self) -> None:
        """See `Engine.forget`."""
        self._check_open()
        self._generation += 1

    def close(self) -> None:
        """See `Engine.close`."""
        self._closed = True
        self._generation += 1

    def _tokens(self, prompt: list[int], generation: int) -> Iterator[int | None]:
        for _ in range(_BATCH_TOKENS, len(prompt), _BATCH_TOKENS):
            yield None
        self._check_current(generation)
        text = self._answer if isinstance(self._answer, str) else self._answer(self.detokenize(prompt))
        for token in text.encode():
            self._check_current(generation)
            yield token

    def _check_current(self, generation: int) -> None:
        if generation != self._generation:
            raise EngineError("This answer was interrupted: the engine started another one, or was closed.")

    def _check_open(self) -> None:
        if self._closed:
            raise EngineError(f"{self._name} is closed.")
