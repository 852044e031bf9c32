"""Filters typed in a question: what they select, and how a selection is written as filters."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.answers.filters import (
    first_day,
    narrowest_name,
    parse,
    unquote,
    write,
    write_question,
    write_value,
)
from assistant.errors import BadFilter
from ingest.selection import EVERYTHING, Selection, is_in


@pytest.mark.parametrize(
    ("text", "question", "selection"),
    [
        ("When is it due?", "When is it due?", Selection()),
        ("in:tax when is it due?", "when is it due?", Selection(folders=("tax",))),
        ("when type:pdf,md due", "when due", Selection(types=("pdf", "md"))),
        ('due in:"Tax 2024" tag:home', "due", Selection(folders=("Tax 2024",), tags=("home",))),
        ('title:"income tax" due', "due", Selection(titles=("income tax",))),
        (
            'what did from:petra promise to:"jon doe"',
            "what did promise",
            Selection(senders=("petra",), recipients=("jon doe",)),
        ),
        ("a letter from: Petra to:", "a letter from: Petra to:", Selection()),
        ("due after:2024-06", "due", Selection(since=datetime.date(2024, 6, 1))),
        (
            "due since:2024 BEFORE:2025-02-03",
            "due",
            Selection(since=datetime.date(2024, 1, 1), until=datetime.date(2025, 2, 3)),
        ),
        ("see http://in:side and note: this", "see http://in:side and note: this", Selection()),
        ("what does within:reason mean", "what does within:reason mean", Selection()),
        ("put it in: a box", "put it in: a box", Selection()),
        (r'due in:"my \"x\" folder"', "due", Selection(folders=('my "x" folder',))),
        (r'in:"C:\\dir" in:C:\dir due', "due", Selection(folders=(r"C:\dir", r"C:\dir"))),
        ('in:"two\nlines" due', "due", Selection(folders=("two\nlines",))),
        (r'type:"pdf,md" tag:"a\,b,c" due', "due", Selection(types=("pdf", "md"), tags=("a,b", "c"))),
        ('when in:"tax", exactly', "when , exactly", Selection(folders=("tax",))),
        ("first\nsecond in:tax", "first\nsecond", Selection(folders=("tax",))),
        ("in:tax", "", Selection(folders=("tax",))),
        ("collection:Flat,car when?", "when?", Selection(collections=("flat", "car"))),
        ("which stamp collection: old or new?", "which stamp collection: old or new?", Selection()),
    ],
)
def test_filters_anywhere_in_the_question_become_the_selection(
    text: str, question: str, selection: Selection
) -> None:
    assert parse(text) == (question, selection)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("before:yesterday", "“yesterday” is not a date"),
        ("after:2024-13", "is not a date"),
        ("since:2024-02-30", "is not a date"),
        ('x in:""', "has no value"),
        ("type:, x", "has no value"),
        ('in:"tax 2024', "do not pair up"),
        ('in:"my "x" folder"', "do not pair up"),
        (r'in:"tax 2024\"', "do not pair up"),
    ],
)
def test_an_invalid_filter_is_refused_with_a_remedy(text: str, message: str) -> None:
    with pytest.raises(BadFilter, match=message) as refused:
        parse(text)
    assert refused.value.remedy


VALUES = st.text(st.sampled_from('ab"\\:, \n\t[]in:type\udce9é日') | st.characters(), min_size=1)
"""Text with quotation marks, backslashes, colons, commas, spaces, line breaks and lone surrogates."""

SELECTIONS = st.builds(
    Selection,
    folders=st.lists(VALUES, max_size=3).map(tuple),
    types=st.lists(VALUES, max_size=3).map(tuple),
    tags=st.lists(VALUES, max_size=3).map(tuple),
    titles=st.lists(VALUES, max_size=3).map(tuple),
    since=st.none() | st.dates(),
    until=st.none() | st.dates(),
)


@given(SELECTIONS)
@settings(max_examples=300, deadline=None)
def test_every_selection_is_read_back_as_it_was_written(selection: Selection) -> None:
    assert parse(write(selection)) == ("", selection)
    assert parse(write_question("when is it due?", selection)) == ("when is it due?", selection)


@given(st.sampled_from(["in", "type", "tag", "title"]), VALUES)
@settings(max_examples=300, deadline=None)
def test_a_completed_value_selects_that_value_alone(name: str, value: str) -> None:
    question, selection = parse(f"when {name}:{write_value(name, value)} due")
    assert question == "when due"
    assert (value,) in (selection.folders, selection.types, selection.tags, selection.titles)


def test_plain_values_are_written_without_quotation_marks() -> None:
    filters = write(Selection(("/home/me/notes", "Tax 2024"), ("pdf",)))
    assert filters == 'in:/home/me/notes in:"Tax 2024" type:pdf'
    assert write_question("when?", EVERYTHING) == "when?"
    dates = Selection(since=datetime.date(2024, 6, 1), until=datetime.date(2025, 1, 1))
    assert write(dates) == "after:2024-06-01 before:2025-01-01"


@pytest.mark.parametrize(
    ("typed", "value"),
    [("tax", "tax"), ('"tax 20', "tax 20"), (r'"my \"x', 'my "x'), ('"tax"', "tax"), ("", ""), ('"', "")],
)
def test_an_unfinished_value_is_understood(typed: str, value: str) -> None:
    assert unquote(typed) == value


def test_a_date_stands_for_its_first_day() -> None:
    assert first_day("--since", "2024") == datetime.date(2024, 1, 1)
    assert first_day("--since", "2024-6") == datetime.date(2024, 6, 1)
    assert first_day("--since", "2024-06-30") == datetime.date(2024, 6, 30)
    with pytest.raises(BadFilter, match="--since"):
        first_day("--since", "June")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/n/lease.md", "/n/lease.md"),
        ("/n/old/lease.md", "old/lease.md"),
        ("/n/garden/pond.org", "pond.org"),
        ("/n/b", "/n/b"),
        ("/n/B", "/n/B"),
    ],
)
def test_the_narrowest_name_of_a_document_selects_it_and_no_other(path: str, name: str) -> None:
    paths = ["/n/lease.md", "/n/old/lease.md", "/n/garden/pond.org", "/n/b", "/n/B", "/m/n/b/x.md"]
    assert narrowest_name(path, paths) == name
    assert [other for other in paths if is_in(other, name)] == [path]
