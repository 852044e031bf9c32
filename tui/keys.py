"""Every key, by an id: the one table that bindings, help and configuration are made from.

An id is `PLACE.WHAT`. The place is the screen or widget that has the focus, or `app` for all of them. A
person rebinds a key by its id, in the section `tui.keys` of the configuration.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from assistant.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Key:
    """One thing a key does."""

    id: str
    keys: str
    """As Textual names them, several with commas between."""
    action: str
    label: str
    """A word or two, for the footer."""
    meaning: str
    """A sentence for the help."""
    footer: bool = False
    first: bool = False
    """Whether it comes before what the focused widget would do with the key."""

    @property
    def place(self) -> str:
        return self.id.partition(".")[0]


PLACES = {
    "app": "Everywhere",
    "question": "While you write a question",
    "chat": "In a conversation",
    "citations": "Among citations",
    "table": "In tables and lists",
    "library": "In the library",
    "models": "Among models",
    "privacy": "On the privacy screen",
    "history": "Among conversations",
    "welcome": "While you choose a folder",
    "dialog": "In a dialog",
}
"""What the help calls them, in its order."""

KEYS = (
    Key("app.help", "f1,question_mark", "help", "Help", "Show these keys.", footer=True),
    Key("app.chat", "f2", "go('chat')", "Chat", "Go to the conversation."),
    Key("app.library", "f3", "go('library')", "Library", "Go to the documents and sources."),
    Key("app.models", "f4", "go('models')", "Models", "Go to the language models."),
    Key("app.privacy", "f5", "go('privacy')", "Privacy", "Go to the seal and what is kept."),
    Key("app.palette", "ctrl+p", "command_palette", "Commands", "Find any command by its name.", footer=True),
    Key("app.new", "ctrl+n", "new", "New", "Begin a new conversation.", footer=True),
    Key("app.history", "ctrl+r", "history", "History", "Find an earlier conversation.", footer=True),
    Key("app.add", "ctrl+o", "add", "Add folder", "Add a folder to the library."),
    Key("app.theme", "ctrl+t", "next_theme", "Theme", "Dark, light or high contrast."),
    Key(
        "app.quit",
        "ctrl+q",
        "quit",
        "Quit",
        "Leave at once; what is being written stops.",
        footer=True,
        first=True,
    ),
    Key("question.send", "enter", "send", "Ask", "Ask the question.", footer=True, first=True),
    Key("question.newline", "shift+enter,ctrl+j", "newline", "New line", "Begin a new line.", first=True),
    Key(
        "question.next", "tab", "take", "Complete", "Complete a filter; else go to the citations.", first=True
    ),
    Key("question.recall", "up", "recall", "Recall", "On the first line: the question before.", first=True),
    Key(
        "question.forward", "down", "forward", "Forward", "On the last line: the question after.", first=True
    ),
    Key(
        "chat.stop",
        "escape",
        "stop",
        "Stop",
        "Stop the answer; else leave the question, or return to it.",
        footer=True,
    ),
    Key("chat.write", "i", "write", "Write", "Return to the question.", footer=True),
    Key(
        "chat.next",
        "tab",
        "citation(1)",
        "Citation",
        "Go to the next citation; a number goes to that one.",
        footer=True,
    ),
    Key("chat.previous", "shift+tab", "citation(-1)", "Previous", "Go to the citation before."),
    Key(
        "chat.open", "o", "open", "Open", "Open the cited document at its place, in your viewer.", footer=True
    ),
    Key("chat.copy", "y", "copy(False)", "Copy", "Copy the answer.", footer=True),
    Key(
        "chat.copy_cited",
        "Y",
        "copy(True)",
        "With citations",
        "Copy the answer with its citations.",
        footer=True,
    ),
    Key("chat.picture", "p", "picture", "Picture", "Show the cited page as it looks, or its text again."),
    Key("chat.why", "v", "why", "Why", "Go through the sentences that are not backed, each with the reason."),
    Key("chat.find", "slash", "app.history", "Find", "Find an earlier conversation."),
    Key("chat.down", "j,down", "line(1)", "Down", "One line down."),
    Key("chat.up", "k,up", "line(-1)", "Up", "One line up."),
    Key("chat.top", "g,home", "top", "Top", "To the first question."),
    Key("chat.bottom", "G,end", "bottom", "Bottom", "To the last answer."),
    Key("citations.down", "j", "cursor_down", "Down", "One citation down."),
    Key("citations.up", "k", "cursor_up", "Up", "One citation up."),
    Key("table.down", "j,down", "move(1)", "Down", "One row down."),
    Key("table.up", "k,up", "move(-1)", "Up", "One row up."),
    Key("table.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "One page down."),
    Key("table.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "One page up."),
    Key("table.top", "g,home", "edge(0)", "Top", "To the first row."),
    Key("table.bottom", "G,end", "edge(1)", "Bottom", "To the last row."),
    Key("table.choose", "enter", "choose", "Choose", "Choose the row.", footer=True),
    Key("table.filter", "slash", "filter", "Filter", "Show only rows with certain words.", footer=True),
    Key("library.sort", "s", "sort", "Sort", "Sort by the next column."),
    Key("library.retry", "r", "retry", "Retry", "Try again what could not be read.", footer=True),
    Key("library.forget", "d", "forget", "Forget", "Take a document out of the library.", footer=True),
    Key(
        "library.forget_source",
        "D",
        "forget_source",
        "Forget source",
        "Take a whole source out of the library.",
    ),
    Key("library.open", "o", "open", "Open", "Open the document in your viewer.", footer=True),
    Key("library.pause", "p", "pause", "Pause", "Pause indexing, or go on.", footer=True),
    Key(
        "models.draft", "d", "draft", "Draft", "Have this model draft for the one that answers.", footer=True
    ),
    Key("privacy.prove", "p", "prove", "Prove", "Try to reach out in every way known.", footer=True),
    Key("history.forget", "d", "forget", "Forget", "Delete the conversation.", footer=True),
    Key("welcome.add", "a", "add", "Add", "Add the folder to the library.", footer=True),
    Key("welcome.parent", "backspace", "parent", "Up", "Look from the folder above."),
    Key("dialog.close", "escape", "close", "Close", "Close without doing anything.", footer=True),
)


def bindings(place: str) -> list[BindingType]:
    """The bindings of a place."""
    return [
        Binding(key.keys, key.action, key.label, show=key.footer, priority=key.first, id=key.id)
        for key in KEYS
        if key.place == place
    ]


def checked(chosen: Mapping[str, str]) -> dict[str, str]:
    """The keys a person has chosen, by id; raises `ConfigError` for an id that does not exist."""
    ids = [key.id for key in KEYS]
    for each in chosen:
        if each not in ids:
            near = difflib.get_close_matches(each, ids, n=1)
            raise ConfigError(
                f"The configuration sets a key for {each}, which does not exist.",
                remedy=f"Did you mean {near[0]}?" if near else f"There are: {', '.join(ids)}.",
            )
    return dict(chosen)
