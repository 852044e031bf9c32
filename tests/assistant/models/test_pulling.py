"""Fetching a model, from a server on this machine that speaks TLS."""

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from assistant.engine.gguf import GGUFHeader
from assistant.errors import EngineError, ModelNotStored
from assistant.models import pulling
from policies.errors import ModelNotAsPinned, PolicyRefusal
from tests.ggufs import gguf
from tests.publishing import Site, published

CONTENT = gguf({"general.description": "x" * 3_000_000})
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def site(authority: trustme.CA) -> Iterator[Site]:
    with published(authority, CONTENT) as site:
        yield site


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "m.gguf"


def fetch(site: Site, target: Path) -> Path:
    return pulling.fetch(site.address, target, trusted=site.trusted)


def left(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_model_is_fetched_and_kept_under_its_name_alone(site: Site, target: Path) -> None:
    told: list[tuple[int, int]] = []
    part = pulling.fetch(
        site.address, target, trusted=site.trusted, watch=lambda *progress: told.append(progress)
    )
    assert not target.exists()
    assert pulling.keep(part, target, sha256=SHA256.upper()) == SHA256
    assert target.read_bytes() == CONTENT
    assert left(target) == ["m.gguf"]
    assert told[-1] == (len(CONTENT), len(CONTENT))


def test_a_broken_connection_is_told_and_the_next_try_goes_on_from_there(site: Site, target: Path) -> None:
    site.publisher.cut_after = 2_000_000
    with pytest.raises(ModelNotStored, match="connection failed") as broken:
        fetch(site, target)
    assert "goes on from there" in broken.value.remedy
    have = pulling.part_of(target).stat().st_size
    assert 0 < have <= 2_000_000
    site.publisher.cut_after = None
    pulling.keep(fetch(site, target), target, sha256=SHA256)
    assert site.publisher.asked_for == ["", f"bytes={have}-"]
    assert target.read_bytes() == CONTENT


def test_a_download_that_is_complete_but_not_kept_yet_is_not_fetched_again(site: Site, target: Path) -> None:
    fetch(site, target)
    part = fetch(site, target)
    assert site.publisher.asked_for == ["", f"bytes={len(CONTENT)}-"]
    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize("tag", ['"one"', 'W/"one"', ""], ids=["changed", "weak", "none"])
def test_a_part_is_only_completed_with_the_file_that_it_is_a_part_of(
    site: Site, target: Path, tag: str
) -> None:
    site.publisher.cut_after, site.publisher.tag = 2_000_000, tag
    with pytest.raises(ModelNotStored):
        fetch(site, target)
    site.publisher.cut_after = None
    site.publisher.content = gguf()
    site.publisher.tag = '"two"' if tag == '"one"' else tag
    assert fetch(site, target).read_bytes() == gguf()


def test_a_server_that_goes_on_with_another_file_is_not_believed(site: Site, target: Path) -> None:
    site.publisher.cut_after = 2_000_000
    with pytest.raises(ModelNotStored):
        fetch(site, target)
    site.publisher.cut_after, site.publisher.headers = None, {"ETag": '"two"'}
    with pytest.raises(ModelNotStored, match="which part of which file"):
        fetch(site, target)


def test_another_digest_than_the_one_asked_for_leaves_nothing(site: Site, target: Path) -> None:
    part = fetch(site, target)
    with pytest.raises(ModelNotAsPinned) as refused:
        pulling.keep(part, target, sha256="0" * 64)
    assert SHA256 in refused.value.message
    assert left(target) == []


def test_without_a_digest_the_person_is_asked_and_a_no_leaves_nothing(site: Site, target: Path) -> None:
    asked: list[tuple[str, str]] = []

    def accepted(header: GGUFHeader, digest: str) -> bool:
        asked.append((header.architecture, digest))
        return len(asked) > 1

    with pytest.raises(ModelNotStored, match="not kept"):
        pulling.keep(fetch(site, target), target, sha256="", accepted=accepted)
    assert left(target) == []
    pulling.keep(fetch(site, target), target, sha256="", accepted=accepted)
    assert asked == [("llama", SHA256)] * 2
    assert left(target) == ["m.gguf"]


def test_what_is_no_model_is_not_kept_whatever_its_digest(site: Site, target: Path) -> None:
    site.publisher.content = b"<html>Log in to download</html>"
    part = fetch(site, target)
    with pytest.raises(EngineError, match="no GGUF"):
        pulling.keep(part, target, sha256=hashlib.sha256(site.publisher.content).hexdigest())
    assert left(target) == []


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/m.gguf", "file:///etc/passwd", "ftp://h/m", "https://"]
)
def test_only_https_is_fetched(target: Path, address: str) -> None:
    with pytest.raises(PolicyRefusal, match="https only"):
        pulling.fetch(address, target)
    assert left(target) == []


def test_a_redirection_within_https_is_followed(site: Site, target: Path) -> None:
    publisher = site.publisher
    publisher.leads_to = "https://{host}/elsewhere"
    with pytest.raises(ModelNotStored, match="leads on and on"):
        fetch(site, target)
    assert len(publisher.asked_for) == pulling.MOST_REDIRECTS + 1


@pytest.mark.parametrize("leads_to", ["http://{host}/m.gguf", "//{host}:1/\x7f", "ftp://{host}/m.gguf"])
def test_a_redirection_to_anything_but_https_is_refused(site: Site, target: Path, leads_to: str) -> None:
    site.publisher.leads_to = leads_to
    with pytest.raises((PolicyRefusal, ModelNotStored)):
        fetch(site, target)
    assert len(site.publisher.asked_for) == 1


def test_a_server_with_a_certificate_of_its_own_making_is_refused(site: Site, target: Path) -> None:
    with pytest.raises(ModelNotStored, match="CERTIFICATE_VERIFY_FAILED"):
        pulling.fetch(site.address, target)
    assert site.publisher.asked_for == []


@pytest.mark.parametrize(
    ("status", "told"),
    [(401, "not give"), (403, "not give"), (404, "has no"), (500, "status 500"), (204, "204")],
)
def test_what_the_server_refuses_is_told(site: Site, target: Path, status: int, told: str) -> None:
    site.publisher.status = status
    with pytest.raises(ModelNotStored, match=told):
        fetch(site, target)


def test_a_server_that_does_not_say_how_much_comes_is_refused(site: Site, target: Path) -> None:
    site.publisher.headers = {"Content-Length": "", "Transfer-Encoding": "identity"}
    with pytest.raises(ModelNotStored):
        fetch(site, target)


def test_more_than_the_disk_has_room_for_is_not_begun(site: Site, target: Path) -> None:
    site.publisher.headers = {"Content-Length": str(1 << 60)}
    with pytest.raises(ModelNotStored, match="MiB free"):
        fetch(site, target)
    assert pulling.part_of(target).stat().st_size == 0


def test_a_disk_that_fills_up_is_told_and_what_came_stays(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def watch(done: int, total: int) -> None:
        if done > 1_500_000:
            full()

    with pytest.raises(ModelNotStored, match="disk is full") as told:
        pulling.fetch(site.address, target, trusted=site.trusted, watch=watch)
    assert "goes on from there" in told.value.remedy
    assert pulling.part_of(target).stat().st_size > 1_000_000
    pulling.keep(fetch(site, target), target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_two_processes_do_not_fetch_the_same_file(site: Site, target: Path) -> None:
    def again(done: int, total: int) -> None:
        fetch(site, target)

    with pytest.raises(ModelNotStored, match="Another process"):
        pulling.fetch(site.address, target, trusted=site.trusted, watch=again)
