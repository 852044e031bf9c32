"""Which sentences the passages back, with which quote, and the reasons why not."""

from decimal import Decimal

import pytest

from assistant.answers.grounding import LONGEST_QUOTE, GroundingChecker, Judgement, denies, numbers
from assistant.dialogue import Citation, Passage, Verdict
from ingest.documents import Locator
from ingest.embedding import HashingEmbedder
from tests.passages import LEASE, PASSAGES, passage


def checked(sentence: str, passages: list[Passage] | None = None) -> Judgement:
    """The judgement of a sentence by `passages`; by default, `PASSAGES`."""
    return GroundingChecker(PASSAGES if passages is None else passages, HashingEmbedder()).check(sentence)


def cited(sentence: str, passages: list[Passage] | None = None) -> Citation:
    """The citation of a sentence that has one."""
    citation = checked(sentence, passages).citation
    assert citation is not None
    return citation


def test_a_quote_is_verbatim_and_has_a_place_of_its_own() -> None:
    citation = cited("The rent is 870 euros.")
    start, end = (place - 200 for place in citation.locator.chars)
    assert citation.quote == LEASE[start:end]
    assert citation.locator.lines == (12, 12)
    assert citation.locator.heading == ("Terms",)


def test_the_place_of_a_quote_can_span_two_lines() -> None:
    text = "Before it.\nThe warranty of the\ndishwasher lasts five years.\nAfter.\n"
    citation = cited("The dishwasher has a warranty.", [passage(text)])
    assert citation.quote == "The warranty of the\ndishwasher lasts five years."
    assert citation.locator.lines == (12, 13)


def test_a_place_on_a_page_has_no_lines() -> None:
    paged = Passage(
        rank=1,
        score=1.0,
        similarity=0.5,
        title="Lease",
        text=LEASE,
        locator=Locator("/notes/lease.pdf", 3, None, (), None, (0, len(LEASE))),
        chunk_ids=("c",),
    )
    citation = cited("The Sparkasse holds the deposit.", [paged])
    assert (citation.locator.page, citation.locator.lines) == (3, None)
    assert LEASE[slice(*citation.locator.chars)] == citation.quote


def test_a_number_decides_between_similar_sentences() -> None:
    readings = "".join(f"On {day} March the meter in the cellar showed {day}93.\n" for day in range(10, 20))
    for day in (10, 14, 19):
        citation = cited(f"On {day} March it showed {day}93.", [passage(readings)])
        assert citation.quote == f"On {day} March the meter in the cellar showed {day}93."


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The monthly rent is 780 euros, due on the third day of the month.", "not in any passage: 780"),
        ("The lease ends on 30 June 2028.", "not in any passage: 2028"),
        ("The lease runs for seven years.", "not in any passage: 7"),
        ("The deposit is held by the Volksbank.", "not in any passage: “Volksbank”"),
        ("The hotel in Porto is called Janelas Verdes.", "not in any passage: “Porto”"),
        ("The lease does not end on 30 June 2027.", "it contradicts the passage: one of them is negated"),
        ("The Sparkasse doesn't hold the deposit.", "it contradicts the passage: one of them is negated"),
        ("The lease ends on 12 June 2027.", "its numbers do not occur together in a passage"),
        ("Bicycles need air.", "no passage says this"),
        ("The of and.", "it contains nothing to check"),
        ("", "it contains nothing to check"),
        ("…", "it contains nothing to check"),
    ],
)
def test_an_unbacked_sentence_has_a_reason_and_no_citation(sentence: str, reason: str) -> None:
    judgement = checked(sentence)
    assert (judgement.verdict, judgement.reason, judgement.citation) == (Verdict.UNBACKED, reason, None)


@pytest.mark.parametrize(
    "sentence",
    [
        "The lease runs for 3 years.",
        "The deposit of 2610 euros lies with the Sparkasse.",
        "The deposit of 2.610 euros is held by the Sparkasse.",
        "The flight to Lisbon is on 12 May.",
        "The rent of 870 euros is due on the third day of the month, monthly.",
        "The lease runs for three years. ",
    ],
)
def test_another_wording_or_notation_of_the_same_is_backed(sentence: str) -> None:
    judgement = checked(sentence)
    assert (judgement.verdict, judgement.reason) == (Verdict.BACKED, "")
    assert judgement.citation is not None


def test_two_consecutive_sentences_can_back_one() -> None:
    judgement = checked("The rent is 870 euros and the deposit of 2,610 euros is held by the Sparkasse.")
    assert judgement.verdict is Verdict.BACKED
    assert judgement.citation is not None
    assert judgement.citation.quote.startswith("The monthly rent")
    assert judgement.citation.quote.endswith("the Sparkasse.")


def test_a_sentence_that_is_only_partly_supported_is_weak_and_cited() -> None:
    judgement = checked("The deposit is kept by the large Sparkasse of the town.")
    assert judgement.verdict is Verdict.WEAK
    assert judgement.reason
    assert judgement.citation is not None
    assert "Sparkasse" in judgement.citation.quote


def test_without_passages_nothing_is_backed() -> None:
    assert checked("The rent is due.", []).verdict is Verdict.UNBACKED


def test_of_two_equal_passages_the_better_one_is_cited() -> None:
    same = [passage(LEASE, rank=1, path="/notes/a.md"), passage(LEASE, rank=2, path="/notes/b.md")]
    assert cited("The rent is 870 euros.", same).locator.path == "/notes/a.md"


def test_a_long_table_is_quoted_by_the_row() -> None:
    rows = [
        f"| {name} | {number} |" for number, name in enumerate(("amper", "birch", "cedar", "dahlia") * 15)
    ]
    table = "\n".join(rows)
    assert len(table) > LONGEST_QUOTE
    citation = cited("The number of cedar is 42.", [passage(table)])
    assert citation.quote == "| cedar | 42 |"
    assert citation.locator.lines == (11 + 42, 11 + 42)


def test_the_title_and_the_headings_support_a_sentence() -> None:
    biography = Passage(
        rank=1,
        score=1.0,
        similarity=0.5,
        title="Nikola Tesla",
        text="He died in January 1943 in a hotel in New York.",
        locator=Locator("/notes/tesla.md", None, None, ("Death",), (1, 1), (0, 47)),
        chunk_ids=("c",),
    )
    assert checked("He, Tesla, died in January 1943 in New York.", [biography]).verdict is Verdict.BACKED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2,610.00 euros", ["2610"]),
        ("2.610,50 Euro", ["2610.5"]),
        ("1.234.567", ["1234567"]),
        ("3,5 %", ["3.5"]),
        ("on 2026-03-07", ["2026", "3", "7"]),
        ("07.03.2026", ["2026", "3", "7"]),
        ("three of twelve", ["3", "12"]),
        ("the 3rd and 21st", ["3", "21"]),
        ("no one", []),
    ],
)
def test_a_number_is_recognized_in_every_notation(text: str, expected: list[str]) -> None:
    assert numbers(text) == {Decimal(number) for number in expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It does not end.", True),
        ("It doesn't end.", True),
        ("It doesn’t end.", True),
        ("It ends no later than May.", False),
        ("It is not without reason.", False),
        ("Der Vertrag endet nicht.", True),
        ("It ends.", False),
    ],
)
def test_negation_is_recognized(text: str, expected: bool) -> None:
    assert denies(text) is expected
