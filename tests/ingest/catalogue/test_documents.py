"""Documents: how they are listed and selected, and what a file that could not be read leaves."""

import os

from ingest.catalogue import Catalogue, DocumentState, PageText
from ingest.documents import Locator
from ingest.opening import Stamp
from ingest.selection import Selection
from tests.catalogues import NOTE, store_note


def test_a_path_that_is_not_valid_text_is_stored_byte_for_byte(catalogue: Catalogue) -> None:
    path = os.fsdecode(b"/notes/caf\xe9 \nnew.md")
    chunk = store_note(catalogue, path)[0]
    assert [entry.path for entry in catalogue.documents.entries()] == [path]
    assert list(catalogue.documents.file_records(["/notes"])) == [path]
    assert catalogue.chunks.by_id([chunk.id])[chunk.id].locator.path == path


def test_below_a_folder_means_inside_it_and_not_next_to_it(catalogue: Catalogue) -> None:
    inside = ["/notes", "/notes/a.md", "/notes/sub/b.md", "/notes/\U0010ffff.md"]
    outside = ["/notes-old/a.md", "/notes.md", "/notes0", "/note/a.md", "/Notes/a.md", "/notes_/%.md"]
    for path in inside + outside:
        catalogue.documents.set_failed(path, "broken", stamp=Stamp(1, 1), media_type=None)
    assert sorted(catalogue.documents.file_records(["/notes"])) == sorted(inside)
    assert sorted(catalogue.documents.file_records(["/"])) == sorted(inside + outside)


def test_a_failed_file_keeps_its_reason_until_it_is_read(catalogue: Catalogue) -> None:
    path = "/notes/lease.md"
    catalogue.documents.set_failed(path, "encrypted", stamp=Stamp(9, 9), media_type="text/markdown")
    (entry,) = catalogue.documents.entries()
    assert (entry.state, entry.reason, entry.chunks) == (DocumentState.FAILED, "encrypted", 0)
    assert catalogue.documents.file_records(["/notes"])[path].digest is None
    store_note(catalogue, path)
    (entry,) = catalogue.documents.entries()
    assert (entry.state, entry.reason) == (DocumentState.INDEXED, "")


def test_a_failed_file_looks_changed_once_it_is_to_be_tried_again(catalogue: Catalogue) -> None:
    catalogue.documents.set_failed("/notes/a.md", "broken", stamp=Stamp(1, 1), media_type="text/markdown")
    catalogue.documents.set_skipped(["/notes"], [("/notes/a.bin", "unknown type")])
    store_note(catalogue, "/notes/b.md")
    assert catalogue.documents.retry_failed("/notes") == 1
    stamps = {path: record.stamp for path, record in catalogue.documents.file_records(["/notes"]).items()}
    assert stamps == {"/notes/a.md": Stamp(1, -1), "/notes/b.md": Stamp(len(NOTE), 1)}


def test_skipped_files_are_listed_with_their_reason_but_were_never_opened(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/lease.md")
    skipped = [("/notes/a.bin", "unknown type"), ("/notes/b.bin", "unknown type")]
    catalogue.documents.set_skipped(["/notes"], skipped)
    catalogue.documents.set_skipped(["/notes"], [("/notes/b.bin", "symbolic link")])
    assert [(entry.path, entry.reason) for entry in catalogue.documents.entries()] == [
        ("/notes/b.bin", "symbolic link"),
        ("/notes/lease.md", ""),
    ]
    assert list(catalogue.documents.file_records(["/notes"])) == ["/notes/lease.md"]


def test_skipping_in_one_source_leaves_another_alone(catalogue: Catalogue) -> None:
    catalogue.documents.set_skipped(["/a"], [("/a/x.bin", "unknown type")])
    catalogue.documents.set_skipped(["/b"], [("/b/x.bin", "unknown type")])
    catalogue.documents.set_skipped(["/b"], [])
    assert [entry.path for entry in catalogue.documents.entries()] == ["/a/x.bin"]


def test_searchable_and_unreadable_documents_are_listed_apart(
    catalogue: Catalogue,
) -> None:
    store_note(catalogue, "/notes/lease.md")
    store_note(catalogue, "/notes/today.md", indexed=False)
    catalogue.documents.set_failed("/notes/scan.pdf", "damaged", stamp=Stamp(1, 1), media_type=None)
    catalogue.documents.set_skipped(["/notes"], [("/notes/a.bin", "unknown type")])
    paths = [path for _, path in catalogue.documents.select(Selection())]
    assert paths == ["/notes/lease.md", "/notes/today.md"]
    assert catalogue.documents.unread(Selection()) == [("/notes/scan.pdf", "damaged")]
    assert catalogue.documents.unread(Selection(folders=("/letters",))) == []


def test_filters_offer_the_folders_below_a_source_and_the_suffixes_and_tags(catalogue: Catalogue) -> None:
    store_note(catalogue, "/home/notes/tax/2024/return.md", "---\ntags: [tax]\n---\nPaid in full.\n")
    store_note(catalogue, "/home/notes/README", "A note without a suffix.\n")
    values = catalogue.documents.filter_values(["/home/notes"])
    assert values == {"in": ["tax", "tax/2024"], "type": ["md"], "tag": ["tax"], "collection": []}


def test_mail_is_selected_by_the_people_in_its_own_headers(catalogue: Catalogue) -> None:
    letter = "Subject: Hall\nFrom: Pétra Klein <petra@example.org>\nTo: Jon <jon@example.org>\nCc: Ada\n\n"
    inner = "See below.\n\nFrom: Boris <boris@example.org>\nTo: Petra <petra@example.org>\n\n2870 euros."
    start = "From x@example.org Mon Jan  1 00:00:00 2024\n"
    box = f"{start}From: Ada\n\n310.\n\n{start}From: Jon\nTo: Petra\n\nUnder the mat."
    store_note(catalogue, "/mail/a.eml", letter + inner)
    store_note(catalogue, "/mail/b.mbox", box)
    store_note(catalogue, "/mail/c.md", letter)

    def selected(selection: Selection) -> list[str]:
        return [os.path.basename(path) for _, path in catalogue.documents.select(selection)]

    assert selected(Selection(senders=("petra",))) == ["a.eml"]
    assert selected(Selection(senders=("klein PETRA",))) == ["a.eml"]
    assert selected(Selection(senders=("boris",))) == []
    assert selected(Selection(senders=("jon", "petra@example"))) == ["a.eml", "b.mbox"]
    assert selected(Selection(recipients=("ada",))) == ["a.eml"]
    assert selected(Selection(recipients=("petra",))) == ["b.mbox"]
    assert selected(Selection(senders=("petra",), recipients=("jon",))) == ["a.eml"]


def test_a_page_that_has_become_shorter_than_a_quote_in_it_is_not_shown(catalogue: Catalogue) -> None:
    (chunk,) = store_note(catalogue, "/notes/a.md", "The rent is 870 euros.\n")
    assert catalogue.documents.page_text(chunk.locator) == PageText("The rent is 870 euros.\n", ())
    store_note(catalogue, "/notes/a.md", "Short.\n")
    assert catalogue.documents.page_text(chunk.locator) is None
    nowhere = Locator("/notes/b.md", None, None, (), (1, 1), (0, 1))
    assert catalogue.documents.page_text(nowhere) is None
