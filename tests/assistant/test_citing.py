"""Which sentence rests on what, and the markers that say so."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citing import LONGEST_QUOTE, CitedText, Citer
from assistant.dialogue import Passage
from ingest.documents import Locator

LEASE = (
    "The lease runs for three years and ends on 30 June 2027.\n"
    "The monthly rent is 870 euros, due on the third day of the month.\n"
    "The deposit of 2,610 euros is held by the Sparkasse.\n"
)
TRIP = "We fly to Lisbon on 12 May.\nThe hotel is called Janelas Verdes.\n"


def passage(text: str, *, rank: int = 1, path: str = "/notes/lease.md", first_line: int = 11) -> Passage:
    return Passage(
        rank=rank,
        score=1 / rank,
        similarity=0.5,
        title=path.split("/")[-1],
        text=text,
        locator=Locator(
            path, None, None, ("Terms",), (first_line, first_line + text.count("\n")), (200, 200 + len(text))
        ),
        chunk_ids=(f"{path}.0",),
    )


PASSAGES = [passage(LEASE), passage(TRIP, rank=2, path="/notes/trip.md", first_line=1)]


def cited(
    answer: str, pieces: int = 1, passages: list[Passage] | None = None
) -> tuple[str, CitedText, Citer]:
    """What comes out when `answer` goes in by `pieces` characters."""
    citer = Citer(PASSAGES if passages is None else passages)
    text = CitedText(citer)
    shown = "".join(text.feed(answer[i : i + pieces]) for i in range(0, len(answer), pieces)) + text.finish()
    assert shown == text.text
    return shown, text, citer


def test_a_sentence_is_cited_for_the_rare_words_it_shares() -> None:
    shown, _, citer = cited("You stay at the Janelas Verdes. The deposit lies with the Sparkasse.")
    assert shown == "You stay at the Janelas Verdes. [1] The deposit lies with the Sparkasse. [2]"
    assert [citation.quote for citation in citer.citations] == [
        "The hotel is called Janelas Verdes.",
        "The deposit of 2,610 euros is held by the Sparkasse.",
    ]
    assert [citation.title for citation in citer.citations] == ["trip.md", "lease.md"]


def test_a_quote_is_verbatim_and_its_place_is_its_own() -> None:
    citation = Citer(PASSAGES).cite("The rent is 870 euros.")
    assert citation is not None
    start, end = (place - 200 for place in citation.locator.chars)
    assert citation.quote == LEASE[start:end]
    assert citation.locator.lines == (12, 12)
    assert citation.locator.heading == ("Terms",)


def test_a_quote_over_two_lines_names_both() -> None:
    citation = Citer(
        [passage("Before it.\nThe warranty of the\ndishwasher lasts five years.\nAfter.\n")]
    ).cite("The dishwasher has a warranty.")
    assert citation is not None
    assert citation.quote == "The warranty of the\ndishwasher lasts five years."
    assert citation.locator.lines == (12, 13)


def test_the_place_in_a_document_without_lines_has_none() -> None:
    paged = Passage(
        rank=1,
        score=1.0,
        similarity=0.5,
        title="Lease",
        text=LEASE,
        locator=Locator("/notes/lease.pdf", 3, None, (), None, (0, len(LEASE))),
        chunk_ids=("c",),
    )
    citation = Citer([paged]).cite("The Sparkasse holds the deposit.")
    assert citation is not None
    assert (citation.locator.page, citation.locator.lines) == (3, None)
    assert LEASE[slice(*citation.locator.chars)] == citation.quote


def test_a_number_decides_between_sentences_that_are_otherwise_alike() -> None:
    readings = "".join(f"On {day} March the meter in the cellar showed {day}93.\n" for day in range(10, 20))
    citer = Citer([passage(readings)])
    for day in (10, 14, 19):
        citation = citer.cite(f"On {day} March it showed {day}93.")
        assert citation is not None
        assert citation.quote == f"On {day} March the meter in the cellar showed {day}93."


def test_a_number_the_passages_do_not_have_is_not_cited() -> None:
    assert Citer(PASSAGES).cite("The monthly rent is 780 euros, due on the third day of the month.") is None


@pytest.mark.parametrize(
    "sentence",
    ["Bicycles need air.", "The of and.", "", "…", "I would gladly help you with anything else about rent."],
)
def test_a_sentence_nothing_backs_gets_no_marker(sentence: str) -> None:
    assert Citer(PASSAGES).cite(sentence) is None


def test_without_passages_nothing_is_cited() -> None:
    assert cited("The rent is 870 euros.", passages=[])[0] == "The rent is 870 euros."


def test_sentences_on_the_same_quote_share_a_marker() -> None:
    shown, _, citer = cited("The rent is 870 euros. It is due monthly, on the third day.")
    assert re.findall(r"\[\d+\]", shown) == ["[1]", "[1]"]
    assert len(citer.citations) == 1


def test_the_better_passage_is_cited_when_both_say_the_same() -> None:
    same = [passage(LEASE, rank=1, path="/notes/a.md"), passage(LEASE, rank=2, path="/notes/b.md")]
    citation = Citer(same).cite("The rent is 870 euros.")
    assert citation is not None
    assert citation.locator.path == "/notes/a.md"


def test_a_row_of_a_long_table_is_quoted_alone() -> None:
    rows = [
        f"| {name} | {number} |" for number, name in enumerate(("amper", "birch", "cedar", "dahlia") * 15)
    ]
    table = "\n".join(rows)
    assert len(table) > LONGEST_QUOTE
    citation = Citer([passage(table)]).cite("The number of cedar is 42.")
    assert citation is not None
    assert citation.quote == "| cedar | 42 |"
    assert citation.locator.lines == (11 + 42, 11 + 42)


ANSWER = "The lease ends on 30 June 2027. The rent is 870 euros, due e.g. monthly.\n\nThe hotel is Janelas."


@pytest.mark.parametrize("pieces", [1, 2, 3, 5, 17, 1000])
def test_the_pieces_a_model_writes_in_make_no_difference(pieces: int) -> None:
    assert cited(ANSWER, pieces)[0] == (
        "The lease ends on 30 June 2027. [1] The rent is 870 euros, due e.g. monthly. [2]\n\n"
        "The hotel is Janelas. [3]"
    )


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 1000])
@pytest.mark.parametrize("own", [" [7]", "[7]", " [1, 2]", " [1][2]", " [12]"])
def test_a_marker_the_model_writes_itself_is_removed(own: str, pieces: int) -> None:
    shown, _, citer = cited(f"The rent is 870 euros{own}. The hotel is Janelas Verdes.{own}", pieces)
    assert shown == "The rent is 870 euros. [1] The hotel is Janelas Verdes. [2]"
    assert [citation.marker for citation in citer.citations] == [1, 2]


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_brackets_that_are_no_markers_stay(pieces: int) -> None:
    answer = "The hotel [sic] is Janelas Verdes [see below]; a[b] = [ ]"
    assert cited(answer, pieces)[0].startswith(answer)


def test_text_is_shown_as_it_comes_and_never_taken_back() -> None:
    text = CitedText(Citer(PASSAGES))
    assert text.feed("The rent") == "The rent"
    assert text.feed(" is 870") == " is 870"
    assert text.feed(" euros.") == " euros."
    assert text.feed(" The") == " [1] The"
    assert text.finish() == ""


def test_an_answer_cut_off_in_a_sentence_is_shown_to_its_end() -> None:
    assert cited("The hotel is called Jan")[0] == "The hotel is called Jan [1]"


def test_white_space_around_an_answer_is_not_marked() -> None:
    assert cited("The rent is 870 euros.\n\n  ")[0] == "The rent is 870 euros. [1]"
    assert cited("  \n ")[0] == ""


@given(st.text(alphabet="aé. !?\n[]71,。x€", max_size=60), st.integers(1, 7))
def test_whatever_a_model_writes_comes_out_whole(answer: str, pieces: int) -> None:
    shown, _, _ = cited(answer, pieces)
    without = re.compile(r"\[\d[\d, ]*\]|\s")
    assert without.sub("", shown) == without.sub("", answer)
