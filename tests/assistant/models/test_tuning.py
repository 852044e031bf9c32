"""Tuning: what is measured is the model, and what is chosen answers as before."""

from pathlib import Path

import pytest

from assistant.config import models_folder
from assistant.engine.gguf import read_header
from assistant.engine.requantizing import RECIPES, divergence, requantize
from assistant.engine.settings import ContextSettings, KVType
from assistant.errors import EngineError, ModelNotStored
from assistant.models.finding import VerifiedModel, pinned
from assistant.models.tuning import MOST_DIVERGENCE, TEXT, Trial, Tuned, Way, better, keep, measured, offered
from tests.ggufs import gguf
from tests.running import bundled_model


def trial(name: str, read_tps: float, write_tps: float, divergence: float = 0.0) -> Trial:
    return Trial(Way(name, Path(name), ContextSettings()), read_tps, write_tps, divergence)


NOW = trial("now", 300, 50)


def test_what_answers_a_question_soonest_is_chosen() -> None:
    assert better([NOW, trial("reads", 600, 45), trial("writes", 310, 100)]).way.name == "reads"


def test_what_answers_otherwise_is_not_chosen_however_fast() -> None:
    rough = trial("rough", 3000, 500, MOST_DIVERGENCE * 1.01)
    assert better([NOW, rough, trial("fine", 400, 50, MOST_DIVERGENCE)]).way.name == "fine"


def test_what_gains_next_to_nothing_changes_nothing() -> None:
    assert better([NOW, trial("alike", 305, 51)]) is NOW


def test_a_model_is_measured_in_the_way_it_is_to_be_computed() -> None:
    ways = [
        Way("f16", bundled_model(), ContextSettings(tokens=1024)),
        Way("q8_0", bundled_model(), ContextSettings(tokens=1024, kv_type=KVType.Q8_0)),
    ]
    trials = measured(ways)
    assert [each.way for each in trials] == ways
    assert all(0 < each.seconds < 3600 for each in trials)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_requantized_model_is_the_same_model_but_for_its_rounding(tmp_path: Path, recipe: object) -> None:
    result = tmp_path / "again.gguf"
    requantize(bundled_model(), recipe, result, threads=2)  # type: ignore[arg-type]
    assert read_header(result).vocabulary == read_header(bundled_model()).vocabulary
    assert 0 < divergence(bundled_model(), result, TEXT[:400]) < 2 * MOST_DIVERGENCE
    assert list(tmp_path.iterdir()) == [result]


def test_a_model_does_not_diverge_from_itself() -> None:
    assert divergence(bundled_model(), bundled_model(), TEXT[:200]) == 0


def test_a_model_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        requantize(bundled_model(), RECIPES[0], tmp_path / "no folder" / "again.gguf", threads=1)
    assert list(tmp_path.iterdir()) == []


def test_what_was_made_is_kept_with_the_others_and_pinned_with_its_origin(tmp_path: Path) -> None:
    made = tmp_path / "tiny-Q8_0.gguf"
    made.write_bytes(gguf())
    after = Trial(Way("Q8_0", made, ContextSettings()), 1, 1)
    original = VerifiedModel("tiny", tmp_path / "tiny.gguf", "0" * 64, "apache-2.0", "local")
    library = tmp_path / "library"
    assert keep(Tuned(NOW, after), original, library) == "tiny-Q8_0"
    kept = models_folder() / "tiny-Q8_0.gguf"
    assert kept.read_bytes() == gguf()
    assert not made.exists()
    assert [pin.origin for pin in pinned(library) if pin.name == str(kept)] == ["Q8_0 of tiny, " + "0" * 64]
    made.write_bytes(gguf())
    with pytest.raises(ModelNotStored, match="already"):
        keep(Tuned(NOW, after), original, library)
    kept.unlink()


def test_tuning_is_offered_once() -> None:
    offered()
    assert offered()
