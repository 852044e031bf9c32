"""Stored prompts are found by their true prefix, verified, limited in size, and deleted when necessary."""

import json
import logging
import os
import stat
from pathlib import Path

import pytest

from assistant.engine.kvcache import LEAST_TOKENS, KVCache, discard
from policies.integrity import IntegrityKey
from tests.running import KEY

PROMPT = list(range(1000, 1000 + 2 * LEAST_TOKENS))
STATE = b"keys and values" * 100


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "library" / "cache" / "kv"


def cache(folder: Path, *, fingerprint: str = "model", most_bytes: int = 1 << 20) -> KVCache:
    return KVCache(folder, fingerprint=fingerprint, most_bytes=most_bytes, key=KEY)


@pytest.fixture
def stored(folder: Path) -> KVCache:
    """A cache that contains PROMPT."""
    made = cache(folder)
    made.wants(PROMPT)
    made.store(PROMPT, STATE)
    return made


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.kv"))


def test_a_prompt_is_wanted_when_its_beginning_is_seen_again(folder: Path) -> None:
    assert not cache(folder).wants(PROMPT)
    assert cache(folder).wants(PROMPT[: LEAST_TOKENS + 10])
    assert not cache(folder).wants([7, *PROMPT])


def test_a_short_prompt_is_never_wanted(folder: Path) -> None:
    short = PROMPT[: LEAST_TOKENS - 1]
    assert not any(cache(folder).wants(short) for _ in range(3))


def test_a_prompt_is_not_wanted_once_it_is_stored(stored: KVCache) -> None:
    assert not stored.wants([*PROMPT, 1, 2, 3])
    assert stored.wants(PROMPT[:LEAST_TOKENS] + list(range(LEAST_TOKENS)))


def test_a_stored_prompt_can_be_read_by_another_process(stored: KVCache, folder: Path) -> None:
    match = cache(folder).find([*PROMPT[:300], 1, 2, 3])
    assert match is not None
    assert (list(match.tokens), match.shared) == (PROMPT, 300)
    assert cache(folder).read(match) == STATE


def test_the_prompt_with_the_longest_common_prefix_is_found(stored: KVCache) -> None:
    longer = [*PROMPT[:400], *range(300)]
    stored.store(longer, b"longer")
    match = stored.find([*longer[:450], 5])
    assert match is not None
    assert stored.read(match) == b"longer"


def test_another_beginning_or_another_model_matches_nothing(stored: KVCache, folder: Path) -> None:
    assert stored.find([1, *PROMPT]) is None
    assert stored.find(PROMPT[1:]) is None
    assert cache(folder, fingerprint="another").find(PROMPT) is None


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "no header"])
def test_a_damaged_file_is_logged_and_deleted(
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
    match = stored.find(PROMPT)
    with caplog.at_level(logging.WARNING):
        assert match is None or stored.read(match) is None
    assert not files(folder)
    assert str(file) in caplog.text


def test_the_least_recently_used_prompts_are_deleted_when_the_limit_is_exceeded(folder: Path) -> None:
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


def test_a_prompt_larger_than_the_limit_is_not_stored(folder: Path) -> None:
    small = cache(folder, most_bytes=100)
    small.wants(PROMPT)
    small.store(PROMPT, STATE)
    assert not files(folder)


def test_a_limit_of_0_stores_nothing(folder: Path) -> None:
    none = cache(folder, most_bytes=0)
    assert not any(none.wants(PROMPT) for _ in range(3))
    assert not folder.exists()


def test_stored_prompts_are_readable_by_their_owner_only(stored: KVCache, folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_failure_is_logged_and_leaves_no_partial_file(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("in the way", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        cache(folder).wants(PROMPT)
        cache(folder).store(PROMPT, STATE)
    assert "cannot store the prompt cache" in caplog.text
    assert folder.read_text(encoding="utf-8") == "in the way"


def test_discarding_deletes_all_stored_prompts(stored: KVCache, folder: Path) -> None:
    discard(folder)
    assert not folder.exists()
    assert stored.find(PROMPT) is None
    discard(folder)


def test_a_file_whose_header_claims_too_many_tokens_is_deleted(stored: KVCache, folder: Path) -> None:
    (file,) = files(folder)
    whole = file.read_bytes()
    length = int.from_bytes(whole[:8], "big")
    header, _, tokens = whole[8 : 8 + length].partition(b"\n")
    lie = json.dumps(json.loads(header) | {"tokens": 10**12}).encode() + b"\n" + tokens
    file.write_bytes(len(lie).to_bytes(8, "big") + lie + whole[8 + length :])
    assert stored.find(PROMPT) is None
    assert not files(folder)


def test_a_state_that_another_program_wrote_is_never_given_to_the_model(
    stored: KVCache, folder: Path
) -> None:
    (path,) = files(folder)
    whole = path.read_bytes()
    forger = KVCache(folder, fingerprint="model", most_bytes=1 << 20, key=IntegrityKey(b"o" * 32))
    forger.store(PROMPT, b"another state" * 100)
    forged = next(file for file in files(folder) if file != path).read_bytes()
    for content in (forged, whole.replace(b"keys", b"KEYS", 1), whole + b"more"):
        for file in files(folder):
            file.unlink()
        path.write_bytes(content)
        match = stored.find(PROMPT)
        assert match is not None
        assert stored.read(match) is None
        assert not files(folder)
