"""The three themes: dark, light and high contrast. One accent colour each, and muted tones otherwise."""

from textual.theme import Theme

THEMES = {
    "dark": Theme(
        name="carrel-dark",
        dark=True,
        primary="#8fb8a8",
        secondary="#a3a9c4",
        accent="#d9b57c",
        foreground="#dcd8cf",
        background="#1b1c1e",
        surface="#222427",
        panel="#2a2c30",
        success="#8fbf8a",
        warning="#dcae66",
        error="#dd8078",
        variables={"footer-key-foreground": "#d9b57c", "border": "#7b7f85", "text-muted": "#b0ada5"},
    ),
    "light": Theme(
        name="carrel-light",
        dark=False,
        primary="#2f6f5a",
        secondary="#4b5480",
        accent="#8a5a12",
        foreground="#2b2a27",
        background="#faf7f0",
        surface="#f2eee4",
        panel="#e8e2d4",
        success="#2f6f3a",
        warning="#8a5a12",
        error="#a83a30",
        variables={"footer-key-foreground": "#8a5a12", "border": "#857d6b", "text-muted": "#57534b"},
    ),
    "contrast": Theme(
        name="carrel-contrast",
        dark=True,
        primary="#00ffff",
        secondary="#ffffff",
        accent="#ffff00",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000000",
        success="#00ff00",
        warning="#ffff00",
        error="#ff6060",
        variables={"footer-key-foreground": "#ffff00", "border": "#ffffff", "text-muted": "#ffffff"},
    ),
}
"""By the value of `tui.theme` in the configuration, in the order in which the key goes through them."""
