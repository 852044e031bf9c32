"""Which file system a path is on: whether the kernel sees all changes to it, and whether a disk is mounted.

The kernel reports changes that are made through this machine's own file system calls. It does not know what
another machine does to a network share, or a daemon behind a FUSE mount. Called by the watcher, and by every
caller that must not take the empty mount point of a disk, or another disk in its place, for the source.

Source: proc_pid_mountinfo(5). Where that file does not exist, every file system counts as local.
"""

import contextlib
import os
import re
from dataclasses import dataclass, field

from ingest.errors import IngestError
from ingest.opening import reason_of
from policies.hygiene import one_line

_MOUNTINFO = "/proc/self/mountinfo"

_UUIDS = "/dev/disk/by-uuid"
"""Links to the devices of file systems, named by their UUIDs."""

_IDENTIFIED = frozenset("bcachefs btrfs erofs ext2 ext3 ext4 f2fs tmpfs zfs".split())
"""Local file systems whose identifier (statfs(2), `f_fsid`) is of the file system, and not of the device."""

_PSEUDO = frozenset(
    "binfmt_misc bpf cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs fusectl hugetlbfs mqueue nsfs "
    "proc pstore rpc_pipefs securityfs selinuxfs sysfs tracefs".split()
)
"""File systems without files of anybody: they show and change the state of the system."""

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
    source: str = field(default="", compare=False)
    """The device or the server that it comes from, as the kernel writes it; empty when unknown."""

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
        kind, source, *_ = [*system.split(" "), ""]
        result.append(Mount(point, kind, source))
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


def pseudo_kind(path: str) -> str:
    """The type of the file system at `path` if it shows the state of the system; empty if it has files."""
    kind = mount_of(path).kind
    return kind if kind in _PSEUDO else ""


def disk_of(path: str) -> str:
    """Names the disk that holds `path`: what identifies it, and the topmost folder above `path` on it.

    Disks are found by device number and not by mount, because a service sees the same folders through bind
    mounts. The system's own disk is `/`. Raises OSError when `path` does not exist.
    """
    point = _topmost(path)
    identity = "" if point == "/" else _identity(point)
    return f"{identity} {point}" if identity else point


def _topmost(path: str) -> str:
    """The topmost folder above `path` on the same disk."""
    device = os.stat(path).st_dev
    while (parent := os.path.dirname(path)) != path and os.stat(parent).st_dev == device:
        path = parent
    return path


def _identity(point: str) -> str:
    """What the disk that is mounted at `point` is known by, without spaces; empty if that is unknown.

    The UUID of its file system, if it has one. Otherwise the server of a network share, or the kernel's own
    identifier of the file system, of those kinds for which it is the same after each mount.
    """
    mount = mount_of(point)
    with contextlib.suppress(OSError):
        device = os.stat(mount.source).st_rdev
        for entry in os.scandir(_UUIDS):
            if entry.stat().st_rdev == device:
                return f"uuid:{entry.name}"
    if not mount.is_local:
        return f"share:{mount.kind}:{mount.source}"
    if mount.kind in _IDENTIFIED and (number := os.statvfs(point).f_fsid):
        return f"{mount.kind}:{number:x}"
    return ""


def unreachable_reason(root: str, disk: str = "") -> str:
    """The reason why a source's root cannot be reached now; empty when it can.

    disk: the result of `disk_of` when the source was last reached; empty when it is not known. While that
    disk is not mounted, or another one is in its place, anything visible at `root` is not the source.
    """
    try:
        os.stat(root)
        identity, _, point = ("", "", disk) if disk.startswith("/") else disk.partition(" ")
        if point and point != _topmost(point):
            return f"the disk at {point} is not mounted"
        if identity and _differ(identity, _identity(point)):
            return (
                f"another disk is mounted at {point} now; if it replaces the one that its documents were read"
                " from, remove the source with `carrel rm` and add it again"
            )
    except (OSError, ValueError) as exc:
        return reason_of(exc)
    return ""


def _differ(before: str, now: str) -> bool:
    """Whether two identities are of different disks. Those of different kinds cannot be compared."""
    return before != now and before.partition(":")[0] == now.partition(":")[0]


def require_reachable(source: str, disk: str) -> None:
    """Raises `IngestError` when the source at this path cannot be reached.

    disk: as for `unreachable_reason`.
    """
    if reason := unreachable_reason(source, disk):
        raise IngestError(
            f"Cannot reach {one_line(source)}: {reason}.",
            remedy="Check the path, and whether its disk is mounted.",
        )
