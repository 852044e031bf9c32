"""Text in pictures, read by RapidOCR where the extra `ocr` is installed: a parser for a jail of its own.

The same parsers, with `pdf.recognize` set. The models (part of RapidOCR's wheel) are loaded once, by the
template, which takes 600 MB and a second: so it is started only when a file needs it. Everything runs on
one thread, because a forked child has no others and may start none.

Tesseract was left out: it is a program of its own, and a jailed parser may run none.
"""

import logging
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingest import parsers
from ingest.documents import Document
from ingest.parsers import pdf

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_SURE = 0.5
"""Lines read with less confidence than this, of 1, are left out."""

NEW_PARAGRAPH = 0.8
"""Distance between two lines, in heights of a line, that parts two paragraphs."""


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("rapidocr") is not None


def parse(path: str, data: bytes) -> Document:
    """As `parsers.parse`, with the text that is in pictures."""
    return parsers.parse(path, data)


def preload() -> None:
    """As `parsers.preload`, and loads the models."""
    import PIL
    from PIL import Image, ImageDraw

    parsers.preload()
    parsers.import_all(PIL)
    # What it needs only once there is something to read, it loads now.
    picture = Image.new("RGB", (200, 60), "white")
    ImageDraw.Draw(picture).text((20, 20), "Carrel reads", fill="black")
    recognized(picture)
    pdf.recognize = recognized


@cache
def _reader() -> Any:
    import cv2
    from rapidocr import RapidOCR

    cv2.setNumThreads(1)
    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    threads = "EngineConfig.onnxruntime"
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            f"{threads}.intra_op_num_threads": 1,
            f"{threads}.inter_op_num_threads": 1,
            # Without, every page's memory is asked of the system anew.
            f"{threads}.enable_cpu_mem_arena": True,
        }
    )


def recognized(picture: "Image") -> str:
    """The text of a picture, line by line; paragraphs are parted by an empty line."""
    import numpy as np

    found = _reader()(np.asarray(picture.convert("RGB"))[:, :, ::-1])
    if found.boxes is None:
        return ""
    pieces = [
        (float(box[:, 1].min()), float(box[:, 1].max()), float(box[:, 0].min()), text)
        for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= LEAST_SURE
    ]
    text = ""
    bottom = None
    for line in _lines(sorted(pieces)):
        top, height = line[0][0], line[0][1] - line[0][0]
        if bottom is not None:
            text += "\n\n" if top - bottom > NEW_PARAGRAPH * height else "\n"
        text += " ".join(words for _, _, _, words in sorted(line, key=lambda piece: piece[2]))
        bottom = max(piece[1] for piece in line)
    return text


def _lines(pieces: list[tuple[float, float, float, str]]) -> list[list[tuple[float, float, float, str]]]:
    """Pieces (top, bottom, left, text) sorted by their tops, those of one line together."""
    lines: list[list[tuple[float, float, float, str]]] = []
    for piece in pieces:
        top, bottom = piece[:2]
        if lines and (top + bottom) / 2 < lines[-1][0][1]:
            lines[-1].append(piece)
        else:
            lines.append([piece])
    return lines
