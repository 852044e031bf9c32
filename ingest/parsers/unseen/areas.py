"""What lies under and over a text on a slide: areas with colours, from the lowest to the highest.

A text is hidden by its colour only if it has the colour of everything that is seen behind it. An area whose
colour is not known, such as a picture, shows any text.
"""

from dataclasses import dataclass

from ingest.parsers.unseen.colours import Colour

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, in any unit."""

SEEN_SHARE = 0.1
"""Least share of a text's box on which an area counts as seen behind it."""


@dataclass(frozen=True, slots=True)
class _Area:
    box: Box
    colour: Colour | None
    is_full: bool


class Areas:
    """The areas of one slide."""

    def __init__(self, width: float, height: float, colour: Colour | None) -> None:
        """A slide of this size.

        colour: its background; None if that is not one known colour.
        """
        self._slide: Box = (0.0, 0.0, width, height)
        self._colour = colour
        self._areas: list[_Area] = []

    def __len__(self) -> int:
        return len(self._areas)

    def add(self, box: Box, colour: Colour | None, *, is_full: bool) -> None:
        """Puts an area over all earlier ones.

        colour: None if it is not one known colour.
        is_full: whether nothing shines through, up to the corners of its box.
        """
        self._areas.append(_Area(box, colour, is_full))

    def behind(self, box: Box | None, layer: int) -> list[Colour | None]:
        """The colours that are seen behind a text, if the first `layer` areas lie under it.

        box: where the text is; None if that is not known.
        """
        if box is None:
            return [self._colour, *(area.colour for area in self._areas)]
        colours: list[Colour | None] = []
        for area in reversed(self._areas[:layer]):
            share = _shared(box, area.box)
            if share < SEEN_SHARE:
                continue
            colours.append(area.colour)
            if area.is_full and share > 0.99:
                return colours
        return [*colours, self._colour]

    def is_covered(self, box: Box, layer: int) -> bool:
        """Whether an area over the first `layer` ones covers a text entirely."""
        return any(area.is_full and _shared(box, area.box) > 0.99 for area in self._areas[layer:])

    def is_outside(self, box: Box) -> bool:
        """Whether a box lies off the slide entirely."""
        return _shared(box, self._slide) == 0


def _shared(box: Box, other: Box) -> float:
    """The share of a box that another one overlaps, 0 to 1."""
    share = 1.0
    for low, high in ((0, 2), (1, 3)):
        # A box may be a line: a text that grows as it is written.
        size = max(box[high] - box[low], 1.0)
        overlap = min(box[low] + size, other[high]) - max(box[low], other[low])
        share *= max(overlap, 0.0) / size
    return share
