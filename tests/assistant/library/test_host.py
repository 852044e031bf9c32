"""What an owner reports about its machine."""

from pathlib import Path

import pytest

from assistant.config import models_folder
from assistant.library.host import HostFacts
from assistant.models import recommending
from ingest.handling import NO_RULES


def test_a_model_that_is_on_the_machine_is_not_recommended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = HostFacts(tmp_path, max_file_bytes=1, handling=NO_RULES)
    monkeypatch.setattr(recommending, "memory_bytes", lambda: 64 << 30)
    first, *others = (advice.offer.name for advice in facts.recommended_models())
    models_folder().mkdir(parents=True, exist_ok=True)
    (models_folder() / f"{first}.gguf").write_bytes(b"GGUF")
    assert [advice.offer.name for advice in facts.recommended_models()] == others
