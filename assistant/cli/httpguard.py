"""Which requests over HTTP are answered, and how errors are reported.

A web page that the user visits can make requests to a port of this computer too. So every request is refused,
before its body is read, unless it names this computer as its host, comes from no web page or from one of an
origin that the policies name, and carries the token. Nothing is answered with permission to read for other
pages, there are no cookies, and a body must be declared as JSON, which no form can do.

Errors have OpenAI's form.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response

from assistant.cli.exits import UsageError
from assistant.errors import OutOfBounds, OwnerGone, QuestionTooLong
from ingest.errors import BadCollection, IngestError, NotInLibrary
from policies.endpoint import LOOPBACK
from policies.errors import CarrelError
from policies.hygiene import visible
from policies.tokens import is_token

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from assistant.policyfile import Serving

MAX_BODY_BYTES = 1 << 20
"""The longest body that is read."""

_HEADERS = [
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]
"""Sent with every response, for web pages that should not have got one."""


class HttpRefused(CarrelError):
    """A request that is answered with an error of the protocol."""

    def __init__(self, message: str, *, status: int, code: str = "", remedy: str = "") -> None:
        """status: that of HTTP. code: OpenAI's name of the error; empty for none."""
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code


_STATUS: tuple[tuple[type[CarrelError], int], ...] = (
    (OwnerGone, 503),
    (UsageError, 400),
    (BadCollection, 400),
    (QuestionTooLong, 400),
    (OutOfBounds, 400),
    (NotInLibrary, 400),
    (IngestError, 404),
)


class RequestGuard:
    """Lets a request through to the application if it may be answered at all."""

    def __init__(self, application: ASGIApp, serving: Serving, token: str) -> None:
        self._application = application
        self._token = token
        self._hosts = {f"{host}:{serving.port}".encode() for host in (LOOPBACK, "localhost")}
        self._origins = {origin.encode() for origin in serving.origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request, as ASGI wants it."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        given: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            given.setdefault(name, []).append(value)
        origin = given.get(b"origin", [])
        added = list(_HEADERS)
        if origin and origin[0] in self._origins and len(origin) == 1:
            added += [(b"access-control-allow-origin", origin[0]), (b"vary", b"Origin")]

        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *added]
            await send(message)

        refused = self._refusal(scope, given)
        if refused is not None:
            await error_response(refused)(scope, receive, sending)
        elif scope["method"] == "OPTIONS":
            await _preflight()(scope, receive, sending)
        else:
            await self._application(scope, receive, sending)

    def _refusal(self, scope: Scope, given: dict[bytes, list[bytes]]) -> HttpRefused | None:
        """Why a request is refused; None if it may be answered."""
        hosts = [host.lower() for host in given.get(b"host", [])]
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return HttpRefused("The Host header names another host.", status=421, code="wrong_host")
        origins = given.get(b"origin", [])
        allowed = len(origins) == 1 and origins[0] in self._origins
        if origins and not allowed:
            return HttpRefused(
                "Web pages from this origin may not call Carrel.",
                status=403,
                code="wrong_origin",
                remedy="Add the origin to `origins` in the section [serve] of policies.toml.",
            )
        if not allowed and any(each != b"none" for each in given.get(b"sec-fetch-site", [])):
            return HttpRefused("Web pages may not call Carrel.", status=403, code="wrong_origin")
        if scope["method"] == "OPTIONS":
            if allowed:
                return None
            return HttpRefused("OPTIONS is only answered for CORS preflights.", status=405)
        words = given.get(b"authorization", [b""])[0].decode("latin-1").split(" ")
        fits = len(words) == 2 and words[0].lower() == "bearer" and is_token(words[1], self._token)
        if not fits or len(given[b"authorization"]) != 1:
            return HttpRefused("The token is missing or wrong.", status=401, code="invalid_api_key")
        if scope["method"] == "POST":
            kind = b"".join(given.get(b"content-type", [])).split(b";")[0].strip().lower()
            if kind != b"application/json":
                return HttpRefused("The Content-Type of the request must be application/json.", status=415)
            lengths = given.get(b"content-length", [b"0"])
            if not lengths[0].isdigit() or int(lengths[0][:20]) > MAX_BODY_BYTES:
                return HttpRefused(f"The request body is longer than {MAX_BODY_BYTES:,} bytes.", status=413)
        return None


def error_response(error: CarrelError) -> JSONResponse:
    """An error in OpenAI's form."""
    known = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    status = error.status if isinstance(error, HttpRefused) else known
    code = error.code if isinstance(error, HttpRefused) else ""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    message = visible(" ".join(filter(None, (error.message, error.remedy))) if code else error.message)
    content = {"error": {"message": message, "type": kind, "param": None, "code": code or None}}
    # The rest of a body that is not read would be taken for the next request.
    headers = {"connection": "close"} if status in (401, 403, 413, 415, 421) else {}
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse(content, status_code=status, headers=headers)


def _preflight() -> Response:
    """What the browser asks before a page of a named origin may call."""
    return Response(
        status_code=204,
        headers={
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
            "access-control-allow-private-network": "true",
            "access-control-max-age": "600",
        },
    )
