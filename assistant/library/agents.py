"""What an agent gets of a library: the documents of the collections that the policies open to agents.

An agent is another program, such as an editor's assistant, whose model may run in a cloud, or one that asks
over HTTP (`carrel serve`). So nothing of a
library is open to agents until `policies.toml` names collections. A view is made for each call. It narrows
what is asked before anything is searched or read, and a document outside is answered like one that does
not exist. What every call sends is in the audit log before the agent gets it; if it cannot be, nothing is
sent.

A view has some of the façade's methods under the same names. What it leaves out on purpose: corrections of
typing and words that no document mentions, because both are about the whole library; other places of the same
text; names of other collections. The owner masks what it masks for everybody.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from assistant.dialogue import Answer, AnswerText, Asking, Doubt, Search, SearchFinished
from assistant.library.facade import Assistant
from assistant.policyfile import SERVED, WARNING
from assistant.summary import Length, Summary
from ingest.catalogue import DocumentEntry, DocumentExtent, PageText
from ingest.documents import Chunk, Locator
from ingest.errors import BadCollection, IngestError
from ingest.selection import Collection, Selection, collection_name
from policies.errors import PolicyRefusal


def require_open(collections: Sequence[str], section: str = "agents") -> None:
    """Raises `PolicyRefusal` unless a section of the policies, `agents` or `serve`, opens a collection."""
    if not collections:
        whom, warning = ("agents", WARNING) if section == "agents" else ("other programs", SERVED)
        raise PolicyRefusal(
            f"No collection is open to {whom}. {warning}",
            remedy=f"To open one, name it in policies.toml, beside the configuration: [{section}] collections"
            ' = ["NAME"]. A new file also masks sensitive text for everybody, unless it says mask = [].',
        )


class AgentView:
    """The library as an agent sees it during one call."""

    def __init__(self, library: Assistant, collections: Sequence[str]) -> None:
        """collections: the names of those that are open to agents; never empty."""
        require_open(collections)
        self._library = library
        self._open = tuple(collections)

    # What there is

    def collections(self) -> list[Collection]:
        """The collections that are open to agents and exist."""
        return [each for each in self._library.collections() if each.name in self._open]

    def entries(self) -> list[DocumentEntry]:
        """The documents in them that can be searched, sorted by path."""
        return list(self._entries.values())

    @cached_property
    def _entries(self) -> dict[str, DocumentEntry]:
        found = {}
        for entry in self._library.entries():
            names = tuple(name for name in entry.collections if name in self._open)
            if names and entry.chunks:
                found[entry.path] = replace(entry, collections=names)
        return found

    # Reading

    def extent(self, path: Path) -> DocumentExtent | None:
        """How far places in a document can go; None for a document that is not in the view."""
        return self._library.extent(path) if str(path) in self._entries else None

    def page(self, locator: Locator) -> PageText:
        """The page that `locator` lies on. Raises `IngestError` when its document is not in the view."""
        if locator.path not in self._entries:
            raise IngestError(f"The library has no document {locator.path}.")
        return self._library.page(locator)

    def chunk_at(self, path: Path, line: int) -> Chunk | None:
        """The last chunk before a line of a document; None also for a document that is not in the view."""
        return self._library.chunk_at(path, line) if str(path) in self._entries else None

    def summarize(
        self, path: Path, *, length: Length, focus: str, cancelled: Callable[[], bool] = lambda: False
    ) -> Summary:
        """The summary of a document. Raises `IngestError` when it is not in the view, or has changed."""
        if str(path) not in self._entries:
            raise IngestError(f"The library has no document {path}.")
        *_, summary = self._library.summarize(path, length=length, focus=focus, cancelled=cancelled)
        assert isinstance(summary, Summary), "summarizing ends with a summary"
        return summary

    # Asking

    def search(self, query: str, k: int, *, collection: str = "") -> Search:
        """The `k` best passages. collection: one of those that are open; empty for all of them.

        Raises `BadCollection` for any other.
        """
        found = self._library.search(query, k, selection=self._selection(collection))
        passages = tuple(replace(passage, also=(), earlier=()) for passage in found.passages)
        return replace(found, query=query, passages=passages, corrections=(), doubts=self._seen(found.doubts))

    def ask(
        self,
        question: str,
        *,
        collection: str = "",
        document: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """Answers a question outside any conversation. collection: as for `search`.

        document: the path of a document in the view; empty for all of them.
        """
        *_, answer = self.answering(question, collection=collection, document=document, cancelled=cancelled)
        assert isinstance(answer, Answer), "asking ends with an answer"
        return answer

    def answering(
        self,
        question: str,
        *,
        collection: str = "",
        document: str = "",
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[SearchFinished | AnswerText | Answer]:
        """Like `ask`, with the passages that are read and the text while it is written."""
        selection = replace(self._selection(collection), folders=(document,) if document else ())
        for event in self._library.ask(question, asking=Asking(selection=selection), cancelled=cancelled):
            if isinstance(event, Answer):
                doubts = self._seen(event.doubts)
                yield replace(event, corrections=(), missing=(), coverage=None, query=question, doubts=doubts)
            elif isinstance(event, SearchFinished | AnswerText):
                yield event

    def embed(self, texts: list[str]) -> list[list[float]]:
        """One unit vector per text of the caller's."""
        return self._library.embed(texts)

    def _seen(self, doubts: Sequence[Doubt]) -> tuple[Doubt, ...]:
        """The doubts about documents in the view; the owner names every altered document, and amendments."""
        return tuple(
            doubt
            for doubt in doubts
            if doubt.path in self._entries and (not doubt.by or doubt.by in self._entries)
        )

    def _selection(self, collection: str) -> Selection:
        if not collection:
            return Selection(collections=self._open)
        name = collection_name(collection)
        if name not in self._open:
            raise BadCollection(f"There is no collection {name}.")
        return Selection(collections=(name,))

    # The record

    def record(self, agent: str, call: str, paths: Sequence[str]) -> None:
        """Records in the audit log what a call is about to send.

        agent: the name that the agent gives itself. paths: the documents of which it gets names or text.
        Raises `IngestError` when the entry cannot be made.
        """
        self._library.record_sent(agent, call, [Path(path) for path in dict.fromkeys(paths)])
