"""Summaries of a document's stretches, kept in the library so that none is made twice.

They contain document content, so they are kept only for documents of the library: no one would ever erase the
summaries of standard input or of a file outside the library. Each content has its own file, named by its
digest, that only the user can read; an encrypted library hides the digest too. So a document's summaries are
found after its file moved, and are deleted with the last document that has its content.

`carrel summarize` keeps summaries while another process owns the library. A lock makes sure that none is
written after its document was forgotten. A file that cannot be read is ignored, and its summaries are made
again.
"""

import fcntl
import json
import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.encryption import Cipher, cipher_of
from policies.durable import replace_bytes

log = logging.getLogger(__name__)

FOLDER = Path("cache", "summaries")
"""Where the files are, in the library's folder."""

LOCK = "lock"
"""Name of the file that a process locks while it writes or deletes summaries."""


class SummaryFile:
    """The summaries of one content's stretches. Implements `assistant.answers.summarizing.SummaryCache`."""

    def __init__(self, library: Path, digest: Callable[[], str | None]) -> None:
        """Reads the file, if there is one.

        library: the library's folder.
        digest: returns the digest of the document's content; None when the library does not hold the
            document, or no longer. Nothing is kept then.
        """
        self._library = library
        self._digest = digest
        self._summaries: dict[str, str] = {}
        if (known := digest()) is None:
            return
        cipher = cipher_of(library)
        file = _file(library, cipher, known)
        try:
            self._summaries = dict(json.loads(cipher.decrypt(file.name, file.read_bytes())))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError) as error:
            log.warning("the summaries in %s cannot be read and are made again: %s", file, error)

    def get(self, key: str) -> str | None:
        """The summary under `key`; None when there is none."""
        return self._summaries.get(key)

    def put(self, key: str, summary: str) -> None:
        """Stores a summary under `key`, and writes the file. Raises `OSError` when it cannot be written."""
        self._summaries[key] = summary
        if self._digest() is None:
            return
        with _locked(self._library):
            # The document may have been forgotten while its summary was made.
            if (digest := self._digest()) is not None:
                cipher = cipher_of(self._library)
                file = _file(self._library, cipher, digest)
                content = json.dumps(self._summaries).encode("ascii")
                replace_bytes(file, cipher.encrypt(file.name, content))


def keep_only(library: Path, known: Callable[[Collection[str]], set[str]]) -> int:
    """Deletes the summaries of contents that the library no longer holds. Returns how many contents.

    library: the library's folder.
    known: returns those of the given digests that a document of the library has.
    """
    if not (library / FOLDER).is_dir():
        return 0
    cipher = cipher_of(library)
    with _locked(library):
        files = [file for file in (library / FOLDER).iterdir() if file.name != LOCK]
        digests = {file: _digest(cipher, file) for file in files}
        held = known([*filter(None, digests.values())])
        unknown = [file for file in files if digests[file] not in held]
        for file in unknown:
            file.unlink()
    return len(unknown)


def copy_all(library: Path, cipher: Cipher, other: Path, other_cipher: Cipher) -> None:
    """Copies all summaries into another folder with another cipher. Those that cannot be read are left out.

    library, other: the folder that they are below.
    """
    if not (library / FOLDER).is_dir():
        return
    (other / FOLDER).mkdir(parents=True, exist_ok=True, mode=0o700)
    for file in (library / FOLDER).iterdir():
        if (digest := _digest(cipher, file)) is not None:
            copy = _file(other, other_cipher, digest)
            try:
                content = cipher.decrypt(file.name, file.read_bytes())
            except ValueError as error:
                log.warning("the summaries in %s cannot be read and are made again: %s", file, error)
                continue
            replace_bytes(copy, other_cipher.encrypt(copy.name, content))


@contextmanager
def _locked(library: Path) -> Iterator[None]:
    """Waits until no other process writes or deletes summaries."""
    folder = library / FOLDER
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _file(library: Path, cipher: Cipher, digest: str) -> Path:
    """The file of a content."""
    return library / FOLDER / f"{cipher.hidden(digest)}.json"


def _digest(cipher: Cipher, file: Path) -> str | None:
    """The digest of the content that a file is about; None for a file that Carrel did not write so."""
    try:
        return cipher.shown(file.stem) if file.suffix == ".json" else None
    except ValueError:
        return None
