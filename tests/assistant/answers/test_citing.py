"""Citation markers, which are added while an answer is generated."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers.citing import CitedText
from assistant.answers.grounding import GroundingChecker
from assistant.dialogue import Passage, Verdict
from tests.passages import PASSAGES


def cited(
    answer: str, pieces: int = 1, passages: list[Passage] | None = None
) -> tuple[str, CitedText, GroundingChecker]:
    """The text shown for `answer`, which is fed in pieces of `pieces` characters."""
    checker = GroundingChecker(PASSAGES if passages is None else passages)
    text = CitedText(checker)
    shown = "".join(text.feed(answer[i : i + pieces]) for i in range(0, len(answer), pieces)) + text.finish()
    assert shown == text.text
    return shown, text, checker


def test_a_sentence_cites_the_quote_with_which_it_shares_rare_words() -> None:
    shown, _, checker = cited("The hotel is the Janelas Verdes. The deposit lies with the Sparkasse.")
    assert shown == "The hotel is the Janelas Verdes. [1] The deposit lies with the Sparkasse. [2]"
    assert [citation.quote for citation in checker.citations] == [
        "The hotel is called Janelas Verdes.",
        "The deposit of 2,610 euros is held by the Sparkasse.",
    ]
    assert [citation.title for citation in checker.citations] == ["trip.md", "lease.md"]


@pytest.mark.parametrize(("needed", "let_out"), [("870", True), ("910", False)])
def test_a_text_is_held_until_it_contains_the_words_that_are_needed(needed: str, let_out: bool) -> None:
    text = CitedText(GroundingChecker(PASSAGES), hold=True, needed=frozenset({needed}))
    assert text.feed("The lease ends on 30 June 2027. The rent is ") == ""
    shown = text.feed("870 euros. The hotel is Janelas.") + text.finish()
    assert (text.is_backed, bool(shown)) == (let_out, let_out)
    assert shown.startswith(
        "The lease ends on 30 June 2027. [1] The rent is 870 euros. [2]" if let_out else ""
    )


ANSWER = "The lease ends on 30 June 2027. The rent is 870 euros, due e.g. monthly.\n\nThe hotel is Janelas."


def test_what_a_passage_says_is_marked_where_it_may_not_be_what_was_asked() -> None:
    text = CitedText(GroundingChecker(PASSAGES), hold=True, is_sure=False)
    shown = text.feed("The hotel is called Janelas Verdes. The moon is made of cheese.") + text.finish()
    assert shown == "The hotel is called Janelas Verdes. [1?] The moon is made of cheese. [?]"
    assert [sentence.verdict for sentence in text.sentences] == [Verdict.UNSURE, Verdict.UNBACKED]


@pytest.mark.parametrize("pieces", [1, 2, 3, 5, 17, 1000])
def test_the_size_of_the_pieces_makes_no_difference(pieces: int) -> None:
    assert cited(ANSWER, pieces)[0] == (
        "The lease ends on 30 June 2027. [1] The rent is 870 euros, due e.g. monthly. [2]\n\n"
        "The hotel is Janelas. [3]"
    )


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 1000])
@pytest.mark.parametrize("own", [" [7]", "[7]", " [1, 2]", " [1][2]", " [12]"])
def test_a_marker_written_by_the_model_is_removed(own: str, pieces: int) -> None:
    shown, _, checker = cited(f"The rent is 870 euros{own}. The hotel is Janelas Verdes.{own}", pieces)
    assert shown == "The rent is 870 euros. [1] The hotel is Janelas Verdes. [2]"
    assert [citation.marker for citation in checker.citations] == [1, 2]


@pytest.mark.parametrize("pieces", [1, 2, 5, 1000])
def test_a_template_s_token_that_the_model_repeats_gets_other_brackets(pieces: int) -> None:
    shown = cited("The rent is 870 euros <|im_end|> for a < b.", pieces)[0]
    assert shown.startswith("The rent is 870 euros ⟨|im_end|⟩ for a < b. [1")


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_other_brackets_stay(pieces: int) -> None:
    answer = "The hotel [sic] is Janelas Verdes [see below]; a[b] = [ ]"
    assert cited(answer, pieces)[0].startswith(answer)


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_an_unbacked_sentence_gets_a_question_mark_and_a_reason(pieces: int) -> None:
    shown, text, _ = cited("The rent is 780 euros. The rent is 870 euros.", pieces)
    assert shown == "The rent is 780 euros. [?] The rent is 870 euros. [1]"
    assert [sentence.verdict for sentence in text.sentences] == [Verdict.UNBACKED, Verdict.BACKED]
    assert text.sentences[0].reason == "not in any passage: 780 euros"
    assert [sentence.marker for sentence in text.sentences] == [None, 1]


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_weak_sentence_gets_a_doubtful_marker(pieces: int) -> None:
    shown, text, _ = cited("The deposit is held by the big Sparkasse. The rent is 870 euros [1?].", pieces)
    assert shown == "The deposit is held by the big Sparkasse. [1?] The rent is 870 euros. [2]"
    assert text.sentences[0].reason == "the passage does not say “big”"


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_a_yes_is_checked_with_the_sentence_after_it(pieces: int) -> None:
    shown, text, _ = cited("Yes. The rent is 870 euros. The hotel is Janelas Verdes.", pieces)
    assert shown == "Yes. The rent is 870 euros. [1] The hotel is Janelas Verdes. [2]"
    assert len(text.sentences) == 2


def test_nothing_comes_out_before_a_sentence_is_backed() -> None:
    text = CitedText(GroundingChecker(PASSAGES), hold=True)
    assert text.feed("It was sunny. The rent is 870") == ""
    assert not text.is_backed
    assert text.feed(" euros. The") == "It was sunny. [?] The rent is 870 euros. [1] The"
    assert text.is_backed
    assert text.feed(" hotel") == " hotel"


@pytest.mark.parametrize("pieces", [1, 3, 1000])
def test_strict_leaves_out_unbacked_sentences(pieces: int) -> None:
    answer = "The rent is 780 euros. The rent is 870 euros. It was sunny."
    text = CitedText(GroundingChecker(PASSAGES), strict=True)
    shown = "".join(text.feed(answer[i : i + pieces]) for i in range(0, len(answer), pieces)) + text.finish()
    assert shown.strip() == "The rent is 870 euros. [1]"
    assert [sentence.text for sentence in text.sentences] == ["The rent is 870 euros."]


def test_text_comes_out_as_soon_as_it_goes_in() -> None:
    text = CitedText(GroundingChecker(PASSAGES))
    assert text.feed("The rent") == "The rent"
    assert text.feed(" is 870") == " is 870"
    assert text.feed(" euros.") == " euros."
    assert text.feed(" The") == " [1] The"
    assert text.finish() == " [?]"


def test_the_last_sentence_comes_out_although_it_is_incomplete() -> None:
    assert cited("The hotel is called")[0] == "The hotel is called [1]"


def test_white_space_gets_no_marker() -> None:
    assert cited("The rent is 870 euros.\n\n  ")[0] == "The rent is 870 euros. [1]"
    assert cited("  \n ")[0] == ""


@given(st.text(alphabet="aé. !?\n[]71,。x€", max_size=60), st.integers(1, 7))
def test_no_text_is_lost_or_added_except_markers(answer: str, pieces: int) -> None:
    shown, _, _ = cited(answer, pieces)
    ignored = re.compile(r"\[(?:\d[\d, ]*\??|\?)\]|\s")
    # What looks like a marker gets other brackets.
    assert without(ignored, shown.translate(str.maketrans("⟨⟩", "[]"))) == without(ignored, answer)


@given(st.text(alphabet="[]\uff3b\uff3d12, ?a.\n", max_size=60), st.integers(1, 7))
def test_no_marker_of_the_models_own_comes_out_however_it_is_written(answer: str, pieces: int) -> None:
    shown, text, _ = cited(answer, pieces, passages=[])
    assert not re.search(r"[\[\uff3b]\s*\d{1,4}\s*\??\s*[\]\uff3d]", shown)
    assert shown.count("[?]") == len(text.sentences)


def without(pattern: re.Pattern[str], text: str) -> str:
    """The text without what matches, and without what matches only then."""
    shorter = pattern.sub("", text)
    return text if shorter == text else without(pattern, shorter)
