"""`carrel doctor`, `policy prove` and `policy log`."""

import pytest

from assistant.cli.output import Output
from assistant.cli.render.checks import print_proof, proof_object
from assistant.policyfile import Serving
from policies.circumstances import circumstances
from policies.network import Seal
from policies.proof import Attempt
from tests.running import Carrel, write
from tests.still import StillLibrary

CLOSED = Serving()
MISSING_MODEL = '[models]\ntarget = "/nowhere/model.gguf"\n'


def test_doctor_reports_what_is_broken_with_its_remedy(carrel: Carrel) -> None:
    config = write(carrel.home / "carrel.toml", MISSING_MODEL)
    outcome = carrel.here("doctor", "--config", config)
    assert outcome.code == 1
    assert "broken   " in outcome.text
    assert "/nowhere/model.gguf" in outcome.text
    report = carrel.here("doctor", "--config", config, "--json").object
    assert report["broken"] is True
    for check in report["checks"]:
        assert set(check) == {"name", "severity", "message", "remedy"}
        assert check["severity"] in {"ok", "warning", "broken"}
    assert not carrel.library.exists(), "doctor opens no library"


def test_the_audit_log_is_printed_newest_first(carrel: Carrel) -> None:
    outcome = carrel.here("policy", "log", library=StillLibrary())
    assert [line.split()[2] for line in outcome.text.splitlines()] == ["model", "opened", "forgot"]
    deeds = carrel.here("policy", "log", "--json", library=StillLibrary()).object["deeds"]
    assert [set(deed) for deed in deeds] == [{"number", "at", "what", "detail", "documents"}] * 3


@pytest.mark.model
def test_the_proof_says_which_port_the_policies_open(carrel: Carrel) -> None:
    write(
        carrel.home / "config" / "carrel" / "policies.toml",
        'mask = []\n[serve]\ncollections = ["work"]\nport = 9000\n',
    )
    assert "connections from this computer on 127.0.0.1:9000, for work" in carrel("policy", "prove").text
    assert carrel("policy", "prove", "--json").object["may_listen"] == ["127.0.0.1:9000"]


@pytest.mark.parametrize("refused", [True, False])
def test_an_attempt_that_got_through_stands_out(refused: bool) -> None:
    import io

    attempts = [
        Attempt("TCP over IPv4", "Python", True, "EPERM from the kernel"),
        Attempt("UDP over IPv4", "ctypes", refused, "nothing"),
    ]
    out = io.StringIO()
    print_proof(Output(out, io.StringIO()), attempts, Seal(True, "The kernel refuses every socket."), CLOSED)
    assert ("GOT THROUGH UDP over IPv4 from ctypes" in out.getvalue()) is not refused
    assert "carrel serve" not in out.getvalue()
    count = 2 if refused else 1
    assert f"{count} of 2 attempts were refused. The kernel refuses every socket." in out.getvalue()
    assert proof_object(attempts, circumstances(), CLOSED)["refused"] == count
