"""The models: those on this machine, the ones in use, their speed, and others that would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from assistant.formatting import size
from tui import keys, safe
from tui.screens.base import TableScreen
from tui.widgets.field import FilterField
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from assistant.library.facade import Assistant
    from assistant.models.finding import VerifiedModel
    from assistant.models.recommending import Advice
    from assistant.models.shelf import ListedModel

ROLES = {"target": "answers", "draft": "drafts", "embedder": "finds passages"}
"""What the models in use do, by their roles."""

RECOMMENDED = 3
"""Number of recommendations shown."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """Everything that the screen shows about models."""

    on_disk: Sequence[ListedModel]
    """The language models on this machine."""
    in_use: dict[str, VerifiedModel]
    """The configured models by role."""
    recommended: Sequence[Advice]
    """Those of the catalogue that fit this machine, best first."""


class ModelsScreen(TableScreen):
    """The table of language models, where the user chooses the target and the draft model."""

    NAME = "models"
    BINDINGS = keys.bindings("models")
    AUTO_FOCUS = "#models"

    def __init__(self) -> None:
        super().__init__()
        self._in_use: dict[str, VerifiedModel] = {}

    def compose_body(self) -> ComposeResult:
        """The models in use, the filter, all models, and the recommendations."""
        yield Static(id="current")
        yield FilterField("Filter by words of a name or place")
        yield Table(
            Column("model", 0),
            Column("role", 6),
            Column("size", 9, align_right=True),
            Column("weights", 8, in_wide=True),
            Column("place", 13, in_wide=True),
            Column("speed here", 12, align_right=True),
            empty="Looking for models …",
            id="models",
        )
        yield Static(id="recommended")

    def on_screen_resume(self) -> None:
        """Looks for models each time the screen is shown."""
        self._refresh()

    def _refresh(self) -> None:
        self.carrel.calls.call(model_facts, self._show)

    def _show(self, facts: ModelFacts) -> None:
        self._in_use = facts.in_use
        self.query_one(Table).show([self._row(model) for model in facts.on_disk])
        lines = [
            Content.assemble((f"{task:15}", "$text-muted"), safe.line(facts.in_use[role].name, "bold"))
            for role, task in ROLES.items()
            if role in facts.in_use
        ]
        self.query_one("#current", Static).update(Content("\n").join(lines))
        self.query_one("#recommended", Static).update(recommendation_lines(facts.recommended))

    def _row(self, model: ListedModel) -> Row:
        role = next((role for role, used in self._in_use.items() if used.path == model.path), "")
        header = model.header
        stats = self.carrel.last_stats.get(model.name)
        cells = (
            model.label,
            role,
            size(header.bytes) if header else "",
            header.quantization if header else "",
            model.place.value,
            model.reason or (f"{stats.decode_tps:.0f} tokens/s" if stats else ""),
        )
        return Row(model.name, cells, "$error" if model.reason else "bold" if role else "")

    def on_table_chosen(self, event: Table.Chosen) -> None:
        """Answers with the chosen model from now on, without a draft model."""
        self._use(event.key, "")

    def action_draft(self) -> None:
        """Drafts with the model under the cursor from now on, or stops drafting with it."""
        key, target = self.query_one(Table).key, self._in_use.get("target")
        if key is not None and target is not None:
            draft = self._in_use.get("draft")
            self._use(target.name, "" if draft is not None and draft.name == key else key)

    def _use(self, target: str, draft: str) -> None:
        self.carrel.show_message("The next question loads and uses this model.")
        self.carrel.calls.call(lambda library: library.use(target, draft), lambda _: self._refresh())


def model_facts(library: Assistant) -> ModelFacts:
    """Asks the façade for everything that the screen shows."""
    return ModelFacts(library.models_on_disk(), library.models(), library.recommended_models())


def recommendation_lines(recommended: Sequence[Advice]) -> Content:
    """The best models for this machine, with the speed to expect."""
    if not recommended:
        return Content.styled(
            "No other model of the catalogue would be fast enough on this machine.", "$text-muted"
        )
    lines = [
        Content.styled(
            "These would fit this machine. `carrel models pull NAME` downloads one:", "$text-muted"
        )
    ]
    lines += [
        safe.line(
            f"  {advice.offer.name:34} {advice.offer.size_mb:>5,} MB"
            f" · first word {advice.wait_s:.0f} s, {advice.rate:.0f} tokens/s"
        )
        for advice in recommended[:RECOMMENDED]
    ]
    return Content("\n").join(lines)
