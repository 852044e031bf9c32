"""Commands that search and answer: ask, search."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import UsageError
from assistant.cli.export import ForceOption, HtmlOption, MarkdownOption, exporting
from assistant.cli.render.answers import (
    answer_object,
    print_evidence,
    print_passages,
    search_object,
    unsure_heading,
)
from assistant.cli.render.filters import print_no_match
from assistant.cli.render.library import print_searchable
from assistant.cli.session import Session
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.dialogue import Answer, Asking
    from assistant.library.facade import Assistant
    from ingest.selection import Selection


GpuLayersOption = Annotated[
    int | None,
    typer.Option(
        "--gpu-layers",
        min=-1,
        metavar="N",
        help="Compute N layers of the model on GPUs; -1 for as many as fit. Overrides models.gpu_layers.",
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="NAME",
        help="Use only this GPU, named as in `carrel doctor`. Overrides models.device.",
    ),
]
CpuMoeOption = Annotated[
    bool | None,
    typer.Option(
        "--cpu-moe",
        help="Compute the experts of a mixture-of-experts model on the CPU. Overrides models.cpu_moe.",
    ),
]
FolderOption = Annotated[
    list[str] | None,
    typer.Option("--in", metavar="FOLDER", help="Use only documents in this folder. Can be repeated."),
]
TypeOption = Annotated[
    list[str] | None,
    typer.Option("--type", metavar="TYPE", help="Use only documents of this type, such as pdf."),
]
TagOption = Annotated[
    list[str] | None, typer.Option("--tag", metavar="TAG", help="Use only documents with this tag.")
]
CollectionOption = Annotated[
    list[str] | None,
    typer.Option("--collection", metavar="NAME", help="Use only documents of this collection."),
]
SinceOption = Annotated[
    str | None,
    typer.Option(
        "--since", metavar="DATE", help="Use only documents from this date on: 2024, 2024-06 or 2024-06-30."
    ),
]
BeforeOption = Annotated[
    str | None, typer.Option("--before", metavar="DATE", help="Use only documents from before this date.")
]
ModeOption = Annotated[
    str | None,
    typer.Option(
        "--mode",
        metavar="MODE",
        help="How the answer is worded: quote (sentences of the documents), free (the model's own words), or"
        " auto (depending on the model's size). Default: auto.",
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Leave out sentences that the documents do not support.")
]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (ask, search):
        command(app)(function)


def ask(
    session: Session,
    words: Annotated[
        list[str],
        typer.Argument(metavar="QUESTION", help="The question in your own words; - reads it from stdin."),
    ],
    within: FolderOption = None,
    of_type: TypeOption = None,
    tagged: TagOption = None,
    collected: CollectionOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
    every: Annotated[
        bool,
        typer.Option("--all", help="Read every document, not only the nearest passages, and say how many."),
    ] = False,
    mode: ModeOption = None,
    strict: StrictOption = False,
    conversation: Annotated[
        str,
        typer.Option(
            "--conversation",
            metavar="NAME",
            help="Continue the conversation NAME, or start it. Follow-up questions then work.",
        ),
    ] = "",
    last: Annotated[
        bool, typer.Option("--continue", "-c", help="Continue the last conversation, whatever its name.")
    ] = False,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    force: ForceOption = False,
    gpu_layers: GpuLayersOption = None,
    device: DeviceOption = None,
    cpu_moe: CpuMoeOption = None,
) -> None:
    """Answer a question from your documents, with citations.

    The question itself can contain filters: in:tax type:pdf tag:home title:"Annual report" from:petra to:jon
    collection:flat after:2024-06 before:2025.

    Examples:
        carrel ask "How much is the deposit for the flat?"
        carrel ask "What did the boiler cost?" --in ~/Notes/home --type pdf
        carrel ask "Which invoices are still open?" --all
        carrel ask -c "And the year before?"
        carrel ask "When does the lease end?" --html lease.html
        echo "When does the lease end?" | carrel ask - --json
    """
    from assistant.answers.questions import expects_several_documents
    from assistant.dialogue import State

    session = override_devices(session, gpu_layers, device, cpu_moe)
    asked = [
        parse_filters(text, within, of_type, tagged, since, before, collected)
        for text in question_texts(session, " ".join(words))
    ]
    askings = [make_asking(mode, strict, every, selection) for _, selection in asked]
    if last and conversation:
        raise UsageError(
            "--continue and --conversation cannot be used together.", remedy="Leave out one of them."
        )
    answers = []
    with (
        exporting(session.output, html, markdown, force=force) as exports,
        session.open() as assistant,
    ):
        if last:
            conversation = _last_conversation(assistant)
        for number, ((text, selection), asking) in enumerate(zip(asked, askings, strict=True)):
            if number:
                session.output.print()
            if len(asked) > 1:
                session.output.print_line([(one_line(text), "bold")])
            answer = stream_answer(session, assistant, text, asking, conversation)
            answers.append((time.time(), answer))
            status = assistant.status()
            if status.counts.chunks and selection and not answer.passages:
                print_no_match(session.output, assistant, selection)
            elif status.counts.chunks:
                print_evidence(session.output, answer)
        print_searchable(session.output, status)
        exports.write(assistant, answers[0][1].question, answers)
    for _, answer in answers:
        session.output.print_json(answer_object(answer))
    is_incomplete = any(
        not every
        and not answer.computed
        and answer.state is State.ANSWERED
        and expects_several_documents(text)
        for (text, _), (_, answer) in zip(asked, answers, strict=True)
    )
    if is_incomplete:
        session.output.note(
            "More than one document may answer this. To read all of them, add --all.", style="dim"
        )
    if session.output.is_watched:
        # Takes 0.1 s to import, so only when a person reads the output.
        from assistant.models.tuning import offered_before

        if not offered_before():
            session.output.note("To make answers faster on this machine, run: carrel models tune")


def _last_conversation(assistant: Assistant) -> str:
    """The id of the conversation with the latest answer. Raises `UsageError` if none is saved."""
    for conversation in assistant.conversations():
        return conversation.id
    raise UsageError(
        "There is no conversation to continue.",
        remedy="Leave out --continue to start one with this question.",
    )


def stream_answer(
    session: Session,
    assistant: Assistant,
    question: str,
    asking: Asking,
    conversation: str = "",
    *,
    text: bool = True,
) -> Answer:
    """Asks the question and returns the answer, printing its text while it is generated.

    text: False prints only the progress.
    """
    from assistant.dialogue import Answer, AnswerText, DocumentProgress, Queued, SearchFinished

    output = session.output
    answer = None
    is_written = False
    with output.progress("files") as show_progress:
        # Iterated to the end: a call that is abandoned closes the connection to the owner.
        for event in assistant.ask(question, conversation=conversation, asking=asking):
            match event:
                case Queued(before):
                    output.note(f"{formatting.describe_place(before)} …", style="dim")
                case SearchFinished(search):
                    if search.passages and search.took_ms:  # A computed answer needs no search.
                        count = formatting.count_of(len(search.passages), "passage")
                        took = formatting.short_duration(search.took_ms)
                        output.note(f"Found {count} in {took}.", style="dim")
                    if search.corrections:
                        output.note(f"{formatting.describe_corrections(search.corrections)}.", style="dim")
                    elif search.query != " ".join(question.split()):
                        output.note(f"Searched for: {search.query}", style="dim")
                case DocumentProgress(done, total, path):
                    show_progress(done, total, Path(path).name)
                case AnswerText(piece, is_unsure) if text:
                    if is_unsure and not is_written:
                        output.print_line(unsure_heading())
                    output.print(piece, end="")
                    is_written = True
                case Answer():
                    answer = event
    if text and is_written:
        output.print()
    assert answer is not None, "asking ends with an answer"
    return answer


def search(
    session: Session,
    words: Annotated[
        list[str], typer.Argument(metavar="QUERY", help="Words or a question; - reads it from stdin.")
    ],
    k: Annotated[int, typer.Option("-k", min=1, max=100, metavar="N", help="Show at most N passages.")] = 5,
    within: FolderOption = None,
    of_type: TypeOption = None,
    tagged: TagOption = None,
    collected: CollectionOption = None,
    since: SinceOption = None,
    before: BeforeOption = None,
) -> None:
    """Show the passages that match a query best.

    The language model is not used.

    Examples:
        carrel search "boiler" -k 3
        carrel search "in:home tag:contract notice"
    """
    text, selection = parse_filters(
        question_text(session, " ".join(words)), within, of_type, tagged, since, before, collected
    )
    with session.open() as assistant:
        result = assistant.search(text, k, selection=selection)
        if result.corrections:
            session.output.note(f"{formatting.describe_corrections(result.corrections)}.", style="dim")
        print_passages(session.output, result)
        status = assistant.status()
        if status.counts.chunks and not result.passages:
            print_no_match(session.output, assistant, selection)
        print_searchable(session.output, status)
    session.output.print_json(search_object(result))


def make_asking(mode: str | None, strict: bool, every: bool, selection: Selection | None = None) -> Asking:
    """The options as a value. Raises `UsageError` for an unknown mode.

    selection: the documents to answer from; None for all.
    """
    from assistant.dialogue import Asking, Mode
    from ingest.selection import EVERYTHING

    try:
        return Asking(Mode(mode or "auto"), strict, every, selection or EVERYTHING)
    except ValueError as error:
        raise UsageError(f"There is no mode {mode}.", remedy="The modes are auto, quote and free.") from error


def parse_filters(
    text: str,
    within: list[str] | None = None,
    of_type: list[str] | None = None,
    tagged: list[str] | None = None,
    since: str | None = None,
    before: str | None = None,
    collected: list[str] | None = None,
) -> tuple[str, Selection]:
    """The question without the filters typed in it, and the documents that those and the options select.

    within: folder names, or paths; a path that exists becomes absolute, without links.
    of_type, tagged, collected: values, or several values separated by commas.
    Raises `BadFilter`.
    """
    from assistant.answers.filters import first_day, parse
    from ingest.selection import Selection, collection_name

    question, selection = parse(text)
    options = Selection(
        folders=tuple(os.path.realpath(name) if os.path.exists(name) else name for name in within or ()),
        types=tuple(name for names in of_type or () for name in names.split(",") if name),
        tags=tuple(name for names in tagged or () for name in names.split(",") if name),
        collections=tuple(
            collection_name(name) for names in collected or () for name in names.split(",") if name
        ),
        since=first_day("--since", since) if since else None,
        until=first_day("--before", before) if before else None,
    )
    # Bytes that are not UTF-8 have a meaning in file names only.
    return os.fsencode(question).decode("utf-8", "replace"), selection.combined(options)


def override_devices(
    session: Session, gpu_layers: int | None, device: str | None, cpu_moe: bool | None
) -> Session:
    """The session with these settings in place of the configured ones; None keeps the configured one.

    Raises `UsageError` if another process owns the library, because that process computes the answers.
    """
    options = {"gpu_layers": gpu_layers, "device": device, "cpu_moe": cpu_moe}
    changes = {key: value for key, value in options.items() if value is not None}
    if changes and session.attached:
        raise UsageError(
            "Another process owns this library and has already chosen its devices.",
            remedy="Set models.gpu_layers, models.device or models.cpu_moe in the configuration, then restart"
            " that process.",
        )
    models = session.config.models.model_copy(update=changes)
    return dataclasses.replace(session, config=session.config.model_copy(update={"models": models}))


def question_texts(session: Session, argument: str) -> list[str]:
    """The questions given as an argument or on stdin: one for each line if every line ends with a question
    mark, and otherwise one.

    Raises `UsageError` for an empty question.
    """
    text = question_text(session, argument)
    lines = [line.strip() for line in text.splitlines() if line.strip()] if argument == "-" else []
    return lines if all(line.endswith("?") for line in lines) and lines else [text]


def question_text(session: Session, argument: str) -> str:
    """The question given as an argument, or on stdin if the argument is `-`, with its filters.

    Bytes that are not UTF-8 are lone surrogates, as in file names. Raises `UsageError` for an empty question.
    """
    question = (os.fsdecode(session.stdin.read()) if argument == "-" else argument).strip()
    if not question:
        raise UsageError("The question is empty.", remedy='For example: carrel ask "When does my lease end?"')
    return question
