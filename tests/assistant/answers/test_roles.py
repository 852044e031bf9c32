"""Who does something in a claim, and who only receives it in the text."""

import pytest

from assistant.answers.claims import Comparison, Fault


def roles(claim: str, source: str) -> list[str]:
    """The words that a claim makes doers of, against the text."""
    comparison = Comparison()
    own, text, nothing = (comparison.statement(each) for each in (claim, source, ""))
    return list(comparison.faults(own, text, nothing).get(Fault.ROLE, ()))


@pytest.mark.parametrize(
    ("claim", "source", "swapped"),
    [
        (
            "The police must report a theft within 48 hours.",
            "Theft must be reported to the police within 48 hours and to us within seven days.",
            ["police"],
        ),
        (
            "The landlord transfers the rent.",
            "The rent is transferred to the landlord.",
            ["landlord"],
        ),
        ("Ben lends the car.", "Anna lends her car to Ben in summer.", ["Ben"]),
        (
            "The Harbour Council pays the fee.",
            "The fee must be paid to the Harbour Council by the hirer.",
            ["Council"],
        ),
        ("La police doit signaler le vol.", "Le vol doit être signalé à la police.", ["police"]),
        ("El propietario paga la renta.", "La renta se paga al propietario.", ["propietario"]),
    ],
)
def test_who_only_receives_is_no_doer(claim: str, source: str, swapped: list[str]) -> None:
    assert roles(claim, source) == swapped


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        (
            "The theft must be reported to the police.",
            "Theft must be reported to the police at once.",
        ),
        ("The police must be told of a theft.", "Theft must be reported to the police at once."),
        ("The hirer pays the council.", "The hirer pays the fee to the council."),
        ("Members may vote.", "The right to vote belongs to members."),
        ("Ben must reply in time.", "The letter was sent to Ben, who must reply in time."),
        ("Ben lends the car.", "Anna lends her car to Ben. Ben lends the car to Carla."),
        ("The tenant receives a key.", "A key is handed to the tenant."),
        ("Der Mieter zahlt die Miete.", "Die Miete wird vom Mieter an die Vermieterin gezahlt."),
        (
            "The school asks for a report.",
            "They go to a school in which the teacher asks for a report.",
        ),
    ],
)
def test_a_doer_stays_one_in_other_words(claim: str, source: str) -> None:
    assert roles(claim, source) == []
