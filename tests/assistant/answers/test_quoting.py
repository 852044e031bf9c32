"""The sentences that answer a question."""

from dataclasses import replace

import pytest

from assistant.answers.quoting import best_sentences, closest, quotable, without_needless
from assistant.answers.sentences import QueryFeatures, SentenceIndex
from assistant.dialogue import AnswerSpan, Passage, Reading
from ingest.embedding import HashingEmbedder
from tests.passages import PASSAGES, passage

DEPOSIT = QueryFeatures.of("deposit", {"deposit": 3.0}, HashingEmbedder())


def test_the_sentence_with_the_questions_words_comes_first() -> None:
    best, second = best_sentences(DEPOSIT, SentenceIndex(PASSAGES, HashingEmbedder()), 2)
    assert best.text == "The deposit of 2,610 euros is held by the Sparkasse."
    assert best.locator.lines == (13, 13)
    assert (best.rank, second.rank) == (1, 2)
    assert best.score > second.score


def test_no_passages_have_no_best_sentences() -> None:
    assert best_sentences(DEPOSIT, SentenceIndex([], HashingEmbedder()), 2) == ()


def test_a_sentence_under_another_heading_than_the_question_names_is_not_quoted_beside_the_best() -> None:
    keys = [
        passage("Paste with Ctrl+Shift+V.", path="/notes/keys.md"),
        passage("Paste with Cmd+Shift+V.", rank=2, path="/notes/more keys.md"),
    ]
    sections = ("Windows", "macOS")
    keys = [
        replace(each, locator=replace(each.locator, heading=(section,)))
        for each, section in zip(keys, sections, strict=True)
    ]
    question = QueryFeatures.of("paste windows", {"paste": 2.0, "windows": 2.0}, HashingEmbedder())
    index = SentenceIndex(keys, HashingEmbedder())
    assert [best.text for best in best_sentences(question, index, 2, one_thing=True)] == [
        "Paste with Ctrl+Shift+V."
    ]
    assert len(closest(question, index, 2)) == 2


def test_another_row_is_not_quoted_beside_the_one_that_the_question_names() -> None:
    question = QueryFeatures.of(
        "winter storage fee", {"winter": 2.0, "storage": 2.0, "fee": 1.0}, HashingEmbedder()
    )
    for rows in ("Winter storage,120\nCrane,85", "| Winter storage | 120 |\n| Crane | 85 |"):
        index = SentenceIndex([passage(rows, path="/notes/fees.csv")], HashingEmbedder())
        (row,) = best_sentences(question, index, 2, one_thing=True)
        assert "120" in row.text
        assert "85" not in row.text


@pytest.mark.parametrize("leader", ["." * 30, ". " * 20, "…" * 9])
def test_a_line_of_a_table_of_contents_is_not_quoted(leader: str) -> None:
    contents = passage(
        f"1 Deposit and its return {leader} 12\n2 Rent {leader} 14\nThe deposit is held by the bank."
    )
    sentences = best_sentences(DEPOSIT, SentenceIndex([contents], HashingEmbedder()), 2)
    assert [sentence.text for sentence in sentences] == ["The deposit is held by the bank."]


def test_a_greeting_is_not_quoted_although_it_holds_the_name_that_was_asked_for() -> None:
    question = QueryFeatures.of(
        "How much did Mrs Dunleavy donate?", {"mrs": 1.0, "dunleavy": 3.0, "donate": 1.0}, HashingEmbedder()
    )
    letter = passage("Dear Mrs Dunleavy,\n\nYour gift of 2,500 euros has arrived.")
    assert best_sentences(question, SentenceIndex([letter], HashingEmbedder()), 1)[0].text.startswith("Your")


def _read(text: str, *answers: tuple[str, float]) -> Passage:
    """A passage in which the reader takes these words for the answer, each with a probability."""
    spans = tuple(
        AnswerSpan(text.index(words), text.index(words) + len(words), share) for words, share in answers
    )
    return replace(passage(text), reading=Reading(0.9, spans))


def test_the_title_of_a_document_is_not_quoted_unless_the_answer_is_in_it() -> None:
    question = QueryFeatures.of(
        "When does the lease of the workshop end?",
        {"lease": 2.0, "workshop": 2.0, "end": 1.0},
        HashingEmbedder(),
    )
    letter = "Re: Lease of the workshop\n\nIt begins in May 2024 and runs until 30 April 2029."
    lease = "LEASE OF A WORKSHOP\n\nIt begins in May 2024 and runs until 30 April 2029."
    named = "Lease of the workshop, until 30 April 2029\n\nIt is kept in the safe."
    for text, first in ((lease, "It begins"), (letter, "It begins"), (named, "Lease of")):
        read = _read(text, ("30 April 2029", 0.4))
        whole = replace(read, locator=replace(read.locator, chars=(0, len(text))))
        index = SentenceIndex([whole], HashingEmbedder())
        assert best_sentences(question, index, 1)[0].text.startswith(first)


def test_the_best_sentence_is_left_out_if_the_reader_sees_the_answer_in_another_one_alone() -> None:
    def read(text: str, rank: int, share: float) -> Passage:
        return replace(passage(text, rank=rank), reading=Reading(0.9, (AnswerSpan(0, 4, share),)))

    earlier = read("The tenant may end it earlier.", 1, 0.001)
    term = read("It runs to 30 September 2027.", 2, 0.3)
    assert without_needless((earlier, term)) == (term,)
    likelier = read("The tenant may end it earlier.", 1, 0.1)
    assert without_needless((likelier, term)) == (likelier, term)
    assert without_needless((earlier, term), was_read=False) == (earlier, term)
    unread = passage("The tenant may end it earlier.")
    assert without_needless((earlier, unread)) == (earlier, unread)


def test_of_the_closest_passages_the_sentence_in_which_the_reader_sees_most_of_an_answer_is_shown() -> None:
    question = QueryFeatures.of(
        "Who has the book of Mr Casement?", {"book": 1.0, "mr": 1.0, "casement": 3.0}, HashingEmbedder()
    )
    mail = _read("Mr Casement wrote a book. She still has it, sorry.", ("She", 0.12))
    index = SentenceIndex([mail], HashingEmbedder())
    assert best_sentences(question, index, 1)[0].text.startswith("Mr Casement")
    assert closest(question, index, 1)[0].text.startswith("Mr Casement")
    mail = _read("Mr Casement wrote a book. The book is still with her, sorry.", ("her", 0.4))
    index = SentenceIndex([mail], HashingEmbedder())
    assert best_sentences(question, index, 1)[0].text.startswith("Mr Casement")
    assert closest(question, index, 1)[0].text.startswith("The book is still")


def test_a_list_of_which_two_items_would_be_quoted_is_quoted_whole() -> None:
    question = QueryFeatures.of("key police", {"key": 2.0, "police": 2.0}, HashingEmbedder())
    steps = passage("If a key is gone:\n\n1. Tell the office.\n2. Tell the police.\n3. Pay for the new key.")
    index = SentenceIndex([steps], HashingEmbedder())
    best = best_sentences(question, index, 2, elsewhere=0.0, one_thing=True)
    assert [sentence.text for sentence in best] == [steps.text]


def test_clauses_that_stand_by_themselves_are_no_list_of_steps() -> None:
    clauses = passage(
        "1. I give my clock, which my mother had from her aunt in Leeds in the year of the great frost, "
        "to my niece Ida for as long as she keeps it wound and has it cleaned by a clockmaker once in "
        "every ten years.\n"
        "2. I direct that my hens shall be fed by my neighbour Joss, who shall have the eggs, and I give "
        "him the sum of forty pounds a year while any of them lives, and the hen house when the last of "
        "them has gone.\n"
        "3. The rest of my estate I give in equal shares to the sisters of the hospital at Thorpe and to "
        "the ringers of the parish, and I wish that they shall ring for half an hour on the day of my "
        "burial."
    )
    question = QueryFeatures.of(
        "feed hens niece", {"feed": 2.0, "hens": 2.0, "niece": 1.0}, HashingEmbedder()
    )
    index = SentenceIndex([clauses], HashingEmbedder())
    best = best_sentences(question, index, 2, elsewhere=0.0, one_thing=True)
    assert best[0].text.startswith("2. I direct")
    assert all("The rest of my estate" not in sentence.text for sentence in best)


def test_a_further_sentence_that_lacks_words_of_the_question_must_be_likelier_than_the_best() -> None:
    question = QueryFeatures.of("When does Teal retire?", {"teal": 3.0, "retire": 3.0}, HashingEmbedder())

    def quoted(share: float) -> list[str]:
        text = "Teal will retire in June. The choir meets on 9 May."
        spans = (AnswerSpan(17, 24, 0.3), AnswerSpan(text.index("9"), len(text) - 1, share))
        index = SentenceIndex([replace(passage(text), reading=Reading(0.9, spans))], HashingEmbedder())
        return [best.text for best in quotable(question, index, fitting=True)]

    assert quoted(0.2) == ["Teal will retire in June."]
    assert len(quoted(0.4)) == 2


def test_the_likely_answer_is_quoted_beside_a_sentence_that_only_repeats_the_question() -> None:
    question = QueryFeatures.of(
        "Why did the sexton leave the tower?", {"sexton": 2.0, "leave": 2.0, "tower": 3.0}, HashingEmbedder()
    )
    text = "SEXTON: In the tower, by the bells. SEXTON: The tower is high. I left because of the stairs."
    answer = AnswerSpan(text.index("because"), len(text) - 1, 0.2)
    index = SentenceIndex([replace(passage(text), reading=Reading(0.9, (answer,)))], HashingEmbedder())
    best = best_sentences(question, index, 2, one_thing=True)
    assert [sentence.text for sentence in best][1:] == ["I left because of the stairs."]
    assert without_needless(best)[0].text == "I left because of the stairs."


def test_a_reference_to_another_place_is_not_quoted_beside_the_answer() -> None:
    text = "Dogs run free on the green after six. 6. **Dogs.** See minute 24/17."
    weights = {"dogs": 2.0, "run": 2.0, "free": 2.0}
    question = QueryFeatures.of("Where do dogs run free?", weights, HashingEmbedder())
    index = SentenceIndex([passage(text)], HashingEmbedder())
    best = best_sentences(question, index, 3)
    assert not any("minute" in sentence.text for sentence in best)


def test_of_two_wills_only_that_of_the_person_who_is_asked_about_is_quoted() -> None:
    text = "I appoint {} to be the executor of this will."
    wills = [
        replace(passage(text.format("Joss Pell"), path="/wills/ida.md"), title="Will of Ida Marsh"),
        replace(
            passage(text.format("my cousin Ida"), rank=2, path="/wills/una.md"), title="Will of Una Marsh"
        ),
    ]
    question = QueryFeatures.of(
        "Who is the executor of Ida?", {"executor": 2.0, "ida": 3.0}, HashingEmbedder()
    )
    index = SentenceIndex(wills, HashingEmbedder())
    best = best_sentences(question, index, 2, elsewhere=0.0, one_thing=True)
    assert [sentence.locator.path for sentence in best] == ["/wills/ida.md"]


def test_a_sentence_about_another_flat_than_the_question_names_is_not_quoted() -> None:
    text = "The tenant of 4A keeps two keys. The tenant of 4B keeps the keys and pays for new ones."
    question = QueryFeatures.of(
        "How many keys has the tenant of 4A?", {"keys": 2.0, "tenant": 2.0, "4a": 3.0}, HashingEmbedder()
    )
    index = SentenceIndex([passage(text)], HashingEmbedder())
    best = best_sentences(question, index, 2, one_thing=True)
    assert [sentence.text for sentence in best] == ["The tenant of 4A keeps two keys."]
    assert closest(question, index, 1)[0].text == "The tenant of 4A keeps two keys."


def test_a_further_sentence_without_a_trace_of_the_answer_is_not_quoted() -> None:
    def read(text: str, *shares: float) -> Passage:
        spans = tuple(AnswerSpan(2 * place, 2 * place + 1, share) for place, share in enumerate(shares))
        return replace(passage(text), reading=Reading(0.9, spans))

    code = read("The alarm code is 4417.", 0.8)
    serial = read("The serial number of the boiler is 88-213.", 0.01, 0.02)
    spare = read("The code of the shed is 2290.", 0.05, 0.06)
    unread = passage("The key hangs in the hall.")
    assert without_needless((code, serial)) == (code,)
    assert without_needless((code, spare, unread)) == (code, spare, unread)
    assert without_needless((serial, spare)) == (serial, spare)
    header = read("Week from | On call | Late clinic", 0.01)
    assert without_needless((header, serial)) == (header, serial)
    elsewhere = replace(spare, locator=replace(spare.locator, path="/notes/allotment.md"))
    assert without_needless((code, elsewhere)) == (code,), "another shed"
    assert without_needless(()) == ()


def test_a_question_for_an_amount_is_answered_by_the_sentence_that_has_one() -> None:
    text = "Fee for the mooring\nMember number: 4471203\nMeter reading: 1288\nThe fee comes to £64.20 a year."
    features = QueryFeatures.of(
        "How much is the fee for the mooring?", {"fee": 2.0, "mooring": 3.0}, HashingEmbedder()
    )
    index = SentenceIndex([passage(text)], HashingEmbedder())
    assert [best.text for best in best_sentences(features, index, 2)] == ["The fee comes to £64.20 a year."]


def test_a_sentence_that_says_when_comes_before_one_that_cannot_answer() -> None:
    recipe = "- 2 carrots, 1 stick of celery\n\n5. The celery goes in for the last eight minutes."
    question = QueryFeatures.of("When does the celery go in?", {"celery": 2.0}, HashingEmbedder())
    index = SentenceIndex([passage(recipe)], HashingEmbedder())
    assert "eight minutes" in best_sentences(question, index, 1)[0].text
