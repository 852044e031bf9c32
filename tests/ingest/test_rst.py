"""reStructuredText: tables with the names of their columns, no markup in the text, the lines of the file."""

import datetime

import pytest

from ingest.documents import Document
from tests.parsing import parsed, texts_and_headings

POOL = """\
Server settings
===============

.. list-table:: Settings of the *pool*
   :header-rows: 1
   :widths: 20 20 60

   * - Setting
     - Default
     - Meaning
   * - ``pool.size``
     - 24
     - How many connections are open
       at the same time.

       See :ref:`tuning <tuning>`.
   * - ``pool.wait``
     -
     - One of:

       - ``fast``
       - ``slow``
"""


def read(text: str) -> Document:
    return parsed("a.rst", text)


def rows(text: str) -> list[str]:
    """The lines of the tables in a text, without rules."""
    return [line for line in read(text).pages[0].split("\n") if line.startswith("| ") and "---" not in line]


def lines(text: str) -> list[str]:
    """What is shown, without empty lines."""
    return [line for line in read(text).pages[0].split("\n") if line.strip()]


# Tables


def test_the_rows_of_a_list_table_have_their_cells_and_their_lines() -> None:
    assert rows(POOL) == [
        "| Setting | Default | Meaning |",
        "| pool.size | 24 | How many connections are open at the same time. See tuning. |",
        "| pool.wait |  | One of: - fast - slow |",
    ]
    document = read(POOL)
    assert document.pages[0].split("\n")[10].startswith("| pool.size |"), "its line in the file is 11"
    assert [(b.text.split("\n")[0], b.locator.lines) for b in document.blocks] == [
        ("Settings of the pool", (4, 4)),
        ("| Setting | Default | Meaning |", (8, 17)),
    ]
    assert document.blocks[1].text.split("\n")[1] == "| --- | --- | --- |"


@pytest.mark.parametrize(
    "content",
    [
        '   :header: "Room", "Key"\n\n   "Attic, left", "third ""blue"" pot"\n   Cellar,',
        '   :header-rows: 1\n\n   Room, Key\n   "Attic, left", "third ""blue""\n   pot"\n   Cellar,',
        "   :header-rows: 1\n   :delim: ;\n\n   Room; Key\n   Attic, left; 'third \"blue\" pot'\n"
        "   Cellar;\n   :quote: '",
    ],
)
def test_separated_values_are_a_table(content: str) -> None:
    if ":quote: '" in content:
        content = "   :quote: '\n" + content.replace("\n   :quote: '", "")
    found = rows(f".. csv-table:: Keys\n{content}\n")
    assert found == ["| Room | Key |", '| Attic, left | third "blue" pot |', "| Cellar |  |"]


def test_grid_tables_have_cells_of_several_lines_and_columns() -> None:
    table = """\
+-------+---------------+
| Room  | Keys          |
|       +-------+-------+
|       | front | back  |
+=======+=======+=======+
| Attic | two,  | none  |
| left  | blue  |       |
+-------+-------+-------+
| Cellar| locked | see  |
|       +-------+-------+
|       | a | b | c     |
+-------+-------+-------+
"""
    assert rows(table)[:2] == ["| Room | Keys front | Keys back |", "| Attic left | two, blue | none |"]
    assert rows(table)[-1].startswith("| Cellar | a \\| b | c |")


def test_a_cell_of_a_grid_may_span_rows() -> None:
    table = "+---+---+\n| A | B |\n+===+===+\n| x | 1 |\n|   +---+\n| y | 2 |\n+---+---+\n"
    assert rows(table) == ["| A | B |", "| x y | 1 |", "| x y | 2 |"]


def test_simple_tables_have_rows_of_several_lines_and_spans() -> None:
    table = """\
=====  =====  ======
   Inputs     Output
------------  ------
A      B      A or B
=====  =====  ======
False  True   True,
              always

False  False  False
\\      True   True
=====  =====  ======
"""
    assert rows(table) == [
        "| Inputs A | Inputs B | Output A or B |",
        "| False | True | True, always |",
        "| False | False | False |",
        "|  | True | True |",
    ]


def test_a_table_without_a_header_has_no_names() -> None:
    assert rows("Who\n\n====  =====\nAnna  baker\nOla   smith\n====  =====\n") == [
        "|  |  |",
        "| Anna | baker |",
        "| Ola | smith |",
    ]


def test_a_table_in_a_directive_keeps_its_title() -> None:
    border = "   ====  ===\n"
    text = f".. table:: Rooms\n   :name: r\n\n{border}   Room  Key\n{border}   Hall  two\n{border}"
    assert lines(text) == ["Rooms", "| Room | Key |", "| --- | --- |", "| Hall | two |"]


# Inline markup


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("The ``pool.size`` is *very* **large**.", "The pool.size is very large."),
        ("See :ref:`the tuning <tune>` and :doc:`/guide`.", "See the tuning and /guide."),
        ("Call :py:func:`~app.pool.open` or `open`.", "Call open or open."),
        (
            "Read `the guide <https://a.example/b_c>`_, `this`_ and `that`__.",
            "Read the guide, this and that.",
        ),
        ("`<https://a.example>`_", "https://a.example"),
        ("As said [1]_, by [Knuth]_.", "As said¹, by [Knuth]."),
        ("Two \\*stars\\*, a re\\ *mark*\\ able C:\\\\dir.", "Two *stars*, a remarkable C:\\dir."),
        ("2 * 3 * 4, *args and **kwargs, snake_case_ and a|b|c", None),
        ("An option `--all`:option: and a _`target`.", "An option --all and a target."),
        ("H\\ :sub:`2`\\ O costs ``a `b` c``", "H2O costs a `b` c"),
        ("Code such as ``__init__`` stays.", "Code such as `__init__` stays."),
    ],
)
def test_inline_markup_is_not_in_the_text(written: str, shown: str | None) -> None:
    assert lines(written) == [shown or written]


def test_substitutions_links_and_automatic_notes_are_resolved() -> None:
    text = """\
|name| costs 5 |eur|; write to Carol_ or |unknown|. First [#]_, second [#b]_.

.. |name| replace:: The **big** lamp
.. |eur| unicode:: 0x20AC
.. _Carol: mailto:carol@example.org
.. [#] Of two.
.. [#b] Of three,
   at most.
"""
    assert lines(text) == [
        "The big lamp costs 5 €; write to Carol or |unknown|. First¹, second².",
        "¹ Of two.",
        "² Of three,",
        "   at most.",
    ]


def test_markup_over_two_lines_keeps_the_lines() -> None:
    document = read("Read `the long\nguide\n<https://a.example>`_ now,\n*or\nlater*.\n\nThe end.")
    assert document.blocks[0].text.split() == "Read the long guide now, or later.".split()
    assert document.blocks[1].locator.lines == (7, 7)


# Blocks


def test_directives_give_what_a_reader_sees() -> None:
    text = """\
.. This is a comment
   of two lines.

.. _label:

.. toctree::
   :maxdepth: 2

   other

.. warning:: Never open
   the **valve**.

.. note::
   :class: big

   It is hot.

.. deprecated:: 2.1 Use the lever.

.. figure:: valve.png
   :width: 50%
   :alt: The red valve

   Where the *valve* is.

.. code-block:: python
   :linenos:

   x = ``1``

   y = *2*

..

   A block quote.
"""
    assert lines(text) == [
        "Warning: Never open",
        "   the valve.",
        "Note:",
        "   It is hot.",
        "Deprecated since version 2.1: Use the lever.",
        "   The red valve",
        "   Where the valve is.",
        "   x = ``1``",
        "   y = *2*",
        "   A block quote.",
    ]
    code = next(block for block in read(text).blocks if "x =" in block.text)
    assert code.kind.value == "rows"
    assert code.locator.lines == (30, 32)


def test_lists_definitions_and_line_blocks_keep_their_shape() -> None:
    text = """\
#. First
#. Second::

      code *here*

#. Third

* One
  goes on
* Two

valve : part
    Closes the ``pipe``.

| Anna Berg
| *High* Street 3
"""
    assert lines(text) == [
        "1. First",
        "2. Second:",
        "      code *here*",
        "3. Third",
        "* One",
        "  goes on",
        "* Two",
        "valve (part):",
        "    Closes the pipe.",
        "Anna Berg",
        "High Street 3",
    ]


def test_fields_at_the_beginning_are_metadata() -> None:
    document = read(
        ":orphan:\n\nGuide\n=====\n\n:Author: Anna Berg\n:Date: 2024-05-17\n:Version: 3\n\nThe text."
    )
    assert document.title == "Guide"
    assert document.metadata.names == ("Anna Berg",)
    assert document.metadata.date == datetime.date(2024, 5, 17)
    assert texts_and_headings(document) == [
        ("Author: Anna Berg\nDate: 2024-05-17\nVersion: 3", ("Guide",)),
        ("The text.", ("Guide",)),
    ]
    assert document.blocks[1].locator.lines == (10, 10)
