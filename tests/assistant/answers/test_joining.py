"""Versions of a document and repeated texts among the results of a search."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answers.joining import alike
from tests.assistant.answers.test_retrieval import SearchLibrary


@pytest.fixture
def library(tmp_path: Path) -> Iterator[SearchLibrary]:
    library = SearchLibrary(tmp_path)
    yield library
    library.catalogue.close()


def test_the_later_version_comes_first_and_names_the_earlier(library: SearchLibrary) -> None:
    library.add("/a/contract-v1.md", "The monthly rent of the hall is 500 euros.\n")
    library.add("/a/contract-v2.md", "The rent of the hall, monthly, is 550 euros, heating included.\n")
    first, second = library.retriever.search("monthly rent of the hall", 2).passages
    assert (first.locator.path, first.earlier) == ("/a/contract-v2.md", ("/a/contract-v1.md",))
    assert (second.locator.path, second.earlier) == ("/a/contract-v1.md", ())


def test_a_repeated_text_is_shown_once_with_the_paths_of_the_others(library: SearchLibrary) -> None:
    library.add("/mail/a.txt", "Payment is due within 14 days!\n")
    for name in ("b", "c"):
        library.add(f"/mail/{name}.txt", "Payment is due, within 14 days.\n")
    (passage,) = library.retriever.search("payment due days", 5).passages
    assert len(passage.also) == 2
    library.add("/mail/other.txt", "Payment is due within 30 days.\n")
    assert len(library.retriever.search("payment due days", 5).passages) == 2


def test_a_message_that_a_reply_repeats_is_shown_once(library: SearchLibrary) -> None:
    letter = "The rent of the hall is 310 euros.\nThe key is with Mrs Okonkwo.\nShe lives next door."
    quote = letter.replace("\n", "\n> ")
    reply = (
        f"From: jon@example.org\nSubject: Re: Hall\n\nFine.\n\nOn 5 March 2024 Petra wrote:\n\n> {quote}\n"
    )
    library.add("/mail/a-reply.eml", reply)
    (alone,) = library.retriever.search("rent of the hall", 1).passages
    assert "310" in alone.text
    assert alone.locator.heading == ("Re: Hall", "↩ On 5 March 2024 Petra wrote")
    library.add("/mail/b.eml", f"From: petra@example.org\nSubject: Hall\n\n{letter}\n")
    found = library.retriever.search("rent of the hall", 5).passages
    assert [passage.locator.path for passage in found if "310" in passage.text] == ["/mail/b.eml"]


def test_documents_that_fit_equally_well_are_alike(library: SearchLibrary) -> None:
    for name, rent in (("north", 870), ("south", 640)):
        library.add(f"/a/{name}.md", f"The monthly rent of the flat is {rent} euros, heating included.\n")
    library.add("/a/garden.md", "The garden has a pump.\n")
    found = alike(library.retriever.search("monthly rent of the flat", 5).passages)
    assert {passage.locator.path for passage in found} == {"/a/north.md", "/a/south.md"}
    library.add("/a/pond.md", "The pond is drained in March, says Anna.\n")
    assert alike(library.retriever.search("When is the pond drained?", 5).passages) == ()
    assert alike(()) == ()


def test_versions_are_not_alike(library: SearchLibrary) -> None:
    library.add("/a/plan-v1.md", "The monthly rent of the flat is 870 euros.\n")
    library.add("/a/plan-v2.md", "The monthly rent of the flat is 880 euros.\n")
    assert alike(library.retriever.search("monthly rent of the flat", 5).passages) == ()
