"""Parses each file in a process of its own, which can reach nothing and whose failure costs only that file.

Parsers read files made by strangers, so they run where an exploited bug in them gains little. A *template*
process imports all parsers and seals itself (`ingest.jail.template`). For each document it forks a child
with two descriptors: the document, and a pipe for the answer. The child closes all others, bounds its memory
and time, gives up access to every file (Landlock, seccomp), program and process, parses, answers and exits.
The template never reads a document, so documents never meet; and forking a process that has everything
loaded takes milliseconds. Pages are drawn in the same way.

A file that encloses others, such as a mail with attachments, is parsed in one child. If that child fails, the
file is parsed once more without the files in it.

The parent validates every answer (`ingest.jail.protocol`), so the worst that a child can send is a wrong text
for its own file. A child that crashes, hangs or uses too much memory fails that file, with the reason.

Called by several threads of the pipeline at once. It opens no document: the caller does, and knows what it
opened.
"""

import contextlib
import json
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.documents import Document, Picture
from ingest.errors import (
    NeedsOCR,
    ParserFailed,
    ParserKilled,
    ParsersUnavailable,
    StoppedParsing,
    UnreadableDocument,
)
from ingest.jail.protocol import (
    MAX_REQUEST_BYTES,
    JailLimits,
    decode_answer,
    decode_document,
    decode_picture,
)
from ingest.parsers import ENCLOSING_TYPES, SOUND_TYPES, media_type, ocr, speech
from ingest.programs import TEMPLATE
from policies.broker import Child, spawn

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)

FIRST_SECONDS = 5
"""Time that every file gets at first. One that takes longer may have to wait until others were read."""

OCR_LIMITS = JailLimits(seconds=30 * 60, memory_bytes=3 << 30)
"""Limits for files that need OCR, which takes a second or two per page."""


SPEECH_LIMITS = JailLimits(seconds=speech.SECONDS + 30 * 60, memory_bytes=6 << 30)
"""Limits for recordings. What takes longer than `speech.SECONDS` is transcribed in part."""


def open_jail(file_bytes: int, speech_model: Path | None = None) -> "Jail":
    """A jail for files of up to `file_bytes`, with OCR if it is installed.

    speech_model: the folder of the model that transcribes recordings; None for none.
    """
    limits = JailLimits(file_bytes=file_bytes)
    for_pictures = for_sound = None
    if ocr.available():
        for_pictures = Jail(replace(OCR_LIMITS, file_bytes=file_bytes), parser=ocr.__name__)
    if speech_model and speech.available() and (model := speech.files_in(speech_model)):
        limits_of_speech = replace(SPEECH_LIMITS, file_bytes=file_bytes)
        for_sound = Jail(limits_of_speech, parser=speech.__name__, model=model)
    return Jail(limits, ocr=for_pictures, speech=for_sound)


class Jail:
    """Parses files in processes that have access to nothing else."""

    def __init__(
        self,
        limits: JailLimits | None = None,
        *,
        parser: str = "ingest.parsers",
        model: Sequence[Path] = (),
        ocr: "Jail | None" = None,
        speech: "Jail | None" = None,
    ) -> None:
        """Starts no process yet.

        parser: a module with `parse(path, data, digest)`, `draw(path, data, page, width, words)`, and
            `preload()`, which the template calls once.
        model: files that the template gets when it has started; the module then has `load(files)`.
        ocr, speech: jails for files that need OCR, and for recordings; closed together with this one.
        """
        self._ocr = ocr
        self._speech = speech
        self._model = tuple(model)
        self._limits = limits or JailLimits()
        self._parser = parser
        self._turn = threading.Lock()
        """Held while a thread talks to the template."""
        self._template: Child | None = None
        self._control: socket.socket | None = None
        self._closed = False

    def parse(
        self,
        path: str,
        descriptor: int,
        digest: str,
        go_on: Callable[[], bool] = lambda: True,
        size: int | None = None,
    ) -> Document:
        """The document of the file at `path`, read from its start through an open `descriptor`.

        digest: SHA-256 of the file's content, in hex.
        go_on: called once if parsing takes longer than `FIRST_SECONDS`; False stops it.
        size: how many bytes are read; None for all.

        Raises `UnreadableDocument` with the parser's reason, or with the reason why it did not answer,
        `StoppedParsing` when it was stopped by `go_on`, and `ParsersUnavailable`.
        """
        if self._speech is not None and media_type(path) in SOUND_TYPES:
            return self._speech.parse(path, descriptor, digest, go_on, size)
        if self._ocr is None:
            return self._parse(path, descriptor, digest, go_on, size)
        try:
            document = self._parse(path, descriptor, digest, go_on, size)
        except NeedsOCR:
            return self._ocr.parse(path, descriptor, digest, go_on, size)
        if not document.needs_ocr:
            return document
        try:
            return self._ocr.parse(path, descriptor, digest, go_on, size)
        except ParserFailed:  # The text read without OCR is better than none.
            return document

    def draw(self, path: str, descriptor: int, page: int, width: int, words: str = "") -> Picture:
        """A page of the file at `path`: `page` counted from 1, drawn `width` pixels wide or narrower.

        words: of the page, which get a frame; empty for none.

        Raises `UnreadableDocument` when the file has no such page, or the parser did not answer.
        """
        return decode_picture(
            self._ask({"draw": path, "page": page, "width": width, "words": words}, descriptor)
        )

    def close(self) -> None:
        """Ends the template and all its children. Files that are still being parsed are then unreadable."""
        for other in (self._ocr, self._speech):
            if other is not None:
                other.close()
        with self._turn:
            self._closed = True
            self._stop()

    def _parse(
        self, path: str, descriptor: int, digest: str, go_on: Callable[[], bool], size: int | None
    ) -> Document:
        request = {"parse": path, "digest": digest, "size": size}
        try:
            answer = self._ask(request, descriptor, go_on)
        except ParserKilled:
            raise
        except ParserFailed:
            if media_type(path) not in ENCLOSING_TYPES:
                raise
            # One of the files in it may be the cause.
            answer = self._ask({**request, "enclosed": False}, descriptor, go_on)
        return decode_document(path, digest, answer)

    def _ask(
        self, request: dict[str, Any], descriptor: int, go_on: Callable[[], bool] = lambda: True
    ) -> dict[str, Any]:
        """The answer of a new child. Raises `UnreadableDocument` with its reason, or why there is none."""
        reading, writing = os.pipe()
        try:
            try:
                child, control = self._fork(request, descriptor, writing)
            finally:
                os.close(writing)
            try:
                answer = self._read(reading, go_on)
            finally:
                status = self._end(child, control)
        finally:
            os.close(reading)
        if isinstance(answer, str):
            if not answer and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                raise ParserKilled("its parser was killed, perhaps because the machine ran out of memory")
            raise ParserFailed(answer or self._cause_of_death(status))
        return decode_answer(answer)

    def _fork(self, request: dict[str, Any], descriptor: int, answer: int) -> "tuple[int, socket.socket]":
        """Has the template fork a child for a file; returns its process id, and the template's socket."""
        message = json.dumps(request).encode("ascii")
        for attempt in range(2):
            with self._turn:
                if self._closed:
                    raise UnreadableDocument("the parser process was stopped")
                try:
                    child = int(self._call_template(message, [descriptor, answer])["child"])
                    return child, self._start()
                except (OSError, ValueError, KeyError) as error:
                    # Killed, perhaps because the machine ran out of memory.
                    log.warning("the template process of the parsers ended; starting it again")
                    self._stop()
                    if attempt:
                        raise ParsersUnavailable(
                            "The parser process cannot be started, or keeps being killed.",
                            remedy="Free some memory. If that does not help, restart Carrel.",
                        ) from error
        raise AssertionError("two attempts return or raise")

    def _end(self, child: int, control: "socket.socket") -> int:
        """Makes sure that a child has ended; returns its status as `waitpid` reports it.

        control: the socket of its template. No other template knows the child.
        """
        with self._turn, contextlib.suppress(OSError, ValueError, KeyError):
            if self._control is not control:  # A template takes its children with it.
                return signal.SIGKILL
            return int(self._call_template(json.dumps({"end": child}).encode("ascii"), [])["status"])
        return signal.SIGKILL

    def _call_template(self, message: bytes, descriptors: list[int]) -> dict[str, Any]:
        import socket

        control = self._start()
        socket.send_fds(control, [message], descriptors)
        reply: dict[str, Any] = json.loads(control.recv(MAX_REQUEST_BYTES))
        return reply

    def _start(self) -> "socket.socket":
        """The socket to the template, which is started if it is not running."""
        if self._control is None:
            import socket

            self._control, theirs = socket.socketpair()
            with theirs:
                arguments = [self._parser, *self._limits.as_arguments()]
                self._template = spawn(TEMPLATE, arguments, [theirs.fileno()])
            if self._model:
                self._send_model(self._control)
        return self._control

    def _send_model(self, control: "socket.socket") -> None:
        import socket

        with contextlib.ExitStack() as opened:
            files = [opened.enter_context(path.open("rb")) for path in self._model]
            names = [path.name for path in self._model]
            message = json.dumps({"load": names}).encode("ascii")
            socket.send_fds(control, [message], [file.fileno() for file in files])
            if not control.recv(MAX_REQUEST_BYTES):
                raise OSError("the template ended")

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._template is not None:
            # The template ends when the other end of its socket is closed, and kills its children.
            with contextlib.suppress(OSError):
                deadline = time.monotonic() + 5
                while self._template.poll() is None:
                    if time.monotonic() > deadline:
                        self._template.kill()
                    time.sleep(0.01)
            self._template = None

    def _read(self, reading: int, go_on: Callable[[], bool]) -> bytearray | str:
        """A child's whole answer; a reason if it exceeds a limit, "" if it ends without an answer.

        Raises `StoppedParsing`.
        """
        deadline = time.monotonic() + self._limits.seconds
        first_deadline: float | None = time.monotonic() + FIRST_SECONDS
        poll = select.poll()
        poll.register(reading, select.POLLIN | select.POLLHUP)
        answer = bytearray()
        while True:
            left = deadline - time.monotonic()
            if first_deadline is not None:
                first_left = max(first_deadline - time.monotonic(), 0.0)
                if first_left < left and not poll.poll(first_left * 1000):
                    if not go_on():
                        raise StoppedParsing(f"parsing took longer than {FIRST_SECONDS} s")
                    first_deadline = None
                    continue
            if left <= 0 or not poll.poll(left * 1000):
                return f"parsing took longer than {self._limits.seconds} s"
            part = os.read(reading, 1 << 20)
            if not part:
                # A complete answer ends with a newline.
                return answer if answer.endswith(b"\n") else ""
            answer += part
            if len(answer) > self._limits.answer_bytes:
                return f"contains more than {self._limits.answer_bytes >> 20} MiB of text"

    def _cause_of_death(self, status: int) -> str:
        """The reason why a child ended without an answer."""
        if os.WIFSIGNALED(status):
            number = os.WTERMSIG(status)
            if number == signal.SIGXCPU:
                return f"parsing took longer than {self._limits.seconds} s of processor time"
            return f"parser crashed ({signal.Signals(number).name})"
        return f"parser exited without an answer (exit code {os.waitstatus_to_exitcode(status)})"
