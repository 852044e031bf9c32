"""How the engine computes, as the configuration sets it: values that cost nothing to import."""

from dataclasses import dataclass
from enum import StrEnum


class KVType(StrEnum):
    """How keys and values are stored."""

    F16 = "f16"
    """16 bits each: prompts are read fastest."""
    Q8_0 = "q8_0"
    """About half the memory; long contexts are written faster and read more slowly."""

    @property
    def share(self) -> float:
        """Of the memory that 16 bits each would take: blocks of 32 have a scale of 2 bytes beside them."""
        return 1.0 if self is KVType.F16 else 34 / 64


class Drafting(StrEnum):
    """Who proposes tokens for the model to verify."""

    AUTO = "auto"
    """Whoever pays at the moment, or nobody."""
    LOOKUP = "lookup"
    """Prompt lookup, always."""
    DRAFT = "draft"
    """The draft model, always."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ContextSettings:
    """How a context computes."""

    tokens: int = 4096
    """Most it holds; cut to what the model was trained for."""
    threads: int = 0
    """0 takes one for each physical core."""
    batch_tokens: int = 512
    """Tokens computed at once while a prompt is read."""
    kv_type: KVType = KVType.F16
    flash_attention: bool = True
    """Without it, batched scores differ from single ones, and a quantized KV is not possible."""
