"""Every chunk is a verbatim slice with its place, and no sentence is cut without need."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunking import LONGEST_SENTENCE_TOKENS, chunks, embedded_text
from ingest.documents import Chunk, Document
from tests.parsing import parse_bytes


def words(text: str) -> int:
    """Counts words, in place of tokens."""
    return len(text.split())


def chunk_text(text: str, name: str = "note.md", budget: int = 20) -> tuple[Document, list[Chunk]]:
    """The document and the chunks of a file with this text, with words as tokens."""
    document = parse_bytes(f"/notes/{name}", text.encode())
    return document, list(chunks(document, words, budget))


def assert_located(document: Document, pieces: list[Chunk]) -> None:
    """Checks that the text of each chunk is at its locator."""
    for chunk in pieces:
        locator = chunk.locator
        page = document.pages[(locator.page or 1) - 1]
        assert page[slice(*locator.chars)] == chunk.text
        assert chunk.text.strip()
        if locator.lines:
            first, last = locator.lines
            assert chunk.text in "\n".join(page.split("\n")[first - 1 : last])
            assert first == page.count("\n", 0, locator.chars[0]) + 1


def test_small_paragraphs_share_a_chunk() -> None:
    document, (chunk,) = chunk_text("One two.\n\nThree four.\n\n- five\n- six\n")
    assert chunk.text == "One two.\n\nThree four.\n\n- five\n- six"
    assert chunk.locator.lines == (1, 6)
    assert_located(document, [chunk])


def test_no_chunk_crosses_a_heading() -> None:
    document, pieces = chunk_text("intro\n\n# A\n\none\n\n## B\n\ntwo\n\n# C\n\nthree\n")
    assert [(chunk.text, chunk.locator.heading) for chunk in pieces] == [
        ("intro", ()),
        ("one", ("A",)),
        ("two", ("A", "B")),
        ("three", ("C",)),
    ]
    assert_located(document, pieces)


def test_two_sections_with_the_same_heading_stay_apart() -> None:
    _, pieces = chunk_text("# Log\n\none\n\n# Log\n\ntwo\n")
    assert [chunk.text for chunk in pieces] == ["one", "two"]


def test_a_long_paragraph_is_divided_between_sentences_into_even_parts() -> None:
    sentence = "One two three four five six seven."
    document, pieces = chunk_text(" ".join([sentence] * 7), budget=20)
    assert [words(chunk.text) for chunk in pieces] == [14, 14, 14, 7]
    document, pieces = chunk_text(" ".join([sentence] * 7), budget=40)
    assert sorted(words(chunk.text) for chunk in pieces) == [21, 28]
    assert_located(document, pieces)


def test_a_sentence_longer_than_the_budget_is_not_cut() -> None:
    sentence = "Word " + "word " * (LONGEST_SENTENCE_TOKENS - 2) + "end."
    _, pieces = chunk_text(f"It begins. {sentence} It ends.", budget=20)
    assert [chunk.text for chunk in pieces] == ["It begins.", sentence, "It ends."]


def test_a_sentence_the_embedder_cannot_read_whole_is_cut_after_clauses() -> None:
    sentence = "some words of one clause, " * LONGEST_SENTENCE_TOKENS
    document, pieces = chunk_text(sentence, budget=128)
    assert all(words(chunk.text) <= 128 for chunk in pieces)
    assert all(chunk.text.endswith(",") for chunk in pieces)
    assert_located(document, pieces)


def test_text_without_any_space_is_cut_and_nothing_is_lost() -> None:
    blob = "abcdefghij" * 5_000
    document, pieces = chunk_text(blob, "note.txt", budget=128)
    assert "".join(chunk.text for chunk in pieces) == blob
    assert max(len(chunk.text) for chunk in pieces) <= 128 * 10 + 10
    assert_located(document, pieces)


def test_a_letter_keeps_its_accents_when_text_is_cut_anywhere() -> None:
    _, pieces = chunk_text("e\u0301\u0302" * 3_000, "note.txt", budget=128)
    assert len(pieces) > 1
    assert all(chunk.text.startswith("e") for chunk in pieces)


def test_code_is_divided_between_lines() -> None:
    lines = [f"    value = {number} + other.thing [ 3 ]" for number in range(30)]
    document, pieces = chunk_text("\n".join(["def f():", *lines]), "tool.py", budget=40)
    assert len(pieces) > 3
    assert all(line in ["def f():", *lines] for chunk in pieces for line in chunk.text.split("\n"))
    assert_located(document, pieces)


def test_a_paragraph_is_not_mixed_with_part_of_its_neighbour() -> None:
    sentence = "One two three four five six seven."
    text = "\n\n".join([" ".join([sentence] * 4), " ".join([sentence.upper()] * 4)])
    _, pieces = chunk_text(text, budget=21)
    assert all(chunk.text.isupper() or "ONE" not in chunk.text for chunk in pieces)


def test_chunks_are_numbered_in_the_order_of_the_document() -> None:
    document, pieces = chunk_text("# A\n\none\n\n# B\n\ntwo\n")
    assert [chunk.ordinal for chunk in pieces] == [0, 1]
    assert [chunk.id for chunk in pieces] == [f"{document.id}.0", f"{document.id}.1"]


def test_title_and_headings_are_embedded_but_not_quoted() -> None:
    document, (chunk,) = chunk_text("# Lease\n\n## Term\n\nIt ends in June.\n")
    assert chunk.text == "It ends in June."
    assert embedded_text(document.title, chunk) == "Lease › Term\nIt ends in June."


def test_the_tokens_of_a_sentence_are_counted_about_once() -> None:
    counted: list[str] = []

    def count(text: str) -> int:
        counted.append(text)
        return words(text)

    text = "One two three four five six seven. " * 400
    list(chunks(parse_bytes("/notes/a.txt", text.encode()), count))
    assert len(counted) <= 400


@settings(max_examples=60)
@given(
    st.lists(
        st.sampled_from(
            ["# H\n", "word ", "end. ", "\n", "\n\n", "- item\n", "```\n", "x" * 40, "| a |\n", "。"]
        )
    ),
    st.integers(1, 30),
)
def test_chunks_hold_all_blocks_in_order_and_verbatim(lines: list[str], budget: int) -> None:
    text = "anchor\n\n" + "".join(lines)
    document, pieces = chunk_text(text, budget=budget)
    assert_located(document, pieces)
    blocks = "".join("".join(block.text.split()) for block in document.blocks)
    assert "".join("".join(chunk.text.split()) for chunk in pieces) == blocks
