"""Summaries of papers, reports and proposals."""

from assistant.summary import Length, SummaryKind
from tests.summarized import summary_of

PAPER = """# Moss on slate roofs

## Contents

Introduction .......... 1
Results .......... 7

## Abstract

Roofs of slate are common in the north. Moss holds water on them. This study examines how fast moss comes back
after cleaning with brushes. We measured forty roofs over three years.

## Introduction

Many owners clean their roofs every spring. Nobody had counted how often that is needed.

## Results

We found that moss covers half of a cleaned roof after fourteen months. The weather was mild. North sides were
slower than south sides by a factor of two, which surprised us.

## References

[1] A. Writer, "Moss and its friends", Journal of Roofs, 2014, pp. 3-9.
[2] B. Author, "On slate", 2009. doi: 10.1000/182
"""


def test_a_paper_says_first_what_it_examines_and_then_what_it_finds() -> None:
    summary = summary_of("/notes/moss.md", PAPER)
    assert summary.kind is SummaryKind.PAPER
    assert summary.text.startswith("- This study examines how fast moss comes back after cleaning")
    assert "We found that moss covers half of a cleaned roof after fourteen months." in summary.text


def test_references_and_the_table_of_contents_are_left_out_of_the_whole_and_of_its_parts() -> None:
    summary = summary_of("/notes/moss.md", PAPER, length=Length.LONG)
    for text in (summary.text, *(section.summary for section in summary.sections)):
        assert "...." not in text
        assert "Journal of Roofs" not in text
        assert "doi" not in text


def test_a_text_that_is_only_a_list_of_references_is_summarized_all_the_same() -> None:
    text = "# References\n\n[1] A. Writer, Moss and its friends, Journal of Roofs, 2014, pp. 3-9.\n"
    assert "Moss and its friends" in summary_of("/notes/list.md", text).text
