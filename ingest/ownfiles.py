"""Files that Carrel wrote itself: answers and documents that were exported, which are no sources.

Without this, an answer that was saved in a watched folder would be found before the documents that it quotes,
and would be quoted as if it were one. So each exported file says near its beginning what wrote it, in a way
that its format does not show, and a file that says so is not read, if its name stands for text or HTML. A
person who makes it a note of their own deletes the mark.

Called by those who write such files, and by `ingest.reading`.
"""

import re

HTML_MARK = '<meta name="generator" content="Carrel">'
"""In the head of a page."""

MARKDOWN_MARK = (
    "<!-- generator: Carrel. Without this line, Carrel reads this file like a document of yours. -->"
)
"""The first line."""

LINES_MARK = '{"generator": "Carrel"}'
"""The first line of a file with one JSON object a line."""

HEAD_BYTES = 4096
"""A mark is looked for in so many bytes from the beginning. Editors may put something before it."""

REASON = "written by Carrel"
"""Why such a file is not read."""

_MARK = re.compile(
    rb"""
    \A (?: \xef\xbb\xbf )? \s* < [\s\S]* <meta \s [^>]{0,100} \bgenerator\b [^>]{0,100} \bCarrel\b
    | ^ <!--[ ]generator:[ ]Carrel\b
    | ^ \{ [ ]? "generator" :[ ]? "Carrel"
    """,
    re.VERBOSE | re.MULTILINE,
)
"""The marks where the files have them: in a file that begins with a tag, or at the beginning of a line. So
source code that contains a mark is read."""


def is_own(head: bytes) -> bool:
    """Whether a file that begins with these bytes was written by Carrel."""
    return _MARK.search(head) is not None
