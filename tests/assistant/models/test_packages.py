"""Fetching a model from the distributions of a package index on this machine."""

import base64
import dataclasses
import errno
import hashlib
import os
import random
import shutil
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.errors import EngineError, ModelNotStored
from assistant.models import indexes, packages
from assistant.models.indexes import PackageIndexes, configured
from assistant.models.pulling import Route
from assistant.models.recommending import PackagedModel, catalogue
from assistant.models.shelf import licence_file
from policies.errors import ModelNotAsPinned, PolicyRefusal
from tests.ggufs import gguf
from tests.mirroring import Mirror, mirrored, wheel

CONTENT = gguf({"general.description": random.Random(1).randbytes(900_000).hex()})
"""A model file of which every part is different."""

PARTS = 10
"""More than nine, so that the order of numbers is not the order of names."""

MODEL = PackagedModel(
    name="m",
    file="m.gguf",
    package="Some_Model.part{part}",
    version="0.2.0",
    member="some_model_part{part}/data/part{part:02}.bin",
    parts=PARTS,
    bytes=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
    licence="Apache-2.0",
    publisher="https://publisher.example/m.gguf",
)


def wheel_name(part: int, version: str = "0.2.0") -> str:
    return f"some_model_part{part}-{version}-py3-none-any.whl"


def wheels(content: bytes = CONTENT) -> dict[str, dict[str, bytes]]:
    """The files of every distribution: the wheel of the right version among others."""
    step = -(-len(content) // PARTS)
    return {
        f"some-model-part{part}": {
            f"some_model_part{part}-0.2.0.tar.gz": b"source",
            wheel_name(part, "0.1.0"): wheel({}),
            wheel_name(part): wheel(
                {
                    f"some_model_part{part}/__init__.py": b"raise SystemExit",
                    MODEL.member.format(part=part): content[(part - 1) * step : part * step],
                }
            ),
        }
        for part in range(1, PARTS + 1)
    }


RIGHT = wheels()


@pytest.fixture
def mirror() -> Iterator[Mirror]:
    with mirrored() as mirror:
        mirror.files = {name: dict(files) for name, files in RIGHT.items()}
        yield mirror


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    return folder / "m.gguf"


def indexes_at(*addresses: str) -> PackageIndexes:
    # A context without any authority, because loading them takes longer than a test.
    without_authorities = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return PackageIndexes(addresses, Route(without_authorities, plain_hosts=frozenset({"127.0.0.1"})))


def fetch(mirror: Mirror, target: Path) -> None:
    packages.fetch(MODEL, target, indexes_at(mirror.address))


def pull(mirror: Mirror, target: Path) -> str:
    fetch(mirror, target)
    return packages.keep(MODEL, target, "index.example")


def files(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


@pytest.mark.parametrize("speaks_json", [True, False], ids=["JSON", "HTML"])
@pytest.mark.parametrize("states_hashes", [True, False], ids=["hashes", "no hashes"])
def test_the_parts_are_joined_by_number_and_only_the_model_and_its_note_stay(
    mirror: Mirror, target: Path, speaks_json: bool, states_hashes: bool
) -> None:
    mirror.speaks_json, mirror.states_hashes = speaks_json, states_hashes
    assert pull(mirror, target) == MODEL.sha256
    assert target.read_bytes() == CONTENT
    assert files(target) == ["m.gguf", "m.gguf.licence.txt"]
    assert mirror.fetched == [wheel_name(part) for part in range(1, PARTS + 1)]


def test_the_note_beside_the_model_says_licence_origin_and_digest(mirror: Mirror, target: Path) -> None:
    pull(mirror, target)
    note = licence_file(target).read_text()
    for fact in ("Apache-2.0", MODEL.publisher, "index.example", "Some_Model.part10", "0.2.0", MODEL.sha256):
        assert fact in note


def test_progress_rises_to_the_size_of_the_model(mirror: Mirror, target: Path) -> None:
    seen: list[tuple[int, int]] = []
    where = indexes_at(mirror.address)
    packages.fetch(MODEL, target, where, progress=lambda *at: seen.append(at))
    assert seen == sorted(seen)
    assert len(set(seen)) >= PARTS
    assert seen[-1] == (MODEL.bytes, MODEL.bytes)


# Going on


@pytest.mark.parametrize("states_hashes", [True, False], ids=["hashes", "no hashes"])
def test_a_download_goes_on_in_the_part_where_the_connection_broke(
    mirror: Mirror, target: Path, states_hashes: bool
) -> None:
    mirror.states_hashes = states_hashes
    broken = wheel_name(7)
    mirror.cut_after = {broken: 70_000}
    with pytest.raises(ModelNotStored, match="connection failed") as failure:
        fetch(mirror, target)
    assert "to resume the download" in failure.value.remedy
    mirror.cut_after, mirror.requests = {}, []
    pull(mirror, target)
    assert target.read_bytes() == CONTENT
    assert mirror.fetched == [wheel_name(part) for part in range(7, PARTS + 1)]
    ranges = dict(mirror.requests)
    # Without a hash, nothing says that the index still has the same file.
    assert ranges[f"/files/some-model-part7/{broken}"] == ("bytes=65536-" if states_hashes else "")


def test_an_index_that_cannot_resume_sends_the_part_again(mirror: Mirror, target: Path) -> None:
    mirror.cut_after, mirror.resumes = {wheel_name(3): 2_000}, False
    with pytest.raises(ModelNotStored):
        fetch(mirror, target)
    mirror.cut_after = {}
    assert pull(mirror, target) == MODEL.sha256


def test_a_part_that_was_stored_but_not_yet_named_is_not_fetched_again(mirror: Mirror, target: Path) -> None:
    fetch(mirror, target)
    wheel_file = target.with_name("m.gguf.part.10.whl")
    wheel_file.rename(wheel_file.with_name(wheel_file.name + ".part"))
    mirror.requests = []
    assert pull(mirror, target) == MODEL.sha256
    assert mirror.fetched == []


@pytest.mark.parametrize("after", range(0, 40, 3))
def test_joining_goes_on_wherever_it_was_cut_off(
    target: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """The disk is full at any of the calls that join the parts."""
    calls = 0

    def cut_off(*_: object, **__: object) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(errno.ENOSPC, "No space left on device")

    for part in range(1, PARTS + 1):
        content = RIGHT[f"some-model-part{part}"][wheel_name(part)]
        target.with_name(f"m.gguf.part.{part:02}.whl").write_bytes(content)
    with monkeypatch.context() as patch:
        for place, name in ((os, "fsync"), (Path, "unlink"), (Path, "rename"), (os, "replace")):
            original = getattr(place, name)

            def step(*arguments: object, original: object = original, **options: object) -> object:
                cut_off()
                return original(*arguments, **options)  # type: ignore[operator]

            patch.setattr(place, name, step)
        try:
            packages.keep(MODEL, target, "index.example")
        except ModelNotStored as failure:
            assert "disk is full" in failure.message
            assert "to resume the download" in failure.remedy
    if not target.exists():
        # No index is reached: nothing is to be fetched again.
        packages.fetch(MODEL, target, indexes_at("http://127.0.0.1:1/simple"))
        packages.keep(MODEL, target, "index.example")
    assert target.read_bytes() == CONTENT
    assert licence_file(target).exists()


def test_two_processes_cannot_download_the_same_model(mirror: Mirror, target: Path) -> None:
    where = indexes_at(mirror.address)
    with pytest.raises(ModelNotStored, match="Another process"):
        packages.fetch(MODEL, target, where, progress=lambda *_: fetch(mirror, target))


# What is refused


def test_a_file_with_another_digest_is_deleted_with_all_that_was_downloaded(
    mirror: Mirror, target: Path
) -> None:
    mirror.files = wheels(CONTENT[:-1] + b"?")
    with pytest.raises(ModelNotAsPinned, match=MODEL.sha256):
        pull(mirror, target)
    assert files(target) == []


def test_a_file_that_is_too_short_is_deleted(mirror: Mirror, target: Path) -> None:
    mirror.files = wheels(CONTENT[:-1])
    with pytest.raises(ModelNotAsPinned, match=f"{len(CONTENT) - 1:,} bytes"):
        pull(mirror, target)
    assert files(target) == []


def test_a_file_that_is_no_model_is_deleted_even_with_the_right_digest(mirror: Mirror, target: Path) -> None:
    content = b"<html>" + random.Random(2).randbytes(999)
    mirror.files = wheels(content)
    model = dataclasses.replace(MODEL, bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    where = indexes_at(mirror.address)
    packages.fetch(model, target, where)
    with pytest.raises(EngineError, match="not a GGUF file"):
        packages.keep(model, target, "index.example")
    assert files(target) == []


def test_a_member_that_swells_is_not_written_beyond_the_size_of_the_model(
    mirror: Mirror, target: Path
) -> None:
    mirror.files["some-model-part2"][wheel_name(2)] = wheel({MODEL.member.format(part=2): bytes(30_000_000)})
    with pytest.raises(ModelNotStored, match="larger than expected"):
        pull(mirror, target)
    assert target.with_name("m.gguf.part").stat().st_size <= MODEL.bytes


@pytest.mark.parametrize(
    "content",
    [
        b"no zip",
        wheel({"some_model_part2/data/other.bin": b"x"}),
        RIGHT["some-model-part2"][wheel_name(2)][:-40],
    ],
    ids=["no zip", "no member", "cut off"],
)
def test_a_wheel_without_its_part_is_named_and_fetched_again(
    mirror: Mirror, target: Path, content: bytes
) -> None:
    mirror.files["some-model-part2"][wheel_name(2)] = content
    with pytest.raises(ModelNotStored, match=r"Some_Model\.part2 0\.2\.0 is not as expected") as failure:
        pull(mirror, target)
    assert "--index" in failure.value.remedy
    mirror.files, mirror.requests = RIGHT, []
    assert pull(mirror, target) == MODEL.sha256
    assert mirror.fetched == [wheel_name(2)]


def test_a_part_that_arrives_damaged_is_deleted(mirror: Mirror, target: Path) -> None:
    mirror.cut_after = {wheel_name(1): 2_000}
    with pytest.raises(ModelNotStored):
        fetch(mirror, target)
    part = target.with_name("m.gguf.part.01.whl.part")
    part.write_bytes(b"?" + part.read_bytes()[1:])
    mirror.cut_after = {}
    with pytest.raises(ModelNotStored, match="arrived damaged"):
        fetch(mirror, target)
    assert pull(mirror, target) == MODEL.sha256


def test_a_disk_without_room_is_noticed_before_the_first_byte(
    mirror: Mirror, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(target.parent)._replace(free=MODEL.bytes)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(ModelNotStored, match="MiB free") as failure:
        fetch(mirror, target)
    assert "Free some space" in failure.value.remedy
    assert mirror.requests == []


# Indexes


def test_a_version_that_no_index_has_is_named_with_the_index(mirror: Mirror, target: Path) -> None:
    del mirror.files["some-model-part9"][wheel_name(9)]
    with pytest.raises(ModelNotStored, match=r"127\.0\.0\.1 has no Some_Model\.part9 0\.2\.0") as failure:
        fetch(mirror, target)
    assert "--index" in failure.value.remedy


@pytest.mark.parametrize(("status", "reason"), [(500, "status 500"), (403, "requires a name and password")])
def test_an_index_that_does_not_answer_is_explained(
    mirror: Mirror, target: Path, status: int, reason: str
) -> None:
    mirror.status = status
    with pytest.raises(ModelNotStored, match=rf"No package index can be used.*{reason}") as failure:
        fetch(mirror, target)
    assert "pip's configuration" in failure.value.remedy


def test_an_index_that_is_not_reached_is_named(target: Path) -> None:
    where = indexes_at("http://127.0.0.1:1/simple")
    with pytest.raises(ModelNotStored, match=r"127\.0\.0\.1 cannot be reached"):
        packages.fetch(MODEL, target, where)


def test_an_index_is_passed_over_if_it_is_not_reached_or_lacks_the_distribution(
    mirror: Mirror, target: Path
) -> None:
    where = indexes_at("http://127.0.0.1:1/simple", f"{mirror.address}nothing/", mirror.address)
    packages.fetch(MODEL, target, where)
    assert packages.keep(MODEL, target, "index.example") == MODEL.sha256


def test_a_page_that_is_no_index_is_explained(mirror: Mirror, target: Path, tmp_path: Path) -> None:
    (tmp_path / "some-model-part1").mkdir()
    (tmp_path / "some-model-part1" / "index.html").write_text('<a href="https://[/x-0.2.0-y.whl">x</a>')
    with pytest.raises(ModelNotStored, match="cannot be read"):
        packages.fetch(MODEL, target, indexes_at(tmp_path.as_uri()))


def test_an_index_in_a_folder_is_read_without_a_network(target: Path, tmp_path: Path) -> None:
    for distribution, contents in RIGHT.items():
        folder = tmp_path / "simple" / distribution
        folder.mkdir(parents=True)
        for name, content in contents.items():
            (folder / name).write_bytes(content)
        (folder / "index.html").write_text("".join(f'<a href="{name}">{name}</a>' for name in contents))
    where = indexes_at((tmp_path / "simple").as_uri())
    packages.fetch(MODEL, target, where)
    assert packages.keep(MODEL, target, "a folder") == MODEL.sha256


def test_name_and_password_of_the_index_are_used_for_its_files_and_never_shown(
    mirror: Mirror, target: Path
) -> None:
    mirror.login = f"Basic {base64.b64encode(b'reader:secret').decode()}"
    address = mirror.address.replace("//", "//reader:secret@")
    del mirror.files["some-model-part10"]
    with pytest.raises(ModelNotStored) as failure:
        packages.fetch(MODEL, target, indexes_at(address))
    assert len(mirror.fetched) == PARTS - 1
    assert "secret" not in failure.value.message + failure.value.remedy
    mirror.login = "Basic other"
    with pytest.raises(ModelNotStored, match="name and password") as failure:
        packages.fetch(MODEL, target, indexes_at(address))
    assert "secret" not in failure.value.message + failure.value.remedy


# The configuration of pip


def addresses(environment: dict[str, str], home: Path, index: str = "") -> tuple[str, ...]:
    environment = {"HOME": str(home), "XDG_CONFIG_DIRS": str(home / "etc"), **environment}
    return configured(environment, index).addresses


def write_configuration(home: Path, text: str, place: str = ".config") -> None:
    file = home / place / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_indexes_come_from_the_files_of_pip_and_missing_folders_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    there = (tmp_path / "wheels").as_uri()
    write_configuration(tmp_path, "[global]\nindex-url = https://everyone.example/simple\n", "etc")
    assert addresses({}, tmp_path)[0] == "https://everyone.example/simple"
    write_configuration(
        tmp_path,
        f"[global]\nindex_url = https://mine.example/simple\n"
        f"extra-index-url =\n    file:///no/such/folder\n    {there}\n    https://more.example/simple\n",
    )
    assert addresses({}, tmp_path) == ("https://mine.example/simple", there, "https://more.example/simple")
    write_configuration(
        tmp_path, "[global]\nindex-url = https://a.example\n[install]\nindex-url = https://b.example\n"
    )
    assert addresses({}, tmp_path)[0] == "https://b.example"


def test_a_variable_comes_before_the_files_and_an_option_before_both(tmp_path: Path) -> None:
    write_configuration(tmp_path, "[global]\nindex-url = https://file.example/simple\n")
    variables = {"PIP_INDEX_URL": "https://variable.example/simple"}
    assert addresses(variables, tmp_path)[0] == "https://variable.example/simple"
    assert addresses(variables, tmp_path, "https://option.example")[0] == "https://option.example"


def test_without_a_configuration_the_index_is_the_one_that_pip_itself_uses(tmp_path: Path) -> None:
    index = pytest.importorskip("pip._internal.models.index").PyPI.simple_url
    assert addresses({"PIP_CONFIG_FILE": os.devnull}, tmp_path) == (index,)


@pytest.mark.parametrize(
    "text", ["[global]\nno-index = true\n", "[global]\nindex-url = file:///no/such/folder\n"]
)
def test_a_configuration_without_any_index_is_explained(tmp_path: Path, text: str) -> None:
    write_configuration(tmp_path, text)
    with pytest.raises(ModelNotStored, match="No package index") as failure:
        addresses({}, tmp_path)
    assert "index-url" in failure.value.remedy


def test_an_index_without_tls_is_only_used_on_hosts_that_the_configuration_trusts(tmp_path: Path) -> None:
    write_configuration(tmp_path, "[global]\nindex-url = http://reader:secret@mirror.example/simple\n")
    with pytest.raises(PolicyRefusal, match=r"index mirror\.example") as refused:
        addresses({}, tmp_path)
    assert "trusted-host" in refused.value.remedy
    trusted = {"PIP_TRUSTED_HOST": "mirror.example:8080"}
    assert addresses(trusted, tmp_path) == ("http://reader:secret@mirror.example/simple",)


def test_a_certificate_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelNotStored, match=r"missing\.pem"):
        addresses({"PIP_CERT": str(tmp_path / "missing.pem")}, tmp_path)


def test_a_damaged_configuration_file_is_passed_over(tmp_path: Path) -> None:
    write_configuration(tmp_path, "index-url = https://x.example\n")
    variables = {"PIP_INDEX_URL": "https://variable.example/simple"}
    assert addresses(variables, tmp_path)[0] == "https://variable.example/simple"


# The catalogue


def test_the_packaged_models_of_the_catalogue_are_complete() -> None:
    packaged = [offer.packaged for offer in catalogue() if offer.packaged is not None]
    assert len(packaged) >= 2
    for model in packaged:
        assert model.bytes > 0
        assert len(model.sha256) == 64
        assert len({model.distribution(part) for part in range(1, model.parts + 1)}) == model.parts
        assert model.member.format(part=model.parts).endswith(f"part{model.parts:02}.bin")
        assert model.publisher.endswith(f"/{model.file}")


def test_hosts_are_shown_without_passwords() -> None:
    assert indexes.host_of("https://reader:secret@mirror.example:8080/simple") == "mirror.example"
    assert indexes.host_of("file:///srv/wheels") == "/srv/wheels"
