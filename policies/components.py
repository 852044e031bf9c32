"""What is installed: a software bill of materials in the format CycloneDX 1.6.

It lists Carrel and everything that it needs, as far as it is installed: version, licence, and the SHA-256
of the list of files (`RECORD`), which names the digest of each file. The pinned models follow, with the
SHA-256 of their weights. Nothing is looked up elsewhere: the list shows what is on this machine.
"""

import hashlib
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from policies.provenance import BUNDLED_LOCK, Pin, read_lock

PROJECT = "carrel"
"""The distribution that the bill is about."""

_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^]]*)\])?")
_EXTRA = re.compile(r"""extra\s*==\s*['"]([^'"]+)['"]""")


def bill() -> dict[str, Any]:
    """The bill of materials, as the object of a JSON file."""
    needed = _needed(PROJECT)
    version, below = "0", list[str]()
    if own := needed.pop(PROJECT, None):
        version, below = own[0].version, own[1]
    dependencies = [{"ref": PROJECT, "dependsOn": [_ref(needed[name][0]) for name in below]}]
    for found, names in needed.values():
        dependencies.append({"ref": _ref(found), "dependsOn": [_ref(needed[name][0]) for name in names]})
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.now(UTC).isoformat(timespec="seconds"),
            "component": {"type": "application", "bom-ref": PROJECT, "name": PROJECT, "version": version},
        },
        "components": [
            *(_package(found) for found, _ in needed.values()),
            *(_model(pin) for pin in read_lock(BUNDLED_LOCK).values()),
        ],
        "dependencies": dependencies,
    }


def _needed(name: str) -> dict[str, tuple[Distribution, list[str]]]:
    """The installed distributions that `name` needs, and itself: each with the names of what it needs."""
    needed: dict[str, tuple[Distribution, list[str]]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(name, frozenset())]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = waiting.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        try:
            found = distribution(wanted[0])
        except PackageNotFoundError:
            continue  # For another system, or another version of Python.
        below = list(_requirements(found, wanted[1]))
        names = needed.setdefault(wanted[0], (found, []))[1]
        names += [other for other, _ in below if other not in names]
        waiting += below
    for _, names in needed.values():
        names[:] = sorted(name for name in names if name in needed)
    return dict(sorted(needed.items()))


def _requirements(found: Distribution, extras: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    """The names of what a distribution needs with these extras, and the extras of them that it needs."""
    for line in found.requires or ():
        requirement, _, marker = line.partition(";")
        wanted = set(_EXTRA.findall(marker))
        match = _REQUIREMENT.match(requirement)
        if match and (not wanted or wanted & extras):
            of_it = (extra.strip() for extra in (match[2] or "").split(","))
            yield canonical_name(match[1]), frozenset(extra for extra in of_it if extra)


def _package(found: Distribution) -> dict[str, Any]:
    record = found.read_text("RECORD") or ""
    return {
        "type": "library",
        "bom-ref": _ref(found),
        "name": canonical_name(found.metadata["Name"]),
        "version": found.version,
        "purl": _ref(found),
        "licenses": [_licence(found)],
        "properties": [
            {"name": "carrel:record-sha256", "value": hashlib.sha256(record.encode()).hexdigest()}
        ],
    }


def _licence(found: Distribution) -> dict[str, Any]:
    """The licence of a distribution: the expression that it states, or the first line of its text."""
    if expressions := found.metadata.get_all("License-Expression"):
        return {"expression": str(expressions[0])}
    texts = found.metadata.get_all("License") or [""]
    lines = str(texts[0]).strip().splitlines() or ["unknown"]
    return {"license": {"name": lines[0][:100]}}


def _model(pin: Pin) -> dict[str, Any]:
    return {
        "type": "machine-learning-model",
        "bom-ref": f"model:{pin.name}",
        "name": pin.name,
        "version": pin.files[0].sha256[:12],
        "hashes": [{"alg": "SHA-256", "content": pin.files[0].sha256}],
        "licenses": [{"license": {"name": pin.licence or "unknown"}}],
        "properties": [{"name": "carrel:source", "value": pin.source}],
    }


def _ref(found: Distribution) -> str:
    """The package URL of a distribution."""
    return f"pkg:pypi/{canonical_name(found.metadata['Name'])}@{found.version}"


def canonical_name(name: str) -> str:
    """The name of a distribution as package indexes compare it, in lower case with hyphens."""
    return re.sub(r"[-_.]+", "-", name).lower()
