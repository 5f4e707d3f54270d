"""JSON for dashboard and command line. Every route wants the operator; access.py has seen to who asks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.calls.voice_calls import VoiceCalls
from hub.core.errors import HubError, InvalidArguments, ServerUnavailable
from hub.http.access import Doorkeeper
from hub.http.errors import error_body, error_response
from hub.http.status import HubStatus

Answer = Callable[[Request], Awaitable[Response]]


class Operations(Protocol):
    """What an operator can see of the servers and do to the hub."""

    def server(self, name: str) -> dict[str, Any]:
        """One server with its spec, tools and last words.

        Raises:
            NotFound: There is no such server.
        """

    def restart_server(self, name: str) -> None: ...

    def tools(self, pattern: str) -> list[dict[str, Any]]: ...

    def why(self, tool: str) -> list[dict[str, Any]]: ...

    def plan(self) -> dict[str, Any]: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """The routes under /api that speak of servers, tools and calls."""

    status: HubStatus
    operations: Operations
    calls: VoiceCalls | None
    door: Doorkeeper

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        table: list[tuple[str, str, Answer]] = [
            ("GET", "/api/status", self._status),
            ("GET", "/api/servers", self._servers),
            ("GET", "/api/servers/{name}", self._server),
            ("POST", "/api/servers/{name}/restart", self._restart),
            ("GET", "/api/tools", self._tools),
            ("GET", "/api/why", self._why),
            ("GET", "/api/plan", self._plan),
            ("POST", "/api/login-link", self._login_link),
            ("POST", "/api/stop", self._stop),
            ("GET", "/api/calls", self._list),
            ("POST", "/api/calls", self._start),
            ("GET", "/api/calls/{call_id}", self._get),
            ("GET", "/api/calls/{call_id}/transcript", self._transcript),
            ("GET", "/api/calls/{call_id}/results/{tool_call}", self._result),
            ("GET", "/api/calls/{call_id}/link", self._link),
            ("POST", "/api/calls/{call_id}/send", self._send),
            ("POST", "/api/calls/{call_id}/questions/{question_id}", self._answer),
            ("POST", "/api/calls/{call_id}/actions/{action_id}", self._decide),
            ("POST", "/api/calls/{call_id}/forms/{form_id}", self._fill),
            ("POST", "/api/calls/{call_id}/end", self._end),
        ]
        return [Route(path, for_operator(answer), methods=[method]) for method, path, answer in table]

    async def _status(self, _request: Request) -> Response:
        return JSONResponse(self.status.whole())

    async def _servers(self, _request: Request) -> Response:
        return JSONResponse({"servers": self.status.servers()})

    async def _server(self, request: Request) -> Response:
        return JSONResponse(self.operations.server(request.path_params["name"]))

    async def _restart(self, request: Request) -> Response:
        self.operations.restart_server(request.path_params["name"])
        return JSONResponse({"restarting": request.path_params["name"]}, status_code=202)

    async def _tools(self, request: Request) -> Response:
        return JSONResponse({"tools": self.operations.tools(request.query_params.get("pattern", "*"))})

    async def _why(self, request: Request) -> Response:
        return JSONResponse({"reasons": self.operations.why(request.query_params.get("tool", "*"))})

    async def _plan(self, _request: Request) -> Response:
        return JSONResponse(self.operations.plan())

    async def _login_link(self, _request: Request) -> Response:
        return JSONResponse({"url": f"{self.status.url}/login?code={self.door.new_code()}"})

    async def _stop(self, _request: Request) -> Response:
        self.operations.stop()
        return JSONResponse({"stopping": True}, status_code=202)

    async def _list(self, request: Request) -> Response:
        return JSONResponse(await self._voice().list(query(request, {"limit": int})))

    async def _start(self, request: Request) -> Response:
        return JSONResponse(await self._voice().start(await body(request)), status_code=201)

    async def _get(self, request: Request) -> Response:
        asked = query(request, {"wait_seconds": float, "after_event": int})
        if "include" in asked:
            asked["include"] = [part for part in asked["include"].split(",") if part]
        return JSONResponse(await self._voice().get(asked | request.path_params))

    async def _transcript(self, request: Request) -> Response:
        asked = query(request, {"after_turn": int, "limit": int})
        if "include_tools" in asked:
            asked["include_tools"] = asked["include_tools"].lower() in {"1", "true", "yes"}
        return JSONResponse(await self._voice().transcript(asked | request.path_params))

    async def _result(self, request: Request) -> Response:
        of = request.path_params
        return JSONResponse(await self._voice().whole_result(of["call_id"], of["tool_call"]))

    async def _link(self, request: Request) -> Response:
        return JSONResponse(await self._voice().link(request.path_params["call_id"]))

    async def _send(self, request: Request) -> Response:
        return JSONResponse(await self._voice().send(await body(request) | request.path_params))

    async def _answer(self, request: Request) -> Response:
        asked = await body(request) | request.path_params
        return JSONResponse(await self._voice().answer(asked, "the dashboard"))

    async def _decide(self, request: Request) -> Response:
        asked = await body(request) | request.path_params
        return JSONResponse(await self._voice().decide(asked, "the dashboard"))

    async def _fill(self, request: Request) -> Response:
        asked = await body(request) | request.path_params
        return JSONResponse(await self._voice().fill(asked, "the dashboard"))

    async def _end(self, request: Request) -> Response:
        return JSONResponse(await self._voice().end(await body(request) | request.path_params))

    def _voice(self) -> VoiceCalls:
        if self.calls is None:
            raise ServerUnavailable(
                "This hub runs without voice.", next_step="Start it without --no-voice to have calls."
            )
        return self.calls


def for_operator(answer: Answer) -> Answer:
    """Refuse everybody else, and tell a HubError in its own kind."""

    async def guarded(request: Request) -> Response:
        if getattr(request.state, "principal", None) != "operator":
            return JSONResponse(
                error_body("forbidden", "This token opens another door.", next_step="Use HUB_HOME/token."),
                status_code=403,
            )
        return await told(answer, request)

    return guarded


async def told(answer: Answer, request: Request) -> Response:
    """Answer, or tell the HubError."""
    try:
        return await answer(request)
    except HubError as error:
        return error_response(error)


async def body(request: Request) -> dict[str, Any]:
    """The JSON object of a request; an empty body is an empty object.

    Raises:
        InvalidArguments: The body is something else.
    """
    raw = await request.body()
    if not raw.strip():
        return {}
    try:
        value = await request.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidArguments("The body is not JSON.", next_step="Send a JSON object.") from error
    if not isinstance(value, dict):
        raise InvalidArguments("The body is not a JSON object.", next_step="Send a JSON object.")
    return value


def query(request: Request, kinds: Mapping[str, type]) -> dict[str, Any]:
    """The query's parameters, numbers as numbers; what is no number goes on as text and is refused there."""
    found: dict[str, Any] = {}
    for name, text in request.query_params.items():
        try:
            found[name] = kinds[name](text) if name in kinds else text
        except ValueError:
            found[name] = text
    return found
