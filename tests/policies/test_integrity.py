"""The key by which Carrel recognises its own files: made once, kept apart, and never guessed around."""

import threading
from pathlib import Path

import pytest

from policies.errors import PolicyRefusal
from policies.integrity import CODE_BYTES, KEY_BYTES, IntegrityKey, load_key


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "integrity.key"
    code = load_key(path).code("test", "text")
    assert load_key(path).code("test", "text") == code
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["integrity.key"]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "integrity.key"
    codes: list[bytes] = []
    threads = [threading.Thread(target=lambda: codes.append(load_key(path).code("test"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 8
    assert len(set(codes)) == 1


@pytest.mark.parametrize("content", [b"", b"abc", b"zz" * KEY_BYTES, b"\xff" * 64, b"00" * (KEY_BYTES + 1)])
def test_a_damaged_key_is_refused_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "integrity.key"
    path.write_bytes(content)
    with pytest.raises(PolicyRefusal, match="cannot be used") as refused:
        load_key(path)
    assert "backup" in refused.value.remedy
    assert path.read_bytes() == content


def test_no_two_lists_of_values_have_the_same_code() -> None:
    key = IntegrityKey(b"k" * KEY_BYTES)
    values: list[tuple[bytes | str | int | float | None, ...]] = [
        (),
        ("",),
        ("ab",),
        ("a", "b"),
        (b"ab",),
        ("ab", ""),
        (1,),
        ("1",),
        (1.0,),
        (None,),
        ("None",),
        (12,),
        (1, 2),
        ("\udcff",),
    ]
    codes = {key.code("test", *parts) for parts in values} | {key.code("other", "ab")}
    assert len(codes) == len(values) + 1
    assert {len(code) for code in codes} == {CODE_BYTES}


def test_only_the_same_values_and_the_same_key_have_the_same_code() -> None:
    key = IntegrityKey(b"k" * KEY_BYTES)
    code = key.code("test", "text")
    assert code == IntegrityKey(b"k" * KEY_BYTES).code("test", "text")
    assert code != key.code("test", "texts")
    assert code != IntegrityKey(b"o" * KEY_BYTES).code("test", "text")
