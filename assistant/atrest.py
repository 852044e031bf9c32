"""Checks of how a library lies on its disk: whether it is encrypted, and its disk and the swap space.

They open no library and need no key. `carrel doctor` prints them after those of `assistant.doctor`.
"""

from collections.abc import Iterator
from pathlib import Path

from assistant.doctor import CheckResult, Severity
from ingest.devices import is_disk_encrypted, plain_swap
from ingest.encryption import is_encrypted, read_key_file
from ingest.encryption.keyfile import problems_of
from policies.errors import CarrelError
from policies.hygiene import one_line


def encryption_checks(library: Path) -> Iterator[CheckResult]:
    """Whether the library, its disk and the swap space are encrypted, as far as that can be known."""
    encrypted = is_encrypted(library)
    if encrypted:
        try:
            read_key_file(library)
        except CarrelError as error:
            yield CheckResult("encryption", Severity.BROKEN, error.message.rstrip("."), error.remedy)
            return
        problems = problems_of(library)
        severity = Severity.WARNING if problems else Severity.OK
        remedy = "The next command that unlocks the library repairs it." if problems else ""
        message = "; ".join(["the library is encrypted", *problems])
        yield CheckResult("encryption", severity, message, remedy)
    else:
        yield CheckResult(
            "encryption", Severity.OK, "the library is not encrypted; `carrel encrypt` encrypts it"
        )
    found = {
        True: "it is encrypted",
        False: "the kernel does not encrypt it",
        None: "Carrel cannot tell whether it is encrypted",
    }
    folder = library if library.exists() else library.parent
    yield CheckResult("disk encryption", Severity.OK, f"{library}: {found[is_disk_encrypted(folder)]}")
    swap = plain_swap()
    if swap:
        severity = Severity.WARNING if encrypted else Severity.OK
        names = ", ".join(map(one_line, swap))
        remedy = "Encrypt the swap space or switch it off: the kernel may write what is in memory to it."
        yield CheckResult("swap", severity, f"{names}: no encryption found", remedy)
    else:
        message = "no unencrypted swap space on a disk" if swap is not None else found[None]
        yield CheckResult("swap", Severity.OK, message)
