"""The audit log says what was done with a library, and nothing about what it contains."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.errors import BadAuditHead
from assistant.library import audit
from assistant.library.audit import AuditHead, AuditLog
from assistant.library.owner import Owner
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from tests.running import KEY, Carrel, write


def opened(path: Path) -> AuditLog:
    """The log at `path`, whose head is kept next to it."""
    return AuditLog(path, KEY, path.parent / "heads")


def details(library: Path) -> list[tuple[str, str]]:
    """The entries of the library's log, the most recent first."""
    lines = (library / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    return [(entry["what"], entry["detail"]) for entry in map(json.loads, reversed(lines))]


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
        ("read", "documents: 1"),
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
    assert ("forgot", "documents whose files disappeared or changed: 1") in details(library)


@pytest.mark.model
def test_a_command_opens_the_library_under_the_seal_and_prints_the_log(carrel: Carrel) -> None:
    log = carrel("policy", "log", "--json").object["deeds"]
    assert [(entry["what"], entry["detail"]) for entry in log] == [("opened", "under the seal")]


@pytest.mark.model
def test_the_model_that_wrote_an_answer_is_recorded_with_its_digest(filled: Carrel) -> None:
    answer = filled.here("ask", "When does my lease end?", "--json").object
    model = f"{answer['stats']['model']}, sha256 {answer['receipt']['model_digest']}"
    assert ("model", model) in details(filled.library)


def test_the_oldest_entries_are_dropped_and_the_log_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "KEPT_ENTRIES", 20)
    monkeypatch.setattr(audit, "MAX_BYTES", 5000)
    path = tmp_path / "audit.jsonl"
    log = opened(path)
    heads = []
    for number in range(100):
        log.note("added", str(number))
        heads.append(log.head())
    for _ in range(3):
        log = opened(path)
    assert [entry.detail for entry in log.entries()[1:3]] == ["99", "98"]
    verdict = log.verify(heads[-1])
    assert (verdict.problems, verdict.entries, verdict.dropped) == ((), 21, 80)
    assert "has since been dropped" in log.verify(heads[0]).problems[0]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:1] + lines[2:]))
    assert log.verify().problems
    path.write_bytes(b"".join(lines[1:]))
    assert log.verify().problems, "the line that says what was dropped is missing"


def test_an_entry_that_was_not_written_to_its_end_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = opened(path)
    log.note("opened", "under the seal")
    with path.open("a", encoding="utf-8") as file:
        file.write('{"number": 2, "at": 1.0, "wh')
    log = opened(path)
    log.note("added", "a source")
    assert [entry.what for entry in log.entries()] == ["added", "opened"]
    assert not log.verify().problems


def test_a_kill_between_the_entry_and_its_head_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    log = opened(path)
    log.note("opened", "under the seal")
    (kept,) = (tmp_path / "heads").iterdir()
    before = kept.read_bytes()
    log.note("added", "a source")
    kept.write_bytes(before)
    assert not opened(path).verify().problems


def test_the_log_of_an_older_carrel_becomes_a_chain(tmp_path: Path) -> None:
    path = tmp_path / "audit.jsonl"
    path.write_text('{"at": 1.0, "what": "opened", "detail": "under the seal"}\n', encoding="utf-8")
    log = opened(path)
    assert [(entry.at, entry.what) for entry in log.entries()] == [(1.0, "opened")]
    assert not log.verify().problems


def test_a_document_has_a_name_in_the_log_until_it_is_forgotten(tmp_path: Path, jail: Jail) -> None:
    note = write(tmp_path / "notes" / "garden.md")
    write(note.with_name("copy.md"))
    with Owner(tmp_path / "library", Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(note.parent))
        (read,) = owner.audit_log(note)
        assert read.what == "read"
        assert len(set(read.documents)) == 2, "copies have names of their own"
        note = note.rename(note.with_name("moved.md"))
        list(owner.add(note.parent))
        assert owner.audit_log(note) == [read], "a moved document keeps its name"
        owner.remove(note)
        forgot = owner.audit_log()[0]
        assert forgot.what == "forgot"
        assert len(set(forgot.documents) & set(read.documents)) == 1
        assert owner.audit_log(note) == []
    kept = sqlite3.connect(tmp_path / "library" / "catalogue.db")
    assert len(kept.execute("SELECT name_key FROM codes").fetchall()) == 1, "its key is erased"
    kept.close()


# Tampering. Each attack gets the lines of a log, and returns what it makes of them.


def edited(line: bytes, **values: object) -> bytes:
    return json.dumps({**json.loads(line), **values}).encode() + b"\n"


ATTACKS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "nothing is left": lambda lines: [],
    "the first entry is deleted": lambda lines: lines[1:],
    "an entry in the middle is deleted": lambda lines: lines[:10] + lines[11:],
    "the last entry is deleted": lambda lines: lines[:-1],
    "the last entries are deleted": lambda lines: lines[:-7],
    "the first entries are deleted": lambda lines: lines[7:],
    "half of the last entry is deleted": lambda lines: [*lines[:-1], lines[-1][:40]],
    "two entries change places": lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
    "an entry is repeated": lambda lines: [*lines[:5], lines[4], *lines[5:]],
    "an entry is repeated at the end": lambda lines: [*lines, lines[4]],
    "a time is changed": lambda lines: [*lines[:4], edited(lines[4], at=1.0), *lines[5:]],
    "a deed is changed": lambda lines: [*lines[:4], edited(lines[4], what="opened"), *lines[5:]],
    "a detail is changed": lambda lines: [*lines[:4], edited(lines[4], detail="other"), *lines[5:]],
    "a document is added": lambda lines: [*lines[:4], edited(lines[4], documents=["0f"]), *lines[5:]],
    "a number is changed": lambda lines: [*lines[:4], edited(lines[4], number=50), *lines[5:]],
    "a code is changed": lambda lines: [*lines[:4], edited(lines[4], code="0f" * 16), *lines[5:]],
    "a key is added": lambda lines: [*lines[:4], edited(lines[4], note="x"), *lines[5:]],
    "spaces are added": lambda lines: [*lines[:4], b" " + lines[4], *lines[5:]],
    "an empty line is added": lambda lines: [*lines[:4], b"\n", *lines[4:]],
    "an entry is invented": lambda lines: [*lines, edited(lines[-1], number=31, detail="invented")],
    "what was dropped is invented": lambda lines: [
        json.dumps({"number": 9, "code": json.loads(lines[8])["code"]}).encode() + b"\n",
        *lines[9:],
    ],
    "it is replaced by text": lambda lines: [b"nothing to see\n"],
}


@pytest.fixture
def written(tmp_path: Path) -> tuple[Path, AuditHead]:
    """A log with 30 entries, and its head."""
    path = tmp_path / "audit.jsonl"
    log = opened(path)
    for number in range(30):
        log.note("forgot", f"documents on request: {number}", (f"{number:032x}",))
    assert not log.verify(log.head()).problems
    return path, log.head()


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("kept", ["with the head that is kept", "with an exported head alone"])
def test_tampering_with_the_log_is_noticed(written: tuple[Path, AuditHead], name: str, kept: str) -> None:
    path, head = written
    path.write_bytes(b"".join(ATTACKS[name](path.read_bytes().splitlines(keepends=True))))
    if kept == "with an exported head alone":
        shutil.rmtree(path.parent / "heads")
        assert opened(path).verify(head).problems
    else:
        log = opened(path)
        assert log.verify().problems
        log.note("opened", "under the seal")
        assert opened(path).verify().problems, "a later entry hides it"


def test_a_hundred_random_edits_are_noticed(written: tuple[Path, AuditHead]) -> None:
    path, head = written
    whole = path.read_bytes()
    choice = random.Random(14)
    heads = {file: file.read_bytes() for file in (path.parent / "heads").iterdir()}
    for _ in range(100):
        start = choice.randrange(len(whole))
        end = min(len(whole), start + choice.choice((0, 1, 1, 1, 5, 300)))
        inserted = bytes(choice.randrange(256) for _ in range(choice.choice((0, 1, 1, 4))))
        changed = whole[:start] + inserted + whole[end:]
        if changed == whole or changed + b"\n" == whole:
            continue
        path.write_bytes(changed)
        assert opened(path).verify(head).problems, (start, end, inserted)
        for file, content in heads.items():
            file.write_bytes(content)


def test_a_log_written_anew_with_the_key_does_not_have_the_exported_head(
    written: tuple[Path, AuditHead],
) -> None:
    path, head = written
    path.unlink()
    shutil.rmtree(path.parent / "heads")
    log = opened(path)
    for number in range(30):
        log.note("forgot", f"documents on request: {number}", (f"{number:032x}",))
    assert not log.verify().problems
    assert "not the one that the given head" in log.verify(head).problems[0]


@pytest.mark.parametrize(
    "text", ["", "17", "17-", f"-{'0f' * 16}", f"17-{'0f' * 15}", f"x-{'0f' * 16}", "٣-" + "0f" * 16]
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(BadAuditHead, match="not the head"):
        AuditHead.parse(text)


def test_a_head_is_exported_and_compared_on_the_command_line(carrel: Carrel) -> None:
    head = carrel.here("audit", "head").text.strip()
    assert str(AuditHead.parse(head)) == head
    whole = carrel.here("audit", "verify", "--head", head)
    assert (whole.code, "is intact" in whole.text) == (0, True)
    assert carrel.here("audit", "verify", "--head", "17").code == 2
    path = carrel.library / "audit.jsonl"
    path.write_bytes(path.read_bytes().replace(b"without a seal", b"under the seal"))
    changed = carrel.here("audit", "verify", "--head", head, "--json")
    assert (changed.code, changed.object["whole"]) == (1, False)
    assert "Entry 1 is not as Carrel wrote it" in changed.object["problems"][0]
    assert carrel.here("audit", "head").code == 1, "the head of a changed log is not exported"
