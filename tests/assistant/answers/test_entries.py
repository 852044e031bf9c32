"""The day of a question, and the entries of diaries, notes and logs about another one."""

from dataclasses import replace

import pytest

from assistant.answers.dates import Reading
from assistant.answers.entries import asked_days, is_of_another_entry
from assistant.answers.quoting import another_day_says_more, best_sentences
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import Passage
from ingest.embedding import HashingEmbedder
from tests.passages import passage


@pytest.mark.parametrize(
    ("question", "days"),
    [
        ("How high was the water in June 2023?", {(2023, 6, None)}),
        ("What did Tilda eat on 4 June?", {(None, 6, 4)}),
        ("Was hat sie im Juni gewogen?", {(None, 6, None)}),
        ("What was the reading on 2023-06-04?", {(2023, 6, 4)}),
        ("What was the weight in May?", {(None, 5, None)}),
        ("May I fish in June?", {(None, 6, None)}),
        ("may I fish here?", set()),
        ("When was the boiler serviced in June 2023?", set()),
        ("What has changed since 4 June?", set()),
        ("Who came after June 2023?", set()),
        ("How much is the fee in 2023?", set()),
    ],
)
def test_the_days_that_a_question_is_about(question: str, days: set[Reading]) -> None:
    assert set(asked_days(question)) == days


@pytest.mark.parametrize(
    ("text", "headings", "before", "another"),
    [
        ("Water 84 cm.", ("Log", "2 July 2023, north gauge"), "", True),
        ("Water 84 cm.", ("Log", "4 June 2023, north gauge"), "", False),
        ("Water 84 cm.", ("Log", "Tuesday, 2 July 2023"), "", True),
        ("Water 84 cm, in June 71.", ("Log", "2 July 2023"), "", False),
        ("Water 84 cm.", ("Log", "28–30 June 2023"), "", False),
        ("Water 84 cm.", ("Log", "July 2nd, 2023"), "", True),
        ("Water 84 cm.", ("Log", "02.07.2023 09:30"), "", True),
        ("Water 84 cm.", ("Log", "2 juillet 2023"), "", True),
        ("Water 84 cm.", ("Letter of 2 July 2023",), "", False),
        ("Water 84 cm.", ("Log",), "4 June 2023: rain.\n2 July 2023: dry. ", True),
        ("Water 84 cm.", ("Log",), "2 July 2023: dry.\n4 June 2023: rain. ", False),
        # One date at the head of a letter is no entry, and what the letter says may hold at any time.
        ("The fee is 80 euros.", ("Fees",), "2 July 2023\n\nDear members,\n", False),
    ],
)
def test_an_entry_of_another_day_says_nothing_about_the_day_that_is_asked_for(
    text: str, headings: tuple[str, ...], before: str, another: bool
) -> None:
    whole = before + text
    days = asked_days("Water in June 2023")
    assert is_of_another_entry(days, whole, len(before), len(whole), headings) is another


def test_the_first_of_several_entries_is_one_too() -> None:
    log = "2 July 2023: 84 cm.\n4 June 2023: 71 cm."
    assert is_of_another_entry(asked_days("Water in June 2023"), log, 0, log.index("\n"), ("Log",))


def entry(day: str, text: str) -> Passage:
    """What the log of a weir has under the heading `day`."""
    whole = passage(text, path=f"/notes/{day}.md")
    return replace(whole, locator=replace(whole.locator, heading=("Weir log", day)))


def test_the_entry_of_the_day_that_was_asked_for_is_quoted() -> None:
    entries = [entry("2 July 2023", "Level 84 cm."), entry("4 June 2023", "Level 71 cm at the weir.")]
    question = QueryFeatures.of(
        "level in June 2023", dict.fromkeys(("level", "june", "2023"), 1.0), HashingEmbedder()
    )
    best = best_sentences(question, SentenceIndex(entries, HashingEmbedder()), 1, one_thing=True)
    assert [sentence.text for sentence in best] == ["Level 71 cm at the weir."]


def test_what_another_thing_measured_that_day_is_doubted() -> None:
    """The entry of July has a level, but not of the pond."""
    entries = [
        entry("2 July 2023", "Level of the butt 84 cm."),
        entry("4 June 2023", "The pond is at 71 cm."),
    ]
    sentences = SentenceIndex(entries, HashingEmbedder())
    words = dict.fromkeys(("level", "pond", "july", "2023"), 1.0)
    for question, is_doubted in (("level of the pond in July 2023", True), ("level in July 2023", False)):
        features = QueryFeatures.of(question, words, HashingEmbedder())
        quotes = best_sentences(features, sentences, 1, one_thing=True)
        assert quotes[0].text == "Level of the butt 84 cm."
        assert another_day_says_more(features, sentences, quotes) is is_doubted


@pytest.mark.parametrize("heading", ["3–9 June 2023", "3 June 2023 to 9 June 2023"])
def test_an_entry_of_several_days_may_be_about_each_of_them(heading: str) -> None:
    assert not is_of_another_entry(asked_days("Water on 5 June 2023"), "84 cm.", 0, 6, ("Log", heading))
    assert is_of_another_entry(asked_days("Water on 5 July 2023"), "84 cm.", 0, 6, ("Log", heading))
