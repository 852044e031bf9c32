"""Counts, sizes, times, places and figures as people read them."""

import dataclasses

import pytest

from assistant import formatting
from assistant.dialogue import Coverage
from assistant.engine import Finish, Stats
from ingest.documents import Locator

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


def test_the_cost_of_an_answer_names_times_cache_drafting_and_model() -> None:
    assert formatting.describe_stats(STATS) == (
        "first word after 0.4 s · 34 tokens at 31/s · 512 of 812 prompt tokens from the cache"
        " · 9 of 12 drafted tokens accepted · model-8b"
    )


@pytest.mark.parametrize(
    ("finish", "text"), [(Finish.LENGTH, "cut off at the length limit"), (Finish.CANCELLED, "stopped")]
)
def test_an_answer_that_did_not_end_by_itself_says_so(finish: Finish, text: str) -> None:
    assert text in formatting.describe_stats(dataclasses.replace(STATS, finish=finish))


def test_coverage_names_the_first_unreadable_file_and_counts_the_others() -> None:
    unread = (("/notes/a.pdf", "encrypted"), ("/notes/b.pdf", "damaged"))
    assert formatting.describe_coverage(Coverage(3, 1, 9, 6, unread)) == (
        "read 1 of 3 documents; could not read a.pdf (encrypted) and 1 more"
    )
    assert formatting.describe_coverage(Coverage(1, 1, 9, 9, ())) == "read 1 of 1 document"


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
