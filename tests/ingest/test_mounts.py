"""Which mount holds a path, whether it is local, and when a source's disk is not mounted."""

from pathlib import Path

import pytest

from ingest.mounts import Mount, disk_of, mount_of, mounts, unreachable_reason

TABLE = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 27 0:33 / /home/me/My\040Share rw shared:1 - nfs4 server:/x rw
32 27 0:34 / /home/me/cloud rw - fuse.rclone cloud rw
33 27 8:1 / /media/stick rw - fuseblk /dev/sda1 rw
34 33 8:2 / /media/stick rw - ext4 /dev/sdb1 rw
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    (tmp_path / "mountinfo").write_text(TABLE)
    return str(tmp_path / "mountinfo")


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/home/me/notes", Mount("/", "ext4")),
        ("/home/me/My Share/a/b", Mount("/home/me/My Share", "nfs4")),
        ("/home/me/cloud", Mount("/home/me/cloud", "fuse.rclone")),
        ("/home/me/cloudy", Mount("/", "ext4")),
        ("/media/stick/notes", Mount("/media/stick", "ext4")),
        ("/", Mount("/", "ext4")),
    ],
)
def test_a_path_is_on_the_innermost_mount_above_it(table: str, path: str, mount: Mount) -> None:
    assert mount_of(path, table) == mount


@pytest.mark.parametrize(
    ("kind", "is_local"),
    [("ext4", True), ("btrfs", True), ("tmpfs", True), ("fuseblk", True), ("", True)]
    + [(kind, False) for kind in ("nfs4", "cifs", "9p", "fuse", "fuse.sshfs", "virtiofs")],
)
def test_a_file_system_that_other_machines_change_is_not_local(kind: str, is_local: bool) -> None:
    assert Mount("/", kind).is_local is is_local


def test_without_a_mount_table_everything_is_one_local_disk(tmp_path: Path) -> None:
    assert mounts(str(tmp_path / "none")) == [Mount("/", "")]


def test_a_disk_is_named_by_its_topmost_folder(tmp_path: Path) -> None:
    assert disk_of("/proc/sys/kernel") == "/proc"
    assert disk_of("/") == "/"
    assert str(tmp_path).startswith(disk_of(str(tmp_path)).rpartition(" ")[2])


def test_a_source_is_unreachable_when_its_root_or_its_disk_is_away(tmp_path: Path) -> None:
    assert unreachable_reason(str(tmp_path)) == ""
    assert unreachable_reason(str(tmp_path), disk_of(str(tmp_path))) == ""
    assert unreachable_reason("/proc/sys", "/proc") == ""
    assert unreachable_reason(str(tmp_path / "gone")) == "no such file or folder"
    # The folder exists, but it is the empty mount point of the disk.
    assert unreachable_reason(str(tmp_path), str(tmp_path)) == f"the disk at {tmp_path} is not mounted"
    assert unreachable_reason(str(tmp_path), str(tmp_path / "gone")) == "no such file or folder"
