"""JSON for `hub rehearse`: begin a rehearsal, and wait for what came of it."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.calls.arguments import WAIT_SECONDS_MOST
from hub.calls.rehearsals import Rehearsals
from hub.core.errors import InvalidArguments
from hub.web.api import body, for_operator


class RehearsalsApi:
    """The routes under /api that speak of rehearsals."""

    def __init__(self, rehearsals: Rehearsals) -> None:
        self._rehearsals = rehearsals

    def routes(self) -> list[BaseRoute]:
        """Both of them."""
        return [
            Route("/api/rehearsals", for_operator(self._begin), methods=["POST"]),
            Route("/api/rehearsals/{call_id}", for_operator(self._get), methods=["GET"]),
        ]

    async def _begin(self, request: Request) -> Response:
        return JSONResponse(await self._rehearsals.begin(await body(request)), status_code=201)

    async def _get(self, request: Request) -> Response:
        """Nobody is there to answer the agent's own questions: it goes on without."""
        seconds = _seconds(request.query_params.get("wait_seconds", "0"))
        seen = await self._rehearsals.get(request.path_params["call_id"], seconds, unattended=True)
        return JSONResponse(seen)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= WAIT_SECONDS_MOST:
        raise InvalidArguments(f"wait_seconds is a number from 0 to {WAIT_SECONDS_MOST}.")
    return seconds
