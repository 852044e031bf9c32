"""Privacy: the seal as the kernel reports it, agents, models, what is stored and for how long, the log.

The screen distinguishes the two sealed processes. The owner, which reads documents, is asked through the
façade each time the screen is shown. The seal of this process is a value from its start, since a seal cannot
be lifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from assistant.formatting import date_and_time, size
from tui import keys, safe
from tui.screens.base import MainScreen

if TYPE_CHECKING:
    from assistant.library.audit import AuditEntry
    from assistant.library.facade import Assistant
    from assistant.library.storage import StoredData
    from assistant.models.finding import VerifiedModel
    from assistant.policyfile import PolicyReport
    from policies.network import Seal, SealReport
    from policies.proof import Attempt

LOG_ENTRIES = 8
"""Most entries of the audit log that are shown."""

OWN_FILE = "local"
"""The origin of a model that is the person's own file, not part of a package."""


DOORS = {
    "agents.collections": (("Agents", "OPEN TO AGENTS"),),
    "serve.collections": (("Programs", "OPEN OVER HTTP"),),
}
"""Rules that open collections to other programs, with a heading and what is said of them."""


@dataclass(frozen=True, slots=True)
class PrivacyFacts:
    """Everything that the façade says for this screen."""

    owner: SealReport
    """The seal of the process that owns the library, at this moment."""
    policies: PolicyReport
    """The rules that it enforces."""
    models: dict[str, VerifiedModel]
    """The configured models by role."""
    stored: Sequence[StoredData]
    """What the library keeps on the disk."""
    log: Sequence[AuditEntry]
    """The audit log, latest first."""


class PrivacyScreen(MainScreen):
    """One page to read, and a proof to ask for."""

    NAME = "privacy"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("screen"), *keys.bindings("privacy")]

    def compose_body(self) -> ComposeResult:
        """The facts, and the proof below them."""
        with VerticalScroll(id="page"):
            yield Static(id="facts")
            yield Static(id="proof")

    def on_screen_resume(self) -> None:
        """Fetches the facts each time the screen is shown."""
        self.carrel.calls.call(privacy_facts, self._show)

    def _show(self, facts: PrivacyFacts) -> None:
        status, seal = self.carrel.status, self.carrel.start_values.seal
        folder = status.library if status is not None else PurePath()
        self.query_one("#facts", Static).update(facts_text(facts, seal, folder))

    def action_prove(self) -> None:
        """Tries to reach the network from both processes, and shows the attempts."""
        proof = self.query_one("#proof", Static)
        proof.update(Content.styled("\nTrying to reach the network …", "$text-muted"))
        prove_here = self.carrel.start_values.prove_seal

        def on_result(attempts: tuple[Sequence[Attempt], Sequence[Attempt]]) -> None:
            of_owner, of_this_process = attempts
            proof.update(
                Content("\n").join(
                    [
                        proof_text("The library's owner", of_owner),
                        proof_text("This screen's process", of_this_process),
                    ]
                )
            )
            self.call_after_refresh(proof.scroll_visible, top=True, animate=False)

        self.carrel.calls.call(lambda library: (library.prove_seal(), prove_here()), on_result)


def privacy_facts(library: Assistant) -> PrivacyFacts:
    """Asks the façade for everything that the screen shows."""
    return PrivacyFacts(
        library.seal(), library.policies(), library.models(), library.stored_data(), library.audit_log()
    )


def facts_text(facts: PrivacyFacts, seal: Seal, folder: PurePath) -> Content:
    """The page.

    seal: that of this process. folder: the library's.
    """
    sections = [
        _seal_lines(facts.owner, seal),
        *_agent_lines(facts.policies),
        _model_lines(facts.models),
        _storage_lines(facts.stored, folder),
        _log_lines(facts.log),
        [Content.styled("p tries to reach the network in every known way and shows the result.", "$accent")],
    ]
    return Content("\n\n").join(Content("\n").join(lines) for lines in sections)


def _seal_lines(owner: SealReport, seal: Seal) -> list[Content]:
    if owner.sealed:
        evidence = "Just checked with the kernel: it refuses every kind of connection to this process."
    else:
        evidence = "Just checked with the kernel: this process could open connections."
    lines = [
        _state_line("The library's owner, which reads your documents", sealed=owner.sealed),
        Content.styled(evidence, "$text-muted"),
    ]
    if owner.kernel:
        kernel = " · ".join(f"{name}: {value}" for name, value in owner.kernel.items())
        lines.append(safe.line(kernel, "$text-muted"))
    return [
        *lines,
        _state_line("This screen's process", sealed=seal.enforced),
        safe.line(seal.detail, "$text-muted"),
        Content.styled(
            "It talks to the owner over connections that were made before the seal. Each document is parsed "
            "in a jail of its own. Your viewer is started by a third process, which reads no document and "
            "runs only the command in your configuration.",
            "$text-muted",
        ),
    ]


def _state_line(process: str, *, sealed: bool) -> Content:
    state = ("SEALED", "bold $success") if sealed else ("NOT SEALED", "bold reverse $error")
    return Content.assemble(state, "  ", process)


def _agent_lines(policies: PolicyReport) -> list[list[Content]]:
    """What is open to agents and to programs over HTTP; nothing if nothing is."""
    return [
        [
            _heading(heading),
            Content.assemble((f"{state}  ", "bold reverse $warning"), safe.line(rule.value, "bold")),
            safe.line(rule.note, "$warning"),
        ]
        for rule in policies.values
        for heading, state in DOORS.get(rule.key, ())
    ]


def _model_lines(models: dict[str, VerifiedModel]) -> list[Content]:
    lines = [_heading("Models")]
    for role, model in models.items():
        origin = "your own file" if model.source == OWN_FILE else f"from the package {model.source}"
        licence = model.licence or "licence unknown"
        lines.append(
            Content.assemble(
                (f"{role:10}", "$text-muted"),
                safe.line(model.name, "bold"),
                safe.line(f"  {origin}, {licence}"),
            )
        )
        lines.append(Content.styled(f"{'':10}sha256 {safe.line(model.sha256).plain}", "$text-muted"))
    return lines


def _storage_lines(stored: Sequence[StoredData], folder: PurePath) -> list[Content]:
    lines = [_heading("Stored in ").append(safe.line(str(folder), "bold"))]
    lines += [
        Content.assemble(
            safe.line(f"{data.name:14}"),
            (f"{size(data.bytes):>10}  ", "bold"),
            safe.line(f"{data.contents}, "),
            safe.line(data.retention, "$text-muted"),
        )
        for data in stored
    ]
    return [
        *lines,
        Content.styled("Delete this folder to delete everything that Carrel has stored.", "$text-muted"),
    ]


def _log_lines(log: Sequence[AuditEntry]) -> list[Content]:
    lines = [_heading("Log")]
    lines += [
        Content.assemble(
            (f"{date_and_time(entry.at)}  ", "$text-muted"), safe.line(f"{entry.what:8}{entry.detail}")
        )
        for entry in log[:LOG_ENTRIES]
    ]
    return [*lines, Content.styled("`carrel policy log` shows the whole log.", "$text-muted")]


def _heading(title: str) -> Content:
    return Content.styled(title, "bold $accent")


def proof_text(process: str, attempts: Sequence[Attempt]) -> Content:
    """The attempts of a process to reach the network, one per line, with their outcomes."""
    refused = sum(attempt.refused for attempt in attempts)
    style = "bold $success" if refused == len(attempts) else "bold reverse $error"
    lines = [Content.styled(f"\n{process}: {refused} of {len(attempts)} attempts refused", style)]
    for attempt in attempts:
        mark = ("✓ ", "$success") if attempt.refused else ("✗ ", "bold $error")
        lines.append(
            Content.assemble(
                mark,
                safe.line(f"{attempt.what:18} {attempt.via:24} "),
                safe.line(attempt.by, "$text-muted"),
            )
        )
    return Content("\n").join(lines)
