"""The catalogue, and which of its models suits which machine."""

import dataclasses
import re

import pytest

from assistant.models.finding import bundled_pins
from assistant.models.recommending import LEAST_RATE, LONGEST_WAIT_S, MEMORY_SHARE, Offer, advise, catalogue

GB = 10**9


def offer(name: str, parameters: float, *, active: float = 0.0, answers: bool = True) -> Offer:
    """A model with 4.5 bits per weight."""
    size = int(parameters * 600)
    return Offer(
        name,
        "https://h/f",
        size * 10**6,
        "0" * 64,
        "Q4_K_M",
        parameters,
        size + 500,
        4096,
        "MIT",
        active=active,
        answers=answers,
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
def test_the_largest_model_that_memory_and_cores_allow_is_best(
    memory_gb: int, cores: int, expected: str | None
) -> None:
    assert best(OFFERS, memory_gb * GB, cores) == expected


def test_models_that_fit_come_first_and_larger_ones_before_smaller_ones() -> None:
    advice = advise(OFFERS, memory_bytes=8 * GB, cores=64)
    assert [item.offer.name for item in advice] == ["middle", "small", "large"]
    assert [item.fits for item in advice] == [True, True, False]


def test_a_mixture_of_experts_is_as_fast_as_its_active_experts() -> None:
    dense, mixture = offer("dense", 30), offer("mixture", 30, active=3)
    assert best([dense, mixture], 64 * GB, 8) == "mixture"


def test_a_model_that_package_indexes_hold_is_recommended_before_a_larger_one() -> None:
    packaged = dataclasses.replace(SMALL, package="parts", version="1", member="part", parts=2)
    advice = advise([MIDDLE, LARGE, packaged], memory_bytes=64 * GB, cores=64)
    assert [item.offer.name for item in advice] == ["small", "large", "middle"]


def test_of_the_same_model_with_more_and_fewer_bits_the_one_with_more_comes_first() -> None:
    fewer = dataclasses.replace(LARGE, name="fewer", bytes=LARGE.bytes // 2)
    advice = advise([fewer, LARGE], memory_bytes=64 * GB, cores=64)
    assert [item.offer.name for item in advice] == ["large", "fewer"]


def test_a_draft_only_model_is_not_recommended() -> None:
    assert best([offer("draft", 1, answers=False), SMALL], 64 * GB, 64) == "small"


@pytest.mark.parametrize("memory_gb", [4, 8, 16, 32, 64, 128])
@pytest.mark.parametrize("cores", [1, 2, 4, 8, 16, 32])
def test_a_model_that_fits_keeps_every_bound(memory_gb: int, cores: int) -> None:
    advice = advise(catalogue(), memory_bytes=memory_gb * GB, cores=cores)
    assert advice[0].fits
    for item in advice:
        if item.fits:
            assert item.offer.memory_mb * 1e6 <= memory_gb * GB * MEMORY_SHARE
            assert item.wait_s <= LONGEST_WAIT_S
            assert item.rate >= LEAST_RATE


def test_every_entry_of_the_catalogue_is_valid_and_its_draft_exists() -> None:
    offers = catalogue()
    names = [offer_.name for offer_ in offers]
    assert len(set(names)) == len(names) >= 12
    drafts = {*names, *(pin.name for pin in bundled_pins("target"))}
    for offer_ in offers:
        # An address names a revision, so that what lies there stays the file with this digest.
        revision = "main" if offer_.packaged else "[0-9a-f]{40}"
        address = rf"https://huggingface\.co/[\w.-]+/[\w.-]+/resolve/{revision}/[\w.-]+\.gguf"
        assert re.fullmatch(address, offer_.url)
        assert re.fullmatch(r"[a-z0-9._-]+", offer_.name)
        assert offer_.name.endswith(offer_.quantization.lower())
        assert 0 < offer_.size_mb < offer_.memory_mb
        assert offer_.active <= offer_.parameters
        assert offer_.context_tokens >= 4096
        assert offer_.licence in {"Apache-2.0", "MIT"}
        assert not offer_.draft or offer_.draft in drafts
        assert re.fullmatch("[0-9a-f]{64}", offer_.sha256)
    assert len({offer_.sha256 for offer_ in offers}) == len(offers)


def test_a_draft_is_much_smaller_than_its_target() -> None:
    sizes = {offer_.name: offer_.size_mb for offer_ in catalogue()} | {
        pin.name: 98 for pin in bundled_pins("target")
    }
    for offer_ in catalogue():
        assert not offer_.draft or sizes[offer_.draft] < 0.65 * offer_.size_mb
