"""What is drawn: distributed as the settings say, and the same whether tokens were proposed or not."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare

from assistant.engine import Sampling
from assistant.engine.native import LlamaModel
from assistant.engine.sampling import Distribution, Sampler, json_grammar
from assistant.errors import EngineError
from tests.running import bundled_model

DRAWS = 4000
SURE = 1e-4
"""A true hypothesis is rejected once in this many runs."""

SCORES = np.array([2.0, 1.5, 1.0, 0.5, 0.0, -0.5, -1.0, -9.0], dtype=np.float32)
OPEN = Sampling(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
"""Settings under which every token can be drawn."""


@pytest.fixture(scope="module")
def model() -> Iterator[LlamaModel]:
    model = LlamaModel(bundled_model(), name="smollm2")
    yield model
    model.close()


def softmax(scores: np.ndarray, temperature: float) -> np.ndarray:
    powers = np.exp(scores.astype(np.float64) / temperature)
    return np.asarray(powers / powers.sum())


def counted(tokens: list[int]) -> np.ndarray:
    return np.bincount(tokens, minlength=len(SCORES))


def fits(tokens: list[int], expected: np.ndarray) -> bool:
    """Whether the draws may come from `expected` (chi-squared test; rare tokens are taken together)."""
    order = np.argsort(-expected)
    seen, wanted = counted(tokens)[order], expected[order] * len(tokens)
    common = wanted >= 5
    seen = np.append(seen[common], seen[~common].sum())
    wanted = np.append(wanted[common], wanted[~common].sum())
    kept = wanted > 0
    assert not seen[~kept].any()
    return bool(chisquare(seen[kept], wanted[kept]).pvalue > SURE)


def test_without_temperature_the_likeliest_token_is_taken(model: LlamaModel) -> None:
    assert Sampler(Sampling(), model).next(SCORES.copy()) == 0


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_scores_at_their_temperature(model: LlamaModel, temperature: float) -> None:
    sampler = Sampler(replace(OPEN, temperature=temperature), model)
    drawn = [sampler.next(SCORES.copy()) for _ in range(DRAWS)]
    assert fits(drawn, softmax(SCORES, temperature))


def test_the_test_tells_a_wrong_distribution(model: LlamaModel) -> None:
    sampler = Sampler(OPEN, model)
    drawn = [sampler.next(SCORES.copy()) for _ in range(DRAWS)]
    assert not fits(drawn, softmax(SCORES, 1.2))


def test_top_k_top_p_and_min_p_leave_the_likeliest(model: LlamaModel) -> None:
    def kept(sampling: Sampling) -> list[int]:
        sampler = Sampler(sampling, model)
        return sorted(map(int, sampler.distribution(SCORES.copy()).tokens))

    likely = softmax(SCORES, 1.0)
    assert kept(OPEN) == list(range(8))
    assert kept(replace(OPEN, top_k=3)) == [0, 1, 2]
    assert kept(replace(OPEN, top_p=float(likely[:2].sum()) - 0.01)) == [0, 1]
    assert kept(replace(OPEN, top_p=1e-9)) == [0]
    assert kept(replace(OPEN, min_p=float(likely[3] / likely[0]) - 0.001)) == [0, 1, 2, 3]


def test_what_is_kept_is_known_with_its_share(model: LlamaModel) -> None:
    sampler = Sampler(Sampling(temperature=0.7, top_k=3, top_p=1.0, min_p=0.0), model)
    kept = sampler.distribution(SCORES.copy())
    assert kept.probabilities == pytest.approx(softmax(SCORES[:3], 0.7))
    assert kept.of(1) == pytest.approx(softmax(SCORES[:3], 0.7)[1])
    assert kept.of(7) == 0


def test_the_repetition_penalty_counts_the_answers_tokens_alone(model: LlamaModel) -> None:
    sampler = Sampler(Sampling(repeat_penalty=2.0), model)
    assert [sampler.next(SCORES.copy()) for _ in range(4)] == [0, 1, 0, 0]


def test_the_same_seed_draws_the_same_tokens(model: LlamaModel) -> None:
    def drawn(seed: int) -> list[int]:
        sampler = Sampler(replace(OPEN, seed=seed), model)
        return [sampler.next(SCORES.copy()) for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)


# Proposals


PROPOSALS = {
    "near": np.array([1.8, 1.7, 0.9, 0.6, 0.1, -0.4, -1.2, -8.0], dtype=np.float32),
    "far": SCORES[::-1].copy(),
    "narrow": np.array([9.0, 0, 0, 0, 0, 0, 0, 0], dtype=np.float32),
}


@pytest.mark.parametrize("proposing", PROPOSALS.values(), ids=PROPOSALS.keys())
def test_judging_drawn_proposals_leaves_the_targets_distribution(
    model: LlamaModel, proposing: np.ndarray
) -> None:
    target = Sampler(replace(OPEN, seed=1), model)
    drafter = Sampler(replace(OPEN, seed=2), model)
    judged = []
    for _ in range(DRAWS):
        drawn_from = drafter.distribution(proposing.copy())
        judged.append(target.judge(SCORES.copy(), drafter.draw(drawn_from), drawn_from))
    assert fits(judged, softmax(SCORES, 1.0))


def test_drawn_proposals_are_accepted_as_often_as_the_distributions_overlap(model: LlamaModel) -> None:
    """Leviathan et al. 2023, theorem 3.5: the share is the sum of min(p, q)."""
    target = Sampler(replace(OPEN, seed=1), model)
    drafter = Sampler(replace(OPEN, seed=2), model)
    accepted = 0
    for _ in range(DRAWS):
        drawn_from = drafter.distribution(PROPOSALS["far"].copy())
        proposed = drafter.draw(drawn_from)
        accepted += target.judge(SCORES.copy(), proposed, drawn_from) == proposed
    overlap = np.minimum(softmax(SCORES, 1.0), softmax(PROPOSALS["far"], 1.0)).sum()
    assert accepted / DRAWS == pytest.approx(overlap, abs=4 * (overlap * (1 - overlap) / DRAWS) ** 0.5)


@pytest.mark.parametrize("proposed", [0, 3, 7])
def test_judging_found_proposals_draws_what_would_be_drawn_without_them(
    model: LlamaModel, proposed: int
) -> None:
    sampling = replace(OPEN, seed=5)
    plain, judging = Sampler(sampling, model), Sampler(sampling, model)
    for _ in range(200):
        assert judging.judge(SCORES.copy(), proposed, None) == plain.next(SCORES.copy())


def test_what_is_left_of_a_distribution_is_what_the_other_lacks() -> None:
    tokens = np.array([4, 5, 6])
    mine = Distribution(tokens, np.array([0.5, 0.3, 0.2]))
    other = Distribution(np.array([5, 4]), np.array([0.6, 0.4]))
    rest = mine.without(other)
    assert [rest.of(token) for token in (4, 5, 6)] == pytest.approx([1 / 3, 0, 2 / 3])
    assert mine.without(mine).probabilities == pytest.approx(mine.probabilities)


# Grammar


def test_a_grammar_allows_only_what_it_describes(model: LlamaModel) -> None:
    sampler = Sampler(Sampling(grammar='root ::= "yes" | "no"'), model)
    written = b""
    for _ in range(5):
        scores = np.zeros(model.vocabulary_size, dtype=np.float32)
        scores[model.tokenize(" perhaps")[0]] = 9.0
        scores[model.tokenize("no")[0]] = 1.0
        token = sampler.next(scores)
        if model.ends(token):
            break
        written += model.piece(token)
    sampler.close()
    assert written == b"no"


def test_a_json_schema_becomes_a_grammar(model: LlamaModel) -> None:
    grammar = json_grammar('{"type": "object", "properties": {"rent": {"type": "integer"}}}')
    sampler = Sampler(Sampling(grammar=grammar), model)
    token = sampler.next(np.zeros(model.vocabulary_size, dtype=np.float32))
    assert model.piece(token).startswith(b"{")
    sampler.close()


def test_a_grammar_with_errors_is_refused(model: LlamaModel) -> None:
    with pytest.raises(EngineError, match="grammar"):
        Sampler(Sampling(grammar="root ::= ("), model)
