"""Items of lists and tasks that documents contain."""

from pathlib import Path

import pytest

from tests.libraries import indexed, values


@pytest.mark.parametrize(
    "question",
    [
        "Which to-dos are still open?",
        "Which todos are open",
        "Welche Aufgaben sind noch offen?",
        "Quelles tâches sont encore ouvertes ?",
    ],
)
@pytest.mark.parametrize("mark", ["", "- ", "1. "])
def test_check_boxes_are_tasks_with_and_without_a_list_mark(tmp_path: Path, question: str, mark: str) -> None:
    boxes = (f"{mark}[ ] oil the gate", f"{mark}[x] pay Otto", f"{mark}[ ] order gravel, 2 bags")
    with indexed(tmp_path, {"yard.txt": "Yard\n" + "\n".join(boxes) + "\n"}) as library:
        assert values(library.computed(question)) == ["yard: oil the gate", "yard: order gravel, 2 bags"]


def test_an_answer_from_a_list_begins_with_the_items(tmp_path: Path) -> None:
    boats = "# Boats\n\nThe hut lends these boats:\n\n- River: punt, skiff\n- Lake: dinghy\n- Sea: none\n"
    with indexed(tmp_path, {"hire.md": boats}) as library:
        answer = library.computed("Which river boats does the hut lend?")
    assert answer.text.startswith("River: punt, skiff. 1 item of the list")
