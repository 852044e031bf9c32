"""What an agent's calls send, over a real library and without the protocol."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.cli.agenttools import MOST_CHARACTERS, TOOLS
from assistant.cli.exits import UsageError
from assistant.config import Config
from assistant.library.agents import AgentView
from assistant.library.owner import Owner
from ingest.embedding import HashingEmbedder
from ingest.jail import Jail
from tests.running import NOTES, write

LONG = "".join(f"Line {number} of the long list of things to do.\n" for number in range(1, 3001))


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory, jail: Jail) -> Iterator[AgentView]:
    folder = tmp_path_factory.mktemp("agents")
    notes = write(folder / "notes" / "long.md", LONG).parent
    write(notes / "wide.txt", "word " * 30_000)
    (notes / "lease.pdf").write_bytes((NOTES / "home" / "lease-agreement.pdf").read_bytes())
    with Owner(folder / "library", Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
        owner.collect("open", [notes], [], None)
        yield AgentView(owner, ["open"])


def call(view: AgentView, name: str, **arguments: Any) -> dict[str, Any]:
    return TOOLS[name].run(view, arguments, lambda: False).result


def test_a_long_document_is_read_in_portions_that_join(view: AgentView) -> None:
    read, at = "", None
    while True:
        got = call(view, "get", document="long.md", **({"first": at} if at else {}))
        (page,) = got["pages"]
        assert len(page["text"]) <= MOST_CHARACTERS
        read = f"{read.rstrip()}\n{page['text']}".lstrip()
        if got["next"] is None:
            break
        assert page["lines"] == [at or 1, got["next"] - 1]
        at = got["next"]
    assert read.split("\n") == LONG.strip().split("\n")


def test_a_line_that_is_too_long_does_not_hold_up_what_follows(view: AgentView) -> None:
    got = call(view, "get", document="wide.txt")
    assert (len(got["pages"][0]["text"]), got["next"]) == (MOST_CHARACTERS, 2)


def test_pages_and_lines_are_read_from_the_first_to_the_last_that_is_named(view: AgentView) -> None:
    def shown(name: str, **places: int) -> list[Any]:
        return [page["page"] or page["lines"] for page in call(view, "get", document=name, **places)["pages"]]

    assert shown("lease.pdf") == [1, 2, 3, 4]
    assert shown("lease.pdf", first=3) == [3, 4]
    assert shown("lease.pdf", last=2) == [1, 2]
    assert shown("lease.pdf", first=2, last=2) == shown("lease.pdf:2") == [2]
    assert shown("long.md", first=2999) == [[2999, 3000]]
    assert shown("long.md", last=2) == [[1, 2]]
    for places in ({"first": 5}, {"first": 3, "last": 2}, {"last": 9}):
        with pytest.raises(UsageError, match="has no page"):
            shown("lease.pdf", **places)


def test_documents_are_listed_by_words_of_their_paths_and_in_portions(view: AgentView) -> None:
    listed = call(view, "list", words="LEASE pdf")
    assert [Path(each["path"]).name for each in listed["documents"]] == ["lease.pdf"]
    assert listed["documents"][0]["media_type"] == "application/pdf"
    everything = call(view, "list")
    assert everything["total"] == 3
    assert call(view, "list", offset=2)["documents"] == everything["documents"][2:]
    assert call(view, "list", offset=9)["documents"] == []
