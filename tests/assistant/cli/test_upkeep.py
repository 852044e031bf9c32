"""Upkeep: `carrel check` on real libraries, whole and damaged."""

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.catalogues import opened_behind
from tests.running import Carrel, owning, write

pytestmark = pytest.mark.model

PARTS = ["catalogue", "documents", "chunks", "full text", "vectors", "sources", "history"]


@pytest.fixture
def kept(filled: Carrel) -> Carrel:
    """A library of notes with a kept answer."""
    assert filled("ask", "How much is the rent?", "--conversation", "home").code == 0
    return filled


def change(file: Path, *statements: str) -> None:
    """Executes SQL on a file of the library, behind Carrel's back."""
    with closing(opened_behind(file)) as database:
        for statement in statements:
            assert database.execute(statement).rowcount, statement


def flip(file: Path, content: bytes, bit: int = 0x01) -> None:
    """Flips a bit in the middle of where `content` stands in a file."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = bytearray(file.read_bytes())
    place = data.index(content) + len(content) // 2
    data[place] ^= bit
    file.write_bytes(data)


def one(file: Path, sql: str) -> bytes:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        ((value,),) = database.execute(sql)
        return bytes(value)


def broken(carrel: Carrel, *options: str) -> dict[str, str]:
    """What `check` reports, by part, with its remedy. Its exit code says whether there is anything."""
    outcome = carrel.here("check", *options, "--json")
    found = {
        check["name"]: f"{check['message']} → {check['remedy']}"
        for check in outcome.object["checks"]
        if check["severity"] == "broken"
    }
    assert outcome.code == (1 if found else 0)
    assert outcome.object["damaged"] is bool(found)
    return found


def test_a_library_that_is_whole_passes_every_check_also_beside_its_owner(kept: Carrel) -> None:
    alone = kept("check", "--read-data", "--json")
    assert (alone.code, alone.narration) == (0, "")
    checks = alone.object["checks"]
    assert [check["name"] for check in checks] == [*PARTS[:-1], "files", "history"]
    assert {check["severity"] for check in checks} == {"ok"}
    with owning(kept):
        beside = kept("check", "--read-data")
    assert beside.code == 0
    assert "broken" not in beside.text


def test_the_check_changes_nothing(kept: Carrel) -> None:
    change(kept.library / "catalogue.db", "UPDATE pages SET text = replace(text, 'rent', 'rant')")
    before = (kept.library / "catalogue.db").read_bytes()
    assert broken(kept, "--read-data").keys() == {"documents"}
    assert (kept.library / "catalogue.db").read_bytes() == before


def test_without_a_library_the_check_fails_and_makes_none(carrel: Carrel) -> None:
    outcome = carrel("check")
    assert outcome.code == 1
    assert "There is no library" in outcome.narration
    assert not carrel.library.exists()


LEASE = "(SELECT key FROM documents WHERE CAST(path AS TEXT) LIKE '%lease%')"

FAULTS = {
    "a title": ("documents", [f"UPDATE documents SET title = 'Lose' WHERE key = {LEASE}"]),
    "a page that is missing": ("documents", [f"DELETE FROM pages WHERE document = {LEASE}"]),
    "codes that are missing": ("documents", [f"DELETE FROM codes WHERE document = {LEASE}"]),
    "words that are missing": (
        "full text",
        [f"DELETE FROM words WHERE rowid IN (SELECT key FROM chunks WHERE document = {LEASE})"],
    ),
    "words without a chunk": (
        "full text",
        ["INSERT INTO words (rowid, title, heading, body) VALUES (999999, '', '', 'secret')"],
    ),
    "a vector that is missing": (
        "vectors",
        [f"DELETE FROM vectors WHERE name = (SELECT vector FROM chunks WHERE document = {LEASE})"],
    ),
    "a vector of another size": ("vectors", ["UPDATE vectors SET vector = zeroblob(8) WHERE rowid = 3"]),
    "a source that is missing": ("sources", ["DELETE FROM sources"]),
    "an excluded path": ("sources", ["INSERT INTO excluded VALUES (x'000102')"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_broken_promise_is_found_with_what_to_do(filled: Carrel, name: str) -> None:
    part, statements = FAULTS[name]
    change(filled.library / "catalogue.db", *statements)
    found = broken(filled)
    assert part in found
    assert "`carrel re" in found[part]


BITS = {
    "a text": ("documents", "SELECT CAST(text AS BLOB) FROM pages ORDER BY length(text) LIMIT 1", 0x01),
    "a code": ("documents", "SELECT pages FROM codes ORDER BY length(pages) LIMIT 1", 0x01),
    "a vector": ("vectors", "SELECT substr(vector, 1, 7) FROM vectors LIMIT 1", 0x40),
    "the index of words": (
        "full text",
        "SELECT substr(block, 300, 40) FROM words_data WHERE length(block) > 1000 LIMIT 1",
        0x01,
    ),
    "a word of a chunk": (
        "full text",
        "SELECT substr(texts, 3, 40) FROM indexed ORDER BY length(texts) LIMIT 1",
        0x01,
    ),
}


@pytest.mark.parametrize("name", BITS)
def test_a_flipped_bit_is_found_when_all_data_is_read(filled: Carrel, name: str) -> None:
    part, sql, bit = BITS[name]
    file = filled.library / "catalogue.db"
    flip(file, one(file, sql), bit)
    assert part in broken(filled, "--read-data")


def test_a_flipped_bit_in_the_structure_of_a_file_is_found_at_once(kept: Carrel) -> None:
    for name in ("catalogue", "history"):
        file = kept.library / f"{name}.db"
        data = bytearray(file.read_bytes())
        data[4096] ^= 0x08  # The kind of the second page.
        file.write_bytes(data)
    found = broken(kept)
    assert found.keys() == {"catalogue", "history"}
    assert "`carrel reindex`" in found["catalogue"]


def test_an_answer_that_cannot_be_read_is_found(kept: Carrel) -> None:
    change(kept.library / "history.db", "UPDATE turns SET answer = substr(answer, 1, 200)")
    assert "1 answers cannot be read" in broken(kept, "--read-data")["history"]


def test_a_library_stored_with_another_key_is_recognised(filled: Carrel) -> None:
    (filled.home / "state" / "carrel" / "integrity.key").write_text("ab" * 32)
    try:
        assert "another key" in broken(filled)["documents"]
    finally:
        Carrel(filled.library, filled.home, filled.cache)  # Gives the key back.


def test_a_file_that_its_disk_changed_is_found(carrel: Carrel) -> None:
    note = write(carrel.home / "notes" / "hedge.md")
    assert carrel("add", carrel.home / "notes").code == 0
    status = os.stat(note)
    change(
        carrel.library / "catalogue.db",
        "UPDATE documents SET digest = replace(digest, substr(digest, 1, 1), 'x')",
    )
    assert os.stat(note).st_mtime_ns == status.st_mtime_ns
    assert str(note) in broken(carrel, "--read-data")["files"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE pages SET text = replace(text, 'March', 'April')",
        "UPDATE pages SET text = CAST(CAST(text AS BLOB) || x'ff' AS TEXT) WHERE text LIKE '%hedge%'",
    ],
    ids=["another text", "no text"],
)
def test_retry_reads_again_what_the_check_found_altered(carrel: Carrel, damage: str) -> None:
    write(carrel.home / "notes" / "hedge.md")
    write(carrel.home / "notes" / "fence.md", "# Fence\n\nThe fence is painted green.\n")
    assert carrel("add", carrel.home / "notes").code == 0
    change(carrel.library / "catalogue.db", damage)
    assert broken(carrel).keys() == set()
    found = broken(carrel, "--read-data")
    assert "hedge.md" in found["documents"]
    assert "fence.md" not in found["documents"]
    searched = carrel("search", "when is the hedge cut")
    assert searched.code == 0
    assert "first week" not in searched.text
    retried = carrel("retry", "--json")
    assert retried.object == {"retried": 1}
    assert broken(carrel, "--read-data") == {}
    assert "first week of March" in carrel("search", "when is the hedge cut").text


def test_ls_tells_the_digest_and_the_time_of_each_file(carrel: Carrel) -> None:
    note = write(carrel.home / "notes" / "hedge.md")
    (carrel.home / "notes" / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    write(carrel.home / "notes" / "film.mkv")
    assert carrel("add", carrel.home / "notes").code == 0
    listed = {Path(entry["path"]).name: entry for entry in carrel("ls", "--json").object["documents"]}
    assert listed["hedge.md"]["digest"] == hashlib.sha256(note.read_bytes()).hexdigest()
    assert listed["hedge.md"]["mtime"] == pytest.approx(note.stat().st_mtime)
    assert (listed["broken.pdf"]["state"], listed["broken.pdf"]["digest"]) == ("failed", None)
    assert listed["broken.pdf"]["mtime"] is not None
    assert (listed["film.mkv"]["digest"], listed["film.mkv"]["mtime"]) == (None, None)
