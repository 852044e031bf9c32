"""The values that the UI and the process outside the seal exchange (`tui.outside`).

Widgets and tests use these and never the pipe itself, so that a test needs no second process.
"""

from dataclasses import dataclass
from typing import Protocol

from policies.errors import CarrelError

RESTART = 75
"""Exit code of a UI that asks to be started again: EX_TEMPFAIL of sysexits.h."""


class ViewerFailed(CarrelError):
    """The document could not be opened in the configured viewer."""


class NotExported(CarrelError):
    """The file about a conversation could not be written."""


class SettingsNotSaved(CarrelError):
    """A setting could not be written to the configuration."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The state that one UI process leaves to the next."""

    conversation: str = ""
    """The id of the conversation on the screen; empty for a new one."""
    question: str = ""
    """A question that has no answer yet; empty if there is none."""
    reason: str = ""
    """Why the UI was started again, as a sentence for the person; empty at the first start."""


class OutsideProcess(Protocol):
    """The services of the process outside the seal, as the UI sees them."""

    def open_in_viewer(self, path: str, page: int | None, line: int | None) -> None:
        """Opens a file in the configured viewer at a page or line, each from 1.

        Blocks until the viewer has started. Raises `ViewerFailed` if it does not start.
        """

    def try_viewer(self, viewer: str, path: str) -> None:
        """Opens a file with one of `policies.outside.VIEWERS`, whatever the configuration says.

        Blocks until it is seen to run for a moment. Raises `ViewerFailed` if it cannot be started, or fails.
        """

    def change_settings(self, values: dict[str, str | int]) -> None:
        """Sets keys such as `tui.theme` in the configuration file and leaves the rest of it as it is.

        Only what `policies.outside` lists is accepted. Raises `SettingsNotSaved`.
        """

    def export(self, conversation: str) -> str:
        """Writes a file about a saved conversation into the folder that the program was started in.

        Returns the file's path. An existing file is never replaced. Raises `NotExported`.
        """

    def save(self, handover: Handover) -> None:
        """Stores what the next UI process receives if this one ends."""
