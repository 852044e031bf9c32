"""Which paths a scope names, and how the queue of reports combines them."""

import os
from pathlib import Path

import pytest

from ingest.scopes import CROWD, STORM, Offline, Online, PostponedScopes, ReportQueue, Scope, coalesce
from ingest.sweeping import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    for name in ("a.md", "b.md", "sub/a.md", "sub/b.md", "sub/in/a.md", "sub/in/b.md", "one/a.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("text", encoding="utf-8")
    tree = Tree(str(root), None)
    list(tree.build())
    return tree


def fewest(tree: Tree, *names: str) -> list[str] | None:
    paths = coalesce(tree, [os.path.join(tree.root, name) for name in names])
    return None if paths is None else [os.path.relpath(path, tree.root) for path in paths]


def test_all_files_of_a_folder_become_the_folder(tree: Tree) -> None:
    assert fewest(tree, "sub/in/a.md", "sub/in/b.md", "a.md") == ["a.md", "sub/in"]
    assert fewest(tree, "sub/in/a.md", "sub/in/b.md", "sub/a.md", "sub/b.md") == ["sub"]
    assert fewest(tree, "one/a.md", "sub/a.md") == ["one/a.md", "sub/a.md"]
    assert fewest(tree, "a.md", "b.md", "sub", "one") is None


def test_paths_below_a_named_folder_are_dropped(tree: Tree) -> None:
    assert fewest(tree, "sub", "sub/in/a.md", "sub/a.md", "a.md") == ["a.md", "sub"]


def test_a_storm_of_changes_becomes_the_source(tree: Tree) -> None:
    scattered = [f"gone{number}/a.md" for number in range(STORM + 1)]
    assert fewest(tree, *scattered) is None
    assert fewest(tree, *scattered[:-1]) == sorted(scattered[:-1])


def test_a_crowd_of_files_becomes_the_folder_even_if_it_has_more(tree: Tree) -> None:
    crowd = [f"sub/in/{number}.md" for number in range(CROWD + 1)]
    assert fewest(tree, *crowd) == ["sub/in"]


# The queue


def test_a_waiting_scope_grows_until_it_is_taken(tree: Tree) -> None:
    reports = ReportQueue()
    reports.put_paths("/source", tree, [os.path.join(tree.root, "sub/a.md")])
    reports.put_paths("/source", tree, [os.path.join(tree.root, "one/a.md")])
    paths = tuple(os.path.join(tree.root, name) for name in ("one/a.md", "sub/a.md"))
    assert reports.waiting("/source") == paths
    assert reports.next(0.0) == Scope("/source", paths)
    assert reports.next(0.0) is None


def test_a_scope_of_the_whole_source_includes_later_paths(tree: Tree) -> None:
    reports = ReportQueue()
    reports.put_whole("/source", was_offline=False)
    reports.put_paths("/source", tree, [os.path.join(tree.root, "a.md")])
    assert reports.next(0.0) == Scope("/source", None)
    assert reports.next(0.0) is None


def test_the_scope_of_a_source_that_went_offline_is_withdrawn() -> None:
    reports = ReportQueue()
    reports.put_whole("/source", was_offline=False)
    reports.put_offline("/source", "no such file or folder")
    assert reports.next(0.0) == Offline("/source", "no such file or folder")
    assert reports.next(0.0) is None
    reports.put_whole("/source", was_offline=True)
    assert reports.next(0.0) == Online("/source")
    assert reports.next(0.0) == Scope("/source", None)


def test_a_closed_queue_does_not_make_its_reader_wait() -> None:
    reports = ReportQueue()
    reports.close()
    assert reports.next(60.0) is None


def test_what_is_postponed_of_a_source_grows_until_it_is_taken() -> None:
    postponed = PostponedScopes()
    postponed.put("/a", ("/a/one.md", "/a/sub/two.md"))
    postponed.put("/a", ("/a/sub",))
    postponed.put("/b", None)
    postponed.put("/b", ("/b/one.md",))
    postponed.put("/c", (f"/c/{number}" for number in range(STORM + 1)))
    postponed.put("/d", None)
    postponed.drop("/d")
    assert postponed.take() == [
        Scope("/a", ("/a/one.md", "/a/sub")),
        Scope("/b", None),
        Scope("/c", None),
    ]
    assert not postponed
