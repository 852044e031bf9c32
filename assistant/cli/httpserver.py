"""HTTP on a port of this computer, for programs that the user gave the token.

Which requests are answered at all is decided by `assistant.cli.httpguard`, before a body is read. The calls
are in `assistant.cli.agenttools` and `assistant.cli.openaicalls`; here they are run, a few at a time, on
threads.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from assistant.cli.agentcalls import misfit, program_name, recorded
from assistant.cli.agenttools import TOOLS
from assistant.cli.exits import UsageError
from assistant.cli.httpguard import MAX_BODY_BYTES, HttpRefused, RequestGuard, error_response
from assistant.cli.openaicalls import Chat, embeddings, models
from assistant.cli.session import GUEST_CALLS
from assistant.errors import AssistantError, OwnerGone
from assistant.library.agents import AgentView
from assistant.library.service import from_thread, keeping_handlers
from policies.errors import CarrelError
from policies.hygiene import one_line
from policies.received import parse_json

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator, Callable

    from starlette.requests import Request

    from assistant.cli.agenttools import Outgoing
    from assistant.library.facade import Assistant
    from assistant.policyfile import Serving

log = logging.getLogger(__name__)

MOST_WAITING = 16
"""Calls that run or wait at the same time; further ones are refused."""

MOST_CONNECTIONS = 64
"""Connections at the same time; the server refuses further ones by itself."""

IDLE_S = 30
"""Seconds for which a connection without a request stays open."""


def serve_http(
    library: Assistant, serving: Serving, token: str, listener: socket.socket, ready: Callable[[], None]
) -> bool:
    """Serves until SIGINT or SIGTERM, or until the library's owner has ended. Returns whether that was why.

    ready: called just before the first request is accepted.
    """
    calls = _HttpCalls(library, serving)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        ready()
        yield

    application = Starlette(
        routes=[
            Route("/v1/models", calls.list_models, methods=["GET"]),
            Route("/v1/models/{name:path}", calls.show_model, methods=["GET"]),
            Route("/v1/chat/completions", calls.chat, methods=["POST"]),
            Route("/v1/embeddings", calls.embed, methods=["POST"]),
            Route("/carrel/{tool}", calls.tool, methods=["POST"]),
        ],
        exception_handlers={
            HTTPException: _no_such_call,
            CarrelError: calls.describe,
            Exception: _unexpected,
        },
        lifespan=lifespan,
    )
    settings = uvicorn.Config(
        RequestGuard(application, serving, token),
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=3,
    )
    server = uvicorn.Server(settings)
    calls.stop = lambda: setattr(server, "should_exit", True)
    import signal

    with keeping_handlers(signal.SIGINT, signal.SIGTERM):
        server.run(sockets=[listener])
    return calls.owner_left


class _HttpCalls:
    """Runs the calls of all programs, a few at a time."""

    def __init__(self, library: Assistant, serving: Serving) -> None:
        self._library = library
        self._collections = serving.collections
        self._limiter: anyio.CapacityLimiter | None = None
        self._running = 0
        self.owner_left = False
        """Whether the owner has ended. A sealed process cannot connect to another one."""
        self.stop: Callable[[], None] = lambda: None
        """Ends the server."""

    async def list_models(self, request: Request) -> Response:
        """GET /v1/models"""
        return JSONResponse(await self._run(request, "models", lambda view, stopped: models(view)))

    async def show_model(self, request: Request) -> Response:
        """GET /v1/models/NAME"""
        listed = await self._run(request, "models", lambda view, stopped: models(view))
        for model in listed["data"]:
            if model["id"] == request.path_params["name"]:
                return JSONResponse(model)
        raise HttpRefused(
            f"There is no model {one_line(request.path_params['name'])[:80]}. `/v1/models` lists them.",
            status=404,
            code="model_not_found",
        )

    async def embed(self, request: Request) -> Response:
        """POST /v1/embeddings"""
        body = await _body(request)
        return JSONResponse(
            await self._run(request, "embeddings", lambda view, stopped: embeddings(view, body))
        )

    async def tool(self, request: Request) -> Response:
        """POST /carrel/TOOL"""
        name = request.path_params["tool"]
        tool = TOOLS.get(name)
        if tool is None:
            raise HttpRefused(f"There is no call {one_line(name)[:40]}.", status=404)
        body = await _body(request)
        if problem := misfit(tool.schema, body):
            raise UsageError(f"Invalid arguments for {name}: {problem}.")
        return JSONResponse(
            await self._run(request, name, lambda view, stopped: tool.run(view, body, stopped))
        )

    async def chat(self, request: Request) -> Response:
        """POST /v1/chat/completions"""
        chat = Chat.of(await _body(request), self._collections)
        if not chat.streams:
            return JSONResponse(
                await self._run(request, "chat", lambda view, stopped: chat.completion(view, stopped))
            )
        self._require_room()
        program = _program(request)
        gone = threading.Event()

        async def lines() -> AsyncIterator[bytes]:
            async with self._turn():
                parts = chat.stream(AgentView(self._library, self._collections), program, gone.is_set)
                async for line in from_thread(self._lines(parts), gone):
                    yield line

        return StreamingResponse(lines(), media_type="text/event-stream")

    def _lines(self, parts: Any) -> Any:
        """The parts of a streamed answer as server-sent events; an error is the last one."""
        try:
            for part in parts:
                yield f"data: {json.dumps(part)}\n\n".encode()
        except Exception as error:
            described = json.loads(bytes(self._described(error).body))
            yield f"data: {json.dumps(described)}\n\n".encode()
        else:
            yield b"data: [DONE]\n\n"

    async def _run(
        self, request: Request, name: str, work: Callable[[AgentView, Callable[[], bool]], Outgoing]
    ) -> dict[str, Any]:
        """What a call sends, once that is in the audit log. A program that hangs up stops its call."""
        self._require_room()
        stopped = threading.Event()
        program = _program(request)

        def run() -> dict[str, Any]:
            view = AgentView(self._library, self._collections)
            return recorded(view, program, name, partial(work, view, stopped.is_set))

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            stopped.set()

        result: dict[str, Any] | CarrelError
        async with self._turn(), anyio.create_task_group() as group:
            group.start_soon(watch)
            try:
                result = await anyio.to_thread.run_sync(run, abandon_on_cancel=True)
            except CarrelError as error:
                result = error  # Raised outside, because the group would wrap it.
            finally:
                stopped.set()
                group.cancel_scope.cancel()
        if isinstance(result, CarrelError):
            raise result
        return result

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """Waits until a call may run."""
        self._limiter = self._limiter or anyio.CapacityLimiter(GUEST_CALLS)
        self._running += 1
        try:
            async with self._limiter:
                yield
        finally:
            self._running -= 1

    def _require_room(self) -> None:
        """Raises `HttpRefused` when too many calls run or wait already."""
        if self._running >= MOST_WAITING:
            raise HttpRefused(
                f"Carrel has {MOST_WAITING} calls to answer already. Try again when one has ended.",
                status=429,
                code="rate_limit_exceeded",
            )

    async def describe(self, request: Request, error: Exception) -> Response:
        """The response to a call that failed."""
        return self._described(error)

    def _described(self, error: Exception) -> Response:
        if isinstance(error, OwnerGone):
            self.owner_left = True
            self.stop()
        if isinstance(error, CarrelError):
            return error_response(error)
        log.error("a call failed: %s", type(error).__name__)
        return error_response(_internal(error))


def _program(request: Request) -> str:
    """What a program calls itself, for the audit log."""
    return program_name(f"{request.headers.get('user-agent', '')[:30].partition('(')[0]} over HTTP")


async def _body(request: Request) -> dict[str, Any]:
    """The object in the body of a request. Raises `HttpRefused`."""
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > MAX_BODY_BYTES:
            raise HttpRefused(f"The request body is longer than {MAX_BODY_BYTES:,} bytes.", status=413)
    try:
        body = parse_json(data)
        data.decode("utf-8").encode("utf-8")
        json.dumps(body, ensure_ascii=False).encode("utf-8")  # Not with halves of surrogate pairs.
    except (ValueError, RecursionError):
        raise HttpRefused("The request body is not valid JSON.", status=400) from None
    if not isinstance(body, dict):
        raise HttpRefused("The request body is not a JSON object.", status=400)
    return body


async def _no_such_call(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    asked = one_line(f"{request.method} {request.url.path}")[:80]
    return error_response(HttpRefused(f"There is no call {asked}.", status=status))


async def _unexpected(request: Request, error: Exception) -> Response:
    return error_response(_internal(error))


def _internal(error: Exception) -> AssistantError:
    return AssistantError(f"The call failed because of an internal error ({type(error).__name__}).")
