"""How much energy the processor uses, where the kernel says so.

The counters are those of RAPL (running average power limit), in /sys/class/powercap: microjoules that each
processor package and its memory have used since some moment. They begin again after a highest value. They
count all that runs on the machine, and no GPU. Most systems let only root read them, and many virtual
machines have none: then nothing is measured, and no figure is made up.

`Generation` measures an answer with it, `assistant.models.tuning` a variant of a model. A confined owner may
read /sys, so the files are opened when they are needed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")
"""Where the kernel shows devices."""

_MEASURED = ("package", "dram")
"""Beginnings of the names of counters that do not overlap; others count parts of a package, or all."""


@dataclass(frozen=True, slots=True)
class Energy:
    """What was used."""

    joules: float
    """By all processor packages and their memory."""
    battery_share: float | None
    """That as a share of what the full batteries hold; None unless the machine runs on them."""


class EnergyMeter:
    """Measures from the moment it is made."""

    def __init__(self) -> None:
        """Reads the counters for the first time."""
        zones = SYS.joinpath("class", "powercap").glob("intel-rapl:*")
        self._zones = [zone for zone in zones if _text(zone / "name").startswith(_MEASURED)]
        self._began = [_number(zone / "energy_uj") for zone in self._zones]

    def used(self) -> Energy | None:
        """Returns what was used since then; None if it cannot be read. A counter may begin again once."""
        microjoules = 0
        for zone, began in zip(self._zones, self._began, strict=True):
            now = _number(zone / "energy_uj")
            if began is None or now is None:
                return None
            microjoules += now - began
            if now < began:
                highest = _number(zone / "max_energy_range_uj")
                if highest is None:
                    return None
                microjoules += highest
        if not microjoules:
            # No counter, or one that a virtual machine does not move.
            return None
        joules = microjoules / 1e6
        held = _held_by_batteries()
        return Energy(joules, joules / held if held else None)


def total(values: Iterable[float | None]) -> float | None:
    """Returns the sum of what was measured for the parts of an answer; None if one of them was not."""
    parts = list(values)
    known = [value for value in parts if value is not None]
    return sum(known) if known and len(known) == len(parts) else None


def _held_by_batteries() -> float | None:
    """The joules that all full batteries hold together; None if none is in use or one does not say."""
    batteries = list(SYS.joinpath("class", "power_supply").glob("BAT*"))
    if not any(_text(battery / "status") == "Discharging" for battery in batteries):
        return None
    joules = 0.0
    for battery in batteries:
        watt_hours = _number(battery / "energy_full")
        if watt_hours is not None:
            joules += watt_hours * 1e-6 * 3600
            continue
        # Other batteries count their charge, in microampere-hours, and give their voltage in microvolts.
        charge, voltage = _number(battery / "charge_full"), _number(battery / "voltage_min_design")
        if charge is None or voltage is None:
            return None
        joules += charge * 1e-6 * 3600 * voltage * 1e-6
    return joules


def _number(file: Path) -> int | None:
    try:
        return int(_text(file))
    except ValueError:
        return None


def _text(file: Path) -> str:
    """The content of a file; empty if it cannot be read."""
    try:
        return file.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
