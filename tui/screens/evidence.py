"""The sources of an answer beside the conversation: the list of citations, and the pages that they cite.

The chat is made of this part and of the conversation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from ingest.documents import Locator, Picture
from tui.screens.base import MainScreen
from tui.widgets.source import EvidencePane, SourcePane

if TYPE_CHECKING:
    from ingest.catalogue import PageText

PICTURE_WIDTH = 1000
"""Width in pixels of a page shown as a picture."""


class EvidenceScreen(MainScreen):
    """A screen with an `EvidencePane`."""

    def __init__(self) -> None:
        super().__init__()
        self._show_pictures = False
        """Whether pages are shown as pictures."""

    @property
    def _evidence(self) -> EvidencePane:
        return self.query_one(EvidencePane)

    def on_evidence_pane_place_chosen(self, event: EvidencePane.PlaceChosen) -> None:
        """Shows the place of a citation."""
        self._show_place(event.locator)

    def _show_place(self, locator: Locator) -> None:
        """Fetches the page that `locator` is on, as text or as a picture, and shows it."""
        pane, pictures = self.query_one(SourcePane), self.carrel.start_values.pictures

        def on_page(page: PageText) -> None:
            if self._evidence.locator == locator:
                pane.show_page(locator, page)

        def on_error(error: Exception) -> None:
            if not self.carrel.owner_lost(error):
                pane.show_message(self.carrel.error_text(error))

        if self._show_pictures and pictures is not None and locator.is_on_page:

            def on_picture(picture: Picture) -> None:
                if self._evidence.locator == locator:
                    pane.show_picture(locator, pictures(picture))

            self.carrel.calls.call(
                lambda library: library.picture(locator, PICTURE_WIDTH), on_picture, on_error
            )
        else:
            self.carrel.calls.call(lambda library: library.page(locator), on_page, on_error)

    def action_picture(self) -> None:
        """Switches between the text and the picture of a page."""
        locator = self._evidence.locator
        if self.carrel.start_values.pictures is None:
            self.carrel.show_message("This terminal cannot show pictures. Press o to open the document.")
        elif locator is None or not locator.is_on_page:
            self.carrel.show_message("Only pages of PDFs can be shown as pictures.")
        else:
            self._show_pictures = not self._show_pictures
            self._show_place(locator)

    def action_citation(self, by: int) -> None:
        """Selects the next citation (1) or the previous one (-1)."""
        self._evidence.step(by)

    def on_key(self, event: events.Key) -> None:
        """Selects a citation by the digit of its marker."""
        if event.key.isdecimal() and self._evidence.select_marker(int(event.key)):
            event.stop()

    def action_open(self) -> None:
        """Opens the cited document in the person's viewer."""
        locator = self._evidence.locator
        if locator is None:
            self.carrel.show_message("There is no citation to open.")
        else:
            line = locator.lines[0] if locator.lines else None
            self.carrel.view(locator.path, locator.page, line)
