"""Erases what was made from documents that the library no longer holds, and writes the receipt.

The catalogue says what the library holds. Everything else that was made from documents (conversations,
summaries, prompts, an unfinished reindex) is matched with it by comparison, not by a list of events, so
the next comparison finds whatever a killed process, a rename or a rebuilt index left behind.
`assistant.library.opened` compares when a library is opened, and after documents were removed, changed or
moved.

An answer whose document is gone is deleted. An answer whose document has changed stays as it is if the
document still contains all that the answer took from it; otherwise the question stays and the text is erased.

Then the bytes are erased: SQLite keeps copies of deleted text in pages, words and logs, so the catalogue is
rewritten: at once for `forget`, and for `rm` if that is quick, otherwise when there is no other work or on
closing. Until then the catalogue is marked, so that the next process does it if this one is killed.
"""

import itertools
import shutil
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from assistant.dialogue import Answer
from assistant.engine import kvcache
from assistant.library import summaries
from assistant.library.history import History, paths_in
from assistant.library.receipts import Derived, Forgotten, Kept
from assistant.library.reserve import Reserve
from ingest.catalogue import Catalogue
from ingest.documents import document_id, is_within
from ingest.errors import IngestError, LibraryBusy, LibraryDamaged

PROMPTS = Path("cache", "kv")
"""In the library's folder: keys and values of prompts, kept between runs."""

NEXT = "next"
"""In the library's folder: the new catalogue of an unfinished reindex."""


QUICK_BYTES = 64 << 20
"""Size of a catalogue up to which it is rewritten before `carrel rm` returns: within half a second."""


class Eraser:
    """Erases documents from one library."""

    def __init__(
        self,
        folder: Path,
        catalogue: Catalogue,
        history: History,
        *,
        changing: "threading.RLock",
        prune_vectors: Callable[[], None],
        forget_in_memory: Callable[[], None],
        run_on_engine_thread: Callable[[Callable[[], None]], None],
    ) -> None:
        """
        folder: the library's.
        changing: held while the catalogue and the vector index change together.
        prune_vectors: deletes unused vectors from the catalogue and the vector store.
        forget_in_memory: makes the models forget prompts and sentences. Called on the engine's thread.
        run_on_engine_thread: calls a function on that thread and waits for it.
        """
        self._folder = folder
        self._catalogue = catalogue
        self._history = history
        self._changing = changing
        self._prune_vectors = prune_vectors
        self._forget_in_memory = forget_in_memory
        self._run_on_engine_thread = run_on_engine_thread
        self.clean_later: Callable[[], None] = lambda: None
        """Called when bytes are left to `clean`, at the latest on closing."""
        self.successor: Eraser | None = None
        """The eraser of the library that is being built to replace this one."""

    # Requests

    def remove(self, root: str, *, copies: bool, reserve: Reserve) -> Forgotten:
        """Erases the documents at or below `root`, with everything that was made from them.

        Later questions do not find them. Waits for the answer that is being written.

        copies: whether other documents with the same content are erased too.
        reserve: space to use on a full disk.
        """
        attempts = itertools.count()
        removed = reserve.lent_to(
            lambda: self._remove_documents(root, copies=copies, in_portions=next(attempts) > 0)
        )
        derived = reserve.lent_to(lambda: self.erase_derived(removed.documents))
        if self.successor is not None:
            for path in (root, *removed.copies):
                self.successor.remove(path, copies=False, reserve=reserve)
        if not copies and self._catalogue.bytes > QUICK_BYTES:
            self.clean_later()
            return replace(removed, derived=derived)
        return replace(removed, derived=derived, unfinished=self.clean() or self._history.problem)

    def _remove_documents(self, root: str, *, copies: bool, in_portions: bool) -> Forgotten:
        """Erases documents from the catalogue. The receipt does not yet say what was made from them.

        in_portions: whether to erase them one by one, which takes longer and needs less space.
        """
        catalogue = self._catalogue
        with self._changing:
            self._prune_vectors()
            before = catalogue.chunks.totals()
            records = catalogue.documents.file_records([root])
            contents = set(filter(None, catalogue.contents.digests(records).values()))
            if not records:  # A document may have moved since it was asked about.
                contents = self._history.digests_at(root)
            others = [path for path in catalogue.contents.documents(contents) if path not in records]
            erased_copies = others if copies else []
            documents = tuple(sorted([*records, *erased_copies]))
            # From here on, indexing stores nothing at or below these paths.
            excluded = self._exclude([root, *erased_copies])
            catalogue.documents.set_skipped([root], [])
            described = 0
            if in_portions:
                for document in documents:
                    described += catalogue.remove([document])
                    self._prune_vectors()
                    catalogue.empty_log()
            else:
                described = catalogue.remove(documents)
            self._prune_vectors()
            after = catalogue.chunks.totals()
        return Forgotten(
            at=time.time(),
            path=root,
            documents=documents,
            copies=tuple(erased_copies),
            chunks=before[0] - after[0],
            vectors=before[1] - after[1],
            derived=Derived(),
            kept=tuple(_kept(root, documents, excluded, [] if copies else others, described)),
            unfinished="",
        )

    def expire(self, paths: Collection[str]) -> None:
        """Erases the documents at `paths` and what was made from them; does not exclude the paths."""
        with self._changing:
            self._catalogue.remove(paths)
            for path in paths:
                self._catalogue.collections.forget(path)
            self._prune_vectors()
        self.erase_derived(paths)

    def _exclude(self, paths: list[str]) -> list[str]:
        """Makes indexing store nothing at or below `paths`. Returns those that are recorded as excluded."""
        sources = self._catalogue.sources.paths()
        excluded = [
            path for path in paths if any(path != source and is_within(path, source) for source in sources)
        ]
        for path in excluded:
            self._catalogue.exclusions.add(path)
        for path in paths:
            self._catalogue.sources.remove(path)
            self._catalogue.collections.forget(path)
        return excluded

    # What was made from documents

    def erase_derived(self, paths: Collection[str]) -> Derived:
        """Erases everything outside the catalogue that was made from documents that it no longer has.

        Runs on the engine's thread, after the answer that is being written. Answers that read or name a
        document at one of `paths` are deleted, even if another document has the same content.
        """
        erased = Derived()

        def erase() -> None:
            nonlocal erased
            answers = self._history.forget_documents(paths)
            erased = self.match()
            prompts, reindex = self.forget_prompts(), self.discard_reindex()
            erased = replace(erased, answers=erased.answers + answers, prompts=prompts, reindex=reindex)

        self._run_on_engine_thread(erase)
        return erased

    def match(self) -> Derived:
        """Matches conversations and summaries with the catalogue. Cheap if they match already."""
        recorded = self._history.digests()
        stale = recorded - self._catalogue.contents.known(recorded)
        documents = self._history.documents_with(stale)
        current = self._catalogue.contents.digests({document.path for document in documents})
        unsettled = self._catalogue.contents.unsettled(current)
        gone = {document.turn for document in documents if document.path not in current}
        changed = 0
        for turn, group in groupby(sorted(documents, key=attrgetter("turn", "path")), key=attrgetter("turn")):
            # A document that could be read neither then nor now is only named.
            read = [
                each
                for each in group
                if (each.digest or current.get(each.path)) and each.path not in unsettled
            ]
            if turn in gone or not read:
                continue
            if answer := self._answer(turn):
                lost = [each.path for each in read if not _still_stands(self._catalogue, each.path, answer)]
                if lost:
                    self._history.replace_answer(turn, without_words(answer, lost))
                    changed += 1
                for each in read:
                    self._history.set_digest(each, current[each.path])
            else:
                gone.add(turn)
        self._history.delete(gone)
        if changed:
            self._history.clean()
        summarized = summaries.keep_only(self._folder, self._catalogue.contents.known)
        return Derived(answers=len(gone) + changed, summaries=summarized)

    def forget_questions(self, masked: Callable[[str], str]) -> int:
        """Deletes the answers whose question contains what is masked now. Returns how many.

        masked: masks a question. A conversation that cannot be read is deleted.
        """
        telling: set[str] = set()
        for conversation in self._history.conversations():
            try:
                turns = self._history.turns(conversation.id)
            except LibraryDamaged:
                self._history.forget(conversation.id)
                continue
            telling |= {turn.id for turn in turns if masked(turn.answer.question) != turn.answer.question}
        self._history.delete(telling)
        return len(telling)

    def _answer(self, turn: str) -> Answer | None:
        """The answer of a turn; None if it is damaged, so that its quotes are unknown."""
        try:
            kept = self._history.turn(turn)
        except LibraryDamaged:
            return None
        return kept.answer if kept else None

    def forget_prompts(self) -> int:
        """Erases cached prompts and sentences. Returns how many files. Must run on the engine's thread."""
        self._forget_in_memory()
        folder = self._folder / PROMPTS
        count = len(list(folder.iterdir())) if folder.is_dir() else 0
        kvcache.discard(folder)
        return count

    def discard_reindex(self) -> bool:
        """Deletes what an unfinished reindex left, unless it is running. Returns whether there was any."""
        folder = self._folder / NEXT
        found = folder.is_dir() and self.successor is None
        if found:
            shutil.rmtree(folder)
        return found

    # Bytes

    def clean(self) -> str:
        """Rewrites catalogue and conversations if they may hold bytes of deleted text.

        Returns why that could not be done; empty on success.
        """
        with self._changing:
            if not self._catalogue.has_remains:
                return ""
            self._prune_vectors()
            try:
                if not (self._catalogue.clean() and self._history.clean()):
                    return "Another program is reading the library's files."
                self._catalogue.set_clean()
            except (IngestError, LibraryBusy) as error:
                return error.message
            return ""


def digests_read(catalogue: Catalogue, answer: Answer) -> dict[str, str | None]:
    """The digests of the documents that an answer read, by path.

    None for a document that could not be read, or that may have changed since. Removed documents are missing.
    """
    digests = catalogue.contents.digests(paths_in(answer))
    for passage in answer.passages:
        path = passage.locator.path
        made_of = {chunk.rpartition(".")[0] for chunk in passage.chunk_ids}
        if (digest := digests.get(path)) and made_of != {document_id(path, digest)}:
            digests[path] = None
    return digests


def without_words(answer: Answer, paths: Collection[str]) -> Answer:
    """What remains of an answer whose quotes are no longer in the documents at `paths`.

    It keeps its question, its options, its receipt, and the passages of other documents.
    """
    return replace(
        answer,
        query=answer.question,
        text="",
        passages=tuple(passage for passage in answer.passages if passage.locator.path not in paths),
        sentences=(),
        citations=(),
        computed=None,
        corrections=(),
        missing=(),
        doubts=(),
        erased=tuple(sorted({*answer.erased, *paths})),
    )


def _still_stands(catalogue: Catalogue, path: str, answer: Answer) -> bool:
    """Whether the document at `path` still contains all that an answer took from it."""
    taken = {
        text
        for items in (answer.passages, answer.citations)
        for item in items
        if item.locator.path == path
        for text in (item.title, *item.locator.heading)
    }
    taken |= {passage.text for passage in answer.passages if passage.locator.path == path}
    taken |= {citation.quote for citation in answer.citations if citation.locator.path == path}
    # The values of a computed answer come from rows that need not be among its passages.
    return not taken or (answer.computed is None and catalogue.contents.holds_all(path, taken))


def _kept(
    root: str,
    documents: Collection[str],
    excluded: Collection[str],
    copies: Collection[str],
    described: int,
) -> list[Kept]:
    """What is kept on purpose. described: how many other documents lost what was said about them."""
    files = [path for path in documents if Path(path).exists()]
    kept = [
        Kept("the file", path, "Carrel never changes or deletes your files.")
        for path in (files if len(files) <= 20 else [root])
    ]
    kept += [
        Kept(
            "the same content in another document",
            path,
            "`carrel rm` keeps it; `carrel forget` erases it too.",
        )
        for path in copies
    ]
    kept += [
        Kept(
            "a digest of the excluded path",
            path,
            "It keeps the file from being indexed again until you `carrel add` it.",
        )
        for path in excluded
    ]
    if described:
        kept.append(
            Kept(
                f"titles that the erased documents gave to others ({described:,})",
                "earlier answers about those documents, and their vectors until they are read again",
                "They are removed from the documents; `carrel add` reads these again for titles of their"
                " own.",
            )
        )
    kept.append(
        Kept(
            "audit log entries about the documents",
            "audit.jsonl",
            "Their codes can no longer be matched to documents, because the keys were erased.",
        )
    )
    kept.append(
        Kept(
            "copies outside the library",
            "backups, snapshots, free blocks of the disk, what you exported",
            "Carrel cannot reach them.",
        )
    )
    return kept
