"""Durable writes of small files: pins, remembered digests, the configuration."""

import os
import tempfile
from pathlib import Path


def replace_text(path: Path, text: str) -> None:
    """Writes `text` to `path` completely or not at all, readable by its owner only.

    Raises OSError; the file is then as it was.
    """
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
