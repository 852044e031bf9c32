"""The process outside the seal: the command of the viewer."""

import pytest

from tui.outside import viewer_arguments


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("xdg-open {path}", ["xdg-open", "/a b/{page}.pdf"]),
        ("code --goto {path}:{line}", ["code", "--goto", "/a b/{page}.pdf:7"]),
        ("'my viewer' -p {page} {path}", ["my viewer", "-p", "3", "/a b/{page}.pdf"]),
        ("viewer {path};rm -r ~", ["viewer", "/a b/{page}.pdf;rm", "-r", "~"]),
    ],
)
def test_a_viewers_command_is_split_into_words_without_a_shell(command: str, words: list[str]) -> None:
    assert viewer_arguments(command, "/a b/{page}.pdf", 3, 7) == words


@pytest.mark.parametrize("command", ["viewer", "viewer '{path}"])
def test_an_invalid_command_is_refused(command: str) -> None:
    with pytest.raises(ValueError):
        viewer_arguments(command, "/a", None, None)
