"""The plain UI: questions and answers as lines of text, for screen readers and for terminals of any kind.

Nothing is drawn and nothing is written over: each line is said once, in order, and every state is a word. An
answer is written when it is complete and checked. A line that begins with a slash is a command; every other
one is a question. The UI does no I/O of its own: lines are read and written by the functions it is given.
"""

from __future__ import annotations

import posixpath
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.answers import filters
from assistant.answers.showing import shown_citation
from assistant.answers.wording import NEXT_STEP, VERDICTS, caution, heading, headline
from assistant.dialogue import Answer, Asking, Citation, Queued, SearchFinished, State
from assistant.errors import OwnerGone
from assistant.formatting import (
    collapse_whitespace,
    count_of,
    describe_corrections,
    describe_cost,
    describe_coverage,
    describe_doubt,
    describe_erased,
    describe_left_out,
    describe_place,
    describe_searchable,
    describe_unkept,
    place,
)
from ingest.selection import Selection
from policies.errors import CarrelError
from policies.hygiene import one_line, visible
from tui.asking import ask_typed
from tui.handover import RESTART, Handover, OutsideProcess
from tui.matching import findable, matching

if TYPE_CHECKING:
    from assistant.library.facade import Assistant
    from tui.base import StartValues

PROMPT = "Question or command: "

MOST_LISTED = 20
"""Documents named at once."""

COMMANDS = {
    "/help": "List the commands.",
    "/documents LETTERS": "List the documents whose paths contain these letters; without letters, list all.",
    "/only LETTERS": "Ask only about the first of these documents. Repeat to add more.",
    "/all": "Ask about all documents again.",
    "/source NUMBER": "Read out the page of the document around a source of the last answer.",
    "/open NUMBER": "Open the document of a source in your viewer.",
    "/status": "Tell what the library holds, what is being read, and whether this process is sealed.",
    "/add PATH": "Add a folder or a file to the library.",
    "/new": "Begin a new conversation.",
    "/export": "Write this conversation to an HTML file.",
    "/quit": "Leave.",
}
"""In the order of the help, with what each does."""


class PlainUi:
    """One conversation over a library, line by line."""

    def __init__(
        self,
        library: Assistant,
        start: StartValues,
        outside: OutsideProcess,
        read: Callable[[str], str],
        write: Callable[[str], object],
    ) -> None:
        """
        read: asks for a line after a prompt; raises EOFError at the end of the input.
        write: writes a line.
        """
        self._library, self._start, self._outside = library, start, outside
        self._read, self._write = read, write
        self._conversation = start.handover.conversation or secrets.token_hex(8)
        self._only: dict[str, str] = {}
        """The documents that questions are about, by path: their values for `in:`; empty for all."""
        self._answer: Answer | None = None
        """The last one."""
        self._stopping = False
        self.reading = False
        """Whether it waits for a line."""

    def stop(self) -> None:
        """Stops the answer that is being made; what was written by then is kept."""
        self._stopping = True

    def run(self) -> int:
        """Reads lines until the person leaves; returns the exit code."""
        self._greet()
        while True:
            try:
                line = self._next_line()
                if line is None or line.split(" ")[0] == "/quit":
                    self._write("Carrel has ended.")
                    return 0
                self._obey(line)
            except OwnerGone:
                return RESTART
            except CarrelError as error:
                self._say(f"That failed: {error.message} {error.remedy}")

    def _next_line(self) -> str | None:
        """The next line with something in it; None at the end of the input."""
        while True:
            self.reading = True
            try:
                line = self._read(PROMPT).strip()
            except EOFError:
                return None
            except KeyboardInterrupt:
                line = ""
                self._write("Type /quit to leave.")
            finally:
                self.reading = False
            if line:
                return line

    def _say(self, text: str) -> None:
        """Writes foreign text as lines."""
        for line in visible(text).splitlines():
            self._write(line.rstrip())

    def _greet(self) -> None:
        handover = self._start.handover
        if handover.reason:
            self._say(handover.reason)
            if handover.question:
                self._say(f"Your question has no answer yet: {handover.question}")
        self._write("Carrel, plain lines. Type a question, or /help for the commands.")
        self._status([])

    # Commands

    def _obey(self, line: str) -> None:
        word, *arguments = line.split()
        if not word.startswith("/"):
            self._ask(line)
            return
        commands: dict[str, Callable[[list[str]], None]] = {
            "/help": self._help,
            "/documents": self._documents,
            "/only": self._narrow,
            "/all": self._widen,
            "/source": self._source,
            "/open": self._open,
            "/status": self._status,
            "/add": self._add,
            "/new": self._new,
            "/export": self._export,
        }
        if word in commands:
            commands[word](arguments)
        else:
            self._say(f"There is no command {word}. Type /help for the commands.")

    def _help(self, _: list[str]) -> None:
        for command, meaning in COMMANDS.items():
            self._write(f"{command}: {meaning}")
        self._write("Ctrl+C stops an answer.")

    def _documents(self, letters: list[str]) -> None:
        found = matching(" ".join(letters), findable(self._library.entries()))
        for path in found[:MOST_LISTED]:
            self._say(one_line(path))
        more = len(found) - MOST_LISTED
        self._write(
            f"{count_of(len(found), 'document')}." + (f" {more:,} more are not listed." if more > 0 else "")
        )

    def _narrow(self, letters: list[str]) -> None:
        names = findable(self._library.entries())
        found = matching(" ".join(letters), names)
        if not letters:
            self._write("Type letters of a document's name after /only.")
        elif not found:
            self._write("No document has these letters.")
        else:
            self._only[found[0]] = filters.narrowest_name(found[0], list(names))
            self._say(f"Questions are now only about: {', '.join(map(one_line, self._only))}")

    def _widen(self, _: list[str]) -> None:
        self._only = {}
        self._write("Questions are about all documents again.")

    def _source(self, numbers: list[str]) -> None:
        for citation in self._cited(numbers):
            page = self._library.page(citation.locator)
            self._say(f"{place(citation.locator)}:\n{page.text}")
            self._write("End of the source.")

    def _open(self, numbers: list[str]) -> None:
        for citation in self._cited(numbers):
            locator = citation.locator
            line = locator.lines[0] if locator.lines else None
            self._outside.open_in_viewer(locator.path, locator.page, line)
            self._say(f"Opening {one_line(locator.path)}.")

    def _cited(self, numbers: list[str]) -> list[Citation]:
        """The citation with the number that was typed; empty, after saying so, if there is none."""
        citations = self._answer.citations if self._answer is not None else ()
        found = [citation for citation in citations if numbers == [str(citation.marker)]]
        if not found:
            self._write(f"The last answer has {count_of(len(citations), 'source')}. Type the number of one.")
        return found

    def _status(self, _: list[str]) -> None:
        status = self._library.status()
        searchable, indexing = status.counts.searchable, status.indexing
        if not status.sources:
            self._write("The library is empty. Type /add and the path of a folder.")
        else:
            self._write(f"The library has {count_of(searchable, 'document')} that questions can find.")
        for source in status.sources:
            self._say(
                f"Source: {one_line(source.path)}"
                + (f", not reachable: {source.offline}" if source.offline else "")
            )
        if indexing.problem:
            self._say(f"Indexing has a problem: {indexing.problem}")
        elif indexing.files or indexing.texts:
            self._write(f"Carrel is reading: {count_of(indexing.files, 'file')} to go.")
        elif status.sources:
            self._write("Everything has been read." if indexing.watching else "Changes are not noticed.")
        sealed = self._start.seal.enforced
        self._write(
            "Sealed: the kernel refuses every network connection."
            if sealed
            else "Warning: this process is not sealed."
        )

    def _add(self, words: list[str]) -> None:
        typed = " ".join(words)
        if not typed:
            self._write("Type the path of a folder after /add.")
            return
        if typed == "~" or typed.startswith("~/"):
            typed = str(self._start.home) + typed[1:]
        path = Path(posixpath.normpath(posixpath.join(self._start.folder, typed)))
        for added in self._library.add_sources([path]):
            if added.problem:
                self._say(f"Not added: {added.problem} {added.remedy}")
            else:
                self._say(f"Added: {one_line(str(path))}. Carrel is reading it; /status says how far it is.")

    def _new(self, _: list[str]) -> None:
        self._conversation = secrets.token_hex(8)
        self._answer, self._only = None, {}
        self._write("A new conversation.")

    def _export(self, _: list[str]) -> None:
        if self._answer is None:
            self._write("There is no answer to export yet.")
        else:
            self._say(f"Written to {self._outside.export(self._conversation)}")

    # Questions

    def _ask(self, typed: str) -> None:
        question = filters.write_question(typed, Selection(folders=tuple(self._only.values())))
        self._stopping = False
        self._outside.save(Handover(self._conversation, question))
        self._write("Searching.")
        events = ask_typed(self._library, question, self._conversation, Asking(), lambda: self._stopping)
        answer = None
        for event in events:
            match event:
                case Queued(before):
                    self._write(f"{describe_place(before)}.")
                case SearchFinished(search):
                    self._write(f"Reading {count_of(len(search.passages), 'passage')}.")
                case Answer():
                    answer = event
        self._outside.save(Handover(self._conversation, ""))
        if answer is None:
            self._write("Stopped.")
        else:
            self._answer = answer
            for line in answer_lines(answer):
                self._say(line)
            status = self._library.status()
            self._say(describe_searchable(status.counts, status.indexing.files))


def answer_lines(answer: Answer) -> Iterator[str]:
    """A reply in the order in which it is read out: what it is, its text, its sources, and remarks."""
    if answer.erased:
        yield describe_erased(answer.erased)
        return
    yield f"{heading(answer)}, not a sure answer." if answer.state is State.CLOSEST else f"{heading(answer)}."
    yield answer.text if answer.state is State.ANSWERED else headline(answer.state, answer.missing)
    for citation in answer.citations:
        quote = collapse_whitespace("".join(shown_citation(citation, answer.passages)))
        yield f"Source {citation.marker}: {place(citation.locator)}: “{quote}”"
    for sentence in answer.sentences:
        if sentence.verdict in VERDICTS:
            yield f"{VERDICTS[sentence.verdict]}: “{collapse_whitespace(sentence.text)}”: {sentence.reason}."
    if answer.state is not State.ANSWERED:
        yield NEXT_STEP
    if note := caution(answer):
        yield note
    yield from (f"Do not rely on {describe_doubt(doubt)}." for doubt in answer.doubts)
    if answer.unkept:
        yield f"{describe_unkept(answer.unkept)}."
    if answer.corrections:
        yield f"{describe_corrections(answer.corrections)}."
    if answer.left_out:
        yield f"{describe_left_out(answer.left_out)}."
    if answer.coverage is not None and answer.computed is None:  # A computed answer says it itself.
        yield f"{describe_coverage(answer.coverage)}."
    if cost := describe_cost(answer):
        yield f"{cost.replace(' · ', ', ')}."
