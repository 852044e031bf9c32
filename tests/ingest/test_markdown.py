"""What Markdown yields: its blocks, headings and front matter."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.documents import BlockKind
from ingest.errors import UnreadableDocument
from tests.parsing import assert_verbatim, parsed, texts_and_headings

LEASE = """---
title: "The lease"
tags: [home]
---
Intro line
on two lines.

# Lease *of* `house` [1](x.md) {#lease}

- rent
- heat

  with care

## Term

| from | to |
|------|----|
| 2024 | 2027 |

```python
# not a heading

end = 2027
```

Rent
----
> quoted

***

<!-- a comment -->

[ref]: https://example.org

### Empty
## Last
end
"""


def test_markdown_blocks_have_their_headings_and_lines() -> None:
    document = parsed("a.md", LEASE)
    top = "Lease of house 1"
    assert document.title == "The lease"
    assert texts_and_headings(document) == [
        ('title: "The lease"\ntags: [home]', ()),
        ("Intro line\non two lines.", ()),
        ("- rent\n- heat\n\n  with care", (top,)),
        ("| from | to |\n|------|----|\n| 2024 | 2027 |", (top, "Term")),
        ("```python\n# not a heading\n\nend = 2027\n```", (top, "Term")),
        ("> quoted", (top, "Rent")),
        ("<!-- a comment -->", (top, "Rent")),
        ("[ref]: https://example.org", (top, "Rent")),
        ("### Empty", (top, "Rent")),
        ("end", (top, "Last")),
    ]
    assert [block.locator.lines for block in document.blocks][:4] == [(2, 3), (5, 6), (10, 13), (17, 19)]
    rows = [block.text[:3] for block in document.blocks if block.kind is BlockKind.ROWS]
    assert rows == ["tit", "| f", "```"]


def test_a_heading_alone_is_a_document() -> None:
    (block,) = parsed("a.md", "# Only a title\n").blocks
    assert (block.text, block.locator.lines) == ("# Only a title", (1, 1))


@pytest.mark.parametrize(
    ("text", "title"), [("## B\n\n# A\n\nx", "A"), ("## B\n\nx", "a"), ("x\n\n# \n\ny", "a")]
)
def test_the_title_is_the_first_top_heading_else_the_file_name(text: str, title: str) -> None:
    assert parsed("a.md", text).title == title


def test_a_rule_at_the_top_is_not_front_matter() -> None:
    document = parsed("a.md", "---\n\n# A\n\ntext\n\n---\n")
    assert texts_and_headings(document) == [("text", ("A",))]


LINES = [
    "# A",
    "## B",
    "Setext",
    "===",
    "- item",
    "  - deep",
    "> quote",
    "```",
    "~~~",
    "    code",
    "| a |",
    "|---|",
]
MORE = [
    "---",
    "<div>",
    "[a]: b",
    "* * *",
    "\\",
    "==",
    "::",
    "title: x",
    "text",
    "",
    "\x1b[0m",
    "e\u0301",
    "\ufeff",
]
ENDS = ["\n", "\n\n", "\r\n", " ", "\t", "\x0c", "\u2028"]
MARKDOWN = st.lists(
    st.builds("".join, st.tuples(st.sampled_from(LINES + MORE), st.sampled_from(ENDS))),
    max_size=30,
).map("".join)


@settings(max_examples=150)
@given(MARKDOWN, st.sampled_from(["a.md", "a.rst", "a.org", "a.txt", "a.csv", "a.py"]))
def test_every_block_of_any_text_is_at_its_locator(text: str, name: str) -> None:
    try:
        document = parsed(name, text)
    except UnreadableDocument:
        return
    assert_verbatim(document)
    ends = [block.locator.chars for block in document.blocks]
    assert all(first[1] <= second[0] for first, second in pairwise(ends))


@settings(max_examples=100)
@given(MARKDOWN, st.sampled_from(["a.md", "a.txt", "a.csv", "a.py", "a.org", "a.rst"]))
def test_no_word_is_lost(text: str, name: str) -> None:
    try:
        document = parsed(name, f"{text}\n\nlast words")
    except UnreadableDocument:
        return
    text_of_document = "\n".join(
        [
            document.title,
            *(b.text for b in document.blocks),
            *(h for b in document.blocks for h in b.locator.heading),
        ]
    )
    for word in ("text", "item", "deep", "quote", "code", "last words", "Setext"):
        assert word not in document.pages[0] or word in text_of_document
