"""Confines each process of Carrel to the folders that it writes to and the files that it reads.

Three kinds of process hold text of more than one document. The owner of a library writes to
the library, the cache and the state folder, and gets documents from its broker. A front end that shows text
(the terminal UI, a command beside an owner) writes nothing and reads only code. The template of the parsers
confines itself (`ingest.jail.template`). None of them writes the configuration: that is done by
`carrel models use`, which opens no library, and by the process outside the seal.

Called once in a process, after the seal and before it starts a second thread.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from assistant.config import ModelSettings, cache_folder, default_config, models_folder, state_folder
from ingest.encryption import forget_keys
from ingest.known import known_sources
from ingest.programs import TEMPLATE
from policies.broker import Program, Readable, start_broker
from policies.confinement import FileAccess, code, confine_process
from policies.syscalls import machine

SYSTEM = (
    *("/boot", "/dev", "/etc", "/proc", "/run/credentials", "/run/secrets", "/run/user", "/sys"),
    *("/var/lib", "/var/log", "/var/spool"),
)
"""System folders, which hold no documents."""

MODEL_FOLDERS = ((".ollama",), (".lmstudio",), (".cache", "lm-studio"))
"""Folders in the home folder in which other programs keep language models."""


def probe_program() -> Program:
    """The child that tries an unknown model file (`assistant.models.probing`). Its argument is the file."""
    return Program(
        name="probe",
        # -I and -S: neither environment variables nor the user's start-up files affect what it runs. -B: it
        # leaves no compiled modules.
        options=("-I", "-S", "-B"),
        code="import sys; sys.path[:] = sys.argv[1:-1]; "
        "from assistant.models.probing import _child; _child()",
        prefix=tuple(sys.path),
        argument=r"/[^\0]*",
        as_streams=True,
    )


def confine_owner(
    library: Path,
    models: ModelSettings,
    *,
    reading: Sequence[Path] | None = None,
    writing: Sequence[Path] = (),
    create: bool = True,
) -> None:
    """Confines the process that works on the library in this folder to Carrel's own files.

    Its broker opens documents for it: those in the library's sources and in the paths of `reading`, which the
    command names. `reading` is None for an owner that serves other processes; it gets other documents too,
    because a user may add a folder at any time. If a folder cannot be created, the code that writes to it
    reports that. Raises OSError when the kernel refuses.

    writing: other folders that the command writes to.
    models: the settings; models that they give by path may be read.
    create: whether to create the library's folder if it does not exist.
    """
    writable = _own_folders(library, create=create)
    if machine() is None:
        # Nothing can be confined here, so the process opens documents itself.
        return
    if reading is None:
        own = (library, cache_folder(), state_folder(), default_config().parent)
        refused = (*SYSTEM, *(os.path.realpath(folder) for folder in own))
    else:
        refused = ("/",)
    sources = (*known_sources(library / "catalogue.db"), *map(os.path.realpath, reading or ()))
    start_broker([TEMPLATE, probe_program()], Readable(sources, refused))
    chosen = (models.embedder, models.reranker, models.target, models.draft, models.speech)
    named = (Path(os.path.realpath(name)) for name in chosen if os.path.isabs(name))
    elsewhere = (Path.home().joinpath(*parts) for parts in MODEL_FOLDERS)
    shared = (Path("/usr/share/ollama"), cache_folder().parent / "huggingface")
    read = (*code(), models_folder(), *elsewhere, *shared, *named)
    confine_process(FileAccess(read, write=(*writable, *writing)))


def confine_front_end() -> None:
    """Confines a process that shows the replies of an owner: it changes no file and reads only code.

    It forgets the keys of libraries, which only their owner needs.
    """
    forget_keys()
    confine_process(FileAccess(read=code(), devices=False))


def _own_folders(library: Path, *, create: bool) -> tuple[Path, ...]:
    """The folders that an owner writes to. Creates them where possible; the library's only if `create`."""
    temporary = cache_folder() / "tmp"
    for folder in (temporary, state_folder(), *([library] if create else [])):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(OSError):
        if library.stat().st_uid == os.geteuid():
            # Now, because a confined process changes no permissions.
            library.chmod(0o700)
    _use_temporary_folder(temporary)
    return tuple(filter(Path.is_dir, (library, cache_folder(), state_folder())))


def _use_temporary_folder(folder: Path) -> None:
    """Makes `folder` the one for temporary files."""
    os.environ["TMPDIR"] = str(folder)
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
