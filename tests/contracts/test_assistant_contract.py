"""The façade's contract, with the starter models: for an owner, and for a client over the owner's socket.

A client in a process of its own is tested with the service (`tests/assistant/library/test_service.py`).
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from assistant.config import Config
from assistant.dialogue import Answer, AnswerText, Asking, DocumentProgress, Mode, Queued, SearchFinished
from assistant.errors import ModelMissing, NotInHistory, OutOfBounds
from assistant.library.facade import Assistant
from assistant.library.owner import Owner
from assistant.library.receipts import Swept
from assistant.policyfile import PolicyReport
from assistant.summary import Length, Summary, SummaryProgress
from ingest.catalogue import DocumentExtent, DocumentState
from ingest.errors import BadCollection, IngestError
from ingest.parsers.pdf.marking import FRAME_COLOUR
from ingest.progress import Progress, Report
from ingest.selection import Selection
from tests.running import NOTES
from tests.serving import serving

pytestmark = pytest.mark.model

CONNECTIONS = 4

NAMES = (b'my "x" folder', b"in:home type:pdf", b"two\nlines [1] \\n", b"caf\xe9 \\")
"""Folders with a note about the rent each."""


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents") / "notes"
    shutil.copytree(NOTES, folder)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\nno more of it")
    for number, name in enumerate(NAMES):
        (folder / os.fsdecode(name)).mkdir()
        text = f"# Rent\n\nThe monthly rent of flat {number} is {610 + number} euros.\n"
        (folder / os.fsdecode(name) / "rent.md").write_text(text)
    return folder


@pytest.fixture(scope="module", params=["owner", "client"])
def assistant(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    notes: Path,
    parts: dict[str, Any],
) -> Iterator[Assistant]:
    """A library with the notes, which the tests of this module leave as they found it."""
    folder = tmp_path_factory.mktemp("home") / "library"
    with Owner(folder, Config(), **parts) as owner:
        if request.param == "owner":
            yield indexed(owner, notes)
        else:
            with serving(owner, folder) as connect, connect(CONNECTIONS) as client:
                yield indexed(client, notes)


def indexed(assistant: Assistant, notes: Path) -> Assistant:
    *progress, report = assistant.add(notes)
    assert all(isinstance(event, Progress) for event in progress)
    assert isinstance(report, Report)
    assert (report.added, len(report.failed)) == (17, 1)
    return assistant


def test_every_document_is_listed_with_its_state_and_reason(assistant: Assistant, notes: Path) -> None:
    entries = {entry.path: entry for entry in assistant.entries()}
    assert len(entries) == 18
    broken = entries.pop(str(notes / "broken.pdf"))
    assert (broken.state, broken.chunks) == (DocumentState.FAILED, 0)
    assert "damaged" in broken.reason
    assert all(entry.state is DocumentState.INDEXED and entry.chunks for entry in entries.values())


def test_the_status_counts_the_documents_of_the_library(assistant: Assistant, notes: Path) -> None:
    status = assistant.status()
    assert [source.path for source in status.sources] == [str(notes)]
    assert status.counts.documents[DocumentState.INDEXED] == 17
    assert status.counts.documents[DocumentState.FAILED] == 1
    assert (status.indexing.files, status.indexing.texts, status.indexing.problem) == (0, 0, "")
    assert not status.indexing.paused


def test_unchanged_files_are_not_read_again(assistant: Assistant, notes: Path) -> None:
    *_, report = assistant.add(notes)
    assert isinstance(report, Report)
    assert (report.added, report.changed, report.embedded, report.unchanged) == (0, 0, 0, 18)


def test_a_search_finds_the_passage_in_its_file(assistant: Assistant, notes: Path) -> None:
    search = assistant.search("When does the lease end?", 3)
    assert [passage.rank for passage in search.passages] == [1, 2, 3]
    assert Path(search.passages[0].locator.path) == notes / "home" / "lease-agreement.pdf"
    assert search.passages[0].text


def test_an_answer_is_streamed_as_the_search_its_text_and_the_whole(assistant: Assistant) -> None:
    search, *pieces, answer = assistant.ask("When does my lease end?")
    assert isinstance(search, SearchFinished)
    assert isinstance(answer, Answer)
    assert "".join(piece.text for piece in pieces if isinstance(piece, AnswerText)) == answer.text
    assert answer.citations


def test_an_answer_given_up_leaves_the_next_question_answered(assistant: Assistant) -> None:
    given_up = assistant.ask("When does my lease end?")
    assert isinstance(next(given_up), SearchFinished)
    given_up.close()  # type: ignore[attr-defined]
    events = assistant.ask("When does my lease end?", cancelled=lambda: True)
    cancelled = [event for event in events if not isinstance(event, Queued)]
    assert len(cancelled) <= 3
    assert isinstance(cancelled[-1], Answer), "the text written so far is checked and becomes the answer"
    *_, answer = assistant.ask("How long is the warranty on the dishwasher?")
    assert isinstance(answer, Answer)


def test_a_document_is_summarized_part_by_part(assistant: Assistant, notes: Path) -> None:
    lease = notes / "home" / "lease-agreement.pdf"
    *progress, summary = assistant.summarize(lease, length=Length.SHORT, focus="rent")
    assert progress
    assert all(isinstance(event, SummaryProgress) for event in progress)
    assert isinstance(summary, Summary)
    assert (summary.path, len(summary.sections)) == (str(lease), summary.parts)
    assert "rent" in summary.text.casefold()
    *_, stopped = assistant.summarize(lease, cancelled=lambda: True)
    assert isinstance(stopped, Summary)
    for path in (notes / "nothing.md", Path("/etc/passwd")):
        with pytest.raises(IngestError, match="no longer in the library"):
            list(assistant.summarize(path))


def test_texts_are_embedded_as_unit_vectors(assistant: Assistant) -> None:
    same, other, again = assistant.embed(
        ["The lease ends in June.", "Cats sleep.", "The lease ends in June."]
    )
    assert same == again
    assert sum(value * value for value in same) == pytest.approx(1, abs=1e-3)
    assert sum(a * b for a, b in zip(same, other, strict=True)) < 0.7
    for texts in ([], ["a"] * 65, ["a" * 40_000]):
        with pytest.raises(OutOfBounds):
            assistant.embed(texts)


def test_a_page_is_drawn_if_its_file_is_the_one_that_was_read(assistant: Assistant, notes: Path) -> None:
    (passage, *_) = assistant.search("When does the lease end?", 1).passages
    picture = assistant.picture(passage.locator, 200)
    assert (picture.width, len(picture.pixels)) == (200, 3 * 200 * picture.height)
    assert FRAME_COLOUR in picture.pixels, "the passage has a frame"
    note = replace(passage.locator, path=str(notes / "travel" / "lisbon-2026.md"), page=None)
    with pytest.raises(IngestError, match="only pages of PDFs"):
        assistant.picture(note, 200)
    elsewhere = replace(passage.locator, path="/etc/passwd")
    with pytest.raises(IngestError, match="no longer in the library"):
        assistant.picture(elsewhere, 200)


def test_the_policies_are_those_of_the_owner(assistant: Assistant) -> None:
    assert assistant.policies() == PolicyReport("", ())


def test_the_audit_log_lists_what_was_done(assistant: Assistant) -> None:
    deeds = [deed.what for deed in assistant.audit_log()]
    assert (deeds[-1], deeds[-2]) == ("opened", "added")


def test_it_says_whether_documents_are_at_a_path(assistant: Assistant, notes: Path) -> None:
    assert assistant.holds(notes / "home")
    assert assistant.holds(notes / "travel" / "lisbon-2026.md")
    assert not assistant.holds(notes / "broken.pdf")
    assert not assistant.holds(notes.parent / "elsewhere")


def test_the_models_are_listed_by_role(assistant: Assistant) -> None:
    models = assistant.models()
    assert set(models) == {"embedder", "target"}
    assert models["target"].name == "smollm2-135m-instruct"
    assert len(models["target"].sha256) == 64


def test_errors_are_the_same_for_owner_and_client(assistant: Assistant, notes: Path) -> None:
    with pytest.raises(IngestError, match="There is no file or folder") as refused:
        list(assistant.add(notes / "nowhere"))
    assert refused.value.remedy
    with pytest.raises(IngestError, match="is not in the library"):
        assistant.remove(notes / "nowhere")


def test_indexing_is_paused_and_resumed_while_searches_are_answered(
    assistant: Assistant, notes: Path
) -> None:
    assistant.pause()
    try:
        assert assistant.status().indexing.paused
        with pytest.raises(IngestError, match="paused"):
            list(assistant.add(notes))
        assert assistant.search("lease", 1).passages, "questions are still answered"
    finally:
        assistant.resume()
    assert not assistant.status().indexing.paused


def test_files_that_could_not_be_read_are_tried_again(assistant: Assistant, notes: Path) -> None:
    assert assistant.retry(notes / "home") == 0
    assert assistant.retry(None) == 1
    *_, report = assistant.add(notes)
    assert isinstance(report, Report)
    assert assistant.holds(notes / "home")
    assert not assistant.holds(notes / "broken.pdf")


def test_a_removed_document_leaves_the_library_and_its_file_stays(assistant: Assistant, notes: Path) -> None:
    note = notes / "club" / "minutes-2026-03-12.md"
    assert assistant.remove(note).documents == (str(note),)
    assert not assistant.holds(note)
    assert str(note) not in {entry.path for entry in assistant.entries()}
    assert note.is_file()
    # Added again for the tests that follow.
    *_, report = assistant.add(note)
    assert isinstance(report, Report)
    assert assistant.holds(note)


def test_a_forgotten_document_takes_its_copies_with_it_and_leaves_a_receipt(
    assistant: Assistant, notes: Path
) -> None:
    note, copy = notes / "zeppelin.md", notes / "club" / "airship.md"
    for path in (note, copy):
        path.write_text("The zeppelin lands behind the old brewery.\n", encoding="utf-8")
    list(assistant.add(notes))
    receipt = assistant.forget(note)
    assert (receipt.documents, receipt.copies) == ((str(copy), str(note)), (str(copy),))
    assert (receipt.chunks, receipt.unfinished) == (2, "")
    assert not assistant.holds(copy)
    list(assistant.add(notes))
    assert not assistant.holds(copy), "it stays excluded"
    assert assistant.forget(note).documents == ()
    note.unlink()
    copy.unlink()


def test_a_sweep_deletes_nothing_where_nothing_is_limited(assistant: Assistant) -> None:
    assert assistant.sweep(dry_run=True) == assistant.sweep(dry_run=False) == Swept()


def test_a_page_contains_the_passage_where_its_locator_says(assistant: Assistant) -> None:
    (passage,) = assistant.search("When does the lease end?", 1).passages
    page = assistant.page(passage.locator)
    assert page.text[slice(*passage.locator.chars)] == passage.text
    with pytest.raises(IngestError, match="has changed or is no longer"):
        assistant.page(replace(passage.locator, path="/nowhere.pdf"))


def test_the_values_of_filters_are_those_of_the_library(assistant: Assistant) -> None:
    vocabulary = assistant.filter_values()
    assert {"club", "home", "travel"} <= set(vocabulary["in"])
    assert {"md", "pdf"} <= set(vocabulary["type"])
    only = assistant.search("euros", 20, selection=Selection(folders=("travel",))).passages
    assert only
    assert all("/travel/" in passage.locator.path for passage in only)


def test_a_collection_narrows_a_search_and_belongs_to_the_library(assistant: Assistant, notes: Path) -> None:
    assistant.collect("trips", [notes / "travel"], [], "Where we went")
    assistant.collect("trips", [], ["holiday"], None)
    (trips,) = assistant.collections()
    assert (trips.context, trips.paths, trips.tags) == (
        "Where we went",
        (str(notes / "travel"),),
        ("holiday",),
    )
    assert assistant.filter_values()["collection"] == ["trips"]
    only = assistant.search("euros", 20, selection=Selection(collections=("trips",))).passages
    assert only
    assert all("/travel/" in passage.locator.path for passage in only)
    for paths in ([notes / "home"], [Path("/etc")]):
        with pytest.raises(BadCollection):
            assistant.uncollect("trips", paths, [])
    with pytest.raises(BadCollection, match="/etc is not in the library"):
        assistant.collect("trips", [Path("/etc")], [], None)
    assistant.uncollect("trips", [], [])
    assert assistant.collections() == []
    assert not assistant.search("euros", 20, selection=Selection(collections=("trips",))).passages


def test_a_selection_reaches_the_search_and_the_answer_as_it_is(assistant: Assistant, notes: Path) -> None:
    """Folder names can contain quotation marks, filters, line breaks, and bytes that are not UTF-8."""
    for name in NAMES:
        folder = notes / os.fsdecode(name)
        selection = Selection((str(folder),), ("md",), (), ("rent",), date(2020, 1, 1), date(2100, 1, 1))
        search = assistant.search("monthly rent", 20, selection=selection)
        assert search.query == "monthly rent"
        assert [passage.locator.path for passage in search.passages] == [str(folder / "rent.md")]
        *_, answer = assistant.ask(
            "What is the rent?", asking=Asking(selection=selection), conversation="any"
        )
        assert isinstance(answer, Answer)
        assert (answer.question, answer.query) == ("What is the rent?", "What is the rent?")
        assert {passage.locator.path for passage in answer.passages} == {str(folder / "rent.md")}
        turn = assistant.turns("any")[-1]
        assert turn.asking.selection == selection
        *_, again = assistant.replay(turn.id)
        assert isinstance(again, Answer)
        assert again.text == answer.text
    assistant.forget_conversation("any")


def test_a_question_is_not_searched_for_filters(assistant: Assistant) -> None:
    search = assistant.search("in:nowhere euros", 20)
    assert search.query == "in:nowhere euros"
    assert search.passages


def test_a_conversation_is_kept_continued_replayed_and_forgotten(assistant: Assistant) -> None:
    *_, first = assistant.ask("When does my lease end?", conversation="home")
    *_, other = assistant.ask("And the deposit?", conversation="home", asking=Asking(Mode.QUOTE))
    assert isinstance(first, Answer)
    assert isinstance(other, Answer)
    assert other.query == "the deposit?"
    turns = assistant.turns("home")
    assert [turn.answer for turn in turns] == [first, other]
    assert turns[1].asking == Asking(Mode.QUOTE)
    assert "home" in {entry.id for entry in assistant.conversations()}
    assert assistant.turn(turns[0].id) == turns[0]
    *_, again = assistant.replay(turns[1].id)
    assert isinstance(again, Answer)
    assert (again.text, again.receipt) == (other.text, other.receipt)
    assert len(assistant.turns("home")) == 2, "a replay is not kept"
    assistant.forget_conversation("home")
    assert assistant.turns("home") == []
    with pytest.raises(NotInHistory, match="no saved answer"):
        assistant.turn(turns[0].id)


def test_an_answer_can_be_made_from_every_document(assistant: Assistant) -> None:
    *events, answer = assistant.ask("What costs euros?", asking=Asking(every=True))
    assert isinstance(answer, Answer)
    assert answer.coverage is not None
    assert answer.coverage.files_read == sum(isinstance(event, DocumentProgress) for event in events) == 17
    assert [Path(path).name for path, _ in answer.coverage.unread] == ["broken.pdf"]


def test_another_model_is_used_only_if_it_exists(assistant: Assistant) -> None:
    with pytest.raises(ModelMissing):
        assistant.use("no-such-model", "")
    assistant.use("smollm2-135m-instruct", "")
    assert assistant.models()["target"].name == "smollm2-135m-instruct"
    *_, answer = assistant.ask("When does my lease end?")
    assert isinstance(answer, Answer)
    assert answer.citations


def test_the_seal_is_reported_and_proved_for_the_process_that_owns_the_library(assistant: Assistant) -> None:
    report = assistant.seal()
    attempts = assistant.prove_seal()
    assert not report.sealed, "the process of these tests has a network"
    assert report.kernel.keys() >= {"system call filter", "no new privileges"}
    assert len(attempts) > 20
    assert not all(attempt.refused for attempt in attempts)


def test_stored_files_are_listed_with_their_sizes(assistant: Assistant) -> None:
    stored = {data.name: data for data in assistant.stored_data()}
    assert stored["catalogue.db"].bytes > 10_000
    assert stored["audit.jsonl"].bytes > 0
    assert all(data.contents and data.retention for data in stored.values())


def test_models_on_this_machine_are_listed_and_others_recommended(assistant: Assistant) -> None:
    (bundled,) = [model for model in assistant.models_on_disk() if model.name == "smollm2-135m-instruct"]
    assert bundled.header is not None
    assert bundled.header.bytes > 0
    assert all(advice.fits for advice in assistant.recommended_models())


def test_a_folder_is_surveyed_without_becoming_a_source(assistant: Assistant, notes: Path) -> None:
    sources = assistant.status().sources
    *_, survey = assistant.survey(notes / "home")
    assert survey.done
    assert survey.files == sum(path.is_file() for path in (notes / "home").rglob("*"))
    assert survey.types[".pdf"][0] == sum(path.suffix == ".pdf" for path in (notes / "home").rglob("*"))
    with pytest.raises(IngestError):
        list(assistant.survey(notes / "nowhere"))
    assert assistant.status().sources == sources


def test_subfolders_are_listed_by_name(assistant: Assistant, notes: Path) -> None:
    names = [folder.name for folder in assistant.subfolders(notes)]
    assert {"club", "home", "travel"} <= set(names)
    assert names == sorted(names, key=str.casefold)
    assert assistant.subfolders(notes / "nowhere") == []


def test_the_chunks_of_a_document_come_in_order(assistant: Assistant, notes: Path) -> None:
    lease = notes / "home" / "lease-agreement.pdf"
    (entry,) = [entry for entry in assistant.entries() if entry.path == str(lease)]
    chunks = assistant.chunks(lease, 0)
    assert [chunk.ordinal for chunk in chunks] == list(range(entry.chunks))
    assert chunks[-1].text in assistant.page(chunks[-1].locator).text
    assert assistant.chunks(lease, 2) == chunks[2:]
    assert assistant.chunks(lease, entry.chunks) == []
    assert assistant.chunks(notes / "nothing.md", 0) == []


def test_the_chunk_before_a_line_is_found(assistant: Assistant, notes: Path) -> None:
    text = next(path for path in sorted(notes.rglob("*.md")) if len(assistant.chunks(path, 0)) > 1)
    first, second, *_ = assistant.chunks(text, 0)
    assert second.locator.lines is not None
    assert assistant.chunk_at(text, second.locator.lines[0]) == first
    assert assistant.chunk_at(text, second.locator.lines[0] + 1) == second
    assert assistant.chunk_at(text, 1) is None
    assert assistant.chunk_at(notes / "home" / "lease-agreement.pdf", 5) is None


def test_the_extent_of_a_document_is_known_for_files_in_a_source(assistant: Assistant, notes: Path) -> None:
    lease = notes / "home" / "lease-agreement.pdf"
    extent = assistant.extent(lease)
    assert extent is not None
    assert (extent.source, extent.pages) == (str(notes), 4)
    text = next(notes.rglob("*.md"))
    written = assistant.extent(text)
    assert written is not None
    assert written.pages == 1
    assert written.lines == len(text.read_text().removesuffix("\n").split("\n"))
    assert assistant.extent(notes / "broken.pdf") == DocumentExtent(str(notes), 1, 1, has_lines=False)
    assert assistant.extent(Path("/etc/passwd")) is None
