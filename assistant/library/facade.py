"""The façade: all that a front end can ask of a library, whoever owns it.

There are two: `assistant.library.owner.Owner` holds the library in this process,
`assistant.library.client.Client`
speaks to the process that does. Command line and terminal UI are written against this alone, and
one suite of tests runs over both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from assistant.dialogue import DEFAULT_ASKING, Asking, Conversation, Event, Search, Turn
from assistant.library.audit import AuditEntry
from assistant.models.finding import VerifiedModel
from ingest.catalogue import DocumentEntry, LibraryCounts
from ingest.documents import Locator, Picture
from ingest.progress import Progress, Report
from ingest.selection import EVERYTHING, Selection


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A folder or file that was added."""

    path: str
    offline: str
    """Why it cannot be reached now; empty when it can. Its documents stay until it is back."""


@dataclass(frozen=True, slots=True)
class Indexing:
    """What the owner is doing about its sources."""

    watching: bool
    """Whether changes are noticed by themselves."""
    paused: bool
    files: int
    """Waiting to be read, or being read."""
    texts: int
    """Chunks waiting for their vector."""
    reading: tuple[str, ...]
    """Files being read now."""
    files_per_second: float
    """Over the last half minute; 0 when nothing was read."""
    seconds_left: float | None
    """At the rate of the last half minute; None when it cannot be told."""
    problem: str
    """Why indexing or watching does not go on as it should; empty when all is well."""


@dataclass(frozen=True, slots=True)
class Status:
    """A library at a glance."""

    library: Path
    sources: tuple[SourceStatus, ...]
    counts: LibraryCounts
    indexing: Indexing


class Assistant(Protocol):
    """One library. Methods that yield go on while they are iterated and stop when they are closed."""

    def add(self, path: Path) -> Iterator[Progress | Report]:
        """Makes `path`, which is absolute, a source, and indexes what is new or changed in it.

        Raises `IngestError` when there is no such file or folder.
        """

    def remove(self, path: Path) -> int:
        """Takes the documents at or below `path` out of the library; returns how many.

        The files stay where they are. A path inside a source stays out until it is added by name.
        Raises `IngestError` when nothing there is in the library.
        """

    def retry(self, path: Path | None) -> int:
        """Has the files at or below `path`, or everywhere, that could not be read tried again; how many."""

    def pause(self) -> None:
        """Stops indexing until `resume`, also in owners to come; questions are answered all the same."""

    def resume(self) -> None:
        """Ends a pause."""

    def holds(self, path: Path) -> bool:
        """Whether a document that can be asked about lies at or below `path`."""

    def entries(self) -> list[DocumentEntry]:
        """Every document, by path."""

    def status(self) -> Status:
        """The library at a glance."""

    def models(self) -> dict[str, VerifiedModel]:
        """The configured models by role, `embedder`, `target` and `draft`, checked against their pins.

        Raises `ModelMissing` and `ModelNotAsPinned`.
        """

    def search(self, query: str, k: int, *, selection: Selection = EVERYTHING) -> Search:
        """The `k` best passages for `query` among the selected documents."""

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Answers `question` from the library, as `assistant.answers.answering` describes.

        conversation: the id of the conversation it belongs to, of the caller's making; questions that
        lean on what was said before are made whole from it. Empty for a question by itself.
        """

    def page(self, locator: Locator) -> str:
        """The text of the page that `locator` lies on, or of the whole document where there are no pages.

        `locator.chars` index into it. Raises `IngestError` when the document has gone or has changed.
        """

    def picture(self, locator: Locator, width: int) -> Picture:
        """The page that `locator` lies on as it looks, `width` pixels wide, or less where it is very long.

        Raises `IngestError` when the document has gone or has changed, or has no pages to be drawn.
        """

    def filter_values(self) -> dict[str, list[str]]:
        """What filters can name here: values by filter, `in`, `type` and `tag`, sorted."""

    def use(self, target: str, draft: str) -> None:
        """Answers with these models from the next question on, until the owner ends; names as in `models ls`.

        Raises `ModelMissing` and `ModelNotAsPinned`; then all stays as it was.
        """

    def audit_log(self) -> list[AuditEntry]:
        """What was done with the library, the last first, without a name of what it holds."""

    def conversations(self) -> list[Conversation]:
        """Those that are kept, the last one first."""

    def turns(self, conversation: str) -> list[Turn]:
        """What was said in a conversation, in order; empty when it is not kept."""

    def turn(self, key: str) -> Turn:
        """The turn with this id; raises `NotInHistory` when there is none."""

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Asks the question of a kept turn again, as it was asked then; the answer is not kept.

        Raises `NotInHistory`.
        """

    def forget_conversation(self, conversation: str) -> None:
        """Deletes a conversation; harmless when there is none."""

    def close(self) -> None:
        """Lets go of the library."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
