"""A folder like /sys, with energy counters and a battery."""

import os
from pathlib import Path


class Sysfs:
    """The files that the kernel shows of a machine with one processor package."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.package = root / "class" / "powercap" / "intel-rapl:0"
        self.battery = root / "class" / "power_supply" / "BAT0"
        self.zone("intel-rapl:0", "package-0", 1_000_000)
        self.zone("intel-rapl:0:0", "core", 500_000)

    def zone(self, folder: str, name: str, microjoules: int, highest: int = 262_143_328_850) -> Path:
        """Adds a counter."""
        zone = self.root / "class" / "powercap" / folder
        zone.mkdir(parents=True)
        (zone / "name").write_text(f"{name}\n")
        (zone / "energy_uj").write_text(f"{microjoules}\n")
        (zone / "max_energy_range_uj").write_text(f"{highest}\n")
        return zone

    def count(self, microjoules: int, zone: Path | None = None) -> None:
        """Sets a counter, that of the package by default, at once as the kernel does."""
        file = (zone or self.package) / "energy_uj"
        file.with_name("next").write_text(f"{microjoules}\n")
        os.replace(file.with_name("next"), file)

    def on_battery(self, status: str = "Discharging", **values: int) -> None:
        """Adds the battery; values: its files."""
        self.battery.mkdir(parents=True)
        (self.battery / "status").write_text(f"{status}\n")
        for name, value in values.items():
            (self.battery / name).write_text(f"{value}\n")
