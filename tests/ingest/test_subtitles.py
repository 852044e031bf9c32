"""Subtitles are a transcript: what is said, and when, without what players do not show."""

import pytest

from ingest.documents import Document
from tests.parsing import parse_bytes

SUBRIP = """1
00:00:01,000 --> 00:00:03,500
The boiler was
replaced in <i>March</i>.

2
00:00:04,000 --> 00:00:06,000
- Who did it?
- {\\an8}Brunner & Sons.

3
00:10:00,500 --> 00:10:03,000
1984

4
00:10:05,500 --> 00:10:08,000
was the year.
"""
WEB = """WEBVTT - Team call
Kind: captions

STYLE
::cue { color: red }

NOTE made by hand
on a Sunday

opening
00:01.000 --> 00:04.000 align:start
<v Anna Meyer>The rent rises to 840 &amp; more.

00:04.000 --> 00:05.000
<v Anna Meyer>From July.</v>
<v.loud Otto>Really?</v>

1:05:00.000 --> 1:05:02.000
Otto Klein: I will call the landlord.

1:05:02.000 --> 1:05:04.000
He answers in the evening.
"""
HEARD_BY_A_MACHINE = """WEBVTT

00:00:00.000 --> 00:00:02.000 align:start position:0%
\x20
the<00:00:00.400><c> boiler</c><00:00:00.800><c> broke</c>

00:00:02.000 --> 00:00:02.010 align:start
the boiler broke
\x20

00:00:02.010 --> 00:00:04.000
the boiler broke
last<00:00:02.500><c> winter</c>
"""


def read(name: str, text: str) -> Document:
    return parse_bytes(f"/films/{name}", text.encode())


def said(document: Document) -> list[tuple[str, str]]:
    return [(block.locator.where, block.text) for block in document.blocks]


def test_subtitles_are_paragraphs_cited_by_time() -> None:
    assert said(read("boiler.srt", SUBRIP)) == [
        ("at 0:01", "The boiler was replaced in March.\n- Who did it?\n- Brunner & Sons."),
        ("at 10:00", "1984 was the year."),
    ]


def test_speakers_are_named_where_their_turn_begins() -> None:
    assert said(read("call.vtt", WEB)) == [
        ("at 0:01", "Anna Meyer: The rent rises to 840 & more. From July.\nOtto: Really?"),
        ("at 1:05:00", "Otto Klein: I will call the landlord. He answers in the evening."),
    ]


def test_lines_that_stay_on_the_screen_are_read_once() -> None:
    assert said(read("heard.vtt", HEARD_BY_A_MACHINE)) == [("at 0:00", "the boiler broke last winter")]


def test_what_is_said_twice_is_read_twice() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\nNo.\n2\n00:00:02,000 --> 00:00:03,000\nNo.\n"
    assert said(read("no.srt", text)) == [("at 0:01", "No. No.")]


def test_text_under_a_reading_is_read() -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nThe <ruby>East<rt>toh</rt></ruby> gate\n"
    assert said(read("gate.vtt", text)) == [("at 0:01", "The East gate")]


def test_a_cue_without_number_and_blank_line_keeps_its_text() -> None:
    text = "00:01.000 --> 00:02.000\nOne line\n00:02.000 --> 00:03.000\nand another.\n"
    assert said(read("bare.srt", text)) == [("at 0:01", "One line and another.")]


@pytest.mark.parametrize("mark", ["<v ", "<v" + " " * 50, "<v.", "{\\", "<", "00:01.000 -->", "Ann: "])
def test_marks_that_never_end_cost_no_more_than_other_text(mark: str) -> None:
    text = f"WEBVTT\n\n00:01.000 --> 00:02.000\n{mark * 100_000}\nThe gate is open.\n"
    assert "The gate is open." in said(read("gate.vtt", text))[-1][1]


def test_many_lines_that_stay_on_the_screen_cost_no_more_than_other_text() -> None:
    lines = "\n".join(f"Line {number}" for number in range(100_000))
    text = (
        f"WEBVTT\n\n00:01.000 --> 00:02.000\n<00:00:01.000>\n{lines}\n\n"
        f"00:02.000 --> 00:03.000\n{lines}\nThe gate is open.\n"
    )
    ((_, heard),) = said(read("gate.vtt", text))
    assert heard.endswith("Line 99999 The gate is open.")
    assert heard.count("Line 7 ") == 1


def test_a_file_without_cues_is_read_line_by_line() -> None:
    assert said(read("notes.srt", "The cues are still to be timed.\n")) == [
        ("line 1", "The cues are still to be timed.")
    ]
