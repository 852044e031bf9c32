"""The library as an agent sees it: what is outside the open collections is in none of its replies."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.config import Config
from assistant.library.agents import AgentView
from assistant.library.owner import Owner
from ingest.documents import Locator
from ingest.embedding import HashingEmbedder
from ingest.errors import BadCollection, IngestError
from ingest.jail import Jail
from policies.errors import PolicyRefusal
from tests.running import write


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    write(folder / "work" / "lease.md", "# Lease\n\nThe lease ends on 30 June 2027.\n")
    # The same text in both: the passage must name only the copy that is open.
    write(folder / "private" / "copy.md", "# Lease\n\nThe lease ends on 30 June 2027.\n")
    write(folder / "private" / "diary.md", "# Diary\n\nThe codename is Quillfeather.\n")
    return folder


@pytest.fixture
def owner(tmp_path: Path, notes: Path, jail: Jail) -> Iterator[Owner]:
    with Owner(tmp_path / "library", Config(), embedder=HashingEmbedder(), jail=jail) as owner:
        list(owner.add(notes))
        owner.collect("work", [notes / "work"], [], "The office")
        owner.collect("family", [notes], [], "Everything")
        yield owner


def place(path: Path) -> Locator:
    return Locator(str(path), None, None, (), None, (0, 0))


def test_only_open_collections_and_what_is_in_them_are_seen(owner: Owner, notes: Path) -> None:
    view = AgentView(owner, ["work"])
    assert [each.name for each in view.collections()] == ["work"]
    (entry,) = view.entries()
    assert (entry.path, entry.collections) == (str(notes / "work" / "lease.md"), ("work",))
    for query in ("lease", "Quillfeather", "Quilfeather", "codename"):
        passages = view.search(query, 20).passages
        assert {passage.locator.path for passage in passages} <= {entry.path}
        assert all((passage.also, passage.earlier) == ((), ()) for passage in passages)
    assert view.search("lease", 20).passages


def test_an_amendment_outside_the_open_collections_is_not_named(owner: Owner, notes: Path) -> None:
    lease = write(notes / "flat" / "lease-abebe.md", "# Lease of Ms Abebe\n\nThe attic is let to Ms Abebe.\n")
    write(notes / "flat" / "lease-addendum-abebe.md", "# Addendum: lease of Ms Abebe\n\nNo attic.\n")
    list(owner.add(notes))
    owner.collect("flat", [lease], [], "The lease alone")
    owner.collect("all", [notes], [], "Everything")
    named = AgentView(owner, ["all"]).search("attic Abebe", 5).doubts
    assert [Path(doubt.by).name for doubt in named] == ["lease-addendum-abebe.md"]
    for found in (
        AgentView(owner, ["flat"]).search("attic Abebe", 5),
        AgentView(owner, ["flat"]).ask("attic?"),
    ):
        assert found.passages
        assert found.doubts == ()


def test_pages_of_other_documents_do_not_exist(owner: Owner, notes: Path) -> None:
    view = AgentView(owner, ["work"])
    assert "30 June 2027" in view.page(place(notes / "work" / "lease.md")).text
    for path in (notes / "private" / "diary.md", notes / "work" / ".." / "private" / "diary.md"):
        assert view.extent(path) is None
        with pytest.raises(IngestError, match="has no document"):
            view.page(place(path))


def test_a_collection_that_is_not_open_does_not_exist(owner: Owner) -> None:
    view = AgentView(owner, ["work"])
    for name in ("family", "Family", "nope"):
        with pytest.raises(BadCollection, match="There is no collection"):
            view.search("lease", 5, collection=name)


def test_an_open_collection_that_is_gone_opens_nothing(owner: Owner) -> None:
    owner.uncollect("work", [], [])
    view = AgentView(owner, ["work"])
    assert (view.collections(), view.entries(), view.search("lease", 5).passages) == ([], [], ())


def test_a_document_that_leaves_the_collection_is_gone_at_the_next_call(owner: Owner, notes: Path) -> None:
    assert AgentView(owner, ["work"]).search("lease", 5).passages
    owner.collect("work", [notes / "private" / "diary.md"], [], None)
    owner.uncollect("work", [notes / "work"], [])
    assert [Path(each.path).name for each in AgentView(owner, ["work"]).entries()] == ["diary.md"]


def test_no_view_is_made_when_nothing_is_open(owner: Owner) -> None:
    with pytest.raises(PolicyRefusal, match="may run in a cloud"):
        AgentView(owner, [])


def test_what_cannot_be_recorded_is_not_sent(owner: Owner, notes: Path, tmp_path: Path, jail: Jail) -> None:
    lease = str(notes / "work" / "lease.md")
    AgentView(owner, ["work"]).record("an agent", "get", [lease, lease])
    entry = owner.audit_log(Path(lease))[0]
    assert (entry.what, entry.detail) == ("sent", "to the agent an agent, by get: documents: 1")
    with (
        Owner(
            tmp_path / "library", Config(), embedder=HashingEmbedder(), jail=jail, read_only=True
        ) as reading,
        pytest.raises(IngestError, match="nothing was sent to the agent"),
    ):
        AgentView(reading, ["work"]).record("an agent", "get", [lease])
