"""Checks that a library is what it promises to be: `carrel check`.

The catalogue is verified by `ingest.catalogue.verifying`, the conversations by `assistant.library.history`.
Here, sources are looked for as well and, if all data is to be read, files are compared with what was read
from them: a file that differs although its size and times are the same was changed by its disk.

Nothing is changed and nothing is migrated. The library may be in use meanwhile.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import TypeVar

from assistant import formatting
from assistant.config import Config, integrity_key
from assistant.doctor import CheckResult, Severity
from assistant.library.history import History, history_layout
from assistant.library.opened import CATALOGUE, HISTORY
from ingest.catalogue import Catalogue
from ingest.catalogue.layout import layout
from ingest.connecting import problem_of
from ingest.database import DatabaseLayout
from ingest.encryption import is_encrypted
from ingest.encryption.keyfile import problems_of
from ingest.errors import IngestError, LibraryDamaged, UnreadableDocument, UnsupportedLayout
from ingest.handling import Handling
from ingest.lock import undisturbed
from ingest.mounts import unreachable_reason
from ingest.opening import open_file
from policies.hygiene import one_line

T = TypeVar("T")

NAMED = 5
"""Files that are named; the others are counted."""


def verify(config: Config, library: Path, *, read_data: bool) -> Iterator[CheckResult]:
    """Checks each part of a library, yielding the results in the order to show them.

    read_data: whether to read all texts, words, vectors, answers and files.
    Raises `IngestError` when there is no library in the folder.
    """
    if not (library / CATALOGUE).is_file():
        raise IngestError(
            f"There is no library in {one_line(str(library))}.",
            remedy="Name its folder with --library, or make one with `carrel add`.",
        )
    if problems := problems_of(library) if is_encrypted(library) else []:
        remedy = "The next command that unlocks the library repairs it."
        yield CheckResult("key", Severity.WARNING, "; ".join(problems), remedy)
    with undisturbed(library):
        key = integrity_key()
        yield from _checked(
            library / CATALOGUE,
            layout(key),
            lambda: closing(Catalogue(library / CATALOGUE, key, read_only=True)),
            lambda catalogue: _catalogue(catalogue, config, read_data=read_data),
        )
        if (library / HISTORY).is_file():
            yield from _checked(
                library / HISTORY,
                history_layout(HISTORY),
                lambda: closing(History(library / HISTORY, read_only=True)),
                lambda history: _history(history, read_data=read_data),
            )


def _checked(
    file: Path,
    layout: DatabaseLayout,
    opened: Callable[[], AbstractContextManager[T]],
    look: Callable[[T], Iterator[CheckResult]],
) -> Iterator[CheckResult]:
    """Opens a file and looks at its parts, or says why it cannot be opened."""
    if problem := problem_of(file, oldest=layout.oldest, newest=layout.version):
        yield CheckResult(file.stem, Severity.BROKEN, f"{file.name} {problem}", layout.rescue)
        return
    try:
        with opened() as parts:
            yield from look(parts)
    except UnsupportedLayout:
        yield CheckResult(
            file.stem,
            Severity.WARNING,
            f"{file.name} was written by an earlier Carrel, so it is not checked",
            "Run `carrel status`, which brings it up to date, and check again.",
        )
    except LibraryDamaged as error:
        yield CheckResult(file.stem, Severity.BROKEN, error.message.rstrip("."), error.remedy)


def _catalogue(catalogue: Catalogue, config: Config, *, read_data: bool) -> Iterator[CheckResult]:
    for verified in catalogue.verify(read_data=read_data):
        for fault in verified.faults:
            yield CheckResult(verified.part, Severity.BROKEN, one_line(fault.message), fault.remedy)
        if not verified.faults:
            yield CheckResult(verified.part, Severity.OK, verified.summary)
    for source in catalogue.sources.paths():
        if reason := unreachable_reason(source, catalogue.sources.disk(source)):
            yield CheckResult(
                "sources",
                Severity.WARNING,
                f"{one_line(source)} cannot be reached: {reason}",
                "Mount its disk. Its documents stay in the library; `carrel rm` removes them.",
            )
    if read_data:
        yield from _files(catalogue, config.policies.handling, config.index.max_file_mb << 20)


def _files(catalogue: Catalogue, handling: Handling, largest_file: int) -> Iterator[CheckResult]:
    """Compares files whose size and times are as they were with what was read from them."""
    compared, changed = 0, []
    for source in catalogue.sources.paths():
        for path, record in catalogue.documents.file_records([source]).items():
            if not record.digest or record.is_due:
                continue
            try:
                with open_file(source, path, limit=largest_file, names=catalogue.documents.linked) as file:
                    if file.stamp == record.stamp:
                        compared += 1
                        if handling.digest(path, file.digest()) != record.digest:
                            changed.append(path)
            except UnreadableDocument:
                continue  # The next update of its source deals with it.
    if changed:
        named = ", ".join(map(one_line, changed[:NAMED]))
        more = f" and {len(changed) - NAMED:,} more" if len(changed) > NAMED else ""
        yield CheckResult(
            "files",
            Severity.BROKEN,
            f"their content changed, but neither their size nor their times: {named}{more}",
            "Check their disk, and put them back from a copy. To read them as they are, change their times"
            " with `touch` and run `carrel add`.",
        )
    else:
        yield CheckResult("files", Severity.OK, f"{compared:,} compared with what was read from them")


def _history(history: History, *, read_data: bool) -> Iterator[CheckResult]:
    faults = list(history.faults(read_data=read_data))
    for fault in faults:
        yield CheckResult("history", Severity.BROKEN, fault, history_layout(HISTORY).rescue)
    if not faults:
        count = formatting.count_of(len(history.conversations()), "conversation")
        yield CheckResult("history", Severity.OK, count)
