"""What each process of Carrel keeps when it confines itself: the folders it writes to, and what it reads.

Three kinds of process hold text of documents for longer than one document. The owner of a library writes to
the library, the cache and the state folder. A front end that shows text (the terminal UI, a command beside an
owner) writes nothing; the UI reads only code. The template of the parsers confines itself
(`ingest.jail.template`). None of them writes the configuration: `carrel models use`, which opens no library,
does, and the process outside the seal.

Called once in a process, after the seal and before it has a second thread.
"""

import contextlib
import os
import sys
from pathlib import Path

from assistant.config import ModelSettings, cache_folder, default_config, models_folder, state_folder
from ingest.known import known_sources
from ingest.programs import TEMPLATE
from policies.broker import Program, Readable, start_broker
from policies.confinement import FileAccess, code, confine_process, everything

SYSTEM = ("/boot", "/dev", "/etc", "/proc", "/run/user", "/sys")
"""Folders of the system, which hold no documents."""

MODEL_FOLDERS = ((".ollama",), (".lmstudio",), (".cache", "lm-studio"))
"""In the home: where other programs keep language models."""


def probe_program() -> Program:
    """The child that tries an unknown model file (`assistant.models.probing`). Its argument is the file."""
    return Program(
        name="probe",
        # -I and -S: neither environment variables nor the user's start-up files affect what it runs.
        options=("-I", "-S"),
        code="import sys; sys.path[:] = sys.argv[1:-1]; "
        "from assistant.models.probing import _child; _child()",
        prefix=tuple(sys.path),
        argument=r"/[^\0]*",
        as_streams=True,
    )


def confine_owner(library: Path, *, create: bool = True) -> None:
    """Confines the process that works on the library in this folder.

    It may read all files, because it indexes those that a person names, and may write to the library, the
    cache and the state folder. A folder that cannot be created is reported by whoever writes to it. Raises
    OSError when the kernel refuses.

    create: whether to create the library's folder if it does not exist.
    """
    start_broker([TEMPLATE, probe_program()])
    confine_process(FileAccess(read=everything(), write=_own_folders(library, create=create)))


def confine_serving_owner(library: Path, models: ModelSettings) -> None:
    """Confines an owner that serves others: as `confine_owner` does, and to reading Carrel's own files.

    It gets documents from its broker, because a person may add a folder at any time, and no rule could name
    it now. models: the settings; models that they name by path may be read.
    """
    own = (library, cache_folder(), state_folder())
    home = Path.home()
    readable = Readable(
        sources=known_sources(library / "catalogue.db"),
        refused=(*SYSTEM, *(os.path.realpath(folder) for folder in (*own, default_config().parent))),
        home=os.path.realpath(home),
    )
    start_broker([TEMPLATE, probe_program()], readable)
    chosen = (models.embedder, models.reranker, models.target, models.draft)
    named = (Path(os.path.realpath(name)) for name in chosen if os.path.isabs(name))
    elsewhere = (Path(home, *parts) for parts in MODEL_FOLDERS)
    shared = (Path("/usr/share/ollama"), cache_folder().parent / "huggingface")
    read = (*code(), models_folder(), *elsewhere, *shared, *named)
    confine_process(FileAccess(read=read, write=_own_folders(library, create=True)))


def confine_reader() -> None:
    """Confines a command that shows what an owner answers: it changes no file."""
    confine_process(FileAccess(read=everything(), devices=False))


def confine_ui() -> None:
    """Confines the terminal UI: it changes no file, and reads code only."""
    confine_process(FileAccess(read=code(), devices=False))


def _own_folders(library: Path, *, create: bool) -> tuple[Path, ...]:
    """The folders that an owner writes to. They are created as far as possible; the library's if `create`."""
    temporary = cache_folder() / "tmp"
    for folder in (temporary, state_folder(), *([library] if create else [])):
        with contextlib.suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _use_temporary_folder(temporary)
    return tuple(filter(Path.is_dir, (library, cache_folder(), state_folder())))


def _use_temporary_folder(folder: Path) -> None:
    """Makes a folder of Carrel's own the one for temporary files."""
    os.environ["TMPDIR"] = str(folder)
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = None  # type: ignore[attr-defined]
