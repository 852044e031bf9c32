"""What the directives of docutils and Sphinx hold: text, code, or nothing that a reader sees.

A directive that is not named here gives its argument and its content as text.
"""

CODE = frozenset(
    "code code-block sourcecode parsed-literal literalinclude math raw doctest testcode testoutput testsetup "
    "testcleanup prompt productionlist graphviz graph digraph mermaid plantuml uml ipython plot".split()
)
"""Their content is code, and their argument its language."""

NOT_SHOWN = frozenset(
    "toctree contents include index highlight default-role role currentmodule module tabularcolumns "
    "bibliography sectnum section-numbering target-notes default-domain automodule autoclass autofunction "
    "automethod autoattribute autodata autoexception autosummary unicode replace date title".split()
)
"""They hold settings, or what another place or file says."""

NAMES = frozenset("container class rst-class only ifconfig cssclass table image figure video".split())
"""Their argument is a name, a condition or a path. That of a table is its title."""

LABELS = {
    "note": "Note",
    "warning": "Warning",
    "tip": "Tip",
    "hint": "Hint",
    "important": "Important",
    "caution": "Caution",
    "danger": "Danger",
    "attention": "Attention",
    "error": "Error",
    "seealso": "See also",
    "todo": "To do",
}
"""What the page says before the content of a remark."""

VERSIONS = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "versionremoved": "Removed in version",
    "deprecated": "Deprecated since version",
}
"""What it says before a version, which is the first word of the argument."""

SHOWN_OPTIONS = frozenset(("alt", "caption", "subtitle", "copyright"))
"""Options whose values a reader sees."""

SETTINGS = frozenset(("orphan", "nosearch", "nocomments", "tocdepth"))
"""Fields at the beginning of a text that are meant for Sphinx."""


def label(name: str, said: str) -> str:
    """What the page shows on the first line of a directive with the argument `said`."""
    if name in LABELS:
        return f"{LABELS[name]}: {said}".rstrip()
    if name in VERSIONS:
        version, _, change = said.partition(" ")
        return f"{VERSIONS[name]} {version}: {change}".rstrip(": ")
    return "" if name in NAMES and name != "table" else said
