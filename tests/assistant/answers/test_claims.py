"""What of a claim a text does not say: ends that are only dates, and conditions said as facts."""

import pytest

from assistant.answers.claims import Comparison, Fault


def faults(claim: str, source: str) -> set[Fault]:
    """The kinds of what does not stand in the text."""
    comparison = Comparison()
    own, text, nothing = (comparison.statement(each) for each in (claim, source, ""))
    return set(comparison.faults(own, text, nothing))


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (
            "The rabies vaccination is valid until 14 June 2023.",
            "Rabies vaccination: 14 June 2023, valid.",
        ),
        ("The permit is valid until March 2, 2024.", "The permit was issued on 2 March 2024 and is valid."),
        ("Der Pass gilt bis 3. Mai 2022.", "Der Pass gilt, ausgestellt am 3. Mai 2022."),
    ],
)
def test_a_date_is_not_the_end_of_something(claim: str, source: str) -> None:
    assert Fault.END in faults(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The lease runs until 30 September 2028.", "The lease ends on 30 September 2028."),
        ("The hall is hired until 24 June 2025.", "The hall is hired from 3 September 2024 to 24 June 2025."),
        ("The hall is hired until 24 June 2025.", "The hall is hired 3 September 2024 – 24 June 2025."),
        ("The invoice must be paid by 3 November 2024.", "Invoice to be paid. Due: 3 November 2024."),
        ("The offer holds until 1 May 2024.", "The offer holds until 1 May 2024."),
        ("The concert was on 12 April 2025.", "The concert was on 12 April 2025."),
    ],
)
def test_an_end_may_be_said_in_other_words(claim: str, source: str) -> None:
    assert Fault.END not in faults(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (
            "The head of the laboratory approved the overtime.",
            "Overtime is paid at 1.25 times the rate if the head of the laboratory approved it beforehand.",
        ),
        (
            "The fee is more than 30 days late.",
            "The council may end it if the fee is more than 30 days late.",
        ),
        (
            "Le locataire a payé le loyer en retard.",
            "Une pénalité est due si le locataire a payé le loyer en retard.",
        ),
    ],
)
def test_a_condition_is_not_a_fact(claim: str, source: str) -> None:
    assert Fault.CONDITION in faults(claim, source)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (
            "Overtime is paid if the head of the laboratory approved it.",
            "Overtime is paid at 1.25 times the rate if the head of the laboratory approved it.",
        ),
        (
            "The head of the laboratory must approve overtime.",
            "Overtime is paid if the head of the laboratory approved it.",
        ),
    ],
)
def test_a_condition_may_be_said_as_one(claim: str, source: str) -> None:
    assert Fault.CONDITION not in faults(claim, source)
