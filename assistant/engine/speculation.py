"""Drafting: who proposes the tokens that the target then verifies in one batch, and how many.

A *drafter* continues the tokens written so far. `PromptLookup` finds where the last few tokens stood
before, in the prompt or the answer, and proposes what followed them there: it costs microseconds and
is right where an answer quotes its passages (Saxena 2023, "Prompt Lookup Decoding"). `DraftModel`
asks a smaller model with the same vocabulary (Leviathan et al. 2023).

Whether drafting pays depends on the text (how much is accepted) and on the machine (what verifying
k tokens costs over one). `Speculator` measures both while it works, and before every step takes the
drafter and the length that promise the most tokens a second: with a share `a` of proposals accepted,
k proposals yield (1 - a^(k+1)) / (1 - a) tokens on average (Leviathan et al., equation 1) for the time
of k drafts and one batch of k + 1. Where that is less than plain decoding gives, it proposes nothing,
and tries again after a pause that grows.

Which tokens come out is not decided here: every proposal is judged by `assistant.engine.sampling`.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from assistant.engine import Sampling
from assistant.engine.native import LlamaContext, LlamaModel
from assistant.engine.sampling import Distribution, Sampler
from assistant.engine.settings import Drafting

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""How many tokens are proposed at once; few sizes, so that the cost of each is soon known."""

MOST_DRAFTED = LENGTHS[-1]

FADING = 0.9
"""Weight of what was seen so far when a step's outcome is added to it."""

HOPES = {2: 0.4, 3: 0.6, 4: 0.7}
"""The share of accepted proposals expected of lookup before any was seen, by what was matched."""

DRAFT_HOPE = 0.8
"""The same for a draft model: who configures one has reason to."""

LONGEST_GRAM, SHORTEST_GRAM = max(HOPES), min(HOPES)
"""Lengths of the token sequences that are looked up, longest first."""

HOPE_WEIGHT = 2.0
"""How many proposals an expectation counts for."""

EXPECTED_SLOPE = 0.25
"""Cost of each further token of a batch before any was measured, in single steps."""

FORGETTING = 0.2
"""Share of what a draft model cost beyond expectation that is forgotten with each answer without it."""

FIRST_PAUSE, LONGEST_PAUSE = 16, 128
"""Tokens written plainly before drafting is tried again after it did not pay."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Proposed tokens."""

    tokens: tuple[int, ...] = ()
    drawn_from: tuple[Distribution, ...] | None = None
    """What each was drawn from; None when they were not drawn at random."""
    by: "_Record | None" = None
    """Whose record the outcome goes into."""


class Drafter(Protocol):
    """Continues tokens."""

    def begin(self, tokens: Sequence[int], sampling: Sampling) -> Iterator[None]:
        """Reads the prompt, in steps between which the caller looks at its cancel signal."""

    def propose(self, tokens: Sequence[int], most: int) -> Draft:
        """Up to `most` tokens to follow `tokens`, which start with the prompt and only ever grow."""


class PromptLookup:
    """Proposes what followed the last tokens where they stood before. Implements `Drafter`."""

    def __init__(self) -> None:
        self._follows: dict[tuple[int, ...], int] = {}
        self._indexed = 0
        self.matched = 0
        """Length of the sequence found for the last proposal; 0 when none was."""

    def begin(self, tokens: Sequence[int], sampling: Sampling) -> Iterator[None]:
        self._follows.clear()
        self._indexed = 0
        yield from ()

    def propose(self, tokens: Sequence[int], most: int) -> Draft:
        self._extend(tokens)
        for size in range(LONGEST_GRAM, SHORTEST_GRAM - 1, -1):
            place = self._follows.get(tuple(tokens[-size:]))
            if place is not None:
                self.matched = size
                return Draft(tuple(tokens[place : place + most]))
        self.matched = 0
        return Draft()

    def _extend(self, tokens: Sequence[int]) -> None:
        """Indexes what was added: each sequence by the place that follows its latest occurrence."""
        for place in range(max(self._indexed, 1), len(tokens)):
            for size in range(SHORTEST_GRAM, min(LONGEST_GRAM, place) + 1):
                self._follows[tuple(tokens[place - size : place])] = place
        self._indexed = len(tokens)


class DraftModel:
    """Proposes what a smaller model of the same vocabulary would write. Implements `Drafter`."""

    def __init__(self, model: LlamaModel, context: LlamaContext) -> None:
        """`context` is of `model`; both are closed with this."""
        self.parameters = model.parameters
        self._model = model
        self._context = context
        self._sampler = Sampler(Sampling(), model)
        self._read = 0
        """How many of the context's tokens are known to be the answer's."""

    def begin(self, tokens: Sequence[int], sampling: Sampling) -> Iterator[None]:
        # Without grammar and penalties: what they rule out is rejected when it is judged.
        own = replace(sampling, repeat_penalty=1.0, grammar="", seed=sampling.seed + 1)
        self._sampler = Sampler(own, self._model)
        self._read = self._context.keep_common(tokens[:-1])
        for _ in self._computed(tokens[:-1]):
            yield

    def behind(self, tokens: Sequence[int]) -> int:
        """How many of `tokens` it has yet to read before it can propose."""
        return len(tokens) - self._read

    def propose(self, tokens: Sequence[int], most: int) -> Draft:
        for _ in self._computed(tokens):
            pass
        proposed: list[int] = []
        drawn_from: list[Distribution] = []
        while True:
            scores = self._context.scores(0)
            if self._sampler.draws:
                drawn_from.append(self._sampler.distribution(scores))
                proposed.append(self._sampler.draw(drawn_from[-1]))
            else:
                proposed.append(int(scores.argmax()))
            if len(proposed) == most or self._model.ends(proposed[-1]):
                return Draft(tuple(proposed), tuple(drawn_from) if self._sampler.draws else None)
            self._context.compute(proposed[-1:])

    def forget(self) -> None:
        """Forgets what it has read."""
        self._read = 0
        self._context.clear()

    def close(self) -> None:
        self._context.close()
        self._model.close()

    def _computed(self, tokens: Sequence[int]) -> Iterator[None]:
        """Makes the context hold `tokens`, with the last one's scores; looks only at what is new."""
        held, known = self._context.held, self._read
        while known < min(len(held), len(tokens) - 1) and held[known] == tokens[known]:
            known += 1
        self._context.cut(known)
        batch = self._context.settings.batch_tokens
        for start in range(known, len(tokens), batch):
            self._context.compute(tokens[start : start + batch])
            yield
        self._read = len(tokens)


@dataclass(slots=True)
class _Record:
    """What became of one drafter's proposals."""

    hope: float
    """The share expected to be accepted."""
    accepted: float = 0.0
    judged: float = 0.0
    """Proposals accepted and judged, those of long ago counting less. After the first one that is
    rejected the rest of a draft is not judged."""
    waiting: bool = False
    """Whether it did not pay when last looked at."""
    paused: int = 0
    """Tokens until it is tried again."""
    pause: int = FIRST_PAUSE
    """How long the next pause is."""

    @property
    def share(self) -> float:
        """The share of proposals that is accepted."""
        expected = self.hope * HOPE_WEIGHT
        return min((self.accepted + expected) / (self.judged + HOPE_WEIGHT), 0.99)

    def add(self, accepted: int, proposed: int) -> None:
        self.accepted = FADING * self.accepted + accepted
        self.judged = FADING * self.judged + accepted + (accepted < proposed)

    def renew(self) -> None:
        """Another answer begins: what was seen so far counts half of it."""
        self.accepted /= 2
        self.judged /= 2
        self.waiting, self.paused, self.pause = False, 0, FIRST_PAUSE


class _Costs:
    """Seconds a batch takes by its number of tokens: as measured, and estimated in between."""

    def __init__(self) -> None:
        self._measured: dict[int, float] = {}
        self._estimated: list[float] = []
        """By size, from 0; emptied when something was measured since."""

    @property
    def known(self) -> bool:
        """Whether a single step was measured, on which all else is estimated."""
        return 1 in self._measured

    def of(self, size: int) -> float:
        if not self._estimated:
            self._estimated = [0.0, *(self._estimate(each) for each in range(1, MOST_DRAFTED + 2))]
        return self._estimated[size]

    def add(self, size: int, seconds: float) -> None:
        known = self._measured.get(size)
        # Something else held the machine up: one such step says little about the next.
        self._measured[size] = seconds if known is None else known + 0.2 * (min(seconds, 2 * known) - known)
        self._estimated.clear()

    def _estimate(self, size: int) -> float:
        single = self._measured[1]
        below = max((each for each in self._measured if each <= size), default=1)
        above = min((each for each in self._measured if each > size), default=0)
        start = self._measured[below]
        if above:
            slope = (self._measured[above] - start) / (above - below)
        elif below > 1:
            slope = (start - single) / (below - 1)
        else:
            slope = EXPECTED_SLOPE * single
        return start + max(slope, 0.0) * (size - below)


class Speculator:
    """Decides before every step who proposes how many tokens."""

    def __init__(self, drafting: Drafting, draft: DraftModel | None, *, parameters: int) -> None:
        """parameters: how many weights the target has."""
        self._drafting = drafting
        self._lookup = PromptLookup() if drafting in (Drafting.AUTO, Drafting.LOOKUP) else None
        self._draft = draft if drafting in (Drafting.AUTO, Drafting.DRAFT) else None
        self._costs = _Costs()
        self._draft_record = _Record(DRAFT_HOPE)
        self._lookup_records = {size: _Record(hope) for size, hope in HOPES.items()}
        self._draft_share = draft.parameters / parameters if draft is not None else 0.0
        """Cost of drafting one token over that of a single step of the target."""
        self._expected_share = self._draft_share
        self._reading = False

    def begin(self, tokens: Sequence[int], sampling: Sampling) -> Iterator[None]:
        """A new answer to the prompt `tokens`; in steps, as in `Drafter`."""
        for record in (self._draft_record, *self._lookup_records.values()):
            record.renew()
        if self._lookup is not None:
            yield from self._lookup.begin(tokens, sampling)
        # Reading the prompt costs the draft model time too: only when it can be expected to pay.
        self._reading = self._draft is not None and (
            self._drafting is Drafting.DRAFT
            or not self._costs.known
            or self._best(self._draft_record, MOST_DRAFTED, self._draft_share)[0] > 0
        )
        if self._draft is not None and self._reading:
            yield from self._draft.begin(tokens, sampling)
        else:
            # What it cost when it was last tried was perhaps another program's doing.
            self._draft_share += FORGETTING * (self._expected_share - self._draft_share)

    def propose(self, tokens: Sequence[int], most: int) -> Draft:
        """What to verify after `tokens`, at most `most`; often nothing."""
        most = min(most, MOST_DRAFTED)
        # The first step is plain: it tells what a step costs.
        if most < 1 or not self._costs.known:
            return Draft()
        found = self._lookup.propose(tokens, most) if self._lookup is not None else Draft()
        by_lookup = by_draft = (0, 0.0)
        if found.tokens and self._lookup is not None:
            record = self._lookup_records[self._lookup.matched]
            found = replace(found, by=record)
            by_lookup = self._length(record, len(found.tokens), 0.0)
        if self._reading:
            by_draft = self._length(self._draft_record, most, self._draft_share)
        if by_lookup[0] and by_lookup[1] >= by_draft[1]:
            return replace(found, tokens=found.tokens[: by_lookup[0]])
        if by_draft[0] and self._draft is not None:
            # After a full acceptance it has two tokens to read at once, which cost it hardly more than one.
            abreast = self._draft.behind(tokens) <= 2
            started = time.perf_counter()
            draft = self._draft.propose(tokens, by_draft[0])
            if abreast:
                share = (time.perf_counter() - started) / len(draft.tokens) / self._costs.of(1)
                self._draft_share += 0.2 * (min(share, 2 * self._draft_share) - self._draft_share)
            return replace(draft, by=self._draft_record)
        return Draft()

    def outcome(self, draft: Draft, accepted: int, seconds: float) -> None:
        """Learns from a step: how many of the proposals were accepted, and what the batch cost."""
        if self._drafting is Drafting.OFF:
            return
        self._costs.add(len(draft.tokens) + 1, seconds)
        if draft.by is not None:
            draft.by.add(accepted, len(draft.tokens))
        for record in (self._draft_record, *self._lookup_records.values()):
            record.paused = max(record.paused - accepted - 1, 0)

    def forget(self) -> None:
        """Forgets the texts it has seen, not what it learned of costs."""
        if self._lookup is not None:
            self._lookup = PromptLookup()
        if self._draft is not None:
            self._draft.forget()

    def close(self) -> None:
        if self._draft is not None:
            self._draft.close()

    def _length(self, record: _Record, most: int, draft_share: float) -> tuple[int, float]:
        """How many tokens to propose, and how many a second that promises; pauses when it does not pay.

        draft_share: cost of drafting one token over a single step.
        """
        # The first proposal is a question, and asked cheaply.
        length, rate = self._best(record, most if record.judged >= 1 else min(most, 2), draft_share)
        if length:
            record.waiting, record.pause = False, FIRST_PAUSE
        elif self._drafting is not Drafting.AUTO:
            length = 1
        elif not record.waiting:
            record.waiting, record.paused = True, record.pause
            record.pause = min(2 * record.pause, LONGEST_PAUSE)
        elif not record.paused:
            record.waiting, length = False, 1
        return length, rate

    def _best(self, record: _Record, most: int, draft_share: float) -> tuple[int, float]:
        """The length with the highest rate, 0 for plain decoding, and that rate in tokens a second."""
        share, single = record.share, self._costs.of(1)
        best, best_rate = 0, 1 / single
        for length in LENGTHS:
            if length > most:
                break
            expected = (1 - share ** (length + 1)) / (1 - share)
            rate = expected / (self._costs.of(length + 1) + length * draft_share * single)
            if rate > best_rate:
                best, best_rate = length, rate
        return best, best_rate
