"""Which file system a path is on: whether the kernel sees all changes to it, and whether a disk is mounted.

The kernel reports changes that are made through this machine's own file system calls. It does not know what
another machine does to a network share, or a daemon behind a FUSE mount. Called by the watcher, and by every
caller that must not take the empty mount point of a disk for an empty source.

Source: proc_pid_mountinfo(5). Where that file does not exist, every file system counts as local.
"""

import os
import re
from dataclasses import dataclass

from ingest.errors import IngestError
from ingest.opening import reason_of
from policies.hygiene import one_line

_MOUNTINFO = "/proc/self/mountinfo"

_SHARED = frozenset(
    "9p afs beegfs ceph cifs coda davfs gfs2 glusterfs gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs prl_fs "
    "pvfs2 smb3 smbfs vboxsf virtiofs vmhgfs".split()
)
"""File systems that other machines may change."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A file system and its mount point."""

    point: str
    """Absolute path."""
    kind: str
    """Its type as the kernel names it (`ext4`, `nfs4`, `fuse.sshfs`); empty when unknown."""

    @property
    def is_local(self) -> bool:
        """Whether every change to it goes through this machine's kernel, which can report it."""
        # fuseblk is a local disk whose driver runs as a program.
        return self.kind not in _SHARED and self.kind.partition(".")[0] != "fuse"


def mounts(table: str = _MOUNTINFO) -> list[Mount]:
    """All mounts, oldest first. `table` is a file in the format of mountinfo."""
    try:
        with open(table, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return [Mount("/", "")]
    result = []
    for line in lines:
        place, _, system = line.partition(" - ")
        # Spaces and backslashes in names are written as octal numbers.
        point = re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), place.split(" ")[4])
        result.append(Mount(point, system.split(" ")[0]))
    return result


def mount_of(path: str, table: str = _MOUNTINFO) -> Mount:
    """The mount that holds `path`, which is absolute and without symbolic links."""
    innermost = Mount("/", "")
    for mount in mounts(table):
        # A later mount on the same point hides the earlier one.
        is_above = f"{path}/".startswith(f"{mount.point.rstrip('/')}/")
        if is_above and len(mount.point) >= len(innermost.point):
            innermost = mount
    return innermost


def disk_of(path: str) -> str:
    """The topmost folder above `path` on the same disk; `/` for the system's own disk.

    Disks are compared by device number and not by mount, because a service sees the same folders through
    bind mounts. Raises OSError when `path` does not exist.
    """
    device = os.stat(path).st_dev
    while (parent := os.path.dirname(path)) != path and os.stat(parent).st_dev == device:
        path = parent
    return path


def unreachable_reason(root: str, disk: str = "") -> str:
    """The reason why a source's root cannot be reached now; empty when it can.

    disk: the result of `disk_of` when the source was last reached; empty when it is not known. While that
    disk is not mounted, anything visible at `root` is not the source.
    """
    try:
        os.stat(root)
        if disk and disk != disk_of(disk):
            return f"the disk at {disk} is not mounted"
    except (OSError, ValueError) as exc:
        return reason_of(exc)
    return ""


def require_reachable(source: str, disk: str) -> None:
    """Raises `IngestError` when the source at this path cannot be reached.

    disk: as for `unreachable_reason`.
    """
    if reason := unreachable_reason(os.path.realpath(source), disk):
        raise IngestError(
            f"Cannot reach {one_line(source)}: {reason}.",
            remedy="Check the path, and whether its disk is mounted.",
        )
