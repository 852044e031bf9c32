"""Somebody changes the library's files: what was changed is not shown as if Carrel had read it.

Each attack is carried out on the catalogue of a real library with SQLite, as another program would.
"""

import os
import random
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.dialogue import Answer, DoubtKind, Search
from assistant.engine.scripted import ScriptedEngine
from assistant.library.owner import Owner
from ingest.documents import Locator
from ingest.embedding import HashingEmbedder
from ingest.errors import IngestError
from ingest.jail import Jail
from tests.catalogues import opened_behind
from tests.running import Carrel, write

LEASE = "# Lease\n\nThe rent of the flat is 870 euros a month.\n\n## Notice\n\nNotice is given in May.\n"
DEPOSIT = "---\ntags: [home]\ndate: 2025-03-01\n---\n# Deposit\n\nThe deposit is 1740 euros.\n"
BILLS = "name,euros\nwater,40\npower,60\n"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    write(tmp_path / "notes" / "lease.md", LEASE)
    write(tmp_path / "notes" / "deposit.md", DEPOSIT)
    write(tmp_path / "notes" / "bills.csv", BILLS)
    return tmp_path / "notes"


@pytest.fixture
def library(tmp_path: Path, notes: Path, jail: Jail) -> Path:
    """A library of three documents, closed."""
    with owner(tmp_path / "library", jail) as made:
        list(made.add(notes))
    return tmp_path / "library"


def owner(folder: Path, jail: Jail) -> Owner:
    engine = ScriptedEngine("The rent is 9 euros [1].")
    return Owner(folder, Config(), embedder=HashingEmbedder(), engine=engine, jail=jail)


def ask(made: Owner, question: str) -> Answer:
    *_, answer = made.ask(question)
    assert isinstance(answer, Answer)
    return answer


def change(library: Path, *statements: str) -> None:
    """Executes SQL on the catalogue, behind Carrel's back."""
    connection = opened_behind(library / "catalogue.db")
    for statement in statements:
        assert connection.execute(statement).rowcount
    connection.close()


LEASE_KEY = "(SELECT key FROM documents WHERE title = 'Lease')"
DEPOSIT_KEY = "(SELECT key FROM documents WHERE title = 'Deposit')"

ATTACKS: dict[str, list[str]] = {
    "a number of a page": [
        f"UPDATE pages SET text = replace(text, '870', '250') WHERE document = {LEASE_KEY}"
    ],
    "a sentence before the one that is quoted": [
        f"UPDATE pages SET text = replace(text, 'of the flat', 'of the hall') WHERE document = {LEASE_KEY}"
    ],
    "a space between two chunks": [
        f"UPDATE pages SET text = replace(text, char(10) || char(10), ' ' || char(10)) "
        f"WHERE document = {LEASE_KEY}"
    ],
    "the end of a chunk": [
        f"UPDATE chunks SET end_char = end_char - 9 WHERE document = {LEASE_KEY}",
    ],
    "the beginning of a chunk": [
        f"UPDATE chunks SET first_char = first_char + 4 WHERE document = {LEASE_KEY}"
    ],
    "a heading": [f"""UPDATE chunks SET heading = '["Hall"]' WHERE document = {LEASE_KEY}"""],
    "a line number": [f"UPDATE chunks SET first_line = 1, last_line = 1 WHERE document = {LEASE_KEY}"],
    "a page number": [f"UPDATE chunks SET label = '12' WHERE document = {LEASE_KEY}"],
    "the order of chunks": [
        f"UPDATE chunks SET ordinal = 7 - ordinal WHERE document = {LEASE_KEY}",
    ],
    "a title": ["UPDATE documents SET title = 'Lease of the hall' WHERE title = 'Lease'"],
    "a date": ["UPDATE documents SET date = '1999-01-01' WHERE title = 'Lease'"],
    "a tag": [f"INSERT INTO tags VALUES ({LEASE_KEY}, 'signed')"],
    "a media type": ["UPDATE documents SET media_type = 'application/pdf' WHERE title = 'Lease'"],
    "what could not be read": ["UPDATE documents SET reason = 'page 2 needs OCR' WHERE title = 'Lease'"],
    "a path": [
        "UPDATE documents SET path = CAST(replace(CAST(path AS TEXT), 'lease', 'other') AS BLOB) "
        "WHERE title = 'Lease'"
    ],
    "the text of two documents, exchanged": [
        f"UPDATE pages SET number = 99 WHERE document = {LEASE_KEY}",
        f"UPDATE pages SET document = {LEASE_KEY} WHERE document = {DEPOSIT_KEY}",
        f"UPDATE pages SET document = {DEPOSIT_KEY}, number = 1 WHERE number = 99",
    ],
    "a chunk moved to another document": [
        f"UPDATE chunks SET document = {DEPOSIT_KEY}, ordinal = 50 + ordinal WHERE document = {LEASE_KEY}"
    ],
    "a digest": [f"UPDATE documents SET digest = '{'0f' * 32}' WHERE title = 'Lease'"],
    "the codes": [
        f"UPDATE codes SET own = zeroblob(16), pages = zeroblob(16), chunks = zeroblob(48) "
        f"WHERE document = {LEASE_KEY}"
    ],
    "the codes, deleted": [
        f"UPDATE pages SET text = replace(text, '870', '250') WHERE document = {LEASE_KEY}",
        f"DELETE FROM codes WHERE document = {LEASE_KEY}",
    ],
    "the codes, copied from another document": [
        f"UPDATE codes SET pages = (SELECT pages FROM codes WHERE document = {DEPOSIT_KEY}) "
        f"WHERE document = {LEASE_KEY}"
    ],
    "a page of a document, added": [
        f"INSERT INTO pages (document, number, text) VALUES ({LEASE_KEY}, 2, 'The rent is 250 euros.')"
    ],
}
WHOLE_ONLY = {"a page of a document, added"}
"""What is seen when the whole document is read: no chunk shows it."""


@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - WHOLE_ONLY))
def test_a_document_that_another_program_changed_is_left_out_and_named(
    library: Path, notes: Path, jail: Jail, name: str
) -> None:
    change(library, *ATTACKS[name])
    with owner(library, jail) as opened:
        answer = ask(opened, "How much is the rent of the flat?")
        search = opened.search("rent of the flat", 5)
        for shown in (answer, search):
            assert "altered" in {doubt.kind for doubt in shown.doubts}, shown
            assert not [passage for passage in shown.passages if passage.title.startswith("Lease")]
        # What is left out is read again.
        assert opened.retry(None) >= 1
        list(opened.add(notes))
        answer = ask(opened, "How much is the rent of the flat?")
        assert (answer.doubts, "870 euros" in answer.text) == ((), True)


@pytest.mark.parametrize("name", [*WHOLE_ONLY, "a number of a page", "a title"])
def test_what_is_computed_from_whole_documents_leaves_out_changed_ones(
    library: Path, jail: Jail, name: str
) -> None:
    change(library, *ATTACKS[name])
    with owner(library, jail) as opened:
        *_, answer = opened.ask("How many documents are there?")
        assert isinstance(answer, Answer)
        assert "lease.md" in " ".join(doubt.path for doubt in answer.doubts)


def test_a_page_that_is_looked_at_is_checked(library: Path, notes: Path, jail: Jail) -> None:
    place = Locator(str(notes / "lease.md"), None, None, (), None, (0, 5))
    with owner(library, jail) as opened:
        assert "870 euros" in opened.page(place).text
    change(library, *ATTACKS["a number of a page"])
    with owner(library, jail) as opened, pytest.raises(IngestError, match="has changed"):
        opened.page(place)


def test_an_altered_document_is_not_taken_over_by_a_copy_or_a_move(
    library: Path, notes: Path, jail: Jail
) -> None:
    change(library, *ATTACKS["a number of a page"], *ATTACKS["a title"])
    write(notes / "copy.md", LEASE)
    (notes / "lease.md").rename(notes / "moved.md")
    with owner(library, jail) as opened:
        list(opened.add(notes))
        search = opened.search("How much is the rent of the flat?", 5)
        assert not any("250" in passage.text for passage in search.passages)
        assert not any("hall" in passage.title for passage in search.passages)


def test_a_hundred_random_edits_of_pages_are_noticed(tmp_path: Path, jail: Jail) -> None:
    choice = random.Random(14)
    names = [str(write(tmp_path / "notes" / f"{n}.txt", f"Note {n}. {LEASE}")) for n in range(100)]
    with owner(tmp_path / "library", jail) as opened:
        list(opened.add(tmp_path / "notes"))
    connection = sqlite3.connect(tmp_path / "library" / "catalogue.db", isolation_level=None)
    for key, text in connection.execute("SELECT document, text FROM pages").fetchall():
        start = choice.randrange(len(text))
        changed = text
        while changed == text:
            inserted = chr(choice.randrange(32, 0x3000)) * choice.randrange(3)
            changed = text[:start] + inserted + text[start + choice.randrange(3) :]
        connection.execute("UPDATE pages SET text = ? WHERE document = ?", (changed, key))
    connection.close()
    with owner(tmp_path / "library", jail) as opened:
        for name in names:
            with pytest.raises(IngestError):
                opened.page(Locator(name, None, None, (), None, (0, 0)))
        assert {doubt.path for doubt in opened.search("rent", 5).doubts} == set(names)


def test_a_document_that_was_hidden_is_read_again(library: Path, notes: Path, jail: Jail) -> None:
    change(library, f"DELETE FROM chunks WHERE document = {LEASE_KEY}")
    with owner(library, jail) as opened:
        assert not any(passage.title == "Lease" for passage in opened.search("rent of the flat", 5).passages)
        list(opened.add(notes))
        assert opened.search("rent of the flat", 5).passages[0].title == "Lease"


def test_a_library_with_another_key_says_so_and_loses_nothing(
    library: Path, notes: Path, jail: Jail, tmp_path: Path
) -> None:
    key = Path(os.environ["XDG_STATE_HOME"]) / "carrel" / "integrity.key"
    whole = key.read_bytes()
    key.write_text("0f" * 32, encoding="ascii")
    with owner(library, jail) as opened:
        with pytest.raises(IngestError, match="another key") as refused:
            opened.search("rent", 5)
        assert "carrel reindex" in refused.value.remedy
    key.write_bytes(whole)
    with owner(library, jail) as opened:
        search = opened.search("rent of the flat", 1)
        assert (search.doubts, "870" in search.passages[0].text) == ((), True)


# Files that are no longer what was read


def file_changed(file: Path) -> None:
    file.write_text(LEASE.replace("870", "990"), encoding="utf-8")


def file_changed_with_its_old_time(file: Path) -> None:
    before = file.stat()
    file_changed(file)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def file_deleted(file: Path) -> None:
    file.unlink()


def file_replaced_by_a_link(file: Path) -> None:
    file.rename(file.with_name("other"))
    file.symlink_to(file.with_name("other"))


@pytest.mark.parametrize(
    ("happens", "kind"),
    [
        (file_changed, DoubtKind.CHANGED),
        (file_changed_with_its_old_time, DoubtKind.CHANGED),
        (file_deleted, DoubtKind.MISSING),
        (file_replaced_by_a_link, DoubtKind.MISSING),
    ],
)
def test_a_quote_from_a_file_that_is_no_longer_the_same_says_so(
    library: Path, notes: Path, jail: Jail, happens: Callable[[Path], None], kind: DoubtKind
) -> None:
    happens(notes / "lease.md")
    with owner(library, jail) as opened:
        shown: list[Answer | Search] = [ask(opened, "How much is the rent of the flat?")]
        shown.append(opened.search("rent of the flat", 5))
        for value in shown:
            assert (str(notes / "lease.md"), kind) in [(doubt.path, doubt.kind) for doubt in value.doubts]
        assert str(notes / "deposit.md") not in {doubt.path for value in shown for doubt in value.doubts}


@pytest.mark.model
def test_the_command_line_says_so_beside_the_quote(filled: Carrel, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    lease = write(notes / "boat.md", "# Boat\n\nThe mooring of the boat costs 312 euros a year.\n")
    assert filled.here("add", notes).code == 0
    question = "How much does the mooring of the boat cost?"
    assert filled.here("ask", question, "--json").object["doubts"] == []
    lease.write_text("# Boat\n\nThe mooring of the boat costs 999 euros a year.\n", encoding="utf-8")
    outcome = filled.here("ask", question)
    assert "boat.md, line 3, Boat (the file has changed since it was read)" in outcome.text
    assert "(the file has changed" in filled.here("search", "mooring").text
    (doubt,) = filled.here("ask", question, "--json").object["doubts"]
    assert (doubt["path"], doubt["kind"]) == (str(lease), "changed")
    change(filled.library, "UPDATE pages SET text = replace(text, '312', '411')")
    outcome = filled.here("ask", question)
    assert f"Left out: {lease}: its text in the library was changed" in outcome.narration
    assert "411" not in outcome.text
    listed = {entry["path"]: entry for entry in filled.here("ls", "--json").object["documents"]}
    assert listed[str(lease)]["state"] == "failed"
    assert "changed by another program" in listed[str(lease)]["reason"]
