"""The template process, and the confinement of the children it forks.

The template starts with a control socket, seals itself, keeps access to code only, loads the parsers, and
then serves requests until the parent closes the socket: take the files of a model, fork a child for a
document, or end a child and report its status. The child gives up the rest before it reads the first byte of
its document.
"""

import contextlib
import gc
import importlib
import json
import os
import resource
import signal
import socket
from collections.abc import Iterator
from typing import Any

from ingest.errors import UnreadableDocument
from ingest.jail.protocol import (
    MAX_DESCRIPTORS,
    MAX_REQUEST_BYTES,
    JailLimits,
    as_lines,
    encode_document,
    encode_picture,
    encode_refusal,
)
from ingest.priorities import give_way
from policies import bpf, confinement, network, syscalls
from policies.confinement import FileAccess

_DOCUMENT, _ANSWER = 3, 4
"""The descriptors of a child, besides the standard streams, which lead to /dev/null."""


def main(control: str, parser: str, *limits: str) -> None:
    """Serves requests until the parent closes the control socket.

    control: the socket's descriptor. parser: the module that reads files. limits: see `JailLimits`.
    """
    # Ctrl-C in a terminal reaches every process of the group. The parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    give_way()
    bounds = JailLimits.from_arguments(limits)
    parent = socket.socket(fileno=int(control))
    network.seal(network.SealMode.BEST_EFFORT, connections=[parent.fileno()])
    confinement.confine_process(FileAccess(read=confinement.code(), devices=False))
    # Some imported packages would read .env in the current folder, or fail where that is not allowed.
    os.chdir("/")
    module = importlib.import_module(parser)
    module.preload()
    # Objects that exist now are shared by all children: the collector must not write to them.
    gc.collect()
    gc.freeze()
    children: set[int] = set()
    while True:
        message, descriptors, _, _ = socket.recv_fds(parent, MAX_REQUEST_BYTES, MAX_DESCRIPTORS)
        if not message:
            break
        request = json.loads(message)
        if "load" in request:
            module.load(dict(zip(request["load"], map(_whole, descriptors), strict=True)))
            reply = {"loaded": len(descriptors)}
        elif "end" in request:
            reply = {"status": _reap(request["end"], children)}
        else:
            # Of the template, because a child cannot see its own entry in /proc.
            used = _address_space()
            child = os.fork()
            if child == 0:
                document, answer = descriptors
                _run_child(module, request, document, answer, bounds, used)
            children.add(child)
            for descriptor in descriptors:
                os.close(descriptor)
            reply = {"child": child}
        try:
            parent.sendall(json.dumps(reply).encode("ascii"))
        except BrokenPipeError:
            break  # The parent ended while a child was being started.
    for child in list(children):
        _reap(child, children)


def _whole(descriptor: int) -> bytes:
    """The content of an open file, which is closed."""
    with open(descriptor, "rb") as file:
        return file.read()


def _reap(child: int, children: set[int]) -> int:
    """Kills a child that is still running; returns its status as `waitpid` reports it, and that of a killed
    process for one that is not a child."""
    if child not in children:
        return signal.SIGKILL
    children.remove(child)
    os.kill(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def _run_child(
    module: Any, request: dict[str, Any], document: int, answer: int, limits: JailLimits, used: int
) -> None:
    """The whole life of a child, whose address space has `used` bytes at first. Never returns."""
    code = 1
    try:
        _confine(document, answer, limits, used)
        output = b""
        with contextlib.suppress(MemoryError):
            output = _answer(module, request, limits)
        # What filled the memory is freed by now.
        output = output or _too_large(limits)
        while output:
            output = output[os.write(_ANSWER, output) :]
        code = 0
    finally:
        os._exit(code)


def _confine(document: int, answer: int, limits: JailLimits, used: int) -> None:
    """Leaves the process with its two descriptors, limited memory and time, and no other access."""
    # Moved to high numbers first, because either may occupy the number that the other one gets.
    high = [os.dup2(descriptor, 200 + place) for place, descriptor in enumerate((document, answer))]
    for place, descriptor in zip((_DOCUMENT, _ANSWER), high, strict=True):
        os.dup2(descriptor, place)
    os.dup2(0, 1)
    os.dup2(0, 2)
    os.closerange(_ANSWER + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    confinement.confine()
    for kind, most in (
        (resource.RLIMIT_AS, used + limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _ANSWER + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    machine = syscalls.machine()
    if machine is not None and bpf.install(bpf.worker_filter(machine)) != 0:
        raise OSError("the system call filter cannot be installed")


def _address_space() -> int:
    """The size of this process's address space in bytes."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 1 << 40  # Unknown on this system, so the limit has no effect.


def _answer(module: Any, request: dict[str, Any], limits: JailLimits) -> bytes:
    """The document, the picture, or the reason why there is none."""
    try:
        data = b"".join(_parts(limits.file_bytes, request.get("size")))
        if "draw" in request:
            picture = module.draw(request["draw"], data, request["page"], request["width"], request["words"])
            values = encode_picture(picture)
        else:
            options = {name: request[name] for name in ("enclosed",) if name in request}
            values = encode_document(module.parse(request["parse"], data, request["digest"], **options))
    except UnreadableDocument as error:
        values = encode_refusal(error)
    return as_lines(values)


def _too_large(limits: JailLimits) -> bytes:
    message = f"parsing needed more than {limits.memory_bytes >> 20} MiB of memory"
    return as_lines(encode_refusal(UnreadableDocument(message)))


def _parts(most: int, size: int | None) -> Iterator[bytes]:
    """The document, or its first `size` bytes, part by part."""
    place, end = 0, most + 1 if size is None else size
    while place <= most and (part := os.pread(_DOCUMENT, min(1 << 24, end - place), place)):
        yield part
        place += len(part)
    if place > most:
        raise UnreadableDocument(f"larger than {most:,} bytes")
