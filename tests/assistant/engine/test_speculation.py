"""Speculation is used where it makes decoding faster, and avoided where it does not."""

import itertools
from collections.abc import Callable

from assistant.engine import Sampling
from assistant.engine.settings import Drafting
from assistant.engine.speculation import FIRST_PAUSE, LONGEST_PAUSE, MOST_DRAFTED, Draft, Speculator


class Machine:
    """A simulated target model with a given cost per batch size and a given acceptance rate."""

    def __init__(self, step: Callable[[int], float], accepted: float) -> None:
        self.step = step
        self.accepted = accepted
        self.seconds = 0.0
        self.tokens = [*range(100, 140), *range(100, 104)]
        self.speculator = Speculator(Drafting.AUTO, None, parameters=1)
        self.drafts: list[int] = []

    def run(self, count: int) -> float:
        """Generates about `count` tokens of a repetitive text; returns tokens per second."""
        list(self.speculator.begin(self.tokens, Sampling()))
        generated, owed = 0, 0.0
        while generated < count:
            draft: Draft = self.speculator.propose(self.tokens, MOST_DRAFTED)
            owed += self.accepted
            accepted = 0
            while accepted < len(draft.tokens) and owed >= 1:
                accepted, owed = accepted + 1, owed - 1 + self.accepted
            seconds = self.step(len(draft.tokens) + 1)
            self.seconds += seconds
            self.speculator.outcome(draft, accepted, seconds)
            self.drafts.append(len(draft.tokens))
            following = (self.tokens[-1] - 100 + 1) % 40 + 100
            self.tokens += [(following - 100 + place) % 40 + 100 for place in range(accepted + 1)]
            generated += accepted + 1
        return generated / self.seconds


def test_cheap_proposals_that_are_always_accepted_become_long() -> None:
    machine = Machine(lambda size: 1 + 0.05 * (size - 1), accepted=1.0)
    assert machine.run(300) > 4
    assert max(machine.drafts) == MOST_DRAFTED


def test_proposals_that_are_expensive_to_verify_stay_short() -> None:
    machine = Machine(lambda size: 1 + 0.9 * (size - 1), accepted=0.5)
    assert machine.run(300) > 0.95
    assert sum(machine.drafts[-40:]) < 40


def test_proposals_that_are_never_accepted_cost_little() -> None:
    machine = Machine(lambda size: 1 + 0.4 * (size - 1), accepted=0.0)
    assert machine.run(400) > 0.95
    tried = [place for place, length in enumerate(machine.drafts) if length]
    pauses = [later - sooner for sooner, later in itertools.pairwise(tried)]
    assert max(pauses) >= 4 * FIRST_PAUSE
    assert max(pauses) <= LONGEST_PAUSE + 1


def test_drafting_resumes_when_it_begins_to_pay_off() -> None:
    machine = Machine(lambda size: 1 + 0.2 * (size - 1), accepted=0.0)
    machine.run(200)
    machine.accepted, machine.seconds = 1.0, 0.0
    assert machine.run(400) > 1.5


def test_what_was_learned_is_used_from_the_second_step_on() -> None:
    first = Machine(lambda size: 1 + 0.05 * (size - 1), accepted=1.0)
    first.run(300)
    # The same machine, three times as slow because another program works too.
    second = Machine(lambda size: 3 + 0.15 * (size - 1), accepted=1.0)
    second.speculator = Speculator(Drafting.AUTO, None, parameters=1, experience=first.speculator.experience)
    second.run(40)
    assert second.drafts[0] == 0
    assert second.drafts[1] == MOST_DRAFTED


def test_proposals_that_never_paid_are_not_tried_at_once_again() -> None:
    def tried(machine: Machine) -> int:
        machine.run(30)
        return sum(length > 0 for length in machine.drafts)

    first = Machine(lambda size: 1 + 0.4 * (size - 1), accepted=0.0)
    first.run(300)
    second = Machine(lambda size: 1 + 0.4 * (size - 1), accepted=0.0)
    second.speculator = Speculator(Drafting.AUTO, None, parameters=1, experience=first.speculator.experience)
    assert tried(second) < tried(Machine(lambda size: 1 + 0.4 * (size - 1), accepted=0.0))


def test_nothing_learned_is_nothing_to_keep() -> None:
    assert Speculator(Drafting.AUTO, None, parameters=1).experience is None
