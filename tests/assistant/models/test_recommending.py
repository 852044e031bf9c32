"""The catalogue, and what is recommended to whom."""

import re

import pytest

from assistant.models.finding import bundled
from assistant.models.recommending import LEAST_RATE, LONGEST_WAIT_S, MEMORY_SHARE, Offer, advise, catalogue

GB = 10**9


def offer(name: str, parameters: float, *, active: float = 0.0, answers: bool = True) -> Offer:
    """A model in four bits and a half."""
    size = int(parameters * 600)
    return Offer(
        name, "https://h/f", "Q4_K_M", parameters, size, size + 500, "MIT", active=active, answers=answers
    )


def best(offers: list[Offer], memory_bytes: int, cores: int) -> str | None:
    first = advise(offers, memory_bytes=memory_bytes, cores=cores)[0]
    return first.offer.name if first.fits else None


SMALL, MIDDLE, LARGE = offer("small", 0.5), offer("middle", 4), offer("large", 14)
OFFERS = [MIDDLE, LARGE, SMALL]


@pytest.mark.parametrize(
    ("memory_gb", "cores", "expected"),
    [
        (1, 64, None),
        (2, 64, "small"),
        (8, 64, "middle"),
        (64, 64, "large"),
        (64, 1, "small"),
        (64, 8, "middle"),
    ],
)
def test_the_largest_that_memory_and_cores_bear_is_best(
    memory_gb: int, cores: int, expected: str | None
) -> None:
    assert best(OFFERS, memory_gb * GB, cores) == expected


def test_every_offer_is_advised_on_with_those_that_fit_in_front() -> None:
    advice = advise(OFFERS, memory_bytes=8 * GB, cores=64)
    assert [each.offer.name for each in advice] == ["middle", "small", "large"]
    assert [each.fits for each in advice] == [True, True, False]


def test_a_mixture_of_experts_is_as_fast_as_the_experts_it_asks() -> None:
    dense, mixture = offer("dense", 30), offer("mixture", 30, active=3)
    assert best([dense, mixture], 64 * GB, 8) == "mixture"


def test_a_model_that_only_drafts_is_not_recommended() -> None:
    assert best([offer("draft", 1, answers=False), SMALL], 64 * GB, 64) == "small"


@pytest.mark.parametrize("memory_gb", [4, 8, 16, 32, 64, 128])
@pytest.mark.parametrize("cores", [1, 2, 4, 8, 16, 32])
def test_what_is_said_to_fit_keeps_every_bound(memory_gb: int, cores: int) -> None:
    advice = advise(catalogue(), memory_bytes=memory_gb * GB, cores=cores)
    assert advice[0].fits
    for each in advice:
        if each.fits:
            assert each.offer.memory_mb * 1e6 <= memory_gb * GB * MEMORY_SHARE
            assert each.wait_s <= LONGEST_WAIT_S
            assert each.rate >= LEAST_RATE


def test_the_catalogue_is_complete_and_its_drafts_are_in_it() -> None:
    offers = catalogue()
    names = [each.name for each in offers]
    assert len(set(names)) == len(names) >= 12
    drafts = {*names, *(pin.name for pin in bundled("target"))}
    for each in offers:
        assert re.fullmatch(r"https://huggingface\.co/[\w.-]+/[\w.-]+/resolve/main/[\w.-]+\.gguf", each.url)
        assert re.fullmatch(r"[a-z0-9._-]+", each.name)
        assert each.name.endswith(each.quantization.lower())
        assert 0 < each.size_mb < each.memory_mb
        assert each.active <= each.parameters
        assert each.licence in {"Apache-2.0", "MIT"}
        assert not each.draft or each.draft in drafts
        assert not each.sha256 or re.fullmatch("[0-9a-f]{64}", each.sha256)


def test_a_draft_is_much_smaller_than_its_target() -> None:
    sizes = {each.name: each.size_mb for each in catalogue()} | {pin.name: 98 for pin in bundled("target")}
    for each in catalogue():
        assert not each.draft or sizes[each.draft] < 0.65 * each.size_mb
