"""What starts `carrel watch` with a person's session: a systemd user unit, or a launchd agent.

The unit repeats the seal in the service manager's words: no network but local sockets, a file system that
is read-only but for the library and Carrel's cache, no new privileges. So the owner is shut in twice,
by its own filter and by the manager's. Rendering is pure; `run` starts the manager's own command.
"""

import plistlib
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path

from assistant.config import cache_folder, models_folder

NAME = "carrel"
LABEL = "org.carrel.watch"


@dataclass(frozen=True, slots=True)
class Unit:
    """A service to be."""

    path: Path
    """Where the manager looks for it."""
    text: str
    start: tuple[tuple[str, ...], ...]
    """Commands that start it now and with every session."""
    stop: tuple[tuple[str, ...], ...]


def unit(library: Path, config_file: Path | None, *, platform: str = sys.platform) -> Unit:
    """The service that watches for `library`, run by this interpreter.

    config_file: the one named on the command line; None for the default one.
    """
    command = [sys.executable, "-P", "-m", "assistant.cli", "watch", "--library", str(library)]
    command += ["--config", str(config_file.absolute())] if config_file else []
    if platform == "darwin":
        return _launchd(command)
    path = user_config_path("systemd", appauthor=False) / "user" / f"{NAME}.service"
    manager = ("systemctl", "--user")
    service = f"{NAME}.service"
    return Unit(
        path,
        _systemd(command, library),
        start=((*manager, "daemon-reload"), (*manager, "enable", "--now", service)),
        stop=((*manager, "disable", "--now", service),),
    )


def run(commands: Sequence[Sequence[str]]) -> bool:
    """Runs the service manager's commands in order; whether all of them succeeded."""
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
        except (OSError, subprocess.SubprocessError):
            return False
    return True


def _systemd(command: Sequence[str], library: Path) -> str:
    """Directives of systemd.exec(5) that a user's manager can apply."""
    written = " ".join(_quoted(str(path)) for path in (library, cache_folder()))
    return f"""[Unit]
Description=Carrel keeps its library up to date

[Service]
ExecStart={" ".join(_quoted(part) for part in command)}
Restart=on-failure
RestartSec=5
Nice=5
# The same seal once more, by the service manager.
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX
IPAddressDeny=any
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths={written}
ReadOnlyPaths=-{_quoted(str(models_folder()))}
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
    """Graphics cards are devices: those who have one keep them."""
    return "no" if Path("/dev/dri").exists() or Path("/dev/nvidiactl").exists() else "yes"


def _quoted(part: str) -> str:
    """One word of a unit file (systemd.syntax(7)): percent signs and dollars mean something there."""
    escaped = part.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _launchd(command: Sequence[str]) -> Unit:
    path = Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    text = plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": list(command),
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ProcessType": "Background",
            "HardResourceLimits": {"Core": 0},
            "Umask": 0o077,
        }
    ).decode("utf-8")
    return Unit(
        path,
        text,
        start=(("launchctl", "load", "-w", str(path)),),
        stop=(("launchctl", "unload", "-w", str(path)),),
    )
