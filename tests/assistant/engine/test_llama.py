"""The engine over llama.cpp: drafting and caching change the speed of an answer and never its text."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine import Engine, Finish, Sampling, Stats
from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.native import LlamaContext, LlamaModel, common_prefix
from assistant.engine.settings import ContextSettings, Drafting, KVType
from assistant.errors import EngineError
from tests.ggufs import gguf, write
from tests.running import NOTES, bundled_model

pytestmark = pytest.mark.model

LIMIT = 60
NOTE = (NOTES / "club" / "minutes-2026-03-12.md").read_text(encoding="utf-8")[:1200]
REQUESTS = {
    "quoting": f"Repeat this text word for word.\n\n{NOTE}",
    "writing": "Tell a story of a fox and a crow.",
    "listing": "List the numbers from one to thirty as words.",
}

Engines = Callable[[Drafting], LlamaEngine]


@pytest.fixture(scope="module")
def plain(engines: Engines) -> LlamaEngine:
    """An engine without drafting."""
    return engines(Drafting.OFF)


@pytest.fixture(scope="module", params=[Drafting.LOOKUP, Drafting.DRAFT, Drafting.AUTO])
def drafted(request: pytest.FixtureRequest, engines: Engines) -> LlamaEngine:
    """An engine for each way of drafting."""
    return engines(request.param)


def answer(
    engine: Engine, request: str, sampling: Sampling | None = None, limit: int = LIMIT
) -> tuple[str, Stats]:
    layout = engine.render([("user", request)])
    assert layout is not None
    generation = engine.generate(engine.tokenize(layout, special=True), sampling or Sampling(), limit=limit)
    return "".join(generation), generation.stats


@pytest.fixture(scope="module")
def plain_answer(plain: LlamaEngine) -> Callable[..., tuple[str, Stats]]:
    """`answer` of the engine without drafting, computed once for each request."""
    return functools.cache(functools.partial(answer, plain))


# Drafting is lossless


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS.keys())
def test_a_greedy_answer_is_the_same_token_for_token(
    plain_answer: Callable[..., tuple[str, Stats]], drafted: LlamaEngine, request_: str
) -> None:
    text, stats = answer(drafted, request_)
    assert text == plain_answer(request_)[0]
    assert stats.accepted_tokens <= stats.drafted_tokens


@pytest.fixture(scope="module")
def quoted_in_f16(weights: Weights) -> Callable[[Drafting], tuple[int, list[int]]]:
    """Length of the prompt, and prompt and answer, with keys and values of 16 bits."""

    @functools.cache
    def quoted(drafting: Drafting) -> tuple[int, list[int]]:
        engine = LlamaEngine(weights, ContextSettings(tokens=2048), drafting=drafting)
        prompt = engine.tokenize(engine.render([("user", REQUESTS["quoting"])]) or "", special=True)
        text = "".join(engine.generate(prompt, Sampling(), limit=LIMIT))
        tokens = prompt + engine.tokenize(text)
        engine.close()
        return len(prompt), tokens

    return quoted


@pytest.mark.parametrize("drafting", [Drafting.LOOKUP, Drafting.AUTO])
def test_with_16_bit_keys_answers_differ_only_at_a_near_tie(
    quoted_in_f16: Callable[[Drafting], tuple[int, list[int]]], drafting: Drafting
) -> None:
    """The scores of such a token differ by up to about one, depending on the order of summation."""
    start, plain = quoted_in_f16(Drafting.OFF)
    _, drafted = quoted_in_f16(drafting)
    same = common_prefix(plain, drafted)
    if same < min(len(plain), len(drafted)):
        model = LlamaModel(bundled_model(), name="smollm2")
        context = LlamaContext(model, ContextSettings(tokens=2048), rows=1)
        context.compute(plain[:same])
        scores = context.scores(0)
        assert scores.max() - min(scores[plain[same]], scores[drafted[same]]) < 1.5
        context.close()
        model.close()
    assert same > start


def test_a_quoted_text_is_drafted_and_accepted(
    engines: Engines, plain_answer: Callable[..., tuple[str, Stats]]
) -> None:
    _, stats = answer(engines(Drafting.LOOKUP), REQUESTS["quoting"])
    assert stats.accepted_tokens > LIMIT / 6
    assert plain_answer(REQUESTS["quoting"])[1].drafted_tokens == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_sampled_answer_is_the_same_with_lookup_and_without(
    engines: Engines, plain: LlamaEngine, seed: int
) -> None:
    sampling = Sampling(temperature=0.8, seed=seed)
    text = answer(engines(Drafting.LOOKUP), REQUESTS["quoting"], sampling)[0]
    assert text == answer(plain, REQUESTS["quoting"], sampling)[0]


def test_a_sampled_answer_with_a_draft_model_accepts_most_and_repeats_with_its_seed(
    weights: Weights, settings: ContextSettings
) -> None:
    sampling = Sampling(temperature=0.8, seed=4)
    texts = []
    for _ in range(2):
        engine = LlamaEngine(weights, settings, draft=weights, drafting=Drafting.DRAFT)
        text, stats = answer(engine, REQUESTS["writing"], sampling)
        assert stats.accepted_tokens > stats.drafted_tokens / 2
        texts.append(text)
        engine.close()
    assert texts[0][:40] == texts[1][:40]


def test_the_token_limit_holds_while_drafting(drafted: LlamaEngine) -> None:
    for limit in (1, 2, 7):
        _, stats = answer(drafted, REQUESTS["quoting"], limit=limit)
        assert (stats.answer_tokens, stats.finish) == (limit, Finish.LENGTH)


@pytest.mark.parametrize("drafting", [Drafting.LOOKUP, Drafting.DRAFT, Drafting.AUTO])
def test_an_answer_ends_at_the_end_of_the_context_while_drafting(
    weights: Weights, settings: ContextSettings, drafting: Drafting
) -> None:
    engine = LlamaEngine(weights, replace(settings, tokens=256), draft=weights, drafting=drafting)
    prompt = engine.tokenize(NOTE * 2)[: engine.context_tokens - 9]
    generation = engine.generate(prompt, Sampling(), limit=100)
    "".join(generation)
    assert generation.stats.answer_tokens <= 9
    engine.close()


# Prefix reuse


def test_a_prompt_is_read_from_where_it_differs(plain: LlamaEngine) -> None:
    prompts = [plain.tokenize(f"{NOTE}\nQuestion: {question}") for question in ("When?", "Who was elected?")]
    plain.forget()
    expected = "".join(plain.generate(prompts[1], Sampling(), limit=20))
    "".join(plain.generate(prompts[0], Sampling(), limit=5))
    follow_up = plain.generate(prompts[1], Sampling(), limit=20)
    assert "".join(follow_up) == expected
    assert len(prompts[1]) - 12 < follow_up.stats.reused_tokens < len(prompts[1])


def test_a_repeated_prompt_is_reused_except_for_its_last_token(plain: LlamaEngine) -> None:
    prompt = plain.tokenize(NOTE)
    first = "".join(plain.generate(prompt, Sampling(), limit=20))
    again = plain.generate(prompt, Sampling(), limit=20)
    assert "".join(again) == first
    assert again.stats.reused_tokens == len(prompt) - 1


def test_nothing_is_reused_after_forgetting(plain: LlamaEngine) -> None:
    prompt = plain.tokenize(NOTE)
    "".join(plain.generate(prompt, Sampling(), limit=1))
    plain.forget()
    again = plain.generate(prompt, Sampling(), limit=1)
    "".join(again)
    assert again.stats.reused_tokens == 0


def test_cancelling_while_a_prompt_is_read_does_not_affect_the_next_answer(
    plain: LlamaEngine, plain_answer: Callable[..., tuple[str, Stats]]
) -> None:
    long = plain.tokenize("word " * 1500)[:1500]
    cancelled = plain.generate(long, Sampling(), limit=5, cancelled=lambda: plain._context.held != [])
    assert "".join(cancelled) == ""
    assert cancelled.stats.finish is Finish.CANCELLED
    assert answer(plain, REQUESTS["writing"])[0] == plain_answer(REQUESTS["writing"])[0]


# Opening


def test_a_draft_with_another_vocabulary_is_rejected_and_both_models_are_named(
    tmp_path: Path, weights: Weights, settings: ContextSettings
) -> None:
    other = tmp_path / "other.gguf"
    whole = bundled_model().read_bytes()
    # One token spelled differently; the number of tokens stays the same.
    token = "Ġanother".encode()
    assert whole.count(token) >= 1
    other.write_bytes(whole.replace(token, "Ġanothes".encode(), 1))
    with pytest.raises(EngineError, match=r"small-draft cannot draft for smollm2"):
        LlamaEngine(weights, settings, draft=Weights(other, "small-draft"))


def test_an_engine_that_cannot_be_opened_leaves_no_model_in_memory(tmp_path: Path) -> None:
    """Rows of 8-bit keys are multiples of 32: the draft's one head has that size, the target's two do not."""
    target = write(tmp_path / "target.gguf")
    one_head = {"llama.attention.head_count": 1, "llama.attention.head_count_kv": 1}
    draft = write(tmp_path / "draft.gguf", gguf({**one_head, "llama.rope.dimension_count": 32}))
    settings = ContextSettings(tokens=64, threads=1, kv_type=KVType.Q8_0)
    LlamaEngine(Weights(draft, "draft"), settings).close()
    with pytest.raises(EngineError, match="cannot create a context of 64 tokens for target"):
        LlamaEngine(Weights(target, "target"), settings, draft=Weights(draft, "draft"))
    mapped = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert str(target) not in mapped
    assert str(draft) not in mapped


def test_closing_an_engine_frees_both_models(tmp_path: Path) -> None:
    target, draft = write(tmp_path / "target.gguf"), write(tmp_path / "draft.gguf")
    engine = LlamaEngine(
        Weights(target, "target"), ContextSettings(tokens=64, threads=1), draft=Weights(draft, "draft")
    )
    assert str(draft) in Path("/proc/self/maps").read_text(encoding="utf-8")
    engine.close()
    mapped = Path("/proc/self/maps").read_text(encoding="utf-8")
    assert str(target) not in mapped
    assert str(draft) not in mapped
