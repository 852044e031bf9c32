"""Downloading a model from a TLS server on this machine."""

import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from assistant.engine.gguf import GGUFHeader
from assistant.errors import EngineError, ModelNotStored
from assistant.models import pulling
from assistant.models.pulling import Route
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
    return pulling.fetch(site.address, target, route=Route(site.trusted))


def files(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_downloaded_model_is_the_only_file_that_stays(site: Site, target: Path) -> None:
    reported: list[tuple[int, int]] = []
    part = pulling.fetch(
        site.address, target, route=Route(site.trusted), progress=lambda *progress: reported.append(progress)
    )
    assert not target.exists()
    assert pulling.keep(part, target, sha256=SHA256.upper()) == SHA256
    assert target.read_bytes() == CONTENT
    assert files(target) == ["m.gguf"]
    assert reported[-1] == (len(CONTENT), len(CONTENT))


def test_a_download_is_resumed_after_the_connection_broke(site: Site, target: Path) -> None:
    site.publisher.cut_after = 2_000_000
    with pytest.raises(ModelNotStored, match="connection failed") as broken:
        fetch(site, target)
    assert "to resume the download" in broken.value.remedy
    have = pulling.part_file(target).stat().st_size
    assert 0 < have <= 2_000_000
    site.publisher.cut_after = None
    pulling.keep(fetch(site, target), target, sha256=SHA256)
    assert site.publisher.ranges == ["", f"bytes={have}-"]
    assert target.read_bytes() == CONTENT


def test_a_complete_part_file_is_not_downloaded_again(site: Site, target: Path) -> None:
    fetch(site, target)
    part = fetch(site, target)
    assert site.publisher.ranges == ["", f"bytes={len(CONTENT)}-"]
    assert part.read_bytes() == CONTENT


@pytest.mark.parametrize("tag", ['"one"', 'W/"one"', ""], ids=["changed", "weak", "none"])
def test_a_part_file_is_only_completed_from_the_same_file(site: Site, target: Path, tag: str) -> None:
    site.publisher.cut_after, site.publisher.tag = 2_000_000, tag
    with pytest.raises(ModelNotStored):
        fetch(site, target)
    site.publisher.cut_after = None
    site.publisher.content = gguf()
    site.publisher.tag = '"two"' if tag == '"one"' else tag
    assert fetch(site, target).read_bytes() == gguf()


def test_a_server_that_resumes_with_a_different_file_is_rejected(site: Site, target: Path) -> None:
    site.publisher.cut_after = 2_000_000
    with pytest.raises(ModelNotStored):
        fetch(site, target)
    site.publisher.cut_after, site.publisher.headers = None, {"ETag": '"two"'}
    with pytest.raises(ModelNotStored, match="which part of it this is"):
        fetch(site, target)


def test_a_download_with_the_wrong_digest_is_deleted(site: Site, target: Path) -> None:
    part = fetch(site, target)
    with pytest.raises(ModelNotAsPinned) as refused:
        pulling.keep(part, target, sha256="0" * 64)
    assert SHA256 in refused.value.message
    assert files(target) == []


def test_without_a_digest_the_user_decides_and_a_rejected_file_is_deleted(site: Site, target: Path) -> None:
    questions: list[tuple[str, str]] = []

    def accepted(header: GGUFHeader, digest: str) -> bool:
        questions.append((header.architecture, digest))
        return len(questions) > 1

    with pytest.raises(ModelNotStored, match="was not added"):
        pulling.keep(fetch(site, target), target, sha256="", accepted=accepted)
    assert files(target) == []
    pulling.keep(fetch(site, target), target, sha256="", accepted=accepted)
    assert questions == [("llama", SHA256)] * 2
    assert files(target) == ["m.gguf"]


def test_a_file_that_is_no_model_is_deleted_even_with_the_right_digest(site: Site, target: Path) -> None:
    site.publisher.content = b"<html>Log in to download</html>"
    part = fetch(site, target)
    with pytest.raises(EngineError, match="not a GGUF file"):
        pulling.keep(part, target, sha256=hashlib.sha256(site.publisher.content).hexdigest())
    assert files(target) == []


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/m.gguf", "file:///etc/passwd", "ftp://h/m", "https://"]
)
def test_only_https_addresses_are_downloaded(target: Path, address: str) -> None:
    with pytest.raises(PolicyRefusal, match="https only"):
        pulling.fetch(address, target)
    assert files(target) == []


def test_endless_redirects_are_given_up(site: Site, target: Path) -> None:
    site.publisher.redirect_to = "https://{host}/elsewhere"
    with pytest.raises(ModelNotStored, match="Too many redirects"):
        fetch(site, target)
    assert len(site.publisher.ranges) == pulling.MOST_REDIRECTS + 1


def test_a_redirect_within_https_is_followed(site: Site, target: Path) -> None:
    site.publisher.redirect_to, site.publisher.redirects = "https://{host}/elsewhere", 2
    assert fetch(site, target).read_bytes() == CONTENT
    assert len(site.publisher.ranges) == 3


@pytest.mark.parametrize("redirect_to", ["http://{host}/m.gguf", "//{host}:1/\x7f", "ftp://{host}/m.gguf"])
def test_a_redirect_to_anything_but_https_is_refused(site: Site, target: Path, redirect_to: str) -> None:
    site.publisher.redirect_to = redirect_to
    with pytest.raises((PolicyRefusal, ModelNotStored)):
        fetch(site, target)
    assert len(site.publisher.ranges) == 1


def test_a_self_signed_certificate_is_refused(site: Site, target: Path) -> None:
    with pytest.raises(ModelNotStored, match="CERTIFICATE_VERIFY_FAILED"):
        pulling.fetch(site.address, target)
    assert site.publisher.ranges == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "without an account"),
        (403, "without an account"),
        (404, "has no file"),
        (500, "status 500"),
        (204, "204"),
    ],
)
def test_an_http_error_is_explained(site: Site, target: Path, status: int, reason: str) -> None:
    site.publisher.status = status
    with pytest.raises(ModelNotStored, match=reason):
        fetch(site, target)


def test_a_response_without_a_length_is_rejected(site: Site, target: Path) -> None:
    site.publisher.headers = {"Content-Length": "", "Transfer-Encoding": "identity"}
    with pytest.raises(ModelNotStored):
        fetch(site, target)


def test_a_file_larger_than_the_free_space_is_not_downloaded(site: Site, target: Path) -> None:
    site.publisher.headers = {"Content-Length": str(1 << 60)}
    with pytest.raises(ModelNotStored, match="MiB free"):
        fetch(site, target)
    assert pulling.part_file(target).stat().st_size == 0


def test_a_full_disk_is_reported_and_the_part_file_stays(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def fill_up(done: int, total: int) -> None:
        if done > 1_500_000:
            full()

    with pytest.raises(ModelNotStored, match="disk is full") as failure:
        pulling.fetch(site.address, target, route=Route(site.trusted), progress=fill_up)
    assert "to resume the download" in failure.value.remedy
    assert pulling.part_file(target).stat().st_size > 1_000_000
    pulling.keep(fetch(site, target), target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_two_processes_cannot_download_the_same_file(site: Site, target: Path) -> None:
    def again(done: int, total: int) -> None:
        fetch(site, target)

    with pytest.raises(ModelNotStored, match="Another process"):
        pulling.fetch(site.address, target, route=Route(site.trusted), progress=again)
