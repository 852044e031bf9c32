"""`carrel backup` and `carrel restore`: one file, whole or not at all, and a library elsewhere made of it."""

import gzip
import io
import json
import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from assistant.cli.exits import Exit
from assistant.library.backup import unpack, write_backup
from tests.catalogues import opened_behind
from tests.running import Carrel, owning, write

QUESTION = "How much is the deposit for the flat?"


@pytest.fixture
def small(carrel: Carrel) -> Carrel:
    """A library of two notes."""
    write(carrel.home / "notes" / "hedge.md")
    write(carrel.home / "notes" / "fence.md", "# Fence\n\nThe fence is painted green.\n")
    added = carrel("add", carrel.home / "notes")
    assert added.code == 0, added.narration
    return carrel


@pytest.fixture
def saved(small: Carrel) -> Path:
    """A backup of it."""
    file = small.home / "small.backup"
    made = small("backup", file)
    assert made.code == 0, made.narration
    return file


@pytest.fixture
def empty(small: Carrel) -> Carrel:
    """The same person with a library that does not exist yet."""
    return Carrel(small.home / "elsewhere", small.home, small.cache)


def documents(carrel: Carrel) -> list[str]:
    return [entry["path"] for entry in carrel.here("ls", "--json").object["documents"]]


def is_whole(carrel: Carrel) -> bool:
    checked = carrel("check", "--read-data", "--json")
    return checked.code == 0 and not checked.object["damaged"]


def unpacked(content: bytes) -> bytes | None:
    """The archive in a backup; None if it cannot be read."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None


DRAFTING = """
import sys
from pathlib import Path
from policies.durable import drafting
with drafting(Path(sys.argv[1])) as drafts:
    (drafts / "catalogue.db").write_text("text of documents")
    print(drafts.name, flush=True)
    sys.stdin.read()
"""
"""A process that is busy with a draft until its input ends."""


@contextmanager
def drafting(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A process with a draft in `folder`, and the folder of the draft."""
    process = subprocess.Popen(
        [sys.executable, "-c", DRAFTING, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout
        yield process, folder / process.stdout.readline().decode().strip()
        process.kill()


def test_what_a_killed_backup_left_is_removed_by_the_next_one_and_by_no_other(small: Carrel) -> None:
    folder = small.home / "backups"
    folder.mkdir()
    with drafting(folder) as (killed, left), drafting(folder) as (_, in_use):
        killed.kill()
        killed.wait()
        assert (left / "catalogue.db").exists()
        assert small("backup", folder / "first.backup").code == 0
        assert not left.exists()
        assert (in_use / "catalogue.db").exists()
    assert small("backup", folder / "second.backup").code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["first.backup", "second.backup"]


def test_a_file_that_is_exported_leaves_no_draft_of_a_killed_process(small: Carrel) -> None:
    with drafting(small.home) as (killed, left):
        killed.kill()
        killed.wait()
        exported = small("export", "documents", "--jsonl", small.home / "a.jsonl")
        assert exported.code == 0, exported.narration
        assert not left.exists()


def test_progress_is_shown_of_copying_packing_and_unpacking(small: Carrel, tmp_path: Path) -> None:
    shown: list[tuple[int, int, str]] = []
    ballast = sqlite3.connect(small.library / "catalogue.db")
    with closing(ballast):
        ballast.execute("CREATE TABLE ballast AS SELECT randomblob(5000000) AS bytes")
        ballast.commit()
    file = tmp_path / "a.backup"
    write_backup(small.library, file, force=False, progress=lambda *values: shown.append(values))
    with file.open("rb") as content:
        unpack(content, tmp_path, lambda *values: shown.append(values))
    for item in ("copying catalogue.db", "packing", "unpacking"):
        steps = [(done, total) for done, total, named in shown if named == item]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1] >= 5


@pytest.mark.model
def test_a_library_restored_on_another_machine_cites_the_files_where_they_are(
    filled: Carrel, tmp_path: Path
) -> None:
    notes = filled.home / "notes"
    asked = filled("ask", QUESTION, "--conversation", "flat", "--json")
    assert filled("rm", notes / "club").code == 0
    assert filled("collection", "add", "flat", notes / "home").code == 0
    made = filled("backup", "library.backup", "--json", cwd=tmp_path)
    assert made.code == 0, made.narration
    file = Path(made.object["path"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.object["bytes"] == file.stat().st_size
    assert made.object["documents"] == len(documents(filled))

    papers = tmp_path / "papers"
    shutil.copytree(notes, papers)
    other = Carrel(tmp_path / "library", tmp_path / "other", tmp_path / "cache")
    (other.home / "state" / "carrel" / "integrity.key").write_text("4d" * 32)
    restored = other("restore", file, "--map", f"{notes}={papers}", "--json")
    assert restored.code == 0, restored.narration
    assert restored.object == {
        "documents": made.object["documents"],
        "sources": [{"path": str(papers), "offline": ""}],
    }
    assert is_whole(other)
    again = other("ask", QUESTION, "--json").object
    assert again["answer"] == asked.object["answer"]
    assert again["citations"][0]["path"] == str(papers / "home" / "lease-agreement.pdf")
    assert again["doubts"] == []
    (turn,) = other("history", "flat", "--json").object["turns"]
    assert turn["citations"][0]["path"] == str(papers / "home" / "lease-agreement.pdf")
    assert str(notes) not in json.dumps(turn)
    (flat,) = other("collection", "ls", "--json").object["collections"]
    assert flat["paths"] == [str(papers / "home")]
    assert flat["documents"]
    # Nothing is read again, and what was removed stays excluded.
    (report,) = other("add", papers, "--json").object["sources"]
    assert (report["added"], report["changed"], report["removed"]) == (0, 0, 0)
    assert report["excluded"]
    assert other("audit", "verify").code == 0
    assert "restored" in other("policy", "log").text
    # A replay on the new machine is no different: conversations know the new names of chunks.
    assert other("replay", turn["id"]).code == 0


@pytest.mark.model
def test_a_backup_that_is_taken_while_files_are_added_is_a_whole_library(small: Carrel) -> None:
    with owning(small):
        for number in range(40):
            write(small.home / "notes" / f"{number}.md", f"# Note {number}\n\nBox {number} is red.\n")
            if number in (5, 20, 35):
                made = small("backup", f"{number}.backup")
                assert made.code == 0, made.narration
    for number in (5, 20, 35):
        other = Carrel(small.home / f"library-{number}", small.home, small.cache)
        restored = other("restore", f"{number}.backup")
        assert restored.code == 0, restored.narration
        assert is_whole(other)
        assert "hedge" in other("search", "when is the hedge cut").text
    assert not list(small.home.glob(".*")), "no draft is left"


@pytest.mark.model
def test_a_damaged_backup_is_refused_and_nothing_is_changed(saved: Path, empty: Carrel) -> None:
    data = saved.read_bytes()
    chance = random.Random(16)
    lengths = [0, 1, 9, 100, len(data) // 2, len(data) - 9, len(data) - 1]
    damaged = [data[:length] for length in lengths]
    for _ in range(40):
        changed = bytearray(data)
        changed[chance.randrange(10, len(data))] ^= 1 << chance.randrange(8)
        damaged.append(bytes(changed))
    for content in damaged:
        if unpacked(content) == unpacked(data):
            continue  # Some bits of a compressed file mean the same either way.
        saved.write_bytes(content)
        outcome = empty.here("restore", saved)
        assert outcome.code == Exit.FAILED, outcome.text
        assert "is not a backup of a Carrel library, or it is damaged or cut off" in outcome.narration
        assert "Carrel failed unexpectedly" not in outcome.narration
        assert not empty.library.exists()
    saved.write_bytes(data)
    assert empty("restore", saved).code == 0


@pytest.mark.model
def test_a_foreign_file_is_refused(small: Carrel, saved: Path, empty: Carrel) -> None:
    def archive(name: str, **members: bytes) -> Path:
        with tarfile.open(small.home / name, "w:gz") as file:
            for member, content in members.items():
                info = tarfile.TarInfo(member.replace("_", "."))
                info.size = len(content)
                file.addfile(info, io.BytesIO(content))
        return small.home / name

    with tarfile.open(saved) as whole:
        manifest = json.load(whole.extractfile("manifest.json") or io.BytesIO())
    manifest["files"] = {"../../escaped": {"bytes": 0, "sha256": ""}}
    foreign = [
        write(small.home / "text.backup"),
        small.library / "catalogue.db",
        archive("photos.tar.gz", photo_jpg=b"\xff\xd8"),
        archive("empty.tar.gz", manifest_json=b"{}"),
        archive("escaping.tar.gz", manifest_json=json.dumps(manifest).encode()),
    ]
    for file in foreign:
        outcome = empty("restore", file)
        assert outcome.code == Exit.FAILED
        assert "is not a backup of a Carrel library" in outcome.narration
    assert not list(empty.library.iterdir())
    assert empty("restore", small.home).code == Exit.USAGE
    assert empty("restore", "nowhere.backup").code == Exit.USAGE


@pytest.mark.model
def test_a_library_that_holds_documents_is_not_overwritten(small: Carrel, saved: Path) -> None:
    write(small.home / "notes" / "later.md", "# Later\n\nAdded after the backup.\n")
    assert small("add", small.home / "notes").code == 0
    before = documents(small)
    outcome = small("restore", saved)
    assert outcome.code == Exit.FAILED
    assert "holds 3 documents, so nothing was restored" in outcome.narration
    assert documents(small) == before
    with owning(small):
        assert small("restore", saved).code == Exit.BUSY
    (small.library / "catalogue.db").write_bytes(b"damaged" * 1000)
    assert "cannot be read" in small("restore", saved).narration
    small.library.rename(small.home / "damaged")
    write(small.library / "lock", "1\n")
    write(small.library / "next" / "backup" / "catalogue.db", "left by a process that was killed")
    assert small("restore", saved).code == 0
    assert not (small.library / "next").exists()
    assert [Path(path).name for path in documents(small)] == ["fence.md", "hedge.md"]
    assert small("audit", "verify").code == 0


@pytest.mark.model
def test_a_map_that_fits_nothing_is_refused_with_the_sources(saved: Path, empty: Carrel) -> None:
    outcome = empty("restore", saved, "--map", "/typo=/new")
    assert outcome.code == Exit.FAILED
    assert "No source of the backup is at or below /typo" in outcome.narration
    assert str(empty.home / "notes") in outcome.narration
    for wrong in ("notes=/new", "/old", "=/new", "/old="):
        assert empty("restore", saved, "--map", wrong).code == Exit.USAGE
    outcome = empty("restore", saved, "--map", f"{empty.home / 'notes'}={empty.home}")
    assert "contains the library itself" in outcome.narration
    notes = empty.home / "notes"
    outcome = empty("restore", saved, "--map", f"{notes / 'hedge.md'}={notes / 'fence.md'}")
    assert "Two paths of the backup would become" in outcome.narration
    assert not list(empty.library.iterdir())


@pytest.mark.model
def test_two_documents_can_change_places(saved: Path, empty: Carrel) -> None:
    notes = empty.home / "notes"
    swap = (("hedge.md", "fence.md"), ("fence.md", "hedge.md"))
    maps = [word for old, new in swap for word in ("--map", f"{notes / old}={notes / new}")]
    restored = empty("restore", saved, *maps)
    assert restored.code == 0, restored.narration
    assert "fence.md" in empty("search", "when is the hedge cut", "-k", "1").text


@pytest.mark.model
def test_a_backup_replaces_a_file_only_when_told(small: Carrel, saved: Path) -> None:
    before = saved.read_bytes()
    refused = small("backup", saved)
    assert refused.code == Exit.USAGE
    assert "Add --force to replace it." in refused.narration
    assert saved.read_bytes() == before
    assert small("backup", small.library / "inside.backup").code == Exit.USAGE
    assert small("backup", saved, "--force").code == 0
    assert saved.read_bytes() != before


@pytest.mark.model
def test_a_damaged_library_is_not_backed_up(small: Carrel, saved: Path) -> None:
    before = saved.read_bytes()
    file = small.library / "catalogue.db"
    data = bytearray(file.read_bytes())
    data[4096] ^= 0x08
    file.write_bytes(data)
    refused = small("backup", saved, "--force")
    assert refused.code == Exit.FAILED
    assert "No backup was written" in refused.narration
    assert "`carrel check`" in refused.narration
    assert saved.read_bytes() == before
    assert not list(small.home.glob(".small*")), "no draft is left"


@pytest.mark.model
def test_a_full_disk_leaves_no_part_of_a_backup(small: Carrel, mount_disk: Callable[[int], Path]) -> None:
    disk = mount_disk(1)
    (disk / "ballast").write_bytes(bytes(900_000))
    refused = small("backup", disk / "library.backup")
    assert refused.code == Exit.FAILED
    assert "was not written" in refused.narration
    assert os.listdir(disk) == ["ballast"]


@pytest.mark.model
def test_a_full_disk_leaves_no_part_of_a_restored_library(
    saved: Path, empty: Carrel, mount_disk: Callable[[int], Path]
) -> None:
    disk = mount_disk(1)
    (disk / "ballast").write_bytes(bytes(900_000))
    refused = empty("restore", saved, "--library", disk / "library")
    assert refused.code == Exit.FAILED
    assert "cannot be restored" in refused.narration
    assert not list((disk / "library").iterdir())


@pytest.mark.model
def test_a_backup_holds_nothing_of_what_was_forgotten(small: Carrel) -> None:
    with closing(opened_behind(small.library / "catalogue.db")) as database:
        # As a process leaves it that is killed after it removed a document.
        database.execute("PRAGMA foreign_keys = ON")
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("DELETE FROM documents WHERE CAST(path AS TEXT) LIKE '%hedge%'")
        database.execute("INSERT OR REPLACE INTO facts VALUES ('remains', 'yes')")
    assert b"shears" in (small.library / "catalogue.db").read_bytes()
    assert small("backup", "after.backup").code == 0
    with tarfile.open(small.home / "after.backup") as archive:
        content = archive.extractfile("catalogue.db")
        assert content is not None
        data = content.read()
    assert b"fence" in data
    assert b"shears" not in data
    assert b"shear" not in data


def test_without_a_library_there_is_nothing_to_back_up(carrel: Carrel) -> None:
    refused = carrel("backup", "nothing.backup")
    assert refused.code == Exit.FAILED
    assert "There is no library" in refused.narration
    assert not carrel.library.exists()
    assert not (carrel.home / "nothing.backup").exists()
