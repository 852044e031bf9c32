"""Summaries of source code."""

import pytest

from assistant.summary import Length, SummaryKind
from tests.summarized import points, summary_of

PYTHON = '''"""Keeps the tide tables of harbours.

Tables are read once.
"""

import os


class Harbour:
    """A harbour with its tides."""

    def high_water(
        self, day: str
    ) -> float:
        """The height in metres at high water."""
        def helper():
            pass
        return 0.0

    def _load(self):
        pass


def parse(line: str) -> Harbour:
    # Reads a line.
    return Harbour()
'''


def test_code_says_what_the_file_is_and_what_it_defines() -> None:
    summary = summary_of("/src/tides.py", PYTHON)
    assert summary.kind is SummaryKind.CODE
    assert summary.about.startswith("Python source, “tides.py”: 26 lines, 1 class, ")
    assert summary.text.startswith("- Keeps the tide tables of harbours.")
    assert points(summary, "Defines") == [
        "class Harbour: A harbour with its tides.",
        "function Harbour.high_water(day: str) -> float: The height in metres at high water.",
        "function parse(line: str) -> Harbour",
    ]


def test_what_is_private_or_inside_a_function_is_not_named() -> None:
    text = summary_of("/src/tides.py", PYTHON, length=Length.LONG).text
    assert "_load" not in text
    assert "helper" not in text


@pytest.mark.parametrize(
    ("name", "source", "point"),
    [
        (
            "a.go",
            "package a\n\n// Tide is the height of the sea.\ntype Tide struct {\n\tHeight float64\n}\n",
            "struct Tide: Tide is the height of the sea.",
        ),
        (
            "a.rs",
            "/// Opens the gate.\npub fn open(gate: &Gate) -> bool {\n    true\n}\n",
            "function open(gate: &Gate) -> bool: Opens the gate.",
        ),
        (
            "a.ts",
            "/** Loads the table. */\nexport async function load(path: string): Promise<Table> {\n}\n",
            "function load(path: string): Promise<Table>: Loads the table.",
        ),
        (
            "A.java",
            "/** Counts boats. */\npublic class Counter {\n    int count() {\n        return 0;\n    }\n}\n",
            "class Counter: Counts boats.",
        ),
        (
            "a.sql",
            "-- All boats.\nCREATE TABLE boats (id INT);\n",
            "table boats(id INT): All boats.",
        ),
        ("a.sh", "# Pumps the bilge.\npump() {\n  true\n}\n", "function pump(): Pumps the bilge."),
    ],
)
def test_definitions_of_many_languages(name: str, source: str, point: str) -> None:
    assert point in points(summary_of(f"/src/{name}", source), "Defines")


def test_notices_of_rights_are_not_what_a_file_is() -> None:
    source = f"# Copyright 2020 Somebody. All rights reserved.\n\n{PYTHON}"
    assert "Copyright" not in summary_of("/src/tides.py", source).text


def test_the_focus_chooses_the_definitions() -> None:
    assert points(summary_of("/src/tides.py", PYTHON, focus="parse"), "Defines") == [
        "function parse(line: str) -> Harbour"
    ]


def test_a_function_of_c_has_its_type_in_the_line_above() -> None:
    body = "static int\nopen_gate(struct gate *gate)\n{\n    return 0;\n}\n"
    source = f"struct tide now;\n\n// Opens the gate.\n{body}"
    assert points(summary_of("/src/gate.c", source), "Defines") == [
        "function open_gate(struct gate *gate): Opens the gate."
    ]


def test_the_documentation_of_a_perl_file_says_what_it_is_and_defines_nothing() -> None:
    pod = "=head1 NAME\n\nWrap - breaks lines\n\n=head1 USE\n\ntype into spaces\n\n=cut\n"
    source = f"sub wrap {{\n  1;\n}}\n\n{pod}"
    summary = summary_of("/src/Wrap.pm", source)
    assert summary.text.startswith("- Wrap - breaks lines")
    assert points(summary, "Defines") == ["function wrap"]


def test_what_a_comment_says_before_a_notice_of_rights_is_shown() -> None:
    source = f"# Tests of the tide gauge.\n# SPDX-License-Identifier: MIT\n\n{PYTHON.partition('import')[2]}"
    assert summary_of("/src/tides.py", source).text.startswith("- Tests of the tide gauge.")
