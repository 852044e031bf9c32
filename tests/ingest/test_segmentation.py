"""Sentences end where a reader ends them, and no text is lost between them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.segmentation import sentence_spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ends. Then it begins.", ["It ends.", "Then it begins."]),
        ("Dr. Smith met Mrs. Jones. They spoke.", ["Dr. Smith met Mrs. Jones.", "They spoke."]),
        ("See Fig. 3, i.e. No. 5. It is clear.", ["See Fig. 3, i.e. No. 5.", "It is clear."]),
        ("No. That is wrong.", ["No.", "That is wrong."]),
        ("The U.S. Senate sat on Jan. 5. It rose.", ["The U.S. Senate sat on Jan. 5.", "It rose."]),
        ("J. R. R. Tolkien wrote. We read.", ["J. R. R. Tolkien wrote.", "We read."]),
        ("Pi is 3.14 or so. It is v1.2.3. Yes.", ["Pi is 3.14 or so.", "It is v1.2.3.", "Yes."]),
        ("1. Introduction to it. 2.3. More of it.", ["1. Introduction to it.", "2.3. More of it."]),
        ("He left... and came back. Then... Nothing.", ["He left... and came back.", "Then...", "Nothing."]),
        (
            "“Is it?” he asked. “It is!” (She knew.) Good.",
            ["“Is it?” he asked.", "“It is!”", "(She knew.)", "Good."],
        ),
        ("It ends in June. [1] It costs 5 [2]. So.", ["It ends in June. [1]", "It costs 5 [2].", "So."]),
        ("你好。「他来了。」他说。真的吗？是！", ["你好。", "「他来了。」", "他说。", "真的吗？", "是！"]),
        ("Am 3. Oktober ist frei, d.h. zu. Gut.", ["Am 3. Oktober ist frei, d.h. zu.", "Gut."]),
        ("one line\nand its end. Next", ["one line\nand its end.", "Next"]),
        ("- milk\n- bread and\n  butter\n2) eggs", ["- milk", "- bread and\n  butter", "2) eggs"]),
        ("a paragraph\n\nanother", ["a paragraph", "another"]),
        ("Vision ........ 5 Mission ........ 7", ["Vision ........ 5 Mission ........ 7"]),
        ("", []),
        (" \n\t ", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == expected


@given(st.text(alphabet="aB1 .!?…。\n-*)]\"'[é\u0301", max_size=80))
def test_every_character_but_white_space_is_in_one_sentence(text: str) -> None:
    spans = sentence_spans(text)
    assert all(a < b for a, b in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert all(text[a:b] == text[a:b].strip() for a, b in spans)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_a_megabyte_of_dots_is_divided() -> None:
    # Quadratic matching would take hours.
    assert len(sentence_spans("." * 1_000_000 + "x")) == 1
