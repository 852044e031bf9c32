"""Long texts: cut into pages, and read as far as a file of text is."""

import pytest

from ingest.chunking import chunks
from ingest.documents import Document
from ingest.parsers.paging import PAGE_CHARACTERS, TEXT_BYTES
from tests.parsing import parsed

SENTENCE = "The hedge is cut in the first week of March, and the shears hang behind the door. "
MIDDLE = "The key of the shed is under the third pot. "


def lines_of(document: Document) -> list[str]:
    """The lines of the whole text."""
    return "".join(document.pages).split("\n")


def long_line(characters: int) -> str:
    """One line with `MIDDLE` in its middle."""
    half = SENTENCE * (characters // 2 // len(SENTENCE))
    return half + MIDDLE + half


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.rst", "a.org", "a.json", "a.log"])
def test_a_long_line_is_cut_into_pages_without_losing_a_character(name: str) -> None:
    text = long_line(3 * PAGE_CHARACTERS)
    document = parsed(name, text)
    assert len(document.pages) >= 3
    assert max(map(len, document.pages)) <= PAGE_CHARACTERS
    assert "".join(document.pages) == text
    assert {block.locator.lines for block in document.blocks} == {(1, 1)}
    assert sum(MIDDLE.strip() in chunk.text for chunk in chunks(document, lambda text: len(text) // 5)) == 1


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.py"])
def test_the_lines_of_a_long_text_are_those_of_its_file(name: str) -> None:
    text = "".join(f"row {number}, {SENTENCE}\n" for number in range(2 * PAGE_CHARACTERS // len(SENTENCE)))
    document = parsed(name, text)
    assert len(document.pages) >= 2
    lines = lines_of(document)
    assert lines == text.split("\n")
    found = list(chunks(document, lambda text: len(text) // 5))
    assert {chunk.locator.page for chunk in found} == set(range(1, len(document.pages) + 1))
    for chunk in found:
        assert chunk.locator.lines
        first, last = chunk.locator.lines
        assert chunk.text in "\n".join(lines[first - 1 : last])
        assert chunk.text in document.pages[(chunk.locator.page or 1) - 1]
        assert chunk.locator.where.startswith("line")


def test_a_page_ends_where_a_record_ends() -> None:
    text = "name,amount\n" + "".join(f'"a\nb {number}",{number}\n' for number in range(PAGE_CHARACTERS // 12))
    document = parsed("a.csv", text)
    assert len(document.pages) >= 2
    assert all(page.startswith('"a\n') for page in document.pages[1:])


def test_a_short_text_has_one_page_and_no_number_of_it() -> None:
    document = parsed("a.txt", SENTENCE)
    assert len(document.pages) == 1
    assert document.blocks[0].locator.page is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_what_was_not_read_of_a_very_long_text_is_said(encoding: str) -> None:
    beginning = "Schlüssel: under the third pot.\n" * 20
    blank = f"{' ' * 2000}\n" * (TEXT_BYTES // 2001 + 1000)
    document = parsed("a.txt", (beginning + blank + MIDDLE).encode(encoding))
    assert document.unread.startswith("the first 67 of ")
    assert document.unread.endswith(" MB were read")
    assert "Schlüssel" in document.blocks[0].text
    assert not any("�" in page for page in document.pages)


def test_a_character_at_the_end_of_what_is_read_is_not_cut() -> None:
    document = parsed("a.txt", ("x" + " " * 1000 + "€" * (TEXT_BYTES // 3 + 1000)).encode())
    assert "were read" in document.unread
    assert document.pages[-1].endswith("€")
