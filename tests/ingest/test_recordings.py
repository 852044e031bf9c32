"""Recordings: what is said in them, when, and why one was not transcribed."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.documents import Document, content_digest
from ingest.errors import NeedsSpeechModel, UnreadableDocument
from ingest.jail import Jail, open_jail
from ingest.parsers import audio, speech
from tests import hearing

RECORDING = Path(__file__).parent / "fixtures" / "boiler.opus"
"""A synthetic voice: "The boiler was replaced in two thousand nineteen. ..."."""
MODEL = os.environ.get("SPEECH_MODEL", "")
"""The folder of a real model, which no test downloads."""
HEARD = [
    "0.0 3.3 The boiler was replaced in 2019.",
    "3.3 7.7 The annual service costs 100 and 20 euros.",
    "7.7 10.2 The meeting is on Friday at 10 o'clock.",
]
"""What the smallest Whisper model wrote down of it."""


def parse(jail: Jail, file: Path) -> Document:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        return jail.parse(str(file), descriptor, content_digest(descriptor))
    finally:
        os.close(descriptor)


@pytest.fixture
def hearing_jail(tmp_path: Path) -> Iterator[Jail]:
    """A jail that passes recordings to a second one, whose template gets a script as its model."""
    model = tmp_path / "model.bin"
    model.write_text("\n".join(HEARD))
    jail = Jail(speech=Jail(parser=hearing.__name__, model=[model]))
    yield jail
    jail.close()


def test_a_recording_is_read_with_the_time_at_which_something_is_said(hearing_jail: Jail) -> None:
    document = parse(hearing_jail, RECORDING)
    (block,) = document.blocks
    assert block.text == " ".join(line.split(" ", 2)[2] for line in HEARD)
    assert block.locator.where == "at 0:00"
    assert (document.media_type, document.title) == ("audio/ogg", "boiler")


def test_a_paragraph_of_a_recording_ends_with_a_sentence_after_half_a_minute() -> None:
    lines = [f"{10 * n} {10 * n + 10} Part {n}{'.' if n % 3 == 2 else ','}" for n in range(400)]
    content = audio.extract(b"", lambda data: hearing.transcript(lines))
    pages = content.pages[0]
    assert pages.startswith("at 0:00\nPart 0, Part 1, Part 2.\n\nat 0:30\nPart 3,")
    assert "\n\nat 1:06:30\nPart 399," in pages
    texts = [pages[span.start : span.end] for span in content.spans]
    assert texts[1] == "Part 3, Part 4, Part 5."
    assert [span.heading for span in content.spans[:2]] == [("at 0:00",), ("at 0:30",)]


def test_speech_without_sentences_is_divided_by_the_minute() -> None:
    lines = [f"{10 * n} {10 * n + 10} and so on" for n in range(13)]
    content = audio.extract(b"", lambda data: hearing.transcript(lines))
    assert [span.heading[0] for span in content.spans] == ["at 0:00", "at 1:00", "at 2:00"]


def test_a_recording_that_was_heard_in_part_says_so() -> None:
    whole = hearing.transcript(HEARD)
    content = audio.extract(b"", lambda data: replace(whole, heard=600.0, length=4000.0))
    assert content.unread == "only the first 10:00 of 1:06:40 were transcribed"
    assert audio.extract(b"", lambda data: replace(whole, length=10.5)).unread == ""


def test_a_recording_without_a_speech_model_says_what_it_needs() -> None:
    jail = open_jail(1 << 20)
    try:
        with pytest.raises(NeedsSpeechModel, match="recording: needs a speech model") as refused:
            parse(jail, RECORDING)
    finally:
        jail.close()
    assert "carrel doctor" in refused.value.remedy


def test_a_damaged_recording_is_refused(hearing_jail: Jail) -> None:
    def fail(data: bytes) -> audio.Transcript:
        raise ValueError(data)

    with pytest.raises(UnreadableDocument, match="damaged recording"):
        audio.extract(b"", fail)


def test_a_folder_that_lacks_a_file_of_the_model_holds_none(tmp_path: Path) -> None:
    for name in speech.MODEL_FILES[1:]:
        (tmp_path / name).touch()
    assert speech.files_in(tmp_path) == []
    (tmp_path / speech.MODEL_FILES[0]).touch()
    assert [file.name for file in speech.files_in(tmp_path)] == list(speech.MODEL_FILES)


@pytest.mark.skipif(not speech.available(), reason="the extra `audio` is not installed")
@pytest.mark.skipif(not MODEL, reason="SPEECH_MODEL does not name the folder of a speech model")
def test_a_real_model_transcribes_a_recording_in_the_jail(tmp_path: Path) -> None:
    jail = open_jail(1 << 20, Path(MODEL))
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"no sound at all")
    try:
        (block,) = parse(jail, RECORDING).blocks
        with pytest.raises(UnreadableDocument, match="damaged recording"):
            parse(jail, broken)
    finally:
        jail.close()
    assert "boiler" in block.text
    assert "2019" in block.text
    assert block.locator.where == "at 0:00"
