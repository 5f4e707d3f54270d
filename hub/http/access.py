"""Who may ask what: Host, Origin and bearer on every path, the dashboard's cookie, the paths that are open.

The checks stand before everything else, as plain ASGI, so that no route can forget them.
Host and Origin: MCP 2025-11-25, basic/transports, "Security Warning" (DNS rebinding).
"""

import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.http.errors import error_body

COOKIE = "hub"
CODE_SECONDS = 600.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
OPEN_PATHS = re.compile(
    r"/healthz|/readyz|/join/[^/]+|/assets/.+|/api/join|/api/join/info|/api/join/action|/lk(/.*)?|/livekit/webhook|/login"
)
"""They guard themselves: a key in the body, LiveKit's token, a signature, a one-time code, no data."""
PAGES = re.compile(r"/|/calls/[^/]+|/servers/[^/]+")
WORKER_PATHS = re.compile(r"/api/worker/.+")
CALL_PATH = re.compile(r"/mcp/calls/([^/]+)/?")


@dataclass(slots=True)
class Doorkeeper:
    """Knows the tokens. `call_token` says whether a token is that of a call's tools."""

    token: str
    worker_token: str
    hosts: frozenset[str]
    call_token: Callable[[str, str], bool]
    _codes: dict[str, float] = field(default_factory=dict)

    def new_code(self) -> str:
        """A code for one visit to /login."""
        now = time.monotonic()
        self._codes = {code: until for code, until in self._codes.items() if until > now}
        code = secrets.token_urlsafe(18)
        self._codes[code] = now + CODE_SECONDS
        return code

    def redeem(self, code: str) -> bool:
        """Whether a code is good; it is used up by this."""
        until = self._codes.pop(code, None)
        return until is not None and until > time.monotonic()

    def cookie(self) -> str:
        """What the dashboard's cookie holds: not the token itself, so that a leak opens no `/mcp`."""
        return hmac.new(self.token.encode(), b"dashboard", "sha256").hexdigest()

    def principal(self, path: str, bearer: str | None, cookie: str | None) -> str | None:
        """`operator`, `worker`, `call:<id>`, or None for nobody we know."""
        if bearer is not None:
            if _same(bearer, self.token):
                return "operator"
            if WORKER_PATHS.fullmatch(path) and _same(bearer, self.worker_token):
                return "worker"
            call = CALL_PATH.fullmatch(path)
            if call is not None and self.call_token(call[1], bearer):
                return f"call:{call[1]}"
            return None
        if cookie is not None and not path.startswith("/mcp") and _same(cookie, self.cookie()):
            return "operator"
        return None


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


class Access:
    """ASGI middleware; puts the principal into `scope["state"]`."""

    def __init__(self, app: ASGIApp, door: Doorkeeper) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        path: str = scope["path"]
        host, origin = headers.get("host", ""), headers.get("origin")
        if _name(host) not in self._door.hosts:
            return _refused(421, "wrong_host", "This hub is not known by that name.", "Use 127.0.0.1.")
        if origin is not None and _name(urlsplit(origin).netloc) not in self._door.hosts:
            return _refused(403, "forbidden", "This origin may not talk to the hub.", "Open the hub itself.")
        if OPEN_PATHS.fullmatch(path):
            return None
        bearer, cookie = _bearer(headers), _cookie(headers)
        principal = self._door.principal(path, bearer, cookie)
        if principal is None:
            return _unknown(path, bearer, cookie)
        if bearer is None and origin is not None and urlsplit(origin).netloc != host:
            # A cookie is sent along by pages on other ports of this machine; a bearer token is not.
            return _refused(403, "forbidden", "This origin may not talk to the hub.", "Open the hub itself.")
        scope.setdefault("state", {})["principal"] = principal
        return None


def _name(netloc: str) -> str:
    """The host name of `name:port`, in lower case; IPv6 without its brackets."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def _bearer(headers: dict[str, str]) -> str | None:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _cookie(headers: dict[str, str]) -> str | None:
    if "cookie" not in headers:
        return None
    try:
        found = SimpleCookie(headers["cookie"]).get(COOKIE)
    except CookieError:
        return None
    return found.value if found is not None else None


def _unknown(path: str, bearer: str | None, cookie: str | None) -> Response:
    if PAGES.fullmatch(path) and bearer is None:
        return RedirectResponse("/login", status_code=303)
    said = "token" if bearer is not None else "cookie" if cookie is not None else ""
    message = f"This {said} is not valid here." if said else "A bearer token is needed."
    refusal = _refused(401, "unauthorized", message, "The token stands in HUB_HOME/token.")
    error = ', error="invalid_token"' if bearer is not None else ""
    refusal.headers["WWW-Authenticate"] = f'Bearer realm="voice-hub"{error}'
    return refusal


def _refused(status: int, code: str, message: str, next_step: str) -> Response:
    return JSONResponse(error_body(code, message, next_step=next_step), status_code=status)
