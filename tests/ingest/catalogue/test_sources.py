"""Sources, and what ends an exclusion."""

from ingest.catalogue import Catalogue


def test_sources_are_listed_in_the_order_in_which_they_were_added(catalogue: Catalogue) -> None:
    for path in ("/notes", "/letters", "/archive", "/notes"):
        catalogue.sources.add(path)
    assert catalogue.sources.paths() == ["/notes", "/letters", "/archive"]


def test_adding_a_path_ends_the_exclusion_of_what_is_at_or_below_it(catalogue: Catalogue) -> None:
    catalogue.sources.add("/notes")
    for path in ("/notes/a", "/notes/a/b.md", "/notes/ab"):
        catalogue.exclusions.add(path)
    catalogue.sources.add("/notes/a")
    is_excluded = catalogue.exclusions.matcher()
    assert is_excluded("/notes/ab")
    assert not is_excluded("/notes/a/b.md")
    assert catalogue.sources.paths() == ["/notes", "/notes/a"]


def test_adding_a_source_again_keeps_what_was_excluded_from_it(catalogue: Catalogue) -> None:
    catalogue.sources.add("/notes")
    catalogue.exclusions.add("/notes/private")
    catalogue.sources.add("/notes")
    assert catalogue.exclusions.matcher()("/notes/private")


def test_removing_a_folder_removes_the_sources_in_it(catalogue: Catalogue) -> None:
    for path in ("/notes", "/notes/a", "/notes/ab"):
        catalogue.sources.add(path)
    catalogue.sources.remove("/notes/a")
    assert catalogue.sources.paths() == ["/notes", "/notes/ab"]


def test_the_disk_of_a_source_is_remembered_until_the_source_is_added_again(catalogue: Catalogue) -> None:
    catalogue.sources.add("/notes")
    assert catalogue.sources.disk("/notes") == ""
    catalogue.sources.set_disk("/notes", "6b0c1f0e")
    assert catalogue.sources.disk("/notes") == "6b0c1f0e"
    assert catalogue.sources.disk("/letters") == ""
    catalogue.sources.add("/notes")
    assert catalogue.sources.disk("/notes") == ""
