"""`carrel add`, `ls`, `status`, `rm`, `retry`, `reindex`, `pause` and `resume`."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cli.render.library import FAILURES_SHOWN
from assistant.library.facade import Indexing, SourceStatus
from assistant.library.receipts import Forgotten
from ingest.documents import HiddenText, Hiding
from ingest.progress import Report
from tests.running import Carrel, write
from tests.still import ENTRIES, FOLDER, StillLibrary

FAILED = Report(
    added=2,
    changed=1,
    moved=0,
    unchanged=3,
    gone=(),
    failed=tuple((f"/notes/{number}.pdf", "encrypted") for number in range(FAILURES_SHOWN + 2)),
    skipped=(("/notes/video.mp4", "unknown type .mp4"),),
    chunks=9,
    embedded=8,
    seconds=0.25,
)


def test_add_reports_what_changed_and_names_the_files_that_failed(carrel: Carrel) -> None:
    outcome = carrel.here("add", "/notes", library=StillLibrary(report=FAILED))
    assert outcome.code == 0
    assert outcome.text == (
        "/notes: 2 added, 1 changed, 3 unchanged, 12 failed, 1 skipped; 9 chunks in 0.2 s\n"
    )
    assert "failed: /notes/0.pdf: encrypted" in outcome.narration
    assert "/notes/11.pdf" not in outcome.narration
    assert "2 more failed files; `carrel ls` lists them all." in outcome.narration


def test_add_gives_the_promised_object(carrel: Carrel) -> None:
    outcome = carrel.here("add", "/notes", "notes", "--json", library=StillLibrary(report=FAILED))
    first, second = outcome.object["sources"]
    assert (first["path"], second["path"]) == ("/notes", str(carrel.home / "notes"))
    assert {key: first[key] for key in ("added", "changed", "moved", "unchanged", "removed")} == {
        "added": 2,
        "changed": 1,
        "moved": 0,
        "unchanged": 3,
        "removed": 0,
    }
    assert first["failed"][0] == {"path": "/notes/0.pdf", "reason": "encrypted"}
    assert first["skipped"] == [{"path": "/notes/video.mp4", "reason": "unknown type .mp4"}]
    assert (first["chunks"], first["embedded"], first["seconds"]) == (9, 8, 0.25)


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (Report(0, 0, 0, 0, (), (), (), 0, 0, 0.0), "/notes contains no file of a type that Carrel reads."),
        (FAILED, "No file in /notes could be indexed. `carrel ls` shows the reasons."),
    ],
    ids=["empty", "failed"],
)
def test_a_folder_without_a_readable_file_is_a_failure(carrel: Carrel, report: Report, words: str) -> None:
    outcome = carrel.here("add", "/notes", library=StillLibrary(report=report, documents=()))
    assert outcome.code == 1
    assert words in outcome.narration


def test_ls_gives_every_document_with_its_state(carrel: Carrel) -> None:
    outcome = carrel.here("ls", library=StillLibrary())
    assert f"indexed  {FOLDER}/lease.md  (12 chunks)" in outcome.text
    assert f"failed   {FOLDER}/scans/receipt.pdf  (damaged: no page could be read)" in outcome.text
    documents = carrel.here("ls", "--json", library=StillLibrary()).object["documents"]
    assert len(documents) == 5
    for document in documents:
        assert document.keys() == (
            {"path", "state", "reason", "chunks", "bytes", "media_type", "indexed_at"}
            | {"hidden", "digest", "mtime", "collections", "names"}
        )
    assert (documents[2]["state"], documents[2]["chunks"], documents[2]["media_type"]) == ("failed", 0, None)


def test_ls_gives_the_aliases_of_a_note(carrel: Carrel) -> None:
    library = StillLibrary(documents=(replace(ENTRIES[0], names=("Gym", "Turnhalle")),))
    (document,) = carrel.here("ls", "--json", library=library).object["documents"]
    assert document["names"] == ["Gym", "Turnhalle"]


def test_ls_shows_hidden_text_with_its_page_and_the_reason(carrel: Carrel) -> None:
    pieces = [HiddenText(2, 0, f"text\x1b {number}", Hiding.COLOUR) for number in range(7)]
    entry = replace(ENTRIES[0], media_type="application/pdf", hidden=tuple(pieces))
    outcome = carrel.here("ls", library=StillLibrary(documents=(entry,)))
    assert "page 2: ⟦hidden text (the colour of its background): text␛ 0⟧" in outcome.text
    assert "2 more hidden texts" in outcome.text
    (document,) = carrel.here("ls", "--json", library=StillLibrary(documents=(entry,))).object["documents"]
    assert document["hidden"][0] == {"page": 2, "how": "colour", "text": "text\x1b 0"}
    assert len(document["hidden"]) == 7


def test_an_empty_library_says_how_to_add_documents(carrel: Carrel) -> None:
    outcome = carrel.here("ls", library=StillLibrary(documents=()))
    assert (outcome.code, outcome.text) == (0, "")
    assert "The library is empty. Add documents with: carrel add FOLDER" in outcome.narration


def test_status_shows_the_library_its_owner_and_its_models(carrel: Carrel) -> None:
    library = StillLibrary(
        sources=(SourceStatus(FOLDER, ""), SourceStatus("/usb", "the disk is not mounted")),
        indexing=Indexing(True, True, 2, 1, (), 1.5, 90.0, "The disk is full."),
    )
    outcome = carrel.here("status", library=library)
    for line in (
        "library    /home/reader/library",
        f"source     {FOLDER}\n",
        "source     /usb  (offline: the disk is not mounted)",
        "documents  2 indexed, 1 pending, 1 failed, 1 skipped",
        "chunks     26",
        "owner      this process, watching for changes, paused, 2 files to read, 1 chunk to embed, "
        "1.5 files/s, about 2 min left",
        "problem    The disk is full.",
        "target     scripted-8b (bbbbbbbbbbbb, local)",
        "network    The test's process is not sealed.",
    ):
        assert line in outcome.text
    attached = carrel.here("status", library=library, attached=True)
    assert "owner      another process," in attached.text


def test_status_gives_the_promised_object(carrel: Carrel) -> None:
    status = carrel.here("status", "--json", library=StillLibrary()).object
    assert status["library"] == "/home/reader/library"
    assert status["sources"] == [{"path": FOLDER, "offline": ""}]
    assert status["documents"] == {"indexed": 2, "failed": 1, "skipped": 1, "pending": 1}
    assert status["chunks"] == 26
    assert status["indexing"]["problem"] == ""
    assert status["indexing"]["attached"] is False
    assert status["models"]["target"] == {"name": "scripted-8b", "sha256": "b" * 64, "source": "local"}
    assert status["sealed"] is False


def test_status_of_an_empty_library_says_what_to_do(carrel: Carrel) -> None:
    library = StillLibrary(sources=())
    assert "carrel add FOLDER" in carrel.here("status", library=library).narration
    assert "carrel add" not in carrel.here("status", library=StillLibrary()).narration


def test_rm_says_how_many_documents_and_saved_answers_it_removed(carrel: Carrel) -> None:
    library = StillLibrary()
    outcome = carrel.here("rm", f"{FOLDER}/lease.md", library=library)
    assert outcome.text == (
        f"{FOLDER}/lease.md: 1 document removed from the library, and 1 saved answer that used it\n"
    )
    assert library.removed == [Path(FOLDER) / "lease.md"]
    removed = carrel.here("rm", f"{FOLDER}/garden", "--json", library=library).object
    assert removed == {"path": f"{FOLDER}/garden", "removed": 1, "answers": 1}


def test_forget_prints_what_was_erased_and_what_is_kept(carrel: Carrel) -> None:
    outcome = carrel.here("forget", f"{FOLDER}/lease.md", library=StillLibrary())
    assert outcome.code == 0
    for line in ("Erased:", "3 chunks", "2 vectors", "1 answer", "4 cached prompts", "Kept on purpose:"):
        assert line in outcome.text
    (receipt,) = carrel.here("forget", "/notes", "--json", library=StillLibrary()).object["receipts"]
    assert receipt["derived"] == {"answers": 1, "summaries": 1, "prompts": 4, "reindex": False}
    assert [entry["what"] for entry in receipt["kept"]] == ["the file"]


def test_what_could_not_be_erased_yet_is_said_and_is_a_failure(carrel: Carrel) -> None:
    class Read(StillLibrary):
        def forget(self, path: Path) -> Forgotten:
            return replace(super().forget(path), unfinished="Another program reads it.")

    outcome = carrel.here("forget", "/notes", library=Read())
    assert outcome.code == 1
    assert "Another program reads it." in outcome.narration


def test_a_sweep_says_what_it_deleted_and_a_dry_run_what_it_would(carrel: Carrel) -> None:
    done = carrel.here("policy", "sweep", library=StillLibrary())
    assert done.text.splitlines() == [
        "Deleted:",
        f"  {FOLDER}/lease.md",
        "  2 answers",
        "  1 audit log line",
    ]
    would = carrel.here("policy", "sweep", "--dry-run", library=StillLibrary())
    assert would.text.startswith("These would be deleted:")
    object_ = carrel.here("policy", "sweep", "--dry-run", "--json", library=StillLibrary()).object
    assert (object_["dry_run"], object_["answers"], object_["prompts"]) == (True, 2, 0)


def test_a_limit_that_makes_no_sense_is_an_error_with_its_key(carrel: Carrel) -> None:
    settings = write(carrel.home / "settings.toml", '[retention]\nsource_days = { "~/Inbox" = 0 }\n')
    outcome = carrel.here("policy", "sweep", "--config", settings)
    assert outcome.code == 2
    assert "retention.source_days.~/Inbox" in outcome.narration


def test_retry_reads_the_files_itself_unless_another_process_owns_the_library(carrel: Carrel) -> None:
    library = StillLibrary()
    assert carrel.here("retry", library=library).text == "Read 1 file again.\n"
    assert len(library.sources) == 2, "its source was indexed again"
    attached = StillLibrary()
    outcome = carrel.here("retry", library=attached, attached=True)
    assert outcome.text == "1 file will be read again in the background.\n"
    assert len(attached.sources) == 1
    assert carrel.here("retry", "--json", library=library).object == {"retried": 1}


def test_indexing_is_paused_and_resumed(carrel: Carrel) -> None:
    library = StillLibrary()
    assert "carrel resume" in carrel.here("pause", library=library).text
    assert library.paused
    assert carrel.here("resume", "--json", library=library).object == {"paused": False}
    assert not library.paused


# Over the library itself


@pytest.mark.model
def test_a_library_is_rebuilt_with_other_chunks_and_is_whole_until_then(filled: Carrel) -> None:
    config = write(filled.home / "chunks.toml", "[index]\nchunk_tokens = 64\n")
    refused = filled.here("search", "warranty", "--config", config)
    assert refused.code == 1
    assert "carrel reindex" in refused.narration
    before = filled.here("status", "--json").object["chunks"]
    rebuilt = filled.here("reindex", "--config", config)
    assert rebuilt.code == 0
    assert rebuilt.text.startswith("Library rebuilt: ")
    after = filled.here("status", "--json", "--config", config).object
    assert after["chunks"] > before
    assert after["documents"]["indexed"] == 13
    assert filled.here("search", "warranty", "--config", config, "--json").object["passages"]
    assert not (filled.library / "next").exists()


@pytest.mark.model
def test_files_that_cannot_be_read_are_named_with_their_reasons(carrel: Carrel, examples: Path) -> None:
    from pypdf import PdfWriter

    folder = carrel.home / "bad"
    folder.mkdir()
    lease = examples / "home" / "lease-agreement.pdf"
    locked = PdfWriter(clone_from=lease)
    locked.encrypt("secret")
    locked.write(folder / "locked.pdf")
    (folder / "torn.pdf").write_bytes(lease.read_bytes()[:2000])
    (folder / "nothing.txt").touch()
    (folder / "picture.txt").write_bytes(bytes(range(256)) * 40)

    first = carrel.here("add", folder)
    assert first.code == 1
    for name in (
        "locked.pdf: encrypted",
        "torn.pdf: damaged",
        "nothing.txt: empty file",
        "picture.txt: ",
    ):
        assert name in first.narration
    again = carrel.here("add", folder, "--json")
    assert again.code == 1, "nothing there can be asked about the second time either"
    states = {document["state"] for document in carrel.here("ls", "--json").object["documents"]}
    assert states == {"failed"}

    write(folder / "garden.md")
    mixed = carrel.here("add", folder, "--json")
    assert mixed.code == 0, "one file that can be read is enough"
    assert mixed.object["sources"][0]["added"] == 1
    for name in ("locked.pdf", "torn.pdf", "nothing.txt", "picture.txt"):
        outcome = carrel.here("summarize", folder / name)
        assert outcome.code == 1
        assert name in outcome.narration


@pytest.mark.model
@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [(["add", "nowhere"], "nowhere", 1), (["rm", "nowhere"], "not in the library", 2)],
    ids=["add", "rm"],
)
def test_a_path_that_does_not_exist_is_a_failure(
    carrel: Carrel, arguments: list[str], words: str, code: int
) -> None:
    outcome = carrel.here(*arguments, "--json")
    assert outcome.code == outcome.error["exit"] == code
    assert words in outcome.narration


@pytest.mark.parametrize("role", ["target", "embedder"])
def test_a_model_that_is_missing_has_an_exit_code_of_its_own(carrel: Carrel, role: str) -> None:
    config = write(carrel.home / "carrel.toml", f'[models]\n{role} = "/nowhere/model"\n')
    outcome = carrel.here("status", "--config", config, "--json")
    assert outcome.code == outcome.error["exit"] == 5
    assert "/nowhere/model" in outcome.narration


def test_an_embedder_that_could_run_code_is_refused(carrel: Carrel) -> None:
    folder = carrel.home / "embedder"
    write(folder / "modules.json", "[]")
    write(folder / "pytorch_model.bin", "a pickle")
    config = write(carrel.home / "carrel.toml", f'[models]\nembedder = "{folder}"\n')
    outcome = carrel.here("add", write(carrel.home / "garden.md"), "--config", config, "--json")
    assert outcome.code == outcome.error["exit"] == 4
    assert "could run code" in outcome.narration
