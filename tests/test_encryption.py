"""An encrypted library shows nothing without its passphrase, and no conversion and no damage loses anything.

Everything is done with commands in processes of their own, sealed and confined as on any machine; only the
processes that are killed in the middle of a conversion are forked from the test.
"""

import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest

from assistant.cli.exits import Exit
from assistant.dialogue import DEFAULT_ASKING
from assistant.library import summaries
from assistant.library.encrypting import decrypt, encrypt, settle
from assistant.library.history import History
from assistant.library.vectorstores import CODES
from ingest.catalogue import Catalogue
from ingest.documents import Locator
from ingest.encryption import (
    COPY,
    KEY,
    cipher_of,
    forget_keys,
    hold_key,
    is_encrypted,
    is_unsettled,
)
from ingest.encryption.ciphers import MAGIC
from ingest.encryption.keyfile import Hardness, new_key_file
from tests import running
from tests.running import PATIENCE_S, Carrel, command, write
from tests.still import answer
from tests.test_forgetting import files_below, name_of, places_of, question_about, text_of

PASSPHRASE = "hedge, shears and shed"
OTHER = "fence, paint and gate"


@pytest.fixture(autouse=True)
def no_keys() -> Iterator[None]:
    yield
    forget_keys()


@pytest.fixture
def passphrase(carrel: Carrel) -> Path:
    return write(carrel.home / "passphrase", PASSPHRASE + "\n")


@pytest.fixture
def other(carrel: Carrel) -> Path:
    return write(carrel.home / "other", OTHER + "\n")


def done(carrel: Carrel, *arguments: str | Path) -> running.Outcome:
    """Runs a command that must succeed, without a terminal."""
    outcome = carrel(*arguments)
    assert outcome.code == 0, (arguments, outcome.narration)
    return outcome


@pytest.fixture
def indexed(carrel: Carrel) -> Carrel:
    """A library of a document, its answer and its name, all of invented words."""
    write(carrel.home / "notes" / name_of("asked"), text_of("asked"))
    done(carrel, "add", carrel.home / "notes")
    done(carrel, "ask", question_about(text_of("asked")))
    return carrel


def traces(*folders: Path) -> set[str]:
    """Files in which words of the document or of its name are found."""
    files = files_below(*folders)
    return places_of(text_of("asked"), files) | places_of(name_of("asked").replace(".md", " x " * 9), files)


def test_nothing_of_the_documents_is_found_in_an_encrypted_library(
    indexed: Carrel, passphrase: Path, other: Path
) -> None:
    library, unlocked = indexed.library, ("--passphrase-file", passphrase)
    assert traces(library)
    assert (library / CODES).exists()
    done(indexed, "encrypt", *unlocked)
    assert not traces(library)
    assert not (library / CODES).exists()  # Made again when it is needed, and sealed.
    # What is done afterwards leaves nothing either.
    done(indexed, "ask", question_about(text_of("asked")), *unlocked)
    write(indexed.home / "notes" / "second.md", text_of("asked", 14))
    done(indexed, "add", indexed.home / "notes", *unlocked)
    done(indexed, "reindex", *unlocked)
    saved = indexed.home / "saved"
    saved.mkdir()
    done(indexed, "backup", saved / "all.backup", *unlocked)
    assert not traces(library, saved)
    assert (library / CODES).read_bytes().startswith(MAGIC)
    listed = done(indexed, "ls", "--json", *unlocked).object["documents"]
    assert [entry["state"] for entry in listed] == ["indexed", "indexed"]
    assert len(done(indexed, "history", "--json", *unlocked).object["conversations"]) == 2
    assert done(indexed, "audit", "verify", *unlocked).code == 0
    assert not done(indexed, "check", "--read-data", "--json", *unlocked).object["damaged"]
    forgotten = done(indexed, "forget", indexed.home / "notes", "--json", *unlocked).object
    assert len(forgotten["receipts"][0]["documents"]) == 2
    done(indexed, "decrypt", *unlocked)
    assert not traces(library)  # They were forgotten.
    assert not is_encrypted(library)


def test_a_library_comes_back_as_it_was(indexed: Carrel, passphrase: Path) -> None:
    shown = [done(indexed, *words, "--json").object for words in (("ls",), ("history",))]
    done(indexed, "encrypt", "--passphrase-file", passphrase)
    done(indexed, "decrypt", "--passphrase-file", passphrase)
    assert [done(indexed, *words, "--json").object for words in (("ls",), ("history",))] == shown
    assert not done(indexed, "check", "--read-data", "--json").object["damaged"]
    assert done(indexed, "audit", "verify").code == 0
    assert not (indexed.library / KEY).exists()
    assert not (indexed.library / COPY).exists()


def test_a_locked_library_says_so_with_an_exit_code_of_its_own(
    indexed: Carrel, passphrase: Path, other: Path
) -> None:
    done(indexed, "encrypt", "--passphrase-file", passphrase)
    for words in (("ls",), ("ask", "What is kept?"), ("watch",), ("check",), ("backup", "a.backup")):
        locked = indexed(*words)
        assert locked.code == Exit.LOCKED, words
        assert "--passphrase-file" in locked.narration
    wrong = indexed("ls", "--json", "--passphrase-file", other)
    assert wrong.code == Exit.LOCKED
    assert "wrong" in wrong.error["message"]
    assert indexed("ls", "--passphrase-file", "nowhere").code == Exit.LOCKED
    assert indexed("encrypt", "--passphrase-file", passphrase).code == Exit.USAGE
    given = indexed("ls", "--passphrase-file", "-", stdin=PASSPHRASE.encode() + b"\n")
    assert given.code == 0
    # A file outside can be summarized all the same, and nothing of it is kept.
    outside = write(indexed.home / "outside.md", text_of("asked"))
    done(indexed, "summarize", outside)
    assert not traces(indexed.library)


def test_an_owner_that_was_unlocked_serves_commands_without_a_passphrase_until_it_is_locked(
    indexed: Carrel, passphrase: Path
) -> None:
    done(indexed, "encrypt", "--passphrase-file", passphrase)
    assert indexed("unlock").code == Exit.LOCKED
    assert done(indexed, "unlock", "--json", "--passphrase-file", passphrase).object["started"]
    pid = int((indexed.library / "lock").read_bytes().split()[0])
    try:
        assert not done(indexed, "unlock", "--json").object["started"]
        assert len(done(indexed, "ls", "--json").object["documents"]) == 1
        done(indexed, "search", "winter")
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        assert "Seccomp:\t2" in status
        assert indexed("encrypt").code == Exit.BUSY
        done(indexed, "lock")
        assert indexed("ls").code == Exit.LOCKED
        assert not done(indexed, "lock", "--json").object["ended"]
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert not traces(indexed.library)


def test_a_passphrase_that_was_changed_no_longer_opens_the_library(
    indexed: Carrel, passphrase: Path, other: Path
) -> None:
    done(indexed, "encrypt", "--passphrase-file", passphrase)
    before = (indexed.library / "catalogue.db").read_bytes()
    wrong = indexed("passphrase", "--passphrase-file", other, "--new-passphrase-file", other)
    assert wrong.code == Exit.LOCKED
    changed = done(indexed, "passphrase", "--passphrase-file", passphrase, "--new-passphrase-file", other)
    assert "cannot be recovered" in changed.narration
    assert (indexed.library / "catalogue.db").read_bytes() == before
    assert indexed("ls", "--passphrase-file", passphrase).code == Exit.LOCKED
    done(indexed, "ls", "--passphrase-file", other)
    write(passphrase, "short\n")
    short = indexed("passphrase", "--passphrase-file", other, "--new-passphrase-file", passphrase)
    assert short.code == Exit.LOCKED
    assert "too short" in short.narration


def typed(carrel: Carrel, *arguments: str, lines: list[str]) -> tuple[int, bytes]:
    """Runs a command in a terminal and types a line at each prompt; its exit code and what it showed."""
    master, terminal = pty.openpty()
    process = subprocess.Popen(
        [*command(), *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=carrel.environment(),
        cwd=carrel.home,
        start_new_session=True,
    )
    os.close(terminal)
    shown, waiting, deadline = b"", list(lines), time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            shown += os.read(master, 4096)
        except OSError:
            break  # The process has ended.
        if waiting and shown.endswith(b": "):
            os.write(master, waiting.pop(0).encode() + b"\n")
    os.close(master)
    return process.wait(PATIENCE_S), shown


def test_a_person_types_the_passphrase_without_its_being_shown(indexed: Carrel) -> None:
    code, shown = typed(indexed, "encrypt", lines=[PASSPHRASE, PASSPHRASE])
    assert code == 0, shown
    assert shown.index(b"cannot be recovered") < shown.index(b"New passphrase")
    code, more = typed(indexed, "ls", lines=["not it at all", PASSPHRASE])
    assert code == 0, more
    assert name_of("asked").encode() in more
    assert PASSPHRASE.encode() not in shown + more
    code, shown = typed(indexed, "ls", lines=["wrong"] * 3)
    assert code == Exit.LOCKED


# Conversions that are killed

STEPS = frozenset({"os.rename", "os.remove", "os.rmdir", "os.mkdir", "open"})
"""Events of Python before which a process is killed."""

EASY = Hardness(memory_kib=64, iterations=1, lanes=1)


def killed(work: Callable[[], None], step: int) -> bool:
    """Runs a function in a forked process, which ends without warning before its step of that number.

    Returns whether it had more steps than that.
    """
    child = os.fork()
    if child == 0:
        left = step

        def count(event: str, _: object) -> None:
            nonlocal left
            if event in STEPS:
                left -= 1
                if left < 0:
                    os._exit(9)

        try:
            sys.addaudithook(count)
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 9), code
    return code == 9


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library with a document, an answer, a summary, a cached prompt and an unfinished reindex."""
    home = tmp_path_factory.mktemp("converted")
    running.give_key(home / "state")
    folder, text = home / "library", text_of("asked")
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        from tests.libraries import IndexedFolder

        write(home / "notes" / name_of("asked"), text)
        IndexedFolder(folder, home / "notes").catalogue.close()
        with closing(History(folder / "history.db")) as history:
            history.keep("", DEFAULT_ASKING, answer(text), {})
        summary = summaries.SummaryFile(folder, lambda: "0" * 64)
        summary.put("key", text)
        write(folder / "cache" / "kv" / "prompt.kv", text)
        write(folder / "next" / "catalogue.db", text)
        write(folder / CODES, text)
        write(folder / "audit.jsonl", "")
    return folder


def content(folder: Path) -> list[object]:
    """What a library holds, as its parts return it."""
    with closing(Catalogue(folder / "catalogue.db", running.KEY, read_only=True)) as catalogue:
        (entry,) = catalogue.documents.entries()
        page = catalogue.documents.page_text(Locator(str(entry.path), None, None, (), None, (0, 1)))
        assert page is not None
    with closing(History(folder / "history.db", read_only=True)) as history:
        (conversation,) = history.conversations()
        turns = history.turns(conversation.id)
    summary = summaries.SummaryFile(folder, lambda: "0" * 64).get("key")
    return [page.text, turns, summary]


@pytest.mark.parametrize("direction", ["encrypt", "decrypt"])
def test_a_conversion_that_is_killed_at_any_step_loses_nothing(
    small: Path, tmp_path: Path, direction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(small.parent / "state"))
    key_file, secret = new_key_file(PASSPHRASE, hardness=EASY)
    hold_key(key_file, secret)
    origin = tmp_path / "origin"
    shutil.copytree(small, origin)
    held = content(origin)
    if direction == "decrypt":
        encrypt(origin, key_file, secret)
        assert content(origin) == held
    outcomes, step, goes_on = set(), 0, True
    while goes_on:
        folder = tmp_path / f"at{step}"
        shutil.copytree(origin, folder)
        if direction == "encrypt":
            goes_on = killed(partial(encrypt, folder, key_file, secret), step)
        else:
            goes_on = killed(partial(decrypt, folder), step)
        # The process that finishes it may be killed as well.
        killed(partial(settle, folder), random.Random(step).randrange(12))
        settle(folder)
        assert not is_unsettled(folder)
        assert content(folder) == held
        converted = is_encrypted(folder) == (direction == "encrypt")
        outcomes.add(converted)
        if is_encrypted(folder):
            assert not traces(folder), step
        assert goes_on or converted
        shutil.rmtree(folder)
        step += 2
    assert outcomes == {True, False}


def test_a_disk_that_is_too_small_leaves_the_library_as_it_was(
    indexed: Carrel, passphrase: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.library import encrypting
    from ingest.errors import DiskFull

    monkeypatch.setattr(encrypting, "ROOM", 1 << 60)
    before = files_below(indexed.library)
    key_file, secret = new_key_file(PASSPHRASE, hardness=EASY)
    with pytest.raises(DiskFull, match="not converted"):
        encrypt(indexed.library, key_file, secret)
    assert files_below(indexed.library) == before


# Damage


@pytest.mark.parametrize("damage", ["flipped", "cut"])
@pytest.mark.parametrize("name", ["catalogue.db", "history.db"])
def test_damage_is_named_and_nothing_else_is_lost(
    indexed: Carrel, passphrase: Path, name: str, damage: str
) -> None:
    unlocked = ("--passphrase-file", passphrase)
    done(indexed, "encrypt", *unlocked)
    file = indexed.library / name
    whole = file.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2 + 1000] ^= 4
    file.write_bytes(bytes(changed) if damage == "flipped" else whole[: len(whole) // 2])
    checked = indexed("check", "--read-data", "--json", *unlocked)
    assert checked.code == Exit.FAILED
    broken = [check for check in checked.object["checks"] if check["severity"] == "broken"]
    assert any(name in check["message"] for check in broken), broken
    assert all(check["remedy"] for check in broken)
    refused = indexed("backup", "no.backup", *unlocked)
    assert refused.code == Exit.FAILED
    assert name in refused.narration
    sound = {check["name"] for check in checked.object["checks"] if check["severity"] == "ok"}
    assert ("documents" if name == "history.db" else "history") in sound
    if name == "history.db":
        assert len(done(indexed, "ls", "--json", *unlocked).object["documents"]) == 1


def test_a_damaged_key_file_is_replaced_by_its_copy(indexed: Carrel, passphrase: Path) -> None:
    done(indexed, "encrypt", "--passphrase-file", passphrase)
    whole = (indexed.library / KEY).read_bytes()
    (indexed.library / KEY).write_bytes(whole[: len(whole) // 2])
    doctor = indexed("doctor", "--json").object["checks"]
    (found,) = [check for check in doctor if check["name"] == "encryption"]
    assert found["severity"] == "warning"
    assert KEY in found["message"]
    done(indexed, "ls", "--passphrase-file", passphrase)
    assert (indexed.library / KEY).read_bytes() == whole
    for name in (KEY, COPY):
        (indexed.library / name).write_bytes(b"")
    lost = indexed("ls", "--passphrase-file", passphrase)
    assert lost.code == Exit.FAILED
    assert KEY in lost.narration


def test_a_damaged_summary_is_made_again_and_one_of_another_content_is_not_used(tmp_path: Path) -> None:
    key_file, secret = new_key_file(PASSPHRASE, hardness=EASY)
    key_file.write(tmp_path)
    hold_key(key_file, secret)
    for digest in ("0" * 64, "1" * 64):
        summaries.SummaryFile(tmp_path, lambda digest=digest: digest).put("key", digest)  # type: ignore[misc]
    one, two = (
        tmp_path / summaries.FOLDER / f"{cipher_of(tmp_path).hidden(digit * 64)}.json" for digit in "01"
    )
    one.write_bytes(two.read_bytes())
    assert summaries.SummaryFile(tmp_path, lambda: "0" * 64).get("key") is None
    assert summaries.SummaryFile(tmp_path, lambda: "1" * 64).get("key") == "1" * 64
    assert summaries.keep_only(tmp_path, lambda digests: set(digests) & {"1" * 64}) == 1
    assert not one.exists()
    assert two.exists()


# Other commands


def test_an_encrypted_backup_is_restored_with_its_passphrase_only(
    indexed: Carrel, passphrase: Path, other: Path
) -> None:
    done(indexed, "encrypt", "--passphrase-file", passphrase)
    saved = indexed.home / "all.backup"
    done(indexed, "backup", saved, "--passphrase-file", passphrase)
    elsewhere = Carrel(indexed.home / "elsewhere", indexed.home, indexed.cache)
    wrong = elsewhere("restore", saved, "--passphrase-file", other)
    assert wrong.code == Exit.LOCKED
    assert not files_below(elsewhere.library)
    done(elsewhere, "restore", saved, "--passphrase-file", passphrase)
    assert len(done(elsewhere, "ls", "--json", "--passphrase-file", passphrase).object["documents"]) == 1
    assert not traces(elsewhere.library)
    plain = Carrel(indexed.home / "plain", indexed.home, indexed.cache)
    done(plain, "encrypt", "--passphrase-file", other)
    mixed = plain("restore", saved, "--passphrase-file", passphrase)
    assert mixed.code == Exit.FAILED
    assert "another key" in mixed.narration


def test_a_library_may_be_encrypted_before_it_holds_anything(carrel: Carrel, passphrase: Path) -> None:
    done(carrel, "encrypt", "--passphrase-file", passphrase)
    write(carrel.home / "notes" / name_of("asked"), text_of("asked"))
    assert carrel("add", carrel.home / "notes").code == Exit.LOCKED
    done(carrel, "add", carrel.home / "notes", "--passphrase-file", passphrase)
    assert not traces(carrel.library)
