"""Whether a disk and the swap space are encrypted, as far as the kernel says: for `carrel doctor`.

A device of dm-crypt, such as of LUKS, says so in its uuid, and a device that is made of others names them.
Encryption that the kernel does not do cannot be seen: by the disk's own firmware, by the host of a virtual
machine, or of single folders.
"""

import os
from pathlib import Path

_DEVICES = Path("/sys/dev/block")
_ENCRYPTED = "CRYPT-"
"""How the uuid of a device of dm-crypt begins."""


def is_disk_encrypted(path: Path, *, devices: Path = _DEVICES) -> bool | None:
    """Whether the disk that a path is on is encrypted; None if that cannot be known."""
    try:
        number = os.stat(path).st_dev
    except OSError:
        return None
    return _is_encrypted(devices / f"{os.major(number)}:{os.minor(number)}")


def plain_swap(*, swaps: Path = Path("/proc/swaps"), devices: Path = _DEVICES) -> list[str] | None:
    """The swap spaces on a disk that are not known to be encrypted; None if that cannot be known."""
    try:
        lines = swaps.read_text(encoding="utf-8", errors="replace").splitlines()[1:]
    except OSError:
        return None
    return [name for name in (line.split()[0] for line in lines if line) if not _is_safe(name, devices)]


def _is_safe(name: str, devices: Path) -> bool:
    """Whether a swap space is encrypted, or in memory."""
    if os.path.basename(name).startswith("zram"):
        return True
    try:
        status = os.stat(name)
    except OSError:
        return False
    number = status.st_rdev or status.st_dev
    return bool(_is_encrypted(devices / f"{os.major(number)}:{os.minor(number)}"))


def _is_encrypted(device: Path) -> bool | None:
    """Whether a device, or every device that it is made of, is encrypted; None if the kernel has no entry."""
    if not device.exists():
        return None
    try:
        if (device / "dm" / "uuid").read_text(encoding="ascii", errors="replace").startswith(_ENCRYPTED):
            return True
    except OSError:
        pass  # It is not a device of the device mapper.
    parts = device / "slaves"
    try:
        below = [_is_encrypted(part) for part in parts.iterdir()]
        if not below and (device / "partition").exists():
            below = [_is_encrypted(device.resolve().parent)]
    except OSError:
        return False
    return all(below) if below else False
