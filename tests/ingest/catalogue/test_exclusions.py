"""Excluded paths are recognised, and cannot be read from the file."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ingest.catalogue import Catalogue
from tests.running import KEY


def test_a_path_and_all_below_it_is_excluded_and_nothing_beside_it(catalogue: Catalogue) -> None:
    assert not catalogue.exclusions.matcher()("/notes/private")
    catalogue.exclusions.add("/notes/private")
    catalogue.exclusions.add("/notes/caf\udce9.md")
    is_excluded = catalogue.exclusions.matcher()
    assert all(map(is_excluded, ["/notes/private", "/notes/private/a/b.md", "/notes/caf\udce9.md"]))
    assert not any(map(is_excluded, ["/notes", "/notes/private.md", "/notes/privat", "/", "/other/private"]))


def test_another_library_gets_the_same_exclusions(catalogue: Catalogue, tmp_path: Path) -> None:
    catalogue.exclusions.add("/notes/private")
    with closing(Catalogue(tmp_path / "other.db", KEY)) as other:
        catalogue.exclusions.copy_to(other.exclusions)
        assert other.exclusions.matcher()("/notes/private/a.md")
        other.exclusions.add("/notes/b.md")
        assert other.exclusions.matcher()("/notes/b.md")


def test_what_was_excluded_stays_so_where_a_restored_library_has_it_now(catalogue: Catalogue) -> None:
    exclusions = catalogue.exclusions
    exclusions.add("/old/notes/private")
    exclusions.relocate([("/old/notes", "/new/papers")])
    assert exclusions.matcher()("/new/papers/private/a.md")
    assert not exclusions.matcher()("/new/papers/public.md")
    exclusions.add("/new/papers/draft.md")
    exclusions.relocate([("/new", "/third")])
    exclusions.relocate([("/third/papers", "/fourth")])
    assert all(map(exclusions.matcher(), ["/fourth/private/a.md", "/fourth/draft.md"]))
    catalogue.sources.add("/fourth/private")
    assert not exclusions.matcher()("/fourth/private/a.md")
    assert exclusions.matcher()("/fourth/draft.md")


def test_the_names_of_excluded_paths_are_in_no_file(tmp_path: Path) -> None:
    with closing(Catalogue(tmp_path / "catalogue.db", KEY)) as catalogue:
        catalogue.exclusions.add("/notes/zeppelin/first.md")
    with closing(sqlite3.connect(tmp_path / "catalogue.db")) as database, database:
        # As an earlier version stored them.
        database.execute("INSERT INTO excluded VALUES (?)", (b"/notes/zeppelin/second.md",))
    with closing(Catalogue(tmp_path / "catalogue.db", KEY)) as catalogue:
        is_excluded = catalogue.exclusions.matcher()
        assert is_excluded("/notes/zeppelin/first.md")
        assert is_excluded("/notes/zeppelin/second.md")
        assert catalogue.has_remains
        assert catalogue.clean()
    assert b"zeppelin" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
