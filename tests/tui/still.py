"""The terminal UI over a library with fixed contents (`tests.still`).

Run as a program, it opens the UI over a library of hostile texts, for the test that reads a terminal's bytes.
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from assistant.config import Config
from policies.network import Seal
from tests.still import StillLibrary, hostile
from tui.app import CarrelApp
from tui.handover import Handover
from tui.pictures import Shower

DEFAULTS, FIRST = Config(), Handover()


@dataclass
class Beside:
    """The process outside the seal, as a list of what it was asked."""

    shown: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    kept: Handover = FIRST

    def open_in_viewer(self, path: str, page: int | None, line: int | None) -> None:
        self.shown.append((path, page, line))

    def save(self, handover: Handover) -> None:
        self.kept = handover


def app(
    library: StillLibrary,
    *,
    config: Config = DEFAULTS,
    config_file: Path | None = None,
    kept: Handover = FIRST,
    beside: Beside | None = None,
    pictures: Shower | None = None,
) -> CarrelApp:
    """The UI over it."""
    return CarrelApp(
        lambda: library,
        library=Path("/home/reader/library"),
        config=config,
        config_file=config_file,
        seal=Seal(enforced=True, detail="The kernel refuses every socket to this process."),
        outside=beside or Beside(),
        kept=kept,
        pictures=pictures,
    )


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="ascii"))
    shown = app(
        hostile(given["texts"], given["folder"]),
        kept=Handover("c", " ".join(given["texts"]), " ".join(given["texts"])),
    )
    shown.run()
    shown.desk.close(1)
