"""Reads one file of a source: opens it, hashes it, and parses and chunks it if its content is new.

The result says which of several things happened; the pipeline stores it. Runs on the pipeline's readers.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ingest.catalogue import Catalogue
from ingest.chunking import chunks
from ingest.documents import Chunk, Document
from ingest.embedding import Embedder
from ingest.errors import FileGone, OwnFile, ParserKilled, StoppedParsing, UnreadableDocument
from ingest.handling import Handling
from ingest.opening import Stamp, open_file
from ingest.ownfiles import HEAD_BYTES, REASON, is_own
from ingest.parsers import PLAIN_TYPES, media_type
from ingest.sources import Candidate

GoOn = Callable[[], bool]
"""Called once when reading a file takes long; False stops it."""

Parse = Callable[[str, int, str, GoOn, int], Document]
"""Parses a file: absolute path, open descriptor, digest of the content in hex, whether to go on, and how many
bytes are read.

Raises `UnreadableDocument`.
"""


ATTEMPTS = 3
"""How often a file is read whose parser is killed from outside, before it counts as failed until the next
run."""

_MARKED = PLAIN_TYPES | {"text/html"}
"""Types of the files that Carrel exports, and of what these may be renamed to."""


@dataclass(frozen=True, slots=True)
class UnchangedFile:
    """The file has the content that the catalogue knows."""

    stamp: Stamp


@dataclass(frozen=True, slots=True)
class DuplicateFile:
    """Another document has the same content, so there is no need to parse it."""

    stamp: Stamp
    original: str
    """The path of that document."""


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """The file has new content."""

    stamp: Stamp
    digest: str
    """What the content is known by (`Handling.digest`)."""
    document: Document
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """The file could not be read."""

    stamp: Stamp
    error: UnreadableDocument


@dataclass(frozen=True, slots=True)
class StoppedFile:
    """Reading the file was stopped because it took too long or its parser was killed. It is read again after
    others."""


@dataclass(frozen=True, slots=True)
class GoneFile:
    """The file was deleted or moved before it was read."""


ReadResult = UnchangedFile | DuplicateFile | ParsedFile | UnreadableFile | GoneFile


class FileReader:
    """Reads files for one library, on several threads at once."""

    def __init__(
        self,
        catalogue: Catalogue,
        embedder: Callable[[], Embedder],
        parse: Parse,
        *,
        chunk_tokens: int,
        largest_file: int,
        handling: Handling,
    ) -> None:
        """
        embedder: returns the embedder, whose tokens limit a chunk; called for new content only.
        chunk_tokens: the target size of a chunk, in the embedder's tokens.
        largest_file: bytes; larger files are not read.
        handling: what of a document is masked.
        """
        self._catalogue = catalogue
        self._embedder = embedder
        self._parse = parse
        self._chunk_tokens = chunk_tokens
        self._largest_file = largest_file
        self._handling = handling
        self._killed: Counter[str] = Counter()
        """How often the parser of a file was killed from outside, by path."""

    def read(
        self, source: str, candidate: Candidate, known_digest: str | None, go_on: GoOn
    ) -> ReadResult | StoppedFile:
        """Reads a file below the root `source`. Raises `ParsersUnavailable` when no parser can be started.

        known_digest: the digest that the catalogue has for its path; None for a new file.
        """
        path = candidate.path
        # A time that no file has. A file that cannot be opened is tried again on every run, because the
        # remedy (a permission, the removal of a hard link) changes neither its size nor its time.
        unseen = stamp = Stamp(candidate.size, 0, inode=candidate.inode)
        names = candidate.names
        try:
            with open_file(source, path, limit=self._largest_file, names=lambda _: names) as file:
                if media_type(path) in _MARKED and is_own(file.head(HEAD_BYTES)):
                    raise OwnFile(REASON)
                # Of a log that never stops growing, what there is so far is read.
                may_grow = media_type(path) in PLAIN_TYPES
                content = file.digest(may_grow=may_grow)
                digest = self._handling.digest(path, content)
                stamp = file.stamp
                if known_digest == digest:
                    return UnchangedFile(stamp)
                original = self._catalogue.contents.path_of(digest, path)
                if original == path:  # Another job has had it read meanwhile.
                    return UnchangedFile(stamp)
                # What another file says about the original is not said about this one.
                if original and not self._catalogue.descriptions.of(original):
                    return DuplicateFile(stamp, original)
                document = self._parse(path, file.descriptor, digest, go_on, file.stamp.size)
                file.check_unchanged(content if may_grow else "")
            # Here, where a document leaves its parser, so that nothing else sees what is masked.
            document = self._handling.masked(document)
        except StoppedParsing:
            return StoppedFile()
        except ParserKilled as error:
            self._killed[path] += 1
            return StoppedFile() if self._killed[path] % ATTEMPTS else UnreadableFile(unseen, error)
        except FileGone:
            return GoneFile()
        except UnreadableDocument as error:
            # It may name a file inside the document.
            error.message = self._handling.masked_text(path, error.message)
            return UnreadableFile(stamp, error)
        pieces = tuple(chunks(document, self._embedder().count, self._chunk_tokens))
        return ParsedFile(stamp, digest, document, pieces)
