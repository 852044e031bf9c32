"""Collections in a catalogue: what they hold, and that they follow what happens to documents."""

import os

import pytest

from ingest.catalogue import Catalogue, FileMove
from ingest.errors import BadCollection
from ingest.opening import Stamp
from ingest.selection import Selection
from tests.catalogues import store_note

TAGGED = "---\ntags: [Contract]\n---\nSigned in May.\n"


def held(catalogue: Catalogue, *names: str) -> list[str]:
    return [path for _, path in catalogue.documents.select(Selection(collections=names))]


def test_a_collection_holds_folders_documents_and_tags_also_those_that_come_later(
    catalogue: Catalogue,
) -> None:
    store_note(catalogue, "/notes/home/lease.md")
    store_note(catalogue, "/notes/homework.md")
    store_note(catalogue, "/notes/tax.md")
    catalogue.collections.add("flat", ["/notes/home", "/notes/tax.md"], ["#contract"], "The flat")
    assert held(catalogue, "flat") == ["/notes/home/lease.md", "/notes/tax.md"]
    store_note(catalogue, "/notes/home/new.md")
    store_note(catalogue, "/notes/car.md", TAGGED)
    assert held(catalogue, "flat") == [
        "/notes/car.md",
        "/notes/home/lease.md",
        "/notes/home/new.md",
        "/notes/tax.md",
    ]
    (flat,) = catalogue.collections.all()
    assert (flat.name, flat.context) == ("flat", "The flat")
    listed = {entry.path: entry.collections for entry in catalogue.documents.entries()}
    assert (listed["/notes/car.md"], listed["/notes/homework.md"]) == (("flat",), ())


def test_several_collections_add_up_and_other_filters_narrow_them(catalogue: Catalogue) -> None:
    for path in ("/a/1.md", "/b/1.md", "/c/1.md"):
        store_note(catalogue, path)
    catalogue.collections.add("one", ["/a"], [], None)
    catalogue.collections.add("two", ["/b"], [], None)
    assert held(catalogue, "one", "two") == ["/a/1.md", "/b/1.md"]
    narrowed = Selection(folders=("/b", "/c"), collections=("one", "two"))
    assert [path for _, path in catalogue.documents.select(narrowed)] == ["/b/1.md"]


def test_a_collection_that_does_not_exist_or_is_empty_holds_nothing(catalogue: Catalogue) -> None:
    store_note(catalogue, "/a/1.md")
    catalogue.documents.set_failed("/a/2.pdf", "damaged", stamp=Stamp(1, 1), media_type=None)
    catalogue.collections.add("empty", [], [], "Nothing yet")
    for name in ("empty", "nope"):
        assert held(catalogue, name) == []
        assert catalogue.documents.unread(Selection(collections=(name,))) == []


def test_paths_and_tags_are_taken_out_and_the_rest_stays(catalogue: Catalogue) -> None:
    catalogue.collections.add("flat", ["/a", "/b"], ["x"], "The flat")
    catalogue.collections.remove("Flat", ["/a"], ["#X"])
    (flat,) = catalogue.collections.all()
    assert (flat.paths, flat.tags, flat.context) == (("/b",), (), "The flat")
    with pytest.raises(BadCollection, match="does not name /c"):
        catalogue.collections.remove("flat", ["/b", "/c"])
    assert catalogue.collections.all() == [flat]
    catalogue.collections.remove("flat")
    assert catalogue.collections.all() == []
    with pytest.raises(BadCollection, match="no collection flat"):
        catalogue.collections.remove("flat")


@pytest.mark.parametrize("name", ["", "a b", "-a", "a,b", "a/b", "../a", "x" * 41, "a\n", 'a"'])
def test_a_name_that_could_not_be_typed_is_refused(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(BadCollection, match="cannot be the name"):
        catalogue.collections.add(name, ["/a"], [], None)
    assert catalogue.collections.all() == []


def test_names_are_the_same_in_any_case_and_composition(catalogue: Catalogue) -> None:
    catalogue.collections.add("Verträge", ["/a"], [], None)
    catalogue.collections.add("vertra\u0308ge", ["/b"], [], None)
    assert [(each.name, each.paths) for each in catalogue.collections.all()] == [("verträge", ("/a", "/b"))]


def test_a_document_that_moves_stays_in_its_collection(catalogue: Catalogue) -> None:
    store_note(catalogue, "/notes/old.md")
    raw = os.fsdecode(b"/notes/caf\xe9.md")
    catalogue.collections.add("flat", ["/notes/old.md"], [], None)
    catalogue.move([FileMove("/notes/old.md", raw, Stamp(1, 1))])
    assert held(catalogue, "flat") == [raw]


def test_what_is_forgotten_is_taken_out_of_every_collection(catalogue: Catalogue) -> None:
    catalogue.collections.add("flat", ["/notes/a", "/notes/a/b.md", "/notes/ab"], [], None)
    catalogue.collections.forget("/notes/a")
    (flat,) = catalogue.collections.all()
    assert flat.paths == ("/notes/ab",)
