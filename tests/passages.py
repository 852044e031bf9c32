"""Passages about a lease and a trip, for tests of answers."""

from assistant.dialogue import Passage
from ingest.documents import Locator

LEASE = (
    "The lease runs for three years and ends on 30 June 2027.\n"
    "The monthly rent is 870 euros, due on the third day of the month.\n"
    "The deposit of 2,610 euros is held by the Sparkasse.\n"
)
TRIP = "We fly to Lisbon on 12 May.\nThe hotel is called Janelas Verdes.\n"


def passage(text: str, *, rank: int = 1, path: str = "/notes/lease.md", first_line: int = 11) -> Passage:
    """A passage from `path` that begins in line `first_line`, at character 200."""
    return Passage(
        rank=rank,
        score=1 / rank,
        similarity=0.5,
        title=path.split("/")[-1],
        text=text,
        locator=Locator(
            path, None, None, ("Terms",), (first_line, first_line + text.count("\n")), (200, 200 + len(text))
        ),
        chunk_ids=(f"{path}.0",),
    )


PASSAGES = [passage(LEASE), passage(TRIP, rank=2, path="/notes/trip.md", first_line=1)]
