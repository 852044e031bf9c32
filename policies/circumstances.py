"""When, where and with what a proof of the seal was made, so that its result can serve as a receipt.

Users who must show later that the seal held keep the JSON of `carrel policy prove`, and may sign it with
their own key. The digests identify the filter, the code and the models that were used.
"""

import datetime
import hashlib
import os
from dataclasses import dataclass

from policies.bpf import seal_filter
from policies.confinement import landlock_abi
from policies.process import ROOT
from policies.provenance import BUNDLED_LOCK, read_lock
from policies.syscalls import machine


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, where and with what a proof was made, for those who keep it."""

    at: str
    """Date and time in UTC, in the notation of ISO 8601."""
    kernel: str
    """Name, release and machine of the system."""
    filter_digest: str
    """SHA-256 of the kernel filter that seals, in hex."""
    landlock_abi: int
    """Version of Landlock; 0 for a kernel without it."""
    code_digest: str
    """SHA-256 of Carrel's own files, in hex: over the SHA-256 and the path of each, sorted by path, as
    `sha256sum` prints them."""
    model_digests: dict[str, str]
    """SHA-256 of each file of the models that are pinned, by name of the model and of the file."""


def circumstances() -> Circumstances:
    """The circumstances of a proof that is made now. Takes 10 ms."""
    system = os.uname()
    kind = machine()
    lines = []
    for package in ("assistant", "ingest", "policies", "tui"):
        for file in sorted((ROOT / package).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest = hashlib.sha256(file.read_bytes()).hexdigest()
                lines.append(f"{digest}  {file.relative_to(ROOT)}\n")
    return Circumstances(
        at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        kernel=f"{system.sysname} {system.release} {system.machine}",
        filter_digest=hashlib.sha256(seal_filter(kind)).hexdigest() if kind else "",
        landlock_abi=landlock_abi(),
        code_digest=hashlib.sha256("".join(lines).encode()).hexdigest(),
        model_digests={
            f"{pin.name}/{file.path}": file.sha256
            for pin in read_lock(BUNDLED_LOCK).values()
            for file in pin.files
        },
    )
