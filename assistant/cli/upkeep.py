"""Commands that keep a library whole: check, backup, restore."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Annotated

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import Exit, UsageError
from assistant.cli.export import place_for
from assistant.cli.render.checks import print_checks
from assistant.cli.session import Role, Session
from policies.hygiene import one_line


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (check, backup, restore):
        command(app, role=Role.ALONE)(function)


def check(
    session: Session,
    read_data: Annotated[
        bool,
        typer.Option("--read-data", help="Also read all texts, words, vectors, answers and your files."),
    ] = False,
) -> Exit:
    """Check the library for damage, and say what to do about it.

    Nothing is changed, and the library may be in use. With --read-data, every text is compared with the code
    that it was stored with, the index with its words, and your files with what was read from them.

    Examples:
        carrel check
        carrel check --read-data
    """
    # 0.3 s: numpy and pydantic.
    from assistant.doctor import Severity
    from assistant.verifying import verify

    session.unlock()
    session.confine()
    results = []
    for result in verify(session.config, session.library, read_data=read_data):
        print_checks(session.output, [result])
        results.append(result)
    damaged = any(result.severity is Severity.BROKEN for result in results)
    checks = [dataclasses.asdict(result) for result in results]
    session.output.print_json({"checks": checks, "damaged": damaged})
    return Exit.FAILED if damaged else Exit.DONE


def backup(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file that exists.")] = False,
) -> None:
    """Write the library to one file: documents, vectors and conversations.

    The library may be in use. The backup of an encrypted library is encrypted too, with the same passphrase.
    The backup of any other library is not, and holds the text of your documents.

    Examples:
        carrel backup /media/stick/carrel.backup
        carrel backup ~/carrel.backup --force
    """
    from assistant.library.backup import write_backup

    place = place_for(file, force=force)
    if place.is_relative_to(session.library.resolve()):
        raise UsageError(
            f"{one_line(str(file))} is in the library's folder.", remedy="Name a file in another folder."
        )
    session.unlock()
    session.confine(writing=[place.parent])
    with session.output.progress("MB", patient=True) as progress:
        made = write_backup(session.library, place, force=force, progress=progress)
    documents = formatting.count_of(made.documents, "document")
    session.output.print(f"{one_line(str(file))}: {documents}, {made.bytes / 1e6:,.1f} MB")
    session.output.print_json({"path": str(place), "documents": made.documents, "bytes": made.bytes})


def restore(
    session: Session,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `carrel backup` wrote.")],
    moves: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="OLD=NEW", help="Files at or below OLD are now at NEW. Can be repeated."
        ),
    ] = None,
) -> None:
    """Make a library from a backup, also on another machine.

    The library must not hold documents. If your files are elsewhere now, say so with --map, so that answers
    cite them where they are.

    Examples:
        carrel restore /media/stick/carrel.backup
        carrel restore carrel.backup --map /home/old/Notes=/home/new/Notes
    """
    from assistant.library.restoring import restore
    from assistant.library.unlocking import unlock
    from ingest.lock import Lock

    placed = [_move(text) for text in moves or ()]
    try:
        content = file.open("rb")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"{one_line(str(file))} cannot be read: {reason}.") from error
    with content:
        lock = Lock(session.library)
        try:
            session.confine()
            with session.output.progress("MB", patient=True) as progress:
                restored = restore(
                    content,
                    session.library,
                    session.config,
                    placed,
                    progress,
                    unlock=lambda folder: unlock(folder, session.passphrases),
                )
        except BaseException:
            lock.withdraw()
            raise
        lock.release()
    session.output.print(f"Restored: {formatting.count_of(restored.documents, 'document')}")
    for source, problem in restored.sources:
        session.output.print(f"source  {one_line(source)}")
        if problem:
            session.output.warn(
                f"{one_line(source)} cannot be reached: {problem}. Its documents stay in the library."
            )
    session.output.print_json(
        {
            "documents": restored.documents,
            "sources": [{"path": source, "offline": problem} for source, problem in restored.sources],
        }
    )


def _move(text: str) -> tuple[str, str]:
    """The paths of `OLD=NEW`. Raises `UsageError`."""
    # A name may contain an equals sign.
    old, sign, new = text.partition("=/")
    new = f"/{new}"
    if not sign:
        old, sign, new = text.rpartition("=")
    old = os.path.expanduser(old)
    if not sign or not new or not os.path.isabs(old):
        raise UsageError(
            f"--map {one_line(text)} is not OLD=NEW with an absolute path OLD.",
            remedy="For example: --map /home/old/Notes=/home/new/Notes",
        )
    return os.path.normpath(old), os.path.realpath(os.path.expanduser(new))
