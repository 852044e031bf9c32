"""Counts, sizes, times, places and figures as people read them."""

import dataclasses

import pytest

from assistant import formatting
from assistant.dialogue import Coverage
from assistant.engine import Finish, Stats
from ingest.documents import Locator
from tests.still import ANSWERED

STATS = Stats("model-8b", 812, 34, 420.0, 900.0, 31.0, 1510.0, Finish.STOP, 512, 12, 9)


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1200, "1,200 files")]
)
def test_a_count_agrees_with_its_noun(count: int, text: str) -> None:
    assert formatting.count_of(count, "file") == text


@pytest.mark.parametrize(
    ("byte_count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (100 << 20, "100 MiB"), (3 << 50, "3072 TiB")],
)
def test_a_size_is_given_in_binary_units(byte_count: int, text: str) -> None:
    assert formatting.size(byte_count) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (59, "59 s"), (90, "2 min"), (7500, "2 h 5 min")]
)
def test_a_duration_is_rounded_to_what_matters(seconds: float, text: str) -> None:
    assert formatting.duration(seconds) == text


def test_a_long_path_keeps_its_end() -> None:
    assert formatting.shorten_path("/home/reader/notes/lease.md", 12) == "…es/lease.md"
    assert formatting.shorten_path("/a.md", 12) == "/a.md"


def test_a_place_names_the_file_then_the_page_or_lines_then_the_headings() -> None:
    locator = Locator("/notes/lease.pdf", 3, "iii", ("Term", "Notice"), None, (0, 9))
    assert formatting.place(locator) == "/notes/lease.pdf, page iii (sheet 3), Term › Notice"
    assert formatting.place_in_document(locator) == "page iii (sheet 3), Term › Notice"


@pytest.mark.parametrize(
    ("name", "where"), [("talk.pptx", "slide 2"), ("stock.XLSX", "sheet 2"), ("a.pdf", "page 2")]
)
def test_a_page_is_called_as_in_its_program(name: str, where: str) -> None:
    assert formatting.place_in_document(Locator(f"/notes/{name}", 2, None, (), None, (0, 9))) == where


def test_the_columns_of_separated_values_are_no_heading() -> None:
    locator = Locator("/notes/boats.csv", None, None, ("Boat, Seats",), (2, 3), (0, 9))
    assert formatting.place(locator) == "/notes/boats.csv, lines 2-3"


def test_the_cost_of_an_answer_is_its_time_and_what_was_read() -> None:
    assert formatting.describe_cost(ANSWERED) == "1.5 s · 1 passage read"
    slow = dataclasses.replace(STATS, total_ms=12_345.0)
    assert formatting.describe_cost(dataclasses.replace(ANSWERED, stats=slow)) == "12 s · 1 passage read"
    assert formatting.describe_cost(dataclasses.replace(ANSWERED, stats=None)) == ""


def test_a_stopped_answer_shows_no_rates_of_zero() -> None:
    stopped = dataclasses.replace(STATS, answer_tokens=0, decode_tps=0.0, ttft_ms=0.0)
    assert " 0" not in formatting.describe_stats(stopped)


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("It ends in 2028. [1]", True),
        ("It ends in 2028. [1] [2]\n", True),
        ("Endet er 2028? [1]", True),
        ("終わります。[1]", True),
        ("He said “no.” [1]", True),
        ("It ends in [1]", False),
        ("- rent\n- dep", False),
        ("", False),
    ],
)
def test_a_text_is_cut_off_unless_it_ends_with_a_sentence(text: str, whole: bool) -> None:
    assert formatting.ends_whole(text) == whole
    cost = formatting.describe_cost(
        dataclasses.replace(ANSWERED, text=text, stats=dataclasses.replace(STATS, finish=Finish.LENGTH))
    )
    assert ("cut off at the length limit" in cost) != whole


def test_what_the_model_did_names_times_cache_drafting_and_model() -> None:
    assert formatting.describe_stats(STATS) == (
        "first word after 0.4 s · 34 tokens at 31/s · 512 of 812 prompt tokens from the cache"
        " · 9 of 12 drafted tokens accepted · model-8b"
    )


def test_an_answer_that_was_stopped_says_so() -> None:
    stopped = dataclasses.replace(ANSWERED, stats=dataclasses.replace(STATS, finish=Finish.CANCELLED))
    assert formatting.describe_cost(stopped).endswith(" · stopped")


def test_coverage_names_the_first_unreadable_file_and_counts_the_others() -> None:
    unread = (("/notes/a.pdf", "encrypted"), ("/notes/b.pdf", "damaged"))
    assert formatting.describe_coverage(Coverage(3, 1, 9, 6, unread)) == (
        "Read 1 of 3 documents; could not read a.pdf (encrypted) and 1 more"
    )
    assert formatting.describe_coverage(Coverage(1, 1, 9, 9, ())) == "Read 1 of 1 document"


def test_names_from_outside_cannot_steer_a_terminal() -> None:
    escape = "\x1b[2Ja\nb"
    locator = Locator(f"/{escape}.md", None, None, (escape,), (1, 2), (0, 9))
    for text in (
        formatting.file_name(f"/notes/{escape}"),
        formatting.shorten_path(escape, 40),
        formatting.place(locator),
        formatting.place_in_document(locator),
        formatting.describe_stats(dataclasses.replace(STATS, model=escape)),
        formatting.describe_coverage(Coverage(2, 1, 9, 6, ((escape, escape),))),
        formatting.collapse_whitespace(escape),
    ):
        assert "\x1b" not in text
        assert "\n" not in text


@pytest.mark.parametrize(
    ("joules", "share", "shown"),
    [
        (63.4, None, "63 J · model-8b"),
        (1204.0, 0.00669, "1,204 J, 0.67% of the battery"),
        (3.21, 0.0000178, "3.2 J, 0.0018% of the battery"),
    ],
)
def test_the_energy_of_an_answer_is_shown_if_it_was_measured(
    joules: float, share: float | None, shown: str
) -> None:
    assert " J" not in formatting.describe_stats(STATS)
    measured = dataclasses.replace(STATS, joules=joules, battery_share=share)
    assert shown in formatting.describe_stats(measured)
