"""The package indexes that pip is configured for, and what of its configuration says how to reach them.

Many places reach only a mirror of a package index, and pip knows where it is. Its configuration files and its
environment variables are read as pip reads them, with later ones before earlier ones: for all users, for this
user, for this Python environment, the file in PIP_CONFIG_FILE, then the variables. pip itself does not run.
Where no index is configured, pip's own default is taken from the installed pip.

Called by `carrel models pull` before it connects to anything.
"""

import configparser
import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from assistant.errors import ModelNotStored
from assistant.models.pulling import Route, certificates
from policies.errors import PolicyRefusal

_SECTIONS = ("global", "install", "download")
"""Sections of pip's files that apply, in rising order."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""Hosts that pip reaches without TLS."""

_TRUE = {"1", "true", "yes", "on", "y", "t"}


@dataclass(frozen=True, slots=True)
class PackageIndexes:
    """Where distributions are looked for."""

    addresses: tuple[str, ...]
    """Addresses of the indexes, the preferred one first; `https`, `http` or `file`."""
    route: Route
    """How they are reached."""


def configured(environment: Mapping[str, str], index: str = "") -> PackageIndexes:
    """Returns the indexes of pip's configuration that exist on this machine or are reached by the network.

    environment: for pip's variables and the places of its files.
    index: the address of the only index to use; empty for pip's.
    Raises `ModelNotStored` when there is none, or a certificate file of the configuration cannot be read, and
    `PolicyRefusal` when there are only indexes without https on hosts that the configuration does not trust.
    """
    settings = _settings(environment)
    if index:
        addresses = [index]
    elif settings.get("no-index", "").lower() in _TRUE:
        addresses = []
    else:
        main = settings.get("index-url", "").strip() or _default_index()
        addresses = [main, *settings.get("extra-index-url", "").split()]
    trusted_hosts = {host.partition(":")[0] for host in settings.get("trusted-host", "").split()}
    plain_hosts = _LOOPBACK | trusted_hosts
    existing = [address for address in dict.fromkeys(addresses) if _may_exist(address)]
    allowed = tuple(address for address in existing if _is_allowed(address, plain_hosts))
    if existing and not allowed:
        raise PolicyRefusal(
            f"The package index {host_of(existing[0])} is not reached over https.",
            remedy="If you trust its network, add the host to `trusted-host` in pip's configuration. Or name"
            " another index with --index.",
        )
    if not allowed:
        raise ModelNotStored(
            f"There is no package index {index}." if index else "No package index is configured for pip.",
            remedy="Set `index-url` in pip's configuration, or name an index with --index.",
        )
    route = Route(
        trusted=certificates(settings.get("cert", "")),
        proxy=settings.get("proxy", ""),
        plain_hosts=plain_hosts,
    )
    return PackageIndexes(allowed, route)


def local_folder(address: str) -> Path | None:
    """Returns the folder or file that a `file` address names; None for other addresses."""
    parts = urlsplit(address)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _settings(environment: Mapping[str, str]) -> dict[str, str]:
    """pip's settings by their long names, such as `index-url`."""
    found: dict[str, dict[str, str]] = {section: {} for section in _SECTIONS}
    for file in _files(environment):
        parser = configparser.RawConfigParser()
        # An unreadable file is pip's to complain about.
        with contextlib.suppress(OSError, UnicodeDecodeError, configparser.Error):
            parser.read_string(file.read_text(encoding="utf-8"))
        for section in parser.sections():
            if section in found:
                found[section] |= {_long_name(key): value for key, value in parser.items(section)}
    variables = {
        _long_name(name.removeprefix("PIP_")): value
        for name, value in environment.items()
        if name.startswith("PIP_") and value
    }
    return found["global"] | found["install"] | found["download"] | variables


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    named = environment.get("PIP_CONFIG_FILE", "")
    if named == os.devnull:
        return
    home = Path(environment.get("HOME") or Path.home())
    for folder in reversed((environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)):
        yield Path(folder, "pip", "pip.conf")
    yield Path("/etc/pip.conf")
    yield home / ".pip" / "pip.conf"
    yield Path(environment.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
    yield Path(sys.prefix, "pip.conf")
    if named:
        yield Path(named)


def _long_name(key: str) -> str:
    return key.lower().replace("_", "-").removeprefix("--")


def _default_index() -> str:
    """The index that pip uses without a configuration; empty without pip."""
    try:
        # A constant of pip, read so that Carrel names no index of its own.
        address: str = importlib.import_module("pip._internal.models.index").PyPI.simple_url
    except (ImportError, AttributeError):
        return ""
    return address


def _may_exist(address: str) -> bool:
    folder = local_folder(address)
    return bool(address) if folder is None else folder.is_dir()


def _is_allowed(address: str, plain_hosts: frozenset[str]) -> bool:
    parts = urlsplit(address)
    return parts.scheme in ("https", "file") or (parts.scheme == "http" and parts.hostname in plain_hosts)


def host_of(address: str) -> str:
    """Returns an index's host, or path if it is a folder, for messages, which must not show a password."""
    parts = urlsplit(address)
    return parts.hostname or parts.path
