"""The façade: everything that a front end can ask of a library.

Two classes implement `Assistant`: `assistant.library.owner.Owner` holds the library in this process, and
`assistant.library.client.Client` calls the process that holds it. The command line and the terminal UI use
nothing else, and one suite of tests runs over both.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from assistant.dialogue import DEFAULT_ASKING, Asking, Conversation, Event, Search, Turn
from assistant.library.audit import AuditEntry, AuditVerdict
from assistant.library.receipts import Forgotten, Swept
from assistant.library.storage import StoredData
from assistant.models.finding import VerifiedModel
from assistant.models.recommending import Advice
from assistant.models.shelf import ListedModel
from assistant.policyfile import PolicyReport
from assistant.summary import Length, Summary, SummaryProgress
from ingest.catalogue import DocumentEntry, DocumentExtent, LibraryCounts, PageText
from ingest.documents import Chunk, Locator, Picture
from ingest.progress import Progress, Report
from ingest.selection import EVERYTHING, Collection, Selection
from ingest.survey import FolderSurvey
from policies.network import SealReport
from policies.proof import Attempt


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """A watched folder or file."""

    path: str
    """Its absolute path."""
    offline: str
    """Why it cannot be reached now; empty when it can. Its documents stay in the library."""


@dataclass(frozen=True, slots=True)
class Indexing:
    """What the background thread that indexes the sources is doing."""

    watching: bool
    """Whether changes are noticed without being asked for."""
    paused: bool
    """Whether indexing waits for `resume`."""
    files: int
    """Files that are being read or wait for it."""
    texts: int
    """Chunks that wait for their vector."""
    reading: tuple[str, ...]
    """Paths of the files being read."""
    files_per_second: float
    """The rate over the last half minute; 0 when no file was read."""
    seconds_left: float | None
    """Time left at that rate; None when it is unknown."""
    problem: str
    """Why indexing or watching is disturbed; empty when it is not."""


@dataclass(frozen=True, slots=True)
class Status:
    """A library at a glance."""

    library: Path
    """The library's folder."""
    sources: tuple[SourceStatus, ...]
    """The watched folders and files, by path."""
    counts: LibraryCounts
    """How much is indexed."""
    indexing: Indexing
    """What is being indexed."""


@dataclass(frozen=True, slots=True)
class AddedPath:
    """What became of a path that was to be a source."""

    path: Path
    """As it was named."""
    problem: str = ""
    """Why it is neither a source nor part of one; empty if it is."""
    remedy: str = ""
    """What to do about the problem; may be empty."""
    is_forbidden: bool = False
    """Whether the problem is that the policies forbid it."""
    part_of: str = ""
    """The source that it is part of; empty if it is a source itself."""
    folded: tuple[str, ...] = ()
    """Earlier sources that are part of it now."""


class Assistant(Protocol):
    """One library. An iterator that a method returns can be closed early, which stops its work.

    Paths are absolute. Every method may raise `WireError` when another process owns the library.
    """

    # Sources and documents

    def add(self, path: Path) -> Iterator[Progress | Report]:
        """Makes `path` a source and indexes what is new or changed in it.

        Yields progress and last the report. Raises `IngestError` when the path does not exist, contains the
        library, cannot be reached, or when indexing is paused.
        """

    def add_sources(self, paths: list[Path]) -> list[AddedPath]:
        """Makes each of `paths` a source and indexes nothing yet, so that an interruption forgets none."""

    def remove(self, path: Path) -> Forgotten:
        """Forgets the documents at or below `path`, with what was made from them. The files are not touched.

        A path inside a source stays excluded until it is added by name. Raises `NotInLibrary` when nothing at
        `path` is in the library.
        """

    def forget(self, path: Path) -> Forgotten:
        """Forgets the documents at or below `path`, and every other document with the same content.

        The receipt says what was erased and what was kept on purpose. `path` need not be in the
        library. Paths inside a source stay excluded, as after `remove`.
        """

    def sweep(self, *, dry_run: bool) -> Swept:
        """Deletes what is older than the configuration allows, and returns what that was.

        dry_run: whether to delete nothing.
        """

    def retry(self, path: Path | None) -> int:
        """Schedules another attempt at files that could not be read, or whose text in the library was altered
        by another program; returns how many.

        path: only files at or below it; None for all.
        """

    def pause(self) -> None:
        """Stops indexing until `resume`, also after a restart. Questions are still answered."""

    def resume(self) -> None:
        """Continues indexing. Harmless when it is not paused."""

    def holds(self, path: Path) -> bool:
        """Whether the library contains a document at or below `path` that could be read."""

    def entries(self) -> list[DocumentEntry]:
        """Every document, sorted by path."""

    def extent(self, path: Path) -> DocumentExtent | None:
        """The source that the file at `path` lies in, and how many pages and lines its document has.

        One of each for a file that was not read; None for a path in no source. Lines are counted only where
        places are told by them.
        """

    def status(self) -> Status:
        """The library at a glance."""

    def page(self, locator: Locator) -> PageText:
        """The page that `locator` lies on, or the whole document if it has no pages.

        `locator.chars` index into its text. Raises `IngestError` when the document is gone or has changed.
        """

    def chunks(self, path: Path, first: int) -> list[Chunk]:
        """The next chunks of the document at `path`, from position `first` on; empty after the last."""

    def chunk_at(self, path: Path, line: int) -> Chunk | None:
        """The last chunk of the document at `path` that begins before this line; None if there is none, or
        its places are not told by lines."""

    def picture(self, locator: Locator, width: int) -> Picture:
        """The page that `locator` lies on, drawn `width` pixels wide, or less when it is very long.

        Raises `IngestError` when the document is gone or has changed, or has no pages that can be drawn.
        """

    def filter_values(self) -> dict[str, list[str]]:
        """The values that filters can have in this library, sorted, by filter: `in`, `type`, `tag` and
        `collection`."""

    # Collections

    def collections(self) -> list[Collection]:
        """The collections, by name."""

    def collect(self, name: str, paths: list[Path], tags: list[str], context: str | None) -> None:
        """Adds folders, documents and tags to a collection, which is made if there is none of this name.

        context: a line about its documents; None to leave the line as it is.
        Raises `BadCollection` for a name that is none, a context that is too long, and a path in no source.
        """

    def uncollect(self, name: str, paths: list[Path], tags: list[str]) -> None:
        """Takes folders, documents and tags out of a collection; removes it if none are named.

        The documents stay. Raises `BadCollection` when there is no such collection, or it does not name one
        of them.
        """

    # Models

    def models(self) -> dict[str, VerifiedModel]:
        """The configured models by role, `embedder`, `target` and `draft`, checked against their pins.

        Raises `ModelMissing` and `ModelNotAsPinned`.
        """

    def use(self, target: str, draft: str) -> None:
        """Answers with these language models from the next question on, until the owner ends.

        target, draft: names as `carrel models ls` shows them; an empty draft for none.
        Raises `ModelMissing` and `ModelNotAsPinned`, and then changes nothing.
        """

    # Questions

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

        conversation: the id of the conversation that the question continues, chosen by the caller. A
            follow-up question is completed from earlier ones. Empty for a question by itself.
        cancelled: polled before every token; a cancelled answer keeps what was written.
        """

    def summarize(
        self,
        path: Path,
        *,
        length: Length = Length.MEDIUM,
        focus: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[SummaryProgress | Summary]:
        """Summarizes the document at `path`, part by part, and yields the summary last.

        The document is read from its file, masked as in the library. Raises `IngestError` when it is gone or
        has changed.

        length: how long the summary is.
        focus: a topic to summarize; empty for everything.
        cancelled: polled before every token; the parts summarized so far become the summary.
        """

    def embed(self, texts: list[str]) -> list[list[float]]:
        """One unit vector per text, made by the embedder of the library. Nothing of the texts is kept.

        Raises `OutOfBounds` for too many or too long texts.
        """

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Asks the question of a kept turn again, in the same way. The new answer is not kept.

        Raises `NotInHistory` when there is no turn with this id.
        """

    # Records

    def conversations(self) -> list[Conversation]:
        """The kept conversations, the most recent first."""

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, in order; empty when it is not kept."""

    def turn(self, key: str) -> Turn:
        """The turn with this id. Raises `NotInHistory` when there is none."""

    def forget_conversation(self, conversation: str) -> None:
        """Deletes a conversation. Harmless when there is none."""

    def policies(self) -> PolicyReport:
        """The rules of `policies.toml` that the owner enforces: those of the time when it started."""

    def audit_log(self, path: Path | None = None) -> list[AuditEntry]:
        """What was done with the library, the most recent first. Names nothing that it contains.

        path: only entries about the document at this path, which must be in the library; None for all.
        """

    def record_sent(self, agent: str, call: str, paths: list[Path]) -> None:
        """Records in the audit log what an agent is about to be sent.

        agent: what it calls itself. call: what it called. paths: the documents of which it gets names or
            text.
        Raises `IngestError` when the entry cannot be made; then nothing may be sent.
        """

    def verify_audit(self, head: str) -> AuditVerdict:
        """Whether the audit log is what Carrel wrote, and its head.

        head: an earlier head to compare with; empty for none. Raises `BadAuditHead` when it is not a head.
        """

    # The owner's process and its machine

    def seal(self) -> SealReport:
        """The seal of the process that owns the library, as the kernel reports it at this moment."""

    def prove_seal(self) -> list[Attempt]:
        """Tries to reach the network from the process that owns the library; takes about 0.2 s.

        Raises `PolicyRefusal` where an attempt cannot be made.
        """

    def stored_data(self) -> list[StoredData]:
        """What the library stores on the disk: names, contents, retention and sizes."""

    def models_on_disk(self) -> list[ListedModel]:
        """Every language model on this machine, usable or not, by place and name; reads file headers."""

    def recommended_models(self) -> list[Advice]:
        """The models of the catalogue that fit this machine and are not on it, best first."""

    def subfolders(self, folder: Path) -> list[Path]:
        """The folders in `folder` by name, without hidden ones and links; empty if it cannot be listed."""

    def survey(
        self, folder: Path, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[FolderSurvey]:
        """What `add` would read of `folder` and what it would skip, without reading any document.

        Yields what it has seen so far every few hundred files; the last value has `done` set, unless the
        survey was cancelled. Raises `IngestError` if the folder cannot be reached.
        """

    def close(self) -> None:
        """Ends the use of the library and frees its resources."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
