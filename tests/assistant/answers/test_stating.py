"""Computed results in words: what is named, how often, and what is only counted."""

from pathlib import Path

from assistant.answers.stating import ComputedAnswer
from tests.libraries import indexed


def computed(folder: Path, files: dict[str, str], question: str) -> ComputedAnswer:
    """The computed answer from some files; the test fails when there is none."""
    with indexed(folder, files) as library:
        return library.computed(question)


def costs(count: int) -> dict[str, str]:
    rows = "\n".join(f"oslo{number},{1000 + number}.50 EUR" for number in range(count))
    return {"servers.csv": f"Host,Monthly cost\n{rows}\n"}


def test_a_headline_has_five_markers_and_says_how_many_more_there_are(tmp_path: Path) -> None:
    twelve = computed(tmp_path / "12", costs(12), "What is the total monthly cost of the servers?")
    assert "[1][2][3][4][5] and 7 more\n" in twelve.text
    assert len(twelve.citations) == 12
    five = computed(tmp_path / "5", costs(5), "What is the total monthly cost of the servers?")
    assert "[1][2][3][4][5]\n" in five.text
    assert "more" not in five.text


def test_the_largest_value_is_written_as_its_document_writes_it(tmp_path: Path) -> None:
    answer = computed(tmp_path, costs(3), "Which host has the highest monthly cost?")
    assert "oslo2: 1002.50 EUR, the highest" in answer.text
    assert "1,002.50" not in answer.text
    assert [value.value for value in answer.computed.values] == ["1002.50"]


def test_documents_with_the_same_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    letter = "The invoice came late, and we have said so.\n"
    invoice = "# Invoice {}\n\nStatus: open\n\nTotal: {} EUR\n"
    files = {
        "north/letter.txt": letter,
        "south/letter.txt": letter.replace("late", "early"),
        "north/bill.md": invoice.format(1, 10),
        "south/bill.md": invoice.format(2, 20),
    }
    answer = computed(tmp_path, files, "How many invoices are there?")
    assert "they only contain the word: north/letter.txt and south/letter.txt." in answer.text
    files = {name: text.replace(" 1\n", " 7\n").replace(" 2\n", " 7\n") for name, text in files.items()}
    listed = computed(tmp_path / "listed", files, "Which invoices are open?")
    assert "Invoice 7 (north/bill.md) and Invoice 7 (south/bill.md)" in listed.text
