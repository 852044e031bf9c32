"""The energy of an answer is what the kernel's counters say, or nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.engine import Generation, Stats, energy
from assistant.engine.energy import EnergyMeter, total
from tests.sysfs import Sysfs


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sysfs:
    made = Sysfs(tmp_path / "sys")
    monkeypatch.setattr(energy, "SYS", made.root)
    return made


def joules(meter: EnergyMeter) -> float | None:
    used = meter.used()
    return used.joules if used is not None else None


def answered(sysfs: Sysfs) -> Stats:
    """The statistics of an answer during which the package uses 12 J."""

    def tokens() -> Iterator[int | None]:
        yield 1
        sysfs.count(13_000_000)
        yield 2

    generation = Generation(
        tokens(),
        lambda token: b"x",
        model="m",
        prompt_tokens=3,
        limit=9,
        stop=(),
        cancelled=lambda: False,
    )
    assert "".join(generation) == "xx"
    return generation.stats


def test_an_answer_has_the_energy_that_was_used_until_its_end(sysfs: Sysfs) -> None:
    stats = answered(sysfs)
    sysfs.count(99_000_000)
    assert stats.joules == 12
    assert stats.battery_share is None


def test_packages_and_memory_count_and_parts_of_them_do_not(sysfs: Sysfs) -> None:
    core = sysfs.package.with_name("intel-rapl:0:0")
    memory = sysfs.zone("intel-rapl:0:1", "dram", 0)
    second = sysfs.zone("intel-rapl:1", "package-1", 5)
    whole = sysfs.zone("intel-rapl:2", "psys", 0)
    meter = EnergyMeter()
    sysfs.count(3_000_000)
    sysfs.count(1_000_000, memory)
    sysfs.count(4_000_005, second)
    sysfs.count(90_000_000, core)
    sysfs.count(90_000_000, whole)
    assert joules(meter) == 2 + 1 + 4


def test_a_counter_that_began_again_is_counted_on(sysfs: Sysfs) -> None:
    sysfs.zone("intel-rapl:1", "package-1", 9_500_000, highest=10_000_000)
    meter = EnergyMeter()
    sysfs.count(1_500_000, sysfs.package.with_name("intel-rapl:1"))
    assert joules(meter) == 2


def test_a_counter_that_began_again_without_saying_where_is_no_figure(sysfs: Sysfs) -> None:
    (sysfs.package / "max_energy_range_uj").unlink()
    meter = EnergyMeter()
    sysfs.count(1)
    assert meter.used() is None


@pytest.mark.parametrize("content", [None, "", "unknown\n"], ids=["may not be read", "empty", "no number"])
def test_one_unreadable_counter_leaves_no_figure(sysfs: Sysfs, content: str | None) -> None:
    unreadable = sysfs.zone("intel-rapl:1", "package-1", 0) / "energy_uj"
    unreadable.unlink()
    if content is None:
        # Like a file that only root may read, for root too.
        unreadable.mkdir()
    else:
        unreadable.write_text(content)
    assert answered(sysfs).joules is None


def test_a_machine_without_counters_has_no_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy, "SYS", tmp_path / "none")
    assert EnergyMeter().used() is None


def test_a_counter_that_stands_still_is_no_figure(sysfs: Sysfs) -> None:
    assert EnergyMeter().used() is None


def test_on_battery_the_share_of_a_full_one_is_given(sysfs: Sysfs) -> None:
    sysfs.on_battery(energy_full=50_000_000)
    assert answered(sysfs).battery_share == pytest.approx(12 / (50 * 3600))


def test_a_battery_that_counts_its_charge_is_read_with_its_voltage(sysfs: Sysfs) -> None:
    sysfs.on_battery(charge_full=5_000_000, voltage_min_design=10_000_000)
    assert answered(sysfs).battery_share == pytest.approx(12 / (50 * 3600))


@pytest.mark.parametrize(
    ("status", "values"),
    [("Charging", {"energy_full": 50_000_000}), ("Discharging", {"charge_full": 5_000_000}), ("Full", {})],
)
def test_a_machine_that_is_plugged_in_or_a_battery_that_does_not_say_has_no_share(
    sysfs: Sysfs, status: str, values: dict[str, int]
) -> None:
    sysfs.on_battery(status, **values)
    stats = answered(sysfs)
    assert (stats.joules, stats.battery_share) == (12, None)


@pytest.mark.parametrize(
    ("parts", "expected"), [([1.5, 2.0], 3.5), ([1.5, None], None), ([None], None), ([], None)]
)
def test_parts_have_a_total_if_all_of_them_were_measured(
    parts: list[float | None], expected: float | None
) -> None:
    assert total(parts) == expected
