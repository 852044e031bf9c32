"""The privacy screen."""

from textual.pilot import Pilot

from assistant.policyfile import SERVED, WARNING, PolicyValue
from policies.network import SealReport
from policies.proof import Attempt
from tests.still import StillLibrary
from tests.tui.piloting import drive, styles_of, text, until_shown
from tests.tui.still import app, start_values


def test_the_seal_of_both_processes_models_files_and_log_are_shown() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await until_shown(
            pilot,
            "SEALED  The library's owner, which reads your documents",
            "Just checked with the kernel: it refuses every kind of connection to this process.",
            "system call filter: 2",
            "SEALED  This screen's process",
            "all-minilm-l6-v2  from the package a-package, Apache-2.0",
            "scripted-8b  your own file, MIT",
            f"sha256 {'b' * 64}",
            "Stored in /home/reader/library",
            "conversations, until you delete them",
            "opened  under the seal",
        )

    drive(app(StillLibrary()), script, (120, 50))


def test_an_owner_without_a_seal_is_shown_as_such() -> None:
    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await until_shown(pilot, "NOT SEALED  The library's owner", "this process could open connections")
        assert any("reverse" in style for style in styles_of(pilot, "NOT SEALED"))

    drive(app(StillLibrary(seal_report=SealReport(sealed=False, kernel={}))), script)


def test_what_is_open_to_agents_is_said_and_nothing_while_nothing_is() -> None:
    async def closed(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await until_shown(pilot, "SEALED  The library's owner")
        assert "AGENTS" not in text(pilot)

    async def opened(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await until_shown(pilot, 'OPEN TO AGENTS  ["work"]', WARNING)

    drive(app(StillLibrary()), closed)
    rule = PolicyValue("agents.collections", '["work"]', "/config/policies.toml:2", WARNING)
    drive(app(StillLibrary(rules=(rule,))), opened, (120, 50))


def test_what_is_open_over_http_is_said_with_its_port() -> None:
    async def opened(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await until_shown(pilot, 'OPEN OVER HTTP  ["work"]', "can open none")

    rule = PolicyValue("serve.collections", '["work"]', "/config/policies.toml:2", SERVED)
    drive(app(StillLibrary(rules=(rule,))), opened, (120, 50))


def test_the_proof_lists_the_attempts_of_both_processes() -> None:
    open_door = (Attempt("DNS lookup", "a fork", False, "nothing"),)

    async def script(pilot: Pilot[None]) -> None:
        await pilot.press("f5")
        await until_shown(pilot, "p tries to reach the network")
        await pilot.press("p")
        await until_shown(
            pilot,
            "The library's owner: 2 of 2 attempts refused",
            "✓ TCP over IPv4",
            "This screen's process: 0 of 1 attempts refused",
            "✗ DNS lookup",
        )
        assert "EPERM from the kernel" in text(pilot)

    drive(app(StillLibrary(), start_values(attempts=open_door)), script, (120, 60))
