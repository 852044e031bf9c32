"""Whether a disk is encrypted is read from what the kernel says about its devices."""

from pathlib import Path

from ingest.devices import is_disk_encrypted, plain_swap


def device(devices: Path, path: Path, uuid: str = "") -> Path:
    """The kernel's entry for the disk that a path is on."""
    number = path.stat().st_dev
    entry = devices / f"{number >> 8}:{number & 0xFF}"
    (entry / "slaves").mkdir(parents=True)
    if uuid:
        (entry / "dm").mkdir()
        (entry / "dm" / "uuid").write_text(uuid, encoding="ascii")
    return entry


def test_a_disk_is_encrypted_if_it_or_all_that_it_is_made_of_is(tmp_path: Path) -> None:
    plain, luks, volume = (tmp_path / name for name in ("plain", "luks", "volume"))
    assert is_disk_encrypted(tmp_path, devices=plain) is None
    device(plain, tmp_path)
    assert is_disk_encrypted(tmp_path, devices=plain) is False
    entry = device(luks, tmp_path, "CRYPT-LUKS2-0123-home\n")
    assert is_disk_encrypted(tmp_path, devices=luks) is True
    lvm = device(volume, tmp_path, "LVM-0123\n")
    assert is_disk_encrypted(tmp_path, devices=volume) is False
    (lvm / "slaves" / "dm-0").symlink_to(entry)
    assert is_disk_encrypted(tmp_path, devices=volume) is True
    (lvm / "slaves" / "sda").mkdir()
    assert is_disk_encrypted(tmp_path, devices=volume) is False


def test_swap_that_is_not_known_to_be_encrypted_is_named(tmp_path: Path) -> None:
    swap = tmp_path / "swapfile"
    swap.touch()
    swaps = tmp_path / "swaps"
    head = "Filename Type Size Used Priority\n"
    swaps.write_text(f"{head}{swap} file 1 0 -2\n/dev/zram0 partition 1 0 100\n", encoding="ascii")
    assert plain_swap(swaps=swaps, devices=tmp_path / "none") == [str(swap)]
    device(tmp_path / "luks", tmp_path, "CRYPT-LUKS2-0123-swap")
    assert plain_swap(swaps=swaps, devices=tmp_path / "luks") == []
    swaps.write_text(head, encoding="ascii")
    assert plain_swap(swaps=swaps) == []
    assert plain_swap(swaps=tmp_path / "nowhere") is None
