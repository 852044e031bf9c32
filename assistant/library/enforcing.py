"""Makes a library that was indexed under other policies fit those in force, before it is used.

A library records the rules under which its documents were read. If they have changed when it is opened, the
documents that are never indexed now are erased as `carrel rm` erases them. Documents that are masked now, or
masked otherwise, lose their text and all that was made from it, because it holds what must not be shown; they
are read again by the next look at their source. Documents that are no longer masked stay masked until then.
"""

import json

from assistant.library.audit import AuditLog
from assistant.library.forgetting import Eraser
from ingest.catalogue import Catalogue
from ingest.errors import LibraryReadOnly
from ingest.handling import Handling, innermost

RULES = "policies"
"""Name of the catalogue's fact that records the rules."""

WAITING = (
    "policies.toml has changed, and the file has not been read again yet: run `carrel add` for its folder"
)
"""The reason of a document whose text was dropped."""


def enforce(handling: Handling, catalogue: Catalogue, eraser: Eraser, audit: AuditLog) -> None:
    """Erases from a library what the policies no longer allow. Does nothing if they have not changed.

    To be called when the library is opened, before its index is loaded.
    """
    recorded = catalogue.fact(RULES) or ""
    current = _described(handling)
    if recorded == current:
        return
    before: dict[str, str] = json.loads(recorded)["masked"] if recorded else {}
    gone = [
        entry.path for entry in catalogue.documents.entries() if _is_gone(handling, catalogue, entry.path)
    ]
    catalogue.remove(gone)
    stricter = []
    for path in catalogue.documents.file_records(catalogue.sources.paths()):
        earlier, now = innermost(before, path) or "", handling.fingerprint(path)
        if now and now != earlier:
            stricter.append(path)
        elif earlier and not now:
            catalogue.documents.read_file_again(path)
    catalogue.drop_texts(stricter, WAITING)
    telling = 0
    if handling.fingerprint("/") not in ("", before.get("/")):
        telling = eraser.forget_questions(handling.masked_question)
    if gone or stricter or telling:
        eraser.erase_derived([*gone, *stricter])
        eraser.clean()
        names = catalogue.codes.names_forgotten()
        audit.note("forgot", f"documents whose policies changed: {len(names):,}", names)
    catalogue.set_fact(RULES, current)


def require_enforced(handling: Handling, catalogue: Catalogue) -> None:
    """For a library that cannot be changed: raises `LibraryReadOnly` if the policies have changed."""
    if (catalogue.fact(RULES) or "") != _described(handling):
        raise LibraryReadOnly(
            "policies.toml has changed, but this library cannot be changed to fit it.",
            remedy="Make the library's folder and disk writable, and run any command once.",
        )


def _described(handling: Handling) -> str:
    """The rules in one string; empty for none, so that a library without policies has no such fact."""
    masked = {folder: value for folder, value in handling.fingerprints.items() if value}
    if not masked and not handling.leaves_out:
        return ""
    return json.dumps({"masked": handling.fingerprints, "never": handling.never}, sort_keys=True)


def _is_gone(handling: Handling, catalogue: Catalogue, path: str) -> bool:
    """Whether a file must not be named any more: it is never indexed, or its name would tell."""
    source = catalogue.sources.containing(path)
    return handling.is_never(path) or (source is not None and handling.shown_path(source, path) != path)
