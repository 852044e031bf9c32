"""Carries out the requests of the sealed UI, in the process outside the seal.

Each request is judged before anything is done. Its form is judged by `policies.outside`. The path must
belong to the library: the owner, asked over its socket, names the source that the file lies in and how many
pages and lines the document has. The file is then opened from the source's root without following a link, and
must be a regular file without a hard link that the library has not read. Files in Carrel's own folders are
never opened, because the UI can write there.

The viewer gets a path and opens it itself, so a program that can write to the source may still exchange the
file in between.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ingest.documents import is_within
from ingest.errors import UnreadableDocument
from ingest.opening import Root, reason_of
from policies.errors import CarrelError
from policies.outside import (
    MAX_REQUEST_BYTES,
    ChangeRequest,
    ExportRequest,
    RequestRefused,
    SaveRequest,
    TryRequest,
    ViewRequest,
    check_place,
    parse_request,
    viewer_arguments,
)
from tui.handover import Handover
from tui.keys import validated

if TYPE_CHECKING:
    from ingest.catalogue import DocumentExtent


TRIAL_S = 2.0
"""Seconds within which a viewer that is tried must not fail; one that still runs then is taken to work."""


@dataclass(frozen=True, slots=True)
class OutsideServices:
    """How the process outside the seal does what the UI requests."""

    viewer_command: Callable[[], str]
    """Reads the viewer's command from the configuration."""
    extent_of: "Callable[[str], DocumentExtent | None]"
    """Asks the owner about the file at an absolute path; None if it lies in no source."""
    change_settings: Callable[[dict[str, str | int]], object]
    """Writes to the configuration file."""
    export: Callable[[str], str]
    """Writes a file about the conversation with this id; returns its path."""
    own_folders: Sequence[Path]
    """Folders that Carrel writes to."""


def serve_requests(
    requests: BinaryIO, replies: BinaryIO, services: OutsideServices, handover: Handover
) -> Handover:
    """Serves the UI until it closes its end; returns the state that it saved last.

    handover: the state to return if it saves none. Every request is answered, except one to save the state.
    """
    while line := requests.readline(MAX_REQUEST_BYTES + 1):
        while not line.endswith(b"\n") and (rest := requests.readline(MAX_REQUEST_BYTES)):
            # Longer than any request. The rest is read and dropped up to the end of the line.
            line = line[:MAX_REQUEST_BYTES] + rest[-1:]
        failure = made = ""
        try:
            request = parse_request(line)
            if isinstance(request, SaveRequest):
                handover = Handover(request.conversation, request.question)
                continue
            if isinstance(request, ChangeRequest):
                _change(request, services)
            elif isinstance(request, ExportRequest):
                made = services.export(request.conversation)
            elif isinstance(request, TryRequest):
                _try(request, services)
            else:
                _view(request, services, services.viewer_command())
        except CarrelError as error:
            failure = error.message
        except (OSError, ValueError) as error:
            failure = reason_of(error)
        with suppress(OSError):
            replies.write(json.dumps({"failed": failure.rstrip("."), "made": made}).encode("ascii") + b"\n")
            replies.flush()
    return handover


def _change(request: ChangeRequest, services: OutsideServices) -> None:
    """Writes to the configuration. Raises `ConfigError` for a key id that does not exist, too."""
    prefix = "tui.keys."
    validated({key.removeprefix(prefix): "" for key in request.values if key.startswith(prefix)})
    services.change_settings(request.values)


def _try(request: TryRequest, services: OutsideServices) -> None:
    """Starts a viewer and watches it for a moment. Raises as `_view` does, and if it fails in that time."""
    viewer = _view(ViewRequest(request.path, None, None), services, request.viewer)
    try:
        code = viewer.wait(TRIAL_S)
    except subprocess.TimeoutExpired:
        return  # It is running.
    if code:
        raise RequestRefused(f"the program ended with the error {code}")


def _view(request: ViewRequest, services: OutsideServices, command: str) -> "subprocess.Popen[bytes]":
    """Starts a viewer. Raises ValueError and CarrelError if it may not, OSError if it cannot be started."""
    extent = services.extent_of(request.path)
    if extent is None:
        raise RequestRefused("the file is not in any source of the library")
    check_place(request, pages=extent.pages, lines=extent.lines)
    path = _checked_path(extent.source, request.path, extent.names)
    if any(is_within(path, os.path.realpath(folder)) for folder in services.own_folders):
        raise RequestRefused("the file is one of Carrel's own")
    words = viewer_arguments(command, path, request.page, request.line)
    try:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise RequestRefused(f"the program {words[0]} is not installed") from None


def _checked_path(source: str, path: str, names: Sequence[str]) -> str:
    """The path of a file in a source, without symbolic links. `names` are those of its hard links.

    Raises `RequestRefused` when the file does not exist or may not be opened.
    """
    try:
        with Root(source) as root, root.open_file(path, sys.maxsize, lambda _: names):
            below = path if is_within(path, root.path) else root.path + path[len(source.rstrip("/")) :]
    except (OSError, UnreadableDocument) as error:
        raise RequestRefused(reason_of(error)) from None
    return below
