"""What a file about answers says besides the answers themselves, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant import formatting
from assistant.answers.wording import VERDICTS, caution, headline
from assistant.dialogue import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assistant.dialogue import Answer
    from assistant.exporting.gathering import ExportedReply

FOOTER = "Made by Carrel. The quotes are the words of the documents; check them at their places."
"""Stands at the end."""


def reply_text(answer: Answer) -> str:
    """The text of a reply: the answer, why it was erased, or that there is none."""
    if answer.erased:
        return formatting.describe_erased(answer.erased)
    return answer.text if answer.state is State.ANSWERED else headline(answer.state, answer.missing)


def remarks(answer: Answer) -> Iterator[str]:
    """What has to be known about a reply: sentences without support, what was read, how it was computed."""
    if note := caution(answer):
        yield note
    for sentence in answer.sentences:
        if sentence.verdict in VERDICTS:
            text = formatting.collapse_whitespace(sentence.text)
            yield f"{VERDICTS[sentence.verdict]}: “{text}” ({sentence.reason})"
    if answer.computed is not None:
        yield f"Computed from {answer.computed.over}: {answer.computed.how}"
    if answer.coverage is not None and answer.computed is None:  # A computed answer says it itself.
        yield f"{formatting.describe_coverage(answer.coverage)}."
    if answer.corrections:
        yield f"{formatting.describe_corrections(answer.corrections)}."


def receipt(reply: ExportedReply) -> list[tuple[str, str]]:
    """Names and values that say what a reply was made from."""
    answer = reply.answer
    values = [("Date", formatting.date_and_time(reply.at))]
    if answer.query != answer.question:
        values.append(("Searched for", answer.query))
    if answer.stats is not None:
        values.append(("Model", answer.stats.model))
    if answer.receipt.model_digest:
        values.append(("Model, SHA-256", answer.receipt.model_digest))
        values.append(("Seed, temperature", f"{answer.receipt.seed}, {answer.receipt.temperature:g}"))
    if answer.receipt.prompt:
        values.append(("Prompt, SHA-256", answer.receipt.prompt))
    if cost := formatting.describe_cost(answer):
        values.append(("Took", cost))
    return values
