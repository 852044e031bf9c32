"""Speech: transcribes recordings with faster-whisper, where the extra `audio` is installed.

It is the parser module of a jail of its own, like that of OCR: the same parsers, called with a transcriber.
The template of that jail gets the files of the model from the process that starts it (`load`), because it
cannot open them, and each child makes the model from these bytes, which takes 0.3 s for the smallest:
CTranslate2 has threads of its own, and a forked process has none of its parent's. A recording is decoded by
FFmpeg's libraries and transcribed piece by piece, so that its length needs no memory; the time for it ends
before the jail's does.
"""

import io
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest import parsers
from ingest.documents import Document, Picture
from ingest.errors import UnreadableDocument
from ingest.parsers.audio import Speech, Transcript

if TYPE_CHECKING:
    import numpy as np

SECONDS = 2 * 60 * 60
"""Time for one recording. What was not heard by then is not transcribed."""
MODEL_FILES = ("model.bin", "config.json", "tokenizer.json")
"""Files that a model consists of at least."""
_FURTHER_FILES = ("vocabulary.txt", "vocabulary.json", "preprocessor_config.json")
"""Files that some models have."""
_RATE = 16_000
"""Samples a second, as the models take them."""
_PIECE_SECONDS = 600
"""Length that is transcribed at once."""
_FORMATS = "wav,mp3,mov,mp4,m4a,ogg,flac,aac,matroska,webm"
"""FFmpeg's names of the formats that may be opened."""

_model_files: dict[str, bytes] = {}
"""The files of the model, by name; empty until `load`."""


def available() -> bool:
    """Whether the extra `audio` is installed."""
    return find_spec("faster_whisper") is not None


def files_in(folder: Path) -> list[Path]:
    """The files of the model in a folder; empty if it holds no model."""
    if not all((folder / name).is_file() for name in MODEL_FILES):
        return []
    return [folder / name for name in (*MODEL_FILES, *_FURTHER_FILES) if (folder / name).is_file()]


def load(files: Mapping[str, bytes]) -> None:
    """Takes the files of the model, by name."""
    _model_files.update(files)


def preload() -> None:
    """Like `parsers.preload`, and loads the libraries."""
    import av
    import faster_whisper
    import numpy as np
    from faster_whisper.feature_extractor import FeatureExtractor
    from faster_whisper.vad import get_speech_timestamps

    parsers.preload()
    parsers.import_all(av, faster_whisper)
    # These load parts of themselves, and of NumPy, when they are first used.
    silence = np.zeros(_RATE, dtype=np.float32)
    FeatureExtractor()(silence)
    get_speech_timestamps(silence)


def parse(path: str, data: bytes, digest: str, *, enclosed: bool = True) -> Document:
    """Like `parsers.parse`, with what is said in a recording."""
    return parsers.parse(path, data, digest, transcriber=transcribe, enclosed=enclosed)


def draw(path: str, data: bytes, page: int, width: int, words: str) -> Picture:
    """Like `parsers.draw`."""
    return parsers.draw(path, data, page, width, words)


def transcribe(data: bytes) -> Transcript:
    """What is said in a recording, as far as the time for it allows."""
    from faster_whisper import WhisperModel

    deadline = time.monotonic() + SECONDS
    model = WhisperModel(
        "model", device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, files=dict(_model_files)
    )
    said: list[Speech] = []
    heard = 0.0
    length, pieces = _decoded(data)
    for samples in pieces:
        # On silence and noise, a model invents words.
        segments, _ = model.transcribe(samples, vad_filter=True, condition_on_previous_text=False)
        said += [Speech(heard + each.start, heard + each.end, each.text) for each in segments]
        heard += len(samples) / _RATE
        if time.monotonic() > deadline:
            return Transcript(tuple(said), heard, length)
    return Transcript(tuple(said), heard, 0.0)


def _decoded(data: bytes) -> "tuple[float, Iterator[np.ndarray]]":
    """The length of a recording in seconds, 0 if it is not stated, and its samples, piece by piece."""
    import av

    container = av.open(io.BytesIO(data), metadata_errors="ignore", options={"format_whitelist": _FORMATS})
    if not container.streams.audio:
        raise UnreadableDocument("contains no sound")
    return (container.duration or 0) / av.time_base, _pieces(container)


def _pieces(container: Any) -> "Iterator[np.ndarray]":
    import av
    import numpy as np

    stream = container.streams.audio[0]
    stream.codec_context.thread_count = 1
    resampler = av.AudioResampler(format="s16", layout="mono", rate=_RATE)
    waiting: list[np.ndarray] = []
    size = 0

    def joined() -> "np.ndarray":
        return np.concatenate(waiting).astype(np.float32) / 32768.0

    for frame in container.decode(stream):
        for resampled in resampler.resample(frame):
            samples = resampled.to_ndarray().reshape(-1)
            waiting.append(samples)
            size += len(samples)
        if size >= _PIECE_SECONDS * _RATE:
            yield joined()
            waiting, size = [], 0
    for resampled in resampler.resample(None):
        waiting.append(resampled.to_ndarray().reshape(-1))
    if waiting:
        yield joined()
