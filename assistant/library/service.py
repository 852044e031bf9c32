"""The owner's side of the socket: the façade for other processes of the same person.

HTTP over a Unix socket: `GET /` says who answers, `POST /METHOD` calls the façade, and what comes
back is a line of JSON for each value (`assistant.library.wire`). `DELETE /NAME` has the call of that name
come to
its end, with what it has by then. Every call has a thread of its own; when the client goes away, what it
asked for stops.

The socket is bound before the seal (`policies.endpoint`); afterwards the process may accept from it
and make no other. Who connects must be the same user.
"""

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from assistant.library import wire
from assistant.library.facade import Assistant
from policies import endpoint

if TYPE_CHECKING:
    import socket

    from starlette.requests import Request
    from starlette.responses import Response

LONGEST_CALL = 1 << 20
"""Bytes of a call's arguments."""

FAREWELL_S = 3
"""Seconds that calls under way are given to end when the owner stops."""


def serve(assistant: Assistant, listener: "socket.socket", *, ready: Callable[[], None]) -> None:
    """Answers clients until the process is asked to end (SIGINT, SIGTERM).

    ready: called when clients are about to be accepted.
    """
    # 0.2 s to import.
    import uvicorn
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class OwnPeople(H11Protocol):
        """Hangs up on other users."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            if endpoint.is_own(transport.get_extra_info("socket")):
                super().connection_made(transport)
            else:
                transport.abort()

    async def hello(_: "Request") -> "Response":
        return JSONResponse({"carrel": wire.VERSION, "pid": os.getpid()})

    stops: dict[str, threading.Event] = {}

    async def call(request: "Request") -> "Response":
        return await _called(assistant, request, stops)

    async def stop(request: "Request") -> "Response":
        stopped = stops.get(request.path_params["name"])
        if stopped is not None:
            stopped.set()
        return Response(status_code=204)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ready()
        yield

    routes = [
        Route("/", hello),
        Route("/{method}", call, methods=["POST"]),
        Route("/{name}", stop, methods=["DELETE"]),
    ]
    application = Starlette(routes=routes, lifespan=lifespan)
    settings = uvicorn.Config(
        application,
        http=OwnPeople,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=FAREWELL_S,
        # A sealed client cannot connect again: its connections stay while it does.
        timeout_keep_alive=10**9,
    )
    with _stopped_by(signal.SIGINT, signal.SIGTERM):
        uvicorn.Server(settings).run(sockets=[listener])


@contextmanager
def _stopped_by(*signals: signal.Signals) -> Iterator[None]:
    """Lets the server end by a signal and the process go on: the server raises it again when it has ended."""
    before = {each: signal.signal(each, lambda *_: None) for each in signals}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


async def _called(assistant: Assistant, request: "Request", stops: dict[str, threading.Event]) -> "Response":
    """stops: of the calls under way, by name; this one's while it is."""
    from starlette.responses import Response, StreamingResponse

    method = request.path_params["method"]
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_CALL:
            return Response(status_code=413)
    if method not in wire.METHODS:
        return Response(status_code=404)
    left = threading.Event()
    stopped = threading.Event()
    if name := request.headers.get(wire.NAME_HEADER):
        stops[name] = stopped

    async def lines() -> AsyncIterator[bytes]:
        try:
            async for line in _from_thread(_lines(assistant, method, body, left, stopped), left):
                yield line
        finally:
            if name:
                del stops[name]

    return StreamingResponse(lines(), media_type="application/x-ndjson")


def _lines(
    assistant: Assistant, method: str, body: bytes, left: threading.Event, stopped: threading.Event
) -> Iterator[bytes]:
    """What a call gives, line by line; an error is the last line."""
    try:
        arguments: dict[str, Any] = wire.arguments(method, body)
        if wire.stoppable(method):
            arguments["cancelled"] = lambda: left.is_set() or stopped.is_set()
        result = getattr(assistant, method)(**arguments)
        for value in result if wire.streams(method) else [result]:
            yield wire.packed_value(method, value)
    except Exception as error:
        yield wire.packed_error(error)


async def _from_thread(lines: Iterator[bytes], left: threading.Event) -> AsyncIterator[bytes]:
    """Lines made on a thread of their own; it stops at the next one when nobody reads on."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def produce() -> None:
        try:
            for line in lines:
                if left.is_set():
                    break
                loop.call_soon_threadsafe(queue.put_nowait, line)
            lines.close()  # type: ignore[attr-defined]
            loop.call_soon_threadsafe(queue.put_nowait, None)
        except RuntimeError:
            return  # The owner has stopped, and its loop with it.

    threading.Thread(target=produce, name="call", daemon=True).start()
    try:
        while (line := await queue.get()) is not None:
            yield line
    finally:
        left.set()
