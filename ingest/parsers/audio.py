"""Recordings: what is said in them, where a speech model is given (see `ingest.parsers.speech`).

A paragraph holds about half a minute of speech, and its heading is the time at which it begins, so a citation
says where to listen: `at 3:20`.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ingest.documents import BlockKind
from ingest.errors import NeedsSpeechModel
from ingest.parsers.extract import Extract, Layout, Outline, Span, damage_refused
from ingest.parsers.text import line

PARAGRAPH_SECONDS = 30.0
"""Length of speech after which a paragraph ends with its sentence."""
LONGEST_PARAGRAPH_SECONDS = 60.0
"""Length after which it ends in any case."""
_SENTENCE_ENDS = (".", "?", "!", "…", "。", "？", "！", "؟", "।")
_TURN_MARKS = ("-", "–", "—")
"""Begin what somebody else says in a dialogue."""


@dataclass(frozen=True, slots=True)
class Speech:
    """What is said in a piece of a recording."""

    start: float
    """When it begins, in seconds from the beginning."""
    end: float
    text: str
    speaker: str = ""
    """Who says it; empty where that is not known, or the speaker of the piece before goes on."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in a recording."""

    pieces: tuple[Speech, ...]
    """In order."""
    heard: float
    """How much of it was listened to, in seconds."""
    length: float
    """How long it is, in seconds; 0 when the file does not say."""


Transcriber = Callable[[bytes], Transcript]
"""Writes down what is said in a recording."""


def extract(data: bytes, transcriber: Transcriber | None) -> Extract:
    """Reads what is said in a recording.

    Raises `NeedsSpeechModel` when there is no transcriber, and `UnreadableDocument` when the file is damaged.
    """
    if transcriber is None:
        raise NeedsSpeechModel(
            "recording: needs a speech model", remedy="`carrel doctor` explains how to read recordings."
        )
    with damage_refused("recording"):
        transcript = transcriber(data)
    text, spans = transcribed(transcript.pieces)
    unread = ""
    # The last second may be silence that the file counts and does not hold.
    if transcript.length - transcript.heard > 1:
        heard, whole = clock(transcript.heard), clock(transcript.length)
        unread = f"only the first {heard} of {whole} were transcribed"
    return Extract("", (text,), spans, Layout.FLOW, unread=unread)


def transcribed(pieces: Iterable[Speech]) -> tuple[str, tuple[Span, ...]]:
    """The text of what is said, in paragraphs by time, and their spans. A speaker's turn begins a line."""
    outline = Outline()
    parts: list[str] = []
    length = 0
    for paragraph in _paragraphs(pieces):
        heading, text = f"at {clock(paragraph[0].start)}", _joined(paragraph)
        outline.heading(1, heading, length, length + len(heading))
        start = length + len(heading) + 1
        outline.add(BlockKind.PROSE, start, start + len(text))
        parts.append(f"{heading}\n{text}\n\n")
        length += len(parts[-1])
    return "".join(parts), outline.spans()


def _joined(paragraph: list[Speech]) -> str:
    parts: list[str] = []
    speaker = ""
    for piece in paragraph:
        said = line(piece.text)
        begins = said.startswith(_TURN_MARKS)
        if piece.speaker and (piece.speaker != speaker or begins):
            speaker, begins = piece.speaker, True
            said = f"{line(speaker)}: {said}"
        parts += ("\n" if begins else " ", said)
    return "".join(parts[1:])


def clock(seconds: float) -> str:
    """A time in a recording, as players show it: 3:20, or 1:03:20."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _paragraphs(pieces: Iterable[Speech]) -> Iterator[list[Speech]]:
    paragraph: list[Speech] = []
    for piece in pieces:
        if not line(piece.text):
            continue
        if paragraph and piece.start - paragraph[0].start >= LONGEST_PARAGRAPH_SECONDS:
            yield paragraph
            paragraph = []
        paragraph.append(piece)
        lasted = piece.end - paragraph[0].start
        ends = line(piece.text).endswith(_SENTENCE_ENDS)
        if lasted >= LONGEST_PARAGRAPH_SECONDS or (ends and lasted >= PARAGRAPH_SECONDS):
            yield paragraph
            paragraph = []
    if paragraph:
        yield paragraph
