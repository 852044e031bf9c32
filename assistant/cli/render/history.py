"""Conversations, and what makes two answers to the same question differ."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from assistant import formatting
from assistant.cli.render.answers import answer_object, print_answer
from policies.hygiene import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.cli.output import Output
    from assistant.dialogue import Answer, Conversation, Turn


TITLE_CHARS = 200
"""Most characters of a question in the list of conversations."""


def print_conversations(output: Output, conversations: Sequence[Conversation]) -> None:
    """Prints the id of each conversation, its last date, the number of its answers, and its title."""
    for conversation in conversations:
        output.print(
            f"{one_line(conversation.id):12} {formatting.date_and_time(conversation.at)}"
            f"  {formatting.count_of(conversation.turns, 'answer'):10}  {shortened(conversation.title)}"
        )


def shortened(question: str) -> str:
    """A question on one line, cut if it is long: a question may be a pasted text."""
    line = one_line(question)
    return line if len(line) <= TITLE_CHARS else f"{line[:TITLE_CHARS]}…"


def conversations_object(conversations: Sequence[Conversation]) -> dict[str, Any]:
    """The conversations for `--json`."""
    return {"conversations": [dataclasses.asdict(conversation) for conversation in conversations]}


def print_turns(output: Output, turns: Sequence[Turn]) -> None:
    """Prints the questions of a conversation with their answers."""
    for turn in turns:
        output.print(
            f"{turn.id}  {formatting.date_and_time(turn.at)}  {one_line(typed_question(turn))}", style="bold"
        )
        if turn.answer.query != turn.answer.question and not turn.answer.corrections:
            output.print(f"Searched for: {one_line(turn.answer.query)}", style="dim")
        print_answer(output, turn.answer)
        output.print()


def turns_object(conversation: str, turns: Sequence[Turn]) -> dict[str, Any]:
    """The turns of a conversation, for `--json`."""
    from assistant.answers import filters

    return {
        "conversation": conversation,
        "turns": [
            {
                "id": turn.id,
                "at": turn.at,
                "filters": filters.write(turn.asking.selection),
                **answer_object(turn.answer),
            }
            for turn in turns
        ],
    }


def typed_question(turn: Turn) -> str:
    """The question with its filters, as it can be typed again."""
    from assistant.answers import filters

    return filters.write_question(turn.answer.question, turn.asking.selection)


def describe_differences(before: Answer, after: Answer) -> list[str]:
    """What differs in the model, the sampling and the passages of two answers, in words; never empty."""
    differences = []
    if before.receipt.model_digest and before.receipt.model_digest != after.receipt.model_digest:
        differences.append("another model answered")
    if (before.receipt.seed, before.receipt.temperature) != (after.receipt.seed, after.receipt.temperature):
        differences.append("the seed or the temperature has changed")
    differences += [f"{path} has changed, and the saved answer was erased" for path in before.erased]
    then, now = _texts_by_file(before), _texts_by_file(after)
    for path in sorted((then.keys() | now.keys()) - set(before.erased)):
        if path not in now:
            differences.append(
                f"{path} is no longer among the passages: it has changed, or other documents are nearer"
            )
        elif path not in then:
            differences.append(f"{path} is now among the passages")
        elif then[path] != now[path]:
            differences.append(f"{path} has changed, or other parts of it are nearer")
    return differences or [
        "model, settings and passages are the same; Carrel or one of its libraries computes differently"
    ]


def _texts_by_file(answer: Answer) -> dict[str, set[str]]:
    texts: dict[str, set[str]] = {}
    for passage in answer.passages:
        texts.setdefault(passage.locator.path, set()).add(passage.text)
    return texts
