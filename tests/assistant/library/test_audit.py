"""The audit log: what was done stands there, and nothing of what the library holds."""

from pathlib import Path

from assistant.library.audit import KEPT_ENTRIES, AuditLog
from tests.running import Carrel, write


def deeds(carrel: Carrel) -> list[tuple[str, str]]:
    return [(deed["what"], deed["detail"]) for deed in carrel("policy", "log", "--json").object["deeds"]]


def test_it_tells_what_was_done_and_names_nothing(carrel: Carrel) -> None:
    note = write(carrel.home / "secret notes" / "garden.md")
    carrel("add", note.parent)
    carrel("search", "shears")
    carrel("rm", note)
    assert deeds(carrel) == [
        ("opened", "under the seal"),
        ("forgot", "documents on request: 1"),
        *[("opened", "under the seal")] * 2,
        ("added", "a source"),
        ("opened", "under the seal"),
    ]
    kept = (carrel.library / "audit.jsonl").read_text(encoding="utf-8")
    assert not any(word in kept for word in ("garden", "secret", "shears"))


def test_a_document_whose_file_went_is_counted(carrel: Carrel) -> None:
    note = write(carrel.home / "notes" / "garden.md")
    write(note.with_name("pond.md"), "# Pond\n\nThe pump is serviced in April.\n")
    carrel("add", note.parent)
    note.unlink()
    carrel("add", note.parent)
    assert ("forgot", "documents whose files disappeared: 1") in deeds(carrel)


def test_the_model_that_wrote_is_known_by_its_digest(indexed: Carrel) -> None:
    answer = indexed("ask", "When does my lease end?", "--json").object
    assert ("model", f"{answer['stats']['model']}, sha256 {answer['receipt']['model_digest']}") in deeds(
        indexed
    )


def test_the_oldest_go_and_a_torn_line_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    audit = AuditLog(path)
    for number in range(KEPT_ENTRIES + 5):
        audit.note("added", str(number))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"at": 1.0, "wh')
    kept = AuditLog(path).entries()
    assert [deed.detail for deed in kept[:2]] == [str(KEPT_ENTRIES + 4), str(KEPT_ENTRIES + 3)]
    assert len(kept) == KEPT_ENTRIES


def test_a_line_after_a_torn_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"at": 1.0, "what": "opened", "detail": "un', encoding="utf-8")
    audit = AuditLog(path)
    audit.note("added", "a source")
    assert [deed.what for deed in audit.entries()] == ["added"]
