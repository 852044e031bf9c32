"""Tokens follow the distribution the settings describe, whether or not some were proposed."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from assistant.engine import Sampling
from assistant.engine.sampling import Distribution, Sampler

DRAWS = 4000
SIGNIFICANCE = 1e-4
"""Significance level: the share of runs in which a correct sampler would fail."""

SCORES = np.array([2.0, 1.5, 1.0, 0.5, 0.0, -0.5, -1.0, -9.0], dtype=np.float32)
SCORES.flags.writeable = False
OPEN = Sampling(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
"""Settings that filter no token out."""


def softmax(scores: np.ndarray, temperature: float) -> np.ndarray:
    powers = np.exp(scores.astype(np.float64) / temperature)
    return np.asarray(powers / powers.sum())


def counted(tokens: list[int]) -> np.ndarray:
    return np.bincount(tokens, minlength=len(SCORES))


def fits(tokens: list[int], expected: np.ndarray) -> bool:
    """Whether `tokens` fit the probabilities `expected` (chi-squared test, rare tokens combined)."""
    order = np.argsort(-expected)
    seen, wanted = counted(tokens)[order], expected[order] * len(tokens)
    common = wanted >= 5
    seen = np.append(seen[common], seen[~common].sum())
    wanted = np.append(wanted[common], wanted[~common].sum())
    possible = wanted > 0
    assert not seen[~possible].any()
    return bool(chisquare(seen[possible], wanted[possible]).pvalue > SIGNIFICANCE)


def test_temperature_0_takes_the_most_likely_token() -> None:
    assert Sampler(Sampling()).next(SCORES) == 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_scores_at_their_temperature(temperature: float) -> None:
    sampler = Sampler(replace(OPEN, temperature=temperature))
    drawn = [sampler.next(SCORES) for _ in range(DRAWS)]
    assert fits(drawn, softmax(SCORES, temperature))


def test_the_chi_squared_test_rejects_a_wrong_distribution() -> None:
    sampler = Sampler(OPEN)
    drawn = [sampler.next(SCORES) for _ in range(DRAWS)]
    assert not fits(drawn, softmax(SCORES, 1.2))


def test_top_k_top_p_and_min_p_keep_the_most_likely_tokens() -> None:
    def tokens(sampling: Sampling) -> list[int]:
        sampler = Sampler(sampling)
        return sorted(map(int, sampler.distribution(SCORES).tokens))

    probabilities = softmax(SCORES, 1.0)
    assert tokens(OPEN) == list(range(8))
    assert tokens(replace(OPEN, top_k=3)) == [0, 1, 2]
    assert tokens(replace(OPEN, top_p=float(probabilities[:2].sum()) - 0.01)) == [0, 1]
    assert tokens(replace(OPEN, top_p=1e-9)) == [0]
    assert tokens(replace(OPEN, min_p=float(probabilities[3] / probabilities[0]) - 0.001)) == [0, 1, 2, 3]


def test_the_probabilities_of_the_remaining_tokens_are_normalised() -> None:
    sampler = Sampler(Sampling(temperature=0.7, top_k=3, top_p=1.0, min_p=0.0))
    remaining = sampler.distribution(SCORES)
    assert remaining.probabilities == pytest.approx(softmax(SCORES[:3], 0.7))
    assert remaining.of(1) == pytest.approx(softmax(SCORES[:3], 0.7)[1])
    assert remaining.of(7) == 0


def test_the_same_seed_draws_the_same_tokens() -> None:
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(replace(OPEN, seed=seed))
        return [sampler.next(SCORES) for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)


# Verifying proposals


PROPOSALS = {
    "near": np.array([1.8, 1.7, 0.9, 0.6, 0.1, -0.4, -1.2, -8.0], dtype=np.float32),
    "far": SCORES[::-1].copy(),
    "narrow": np.array([9.0, 0, 0, 0, 0, 0, 0, 0], dtype=np.float32),
}


@pytest.mark.parametrize("proposing", PROPOSALS.values(), ids=PROPOSALS.keys())
def test_verified_proposals_follow_the_targets_distribution(proposing: np.ndarray) -> None:
    target = Sampler(replace(OPEN, seed=1))
    drafter = Sampler(replace(OPEN, seed=2))
    verified = []
    for _ in range(DRAWS):
        drawn_from = drafter.distribution(proposing)
        verified.append(target.verify(SCORES, drafter.draw(drawn_from), drawn_from))
    assert fits(verified, softmax(SCORES, 1.0))


def test_the_acceptance_rate_is_the_overlap_of_the_distributions() -> None:
    """Leviathan et al. 2023, theorem 3.5: the rate is the sum of min(p, q)."""
    target = Sampler(replace(OPEN, seed=1))
    drafter = Sampler(replace(OPEN, seed=2))
    accepted = 0
    for _ in range(DRAWS):
        drawn_from = drafter.distribution(PROPOSALS["far"])
        proposed = drafter.draw(drawn_from)
        accepted += target.verify(SCORES, proposed, drawn_from) == proposed
    overlap = np.minimum(softmax(SCORES, 1.0), softmax(PROPOSALS["far"], 1.0)).sum()
    assert accepted / DRAWS == pytest.approx(overlap, abs=4 * (overlap * (1 - overlap) / DRAWS) ** 0.5)


@pytest.mark.parametrize("proposed", [0, 3, 7])
def test_a_proposal_from_lookup_does_not_change_which_token_is_drawn(proposed: int) -> None:
    sampling = replace(OPEN, seed=5)
    plain, verifying = Sampler(sampling), Sampler(sampling)
    for _ in range(200):
        assert verifying.verify(SCORES, proposed, None) == plain.next(SCORES)


def test_the_rest_of_a_distribution_is_what_another_lacks() -> None:
    tokens = np.array([4, 5, 6])
    mine = Distribution(tokens, np.array([0.5, 0.3, 0.2]))
    other = Distribution(np.array([5, 4]), np.array([0.6, 0.4]))
    rest = mine.without(other)
    assert [rest.of(token) for token in (4, 5, 6)] == pytest.approx([1 / 3, 0, 2 / 3])
    assert mine.without(mine).probabilities == pytest.approx(mine.probabilities)
