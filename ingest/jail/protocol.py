"""The messages between the parent, the template and its children, and their validation.

A request is a JSON object: `{"parse": path, "digest": ..., "size": bytes}` (with `"enclosed": false`, the
files in the file are not read), `{"draw": path, "page": ..., "width": ...}`, or `{"end": process id}`. An
answer is of limited length: a line of JSON with spans of text, the pixels of a page, or the reason why there
is neither, and one more line for each page of text. Pages are separate lines, so that only one is in
memory twice: Python stores a text with one emoji in four bytes a character.

A child may be controlled by the document it parses, so the parent believes nothing: it cuts the blocks from
the pages itself and checks every position.
"""

import base64
import contextlib
import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.documents import (
    Block,
    BlockKind,
    Description,
    Document,
    HiddenText,
    Hiding,
    Locator,
    Metadata,
    Picture,
    document_id,
)
from ingest.errors import NeedsOCR, NeedsSpeechModel, UnreadableDocument

MAX_REQUEST_BYTES = 1 << 16
"""Maximum size of a request, and of the template's reply to it."""
MAX_DESCRIPTORS = 8
"""Maximum number of descriptors that come with a request."""


MAX_ABOUT = 200_000
"""Maximum number of files that one document says something about."""
MAX_HIDDEN = 500
"""Maximum number of hidden texts of one document that are kept."""
_NEEDS: dict[str, type[UnreadableDocument]] = {"OCR": NeedsOCR, "a speech model": NeedsSpeechModel}
"""What a file may need that is not installed."""
MAX_HIDDEN_CHARACTERS = 5_000
"""Maximum length of one."""


@dataclass(frozen=True, slots=True)
class JailLimits:
    """The resources that parsing one file may use."""

    seconds: int = 60
    """Limit for both elapsed time and processor time."""
    memory_bytes: int = 1 << 30
    """Address space, in addition to that of the template."""
    answer_bytes: int = 256 << 20
    """Size of the answer: the text, and the data about it."""
    file_bytes: int = 256 << 20
    """Size of the file."""

    def as_arguments(self) -> list[str]:
        """The limits as arguments of the template's command line."""
        return [str(self.seconds), str(self.memory_bytes), str(self.answer_bytes), str(self.file_bytes)]

    @classmethod
    def from_arguments(cls, arguments: tuple[str, ...]) -> "JailLimits":
        """The limits that `as_arguments` wrote."""
        return cls(*map(int, arguments))


# The child's side


def encode_document(document: Document) -> dict[str, Any]:
    """A document as an answer. Its path and identity are left out: the parent knows them."""
    date = document.metadata.date
    return {
        "media_type": document.media_type,
        "title": document.title,
        "tags": document.metadata.tags,
        "links": document.metadata.links,
        "date": date.isoformat() if date else None,
        "names": document.metadata.names,
        "about": [
            (each.target, each.title, each.names, each.tags, each.date.isoformat() if each.date else None)
            for each in document.about[:MAX_ABOUT]
        ],
        "unread": document.unread,
        "needs_ocr": document.needs_ocr,
        "hidden": [(piece.page, piece.at, piece.text, piece.how) for piece in document.hidden],
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


def encode_picture(picture: Picture) -> dict[str, Any]:
    """A drawn page as an answer."""
    pixels = base64.b64encode(picture.pixels).decode("ascii")
    return {"width": picture.width, "height": picture.height, "pixels": pixels}


def encode_refusal(error: UnreadableDocument) -> dict[str, Any]:
    """The reason why a file was not read, as an answer."""
    needs = next((name for name, kind in _NEEDS.items() if isinstance(error, kind)), "")
    return {"reason": error.message, "remedy": error.remedy, "needs": needs}


def as_lines(values: dict[str, Any]) -> bytes:
    """An answer as it is sent."""
    pages = values.get("pages", ())
    lines = [json.dumps({name: value for name, value in values.items() if name != "pages"}).encode("ascii")]
    lines += (json.dumps(page, ensure_ascii=False).encode("utf-8", "surrogatepass") for page in pages)
    return b"\n".join([*lines, b""])


# The parent's side


def _lines(answer: bytes | bytearray) -> Iterator[bytes | bytearray]:
    """The lines of an answer, one copied at a time."""
    start = 0
    while start < len(answer):
        end = answer.find(b"\n", start)
        end = len(answer) if end < 0 else end
        yield answer[start:end]
        start = end + 1


def decode_answer(answer: bytes | bytearray) -> dict[str, Any]:
    """A child's answer as a JSON object.

    Raises `UnreadableDocument`, or what it lacks, when the answer is a reason, and when it is malformed.
    """
    with _validating():
        first, *pages = (json.loads(line) for line in _lines(answer))
        values: dict[str, Any] = first
        if pages:
            values["pages"] = pages
        if "reason" in values:
            needs = _text(values["needs"])
            kind = _NEEDS[needs] if needs else UnreadableDocument
            raise kind(_text(values["reason"]), remedy=_text(values["remedy"]))
    return values


def decode_document(path: str, digest: str, values: dict[str, Any]) -> Document:
    """The document of an answer. Raises `UnreadableDocument` when a value is invalid."""
    with _validating():
        pages = tuple(_text(page) for page in values["pages"])
        date = values["date"]
        return Document(
            id=document_id(path, digest),
            path=path,
            media_type=_text(values["media_type"]),
            title=_text(values["title"]),
            metadata=Metadata(
                tags=tuple(_text(tag) for tag in values["tags"]),
                links=tuple(_text(link) for link in values["links"]),
                date=None if date is None else datetime.date.fromisoformat(date),
                names=tuple(_text(name) for name in values["names"]),
            ),
            pages=pages,
            blocks=tuple(_block(path, pages, *block) for block in values["blocks"]),
            unread=_text(values["unread"]),
            needs_ocr=_flag(values["needs_ocr"]),
            hidden=tuple(_hidden(pages, *piece) for piece in values["hidden"][:MAX_HIDDEN]),
            about=tuple(_description(*each) for each in values["about"][:MAX_ABOUT]),
        )


def decode_picture(values: dict[str, Any]) -> Picture:
    """The picture of an answer. Raises `UnreadableDocument` when a value is invalid."""
    with _validating():
        width, height = _integer(values["width"], 1, 1 << 16), _integer(values["height"], 1, 1 << 16)
        pixels = base64.b64decode(_text(values["pixels"]), validate=True)
        if len(pixels) != 3 * width * height:
            raise ValueError("wrong number of pixels")
        return Picture(width, height, pixels)


@contextlib.contextmanager
def _validating() -> Iterator[None]:
    """Turns every error of reading a malformed answer into `UnreadableDocument`."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise UnreadableDocument("the parser returned an invalid answer") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not true or false")
    return value


def _integer(value: Any, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise ValueError("not an integer in range")
    return value


def _description(target: Any, title: Any, names: Any, tags: Any, date: Any) -> Description:
    path = _text(target)
    if ".." in path.split("/"):
        raise ValueError("a description of a file whose path is not resolved")
    return Description(
        path,
        _text(title),
        tuple(map(_text, names)),
        tuple(map(_text, tags)),
        None if date is None else datetime.date.fromisoformat(date),
    )


def _hidden(pages: tuple[str, ...], page: Any, at: Any, text: Any, how: Any) -> HiddenText:
    """A hidden text at a place of its page."""
    number = _integer(page, 1, len(pages))
    place = _integer(at, 0, len(pages[number - 1]))
    return HiddenText(number, place, _text(text)[:MAX_HIDDEN_CHARACTERS], Hiding(how))


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
        _integer(page, 1, len(pages))
    text = pages[page - 1 if page else 0]
    end = _integer(end, 1, len(text))
    start = _integer(start, 0, end - 1)
    if lines is not None:
        first, last = lines
        lines = (_integer(first, 1, 1 << 40), _integer(last, first, 1 << 40))
    locator = Locator(
        path=path,
        page=page,
        label=None if label is None else _text(label),
        heading=tuple(_text(name) for name in heading),
        lines=lines,
        chars=(start, end),
    )
    return Block(BlockKind(kind), text[start:end], locator)
