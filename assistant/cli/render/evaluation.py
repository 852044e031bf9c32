"""Measured figures, alone or compared with an earlier run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assistant.cli.output import Output
    from assistant.evaluating import Outcome


def print_figures(output: Output, figures: Mapping[str, float], before: Mapping[str, float]) -> None:
    """Prints each figure; for those in `before`, also the earlier value and the difference."""
    for name, value in figures.items():
        earlier = f"  {before[name]:10.3f}  {value - before[name]:+10.3f}" if name in before else ""
        output.print(f"{name:40} {value:10.3f}{earlier}")


def outcome_object(outcome: Outcome) -> dict[str, Any]:
    """One question with its result, for `--json`."""
    from assistant.evaluating import is_backed, is_right_reply

    answer = outcome.answer
    return {
        "question": outcome.question.question,
        "rank": outcome.rank,
        **(
            {
                "answer": answer.text,
                "right": is_right_reply(outcome.question, answer),
                "backed": is_backed(answer),
                "state": answer.state,
                "confidence": round(answer.confidence, 4),
            }
            if answer
            else {}
        ),
    }
