"""How the engine computes, as the configuration sets it. Cheap to import: no llama.cpp, no numpy."""

from dataclasses import dataclass
from enum import StrEnum


class KVType(StrEnum):
    """The number format of keys and values."""

    F16 = "f16"
    """16 bits each: reads prompts fastest."""
    Q8_0 = "q8_0"
    """About half the memory: generates faster with a long context, but reads prompts more slowly."""

    @property
    def share(self) -> float:
        """Memory relative to 16 bits each. A Q8_0 block is 32 values of one byte and a scale of two."""
        return 1.0 if self is KVType.F16 else 34 / 64


class Drafting(StrEnum):
    """How speculative decoding proposes tokens."""

    AUTO = "auto"
    """Whichever method is fastest at the moment, or none."""
    LOOKUP = "lookup"
    """Always by prompt lookup."""
    DRAFT = "draft"
    """Always by the draft model."""
    OFF = "off"
    """Plain decoding."""


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """The settings of one context."""

    tokens: int = 4096
    """Its length; reduced to the one the model was trained with if that is shorter."""
    threads: int = 0
    """Number of threads; 0 means one per physical core."""
    batch_tokens: int = 512
    """Tokens of a prompt computed at once."""
    kv_type: KVType = KVType.F16
    """The number format of keys and values."""
    flash_attention: bool = True
    """Without it, keys and values cannot be quantized, and the scores of a batch differ slightly from those
    of single tokens."""
