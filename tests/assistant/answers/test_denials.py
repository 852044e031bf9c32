"""Which words a sentence denies."""

import pytest

from assistant.answers.denials import polarities


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("It does not end.", {"end"}),
        ("It doesn't end.", {"end"}),
        ("It doesn’t end in May, it goes on.", {"end", "in", "May"}),
        ("It ends no later than May.", set()),
        ("It ends in May without notice being needed.", {"being", "needed"}),
        ("The garden is not open, but the flat is.", {"open"}),
        ("You shall not copy, disclose or use it.", {"copy", "disclose", "or", "use", "it"}),
        ("No dogs may be kept.", {"may", "be", "kept"}),
        ("There is no garage.", {"garage"}),
        ("Der Vertrag endet nicht im Mai.", {"endet", "im", "Mai"}),
        ("Haustiere sind nicht erlaubt, Besuch ist erlaubt.", {"sind", "erlaubt"}),
        ("Le bail ne prend pas fin.", {"prend", "pas", "fin"}),
        ("No hay ninguna terraza.", {"ninguna", "terraza"}),
        ("It ends.", set()),
    ],
)
def test_a_denial_has_a_scope(text: str, denied: set[str]) -> None:
    assert {polarity.word for polarity in polarities(text) if polarity.is_denied} == denied


def test_a_denial_of_a_denial_affirms() -> None:
    denied = {
        polarity.word for polarity in polarities("It does not end without notice.") if polarity.is_denied
    }
    assert "notice" not in denied or "end" in denied
