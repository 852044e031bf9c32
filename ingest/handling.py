"""How documents are treated by the user's policies: kept as they are, masked, or never indexed.

The rules come from `policies.toml` (`assistant.policyfile`) and apply by path. Masking gives a content
another digest than the same content without it, so a copy, a moved file or a summary is only ever shared
between documents that are masked alike, and a document whose rule changed counts as changed.

Called wherever a file is looked at or read. The rules are enforced in the process that reads, whatever a
client of it asks for.
"""

import functools
import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from ingest.documents import Document, is_within
from ingest.errors import UnreadableDocument

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from ingest.masking import Masker

T = TypeVar("T")

NEVER = "policies.toml says that it is never indexed"
"""The reason given for a file that is named, and must not be read."""

MASKED_PICTURE = "policies.toml masks this document, and a picture of its page would show the masked text"
"""The reason why a page is not drawn."""


class Handling:
    """The rules of one user."""

    def __init__(
        self,
        masked: Mapping[str, frozenset[str]],
        own: Mapping[str, str],
        never: Sequence[tuple[str, str]],
    ) -> None:
        """
        masked: for each folder, what is masked in the documents at or below it: values of `SensitiveKind` and
            names of `own`. The innermost folder counts; a path in none of them is not masked.
        own: the user's patterns by name (`ingest.masking.patterns`).
        never: what is not indexed, as pairs of a folder and a pattern of gitignore for the paths below it.
        """
        self._masked = {_composed(folder): kinds for folder, kinds in masked.items()}
        self._own = dict(own)
        self.never = tuple(never)
        """As given."""
        self._maskers: dict[frozenset[str], Masker] = {}

    # Never indexed

    def counting(self) -> "NeverIndexed":
        """What a walk passes over, counted."""
        return NeverIndexed(self)

    @property
    def leaves_out(self) -> bool:
        """Whether there is anything that is never indexed."""
        return bool(self.never)

    def is_never(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether the file or folder at this absolute path is never indexed."""
        if not self.never:
            return False
        name = _composed(path) + "/" * is_folder
        return any(
            name.startswith(prefix) and spec.match_file(name[len(prefix) :]) for prefix, spec in self._specs
        )

    @functools.cached_property
    def _specs(self) -> list[tuple[str, "GitIgnoreSpec"]]:
        # 20 ms to import.
        from pathspec import GitIgnoreSpec

        return [
            (
                _composed(folder).rstrip("/") + "/",
                GitIgnoreSpec.from_lines([_composed(pattern)]),
            )
            for folder, pattern in self.never
        ]

    def require_readable(self, path: str) -> None:
        """Raises `UnreadableDocument` if the file at this path is never indexed."""
        if self.is_never(path):
            raise UnreadableDocument(NEVER)

    # Masking

    def kinds(self, path: str) -> frozenset[str]:
        """What is masked in the document at this path; empty for nothing.

        A document without a file, such as standard input, has a path that is not absolute.
        """
        return innermost(self._masked, path if path.startswith("/") else f"/{path}") or frozenset()

    @property
    def fingerprints(self) -> dict[str, str]:
        """What determines the masked text of documents, by folder; empty where nothing is masked."""
        return {folder: self._fingerprint(kinds) for folder, kinds in self._masked.items()}

    def fingerprint(self, path: str) -> str:
        """What determines the masked text of the document at this path; empty if it is not masked."""
        return self._fingerprint(self.kinds(path))

    def digest(self, path: str, digest: str) -> str:
        """The digest by which a content at this path is known.

        digest: SHA-256 of the file, in hex; also the result if the document is not masked.
        """
        fingerprint = self.fingerprint(path)
        if not fingerprint:
            return digest
        return hashlib.sha256(f"{digest} {fingerprint}".encode("ascii")).hexdigest()

    def masked(self, document: Document) -> Document:
        """The document with masks in place of what the rules for its path mask."""
        masker = self._masker(self.kinds(document.path))
        if masker is None:
            return document
        from ingest.masking.documents import masked_document

        return masked_document(document, masker)

    def masked_text(self, path: str, text: str) -> str:
        """A text about the document at this path, such as why it cannot be read, masked like the document."""
        masker = self._masker(self.kinds(path))
        return masker.mask(text).text if masker else text

    def masked_question(self, question: str) -> str:
        """A question with masks in place of what is masked in documents without a rule of their own.

        Masks of documents and of questions are the same, so a question with a number finds the documents
        that contain it. What a person types is kept in conversations, and must not tell either.
        """
        return self.masked_text("/", question)

    def shown_path(self, root: str, path: str) -> str:
        """The path of a file in the source `root`, with masks in place of what its name would tell."""
        base = os.path.dirname(root) if path == root else root
        return os.path.join(base, self.masked_text(path, os.path.relpath(path, base)))

    def _masker(self, kinds: frozenset[str]) -> "Masker | None":
        if not kinds:
            return None
        if kinds not in self._maskers:
            # Few libraries are masked, and the tables of numbers take 20 ms.
            from ingest.masking import Masker

            own = {name: pattern for name, pattern in self._own.items() if name in kinds}
            self._maskers[kinds] = Masker(kinds, own)
        return self._maskers[kinds]

    def _fingerprint(self, kinds: frozenset[str]) -> str:
        if not kinds:
            return ""
        from ingest.masking import REVISION

        own = {name: self._own[name] for name in sorted(kinds & self._own.keys())}
        described = json.dumps([REVISION, sorted(kinds), own])
        return hashlib.sha256(described.encode("utf-8")).hexdigest()[:32]


def innermost(folders: Mapping[str, T], path: str) -> T | None:
    """The value of the innermost of `folders` that a path is at or below; None if it is in none.

    The folders are in Unicode's composed form; the path may have any.
    """
    path = _composed(path)
    within = [folder for folder in folders if is_within(path, folder)]
    return folders[max(within, key=len)] if within else None


def _composed(path: str) -> str:
    """A path in Unicode's composed form, so that an accent is the same however it is written."""
    return unicodedata.normalize("NFC", path)


class NeverIndexed:
    """Counts the files and folders that a walk passes over."""

    def __init__(self, handling: Handling) -> None:
        self.count = 0
        """How many there were; one for a folder, whatever is in it."""
        self._handling = handling

    def __call__(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether the file or folder at this path is passed over."""
        is_never = self._handling.is_never(path, is_folder=is_folder)
        self.count += is_never
        return is_never


NO_RULES = Handling({}, {}, ())
"""All documents are kept as they are."""
