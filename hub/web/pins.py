"""What waits for approval, with its difference, and the approval of just what was looked at."""

from dataclasses import asdict
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.core.differences import visible
from hub.core.errors import InvalidArguments
from hub.pool.pins import Waiting
from hub.pool.pool import Pool
from hub.web.api import body, for_operator


class PinsApi:
    """The routes under /api that speak of pins."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def routes(self) -> list[BaseRoute]:
        """Both of them."""
        return [
            Route("/api/pins", for_operator(self._pins), methods=["GET"]),
            Route("/api/servers/{name}/approve", for_operator(self._approve), methods=["POST"]),
        ]

    async def _pins(self, request: Request) -> Response:
        asked = request.query_params.get("server")
        servers = self._pool.servers() if asked is None else [self._pool.server(asked)]
        found = [(server.name, self._pool.pins.waiting(server.name)) for server in servers]
        waiting = [(name, changes) for name, changes in found if changes or asked is not None]
        # A difference may be long, and the hub has other things to do meanwhile.
        return JSONResponse({"servers": await to_thread.run_sync(_told, waiting)})

    async def _approve(self, request: Request) -> Response:
        name, given = request.path_params["name"], await body(request)
        names, seen = _texts(given, "names"), _texts(given, "seen")
        done = self._pool.approve(name, names, seen)
        left = self._pool.pins.count(name)
        return JSONResponse({"server": name, "approved": [_headline(each) for each in done], "waiting": left})


def _told(waiting: list[tuple[str, list[Waiting]]]) -> list[dict[str, Any]]:
    return [
        {"server": name, "waiting": [_headline(each) | _difference(each) for each in changes]}
        for name, changes in waiting
    ]


def _headline(waiting: Waiting) -> dict[str, Any]:
    change = waiting.change
    return {
        "id": change.id,
        "part": change.part.value,
        "name": change.name,
        "label": visible(change.name),
        "new": change.new,
        "since": waiting.since,
        "at": list(waiting.roles),
    }


def _difference(waiting: Waiting) -> dict[str, Any]:
    return {"fields": [asdict(field) for field in waiting.change.difference()]}


def _texts(given: dict[str, Any], key: str) -> list[str] | None:
    """Read a list of texts that may be left out.

    Raises:
        InvalidArguments: It is something else.
    """
    value = given.get(key)
    if value is None or (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        return value
    raise InvalidArguments(f"{key} is not a list of texts.", next_step=f"Leave {key} out for all.")
