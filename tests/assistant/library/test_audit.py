"""The audit log says what was done with a library, and nothing about what it contains."""

from pathlib import Path

import pytest

from assistant.config import Config
from assistant.library.audit import KEPT_ENTRIES, AuditLog
from assistant.library.owner import Owner
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from tests.running import Carrel, write


def details(library: Path) -> list[tuple[str, str]]:
    """The entries of the library's log, the most recent first."""
    return [(entry.what, entry.detail) for entry in AuditLog(library / "audit.jsonl").entries()]


def test_it_records_what_was_done_and_names_nothing(tmp_path: Path, jail: Jail) -> None:
    note = write(tmp_path / "secret notes" / "garden.md")
    library = tmp_path / "library"
    for _ in range(2):
        with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
            list(owner.add(note.parent))
            assert owner.search("shears", 1).passages
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        owner.remove(note)
        assert owner.audit_log()[0].what == "forgot"
    assert details(library) == [
        ("forgot", "documents on request: 1"),
        *[("opened", "without a seal")] * 2,
        ("added", "a source"),
        ("opened", "without a seal"),
    ]
    text = (library / "audit.jsonl").read_text(encoding="utf-8")
    assert not any(word in text for word in ("garden", "secret", "shears"))


def test_documents_whose_files_disappeared_are_counted(tmp_path: Path, jail: Jail) -> None:
    note = write(tmp_path / "notes" / "garden.md")
    write(note.with_name("pond.md"), "# Pond\n\nThe pump is serviced in April.\n")
    library = tmp_path / "library"
    with Owner(library, Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(note.parent))
        note.unlink()
        list(owner.add(note.parent))
    assert ("forgot", "documents whose files disappeared: 1") in details(library)


@pytest.mark.model
def test_a_command_opens_the_library_under_the_seal_and_prints_the_log(carrel: Carrel) -> None:
    log = carrel("policy", "log", "--json").object["deeds"]
    assert [(entry["what"], entry["detail"]) for entry in log] == [("opened", "under the seal")]


@pytest.mark.model
def test_the_model_that_wrote_an_answer_is_recorded_with_its_digest(filled: Carrel) -> None:
    answer = filled.here("ask", "When does my lease end?", "--json").object
    model = f"{answer['stats']['model']}, sha256 {answer['receipt']['model_digest']}"
    assert ("model", model) in details(filled.library)


def test_the_oldest_entries_are_dropped_and_a_torn_line_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)
    for number in range(KEPT_ENTRIES + 5):
        audit.note("added", str(number))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": 1.0, "wh')
    entries = AuditLog(path).entries()
    assert [entry.detail for entry in entries[:2]] == [str(KEPT_ENTRIES + 4), str(KEPT_ENTRIES + 3)]
    assert len(entries) == KEPT_ENTRIES


def test_an_entry_after_a_torn_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"at": 1.0, "what": "opened", "detail": "un', encoding="utf-8")
    audit = AuditLog(path)
    audit.note("added", "a source")
    assert [entry.what for entry in audit.entries()] == ["added"]
