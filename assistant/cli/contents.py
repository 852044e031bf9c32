"""The command that writes what the library holds to files for other programs: export.

Documents as they were read, the chunks that are searched, or the conversations; as lines of JSON for
programs, or as Markdown for people. It writes while it reads, so a large library needs little memory, and
each file is there whole or not at all (`assistant.cli.export`). The files say that Carrel wrote them, so they
are not indexed if they lie in a source (`ingest.ownfiles`)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.export import ForceOption, writers
from assistant.cli.get import read
from assistant.cli.naming import located
from assistant.cli.output import json_line
from assistant.cli.render.answers import place_object
from assistant.cli.render.documents import ShownPage, pages_object
from assistant.cli.render.history import turns_object
from assistant.cli.session import Session
from ingest.documents import is_within
from ingest.errors import IngestError, NotInLibrary
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.library.facade import Assistant
    from ingest.catalogue import DocumentEntry
    from ingest.documents import Chunk


class Contents(StrEnum):
    """What can be exported."""

    DOCUMENTS = "documents"
    CHUNKS = "chunks"
    CONVERSATIONS = "conversations"


def register(app: typer.Typer) -> None:
    """Adds this command to `app`."""
    command(app)(export)


def export(
    session: Session,
    what: Annotated[
        Contents,
        typer.Argument(metavar="WHAT", help="What to write: documents, chunks or conversations."),
    ],
    only: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH|NAME", help="A document, a folder, or the name of a conversation. Default: all."
        ),
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option("--jsonl", metavar="FILE", help="Write it to this file, one JSON object a line."),
    ] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write it to this file, as Markdown.")
    ] = None,
    force: ForceOption = False,
) -> None:
    """Write documents as they were read, chunks or conversations to a file.

    Examples:
        carrel export documents --jsonl documents.jsonl
        carrel export chunks ~/Notes --jsonl chunks.jsonl
        carrel export conversations --markdown conversations.md
    """
    if not (jsonl or markdown):
        raise UsageError("There is no file to write to.", remedy="Name one with --jsonl or --markdown.")
    output = session.output
    with (
        writers(output, jsonl, markdown, force=force) as (write_lines, write_text),
        session.open() as assistant,
    ):
        items: list[Any] = (
            _conversations(assistant, only) if what is Contents.CONVERSATIONS else _entries(assistant, only)
        )
        left_out: dict[str, str] = {}
        if write_lines:
            write_lines(_lines(session, assistant, what, items, left_out))
        if write_text:
            write_text(_text(session, assistant, what, items, left_out))
    for name, why in sorted(left_out.items()):
        output.warn(f"{one_line(name)} was left out: {one_line(why)}")
    written = len(items) - len(left_out)
    unit = "conversation" if what is Contents.CONVERSATIONS else "document"
    of_what = "chunks of " if what is Contents.CHUNKS else ""
    output.print(f"{of_what}{formatting.count_of(written, unit)} exported")
    output.print_json(
        {
            "what": what,
            "exported": written,
            "left_out": sorted(left_out),
            "files": [str(file.absolute()) for file in (jsonl, markdown) if file is not None],
        }
    )


def _entries(assistant: Assistant, only: str | None) -> list[DocumentEntry]:
    """The documents with text at or below a path. Raises `NotInLibrary` if there are none."""
    folder = os.path.realpath(located(assistant, only)) if only else "/"
    entries = [entry for entry in assistant.entries() if entry.chunks and is_within(entry.path, folder)]
    if not entries:
        raise NotInLibrary(
            f"The library has no document at or below {one_line(folder)}."
            if only
            else "The library has no documents.",
            remedy="`carrel ls` lists the documents." if only else "Add documents with: carrel add FOLDER",
        )
    return entries


def _conversations(assistant: Assistant, only: str | None) -> list[str]:
    """The names of the saved conversations, oldest first. Raises `UsageError` if there are none."""
    names = [conversation.id for conversation in reversed(assistant.conversations())]
    names = [name for name in names if only is None or name == only]
    if not names:
        raise UsageError(
            f"There is no conversation {one_line(only)}." if only else "No conversation is saved.",
            remedy="`carrel history` lists the conversations.",
        )
    return names


def _each(
    session: Session,
    items: list[Any],
    left_out: dict[str, str],
    made: Callable[[Any], Iterator[str]],
    unit: str,
) -> Iterator[str]:
    """What is made of each item, with progress. `left_out` gets what cannot be read, with the reason."""
    with session.output.progress(unit) as show:
        for number, item in enumerate(items):
            name = item if isinstance(item, str) else item.path
            show(number, len(items), os.path.basename(name))
            try:
                yield from made(item)
            except IngestError as error:
                left_out[name] = error.message


def _lines(
    session: Session, assistant: Assistant, what: Contents, items: list[Any], left_out: dict[str, str]
) -> Iterator[str]:
    """The lines of the JSON file."""
    from ingest.ownfiles import LINES_MARK

    def of_document(entry: DocumentEntry) -> Iterator[str]:
        pages = pages_object(entry.path, _pages(assistant, entry, in_parts=True))
        facts = {"media_type": entry.media_type, "digest": entry.digest, "mtime": entry.mtime}
        yield json_line({**pages, **facts})

    def of_chunks(entry: DocumentEntry) -> Iterator[str]:
        for chunk in _chunks(assistant, entry):
            place = {**place_object(chunk.locator), "chars": list(chunk.locator.chars)}
            yield json_line({"id": chunk.id, **place, "text": chunk.text})

    def of_conversation(name: str) -> Iterator[str]:
        values = turns_object(name, assistant.turns(name))
        for turn in values["turns"]:
            yield json_line({"conversation": name, **turn})

    made: dict[Contents, Callable[[Any], Iterator[str]]] = {
        Contents.DOCUMENTS: of_document,
        Contents.CHUNKS: of_chunks,
        Contents.CONVERSATIONS: of_conversation,
    }
    yield f"{LINES_MARK}\n"
    unit = "conversations" if what is Contents.CONVERSATIONS else "documents"
    yield from _each(session, items, left_out, made[what], unit)


def _text(
    session: Session, assistant: Assistant, what: Contents, items: list[Any], left_out: dict[str, str]
) -> Iterator[str]:
    """The Markdown file, part by part."""
    from assistant.exporting import markdown
    from assistant.exporting.gathering import gather
    from ingest.ownfiles import MARKDOWN_MARK

    def of_document(entry: DocumentEntry) -> Iterator[str]:
        pages = _pages(assistant, entry)
        parts = [(f"page {shown.page}" if shown.page else "", shown.text.text) for shown in pages]
        yield markdown.document_part(entry.path, parts)

    def of_chunks(entry: DocumentEntry) -> Iterator[str]:
        chunks = _chunks(assistant, entry)
        yield markdown.document_part(entry.path, ((chunk.locator.where, chunk.text) for chunk in chunks))

    def of_conversation(name: str) -> Iterator[str]:
        turns = assistant.turns(name)
        replies = gather(assistant, [(turn.at, turn.answer) for turn in turns], pictures=False)
        yield markdown.conversation_part(name, replies)

    made: dict[Contents, Callable[[Any], Iterator[str]]] = {
        Contents.DOCUMENTS: of_document,
        Contents.CHUNKS: of_chunks,
        Contents.CONVERSATIONS: of_conversation,
    }
    yield f"{MARKDOWN_MARK}\n\n"
    unit = "conversations" if what is Contents.CONVERSATIONS else "documents"
    yield from _each(session, items, left_out, made[what], unit)


def _pages(assistant: Assistant, entry: DocumentEntry, *, in_parts: bool = False) -> list[ShownPage]:
    """The pages of a document, as `read` has them.

    Raises `IngestError` if it is no longer as it was listed.
    """
    try:
        pages = list(read(assistant, entry, None, None, in_parts=in_parts))
    except IngestError as error:
        raise _reason(assistant, entry, error) from error
    # Pages do not say of which content they are; the last chunk does, and is read after them.
    _require_listed(assistant, entry, assistant.chunks(Path(entry.path), entry.chunks - 1), 1)
    return pages


def _chunks(assistant: Assistant, entry: DocumentEntry) -> list[Chunk]:
    """The chunks of a document, in order. Raises `IngestError` if it is no longer as it was listed."""
    found: list[Chunk] = []
    while chunks := assistant.chunks(Path(entry.path), len(found)):
        found += chunks
    _require_listed(assistant, entry, found, entry.chunks)
    return found


def _require_listed(assistant: Assistant, entry: DocumentEntry, chunks: Sequence[Chunk], count: int) -> None:
    """Raises `IngestError` unless these are `count` chunks of the content that was listed."""
    from ingest.documents import document_id

    listed = document_id(entry.path, entry.digest or "")
    if len(chunks) != count or any(chunk.document_id != listed for chunk in chunks):
        raise _reason(assistant, entry, IngestError("It changed during the export."))


def _reason(assistant: Assistant, entry: DocumentEntry, error: IngestError) -> IngestError:
    """Why a document cannot be exported: as the library lists it now, otherwise `error`."""
    now = next((other for other in assistant.entries() if other.path == entry.path), None)
    return IngestError(f"{now.reason}.") if now and not now.chunks and now.reason else error
