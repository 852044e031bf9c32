"""Commands about collections, which narrow questions to some documents: collection add, ls, rm.

A collection belongs to the library. A path in it is a folder or a document; a tag is one that documents have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.helping import WholeSentences
from assistant.cli.naming import located
from assistant.cli.session import Session
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.library.facade import Assistant
    from ingest.selection import Collection

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The name of the collection.")]
PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH|NAME", help="Folders and documents of the library."),
]
TagsOption = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Documents with this tag. Can be repeated.")
]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    collection = typer.Typer(
        cls=WholeSentences, help="Name sets of documents, to ask about one set only.", no_args_is_help=True
    )
    for function in (add, ls, rm):
        command(collection)(function)
    app.add_typer(collection, name="collection")


def add(
    session: Session,
    collection: NameArgument,
    paths: PathsArgument = None,
    tagged: TagsOption = None,
    about: Annotated[
        str | None,
        typer.Option("--context", metavar="TEXT", help="Say in a line what these documents are about."),
    ] = None,
) -> None:
    """Add folders, documents and tags to a collection, or make a new one.

    Documents that are added to these folders or get these tags later belong to the collection too.

    Examples:
        carrel collection add flat ~/Notes/home --context "The flat: lease, meters, repairs"
        carrel collection add flat --tag contract
    """
    if not paths and not tagged and about is None:
        raise UsageError(
            f"There is nothing to add to the collection {one_line(collection)}.",
            remedy="Name folders or documents, or give --tag or --context.",
        )
    with session.open() as assistant:
        places = [located(assistant, path) for path in paths or ()]
        assistant.collect(collection, places, tagged or [], about)
        for place in places:
            if not assistant.holds(place):
                session.output.warn(f"The library has no document at {one_line(str(place))} yet.")
        _report(session, assistant)


def ls(session: Session) -> None:
    """List the collections, with what they name and how many documents they hold.

    Examples:
        carrel collection ls
    """
    with session.open() as assistant:
        if not assistant.collections():
            session.output.note("There is no collection. Make one with: carrel collection add NAME FOLDER")
        _report(session, assistant)


def rm(
    session: Session,
    collection: NameArgument,
    paths: PathsArgument = None,
    tagged: TagsOption = None,
) -> None:
    """Take folders, documents and tags out of a collection, or remove the whole collection.

    The documents stay in the library.

    Examples:
        carrel collection rm flat --tag contract
        carrel collection rm flat
    """
    with session.open() as assistant:
        places = [located(assistant, path) for path in paths or ()]
        assistant.uncollect(collection, places, tagged or [])
        if not paths and not tagged:
            session.output.print(f"Removed the collection {one_line(collection)}. Its documents stay.")
        _report(session, assistant)


def _report(session: Session, assistant: Assistant) -> None:
    """Prints the collections of the library as they are now."""
    collections = assistant.collections()
    held = [name for entry in assistant.entries() if entry.chunks for name in entry.collections]
    for each in collections:
        context = f": {one_line(each.context)}" if each.context else ""
        count = formatting.count_of(held.count(each.name), "document")
        session.output.print(f"{each.name}{context}  ({count})", style="bold")
        for path in each.paths:
            session.output.print(f"  {one_line(path)}")
        for tag in each.tags:
            session.output.print(f"  tag {one_line(tag)}")
    session.output.print_json(_object(collections, held))


def _object(collections: Sequence[Collection], held: Sequence[str]) -> dict[str, Any]:
    """The collections for `--json`. held: the collections of every document, one after the other."""
    return {
        "collections": [
            {
                "name": each.name,
                "context": each.context,
                "paths": list(each.paths),
                "tags": list(each.tags),
                "documents": held.count(each.name),
            }
            for each in collections
        ]
    }
