"""Speculative decoding: before every step, decides which drafter proposes how many tokens.

Whether speculation pays off depends on the text (how many proposals are accepted) and on the machine (what
it costs to verify k tokens in a batch, compared with one). `Speculator` measures both as it works, and
before every step chooses the drafter and the length with the highest expected rate. If a proposal is
accepted with probability `a`, k proposals yield (1 - a^(k+1)) / (1 - a) tokens on average (Leviathan et
al. 2023, equation 1), in the time of k drafted tokens and one batch of k + 1. Where that is slower than plain
decoding, the speculator proposes nothing and tries again after a pause that doubles each time.

What it has learned outlasts it: a speculator for the same models on the same machine begins with it
(`assistant.engine.experience`), so that a short answer need not find out again.

The drafters are in `assistant.engine.drafters`. They do not affect which tokens come out:
`assistant.engine.sampling` verifies every proposal.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from assistant.engine import Sampling
from assistant.engine.drafters import DraftModel, PromptLookup
from assistant.engine.experience import NO_OUTCOMES, Experience, Outcomes
from assistant.engine.sampling import Distribution
from assistant.engine.settings import Drafting

LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16)
"""The possible lengths of a proposal. There are few, so that the cost of each is soon known."""

MOST_DRAFTED = LENGTHS[-1]
"""The most tokens in one proposal."""

DECAY = 0.9
"""The weight of earlier outcomes when a new one is added."""

LOOKUP_ACCEPTANCE = {2: 0.4, 3: 0.6, 4: 0.7}
"""Prior acceptance rate of prompt lookup, by the length of the match."""

DRAFT_ACCEPTANCE = 0.8
"""Prior acceptance rate of a draft model. High, because whoever configures one expects it to agree."""

PRIOR_WEIGHT = 2.0
"""How many verified proposals a prior acceptance rate counts for."""

PRIOR_SLOPE = 0.25
"""Assumed cost of each additional token in a batch before any has been measured, in single steps."""

COST_RECOVERY = 0.2
"""With each answer written without the draft model, its measured cost moves this far back to the expected
one."""

FIRST_PAUSE, LONGEST_PAUSE = 16, 128
"""Tokens decoded without a drafter that did not pay off before it is tried again."""

_UPDATE = 0.2
"""The weight of a new measurement in a running average of costs."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Proposed tokens."""

    tokens: tuple[int, ...] = ()
    """The proposal, possibly empty."""
    drawn_from: tuple[Distribution, ...] | None = None
    """The distribution each token was drawn from; None if they were not drawn at random."""
    record: "_Record | None" = None
    """Where the outcome is recorded."""


@dataclass(slots=True)
class _Record:
    """The track record of one drafter."""

    prior: float
    """The acceptance rate assumed at first."""
    accepted: float = 0.0
    """Accepted proposals, older ones counting less."""
    verified: float = 0.0
    """Verified proposals, older ones counting less. Those after a rejected one are never verified."""
    waiting: bool = False
    """Whether the drafter did not pay off at the last decision."""
    paused: int = 0
    """Tokens until it is tried again."""
    pause: int = FIRST_PAUSE
    """Length of the next pause, in tokens."""

    @property
    def rate(self) -> float:
        """The estimated acceptance rate, below 1."""
        expected = self.prior * PRIOR_WEIGHT
        return min((self.accepted + expected) / (self.verified + PRIOR_WEIGHT), 0.99)

    def add(self, accepted: int, proposed: int) -> None:
        """Records that `accepted` of `proposed` tokens were accepted."""
        self.accepted = DECAY * self.accepted + accepted
        self.verified = DECAY * self.verified + accepted + (accepted < proposed)

    @property
    def outcomes(self) -> Outcomes:
        """What was learned, to begin with another time."""
        return Outcomes(self.accepted, self.verified)

    def renew(self) -> None:
        """Starts a new answer: earlier outcomes count half, and pauses end."""
        self.accepted /= 2
        self.verified /= 2
        self.waiting, self.paused, self.pause = False, 0, FIRST_PAUSE


class _BatchCosts:
    """Seconds that a batch takes, by its number of tokens: measured, or interpolated."""

    def __init__(self, relative: Mapping[int, float]) -> None:
        """relative: costs measured earlier, in single steps; they count until new ones are measured."""
        self._measured: dict[int, float] = {**relative, 1: 1.0} if relative else {}
        self._estimates: list[float] = []
        """Indexed by size; emptied by every new measurement."""
        self.timed = False
        """Whether a single step has been timed. Until then, costs are in single steps and not in seconds."""

    @property
    def known(self) -> bool:
        """Whether there is a single step, which all estimates are based on."""
        return 1 in self._measured

    @property
    def relative(self) -> dict[int, float]:
        """The measured costs in single steps."""
        single = self._measured.get(1, 1.0)
        return {size: cost / single for size, cost in self._measured.items()}

    def of(self, size: int) -> float:
        """Returns the seconds for a batch of `size` tokens."""
        if not self._estimates:
            self._estimates = [0.0, *(self._estimate(size_) for size_ in range(1, MOST_DRAFTED + 2))]
        return self._estimates[size]

    def add(self, size: int, seconds: float) -> None:
        """Adds a measurement; the first must be of a single step."""
        if not self.timed:
            self._measured = {each: seconds * cost for each, cost in self.relative.items()}
            self.timed = True
        known = self._measured.get(size)
        # An outlier usually means that another program was busy, and says little about the next step.
        self._measured[size] = (
            seconds if known is None else known + _UPDATE * (min(seconds, 2 * known) - known)
        )
        self._estimates.clear()

    def _estimate(self, size: int) -> float:
        single = self._measured[1]
        below = max((measured for measured in self._measured if measured <= size), default=1)
        above = min((measured for measured in self._measured if measured > size), default=0)
        start = self._measured[below]
        if above:
            slope = (self._measured[above] - start) / (above - below)
        elif below > 1:
            slope = (start - single) / (below - 1)
        else:
            slope = PRIOR_SLOPE * single
        return start + max(slope, 0.0) * (size - below)


class Speculator:
    """Proposes tokens for the target model to verify, and learns from what was accepted."""

    def __init__(
        self,
        drafting: Drafting,
        draft: DraftModel | None,
        *,
        parameters: int,
        experience: Experience | None = None,
    ) -> None:
        """
        draft: the draft model; None for none.
        parameters: the number of the target model's weights.
        experience: what an earlier speculator learned; None for nothing.
        """
        earlier = experience or Experience()
        self._drafting = drafting
        self._lookup = PromptLookup() if drafting in (Drafting.AUTO, Drafting.LOOKUP) else None
        self._draft = draft if drafting in (Drafting.AUTO, Drafting.DRAFT) else None
        self._costs = _BatchCosts(earlier.costs)
        self._draft_record = _Record(DRAFT_ACCEPTANCE, *earlier.draft)
        self._lookup_records = {
            length: _Record(prior, *earlier.lookup.get(length, NO_OUTCOMES))
            for length, prior in LOOKUP_ACCEPTANCE.items()
        }
        self._draft_cost = draft.parameters / parameters if draft is not None else 0.0
        """Cost of drafting one token, in single steps of the target model."""
        self._expected_draft_cost = self._draft_cost
        if earlier.draft_cost:
            self._draft_cost = earlier.draft_cost
        self._drafting_now = False
        """Whether the draft model takes part in the current answer."""

    def begin(self, tokens: Sequence[int], sampling: Sampling) -> Iterator[None]:
        """Starts a new answer to the prompt `tokens`, yielding after each batch the draft model reads."""
        for record in (self._draft_record, *self._lookup_records.values()):
            record.renew()
        if self._lookup is not None:
            self._lookup.begin()
        # The draft model needs time to read the prompt too, so it does so only if it is likely to pay off.
        self._drafting_now = self._draft is not None and (
            self._drafting is Drafting.DRAFT
            or not self._costs.known
            or self._best(self._draft_record, MOST_DRAFTED, self._draft_cost)[0] > 0
        )
        if self._draft is not None and self._drafting_now:
            yield from self._draft.begin(tokens, sampling)
        else:
            # Another program may have inflated the cost that was measured last.
            self._draft_cost += COST_RECOVERY * (self._expected_draft_cost - self._draft_cost)

    def propose(self, tokens: Sequence[int], most: int) -> Draft:
        """Returns at most `most` tokens to verify after `tokens`, and often none."""
        most = min(most, MOST_DRAFTED)
        # The first step is a plain one, to measure the cost of a step.
        if most < 1 or not self._costs.timed:
            return Draft()
        copied = self._lookup.propose(tokens, most) if self._lookup is not None else ()
        lookup_record: _Record | None = None
        lookup_length, lookup_rate = 0, 0.0
        if copied and self._lookup is not None:
            lookup_record = self._lookup_records[self._lookup.match_length]
            lookup_length, lookup_rate = self._length(lookup_record, len(copied), 0.0)
        draft_length, draft_rate = 0, 0.0
        if self._drafting_now:
            draft_length, draft_rate = self._length(self._draft_record, most, self._draft_cost)
        if lookup_length and lookup_rate >= draft_rate:
            return Draft(copied[:lookup_length], record=lookup_record)
        if draft_length and self._draft is not None:
            return self._drafted(self._draft, tokens, draft_length)
        return Draft()

    def outcome(self, draft: Draft, accepted: int, seconds: float) -> None:
        """Learns from a step: `accepted` proposals of `draft`, and a batch that took `seconds`."""
        if self._drafting is Drafting.OFF:
            return
        self._costs.add(len(draft.tokens) + 1, seconds)
        if draft.record is not None:
            draft.record.add(accepted, len(draft.tokens))
        for record in (self._draft_record, *self._lookup_records.values()):
            record.paused = max(record.paused - accepted - 1, 0)

    @property
    def experience(self) -> Experience | None:
        """What was learned so far; None if nothing was."""
        if not self._costs.timed:
            return None
        return Experience(
            costs=self._costs.relative,
            draft_cost=self._draft_cost if self._draft is not None else 0.0,
            draft=self._draft_record.outcomes,
            lookup={length: record.outcomes for length, record in self._lookup_records.items()},
        )

    def forget(self) -> None:
        """Erases all texts; measured costs and acceptance rates stay."""
        if self._lookup is not None:
            self._lookup = PromptLookup()
        if self._draft is not None:
            self._draft.forget()

    def _drafted(self, model: DraftModel, tokens: Sequence[int], length: int) -> Draft:
        """Returns a proposal of the draft model, and measures what it costs."""
        # After a fully accepted draft there are two tokens to read at once, which cost little more than one.
        up_to_date = model.unread(tokens) <= 2
        started = time.perf_counter()
        proposed, drawn_from = model.propose(tokens, length)
        if up_to_date:
            cost = (time.perf_counter() - started) / len(proposed) / self._costs.of(1)
            self._draft_cost += _UPDATE * (min(cost, 2 * self._draft_cost) - self._draft_cost)
        return Draft(proposed, drawn_from, self._draft_record)

    def _length(self, record: _Record, most: int, draft_cost: float) -> tuple[int, float]:
        """Returns how many tokens to propose, and the expected rate in tokens per second.

        draft_cost: the cost of drafting one token, in single steps. Starts a pause if drafting does not pay.
        """
        # The first proposal is a test, so it is short.
        length, rate = self._best(record, most if record.verified >= 1 else min(most, 2), draft_cost)
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

    def _best(self, record: _Record, most: int, draft_cost: float) -> tuple[int, float]:
        """Returns the fastest length, 0 for plain decoding, and its expected rate in tokens per second."""
        acceptance, single = record.rate, self._costs.of(1)
        best, best_rate = 0, 1 / single
        for length in LENGTHS:
            if length > most:
                break
            expected = (1 - acceptance ** (length + 1)) / (1 - acceptance)
            rate = expected / (self._costs.of(length + 1) + length * draft_cost * single)
            if rate > best_rate:
                best, best_rate = length, rate
        return best, best_rate
