"""The replies to the parts of a question, joined while they arrive."""

import dataclasses
from collections.abc import Iterator

from assistant.answers.citing import as_unsure
from assistant.answers.combining import ask_in_parts
from assistant.answers.stating import describe_reading
from assistant.dialogue import (
    Answer,
    AnswerText,
    Computed,
    Coverage,
    Event,
    Search,
    SearchFinished,
    Sentence,
    Verdict,
)
from tests.still import ANSWERED, answer, passage

WHOLE = "When does the lease end, and what is the rent?"

SURE = dataclasses.replace(ANSWERED, sentences=ANSWERED.sentences[:1], text="It ends in June. [1]")
UNSURE = answer(
    "It is 870 euros. [1?]",
    passages=[passage("The rent is 870 euros.")],
    sentences=[as_unsure(Sentence("It is 870 euros.", Verdict.BACKED, "", 1))],
)


def asked(*replies: Answer) -> list[Event]:
    """The events of a question with a part for each reply."""
    given = iter(replies)

    def ask(part: str, text: str) -> Iterator[Event]:
        reply = next(given)
        yield SearchFinished(Search(text, reply.passages, 1.0))
        for word in reply.text.split(" "):
            yield AnswerText(f"{word} " if word != reply.text.split(" ")[-1] else word, reply.is_unsure)
        yield dataclasses.replace(reply, question=part)

    parts = [f"part {number}" for number in range(len(replies))]
    return list(ask_in_parts(WHOLE, WHOLE, parts, ask))


def pieces(events: list[Event]) -> list[AnswerText]:
    return [event for event in events if isinstance(event, AnswerText)]


def test_a_part_that_may_be_answered_waits_for_one_that_surely_is() -> None:
    for replies in ((UNSURE, SURE), (SURE, UNSURE)):
        events = asked(*replies)
        whole = events[-1]
        assert isinstance(whole, Answer)
        assert not whole.is_unsure
        assert not any(piece.is_unsure for piece in pieces(events))
        assert "".join(piece.text for piece in pieces(events)) == whole.text


def test_parts_that_all_may_be_answered_are_a_possible_answer_from_the_first_word() -> None:
    events = asked(UNSURE, UNSURE)
    whole = events[-1]
    assert isinstance(whole, Answer)
    assert whole.is_unsure
    assert all(piece.is_unsure for piece in pieces(events))
    assert "".join(piece.text for piece in pieces(events)) == whole.text


def test_how_many_documents_were_considered_is_said_once() -> None:
    def computed(what: str, files: int) -> Answer:
        coverage = Coverage(files, files, 9, 9, ())
        text = f"{what}\n\n{describe_reading(coverage)}"
        reply = answer(text, sentences=[Sentence(what, Verdict.BACKED, "", None)], coverage=coverage)
        return dataclasses.replace(reply, computed=Computed((), "Counted.", "boats"))

    for second, times in ((computed("3 oars.", 7), 1), (computed("3 oars.", 2), 2)):
        events = asked(computed("4 boats.", 7), second)
        whole = events[-1]
        assert isinstance(whole, Answer)
        assert whole.text.count("Considered") == times
        assert "4 boats." in whole.text
        assert "3 oars." in whole.text
        assert "".join(piece.text for piece in pieces(events)) == whole.text


def test_what_was_searched_for_is_the_whole_question() -> None:
    for replies in ((UNSURE, SURE), (SURE, UNSURE)):
        searches = [event.search for event in asked(*replies) if isinstance(event, SearchFinished)]
        assert [search.query for search in searches] == [WHOLE]
