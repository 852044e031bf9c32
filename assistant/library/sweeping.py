"""Deletes what has become older than the table `[retention]` of the configuration allows.

`carrel policy sweep` does it on request, and an owner that watches its sources once an hour. A dry run says
what would be deleted. Swept documents are not excluded: when a file changes, it is indexed again.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from assistant.library import summaries
from assistant.library.forgetting import PROMPTS
from assistant.library.opened import Library
from assistant.library.receipts import Swept
from ingest.lifetimes import Lifetimes

DAY_S = 86_400


def sweep(library: Library, *, dry_run: bool = False, now: float | None = None) -> Swept:
    """Deletes what is too old, with everything that was made from it, and returns what that was.

    dry_run: whether to delete nothing. now: seconds since 1970; None for the time of the call.
    """
    now = time.time() if now is None else now
    limits = library.config.retention
    answers_before = _limit(limits.answer_days, now)
    cached_before = _limit(limits.cache_days, now)
    logged_before = _limit(limits.log_days, now)
    swept = Swept(
        documents=tuple(sorted(_old_documents(library, now))),
        answers=library.history.count_before(answers_before),
        prompts=len(_old_files(library.folder / PROMPTS, cached_before)),
        summaries=len(_old_files(library.folder / summaries.FOLDER, cached_before)),
        entries=library.audit.count_before(logged_before),
    )
    if dry_run or swept == Swept():
        return swept

    def delete() -> None:
        library.history.forget_before(answers_before)
        if swept.answers:
            library.eraser.forget_prompts()  # They are not stored per question, so all are deleted.
        for folder in (PROMPTS, summaries.FOLDER):
            for file in _old_files(library.folder / folder, cached_before):
                file.unlink(missing_ok=True)

    if swept.documents:
        library.eraser.expire(swept.documents)
    library.run_on_engine_thread(delete)
    library.clean()
    library.audit.drop_before(logged_before)
    names = library.catalogue.codes.names_forgotten()
    library.audit.note("forgot", f"by age, documents: {len(names):,}, answers: {swept.answers:,}", names)
    return swept


def _limit(days: int, now: float) -> float:
    """The time before which things are too old, in seconds since 1970. days: 0 for no limit."""
    return now - days * DAY_S if days else 0.0


def _old_documents(library: Library, now: float) -> Iterator[str]:
    lifetimes = Lifetimes(library.config.retention.source_days)
    records = library.catalogue.documents.file_records(lifetimes.folders)
    return (path for path, file in records.items() if lifetimes.is_over(path, file.stamp.mtime_ns, now=now))


def _old_files(folder: Path, before: float) -> list[Path]:
    """The files in a folder of caches that were not used since `before`, in seconds since 1970."""
    files = folder.iterdir() if folder.is_dir() else ()
    return [file for file in files if file.name != summaries.LOCK and file.stat().st_mtime < before]
