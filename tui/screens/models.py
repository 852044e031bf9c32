"""Models: those on this machine, which of them answer, how fast they were, and what else would fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from tui import keys, shown
from tui.screens.page import Page
from tui.widgets.field import Field
from tui.widgets.table import Column, Row, Table

if TYPE_CHECKING:
    from assistant.library.facade import Assistant
    from assistant.models.finding import VerifiedModel
    from assistant.models.recommending import Advice
    from assistant.models.shelf import ListedModel


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What there is to show."""

    shelved: tuple[ListedModel, ...]
    used: dict[str, VerifiedModel]
    advice: tuple[Advice, ...]


class ModelsScreen(Page):
    """A table of models; Enter has the chosen one answer."""

    NAME = "models"
    BINDINGS = keys.bindings("models")
    AUTO_FOCUS = "#models"

    def __init__(self) -> None:
        super().__init__()
        self._found = ModelFacts((), {}, ())

    def body(self) -> ComposeResult:
        yield Static(id="current")
        yield Field(placeholder="words of a name or a place", id="filter")
        yield Table(
            Column("model", 0),
            Column("role", 6),
            Column("size", 9, right=True),
            Column("weights", 8),
            Column("place", 13),
            Column("speed here", 12, right=True),
            empty="Looking for models …",
            id="models",
        )
        yield Static(id="advice")

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one("#filter").display = False

    def on_screen_resume(self) -> None:
        self._look()

    def _look(self) -> None:
        self.carrel.desk.call(look, self._show)

    def _show(self, found: ModelFacts) -> None:
        self._found = found
        self.query_one(Table).show([self._row(model) for model in found.shelved])
        lines = []
        for role, words in (
            ("target", "answers"),
            ("draft", "drafts for it"),
            ("embedder", "finds passages"),
        ):
            if role in found.used:
                lines.append(
                    Content.assemble(
                        (f"{words:14} ", "$text-muted"), shown.line(found.used[role].name, "bold")
                    )
                )
        self.query_one("#current", Static).update(Content("\n").join(lines))
        self.query_one("#advice", Static).update(advised(found.advice))

    def _row(self, model: ListedModel) -> Row:
        used = {role: each.path for role, each in self._found.used.items()}
        role = next((role for role, path in used.items() if path == model.path), "")
        header = model.header
        stats = self.carrel.speeds.get(model.name)
        cells = (
            model.label,
            role,
            shown.size(header.bytes) if header else "",
            header.quantization if header else "",
            model.place.value,
            model.reason or (f"{stats.decode_tps:.0f} tokens/s" if stats else ""),
        )
        return Row(model.name, cells, "$error" if model.reason else "bold" if role else "")

    def on_table_filtering(self) -> None:
        self.query_one("#filter").display = True
        self.query_one("#filter").focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one(Table).filter(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.query_one("#filter").display = bool(event.value)
        self.query_one(Table).focus()

    def on_table_chosen(self, event: Table.Chosen) -> None:
        self._use(event.key, "")

    def action_draft(self) -> None:
        key, target = self.query_one(Table).key, self._found.used.get("target")
        if key is not None and target is not None:
            self._use(target.name, "" if self._is_draft(key) else key)

    def _is_draft(self, name: str) -> bool:
        draft = self._found.used.get("draft")
        return draft is not None and draft.name == name

    def _use(self, target: str, draft: str) -> None:
        self.carrel.say("Loading behind the screen; the next question is answered by it.")
        self.carrel.desk.call(lambda library: library.use(target, draft), lambda _: self._look())


def look(library: Assistant) -> ModelFacts:
    """Everything the screen shows; opens headers of model files."""
    # 0.1 s, and only for who comes here.
    from assistant.engine.devices import physical_cores
    from assistant.models import recommending, shelf

    memory = recommending.memory_bytes()
    advice = recommending.advise(recommending.catalogue(), memory_bytes=memory, cores=physical_cores())
    return ModelFacts(tuple(shelf.list_models()), library.models(), tuple(advice))


def advised(advice: Sequence[Advice]) -> Content:
    """What would fit this machine."""
    fitting = [each for each in advice if each.fits][:3]
    if not fitting:
        return Content.styled("No model of the catalogue is fast enough on this machine.", "$text-muted")
    lines = [Content.styled("Would fit this machine; `carrel models pull NAME` fetches it:", "$text-muted")]
    for each in fitting:
        lines.append(
            Content(
                f"  {each.offer.name:32} {each.offer.size_mb:>5,} MB · {each.rate:.0f} tokens/s "
                f"after {each.wait_s:.0f} s"
            )
        )
    return Content("\n").join(lines)
