"""What is learned about drafting outlasts a run, and a file that says anything else changes nothing."""

import json
import os
from pathlib import Path

import pytest

from assistant.engine import Sampling
from assistant.engine.experience import Experience, ExperienceFile, Outcomes
from assistant.engine.llama import LlamaEngine, Weights
from assistant.engine.settings import ContextSettings, Drafting

LEARNED = Experience(
    costs={1: 1.0, 3: 1.4},
    draft_cost=0.4,
    draft=Outcomes(3.0, 6.5),
    lookup={2: Outcomes(0.5, 4.0), 4: Outcomes(9.0, 9.5)},
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    ExperienceFile(tmp_path / "drafting", "target", "draft").write(LEARNED)
    assert ExperienceFile(tmp_path / "drafting", "target", "draft").read() == LEARNED


def test_every_pair_of_models_has_its_own(tmp_path: Path) -> None:
    ExperienceFile(tmp_path, "target", "draft").write(LEARNED)
    assert ExperienceFile(tmp_path, "target").read() is None
    assert ExperienceFile(tmp_path, "target", "other").read() is None


@pytest.mark.parametrize(
    "changed",
    [
        b"",
        b"[]",
        b"\xff\xfe",
        b"[" * 5_000,
        json.dumps({"costs": {"1": -1.0}}).encode(),
        json.dumps({"costs": {"1": 1.0, "2": 1e9}}).encode(),
        json.dumps({"costs": {"one": 1.0}}).encode(),
        json.dumps({"draft": [5.0, 1.0]}).encode(),
        b'{"draft_cost": NaN}',
        b'{"draft": [0.0, Infinity]}',
    ],
)
def test_a_file_with_impossible_numbers_is_not_used(tmp_path: Path, changed: bytes) -> None:
    file = ExperienceFile(tmp_path, "target")
    file.write(LEARNED)
    next(tmp_path.iterdir()).write_bytes(changed)
    assert file.read() is None


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    ExperienceFile(tmp_path / "drafting", "target").write(LEARNED)
    assert ExperienceFile(tmp_path / "drafting", "target").read() is None


@pytest.mark.model
def test_an_engine_keeps_what_it_learned_and_answers_the_same(
    weights: Weights, settings: ContextSettings, tmp_path: Path
) -> None:
    written = []
    for _ in range(2):
        engine = LlamaEngine(
            weights, settings, drafting=Drafting.AUTO, experience=ExperienceFile(tmp_path, "digest")
        )
        prompt = engine.tokenize("One two three four. One two three four. One two", begin=True)
        written.append("".join(engine.generate(prompt, Sampling(), limit=24)))
        engine.close()
    learned = ExperienceFile(tmp_path, "digest").read()
    assert learned is not None
    assert set(learned.costs) > {1}
    assert written[0] == written[1]
