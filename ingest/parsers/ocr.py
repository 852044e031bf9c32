"""OCR: reads text in pictures with RapidOCR, where the extra `ocr` is installed.

It is the parser module of a jail of its own: the same parsers, called with a recognizer. The template of
that jail loads the models (part of RapidOCR's wheel) once, which takes 600 MB and a second, so the jail is
started only when a file needs it. Everything runs on one thread, because a forked child has no other threads
and may not start any.

Tesseract was rejected: it is a separate program, and a jailed parser may not run one.
"""

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingest import parsers
from ingest.documents import Document, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

MIN_CONFIDENCE = 0.5
"""Lines recognized with less confidence than this (of 1) are left out."""

PARAGRAPH_GAP = 0.8
"""Minimum gap between two paragraphs, in heights of a line."""


def available() -> bool:
    """Whether the extra `ocr` is installed."""
    return find_spec("rapidocr") is not None


def parse(path: str, data: bytes, digest: str, *, enclosed: bool = True) -> Document:
    """Like `parsers.parse`, with the text that is in pictures."""
    return parsers.parse(path, data, digest, recognizer=recognize, enclosed=enclosed)


def draw(path: str, data: bytes, page: int, width: int, words: str) -> Picture:
    """Like `parsers.draw`."""
    return parsers.draw(path, data, page, width, words)


def preload() -> None:
    """Like `parsers.preload`, and loads the models."""
    import PIL
    from PIL import Image, ImageDraw

    parsers.preload()
    parsers.import_all(PIL)
    # RapidOCR loads parts of itself when it first reads something.
    picture = Image.new("RGB", (200, 60), "white")
    ImageDraw.Draw(picture).text((20, 20), "Carrel reads", fill="black")
    recognize(picture)


@cache
def _engine() -> Any:
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    onnx = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            f"{onnx}.intra_op_num_threads": 1,
            f"{onnx}.inter_op_num_threads": 1,
            # Without the arena, the memory of every page is allocated again.
            f"{onnx}.enable_cpu_mem_arena": True,
        }
    )


def recognize(picture: "Image") -> str:
    """The text of a picture, line by line, with an empty line between paragraphs."""
    import numpy as np

    result = _engine()(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    if result.boxes is None:
        return ""
    pieces = [
        (float(box[:, 1].min()), float(box[:, 1].max()), float(box[:, 0].min()), text)
        for box, text, score in zip(result.boxes, result.txts, result.scores, strict=True)
        if score >= MIN_CONFIDENCE
    ]
    text = ""
    bottom = None
    for line in _lines(sorted(pieces)):
        top, height = line[0][0], line[0][1] - line[0][0]
        if bottom is not None:
            text += "\n\n" if top - bottom > PARAGRAPH_GAP * height else "\n"
        text += " ".join(words for _, _, _, words in sorted(line, key=lambda piece: piece[2]))
        bottom = max(piece[1] for piece in line)
    return text


def _lines(pieces: list[tuple[float, float, float, str]]) -> list[list[tuple[float, float, float, str]]]:
    """Groups pieces (top, bottom, left, text), sorted by their tops, into lines."""
    lines: list[list[tuple[float, float, float, str]]] = []
    for piece in pieces:
        top, bottom = piece[:2]
        if lines and (top + bottom) / 2 < lines[-1][0][1]:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return lines
