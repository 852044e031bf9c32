"""The proof of the seal reports the kernel's answer to every attempt, refused or not."""

from tests.sealing import needs_filter, run

pytestmark = needs_filter


def test_every_attempt_to_reach_out_is_refused_by_the_kernel() -> None:
    script = """
seal()
for attempt in prove():
    print(attempt.via, attempt.what, attempt.refused, attempt.by, sep="|")
"""
    attempts = [line.split("|") for line in run(script).splitlines()]
    assert {"True"} == {refused for _, _, refused, _ in attempts}
    assert {by for *_, by in attempts} == {"EPERM from the kernel", "ENOSYS from the kernel"}
    everywhere = {"TCP over IPv4", "UDP over IPv4", "TCP over IPv6", "AF_UNIX connect", "netlink", "vsock"}
    for via in ("Python", "ctypes", "raw system call", "a thread", "a fork", "an executed child"):
        assert everywhere <= {what for here, what, *_ in attempts if here == via}
    assert {via for via, what, *_ in attempts if what == "DNS lookup"} >= {"Python", "an executed child"}
    assert {via for via, what, *_ in attempts if what == "io_uring"} >= {"raw system call", "a fork"}


def test_the_proof_says_so_when_attempts_get_through() -> None:
    script = """
for attempt in prove():
    if attempt.what == "TCP over IPv4":
        print(attempt.via, attempt.refused, attempt.by, sep="|")
"""
    answers = run(script).splitlines()
    for via in ("Python", "ctypes", "raw system call", "a thread", "a fork", "an executed child"):
        assert f"{via}|False|nothing" in answers
