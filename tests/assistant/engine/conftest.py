"""One engine per way of drafting, opened when first needed and shared by all tests of a run."""

from collections.abc import Callable, Iterator

import pytest

from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.settings import ContextSettings, Drafting, KVType
from tests.running import bundled_model

# With these settings llama.cpp computes bit for bit the same scores for a token alone and in a batch: flash
# attention, weights in a type that it does not repack (Q4_1, as in the bundled model, or Q8_0), and quantized
# keys and values. With keys and values of 16 bits that holds up to 256 tokens only: after that, the attention
# of a single token is divided among the threads and summed in another order.
#
# One thread, because the workers of a parallel run share the cores, and llama.cpp's threads wait for each
# other at every step.
SETTINGS = ContextSettings(tokens=2048, threads=1, kv_type=KVType.Q8_0)

Engines = Callable[[Drafting], LlamaEngine]


@pytest.fixture(scope="session")
def weights() -> Weights:
    """The bundled model."""
    return Weights(bundled_model(), "smollm2")


@pytest.fixture(scope="session")
def engines(weights: Weights) -> Iterator[Engines]:
    """Returns the shared engine for a way of drafting; the bundled model is its own draft model.

    Such a draft is accepted almost always and is never faster.
    """
    opened: dict[Drafting, LlamaEngine] = {}

    def engine(drafting: Drafting) -> LlamaEngine:
        if drafting not in opened:
            draft = weights if drafting in (Drafting.DRAFT, Drafting.AUTO) else None
            opened[drafting] = LlamaEngine(weights, SETTINGS, draft=draft, drafting=drafting)
        return opened[drafting]

    yield engine
    for shared in opened.values():
        shared.close()


@pytest.fixture(scope="session")
def settings() -> ContextSettings:
    """The settings of the shared engines."""
    return SETTINGS
