"""The façade of a library that another process owns, over sockets to that process.

The connections are made before the seal (`policies.endpoint`), one for each call that may run at the same
time; a sealed process cannot make more. Abandoning a call closes its connection, which tells the owner to
stop; other calls use the connections that are left.
"""

import contextlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from assistant.dialogue import DEFAULT_ASKING, Asking, Conversation, Event, Search, Turn
from assistant.errors import OwnerGone, WireError
from assistant.library import wire
from assistant.library.attaching import as_owner_gone, pool_over
from assistant.library.audit import AuditEntry, AuditVerdict
from assistant.library.facade import AddedPath, Status
from assistant.library.receipts import Forgotten, Swept
from assistant.library.storage import StoredData
from assistant.models.finding import VerifiedModel
from assistant.models.recommending import Advice
from assistant.models.shelf import ListedModel
from assistant.policyfile import PolicyReport
from assistant.summary import Length, Summary, SummaryProgress
from ingest.catalogue import DocumentEntry, DocumentExtent, PageText
from ingest.documents import Chunk, Locator, Picture
from ingest.progress import Progress, Report
from ingest.selection import EVERYTHING, Collection, Selection
from ingest.survey import FolderSurvey
from policies import endpoint
from policies.errors import CarrelError
from policies.network import SealReport
from policies.proof import Attempt

if TYPE_CHECKING:
    import socket

SILENCE_S = 2.0
"""Seconds without an answer from the owner after which the person is told."""

POLL_S = 0.05
"""Seconds between two checks whether a call is cancelled."""


class Client:
    """A library, over connections to its owner. Implements `Assistant`."""

    def __init__(
        self, connections: Sequence["socket.socket"], *, tell: Callable[[str], None] = lambda text: None
    ) -> None:
        """Checks over one of the connections that the owner speaks the same version of the protocol.

        tell: shows the person that the owner does not answer, after `SILENCE_S`. The wait continues.
        Raises `WireError` when it does not, and `OwnerGone` when the owner has ended.
        """
        self._unused = list(connections)
        self._pool = pool_over(self._unused)
        silence = threading.Timer(SILENCE_S, lambda: tell(_describe_silence(connections)))
        silence.daemon = True
        silence.start()
        try:
            self._check_version()
        except BaseException:
            self.close()
            raise
        finally:
            silence.cancel()

    def _check_version(self) -> None:
        with as_owner_gone():
            if not self._unused:
                raise ConnectionError("the owner ended before this process could connect to it")
            greeting = json.loads(self._pool.request("GET", "http://owner/").content)
        if greeting.get("carrel") != wire.VERSION:
            raise WireError(
                "Another version of Carrel owns the library.",
                remedy=f"Stop process {greeting.get('pid')}, then run the command again.",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection. The owner continues."""
        self._pool.close()
        for connection in self._unused:
            connection.close()

    def add(self, path: Path) -> Iterator[Progress | Report]:
        """Adds a source and follows its indexing."""
        return self._stream("add", path=path)

    def add_sources(self, paths: list[Path]) -> list[AddedPath]:
        """Makes each of `paths` a source, without indexing them."""
        added: list[AddedPath] = self._call("add_sources", paths=paths)
        return added

    def remove(self, path: Path) -> Forgotten:
        """Forgets the documents at or below `path`."""
        receipt: Forgotten = self._call("remove", path=path)
        return receipt

    def forget(self, path: Path) -> Forgotten:
        """Forgets the documents at or below `path` and all copies of them."""
        receipt: Forgotten = self._call("forget", path=path)
        return receipt

    def sweep(self, *, dry_run: bool) -> Swept:
        """Deletes what is older than the owner's configuration allows."""
        swept: Swept = self._call("sweep", dry_run=dry_run)
        return swept

    def retry(self, path: Path | None) -> int:
        """Schedules another attempt at files that could not be read."""
        return int(self._call("retry", path=path))

    def pause(self) -> None:
        """Stops indexing until `resume`."""
        self._call("pause")

    def resume(self) -> None:
        """Continues indexing."""
        self._call("resume")

    def holds(self, path: Path) -> bool:
        """Whether a readable document lies at or below `path`."""
        return bool(self._call("holds", path=path))

    def entries(self) -> list[DocumentEntry]:
        """Every document, sorted by path."""
        entries: list[DocumentEntry] = self._call("entries")
        return entries

    def extent(self, path: Path) -> DocumentExtent | None:
        """The source of the file at `path`, and the length of its document."""
        extent: DocumentExtent | None = self._call("extent", path=path)
        return extent

    def status(self) -> Status:
        """The library at a glance."""
        status: Status = self._call("status")
        return status

    def policies(self) -> PolicyReport:
        """The rules that the owner enforces."""
        report: PolicyReport = self._call("policies")
        return report

    def audit_log(self, path: Path | None = None) -> list[AuditEntry]:
        """What was done with the library, or with one document of it, the most recent first."""
        entries: list[AuditEntry] = self._call("audit_log", path=path)
        return entries

    def record_sent(self, agent: str, call: str, paths: list[Path]) -> None:
        """Records in the audit log what an agent is about to be sent."""
        self._call("record_sent", agent=agent, call=call, paths=paths)

    def verify_audit(self, head: str) -> AuditVerdict:
        """Whether the audit log is what Carrel wrote, and its head."""
        verdict: AuditVerdict = self._call("verify_audit", head=head)
        return verdict

    def models(self) -> dict[str, VerifiedModel]:
        """The configured models by role, checked against their pins."""
        models: dict[str, VerifiedModel] = self._call("models")
        return models

    def search(self, query: str, k: int, *, selection: Selection = EVERYTHING) -> Search:
        """The `k` best passages for `query`."""
        search: Search = self._call("search", query=query, k=k, selection=selection)
        return search

    def ask(
        self,
        question: str,
        *,
        conversation: str = "",
        asking: Asking = DEFAULT_ASKING,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Answers `question` from the library."""
        return self._cancellable(
            "ask", cancelled, question=question, conversation=conversation, asking=asking
        )

    def summarize(
        self,
        path: Path,
        *,
        length: Length = Length.MEDIUM,
        focus: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[SummaryProgress | Summary]:
        """Summarizes a document."""
        return self._cancellable("summarize", cancelled, path=path, length=length, focus=focus)

    def page(self, locator: Locator) -> PageText:
        """The page that `locator` lies on."""
        page: PageText = self._call("page", locator=locator)
        return page

    def chunks(self, path: Path, first: int) -> list[Chunk]:
        """The next chunks of a document."""
        chunks: list[Chunk] = self._call("chunks", path=path, first=first)
        return chunks

    def chunk_at(self, path: Path, line: int) -> Chunk | None:
        """The last chunk of a document that begins before this line."""
        chunk: Chunk | None = self._call("chunk_at", path=path, line=line)
        return chunk

    def picture(self, locator: Locator, width: int) -> Picture:
        """The page that `locator` lies on, drawn."""
        picture: Picture = self._call("picture", locator=locator, width=width)
        return picture

    def filter_values(self) -> dict[str, list[str]]:
        """The values that filters can have, by filter."""
        values: dict[str, list[str]] = self._call("filter_values")
        return values

    def collections(self) -> list[Collection]:
        """The collections, by name."""
        collections: list[Collection] = self._call("collections")
        return collections

    def collect(self, name: str, paths: list[Path], tags: list[str], context: str | None) -> None:
        """Adds folders, documents and tags to a collection."""
        self._call("collect", name=name, paths=paths, tags=tags, context=context)

    def uncollect(self, name: str, paths: list[Path], tags: list[str]) -> None:
        """Takes folders, documents and tags out of a collection, or removes it."""
        self._call("uncollect", name=name, paths=paths, tags=tags)

    def use(self, target: str, draft: str) -> None:
        """Answers with these language models from the next question on."""
        self._call("use", target=target, draft=draft)

    def conversations(self) -> list[Conversation]:
        """The kept conversations, the most recent first."""
        conversations: list[Conversation] = self._call("conversations")
        return conversations

    def turns(self, conversation: str) -> list[Turn]:
        """The turns of a conversation, in order."""
        turns: list[Turn] = self._call("turns", conversation=conversation)
        return turns

    def turn(self, key: str) -> Turn:
        """The turn with this id."""
        turn: Turn = self._call("turn", key=key)
        return turn

    def embed(self, texts: list[str]) -> list[list[float]]:
        """One unit vector per text."""
        vectors: list[list[float]] = self._call("embed", texts=texts)
        return vectors

    def replay(self, key: str, *, cancelled: Callable[[], bool] = lambda: False) -> Iterator[Event]:
        """Asks the question of a kept turn again."""
        return self._cancellable("replay", cancelled, key=key)

    def forget_conversation(self, conversation: str) -> None:
        """Deletes a conversation."""
        self._call("forget_conversation", conversation=conversation)

    def seal(self) -> SealReport:
        """The seal of the owner's process."""
        report: SealReport = self._call("seal")
        return report

    def prove_seal(self) -> list[Attempt]:
        """Tries to reach the network from the owner's process."""
        attempts: list[Attempt] = self._call("prove_seal")
        return attempts

    def stored_data(self) -> list[StoredData]:
        """What the library stores on the disk."""
        stored: list[StoredData] = self._call("stored_data")
        return stored

    def models_on_disk(self) -> list[ListedModel]:
        """The language models on this machine."""
        models: list[ListedModel] = self._call("models_on_disk")
        return models

    def recommended_models(self) -> list[Advice]:
        """The models of the catalogue that fit this machine."""
        advice: list[Advice] = self._call("recommended_models")
        return advice

    def subfolders(self, folder: Path) -> list[Path]:
        """The visible folders in a folder."""
        folders: list[Path] = self._call("subfolders", folder=folder)
        return folders

    def survey(
        self, folder: Path, *, cancelled: Callable[[], bool] = lambda: False
    ) -> Iterator[FolderSurvey]:
        """What adding a folder would read and skip."""
        return self._cancellable("survey", cancelled, folder=folder)

    def _cancellable(self, method: str, cancelled: Callable[[], bool], **arguments: Any) -> Iterator[Any]:
        """Like `_stream`. Once `cancelled` returns True, the owner is told, and the call ends by itself."""
        name = secrets.token_hex(8)
        ended = threading.Event()

        def watch() -> None:
            # If the owner has gone, the reader of the stream is told.
            with contextlib.suppress(OwnerGone), as_owner_gone():
                while not ended.wait(POLL_S):
                    # Repeated until the call ends, because the first request may overtake the call.
                    if cancelled():
                        self._pool.request("DELETE", f"http://owner/{name}")

        threading.Thread(target=watch, name="cancelling", daemon=True).start()
        try:
            yield from self._stream(method, name, **arguments)
        finally:
            ended.set()

    def _call(self, method: str, **arguments: Any) -> Any:
        """The one result of `method`."""
        (result,) = self._stream(method, **arguments)
        return result

    def _stream(self, method: str, name: str = "", /, **arguments: Any) -> Iterator[Any]:
        """The results of `method`, one by one.

        name: identifies the call in a request to cancel it; empty for a call that is never cancelled.
        """
        content = wire.encode_arguments(method, arguments)
        headers = [(wire.NAME_HEADER, name)]
        with (
            as_owner_gone(),
            self._pool.stream("POST", f"http://owner/{method}", headers=headers, content=content) as response,
        ):
            if response.status != 200:
                raise WireError(f"The owner of the library refused the call with status {response.status}.")
            rest = b""
            failure = None
            for part in response.iter_stream():
                *lines, rest = (rest + part).split(b"\n")
                for line in lines:
                    try:
                        value = wire.decode_line(method, line)
                    except CarrelError as error:
                        # Raised after the whole response has been read, so that the connection can be reused.
                        failure = error
                    else:
                        yield value
        if failure is not None:
            raise failure


def _describe_silence(connections: Sequence["socket.socket"]) -> str:
    process = endpoint.process_of(connections[0]) if connections else None
    if process is None:
        return "Waiting for the process that owns the library. Ctrl-C stops waiting."
    return (
        f"Waiting for process {process}, which owns the library and does not answer. If it was stopped with "
        f"Ctrl-Z, continue it with: kill -CONT {process}"
    )
