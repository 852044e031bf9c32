"""Look-alikes: which of two similar documents a question means. The library's vectors are made from words."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.assistant.answers.test_retrieval import SearchLibrary

LEASE = """# {title}

Between the owner and {tenant}, about flat {flat} in Elm Street.

## Term

The lease begins on 1 May {year} and runs for three years. It ends without notice.

## Rent

The monthly rent is {rent} euros, due on the third day of the month. The deposit is three rents.

## House rules

No music after ten. The bicycle goes to the cellar. The stairs are cleaned every week.
"""


def lease(tenant: str, flat: int, year: int, rent: int, title: str = "Lease") -> str:
    """A lease that differs from others in four facts."""
    return LEASE.format(title=title, tenant=tenant, flat=flat, year=year, rent=rent)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchLibrary]:
    library = SearchLibrary(Path(tmp_path_factory.mktemp("library")))
    library.add("/a/contract-1.md", lease("Anna Berger", 12, 2021, 870))
    library.add("/a/contract-2.md", lease("Jonas Keller", 14, 2022, 640))
    library.add("/a/contract-3.md", lease("Mia Lindqvist", 3, 2023, 910))
    for number in range(30):
        library.add(f"/a/day{number}.txt", f"On day {number} of fair weather the rent of boats was low.\n")
    for firm, total in (("Nordwind", 412), ("Sundial", 977)):
        for year in (2022, 2023):
            library.add(
                f"/b/{firm.lower()}-{year}.md",
                f"# Annual statement {year}\n\n{firm} Ltd.\n\n"
                f"## Result\n\nThe profit was {total + year} crowns.\n",
            )
    yield library
    library.catalogue.close()


def first(library: SearchLibrary, question: str) -> str:
    """The path of the best passage."""
    return library.paths(question, 1)[0]


@pytest.mark.parametrize(
    ("question", "path"),
    [
        ("What is the monthly rent of Anna Berger?", "/a/contract-1.md"),
        ("How high is the rent that Jonas Keller pays?", "/a/contract-2.md"),
        ("monthly rent of flat 3", "/a/contract-3.md"),
        ("What is the rent of flat 14?", "/a/contract-2.md"),
        ("When does the lease of Mia Lindqvist begin?", "/a/contract-3.md"),
        ("What was the profit of Sundial in 2023?", "/b/sundial-2023.md"),
        ("What was the profit of Nordwind in 2022?", "/b/nordwind-2022.md"),
        ("profit of nordwind 2023", "/b/nordwind-2023.md"),
    ],
)
def test_the_document_with_the_names_and_numbers_of_the_question_comes_first(
    library: SearchLibrary, question: str, path: str
) -> None:
    assert first(library, question) == path


@pytest.mark.parametrize(("tenant", "rent"), [("Anna Berger", "870"), ("Jonas Keller", "640")])
def test_of_that_document_the_passage_that_answers_comes_first(
    library: SearchLibrary, tenant: str, rent: str
) -> None:
    passage = library.retriever.search(f"What is the monthly rent of {tenant}?", 1).passages[0]
    assert rent in passage.text


def test_a_short_number_alone_identifies_nothing(library: SearchLibrary) -> None:
    paths: Sequence[str] = library.paths("What is the monthly rent of Anna Berger in month 14?", 1)
    assert paths == ["/a/contract-1.md"]


def test_a_document_without_the_name_or_number_of_the_question_is_known_to_lack_it(
    library: SearchLibrary,
) -> None:
    lacks = {
        p.locator.path: p.lacks
        for p in library.retriever.search("What rent does Mia Lindqvist pay?", 5).passages
    }
    assert lacks["/a/contract-3.md"] == ()
    assert all("Lindqvist" in names for path, names in lacks.items() if path != "/a/contract-3.md")


def test_a_name_is_lacked_also_if_it_is_typed_without_a_capital(library: SearchLibrary) -> None:
    for question, name in (("rent of lindqvist", "lindqvist"), ("What rent does lindqvist pay", "lindqvist")):
        passages = library.retriever.search(question, 5).passages
        lacks = {passage.locator.path: passage.lacks for passage in passages}
        assert lacks["/a/contract-3.md"] == ()
        assert all(names == (name,) for path, names in lacks.items() if path != "/a/contract-3.md")
    assert not any(p.lacks for p in library.retriever.search("monthly rent of the boats", 5).passages)


def test_a_document_about_another_member_of_the_family_lacks_the_name_that_it_only_mentions(
    library: SearchLibrary,
) -> None:
    library.add(
        "/p/visits-clara-ostrow.md",
        "# Visits: Clara Ostrow\n\nNot Carla Ostrow. Clara Ostrow has an allergy to nuts.\n",
    )
    library.add("/p/visits-carla-ostrow.md", "# Visits: Carla Ostrow\n\nCarla Ostrow came with a cough.\n")
    for question, lacking in (
        ("What allergy does Carla Ostrow have?", {"/p/visits-clara-ostrow.md"}),
        ("What allergy does Mrs Ostrow have?", set()),
        ("What allergy does Clara Ostrow have?", {"/p/visits-carla-ostrow.md"}),
    ):
        passages = library.retriever.search(question, 5).passages
        assert {p.locator.path for p in passages if p.lacks and p.locator.path.startswith("/p/")} == lacking


@pytest.mark.parametrize(
    "question", ["Wie hoch ist die Miete der Wohnung?", "WHAT IS THE RENT", "what is the VAT"]
)
def test_a_capital_is_no_name_where_it_is_usual(library: SearchLibrary, question: str) -> None:
    assert not any(passage.lacks for passage in library.retriever.search(question, 5).passages)


def test_a_date_is_held_in_any_notation(library: SearchLibrary) -> None:
    for number, date in enumerate(
        ("2019-08-14", "14.8.2019", "August 14, 2019", "14. August 2019", "08/14/2019", "14/08/19", "14.8.19")
    ):
        library.add(f"/d/trip-{number}.md", f"Ferry to Norderney on {date}, paid in cash by Wilma.\n")
    library.add("/d/trip-8.md", "Ferry to Norderney on 14/08/18, paid in cash by Wilma.\n")
    library.add("/d/trip-9.md", "Ferry to Norderney on 2019-09-14, paid in cash by Wilma.\n")
    for date in ("14 August 2019", "August 14th, 2019", "2019-08-14", "14.8.2019"):
        passages = library.retriever.search(f"Who paid the ferry to Norderney on {date}?", 8).passages
        held = {p.locator.path for p in passages if not p.lacks and p.locator.path.startswith("/d/")}
        assert held == {f"/d/trip-{number}.md" for number in range(7)}, date
    assert library.retriever.nowhere("What was paid in August 2019?") == ()
    assert library.retriever.nowhere("What was paid on 3 April?") == ("3 April",)
    assert library.retriever.nowhere("In flat 3 may we pay the rent?") == ()


def test_the_year_of_a_month_may_stand_in_the_title(library: SearchLibrary) -> None:
    for year in (2025, 2026):
        library.add(
            f"/e/{year}.md", f"# Letter to the bank, May {year}\n\nThe ratio was 34% at the end of March.\n"
        )
    passages = library.retriever.search("What was the ratio at the end of March 2026?", 8).passages
    held = {p.locator.path for p in passages if not p.lacks and p.locator.path.startswith("/e/")}
    assert held == {"/e/2026.md"}


def test_words_that_stand_nowhere_are_named_but_no_property_that_is_asked_for(library: SearchLibrary) -> None:
    nowhere = library.retriever.nowhere
    assert nowhere("How tall is the lighthouse in Bristol?") == ("lighthouse", "Bristol")
    assert nowhere("Wie hoch ist der Leuchtturm?") == ("Leuchtturm",)
    assert nowhere("What is the rent?") == ()
    assert nowhere("Is the rent up to 990?") == (), "no riddle such as “to 990”"


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("Does anything happen anywhere on Friday?", ("Friday",)),
        ("What colour is the pantry?", ("pantry",)),
        ("What is the colour of my rucksack?", ("rucksack",)),
        ("Who supplies the gravel?", ("gravel",)),
        ("Is the cottage refundable?", ("cottage",)),
        ("When does the tram depart?", ("tram",)),
        ("Who has our spare key?", ("spare", "key")),
        ("How many rucksacks do I mend an hour?", ("rucksacks",)),
        ("When does Theo's passport expire?", ("Theo", "passport")),
        ("Where is the swimming pool?", ("swimming", "pool")),
        ("gravel supplier", ("gravel", "supplier")),
        ("What happens if nobody pays?", ()),
        ("Which of my papers mention Bristol?", ("papers", "Bristol")),
        ("When was the permit for the weir given?", ("permit", "weir")),
        ("Total of the plumber minus the voucher", ("plumber", "voucher")),
        ("Where is hall 4 and the hall?", ("hall 4",)),
    ],
)
def test_only_what_a_person_would_miss_is_said_to_be_missing(
    library: SearchLibrary, question: str, named: tuple[str, ...]
) -> None:
    assert library.retriever.nowhere(question) == named
