import datetime
from pathlib import Path

import pytest

from assistant.answers.quoting import best_of_alike, best_sentences
from assistant.answers.sentences import SentenceIndex
from assistant.answers.terms import asked_term, defined_terms, defines
from tests.libraries import indexed


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("Who is the landlord?", "landlord"),
        ("who is the supplier under the framework agreement", "supplier"),
        ("Which company is the Licensee?", "licensee"),
        ("What does Working Day mean?", "working day"),
        ("What does AGM stand for?", "agm"),
        ("Wer ist der Vermieter?", "vermieter"),
        ("Qui est l'acheteur ?", "acheteur"),
        ("¿Quién es el arrendador?", "arrendador"),
        ("Who is it?", ""),
        ("Who repairs the roof?", ""),
        ("When does the lease end?", ""),
    ],
)
def test_a_question_for_what_a_term_stands_for_is_recognised(question: str, term: str) -> None:
    assert " ".join(asked_term(question)) == term


@pytest.mark.parametrize(
    ("sentence", "terms"),
    [
        ('Between **Harrow Mills Ltd** ("the Landlord") and **Ada Pell** ("the Tenant").', "landlord,tenant"),
        (
            "(1) NORTH QUAY LIMITED, whose registered office is at 1 Pier Road (the “Supplier”); and",
            "supplier",
        ),
        ('Oakline Inc. (together with its affiliates, "Oakline" or the "Company")', "oakline,company"),
        ("Lindner GmbH, Hauptstraße 1, nachstehend „Vermieter“ genannt,", "vermieter"),
        ("Mme Caron, ci-après dénommée « le Bailleur »,", "bailleur"),
        ("Don Julio Vega, en adelante el Arrendador,", "arrendador"),
        ("Dr Imre Rivera (the Supervisor) and Ms Bo Tran (the Supervisee) agree:", "supervisor,supervisee"),
        ('1.4 "Working Day" means a day on which banks in Leeds are open.', "working day"),
        ("1. Terms. In this lease, “Quarter Day” means 25 March and the like.", "quarter day"),
        ('"Net Weight" shall mean the weight without the box.', "net weight"),
        ("The Annual General Meeting (AGM) is held in May.", "agm"),
        ("The sum is due at once (see “Payment”).", ""),
        ("The notice says “the Landlord” three times.", ""),
        ("They met in the small hall (ABC) on Friday.", ""),
        ("The deposit (the usual sum) is held by the agent.", ""),
    ],
)
def test_the_terms_that_a_sentence_defines_are_found(sentence: str, terms: str) -> None:
    assert ",".join(" ".join(words) for words in defined_terms(sentence)) == terms


def test_a_term_is_known_in_the_plural_and_nothing_defines_no_term() -> None:
    assert defines('All rooms in Schedule 2 ("the Rooms").', ("room",))
    assert not defines('All rooms in Schedule 2 ("the Rooms").', ())
    assert not defines('Harrow Mills Ltd ("the Landlord")', ("tenant",))


LEASE = """# Lease of Unit {unit}

This lease is made on {date} between {landlord} ("the Landlord") and {tenant} ("the Tenant").

"""


def _lease(unit: int, landlord: str, tenant: str) -> str:
    date = datetime.date(2024, unit, 1).isoformat()
    clauses = "\n\n".join(
        f"{number}. The Landlord is the one who decides about matter {number}, and who is the landlord "
        f"of the tenant is bound by it."
        for number in range(1, 41)
    )
    return LEASE.format(unit=unit, date=date, landlord=landlord, tenant=tenant) + clauses


def test_of_forty_clauses_that_name_the_landlord_the_one_that_says_who_that_is_is_quoted_first(
    tmp_path: Path,
) -> None:
    with indexed(tmp_path, {"unit-3.md": _lease(3, "Harrow Mills Ltd", "Ada Pell")}) as library:
        question = "Who is the landlord?"
        features = library.retriever.query_features(question)
        passages = library.retriever.search(question, 5).passages
        quotes = best_sentences(features, SentenceIndex(passages, library.embedder), 2, one_thing=True)
    (quote,) = quotes
    assert "Harrow Mills Ltd" in quote.text


def test_if_two_contracts_define_a_term_both_are_quoted(tmp_path: Path) -> None:
    leases = {
        "unit-3.md": _lease(3, "Harrow Mills Ltd", "Ada Pell"),
        "unit-4.md": _lease(4, "Sedge & Sons", "Jo Ruiz"),
    }
    with indexed(tmp_path, leases) as library:
        question = "Who is the landlord?"
        features = library.retriever.query_features(question)
        passages = library.retriever.search(question, 5).passages
        quotes = best_of_alike(features, SentenceIndex(passages, library.embedder))
    assert sorted(quote.title for quote in quotes) == ["Lease of Unit 3", "Lease of Unit 4"]
    assert all("between" in quote.text for quote in quotes)
