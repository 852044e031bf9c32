"""Commands about earlier answers: history, replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from assistant import formatting
from assistant.cli.command import command
from assistant.cli.exits import Exit, UsageError
from assistant.cli.export import ForceOption, HtmlOption, MarkdownOption, exporting
from assistant.cli.render.answers import answer_object, print_answer
from assistant.cli.render.history import (
    conversations_object,
    describe_differences,
    print_conversations,
    print_turns,
    turns_object,
    typed_question,
)
from assistant.cli.session import Session
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.dialogue import Turn
    from assistant.library.facade import Assistant


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (history, replay):
        command(app)(function)


def history(
    session: Session,
    conversation: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="Show this conversation with its answers. Default: list all."),
    ] = None,
    find: Annotated[
        str | None,
        typer.Option("--find", metavar="WORDS", help="List only conversations that contain all these words."),
    ] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Delete the conversation NAME.")] = False,
    html: HtmlOption = None,
    markdown: MarkdownOption = None,
    force: ForceOption = False,
) -> None:
    """List the saved conversations, show one, or delete one.

    Examples:
        carrel history
        carrel history --find "lease"
        carrel history taxes
        carrel history taxes --html taxes.html
        carrel history taxes --forget
    """
    output = session.output
    if forget and conversation is None:
        raise UsageError(
            "--forget needs the name of a conversation.", remedy="`carrel history` lists the conversations."
        )
    if (html or markdown) and conversation is None:
        raise UsageError(
            "--html and --markdown need the name of a conversation.",
            remedy="`carrel history` lists the conversations.",
        )
    with exporting(output, html, markdown, force=force) as exports, session.open() as assistant:
        if conversation is None:
            listed = assistant.conversations()
            if find:
                listed = [item for item in listed if _contains(assistant, item.id, find)]
            print_conversations(output, listed)
            if not listed:
                output.note(
                    f"No conversation contains all the words “{one_line(find)}”."
                    if find
                    else "No conversation is saved. Every `carrel ask` starts one."
                )
            output.print_json(conversations_object(listed))
            return
        turns = assistant.turns(conversation)
        if not turns:
            raise _unknown(assistant, conversation)
        if forget:
            assistant.forget_conversation(conversation)
            answers = formatting.count_of(len(turns), "answer")
            output.print(f"{one_line(conversation)}: {answers} deleted")
            output.print_json({"conversation": conversation, "deleted": len(turns)})
            return
        exports.write(assistant, turns[0].answer.question, [(turn.at, turn.answer) for turn in turns])
    print_turns(output, turns)
    output.print_json(turns_object(conversation, turns))


def replay(
    session: Session,
    turn: Annotated[
        str, typer.Argument(metavar="ID", help="The id of an answer, as `carrel history NAME` shows it.")
    ],
) -> Exit:
    """Ask a saved question again, and explain any difference.

    Examples:
        carrel replay 3f9a1c0b2e
    """
    from assistant.dialogue import Answer

    output = session.output
    with session.open() as assistant:
        saved = assistant.turn(turn)
        answer = None
        for event in assistant.replay(turn):
            answer = event if isinstance(event, Answer) else answer
    assert answer is not None, "asking ends with an answer"
    print_answer(output, answer)
    same = answer.text == saved.answer.text
    differences = [] if same else describe_differences(saved.answer, answer)
    output.print("The answer is the same." if same else "The answer differs:", style="bold")
    for difference in differences:
        output.print(f"  {one_line(difference)}")
    output.print_json({"same": same, "differences": differences, **answer_object(answer)})
    return Exit.DONE if same else Exit.FAILED


def _unknown(assistant: Assistant, name: str) -> UsageError:
    """The error for a conversation that is not saved, with those that are spelt alike."""
    import difflib

    saved = [conversation.id for conversation in assistant.conversations()]
    near = difflib.get_close_matches(name, saved, n=3)
    if near:
        remedy = f"Did you mean {' or '.join(map(one_line, near))}? `carrel history` lists them all."
    elif saved:
        remedy = "`carrel history` lists the conversations."
    else:
        remedy = "No conversation is saved yet. Every `carrel ask` starts one."
    return UsageError(f"There is no conversation {one_line(name)}.", remedy=remedy)


def _contains(assistant: Assistant, conversation: str, words: str) -> bool:
    """Whether a question or answer of a conversation contains all the words."""
    return any(_turn_contains(turn, words) for turn in assistant.turns(conversation))


def _turn_contains(turn: Turn, words: str) -> bool:
    text = f"{typed_question(turn)} {turn.answer.text}".casefold()
    return all(word in text for word in words.casefold().split())
