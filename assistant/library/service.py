"""The owner's side of the socket: offers the façade to other processes of the same user.

HTTP over a Unix socket. `GET /` says who answers, and `POST /METHOD` calls a method of the façade; the
response has one line of JSON for each value (`assistant.library.wire`). `DELETE /NAME` cancels the call of
that name, which then ends with what it has so far. Each call runs on a thread of its own. When a client
disconnects, its call stops.

The socket is bound before the seal (`policies.endpoint`). Afterwards the process can accept connections from
it, and make no others. Connections of other users are refused.
"""

import asyncio
import logging
import os
import signal
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from assistant.library import wire
from assistant.library.facade import Assistant
from policies import endpoint
from policies.errors import CarrelError

if TYPE_CHECKING:
    import socket

    import uvicorn
    from starlette.requests import Request
    from starlette.responses import Response

log = logging.getLogger(__name__)

MAX_ARGUMENT_BYTES = 1 << 20
"""The longest arguments of a call that are accepted, in bytes of JSON."""

SHUTDOWN_S = 3
"""Seconds that running calls get to end when the owner stops."""


def serve(assistant: Assistant, listener: "socket.socket", *, ready: Callable[[], None]) -> None:
    """Answers clients until the process gets SIGINT or SIGTERM.

    listener: a listening Unix socket.
    ready: called just before the first client is accepted.
    """
    with keeping_handlers(signal.SIGINT, signal.SIGTERM):
        make_server(assistant, ready=ready).run(sockets=[listener])


def make_server(assistant: Assistant, *, ready: Callable[[], None]) -> "uvicorn.Server":
    """A server that answers clients until its `should_exit` is set. `ready` is as in `serve`."""
    # 0.2 s to import.
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class SameUserProtocol(H11Protocol):
        """Disconnects clients of other users, and notes when a client was last active."""

        active_at = 0.0
        """When it connected, or when a call last began or ended, by `time.monotonic`."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            self.active_at = time.monotonic()
            if endpoint.is_own(transport.get_extra_info("socket")):
                super().connection_made(transport)
            else:
                transport.abort()

        def data_received(self, data: bytes) -> None:
            self.active_at = time.monotonic()
            super().data_received(data)

        def on_response_complete(self) -> None:
            self.active_at = time.monotonic()
            super().on_response_complete()

    async def hello(_: "Request") -> "Response":
        return JSONResponse({"carrel": wire.VERSION, "pid": os.getpid()})

    cancellations: dict[str, threading.Event] = {}

    async def call(request: "Request") -> "Response":
        return await _answer(assistant, request, cancellations)

    async def cancel(request: "Request") -> "Response":
        cancelled = cancellations.get(request.path_params["name"])
        if cancelled is not None:
            cancelled.set()
        return Response(status_code=204)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ready()
        yield

    routes = [
        Route("/", hello),
        Route("/{method}", call, methods=["POST"]),
        Route("/{name}", cancel, methods=["DELETE"]),
    ]
    application = Starlette(routes=routes, lifespan=lifespan)
    settings = uvicorn.Config(
        application,
        http=SameUserProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        # A sealed client cannot connect again, so its connections stay open as long as it runs.
        timeout_keep_alive=10**9,
    )
    return uvicorn.Server(settings)


def clients_served(server: "uvicorn.Server", patience_s: float) -> int:
    """The number of clients that wait for an answer, or were active in the last `patience_s` seconds.

    server: made by `make_server`. May be called on any thread.
    """
    since = time.monotonic() - patience_s
    connections: list[Any] = list(server.server_state.connections.copy())
    return sum(
        (each.cycle is not None and not each.cycle.response_complete) or each.active_at > since
        for each in connections
    )


@contextmanager
def keeping_handlers(*signals: signal.Signals) -> Iterator[None]:
    """Ignores the signals after the server has handled them: it raises them again once it has stopped."""
    handlers = {number: signal.signal(number, lambda *_: None) for number in signals}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


async def _answer(
    assistant: Assistant, request: "Request", cancellations: dict[str, threading.Event]
) -> "Response":
    """The response to a call.

    cancellations: set to cancel a running call, by the call's name. Holds this call's while it runs.
    """
    from starlette.responses import Response, StreamingResponse

    method = request.path_params["method"]
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MAX_ARGUMENT_BYTES:
            return Response(status_code=413)
    if method not in wire.METHODS:
        return Response(status_code=404)
    disconnected = threading.Event()
    cancelled = threading.Event()
    if name := request.headers.get(wire.NAME_HEADER):
        cancellations[name] = cancelled

    async def lines() -> AsyncIterator[bytes]:
        try:
            async for line in from_thread(
                _lines(assistant, method, body, disconnected, cancelled), disconnected
            ):
                yield line
        finally:
            # Another call may have had the same name.
            if name and cancellations.get(name) is cancelled:
                del cancellations[name]

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _lines(
    assistant: Assistant,
    method: str,
    body: bytes,
    disconnected: threading.Event,
    cancelled: threading.Event,
) -> Iterator[bytes]:
    """The results of a call, line by line. An error is the last line."""
    try:
        arguments: dict[str, Any] = wire.decode_arguments(method, body)
        if wire.is_cancellable(method):
            arguments["cancelled"] = lambda: disconnected.is_set() or cancelled.is_set()
        result = getattr(assistant, method)(**arguments)
        for value in result if wire.is_stream(method) else [result]:
            yield wire.encode_value(method, value)
    except Exception as error:
        if not isinstance(error, CarrelError):
            log.error("%s failed: %s at %s", method, type(error).__name__, _place(error))
        yield wire.encode_error(error)


def _place(error: Exception) -> str:
    """Where an error happened, innermost first. Its message is left out, because it may quote a document."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return ", ".join(f"{os.path.basename(each.filename)}:{each.lineno}" for each in reversed(frames))


async def from_thread(lines: Iterator[bytes], disconnected: threading.Event) -> AsyncIterator[bytes]:
    """Yields `lines`, a generator's, which a thread of their own produces until the client disconnects."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def produce() -> None:
        try:
            for line in lines:
                if disconnected.is_set():
                    break
                loop.call_soon_threadsafe(queue.put_nowait, line)
            lines.close()  # type: ignore[attr-defined]
            loop.call_soon_threadsafe(queue.put_nowait, None)
        except RuntimeError:
            return  # The server has stopped, and its event loop with it.

    threading.Thread(target=produce, name="call", daemon=True).start()
    try:
        while (line := await queue.get()) is not None:
            yield line
    finally:
        disconnected.set()
