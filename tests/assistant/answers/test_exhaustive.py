"""A question to every document: the quotes, their number, and the coverage."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers.exhaustive import ExhaustiveResult, gather
from assistant.dialogue import AnswerText, DocumentProgress
from ingest.selection import Selection
from tests.libraries import IndexedFolder


class Invoices(IndexedFolder):
    """Twelve invoices, of which those with even numbers are paid, a poem, and a damaged file."""

    def __init__(self, folder: Path) -> None:
        notes = folder / "notes"
        (notes / "2024").mkdir(parents=True)
        for number in range(12):
            state = "was paid in full" if number % 2 == 0 else "is still open"
            folder_name = "2024" if number < 4 else "."
            text = f"Invoice {number}\n\nThe bill of the plumber {state}.\n"
            (notes / folder_name / f"invoice {number}.txt").write_text(text)
        (notes / "poem.txt").write_text("Roses are red.\n")
        (notes / "locked.pdf").write_bytes(b"%PDF-1.7\nbroken")
        super().__init__(folder, notes)

    def gather(
        self, question: str, selection: Selection | None = None, stop_after: int = 100
    ) -> list[DocumentProgress | AnswerText | ExhaustiveResult]:
        """The events; cancelled after `stop_after` documents."""
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


@pytest.fixture(scope="module")
def invoices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invoices]:
    """Shared by the tests of this module, which do not change it."""
    with Invoices(tmp_path_factory.mktemp("library")) as library:
        yield library


def last(events: list[DocumentProgress | AnswerText | ExhaustiveResult]) -> ExhaustiveResult:
    """The last event, which is the result."""
    assert isinstance(events[-1], ExhaustiveResult)
    return events[-1]


def test_every_document_that_answers_is_quoted_and_counted(invoices: Invoices) -> None:
    result = last(invoices.gather("Which bill of the plumber was paid in full?"))
    paid = {f"invoice {number}" for number in range(0, 12, 2)}
    assert {Path(citation.locator.path).stem for citation in result.citations} >= paid
    assert "poem" not in {Path(citation.locator.path).stem for citation in result.citations}
    for citation in result.citations:
        text = Path(citation.locator.path).read_text()
        assert text[slice(*citation.locator.chars)] == citation.quote
        assert f"[{citation.marker}]" in result.text
    coverage = result.coverage
    assert (coverage.files, coverage.files_read) == (13, 13)
    assert coverage.chunks == coverage.chunks_read
    assert [Path(path).name for path, _ in coverage.unread] == ["locked.pdf"]
    assert "13 of 13 files" in result.text
    assert "1 file could not be read" in result.text


def test_only_selected_documents_are_read(invoices: Invoices) -> None:
    result = last(invoices.gather("Which bill was paid?", Selection(folders=("2024",))))
    assert result.coverage.files == 4
    assert all("/2024/" in citation.locator.path for citation in result.citations)
    assert result.coverage.unread == ()


def test_a_question_that_no_document_answers_has_no_text(invoices: Invoices) -> None:
    result = last(invoices.gather("Who painted Guernica?"))
    assert (result.text, result.citations) == ("", ())
    assert result.coverage.files_read == 13


def test_after_a_cancellation_the_coverage_says_how_much_was_read(invoices: Invoices) -> None:
    result = last(invoices.gather("Which bill of the plumber was paid?", stop_after=5))
    assert (result.coverage.files, result.coverage.files_read) == (13, 5)
    assert result.coverage.chunks_read < result.coverage.chunks
