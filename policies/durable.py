"""Durable writes of small files: pins, remembered digests, the configuration."""

import errno
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


def move_new(draft: Path, place: Path, *, force: bool) -> None:
    """Gives a draft, which is on the same disk, its name. Raises OSError.

    force: whether a file that is there is replaced. If not, one that has appeared meanwhile is kept.
    """
    if not force:
        try:
            os.link(draft, place)
        except FileExistsError:
            raise
        except OSError:
            # The file system has no hard links.
            if place.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        else:
            os.unlink(draft)
            return
    os.replace(draft, place)
