"""Prompt lookup proposes what followed the last tokens earlier."""

from collections.abc import Sequence

from assistant.engine.drafters import PromptLookup


def proposed(lookup: PromptLookup, tokens: Sequence[int], most: int = 4) -> tuple[int, ...]:
    return lookup.propose(tokens, most)


def test_the_continuation_of_an_earlier_occurrence_is_proposed() -> None:
    tokens = [1, 2, 3, 4, 5, 6, 7, 1, 2]
    assert proposed(PromptLookup(), tokens) == (3, 4, 5, 6)
    assert proposed(PromptLookup(), tokens, most=2) == (3, 4)


def test_the_longest_match_wins_and_among_equals_the_latest() -> None:
    tokens = [9, 1, 2, 30, 8, 1, 2, 40, 7, 1, 2, 50, 9, 1, 2]
    assert proposed(PromptLookup(), tokens, most=1) == (30,)
    assert proposed(PromptLookup(), [*tokens[4:-3], 6, 1, 2], most=1) == (50,)


def test_nothing_is_proposed_for_a_sequence_without_earlier_occurrence() -> None:
    lookup = PromptLookup()
    assert proposed(lookup, [1, 2, 3, 4]) == ()
    assert lookup.match_length == 0


def test_the_answers_own_text_is_found_as_it_grows() -> None:
    tokens = [1, 2, 3]
    lookup = PromptLookup()
    assert proposed(lookup, tokens) == ()
    tokens += [4, 5, 6, 7]
    assert proposed(lookup, tokens) == ()
    tokens += [4, 5]
    assert proposed(lookup, tokens) == (6, 7, 4, 5)


def test_a_new_answer_does_not_see_the_previous_prompt() -> None:
    lookup = PromptLookup()
    proposed(lookup, [1, 2, 3, 4, 1, 2])
    lookup.begin()
    assert proposed(lookup, [8, 9, 1, 2]) == ()
