"""LaTeX: sections are headings, and the text is the file's own."""

import pytest

from tests.parsing import parse_bytes

PAPER = r"""\documentclass{article}
\usepackage{booktabs}
\title{The {Deep} Well}
\begin{document}
\maketitle

\section*{Its \emph{history}}\label{sec:history}
The well was dug in 1788.

\begin{tabular}{ll}
Year & Depth \\
1788 & 31 \\
\end{tabular}

\hypertarget{repairs}{%
\subsection{Repairs~by the club}\label{repairs}}
In 1920.
\section{Today}
It is dry.
\end{document}
"""


def test_sections_are_headings_and_the_preamble_is_apart() -> None:
    document = parse_bytes("/papers/well.tex", PAPER.encode())
    assert document.title == "The Deep Well"
    assert [(block.locator.where, block.kind.value) for block in document.blocks] == [
        ("lines 1-3", "rows"),
        ("lines 4-5", "prose"),
        ("line 8, Its history", "prose"),
        ("lines 10-13, Its history", "rows"),
        ("line 17, Its history › Repairs by the club", "prose"),
        ("lines 19-20, Today", "prose"),
    ]


def test_a_chapter_without_a_document_is_read() -> None:
    (block,) = parse_bytes("/papers/two.tex", b"\\chapter{Water}\nIt is clear.\n").blocks
    assert (block.locator.where, block.text) == ("line 2, Water", "It is clear.")


@pytest.mark.parametrize("mark", ["\\title[", "\\section[\n", "\\section{\n", "\\hypertarget{a}{\n"])
def test_brackets_that_never_close_cost_no_more_than_other_text(mark: str) -> None:
    document = parse_bytes("/papers/well.tex", f"{mark * 100_000}\n\nIt is dry.\n".encode())
    assert document.blocks[-1].text.endswith("It is dry.")


def test_a_section_may_have_a_short_name_before_its_name() -> None:
    (block,) = parse_bytes("/papers/two.tex", b"\\section[Water]{Water of the well}\nIt is clear.\n").blocks
    assert block.locator.heading == ("Water of the well",)
