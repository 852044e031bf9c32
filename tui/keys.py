"""All keys, by an id. Bindings, the help and the configuration are made from this one table.

An id is `PLACE.WHAT`. The place is the screen or widget that has the focus, or `app` for everywhere. The
person changes a key by its id, in the section `tui.keys` of the configuration.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

from assistant.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Key:
    """A key, or several, for one action."""

    id: str
    keys: str
    """Textual's names of the keys, separated by commas."""
    action: str
    """Textual's action, with arguments."""
    label: str
    """A word or two, for the footer and the palette."""
    meaning: str
    """A sentence, for the help."""
    footer: bool = False
    """Whether the footer shows it."""
    priority: bool = False
    """Whether it is handled before the focused widget gets the key."""

    @property
    def place(self) -> str:
        """The part of the id that says where the key works."""
        return self.id.partition(".")[0]


PLACES = {
    "app": "Everywhere",
    "question": "In the question",
    "chat": "In the conversation",
    "citations": "In the list of sources",
    "table": "In tables",
    "screen": "On all screens except the conversation",
    "library": "On the library screen",
    "models": "On the models screen",
    "privacy": "On the privacy screen",
    "picker": "In a field above a list",
    "settings": "On the settings screen",
    "history": "In the list of conversations",
    "welcome": "When you choose a folder",
    "path": "In the path of a folder",
    "filter": "In a filter",
    "dialog": "In dialogs",
    "buttons": "On the buttons of a dialog",
}
"""The titles of the places in the help, in its order."""

KEYS = (
    Key("app.help", "f1,question_mark", "help", "Help", "Show this help.", footer=True),
    Key("app.chat", "f2", "go('chat')", "Chat", "Go to the conversation."),
    Key("app.library", "f3", "go('library')", "Library", "Go to the library's sources and documents."),
    Key("app.models", "f4", "go('models')", "Models", "Go to the language models."),
    Key("app.privacy", "f5", "go('privacy')", "Privacy", "See the seal, and what is stored."),
    Key("app.palette", "ctrl+p,f12", "command_palette", "Commands", "Search all commands.", footer=True),
    Key("app.new", "ctrl+n,f6", "new", "New", "Start a new conversation.", footer=True),
    Key("app.history", "ctrl+r,f7", "history", "History", "Search earlier conversations.", footer=True),
    Key("app.add", "ctrl+o", "add", "Add folder", "Add a folder to the library."),
    Key("app.theme", "ctrl+t", "next_theme", "Theme", "Switch between dark, light and high contrast."),
    Key("app.settings", "f9", "go('settings')", "Settings", "Change settings and keys.", footer=True),
    Key(
        "app.quit",
        "ctrl+q,f10",
        "quit",
        "Quit",
        "Quit at once, even during an answer.",
        footer=True,
        priority=True,
    ),
    Key("question.send", "enter", "send", "Ask", "Ask the question.", footer=True, priority=True),
    Key("question.newline", "shift+enter,ctrl+j", "newline", "New line", "Start a new line.", priority=True),
    Key(
        "question.next",
        "tab",
        "complete",
        "Source",
        "Complete a filter, or go to the list of sources.",
        footer=True,
        priority=True,
    ),
    Key(
        "question.clear",
        "ctrl+c",
        "copy",
        "Clear",
        "Copy what is selected. Without a selection, empty the question; Ctrl+Z brings it back.",
    ),
    Key(
        "question.recall", "up", "recall", "Previous", "On the first line: previous question.", priority=True
    ),
    Key("question.forward", "down", "forward", "Next", "On the last line: next question.", priority=True),
    Key(
        "question.mention",
        "at",
        "mention",
        "Document",
        "At the start of a word: choose a document.",
        priority=True,
    ),
    Key("chat.stop", "escape", "stop", "Stop", "Stop the answer that is being written.", footer=True),
    Key(
        "chat.leave",
        "escape",
        "leave",
        "Back",
        "Ask about all documents again, or go from the question to the conversation and back.",
        footer=True,
    ),
    Key("chat.write", "i", "write", "Write", "Go to the question.", footer=True),
    Key(
        "chat.next",
        "tab",
        "citation(1)",
        "Source",
        "Go to the next source. A digit goes to the source with that number.",
        footer=True,
    ),
    Key("chat.previous", "shift+tab", "citation(-1)", "Previous", "Go to the previous source."),
    Key("chat.open", "o", "open", "Open", "Open the source in your viewer, at the cited place.", footer=True),
    Key("chat.copy", "y", "copy(False)", "Copy", "Copy the answer.", footer=True),
    Key(
        "chat.copy_cited",
        "Y",
        "copy(True)",
        "Copy all",
        "Copy the answer with its citations.",
        footer=True,
    ),
    Key("chat.export", "e", "export", "Export", "Write the conversation to an HTML file.", footer=True),
    Key(
        "chat.pick",
        "f8,at",
        "pick",
        "Document",
        "Choose the documents to ask about. Esc in the question asks about all again.",
        footer=True,
    ),
    Key("chat.picture", "p", "picture", "Picture", "Show the cited page as a picture, or as text again."),
    Key("chat.why", "v", "why", "Why", "Explain the next sentence that is marked ✗ or ≈."),
    Key("chat.find", "slash", "app.history", "Find", "Search earlier conversations."),
    Key("chat.down", "j,down", "line(1)", "Down", "Scroll down one line."),
    Key("chat.up", "k,up", "line(-1)", "Up", "Scroll up one line."),
    Key("chat.top", "g,home", "top", "Top", "Go to the first question."),
    Key("chat.bottom", "G,end", "bottom", "Bottom", "Go to the last answer."),
    Key("citations.down", "j", "cursor_down", "Down", "Go to the next source."),
    Key("citations.up", "k", "cursor_up", "Up", "Go to the previous source."),
    Key("table.down", "j,down", "move(1)", "Down", "Go one row down."),
    Key("table.up", "k,up", "move(-1)", "Up", "Go one row up."),
    Key("table.page_down", "pagedown,ctrl+f", "page(1)", "Page down", "Go one page down."),
    Key("table.page_up", "pageup,ctrl+b", "page(-1)", "Page up", "Go one page up."),
    Key("table.top", "g,home", "edge(0)", "Top", "Go to the first row."),
    Key("table.bottom", "G,end", "edge(1)", "Bottom", "Go to the last row."),
    Key("table.choose", "enter", "choose", "Choose", "Choose the row.", footer=True),
    Key("table.filter", "slash", "filter", "Filter", "Show only the rows with certain words.", footer=True),
    Key("screen.leave", "escape", "app.go('chat')", "Chat", "Go back to the conversation.", footer=True),
    Key("library.add", "a", "app.add", "Add folder", "Add a folder to the library."),
    Key("library.sort", "s", "sort", "Sort", "Sort by the next column."),
    Key("library.retry", "r", "retry", "Retry", "Read files that failed again.", footer=True),
    Key("library.forget", "d", "forget", "Remove", "Remove the document from the library.", footer=True),
    Key("library.forget_source", "D", "forget_source", "Remove source", "Remove the whole source."),
    Key("library.open", "o", "open", "Open", "Open the document in your viewer."),
    Key("library.pause", "p", "pause", "Pause", "Pause or resume indexing.", footer=True),
    Key(
        "models.draft",
        "d",
        "draft",
        "Draft",
        "Use this model to draft for the one that answers.",
        footer=True,
    ),
    Key("privacy.prove", "p", "prove", "Prove", "Try to reach the network in every known way.", footer=True),
    Key("picker.choose", "enter", "submit", "Choose", "Choose the row under the cursor.", footer=True),
    Key("picker.down", "down,ctrl+n", "screen.move(1)", "Down", "Go one row down.", footer=True),
    Key("picker.up", "up,ctrl+p", "screen.move(-1)", "Up", "Go one row up.", footer=True),
    Key(
        "settings.next",
        "right",
        "step(1)",
        "Next",
        "Give the setting its next value.",
        footer=True,
        priority=True,
    ),
    Key(
        "settings.previous",
        "left",
        "step(-1)",
        "Previous",
        "Give the setting its previous value.",
        footer=True,
        priority=True,
    ),
    Key(
        "history.switch",
        "tab",
        "app.focus_next",
        "Switch",
        "Go from the field to the list, where a conversation can be deleted, or back.",
        footer=True,
    ),
    Key("history.forget", "d", "forget", "Delete", "Delete the conversation.", footer=True),
    Key("welcome.add", "a", "add", "Add", "Add the folder to the library.", footer=True),
    Key("welcome.parent", "backspace", "parent", "Up", "Go to the parent folder.", footer=True),
    Key("welcome.path", "slash", "path('/')", "Path", "Type the path of a folder.", footer=True),
    Key("welcome.home", "tilde", "path('~')", "Home", "Type the path of a folder in your home."),
    Key("path.show", "enter", "submit", "Show", "Show the folder with this path.", footer=True),
    Key("path.complete", "tab", "complete", "Complete", "Complete the path.", footer=True),
    Key("path.leave", "escape", "leave", "Back", "Go back to the tree.", footer=True),
    Key("filter.keep", "enter", "submit", "Rows", "Keep the filter and go to the rows.", footer=True),
    Key("filter.leave", "escape", "leave", "Back", "Leave the filter and show all rows.", footer=True),
    Key("dialog.close", "escape", "close", "Close", "Close without changing anything.", footer=True),
    Key(
        "buttons.switch", "tab,left,right", "app.focus_next", "Switch", "Go to the other button.", footer=True
    ),
)
"""In the order of the help."""


def bindings(place: str) -> list[BindingType]:
    """Textual's bindings for the keys of a place."""
    return [
        Binding(key.keys, key.action, key.label, show=key.footer, priority=key.priority, id=key.id)
        for key in KEYS
        if key.place == place
    ]


_CHARACTERS = {"question_mark": "?", "slash": "/", "at": "@", "tilde": "~"}
"""The characters of keys for which Textual has a name."""


def shown(names: str) -> str:
    """Textual's names of keys, as a person knows the keys."""
    return ", ".join(_CHARACTERS.get(name.strip(), name.strip()) for name in names.split(","))


def character_of(name: str) -> str | None:
    """The character of a key for which Textual has a name, such as `slash`; None for any other key."""
    return _CHARACTERS.get(name)


def validated(rebound: Mapping[str, str]) -> dict[str, str]:
    """The keys that the person has changed, by id. Raises `ConfigError` for an id that does not exist."""
    ids = [key.id for key in KEYS]
    for id_ in rebound:
        if id_ not in ids:
            similar = difflib.get_close_matches(id_, ids, n=1)
            raise ConfigError(
                f"The configuration sets tui.keys.{id_}, but there is no such key id.",
                remedy=f"Did you mean {similar[0]}?" if similar else f"The ids are: {', '.join(ids)}.",
            )
    return dict(rebound)
