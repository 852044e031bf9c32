"""A tree of a source: what it notices when it examines a folder again."""

import os
import shutil
from pathlib import Path

import pytest

from ingest.sweeping import Tree, signature


def write(path: Path, text: str = "text") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = tmp_path / "tree"
    for name in ("a.md", "b.md", "sub/a.md", "sub/b.md", "sub/in/a.md", "sub/in/b.md", "one/a.md"):
        write(root / name)
    tree = Tree(str(root), None)
    list(tree.build())
    return tree


def test_a_tree_forgets_a_deleted_folder_with_everything_below_it(tree: Tree) -> None:
    shutil.rmtree(os.path.join(tree.root, "sub"))
    assert tree.examine(tree.root) == [os.path.join(tree.root, "sub")]
    assert sorted(os.path.relpath(folder, tree.root) for folder in tree.folders) == [".", "one"]


def test_a_change_is_found_again_until_it_is_reported(tree: Tree) -> None:
    path = str(write(Path(tree.root, "sub", "a.md"), "longer text"))
    folder = os.path.dirname(path)
    assert tree.examine(folder) == [path]
    assert tree.examine(folder) == [path]
    assert tree.note_reported(path, signature(path)) == path
    assert tree.examine(folder) == []


def test_a_file_that_came_and_went_between_two_looks_is_not_reported(tree: Tree) -> None:
    path = os.path.join(tree.root, "4913")
    assert tree.note_reported(path, None) is None


def test_new_rules_have_the_folder_reported_and_taken_in_again(tree: Tree) -> None:
    write(Path(tree.root, "sub", "in", "c.txt"))
    rules = write(Path(tree.root, "sub", ".carrelignore"), "/in/")
    assert tree.note_reported(str(rules), signature(str(rules))) == os.path.join(tree.root, "sub")
    assert os.path.join(tree.root, "sub", "in") not in tree.folders
    assert not tree.contains(os.path.join(tree.root, "sub"), "in", is_folder=True)
