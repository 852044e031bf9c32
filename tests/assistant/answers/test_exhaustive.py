"""A question put to every document: what each says, how many, and what was not read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers.exhaustive import ExhaustiveResult, gather
from assistant.dialogue import AnswerText, DocumentProgress
from ingest.selection import Selection
from tests.libraries import Library


class Invoices(Library):
    """Twelve invoices, of which the even ones are paid, a poem, and a file that cannot be read."""

    def __init__(self, folder: Path) -> None:
        notes = folder / "notes"
        (notes / "2024").mkdir(parents=True)
        for number in range(12):
            state = "was paid in full" if number % 2 == 0 else "is still open"
            below = "2024" if number < 4 else "."
            text = f"Invoice {number}\n\nThe bill of the plumber {state}.\n"
            (notes / below / f"invoice {number}.txt").write_text(text)
        (notes / "poem.txt").write_text("Roses are red.\n")
        (notes / "locked.pdf").write_bytes(b"%PDF-1.7\nbroken")
        super().__init__(folder, notes)

    def gather(
        self, question: str, selection: Selection | None = None, stop_after: int = 100
    ) -> list[DocumentProgress | AnswerText | ExhaustiveResult]:
        events: list[DocumentProgress | AnswerText | ExhaustiveResult] = []
        events.extend(self._recorded(question, selection or Selection(), stop_after, events))
        return events

    def _recorded(
        self,
        question: str,
        selection: Selection,
        stop_after: int,
        seen: list[DocumentProgress | AnswerText | ExhaustiveResult],
    ) -> Iterator[DocumentProgress | AnswerText | ExhaustiveResult]:
        read = 0

        def cancelled() -> bool:
            return read >= stop_after

        for event in gather(question, selection, self.retriever, self.embedder, cancelled=cancelled):
            read += isinstance(event, DocumentProgress)
            yield event


@pytest.fixture
def invoices(tmp_path: Path) -> Iterator[Invoices]:
    made = Invoices(tmp_path)
    yield made
    made.catalogue.close()


def last(events: list[DocumentProgress | AnswerText | ExhaustiveResult]) -> ExhaustiveResult:
    assert isinstance(events[-1], ExhaustiveResult)
    return events[-1]


def test_every_document_that_says_something_is_named_and_counted(invoices: Invoices) -> None:
    found = last(invoices.gather("Which bill of the plumber was paid in full?"))
    paid = {f"invoice {number}" for number in range(0, 12, 2)}
    assert {Path(citation.locator.path).stem for citation in found.citations} >= paid
    assert "poem" not in {Path(citation.locator.path).stem for citation in found.citations}
    for citation in found.citations:
        text = Path(citation.locator.path).read_text()
        assert text[slice(*citation.locator.chars)] == citation.quote
        assert f"[{citation.marker}]" in found.text
    coverage = found.coverage
    assert (coverage.files, coverage.files_read) == (13, 13)
    assert coverage.chunks == coverage.chunks_read
    assert [Path(path).name for path, _ in coverage.unread] == ["locked.pdf"]
    assert "13 of 13 files" in found.text
    assert "1 file could not be read" in found.text


def test_filters_leave_out_whole_documents(invoices: Invoices) -> None:
    found = last(invoices.gather("Which bill was paid?", Selection(folders=("2024",))))
    assert found.coverage.files == 4
    assert all("/2024/" in citation.locator.path for citation in found.citations)
    assert found.coverage.unread == ()


def test_a_question_nothing_speaks_to_finds_nothing(invoices: Invoices) -> None:
    found = last(invoices.gather("Who painted Guernica?"))
    assert (found.text, found.citations) == ("", ())
    assert found.coverage.files_read == 13


def test_broken_off_it_says_how_far_it_came(invoices: Invoices) -> None:
    found = last(invoices.gather("Which bill of the plumber was paid?", stop_after=5))
    assert (found.coverage.files, found.coverage.files_read) == (13, 5)
    assert found.coverage.chunks_read < found.coverage.chunks
