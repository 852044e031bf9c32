import hashlib
import subprocess

from policies.circumstances import circumstances
from policies.process import ROOT
from tests.running import Carrel


def test_a_proof_says_when_where_and_with_what_it_was_made(carrel: Carrel) -> None:
    proof = carrel("policy", "prove", "--json").object
    assert proof["at"].endswith("+00:00")
    assert proof["kernel"].startswith("Linux ")
    assert proof["code_digest"] == circumstances().code_digest
    assert any(name.endswith(".gguf") for name in proof["model_digests"])
    assert proof["attempts"]


def test_the_digest_of_the_code_can_be_computed_without_carrel() -> None:
    packages = ("assistant", "ingest", "policies", "tui")
    files = [file for package in packages for file in sorted((ROOT / package).rglob("*")) if file.is_file()]
    names = [str(file.relative_to(ROOT)) for file in files if "__pycache__" not in file.parts]
    printed = subprocess.run(["sha256sum", *names], cwd=ROOT, capture_output=True, check=True).stdout
    assert circumstances().code_digest == hashlib.sha256(printed).hexdigest()
