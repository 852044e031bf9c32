"""Prompts on disk: found by a true prefix, verified, bounded, and gone when they must be."""

import json
import logging
import os
import stat
from pathlib import Path

import pytest

from assistant.engine.kvcache import LEAST_TOKENS, KVCache, discard

PROMPT = list(range(1000, 1000 + 2 * LEAST_TOKENS))
STATE = b"keys and values" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library" / "cache" / "kv"


def cache(folder: Path, *, fingerprint: str = "model", most_bytes: int = 1 << 20) -> KVCache:
    return KVCache(folder, fingerprint=fingerprint, most_bytes=most_bytes)


@pytest.fixture
def stored(folder: Path) -> KVCache:
    """A cache that holds PROMPT."""
    made = cache(folder)
    made.wants(PROMPT)
    made.store(PROMPT, STATE)
    return made


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.kv"))


def test_a_prompt_is_wanted_when_its_beginning_is_met_again(folder: Path) -> None:
    assert not cache(folder).wants(PROMPT)
    assert cache(folder).wants(PROMPT[: LEAST_TOKENS + 10])
    assert not cache(folder).wants([7, *PROMPT])


def test_a_short_prompt_is_never_wanted(folder: Path) -> None:
    short = PROMPT[: LEAST_TOKENS - 1]
    assert not any(cache(folder).wants(short) for _ in range(3))


def test_a_prompt_is_not_wanted_once_it_is_stored(stored: KVCache) -> None:
    assert not stored.wants([*PROMPT, 1, 2, 3])
    assert stored.wants(PROMPT[:LEAST_TOKENS] + list(range(LEAST_TOKENS)))


def test_what_was_stored_comes_back_to_another_process(stored: KVCache, folder: Path) -> None:
    found = cache(folder).find([*PROMPT[:300], 1, 2, 3])
    assert found is not None
    assert (list(found.tokens), found.shared) == (PROMPT, 300)
    assert cache(folder).read(found) == STATE


def test_the_longest_shared_beginning_is_found(stored: KVCache) -> None:
    longer = [*PROMPT[:400], *range(300)]
    stored.store(longer, b"longer")
    found = stored.find([*longer[:450], 5])
    assert found is not None
    assert stored.read(found) == b"longer"


def test_nothing_is_found_for_another_beginning_model_or_setting(stored: KVCache, folder: Path) -> None:
    assert stored.find([1, *PROMPT]) is None
    assert stored.find(PROMPT[1:]) is None
    assert cache(folder, fingerprint="another").find(PROMPT) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "no header"])
def test_a_damaged_file_is_said_so_and_deleted(
    stored: KVCache, folder: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    (file,) = files(folder)
    whole = file.read_bytes()
    file.write_bytes(
        {
            "cut": whole[:-10],
            "changed": whole[:-10] + bytes(10),
            "emptied": b"",
            "no header": whole[5:],
        }[damage]
    )
    found = stored.find(PROMPT)
    with caplog.at_level(logging.WARNING):
        assert found is None or stored.read(found) is None
    assert not files(folder)
    assert str(file) in caplog.text


def test_the_oldest_go_when_there_is_no_room(folder: Path) -> None:
    small = cache(folder, most_bytes=3 * (len(STATE) + 4 * len(PROMPT) + 300))
    for first in range(5):
        prompt = [first, *PROMPT]
        small.wants(prompt)
        small.store(prompt, STATE)
        for age, file in enumerate(sorted(files(folder), key=lambda path: -path.stat().st_mtime_ns)):
            os.utime(file, ns=(10**18 - age * 10**9, 10**18 - age * 10**9))
    assert [small.find([first, *PROMPT]) is not None for first in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_a_prompt_larger_than_all_room_is_not_stored(folder: Path) -> None:
    small = cache(folder, most_bytes=100)
    small.wants(PROMPT)
    small.store(PROMPT, STATE)
    assert not files(folder)


def test_no_room_at_all_stores_nothing(folder: Path) -> None:
    none = cache(folder, most_bytes=0)
    assert not any(none.wants(PROMPT) for _ in range(3))
    assert not folder.exists()


def test_only_the_owner_can_read_what_is_stored(stored: KVCache, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_disk_that_cannot_be_written_is_said_so_and_leaves_nothing_half_written(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        cache(folder).wants(PROMPT)
        cache(folder).store(PROMPT, STATE)
    assert "cannot store the prompt cache" in caplog.text
    assert folder.read_text(encoding="utf-8") == "in the way"


def test_after_discarding_nothing_is_left(stored: KVCache, folder: Path) -> None:
    discard(folder)
    assert not folder.exists()
    assert stored.find(PROMPT) is None
    discard(folder)


def test_a_header_that_lies_about_its_length_is_deleted(stored: KVCache, folder: Path) -> None:
    (file,) = files(folder)
    header, _, content = file.read_bytes().partition(b"\n")
    lie = json.loads(header) | {"tokens": 10**12}
    file.write_bytes(json.dumps(lie).encode() + b"\n" + content)
    assert stored.find(PROMPT) is None
    assert not files(folder)
