"""Privacy: the seal as the kernel tells it, the models, what is kept and for how long, and the proof."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from policies import network
from policies.network import Seal
from policies.proof import Attempt, prove
from tui import keys, shown
from tui.screens.page import Page

if TYPE_CHECKING:
    from assistant.library.audit import AuditEntry
    from assistant.library.facade import Assistant
    from assistant.models.finding import VerifiedModel

KEPT = (
    (
        "catalogue.db",
        "text, places and vectors of your documents",
        "until the document is forgotten or deleted",
    ),
    ("history.db", "conversations", "until you forget them, or a document they read"),
    ("cache", "prompts that were read, summaries that were made", "until a document of theirs changes"),
    ("audit.jsonl", "what was done with the library, without names", "the last thousand deeds"),
    ("models.lock", "digests of your own models", "until the model is removed"),
)
"""What a library holds: its name there, what it is, and for how long."""


DEEDS = 8
"""Of the audit log, shown."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What was found out for the screen."""

    sealed: bool
    """Asked of the kernel just now."""
    kernel: dict[str, str]
    """What the kernel's account of this process says about privileges and filters."""
    models: dict[str, VerifiedModel]
    kept: tuple[tuple[str, str, str, int], ...]
    """As in `KEPT`, with the bytes it takes."""
    deeds: list[AuditEntry]
    """The last first."""


class PrivacyScreen(Page):
    """One page to read."""

    NAME = "privacy"
    BINDINGS = keys.bindings("privacy")

    def body(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(id="facts")
            yield Static(id="proof")

    def on_screen_resume(self) -> None:
        folder = self.carrel.library
        self.carrel.desk.call(lambda library: look(library, folder), self._show)

    def _show(self, facts: Facts) -> None:
        carrel = self.carrel
        carrel.sealed = facts.sealed
        content = told(facts, carrel.seal, library=carrel.library)
        self.query_one("#facts", Static).update(content)

    def action_prove(self) -> None:
        proof = self.query_one("#proof", Static)
        proof.update(Content.styled("\nTrying to reach out …", "$text-muted"))
        self.carrel.desk.call(lambda _: prove(), lambda attempts: proof.update(proven(attempts)))


def look(library: Assistant, folder: Path) -> Facts:
    """Asks the kernel and the façade."""
    kept = tuple((name, what, until, _bytes(folder / name)) for name, what, until in KEPT)
    return Facts(network.sealed(), kernel(), library.models(), kept, library.audit_log())


def kernel() -> dict[str, str]:
    """The kernel's account of this process."""
    wanted = {
        "Seccomp": "system call filter",
        "Seccomp_filters": "filters",
        "NoNewPrivs": "no new privileges",
    }
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return {}
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {wanted[name]: value.strip() for name, value in pairs if name in wanted}


def _bytes(path: Path) -> int:
    if path.is_dir():
        return sum(_bytes(Path(entry.path)) for entry in os.scandir(path))
    family = [path, path.with_name(path.name + "-wal")]
    return sum(each.stat().st_size for each in family if each.is_file())


def told(facts: Facts, seal: Seal, *, library: Path) -> Content:
    """The page in words."""
    # 0.1 s, and only for who comes here.
    from assistant.models.finding import LOCAL

    state = ("SEALED", "bold $success") if facts.sealed else ("NOT SEALED", "bold reverse $error")
    lines = [
        Content.assemble(state, "  ", shown.line(seal.detail)),
        Content.styled(
            "Asked of the kernel just now: every kind of call was tried and refused." if facts.sealed else "",
            "$text-muted",
        ),
    ]
    if facts.kernel:
        words = " · ".join(f"{name}: {value}" for name, value in facts.kernel.items())
        lines.append(Content.styled(words, "$text-muted"))
    lines += [_title("This process")]
    lines += [
        Content(
            "asks the owner of the library, over connections made before the seal, and can make no other;"
        ),
        Content(
            "opens documents in your viewer by way of a small process that was there before the seal, which"
        ),
        Content(
            "knows the command in your configuration alone. The owner is sealed too: it reads your sources,"
        ),
        Content("and parses each document in a jail of its own."),
    ]
    lines += [_title("Models")]
    for role, model in facts.models.items():
        origin = "your own file" if model.source == LOCAL else f"from the package {model.source}"
        licence = model.licence or "licence unknown"
        lines.append(
            Content.assemble(
                (f"{role:10}", "$text-muted"),
                shown.line(model.name, "bold"),
                shown.line(f"  {origin}, {licence}"),
            )
        )
        lines.append(Content.styled(f"          sha256 {shown.line(model.sha256).plain}", "$text-muted"))
    lines += [
        _title("What is kept, in "),
    ]
    lines[-1] = lines[-1].append(shown.line(str(library), "bold"))
    for name, what, until, count in facts.kept:
        lines.append(
            Content.assemble(
                f"{name:14}", (f"{shown.size(count):>10}  ", "bold"), f"{what}, ", (until, "$text-muted")
            )
        )
    lines.append(Content.styled("Delete the folder, and all that Carrel holds is gone.", "$text-muted"))
    lines += [_title("What was done")]
    for deed in facts.deeds[:DEEDS]:
        lines.append(
            Content.assemble(
                (f"{shown.day(deed.at)}  ", "$text-muted"), f"{deed.what:8}", shown.line(deed.detail)
            )
        )
    lines.append(Content.styled("`carrel policy log` shows all of it.", "$text-muted"))
    lines += [
        Content(""),
        Content.styled(
            "p tries to reach out in every way known, and shows what the kernel answers.", "$accent"
        ),
    ]
    return Content("\n").join(lines)


def _title(words: str) -> Content:
    return Content.styled(f"\n{words}", "bold $accent")


def proven(attempts: Sequence[Attempt]) -> Content:
    """The proof in words."""
    refused = sum(attempt.refused for attempt in attempts)
    style = "bold $success" if refused == len(attempts) else "bold reverse $error"
    lines = [Content.styled(f"\n{refused} of {len(attempts)} attempts refused", style)]
    for attempt in attempts:
        mark = ("✓ ", "$success") if attempt.refused else ("✗ ", "bold $error")
        lines.append(
            Content.assemble(mark, f"{attempt.what:18} {attempt.via:24} ", (attempt.by, "$text-muted"))
        )
    return Content("\n").join(lines)
