"""Lists one folder of a source, without junk and without the names that ignore files exclude.

Excluded silently: hidden names (but not the folders in a maildir folder, all of which are hidden), known junk
(temporary files, caches, package folders, Python environments, programs of Zotero), and everything that a
`.carrelignore` file excludes. Such a file has gitignore's syntax, may be in any folder of the source, and
applies to that folder and all below it.

Called by the walk and the watcher.
"""

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.errors import UnreadableDocument
from ingest.opening import Root, prefix_of
from ingest.parsers.text import decode

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".carrelignore"
"""Name of the ignore files."""

_MAX_IGNORE_FILE_BYTES = 1 << 20

_JUNK_FOLDERS = frozenset(
    "__pycache__ __MACOSX node_modules bower_components site-packages lost+found CVS $RECYCLE.BIN".split()
) | {"System Volume Information"}
_ENVIRONMENT = "pyvenv.cfg"
"""A folder with this file is a Python environment."""
_ZOTERO = "zotero.sqlite"
_ZOTERO_FOLDERS = frozenset({"translators", "styles", "locate", "pipes", "logs"})
_JUNK_FILES = frozenset({"Thumbs.db", "desktop.ini", "Icon\r"})
_JUNK_PREFIXES = ("~$", ".")
_JUNK_SUFFIXES = ("~", ".tmp", ".swp", ".swo", ".part", ".crdownload", ".lock", ".pyc")

Rules = tuple[tuple[str, "GitIgnoreSpec"], ...]
"""The ignore rules that apply to a folder, outermost first, each with the prefix of the paths it is about."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The files and folders of a folder that are not excluded, by name."""

    files: tuple[tuple[str, os.stat_result | None], ...]
    """Everything but folders; None for a name that vanished while the folder was listed."""
    folders: tuple[str, ...]
    """Names of the folders in it."""
    rules: Rules
    """The rules for this folder and those below."""
    ignore_file: os.stat_result | None
    """The status of the folder's own ignore file; None when it has none."""


def is_excluded(path: str, *, is_folder: bool, rules: Rules, root: Root | None = None) -> bool:
    """Whether `path` is junk by its name, or ignored by the rules of the folder it is in.

    root: below it, hidden folders are examined; None treats all of them as junk.
    """
    is_junk = _is_junk(os.path.basename(path), is_folder)
    if is_junk and not (is_folder and root is not None and _is_mail_folder(root, path)):
        return True
    if is_folder and root is not None and _is_program_of_zotero(root, path):
        return True
    return bool(rules) and _is_ignored(path, is_folder, rules)


def list_folder(root: Root, folder: str, rules: Rules) -> Listing:
    """The content of `folder`. `rules` are those of the folder above it.

    A Python environment counts as empty. Raises OSError as `Root.open` does, and `UnreadableDocument` when
    the folder's ignore file cannot be read.
    """
    entries: list[tuple[str, os.stat_result | None]] = []
    descriptor = root.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with os.scandir(descriptor) as scan:
            for entry in scan:
                try:
                    entries.append((entry.name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    entries.append((entry.name, None))
    finally:
        os.close(descriptor)
    entries.sort(key=lambda entry: entry[0])
    special = {name: info for name, info in entries if name in (_ENVIRONMENT, IGNORE_FILE)}
    ignore_file = special.get(IGNORE_FILE)
    if _ENVIRONMENT in special:
        return Listing((), (), rules, ignore_file)
    if IGNORE_FILE in special:
        rules = (*rules, (prefix_of(folder), _ignore_spec(root, folder)))
    files, folders = [], []
    for name, info in entries:
        is_folder = info is not None and stat.S_ISDIR(info.st_mode)
        if is_excluded(os.path.join(folder, name), is_folder=is_folder, rules=rules, root=root):
            continue
        if is_folder:
            folders.append(name)
        else:
            files.append((name, info))
    return Listing(tuple(files), tuple(folders), rules, ignore_file)


def rules_in(root: Root, folder: str, known: dict[str, Rules | None]) -> Rules | None:
    """The rules that apply to `folder`, without listing any folder; None when it is excluded.

    known: a cache of the rules of the folders on the way. Raises as `list_folder` does.
    """
    way = [folder]
    while way[-1] != root.path and way[-1] not in known:
        way.append(os.path.dirname(way[-1]))
    rules: Rules | None = ()
    for here in reversed(way):
        if here not in known:
            known[here] = None if rules is None else _rules_below(root, here, rules)
        rules = known[here]
    return rules


def _rules_below(root: Root, folder: str, rules: Rules) -> Rules | None:
    """The rules of one folder, given those of the folder above it; None when it is excluded."""
    if folder != root.path and is_excluded(folder, is_folder=True, rules=rules, root=root):
        return None
    if root.exists(os.path.join(folder, _ENVIRONMENT)):
        return None
    if root.exists(os.path.join(folder, IGNORE_FILE)):
        return (*rules, (prefix_of(folder), _ignore_spec(root, folder)))
    return rules


def _ignore_spec(root: Root, folder: str) -> "GitIgnoreSpec":
    # 20 ms to import, for sources that have an ignore file.
    from pathspec import GitIgnoreSpec

    with root.open_file(os.path.join(folder, IGNORE_FILE), _MAX_IGNORE_FILE_BYTES) as file:
        data = file.read()
    try:
        return GitIgnoreSpec.from_lines(decode(data).split("\n"))
    except ValueError as exc:
        raise UnreadableDocument(f"invalid pattern in its {IGNORE_FILE}") from exc


def _is_mail_folder(root: Root, folder: str) -> bool:
    """Whether a hidden folder is one of a maildir folder: both have the folders of that format in them."""
    if not os.path.basename(folder).startswith(".") or folder == root.path:
        return False
    try:
        return all(
            root.exists(os.path.join(place, name))
            for place in (os.path.dirname(folder), folder)
            for name in ("cur", "new")
        )
    except (OSError, ValueError):
        return False


def _is_program_of_zotero(root: Root, folder: str) -> bool:
    """Whether a folder holds what Zotero runs, beside its database: hundreds of files of source code."""
    above, name = os.path.split(folder)
    try:
        return name in _ZOTERO_FOLDERS and root.exists(os.path.join(above, _ZOTERO))
    except (OSError, ValueError):
        return False


def _is_ignored(path: str, is_folder: bool, rules: Rules) -> bool:
    """Whether the innermost rule about `path` excludes it."""
    for prefix, spec in reversed(rules):
        verdict = spec.check_file(path[len(prefix) :] + "/" * is_folder).include
        if verdict is not None:
            return verdict
    return False


def _is_junk(name: str, is_folder: bool) -> bool:
    if name.startswith(_JUNK_PREFIXES):
        return True
    return name in _JUNK_FOLDERS if is_folder else name in _JUNK_FILES or name.endswith(_JUNK_SUFFIXES)
