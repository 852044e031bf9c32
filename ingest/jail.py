"""Where files are parsed: a process of its own for each, which can reach nothing and costs nobody else.

Parsers read what strangers made, so they run where a mistake of theirs is worth little. A *template*
process imports them all, seals itself, and then does one thing: for each document it forks a child.
The child is handed two descriptors, the document's and a pipe for the answer; it closes all others,
bounds its memory and time, gives up every file (Landlock, seccomp), every other program and process,
parses, answers, and ends. The template never reads a document, so no document meets another; and a fork
of a process that has everything loaded takes milliseconds. Pages are drawn in the same way.

The answer is JSON of bounded length: pages of text and spans on them, or the pixels of one page. The owner
cuts the blocks from the pages itself and checks every place, so whatever a child sends can at worst be a
wrong text for its own file. A child that dies, hangs or swells costs that file, with the reason.

Called by the pipeline, by several of its threads at once. It opens no file: the caller does, and knows
what it opened.
"""

import base64
import contextlib
import datetime
import gc
import json
import logging
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ingest.documents import (
    Block,
    BlockKind,
    Document,
    Locator,
    Metadata,
    Picture,
    content_digest,
    document_id,
)
from ingest.errors import NEEDS_OCR, UnreadableDocument
from ingest.parsers import ocr
from policies import bpf, confinement, network, syscalls
from policies.process import ROOT

if TYPE_CHECKING:
    import socket

log = logging.getLogger(__name__)

_TEMPLATE = (
    "import sys; sys.path.insert(0, sys.argv[1]); from ingest.jail import template; template(*sys.argv[2:])"
)

_LONGEST_REQUEST = 1 << 16
_DOCUMENT, _ANSWER = 3, 4
"""A child's descriptors, besides the standard streams, which lead nowhere."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What parsing one file may take."""

    seconds: int = 60
    """By the clock, and of computing."""
    memory_bytes: int = 1 << 30
    """Of addresses, beyond those of the template."""
    answer_bytes: int = 256 << 20
    """Of the text and what is said about it."""
    file_bytes: int = 256 << 20
    """Of the file itself."""


OCR = Limits(seconds=30 * 60, memory_bytes=3 << 30)
"""For files that OCR reads, at a second or two a page."""


def open_jail(file_bytes: int) -> "Jail":
    """The jail for files of up to `file_bytes`, with OCR where it is installed."""
    limits = Limits(file_bytes=file_bytes)
    if not ocr.available():
        return Jail(limits)
    return Jail(limits, ocr=Jail(replace(OCR, file_bytes=file_bytes), parser=ocr.__name__))


class Jail:
    """Parses files in processes that hold nothing but them."""

    def __init__(
        self, limits: Limits | None = None, *, parser: str = "ingest.parsers", ocr: "Jail | None" = None
    ) -> None:
        """
        parser: the module whose `parse(path, data)` reads a file; its `preload()` is called once.
        ocr: parses what this one finds to need OCR; closed with it.
        """
        self._ocr = ocr
        self._limits = limits or Limits()
        self._parser = parser
        self._turn = threading.Lock()
        """Held while the template is spoken to."""
        self._template: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def parse(self, path: str, descriptor: int) -> Document:
        """The document of the file at `path`, read from its start through an open `descriptor`.

        Raises `UnreadableDocument` with the parser's reason, or with what became of the parser.
        """
        if self._ocr is None:
            return self._parsed(path, descriptor)
        try:
            document = self._parsed(path, descriptor)
        except UnreadableDocument as error:
            if not error.needs_ocr:
                raise
        else:
            if not document.unread.endswith(NEEDS_OCR):
                return document
        return self._ocr.parse(path, descriptor)

    def draw(self, path: str, descriptor: int, page: int, width: int) -> Picture:
        """A page, from 1, of the file at `path` as it looks, `width` pixels wide or less.

        Raises `UnreadableDocument` for what has no such page, and for what became of the parser.
        """
        return _drawn(self._asked({"draw": path, "page": page, "width": width}, descriptor))

    def _parsed(self, path: str, descriptor: int) -> Document:
        digest = content_digest(descriptor)
        return _decoded(path, digest, self._asked({"parse": path}, descriptor))

    def _asked(self, request: dict[str, Any], descriptor: int) -> dict[str, Any]:
        """What a child answers. Raises `UnreadableDocument` with its reason, or with what became of it."""
        reading, writing = os.pipe()
        try:
            try:
                child = self._begin(request, descriptor, writing)
            finally:
                os.close(writing)
            try:
                answer = self._read(reading)
            finally:
                ended = self._end(child)
        finally:
            os.close(reading)
        if isinstance(answer, str):
            raise UnreadableDocument(answer or self._obituary(ended))
        with _sensible():
            found: dict[str, Any] = json.loads(answer)
            if "reason" in found:
                raise UnreadableDocument(_text(found["reason"]), remedy=_text(found["remedy"]))
        return found

    def close(self) -> None:
        """Ends the template and all its children."""
        if self._ocr is not None:
            self._ocr.close()
        with self._turn:
            self._stop()

    # The owner's side

    def _begin(self, asked: dict[str, Any], descriptor: int, answer: int) -> int:
        """Has a child forked for a file; returns its process id."""
        request = json.dumps(asked).encode("ascii")
        for attempt in range(2):
            with self._turn:
                try:
                    return int(self._spoken(request, [descriptor, answer])["child"])
                except (OSError, ValueError, KeyError) as error:
                    # Killed, perhaps for want of memory.
                    log.warning("the parsers' process ended and is started again")
                    self._stop()
                    if attempt:
                        raise UnreadableDocument("parsers cannot be started on this machine") from error
        raise AssertionError("two attempts return or raise")

    def _end(self, child: int) -> int:
        """Makes sure that a child is gone; returns how it ended, as `waitpid` says it."""
        with self._turn, contextlib.suppress(OSError, ValueError, KeyError):
            return int(self._spoken(json.dumps({"end": child}).encode("ascii"), [])["status"])
        return signal.SIGKILL

    def _spoken(self, request: bytes, descriptors: list[int]) -> dict[str, Any]:
        import socket

        control = self._started()
        socket.send_fds(control, [request], descriptors)
        reply = control.recv(_LONGEST_REQUEST)
        answered: dict[str, Any] = json.loads(reply)
        return answered

    def _started(self) -> "socket.socket":
        if self._control is None:
            import socket

            self._control, theirs = socket.socketpair()
            with theirs:
                limits = [str(self._limits.seconds), str(self._limits.memory_bytes)]
                limits += [str(self._limits.answer_bytes), str(self._limits.file_bytes)]
                command = [sys.executable, "-I", "-W", "ignore", "-c", _TEMPLATE, str(ROOT)]
                self._template = subprocess.Popen(
                    [*command, str(theirs.fileno()), self._parser, *limits],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._template is not None:
            # It ends with the other end of its socket, and takes its children with it.
            try:
                self._template.wait(5)
            except subprocess.TimeoutExpired:
                self._template.kill()
                self._template.wait()
            self._template = None

    def _read(self, reading: int) -> bytes | str:
        """What a child answers; a reason when it takes too long or says too much, "" when it just ends."""
        deadline = time.monotonic() + self._limits.seconds
        poll = select.poll()
        poll.register(reading, select.POLLIN | select.POLLHUP)
        parts: list[bytes] = []
        size = 0
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(left * 1000):
                return f"parser exceeded {self._limits.seconds} s"
            part = os.read(reading, 1 << 20)
            if not part:
                # Whole answers end with a line end.
                return b"".join(parts) if parts and parts[-1].endswith(b"\n") else ""
            parts.append(part)
            size += len(part)
            if size > self._limits.answer_bytes:
                return f"holds more than {self._limits.answer_bytes >> 20} MiB of text"

    def _obituary(self, status: int) -> str:
        """Why a child ended without an answer."""
        if os.WIFSIGNALED(status):
            by = os.WTERMSIG(status)
            if by == signal.SIGXCPU:
                return f"parser exceeded {self._limits.seconds} s of computing"
            return f"parser ended by {signal.Signals(by).name}"
        return f"parser ended without an answer ({os.waitstatus_to_exitcode(status)})"


@contextlib.contextmanager
def _sensible() -> Iterator[None]:
    """Raises `UnreadableDocument` for an answer that is none."""
    try:
        yield
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UnreadableDocument("its parser gave no sensible answer") from error


def _drawn(found: dict[str, Any]) -> Picture:
    """The picture a child drew."""
    with _sensible():
        width, height = _number(found["width"], 1, 1 << 16), _number(found["height"], 1, 1 << 16)
        pixels = base64.b64decode(_text(found["pixels"]), validate=True)
        if len(pixels) != 3 * width * height:
            raise ValueError("not that many pixels")
        return Picture(width, height, pixels)


def _decoded(path: str, digest: str, found: dict[str, Any]) -> Document:
    """The document a child found."""
    with _sensible():
        pages = tuple(_text(page) for page in found["pages"])
        date = found["date"]
        return Document(
            id=document_id(path, digest),
            path=path,
            media_type=_text(found["media_type"]),
            title=_text(found["title"]),
            metadata=Metadata(
                tags=tuple(_text(tag) for tag in found["tags"]),
                links=tuple(_text(link) for link in found["links"]),
                date=None if date is None else datetime.date.fromisoformat(date),
            ),
            pages=pages,
            blocks=tuple(_block(path, pages, *block) for block in found["blocks"]),
            unread=_text(found["unread"]),
        )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("no such place")
    return value


def _block(
    path: str,
    pages: tuple[str, ...],
    kind: Any,
    page: Any,
    label: Any,
    heading: Any,
    lines: Any,
    start: Any,
    end: Any,
) -> Block:
    """A block, cut from its page."""
    if page is not None:
        _number(page, 1, len(pages))
    text = pages[page - 1 if page else 0]
    end = _number(end, 1, len(text))
    start = _number(start, 0, end - 1)
    if lines is not None:
        first, last = lines
        lines = (_number(first, 1, 1 << 40), _number(last, first, 1 << 40))
    locator = Locator(
        path=path,
        page=page,
        label=None if label is None else _text(label),
        heading=tuple(_text(name) for name in heading),
        lines=lines,
        chars=(start, end),
    )
    return Block(BlockKind(kind), text[start:end], locator)


# The template's side


def template(control: str, parser: str, *limits: str) -> None:
    """What the template does until the owner hangs up."""
    import importlib
    import socket

    bounds = Limits(*map(int, limits))
    listening = socket.socket(fileno=int(control))
    network.seal(network.SealMode.BEST_EFFORT, connections=[listening.fileno()])
    module = importlib.import_module(parser)
    module.preload()
    # What is there now stays as it is in every child.
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    while True:
        request, descriptors, _, _ = socket.recv_fds(listening, _LONGEST_REQUEST, 2)
        if not request:
            break
        asked = json.loads(request)
        if "end" not in asked:
            child = os.fork()
            if child == 0:
                document, answer = descriptors
                _answer_and_end(module, asked, document, answer, bounds)
            children.add(child)
            for descriptor in descriptors:
                os.close(descriptor)
            reply = {"child": child}
        else:
            reply = {"status": _reaped(asked["end"], children)}
        listening.sendall(json.dumps(reply).encode("ascii"))
    for child in list(children):
        _reaped(child, children)


def _reaped(child: int, children: set[int]) -> int:
    """Kills a child if it still lives; its status as `waitpid` says it."""
    children.remove(child)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _answer_and_end(module: Any, asked: dict[str, Any], document: int, answer: int, limits: Limits) -> None:
    """All that a child does."""
    code = 1
    try:
        _shut_in(document, answer, limits)
        output = _answered(module, asked, limits)
        while output:
            output = output[os.write(_ANSWER, output) :]
        code = 0
    finally:
        os._exit(code)


def _shut_in(document: int, answer: int, limits: Limits) -> None:
    # Out of the way first, should they stand where the others are to be.
    high = [os.dup2(descriptor, 200 + place) for place, descriptor in enumerate((document, answer))]
    for place, descriptor in zip((_DOCUMENT, _ANSWER), high, strict=True):
        os.dup2(descriptor, place)
    os.dup2(0, 1)
    os.dup2(0, 2)
    os.closerange(_ANSWER + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    used = _address_space()
    confinement.confine()
    for kind, most in (
        (resource.RLIMIT_AS, used + limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _ANSWER + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    machine = syscalls.machine()
    if machine is not None and bpf.install(bpf.worker_filter(machine)) != 0:
        raise OSError("the worker's filter does not hold")


def _address_space() -> int:
    """Bytes of addresses this process has."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 40  # No such measure here: the bound is then no bound.


def _answered(module: Any, asked: dict[str, Any], limits: Limits) -> bytes:
    """The document or the picture as JSON, or the reason why there is none."""
    try:
        data = b"".join(_parts(limits.file_bytes))
        if "draw" in asked:
            picture = module.draw(asked["draw"], data, asked["page"], asked["width"])
            pixels = base64.b64encode(picture.pixels).decode("ascii")
            found = {"width": picture.width, "height": picture.height, "pixels": pixels}
        else:
            found = _encoded(module.parse(asked["parse"], data))
    except UnreadableDocument as error:
        found = {"reason": error.message, "remedy": error.remedy}
    except MemoryError:
        found = {"reason": f"parser exceeded {limits.memory_bytes >> 20} MiB of memory", "remedy": ""}
    return json.dumps(found).encode("ascii") + b"\n"


def _parts(most: int) -> Iterator[bytes]:
    place = 0
    while place <= most and (part := os.pread(_DOCUMENT, 1 << 24, place)):
        yield part
        place += len(part)
    if place > most:
        raise UnreadableDocument(f"larger than {most:,} bytes")


def _encoded(document: Document) -> dict[str, Any]:
    date = document.metadata.date
    return {
        "media_type": document.media_type,
        "title": document.title,
        "tags": document.metadata.tags,
        "links": document.metadata.links,
        "date": date.isoformat() if date else None,
        "unread": document.unread,
        "pages": document.pages,
        "blocks": [
            (
                block.kind,
                block.locator.page,
                block.locator.label,
                block.locator.heading,
                block.locator.lines,
                *block.locator.chars,
            )
            for block in document.blocks
        ],
    }
