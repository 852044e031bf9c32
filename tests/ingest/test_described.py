"""Documents that other files describe: those of a Zotero library, and books of Calibre."""

import datetime
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.catalogue import Catalogue, DocumentState, FileMove
from ingest.documents import Document, content_digest
from ingest.handling import Handling
from ingest.jail import Jail
from ingest.opening import Stamp
from ingest.selection import Selection
from tests.catalogues import paths_found, store_note
from tests.parsing import parse_bytes, refusal, texts_and_headings
from tests.running import KEY
from tests.zoteros import write_library, zotero

TITLE = "Reeds of the northern lakes"
OPF = """<?xml version='1.0' encoding='utf-8'?>
<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata>
<dc:title>The Lighthouse Year</dc:title><dc:creator>Ada Okonkwo</dc:creator>
<dc:date>2021-03-01T00:00:00+00:00</dc:date><dc:subject>sea</dc:subject>
<dc:description>&lt;p&gt;A keeper counts &lt;b&gt;storms&lt;/b&gt;.&lt;/p&gt;</dc:description>
<meta name="calibre:series" content="Coasts"/><meta name="calibre:series_index" content="2.0"/>
</metadata></package>
"""


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    catalogue = Catalogue(tmp_path / "catalogue.db", KEY)
    yield catalogue
    catalogue.close()


def stored(catalogue: Catalogue, path: str, data: bytes, *, time: int = 1) -> Document:
    document = parse_bytes(path, data)
    catalogue.store(document, [], digest=document.id, stamp=Stamp(len(data), time))
    return document


def selected(catalogue: Catalogue, **conditions: tuple[str, ...]) -> list[str]:
    return [path for _, path in catalogue.documents.select(Selection(**conditions))]  # type: ignore[arg-type]


def test_an_entry_of_zotero_is_read_with_its_notes_and_annotations() -> None:
    document = parse_bytes("/papers/zotero.sqlite", zotero())
    assert texts_and_headings(document) == [
        (
            "Authors: Ada Okonkwo, Lake Institute\nYear: 2019\nPublished in: Journal of Lakes\n"
            "Collections: Thesis\nTags: wetlands\nFile: reeds.md",
            (TITLE,),
        ),
        ("We counted reeds.", (TITLE,)),
        ("Compare with Lind.\nAsk about the & plots.", (TITLE, "Notes")),
        (
            "Annotation on page 12: “Reeds grow by 4 cm a day.”\nComment: Too fast?",
            (TITLE, "Annotations"),
        ),
        ("Return the books on Friday.", ("Errands", "Notes")),
    ]
    assert "deleted" not in document.pages[0]


def test_annotations_of_a_file_in_the_bin_are_not_read() -> None:
    document = parse_bytes("/papers/zotero.sqlite", zotero("INSERT INTO deletedItems VALUES (2);"))
    assert TITLE in document.pages[0]
    assert "Reeds grow" not in document.pages[0]
    assert document.about == ()


def test_what_zotero_says_of_a_file_reaches_it_through_the_jail(jail: Jail, tmp_path: Path) -> None:
    write_library(tmp_path)
    path = tmp_path / "zotero.sqlite"
    with path.open("rb") as file:
        document = jail.parse(str(path), file.fileno(), content_digest(file.fileno()))
    (about,) = document.about
    assert about.target == "storage/ABCD1234/reeds.md"
    assert (about.title, about.names) == (TITLE, ("Ada Okonkwo", "Lake Institute"))
    assert (about.tags, about.date) == (("Thesis", "wetlands"), datetime.date(2019, 5, 1))


@pytest.mark.parametrize(
    "more",
    [
        "DROP TABLE itemAnnotations;",
        "DELETE FROM itemData;",
        "UPDATE itemAttachments SET path = 'storage:../../secret.md';",
        "UPDATE itemDataValues SET value = x'ff00' WHERE valueID = 1;",
    ],
)
def test_a_library_of_another_version_or_with_odd_values_is_read(more: str) -> None:
    document = parse_bytes("/papers/zotero.sqlite", zotero(more))
    assert "Return the books" in document.pages[0]
    assert all(".." not in each.target for each in document.about)


def test_a_damaged_database_is_refused() -> None:
    assert "damaged" in refusal("zotero.sqlite", zotero()[:5000]).message
    assert "not a Zotero database" in refusal("zotero.sqlite", b"text").message
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE notes (text)")
    assert "damaged" in refusal("zotero.sqlite", database.serialize()).message


PAPER, DATABASE = "/papers/storage/ABCD1234/reeds.md", "/papers/zotero.sqlite"
NOTE = b"# Chapter 1\n\nThe plots lie north of the lake.\n"


@pytest.mark.parametrize("order", [(PAPER, DATABASE), (DATABASE, PAPER)])
def test_a_file_of_zotero_has_the_metadata_of_its_entry_whichever_is_read_first(
    catalogue: Catalogue, order: tuple[str, str]
) -> None:
    contents = {PAPER: NOTE, DATABASE: zotero(), "/papers/other.md": b"# Other\n\nText."}
    for path in (*order, "/papers/other.md"):
        stored(catalogue, path, contents[path])
    assert selected(catalogue, titles=("northern lakes",)) == [PAPER]
    assert selected(catalogue, titles=("Okonkwo",)) == [PAPER]
    assert selected(catalogue, tags=("thesis",)) == [PAPER]
    days = Selection(since=datetime.date(2019, 1, 1), until=datetime.date(2020, 1, 1))
    assert [path for _, path in catalogue.documents.select(days)] == [PAPER]
    assert list(catalogue.codes.unlike(["/papers"])) == []


def test_a_file_is_found_by_the_authors_of_its_entry(catalogue: Catalogue) -> None:
    store_note(catalogue, PAPER, NOTE.decode())
    assert paths_found(catalogue, "Okonkwo") == []
    stored(catalogue, DATABASE, zotero())
    assert set(paths_found(catalogue, "Okonkwo")) == {PAPER}


def test_a_changed_entry_changes_the_metadata_of_its_file(catalogue: Catalogue) -> None:
    stored(catalogue, PAPER, NOTE)
    stored(catalogue, DATABASE, zotero())
    changed = zotero(
        "UPDATE itemDataValues SET value = 'Reeds revisited' WHERE valueID = 1; DELETE FROM itemTags;"
    )
    stored(catalogue, DATABASE, changed, time=2)
    assert selected(catalogue, titles=("revisited",)) == [PAPER]
    assert selected(catalogue, titles=("northern",)) == []
    assert selected(catalogue, tags=("wetlands",)) == []


def read_again(catalogue: Catalogue) -> list[str]:
    """The paths of the documents that the next update reads again."""
    return [path for path, file in catalogue.documents.file_records(["/"]).items() if file.is_due]


OWN = b"---\ntags: [plots]\ndate: 2001-02-03\n---\n# Chapter 1\n\nThe plots lie north of the lake.\n"


@pytest.mark.parametrize("order", [(PAPER, DATABASE), (DATABASE, PAPER)])
def test_what_a_forgotten_document_said_about_a_file_is_taken_from_it(
    catalogue: Catalogue, order: tuple[str, str]
) -> None:
    for path in order:
        store_note(catalogue, path, OWN.decode()) if path == PAPER else stored(catalogue, path, zotero())
    assert set(paths_found(catalogue, "Okonkwo wetlands")) == {PAPER}
    assert catalogue.remove([DATABASE]) == 1
    assert paths_found(catalogue, "Okonkwo wetlands northern") == []
    assert selected(catalogue, titles=("northern",)) == selected(catalogue, tags=("thesis",)) == []
    assert list(catalogue.codes.unlike(["/papers"])) == []
    assert read_again(catalogue) == [PAPER]
    store_note(catalogue, PAPER, OWN.decode())
    assert selected(catalogue, titles=("chapter",)) == selected(catalogue, tags=("plots",)) == [PAPER]


@pytest.mark.parametrize(
    ("change", "tags", "titles"),
    [
        ("DELETE FROM itemTags; DELETE FROM collectionItems;", [], [PAPER]),
        ("INSERT INTO deletedItems VALUES (1);", [], []),
        ("UPDATE itemDataValues SET value = 'Lakes' WHERE valueID = 4;", [PAPER], [PAPER]),
    ],
    ids=["no tags", "in the bin", "another journal"],
)
def test_what_an_entry_no_longer_says_is_taken_from_its_file(
    catalogue: Catalogue, change: str, tags: list[str], titles: list[str]
) -> None:
    stored(catalogue, PAPER, OWN)
    stored(catalogue, DATABASE, zotero())
    stored(catalogue, DATABASE, zotero(change), time=2)
    assert selected(catalogue, tags=("thesis",)) == tags
    assert selected(catalogue, titles=("northern",)) == titles
    assert read_again(catalogue) == ([] if tags else [PAPER])
    assert list(catalogue.codes.unlike(["/papers"])) == []


def test_what_a_document_said_that_cannot_be_read_for_a_moment_counts_until_it_is_read_or_forgotten(
    catalogue: Catalogue,
) -> None:
    def fail() -> None:
        catalogue.store_failure(
            DATABASE, "changed", stamp=Stamp(1, 3), media_type=None, state=DocumentState.FAILED
        )

    stored(catalogue, DATABASE, zotero())
    fail()
    stored(catalogue, PAPER, OWN)
    assert selected(catalogue, tags=("thesis",)) == selected(catalogue, titles=("northern",)) == [PAPER]
    stored(catalogue, DATABASE, zotero("DELETE FROM itemTags; DELETE FROM collectionItems;"), time=2)
    assert selected(catalogue, tags=("thesis",)) == []
    fail()
    assert catalogue.remove([DATABASE]) == 1
    assert selected(catalogue, titles=("northern",)) == []


def test_a_file_that_is_moved_away_loses_what_was_said_and_one_that_moves_along_keeps_it(
    catalogue: Catalogue,
) -> None:
    stored(catalogue, PAPER, OWN)
    stored(catalogue, DATABASE, zotero())
    along = {path: path.replace("/papers", "/moved") for path in (PAPER, DATABASE)}
    catalogue.move([FileMove(old, new, Stamp(1, 1)) for old, new in along.items()])
    assert selected(catalogue, titles=("northern",), tags=("thesis",)) == [along[PAPER]]
    assert read_again(catalogue) == []
    catalogue.move([FileMove(along[PAPER], "/notes/reeds.md", Stamp(1, 1))])
    assert selected(catalogue, titles=("northern",)) == selected(catalogue, tags=("thesis",)) == []
    assert read_again(catalogue) == ["/notes/reeds.md"]
    assert list(catalogue.codes.unlike(["/notes"])) == []


def test_a_copy_elsewhere_is_not_changed_by_what_is_said_later(catalogue: Catalogue) -> None:
    stored(catalogue, "/home/reeds.md", NOTE)
    stored(catalogue, DATABASE, zotero())
    assert selected(catalogue, titles=("northern",)) == []
    assert catalogue.copy("/home/reeds.md", PAPER, Stamp(1, 1))
    assert selected(catalogue, titles=("northern",)) == [PAPER]


@pytest.mark.parametrize("order", [(PAPER, DATABASE), (DATABASE, PAPER)])
def test_what_is_said_about_a_file_is_masked_by_the_rules_for_it(
    catalogue: Catalogue, order: tuple[str, str]
) -> None:
    number = "4111 1111 1111 1111"
    handling = Handling({"/papers/storage": frozenset({"card"})}, {}, ())
    catalogue.descriptions.mask = handling.masked_text
    contents = {
        PAPER: NOTE,
        DATABASE: zotero(
            f"UPDATE itemDataValues SET value = 'Reeds {number}' WHERE valueID = 1;"
            f"UPDATE tags SET name = '{number}'; UPDATE creators SET lastName = '{number}';"
        ),
    }
    for path in order:
        stored(catalogue, path, contents[path])
    (key,) = (key for key, path in catalogue.documents.select(Selection()) if path == PAPER)
    assert "Reeds [card ••1111]" in catalogue.documents.names(key)
    assert "4111" not in catalogue.documents.names(key)


LINKS = {
    "absolute": ("/texts/lakes/reeds.md", "/texts/lakes/reeds.md"),
    "from the base directory": ("attachments:lakes/reeds.md", "/texts/lakes/reeds.md"),
}


def linking(path: str) -> bytes:
    return zotero(f"UPDATE itemAttachments SET path = '{path}';")


@pytest.mark.parametrize("first", ["file", "database"])
@pytest.mark.parametrize(("written", "path"), LINKS.values(), ids=LINKS)
def test_a_linked_file_in_a_source_has_the_metadata_of_its_entry(
    catalogue: Catalogue, written: str, path: str, first: str
) -> None:
    for source in ("/papers", "/texts"):
        catalogue.sources.add(source)
    contents = {path: NOTE, DATABASE: linking(written)}
    for each in (path, DATABASE) if first == "file" else (DATABASE, path):
        stored(catalogue, each, contents[each])
    stored(catalogue, "/texts/reeds.md", NOTE)
    assert selected(catalogue, titles=("northern lakes",), tags=("thesis",)) == [path]
    assert "File: reeds.md" in parse_bytes(DATABASE, linking(written)).pages[0]
    stored(catalogue, DATABASE, zotero("INSERT INTO deletedItems VALUES (1);"), time=2)
    assert selected(catalogue, titles=("northern lakes",)) == []
    assert list(catalogue.codes.unlike(["/texts"])) == []


@pytest.mark.parametrize("first", ["file", "database"])
def test_a_database_that_somebody_sent_describes_no_file_of_another_source(
    catalogue: Catalogue, first: str
) -> None:
    for source in ("/downloads", "/texts"):
        catalogue.sources.add(source)
    file, sent = "/texts/lakes/reeds.md", "/downloads/sent/zotero.sqlite"
    contents = {file: NOTE, sent: linking(file)}
    for each in (file, sent) if first == "file" else (sent, file):
        stored(catalogue, each, contents[each])
    assert selected(catalogue, titles=("northern lakes",)) == []


@pytest.mark.parametrize(
    "path", ["attachments:../reeds.md", "/texts/../reeds.md", "attachments:/etc/passwd", ""]
)
def test_a_linked_file_whose_path_is_not_resolved_is_not_described(path: str) -> None:
    assert parse_bytes(DATABASE, linking(path)).about == ()


@pytest.mark.parametrize("order", [("book.md", "metadata.opf"), ("metadata.opf", "book.md")])
def test_a_book_has_the_metadata_that_calibre_keeps_beside_it(
    catalogue: Catalogue, order: tuple[str, str]
) -> None:
    contents = {"book.md": NOTE, "metadata.opf": OPF.encode()}
    stored(catalogue, "/books/Other/book.md", NOTE)
    for name in order:
        stored(catalogue, f"/books/Ada Okonkwo/The Lighthouse Year/{name}", contents[name])
    book = "/books/Ada Okonkwo/The Lighthouse Year/book.md"
    assert book in selected(catalogue, titles=("lighthouse",))
    assert selected(catalogue, tags=("coasts",)) == [book]
    assert "/books/Other/book.md" not in selected(catalogue, titles=("lighthouse",))


def test_the_description_of_a_book_is_read() -> None:
    document = parse_bytes("/books/metadata.opf", OPF.encode())
    assert document.title == "The Lighthouse Year"
    assert [block.text for block in document.blocks] == [
        "Title: The Lighthouse Year\nAuthors: Ada Okonkwo\nSeries: Coasts 2.0\nYear: 2021\nTags: sea",
        "A keeper counts storms.",
    ]


def test_a_note_is_known_by_its_aliases(catalogue: Catalogue) -> None:
    for fields in (
        "aliases: [Gym, Turnhalle]",
        "aliases:\n  - Gym\n  - Turnhalle",
        "aliases: Gym, Turnhalle",
    ):
        note = f"---\n{fields}\n---\n# Sports hall\n\nThe key is with Mrs Halvorsen.\n"
        store_note(catalogue, "/vault/hall.md", note)
        entries = {entry.path: entry.names for entry in catalogue.documents.entries()}
        assert entries["/vault/hall.md"] == ("Gym", "Turnhalle")
        assert selected(catalogue, titles=("turnhalle",)) == ["/vault/hall.md"]
        assert selected(catalogue, folders=("Gym",)) == ["/vault/hall.md"]
        assert selected(catalogue, folders=("Gymnasium",)) == []
        assert paths_found(catalogue, "Turnhalle")[0] == "/vault/hall.md"
