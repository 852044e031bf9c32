"""Which sentences the passages back, with which quote, and the reasons why not."""

import pytest

from assistant.answers.grounding import LONGEST_QUOTE, GroundingChecker, Judgement, quotable_spans
from assistant.dialogue import Citation, Passage, Verdict
from ingest.documents import Locator
from tests.passages import LEASE, PASSAGES, passage


def checked(sentence: str, passages: list[Passage] | None = None) -> Judgement:
    """The judgement of a sentence by `passages`; by default, `PASSAGES`."""
    return GroundingChecker(PASSAGES if passages is None else passages).check(sentence)


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
        (
            "The monthly rent is 780 euros, due on the third day of the month.",
            "not in any passage: 780 euros",
        ),
        ("The lease ends on 30 June 2028.", "not in any passage: 30 June 2028"),
        ("The lease runs for seven years.", "not in any passage: seven years"),
        ("The deposit is held by the Volksbank.", "not in any passage: “Volksbank”"),
        ("The hotel in Porto is called Janelas Verdes.", "not in any passage: “Porto”"),
        ("The lease does not end on 30 June 2027.", "it contradicts the passage about: end, 30, June, 2027"),
        ("The Sparkasse doesn't hold the deposit.", "it contradicts the passage about: hold, deposit"),
        ("The lease ends on 12 June 2027.", "not in any passage: 12 June 2027"),
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


def test_a_sentence_that_refers_back_is_quoted_with_the_one_before() -> None:
    text = "Marie Curie was a physicist. She was born in Warsaw in 1867. The museum is in Paris."
    citation = cited("Marie Curie was born in Warsaw in 1867.", [passage(text)])
    assert citation.quote == "Marie Curie was a physicist. She was born in Warsaw in 1867."
    assert checked("The physicist was born in Paris.", [passage(text)]).verdict is not Verdict.BACKED


def test_each_clause_can_rest_on_a_quote_of_its_own() -> None:
    judgement = checked("The rent is 870 euros and the deposit of 2,610 euros is held by the Sparkasse.")
    assert judgement.verdict is Verdict.BACKED
    assert [citation.quote[:12] for citation in judgement.citations] == ["The monthly ", "The deposit "]


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


PLACES = {
    "boathouse": "The yearly rent is 5200 EUR. The boathouse key hangs in the office.",
    "agency": "The EPA reported that 2.96 billion tons were emitted, 5 % less than in 2019.",
    "lease": "The lease ends on 30 September 2028 without notice being needed. The notice period is 12 "
    "months.",
    "rules": "Dogs are not allowed in the garden. Members may use the sauna until 22:00.",
    "board": "Anna Weber and Jonas Klein signed the contract. Most members voted for the new roof.",
    "terms": "If the rent is late, the fee is 50 euros. Dogs are not allowed in the hall. The deposit is "
    "repaid within 30 days, unless the flat is damaged.",
    "fees": "Late payment costs up to 30 euros. The fee is 40 euros a month.",
    "flats": "Flat 3 has two bedrooms and was let in May. Flat 4 has 3 bedrooms.",
    "miete": "Die Kaltmiete beträgt 870 Euro im Monat. Haustiere sind nicht erlaubt. "
    "Die Frist ist drei Monate.",
    "bail": "Le loyer est de 640 euros par mois. Le bail ne prend pas fin le 30 juin 2027.",
    "contrato": "El contrato termina el 30 de junio de 2027. No se permite fumar en la terraza.",
    "table": "| Year | Sales in millions of EUR | Staff |\n| 2023 | 412 | 38 |\n| 2024 | 455 | 41 |",
}


def judged(place: str, sentence: str, question: str = "") -> Verdict:
    """The verdict on a sentence by the passage with this title."""
    text = PLACES[place]
    source = passage(text, path=f"/notes/{place}.md")
    return GroundingChecker([source], question=question).check(sentence).verdict


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("boathouse", "The yearly rent of the boathouse is 5,200 euros."),
        ("boathouse", "The annual rent is €5,200."),
        ("agency", "The EPA reported that 2,960 million tons were emitted."),
        ("agency", "The tons emitted were 5 percent less than in 2019."),
        ("lease", "Your lease ends on 30 September 2028."),
        ("lease", "The lease ends in September 2028."),
        ("lease", "The lease ends on 2028-09-30, without notice."),
        ("lease", "No notice is needed."),
        ("lease", "The notice period is one year."),
        ("rules", "No, dogs are not allowed in the garden."),
        ("rules", "The sauna may be used by members until 10 pm."),
        ("board", "The contract was signed by Anna Weber and Jonas Klein."),
        ("terms", "The fee is 50 euros if the rent is late."),
        ("terms", "No dogs are allowed in the hall."),
        ("fees", "The monthly fee is 40 euros."),
        ("fees", "Late payment costs at most 30 euros."),
        ("flats", "Flat 4 has three bedrooms."),
        ("miete", "Die Miete beträgt 870 € pro Monat."),
        ("miete", "Haustiere sind nicht erlaubt."),
        ("miete", "Die Frist beträgt 3 Monate."),
        ("bail", "Le loyer mensuel est de 640 €."),
        ("contrato", "El contrato vence el 30/06/2027."),
        ("table", "Sales in 2024 were 455 million euros."),
        ("table", "In 2023 the staff was 38."),
    ],
)
def test_what_a_passage_says_is_backed(place: str, sentence: str) -> None:
    assert judged(place, sentence) is Verdict.BACKED


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("boathouse", "The yearly rent of the hall is 5200 EUR."),
        ("boathouse", "The monthly rent of the boathouse is 5200 EUR."),
        ("boathouse", "The yearly rent of the boathouse is 5200 dollars."),
        ("agency", "The EPA spent over $2.96 billion."),
        ("agency", "The EPA reported $2.96 billion."),
        ("agency", "The EPA reported that 2.96 million tons were emitted."),
        ("agency", "The EPA reported that over 2.96 billion tons were emitted."),
        ("agency", "The EPA reported 5 less than in 2019."),
        ("lease", "The lease does not end on 30 September 2028."),
        ("lease", "Notice is needed."),
        ("lease", "The notice period is 12 days."),
        ("lease", "The notice period is 12."),
        ("lease", "The lease ends on 30 September 2029."),
        ("lease", "The lease ends after 28 months."),
        ("rules", "Dogs are allowed in the garden."),
        ("rules", "Yes, dogs are allowed in the garden."),
        ("rules", "Members must use the sauna until 22:00."),
        ("rules", "Only members may use the sauna until 22:00."),
        ("rules", "Members may use the sauna until 20:00."),
        ("rules", "Members may use the sauna after 22:00."),
        ("board", "Anna Klein signed the contract."),
        ("board", "All members voted for the new roof."),
        ("board", "Anna Weber refused the contract."),
        ("terms", "The fee is 50 euros."),
        ("terms", "Dogs are not allowed."),
        ("terms", "The deposit is repaid within 30 days."),
        ("fees", "Late payment costs 30 euros."),
        ("fees", "The fee is 40 euros a year."),
        ("flats", "Flat 3 has three bedrooms."),
        ("flats", "Flat 4 was let in May."),
        ("miete", "Die Warmmiete beträgt 870 Euro im Monat."),
        ("miete", "Die Kaltmiete beträgt 870 Euro im Jahr."),
        ("miete", "Haustiere sind erlaubt."),
        ("miete", "Die Frist ist drei Wochen."),
        ("bail", "Le bail prend fin le 30 juin 2027."),
        ("bail", "Le loyer est de 640 francs par mois."),
        ("contrato", "Se permite fumar en la terraza."),
        ("contrato", "El contrato no termina el 30 de junio de 2027."),
        ("table", "Sales in 2024 were 455 euros."),
        ("table", "Sales in 2023 were 455 million euros."),
        ("table", "The staff in 2024 was 38."),
    ],
)
def test_what_a_passage_does_not_say_is_not_backed(place: str, sentence: str) -> None:
    assert judged(place, sentence) is not Verdict.BACKED


@pytest.mark.parametrize(
    ("question", "reply", "verdict"),
    [
        ("How much is the yearly rent of the boathouse?", "5200 EUR.", Verdict.BACKED),
        ("How much is the yearly rent of the hall?", "5200 EUR.", Verdict.WEAK),
        ("How much is the yearly rent of the boathouse?", "5200 USD.", Verdict.UNBACKED),
    ],
)
def test_a_short_reply_is_checked_with_the_question(question: str, reply: str, verdict: Verdict) -> None:
    assert judged("boathouse", reply, question) is verdict


def test_a_condition_may_be_in_the_question() -> None:
    asked = "What is the fee if the rent is late?"
    assert judged("terms", "The fee is 50 euros.", asked) is Verdict.BACKED


def test_two_passages_back_a_sentence_only_if_both_are_cited() -> None:
    sentence = "The rent is 870 euros, and the hotel is called Janelas Verdes."
    judgement = checked(sentence)
    assert judgement.verdict is Verdict.BACKED
    assert [citation.locator.path for citation in judgement.citations] == [
        "/notes/lease.md",
        "/notes/trip.md",
    ]
    assert checked("The rent of the hotel Janelas Verdes is 870 euros.").verdict is not Verdict.BACKED


def test_a_long_clause_over_several_lines_is_quoted_whole_and_a_list_of_words_by_line() -> None:
    line = "the tenant who has not given notice in writing before the end of the third month, and who\n"
    clause = f"If, notwithstanding the provisions of the third clause of this agreement, so\n{line * 5}on."
    assert len(clause) > LONGEST_QUOTE
    assert quotable_spans(clause) == [(0, len(clause))]
    words = "\n".join(["heron", "the great crested grebe and its young", "coot", "mute swan"] * 9)
    assert len(quotable_spans(words)) == 36


def test_the_names_of_columns_are_not_quoted() -> None:
    text = "| What | Paid by |\n|---|---|\n| Flights | Ines |\n\nRent | due\n"
    quoted = [text[start:end] for start, end in quotable_spans(text)]
    assert "| Flights | Ines |" in quoted
    assert "| What | Paid by |" not in quoted
