"""How file names tell versions of a document apart: the words of all languages merged, in lower case."""

from ingest.language.definition import words

DRAFTS = words("draft entwurf brouillon borrador bozza old alt ancien antiguo superseded")
"""The version comes before those without such a word."""

FINALS = words("final signed endfassung unterschrieben définitif définitive signé firmado definitivo finale")
"""The version comes after all others."""

NUMBERED = words("v ver version rev revision fassung versión révision revisión edition ausgabe")
"""A number follows that orders the versions."""
