"""Tuning measures the model itself, and never chooses a variant with different answers."""

import itertools
import threading
from pathlib import Path

import pytest

from assistant.cli.render.models import trial_object
from assistant.config import models_folder
from assistant.engine import energy
from assistant.engine.gguf import read_header
from assistant.engine.requantizing import RECIPES, divergence, requantize
from assistant.engine.settings import ContextSettings, KVType
from assistant.errors import EngineError, ModelNotStored
from assistant.models.finding import VerifiedModel, all_pins
from assistant.models.tuning import (
    MOST_DIVERGENCE,
    TEXT,
    Trial,
    TuningResult,
    Variant,
    best_trial,
    keep,
    measure,
    offered_before,
)
from tests.ggufs import gguf
from tests.running import bundled_model
from tests.sysfs import Sysfs

pytestmark = pytest.mark.model


def trial(name: str, read_tps: float, write_tps: float, divergence: float = 0.0) -> Trial:
    return Trial(Variant(name, Path(name), ContextSettings()), read_tps, write_tps, divergence)


NOW = trial("now", 300, 50)


def test_the_variant_with_the_fastest_answer_is_chosen() -> None:
    assert best_trial([NOW, trial("reads", 600, 45), trial("writes", 310, 100)]).variant.name == "reads"


def test_a_variant_with_different_answers_is_not_chosen_however_fast() -> None:
    rough = trial("rough", 3000, 500, MOST_DIVERGENCE * 1.01)
    assert best_trial([NOW, rough, trial("fine", 400, 50, MOST_DIVERGENCE)]).variant.name == "fine"


def test_a_negligible_gain_changes_nothing() -> None:
    assert best_trial([NOW, trial("alike", 305, 51)]) is NOW


def test_every_variant_is_measured() -> None:
    variants = [
        Variant("f16", bundled_model(), ContextSettings(tokens=1024)),
        Variant("q8_0", bundled_model(), ContextSettings(tokens=1024, kv_type=KVType.Q8_0)),
    ]
    trials = measure(variants)
    assert [item.variant for item in trials] == variants
    assert all(0 < item.seconds < 3600 for item in trials)


@pytest.mark.parametrize("counting", [False, True], ids=["still", "counting"])
def test_the_energy_for_a_question_is_measured_where_it_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counting: bool
) -> None:
    sysfs = Sysfs(tmp_path / "sys")
    monkeypatch.setattr(energy, "SYS", sysfs.root)
    ended = threading.Event()

    def count() -> None:
        for joules in itertools.count(2):
            if ended.is_set():
                return
            sysfs.count(joules * 10**6)

    counter = threading.Thread(target=count)
    if counting:
        counter.start()
    try:
        (measured,) = measure([Variant("as it is", bundled_model(), ContextSettings(tokens=1024))])
    finally:
        ended.set()
        if counting:
            counter.join()
    assert (measured.joules is not None and measured.joules > 0) is counting
    assert (trial_object(measured)["joules"] is not None) is counting


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.name)
def test_a_converted_model_differs_from_the_original_by_rounding_only(tmp_path: Path, recipe: object) -> None:
    result = tmp_path / "again.gguf"
    requantize(bundled_model(), recipe, result, threads=2)  # type: ignore[arg-type]
    assert read_header(result).vocabulary == read_header(bundled_model()).vocabulary
    assert 0 < divergence(bundled_model(), result, TEXT[:400]) < 2 * MOST_DIVERGENCE
    assert list(tmp_path.iterdir()) == [result]


def test_a_model_does_not_diverge_from_itself() -> None:
    assert divergence(bundled_model(), bundled_model(), TEXT[:200]) == 0


def test_a_model_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        requantize(bundled_model(), RECIPES[0], tmp_path / "no folder" / "again.gguf", threads=1)
    assert list(tmp_path.iterdir()) == []


def test_a_converted_model_moves_into_the_models_folder_and_is_pinned_with_its_origin(tmp_path: Path) -> None:
    converted = tmp_path / "tiny-Q8_0.gguf"
    converted.write_bytes(gguf())
    after = Trial(Variant("Q8_0", converted, ContextSettings()), 1, 1)
    original = VerifiedModel("tiny", tmp_path / "tiny.gguf", "0" * 64, "apache-2.0", "local")
    library = tmp_path / "library"
    assert keep(TuningResult(NOW, after), original, library) == "tiny-Q8_0"
    moved = models_folder() / "tiny-Q8_0.gguf"
    assert moved.read_bytes() == gguf()
    assert not converted.exists()
    assert [pin.origin for pin in all_pins(library) if pin.name == str(moved)] == [
        "Q8_0 of tiny, " + "0" * 64
    ]
    converted.write_bytes(gguf())
    with pytest.raises(ModelNotStored, match="already"):
        keep(TuningResult(NOW, after), original, library)
    moved.unlink()


def test_tuning_is_suggested_once() -> None:
    offered_before()
    assert offered_before()
