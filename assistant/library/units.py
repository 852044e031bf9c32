"""The service that starts `carrel watch` when you log in: a systemd user unit, or a launchd agent.

Each library has a unit of its own. The default library's is called `carrel`; another library's name has the
folder's name and a hash of its path added. A unit file that runs for another library is never overwritten.

A systemd unit repeats the seal in the service manager's terms: no network except local sockets, a file system
that is read-only except for the library and Carrel's cache, and no new privileges. So two mechanisms confine
the process: its own seal, and the manager's.

`unit_for` only reads; a unit's `install` and `uninstall` write the file and run the service manager.
"""

import hashlib
import os
import plistlib
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from assistant.config import cache_folder, default_library, models_folder, state_folder
from assistant.errors import UnitConflict
from policies.durable import replace_text
from policies.hygiene import one_line

NAME = "carrel"
"""The systemd unit of the default library, without `.service`."""

LABEL = "org.carrel.watch"
"""The launchd label of the default library's agent."""

READABLE_CHARACTERS = 24
"""How much of the folder's name a unit's name repeats."""

HASH_CHARACTERS = 12
"""Hexadecimal digits of the path's SHA-256 in a unit's name: 48 bits, so two libraries never share one."""


@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of one library: its file, and the commands that go with it."""

    library: Path
    """The library that it runs for, with symbolic links resolved."""
    path: Path
    """Where the service manager looks for the file."""
    text: str
    """The content of the file."""
    start: tuple[tuple[str, ...], ...]
    """Commands that start the service now and at every login."""
    stop: tuple[tuple[str, ...], ...]
    """Commands that stop it and keep it from starting again."""

    @property
    def is_installed(self) -> bool:
        """Whether the file is there and runs for the library."""
        return library_of(self.path) == self.library

    def install(self) -> bool:
        """Writes the file and starts the service; returns whether the service manager started it.

        Raises `UnitConflict`, and writes nothing, when a file of that name runs for another library or was
        not written by Carrel.
        """
        if self.path.exists() and not self.is_installed:
            other = library_of(self.path)
            if other is None:
                raise UnitConflict(
                    f"{self.path} was not written by Carrel, so it is not overwritten.",
                    remedy="Move the file away, then run the command again.",
                )
            raise UnitConflict(
                f"{self.path} runs for another library: {other}.",
                remedy=f"To remove it, run: carrel service uninstall --library {shlex.quote(str(other))}",
            )
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (self.library, cache_folder(), state_folder()):
            # The service manager may not create them.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(self.path, self.text)
        return run(self.start)

    def uninstall(self) -> bool:
        """Stops the service and deletes the file; returns whether the service manager stopped it."""
        stopped = run(self.stop)
        self.path.unlink()
        return stopped


def unit_for(library: Path, config_file: Path | None, *, platform: str = sys.platform) -> Unit:
    """The unit that runs `carrel watch` for `library` with this interpreter, installed or not.

    Earlier versions of Carrel gave every library's unit the default library's name. A unit that was installed
    like that keeps its name.

    config_file: the configuration file that was named on the command line; None for the default one.
    """
    render = _launch_agent if platform == "darwin" else _systemd_unit
    plain = render("", library, config_file)
    return plain if plain.is_installed else render(_suffix(library), library, config_file)


def library_of(path: Path) -> Path | None:
    """The library that the unit file at `path` runs for; None for no file, and for one that names none."""
    try:
        command = _launchd_command(path) if path.suffix == ".plist" else _systemd_command(path)
        return Path(command[command.index("--library") + 1]).resolve()
    except (OSError, ValueError, LookupError, plistlib.InvalidFileException):
        return None


def run(commands: Sequence[Sequence[str]]) -> bool:
    """Runs the service manager's commands in order; returns whether all of them succeeded."""
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def _suffix(library: Path) -> str:
    """What tells the unit of `library` from those of other libraries; empty for the default library."""
    resolved = library.resolve()
    if resolved == default_library().resolve():
        return ""
    readable = re.sub(r"[^a-z0-9]+", "-", resolved.name.lower()).strip("-")[:READABLE_CHARACTERS].strip("-")
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:HASH_CHARACTERS]
    return "-".join(filter(None, (readable, digest)))


def _command(library: Path, config_file: Path | None) -> list[str]:
    command = [sys.executable, "-P", "-m", "assistant.cli", "watch", "--library", str(library)]
    return [*command, "--config", str(config_file.absolute())] if config_file else command


# systemd


def _systemd_unit(suffix: str, library: Path, config_file: Path | None) -> Unit:
    service = f"{NAME}-{suffix}.service" if suffix else f"{NAME}.service"
    manager = ("systemctl", "--user")
    return Unit(
        library.resolve(),
        user_config_path("systemd", appauthor=False) / "user" / service,
        _systemd_text(_command(library, config_file), library),
        start=((*manager, "daemon-reload"), (*manager, "enable", "--now", service)),
        stop=((*manager, "disable", "--now", service),),
    )


def _systemd_text(command: Sequence[str], library: Path) -> str:
    """Directives of systemd.exec(5) that a user's service manager can apply."""
    writable = " ".join(_quote(str(path)) for path in (library, cache_folder(), state_folder()))
    return f"""[Unit]
Description=Carrel keeps the library {one_line(str(library)).replace("%", "%%")} up to date

[Service]
ExecStart={" ".join(_quote(word) for word in command)}
Restart=on-failure
RestartPreventExitStatus=6
RestartSec=5
Nice=5
# The seal again, enforced by the service manager.
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
IPAddressDeny=any
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={writable}
ReadOnlyPaths=-{_quote(str(models_folder()))}
PrivateTmp=yes
PrivateDevices={_private_devices()}
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
CapabilityBoundingSet=
LimitCORE=0
UMask=0077

[Install]
WantedBy=default.target
"""


def _private_devices() -> str:
    """`no` on machines with a GPU, which is a device that the engine needs."""
    return "no" if Path("/dev/dri").exists() or Path("/dev/nvidiactl").exists() else "yes"


def _quote(word: str) -> str:
    """One word of a command in a unit file, as systemd.syntax(7) wants it.

    Control characters, and bytes of a path that are not UTF-8, are written as `\\xhh`.
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return '"' + re.sub("[\x00-\x1f\x7f\udc80-\udcff]", lambda c: f"\\x{ord(c[0]) & 0xFF:02x}", escaped) + '"'


def _unquote(word: str) -> str:
    """The reverse of `_quote`, without the quotation marks."""

    def unescape(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][1]
        byte = int(match[1], 16)
        return chr(byte if byte < 0x80 else 0xDC00 + byte)

    escape = re.compile(r"\\x([0-9a-f]{2})|\\.|%%|\$\$")
    return escape.sub(unescape, word)


def _systemd_command(path: Path) -> list[str]:
    """The words of the command in a unit file. Raises `ValueError` when there is not exactly one command."""
    (line,) = re.findall(r"^ExecStart=(.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [_unquote(word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]


# launchd


def _launch_agent(suffix: str, library: Path, config_file: Path | None) -> Unit:
    label = f"{LABEL}.{suffix}" if suffix else LABEL
    path = Path.home() / "Library" / "LaunchAgents" / f"{label}.plist"
    text = plistlib.dumps(
        {
            "Label": label,
            "ProgramArguments": _command(library, config_file),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Background",
            "HardResourceLimits": {"Core": 0},
            "Umask": 0o077,
        }
    ).decode("utf-8")
    return Unit(
        library.resolve(),
        path,
        text,
        start=(("launchctl", "load", "-w", str(path)),),
        stop=(("launchctl", "unload", "-w", str(path)),),
    )


def _launchd_command(path: Path) -> list[str]:
    with path.open("rb") as file:
        return list(plistlib.load(file)["ProgramArguments"])
