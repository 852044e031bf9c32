"""The options of `python -m training`: invalid ones are refused at once, before any training."""

import pytest

pytest.importorskip("torch", reason="the reader is trained with torch")

from training.__main__ import options_of

NEEDED = ["--data", "sets", "--work", "work"]


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        (["0.6", "0.5"], "add up to 1.1"),
        (["1.5"], "above 0 and at most 1, not 1.5"),
        (["0"], "above 0 and at most 1, not 0"),
        (["half"], "not half"),
    ],
)
def test_invalid_shares_and_shares_above_1_in_all_are_refused(
    capsys: pytest.CaptureFixture[str], shares: list[str], said: str
) -> None:
    with pytest.raises(SystemExit):
        options_of([*NEEDED, *(word for share in shares for word in ("--average", "a.pt", share))])
    assert said in capsys.readouterr().err


def test_the_training_has_what_the_shares_leave() -> None:
    options = options_of([*NEEDED, "--average", "a.pt", "0.2", "--average", "b.pt", "0.3"])
    assert [share for _, share in options.average] == [0.2, 0.3]
