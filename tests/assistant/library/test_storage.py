"""What a library stores."""

from pathlib import Path

from assistant.library.storage import stored_data


def test_sizes_include_folders_and_the_write_ahead_log(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(b"x" * 10)
    (tmp_path / "catalogue.db-wal").write_bytes(b"x" * 5)
    (tmp_path / "cache" / "kv").mkdir(parents=True)
    (tmp_path / "cache" / "kv" / "prompt").write_bytes(b"x" * 7)
    sizes = {data.name: data.bytes for data in stored_data(tmp_path) if data.bytes}
    assert sizes == {"catalogue.db": 15, "cache": 7}
