"""What several reads see while another thread stores and removes documents."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.catalogue import Catalogue
from tests.catalogues import store_note


def elsewhere(action: Callable[[], object]) -> None:
    """Does something on another thread, to its end."""
    thread = threading.Thread(target=action)
    thread.start()
    thread.join(10)
    assert not thread.is_alive(), "it waited for a reader"


def test_reads_that_belong_together_see_one_state_and_make_no_writer_wait(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/lease.md", "The lease ends in June.")
    with catalogue.unchanged():
        assert len(catalogue.documents.entries()) == 1
        elsewhere(lambda: store_note(catalogue, "/notes/boiler.md", "The boiler is new."))
        elsewhere(lambda: catalogue.remove(["/notes/lease.md"]))
        assert [entry.path for entry in catalogue.documents.entries()] == ["/notes/lease.md"]
        catalogue.set_fact("name", "value")
        assert catalogue.fact("name") is None, "also for what this thread stores"
    assert [entry.path for entry in catalogue.documents.entries()] == ["/notes/boiler.md"]
    assert catalogue.fact("name") == "value"


def test_chunks_are_read_whole_while_their_documents_are_removed(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {"/notes/lease.md": "The lease ends.", "/notes/loan.md": "The loan ends."}
    first, second = (store_note(catalogue, path, text)[0].id for path, text in texts.items())
    fits = catalogue.codes.own_fits

    def removing(document: int) -> bool:
        elsewhere(lambda: catalogue.remove(texts))
        return fits(document)

    monkeypatch.setattr(catalogue.codes, "own_fits", removing)
    assert catalogue.chunks.by_id([first, second]).keys() == {first, second}
    assert catalogue.chunks.by_id([first, second]) == {}


def test_deleted_text_is_erased_after_the_snapshots_that_may_read_it(
    tmp_path: Path, catalogue: Catalogue
) -> None:
    store_note(catalogue, "/notes/lease.md", "The lease ends in xylophone.")
    with catalogue.unchanged():
        catalogue.documents.entries()
        catalogue.remove(["/notes/lease.md"])
        cleaning = threading.Thread(target=catalogue.clean)
        cleaning.start()
        assert catalogue.documents.entries()
    cleaning.join()
    assert b"xylophone" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
