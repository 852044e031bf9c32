"""Commands about what was said: history, replay."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.exits import Exit
from assistant.cli.render import answer_object, day, print_answer
from assistant.cli.session import Session, command
from policies.hygiene import one_line

if TYPE_CHECKING:
    from assistant.dialogue import Answer, Turn


def register(app: typer.Typer) -> None:
    """Adds these commands to `app`."""
    for function in (history, replay):
        command(app)(function)


def history(
    session: Session,
    conversation: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One conversation, with its answers.")
    ] = None,
    find: Annotated[str | None, typer.Option("--find", help="Only those with these words.")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="Delete the conversation NAME.")] = False,
) -> None:
    """List the conversations that are kept, show one, or delete it."""
    with session.open() as assistant:
        if conversation is None:
            listed = assistant.conversations()
            if find:
                held = {
                    each.id
                    for each in listed
                    if any(_mentions(turn, find) for turn in assistant.turns(each.id))
                }
                listed = [each for each in listed if each.id in held]
            for each in listed:
                session.print(f"{each.id:12} {day(each.at)}  {each.turns:3}  {one_line(each.title)}")
            session.print_json({"conversations": [dataclasses.asdict(each) for each in listed]})
            return
        turns = assistant.turns(conversation)
        if forget:
            assistant.forget_conversation(conversation)
            session.print(f"{one_line(conversation)}: {len(turns)} answers deleted")
            session.print_json({"conversation": conversation, "deleted": len(turns)})
            return
    for turn in turns:
        session.print(f"{turn.id}  {day(turn.at)}  {one_line(turn.answer.question)}", style="bold")
        session.print(turn.answer.text)
        print_answer(session, turn.answer)
        session.print()
    session.print_json(
        {
            "conversation": conversation,
            "turns": [{"id": turn.id, "at": turn.at, **answer_object(turn.answer)} for turn in turns],
        }
    )


def replay(
    session: Session,
    turn: Annotated[
        str, typer.Argument(metavar="ID", help="Of an answer, as `carrel history NAME` shows it.")
    ],
) -> Exit:
    """Answer a kept question again, and say what makes the answer differ, if it does."""
    from assistant.dialogue import Answer

    with session.open() as assistant:
        kept = assistant.turn(turn)
        answer = None
        for event in assistant.replay(turn):
            answer = event if isinstance(event, Answer) else answer
    assert answer is not None, "asking ends with an answer"
    session.print(answer.text)
    print_answer(session, answer)
    same = answer.text == kept.answer.text
    reasons = [] if same else differences(kept.answer, answer)
    session.print("The same answer." if same else "Another answer:", style="bold")
    for reason in reasons:
        session.print(f"  {one_line(reason)}")
    session.print_json({"same": same, "differences": reasons, **answer_object(answer)})
    return Exit.DONE if same else Exit.FAILED


def differences(before: Answer, after: Answer) -> list[str]:
    """What an answer was made of that is not as it was, in words."""
    found = []
    if before.receipt.model_digest and before.receipt.model_digest != after.receipt.model_digest:
        found.append("the model is another one")
    if (before.receipt.seed, before.receipt.temperature) != (after.receipt.seed, after.receipt.temperature):
        found.append("it is drawn otherwise: seed or temperature have changed")
    then, now = _read_by_file(before), _read_by_file(after)
    for path in sorted(then.keys() | now.keys()):
        if path not in now:
            found.append(f"{path} was read then and is not now: it has changed, or others come nearer")
        elif path not in then:
            found.append(f"{path} is read now and was not then")
        elif then[path] != now[path]:
            found.append(f"{path} has changed, or other parts of it are read")
    return found or ["the same was read; Carrel or its libraries compute otherwise now"]


def _read_by_file(answer: Answer) -> dict[str, set[str]]:
    """The texts that were found, by file."""
    found: dict[str, set[str]] = {}
    for passage in answer.passages:
        found.setdefault(passage.locator.path, set()).add(passage.text)
    return found


def _mentions(turn: Turn, words: str) -> bool:
    text = f"{turn.answer.question} {turn.answer.text}".casefold()
    return all(word in text for word in words.casefold().split())
