"""Which file system a path lies on: whether it tells of changes, and whether a source's disk is there.

The kernel tells a watcher of what is done through this machine's own file system calls. What another
machine does to a network share, or a daemon behind a FUSE mount, it does not know. Called by the watcher,
and by whoever must not take the empty place of a disk for an empty source.

Source: proc_pid_mountinfo(5). Where there is no such file, every file system counts as local.
"""

import os
import re
from dataclasses import dataclass

_MOUNTS = "/proc/self/mountinfo"

_SHARED = frozenset(
    "9p afs beegfs ceph cifs coda davfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs prl_fs "
    "pvfs2 smb3 smbfs vboxsf virtiofs vmhgfs".split()
)
"""File systems that others change too."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system and where it is mounted."""

    point: str
    """Absolute path."""
    kind: str
    """Its type as the kernel names it (`ext4`, `nfs4`, `fuse.sshfs`); empty when unknown."""

    @property
    def tells(self) -> bool:
        """Whether all changes to it are made where this machine's kernel sees them."""
        # fuseblk is a local disk whose driver runs as a program.
        return self.kind not in _SHARED and self.kind.partition(".")[0] != "fuse"


def mounts(table: str = _MOUNTS) -> list[Mount]:
    """What is mounted, in the order in which it was."""
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return [Mount("/", "")]
    found = []
    for line in lines:
        place, _, system = line.partition(" - ")
        # Blanks and backslashes in names are written as octal numbers.
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), place.split(" ")[4])
        found.append(Mount(point, system.split(" ")[0]))
    return found


def mount_of(path: str, table: str = _MOUNTS) -> Mount:
    """The mount that `path`, absolute and without links, lies on."""
    above = Mount("/", "")
    for mount in mounts(table):
        # Of two on one point, the later covers the earlier.
        if len(mount.point) >= len(above.point) and f"{path}/".startswith(f"{mount.point.rstrip('/')}/"):
            above = mount
    return above


def disk_of(path: str) -> str:
    """The topmost folder above `path` that is on the same disk; `/` for the system's own.

    Told by device numbers and not by mounts: the same folders seen through bind mounts, as a service
    sees them, are on the same disk. Raises OSError when `path` is not there.
    """
    device = os.stat(path).st_dev
    while (above := os.path.dirname(path)) != path and os.stat(above).st_dev == device:
        path = above
    return path


def away(root: str, disk: str = "") -> str:
    """Why a source's root cannot be reached now; empty when it can.

    `disk` is what `disk_of` said of it when it was last there; empty when that is not known. While no
    disk is there, what can be seen at `root` is not the source.
    """
    try:
        os.stat(root)
        if disk and disk != disk_of(disk):
            return f"the disk at {disk} is not mounted"
    except (OSError, ValueError) as exc:
        return (getattr(exc, "strerror", None) or str(exc)).lower()
    return ""
