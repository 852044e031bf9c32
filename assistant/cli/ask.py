"""Commands that ask: ask, search, compare."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.exits import UsageError
from assistant.cli.render import answer_notes, answer_object, passage_objects, place, print_answer, quoted
from assistant.cli.session import Session, command
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.dialogue import Answer, Asking
    from assistant.library.facade import Assistant


GpuLayers = Annotated[
    int | None, typer.Option("--gpu-layers", min=-1, help="Layers on GPUs, over `models.gpu_layers`.")
]
Device = Annotated[str | None, typer.Option("--device", help="The GPU to use, over `models.device`.")]
CpuMoe = Annotated[bool | None, typer.Option("--cpu-moe", help="Over `models.cpu_moe`.")]
Within = Annotated[
    list[str] | None, typer.Option("--in", metavar="FOLDER", help="Only documents in this folder.")
]
OfType = Annotated[
    list[str] | None, typer.Option("--type", metavar="TYPE", help="Only this type, such as pdf.")
]
Tagged = Annotated[list[str] | None, typer.Option("--tag", help="Only documents with this tag.")]
Since = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only documents since, such as 2024-06.")
]
Before = Annotated[str | None, typer.Option("--before", metavar="DATE", help="Only documents before.")]
AnswerMode = Annotated[
    str | None, typer.Option("--mode", help="auto, quote or free; auto goes by the model's size.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Leave out sentences that nothing backs.")]


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (ask, search, compare):
        command(app)(function)


def ask(
    session: Session,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="In your own words; - reads it from stdin.")
    ],
    within: Within = None,
    of_type: OfType = None,
    tagged: Tagged = None,
    since: Since = None,
    before: Before = None,
    every: Annotated[bool, typer.Option("--all", help="Read every document, and say how many.")] = False,
    mode: AnswerMode = None,
    strict: Strict = False,
    conversation: Annotated[
        str, typer.Option("--conversation", metavar="NAME", help="Go on with the one of this name.")
    ] = "",
    gpu_layers: GpuLayers = None,
    device: Device = None,
    cpu_moe: CpuMoe = None,
) -> None:
    """Answer a question from the library, with citations.

    Filters may stand in the question too: in:tax type:pdf tag:home title:"…" after:2024-06 before:2025.
    """
    from assistant.answers.questions import expects_several_documents

    session = computed_on(session, gpu_layers, device, cpu_moe)
    asked = filtered(_given(question), within, of_type, tagged, since, before)
    with session.open() as assistant:
        answer = asked_aloud(session, assistant, asked, asking(mode, strict, every), conversation)
    print_answer(session, answer)
    session.print_json(answer_object(answer))
    if expects_several_documents(asked) and not every and not answer.abstained:
        session.say("Several documents may answer this: --all reads every one of them.", style="dim")
    if session.err.is_terminal:
        # 0.1 s, and only where somebody is looking.
        from assistant.models.tuning import offered

        if not offered():
            session.say("This machine may answer faster after: carrel models tune")


def asked_aloud(
    session: Session,
    assistant: Assistant,
    question: str,
    how: Asking,
    conversation: str = "",
    *,
    text: bool = True,
) -> Answer:
    """The answer, printed as it comes; without its text, only what is done for it is said."""
    from assistant.dialogue import Answer, AnswerText, DocumentProgress, SearchFinished

    answer = None
    with session.progress("files") as watch:
        # To the end, and not only to the answer: a call that is left takes its connection with it.
        for event in assistant.ask(question, conversation=conversation, asking=how):
            match event:
                case SearchFinished(search):
                    reading = f"reading {len(search.passages)} passages ({search.took_ms:.0f} ms)"
                    session.say(reading, style="dim")
                    if search.query not in question:
                        session.say(f"asked as: {search.query}", style="dim")
                case DocumentProgress(done, total, path):
                    watch(done, total, Path(path).name)
                case AnswerText(piece) if text:
                    session.print(piece, end="")
                case Answer():
                    answer = event
    if text:
        session.print()
    assert answer is not None, "asking ends with an answer"
    return answer


def search(
    session: Session,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="Words or a question.")],
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="How many passages.")] = 5,
    within: Within = None,
    of_type: OfType = None,
    tagged: Tagged = None,
    since: Since = None,
    before: Before = None,
) -> None:
    """Show the passages that fit a query best."""
    with session.open() as assistant:
        found = assistant.search(filtered(_given(query), within, of_type, tagged, since, before), k)
        empty = not found.passages and not assistant.status().counts.chunks
    for passage in found.passages:
        session.print(f"{passage.rank}. {place(passage.locator)}  ({passage.score:.3f})", style="bold")
        session.print(f"   {quoted(passage.text)}")
    if empty:
        session.say("The library holds nothing to search yet: carrel add FOLDER")
    elif not found.passages:
        session.say("No document passes these filters: carrel ls")
    session.print_json(
        {
            "query": found.query,
            "passages": passage_objects(found.passages),
            "took_ms": round(found.took_ms, 1),
        }
    )


def compare(
    session: Session,
    first: Annotated[Path, typer.Argument(metavar="A", help="A document, or a folder.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another one.")],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="What both are asked.")],
    mode: AnswerMode = None,
    strict: Strict = False,
) -> None:
    """Answer a question from two documents, one beside the other."""
    asked = _given(question)
    answers: dict[Path, Answer] = {}
    with session.open() as assistant:
        for path in (first, second):
            if not assistant.holds(path.absolute()):
                raise UsageError(f"{path} is not in the library.", remedy=f"Add it first: carrel add {path}")
        for path in (first, second):
            one, how = filtered(asked, [str(path.absolute())]), asking(mode, strict, False)
            if session.wide:
                answers[path] = asked_aloud(session, assistant, one, how, text=False)
                continue
            session.print(path.name, style="bold")
            answers[path] = asked_aloud(session, assistant, one, how)
            print_answer(session, answers[path])
            session.print()
    if session.wide:
        session.print_beside(
            *(
                [(one_line(path.name), "bold"), (answer.text, ""), ("", ""), *answer_notes(answer)]
                for path, answer in answers.items()
            )
        )
    objects = [{"path": str(path.absolute()), **answer_object(answer)} for path, answer in answers.items()]
    session.print_json({"question": asked, "answers": objects})


def asking(mode: str | None, strict: bool, every: bool) -> Asking:
    """The options as a value; raises `UsageError` for a mode there is not."""
    from assistant.dialogue import Asking, Mode

    try:
        return Asking(Mode(mode or "auto"), strict, every)
    except ValueError as error:
        raise UsageError(f"There is no mode {mode}.", remedy="Modes are auto, quote and free.") from error


def filtered(
    question: str,
    within: list[str] | None = None,
    of_type: list[str] | None = None,
    tagged: list[str] | None = None,
    since: str | None = None,
    before: str | None = None,
) -> str:
    """The question with the options as filters in it. A folder that is there is meant by its place."""
    from assistant.answers.filters import written

    folders = [os.path.abspath(each) if os.path.exists(each) else each for each in within or ()]
    parts = [
        question,
        *(written("in", each) for each in folders),
        *(written("type", each) for each in of_type or ()),
        *(written("tag", each) for each in tagged or ()),
        *([written("after", since)] if since else []),
        *([written("before", before)] if before else []),
    ]
    return " ".join(parts)


def computed_on(
    session: Session, gpu_layers: int | None, device: str | None, cpu_moe: bool | None
) -> Session:
    """The session with what the command line sets over the configuration."""
    given = {"gpu_layers": gpu_layers, "device": device, "cpu_moe": cpu_moe}
    over = {key: value for key, value in given.items() if value is not None}
    if over and session.attached:
        raise UsageError(
            "Another process owns the library and has its own devices.",
            remedy="Set models.gpu_layers, models.device or models.cpu_moe, and start it again.",
        )
    models = session.config.models.model_copy(update=over)
    return dataclasses.replace(session, config=session.config.model_copy(update={"models": models}))


def _given(text: str) -> str:
    """A question as typed, or from stdin; raises `UsageError` when there is none."""
    given = sys.stdin.buffer.read() if text == "-" else os.fsencode(text)
    question = given.decode("utf-8", "replace")
    if not question.strip():
        raise UsageError(
            "The question is empty.", remedy='Ask something: carrel ask "When does my lease end?"'
        )
    return question.strip()
