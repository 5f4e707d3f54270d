"""The Link over HTTP: what voice workers ask and tell."""

from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.calls.recordings import Recordings
from hub.calls.worker_link import WorkerLink
from hub.core.errors import InvalidArguments
from hub.core.wire import AnswerHeard, EventsUp, JobStarted, WorkerHello
from hub.http.errors import error_body
from hub.web.api import Answer, query, told

PIECE_BYTES_MOST = 1_000_000
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class WorkerApi:
    """Routes under /api/worker; they want the worker token."""

    link: WorkerLink
    recordings: Recordings

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        return [
            Route("/api/worker/hello", _for_worker(self._hello), methods=["POST"]),
            Route("/api/worker/jobs", _for_worker(self._job), methods=["POST"]),
            Route("/api/worker/calls/{call_id}/events", _for_worker(self._events), methods=["POST"]),
            Route("/api/worker/calls/{call_id}/answer", _for_worker(self._answer), methods=["POST"]),
            Route(
                "/api/worker/calls/{call_id}/recording/{part:int}",
                _for_worker(self._recording),
                methods=["POST"],
            ),
            Route("/api/worker/calls/{call_id}/commands", _for_worker(self._commands), methods=["GET"]),
        ]

    async def _hello(self, request: Request) -> Response:
        self.link.hello(await _message(request, WorkerHello))
        return JSONResponse({})

    async def _job(self, request: Request) -> Response:
        return _said(await self.link.job(await _message(request, JobStarted)))

    async def _events(self, request: Request) -> Response:
        up = await _message(request, EventsUp)
        return _said(await self.link.events(request.path_params["call_id"], up))

    async def _answer(self, request: Request) -> Response:
        heard = await _message(request, AnswerHeard)
        return _said(self.link.answer(request.path_params["call_id"], heard))

    async def _recording(self, request: Request) -> Response:
        asked = query(request, {"at": int, "last": int})
        at, last = asked.get("at", 0), asked.get("last", 0)
        if not isinstance(at, int) or not isinstance(last, int):
            raise InvalidArguments("at and last are numbers.", next_step="Correct the query.")
        piece, path = await _piece(request), request.path_params
        return _said(await self.recordings.store(path["call_id"], path["part"], at, piece, last=bool(last)))

    async def _commands(self, request: Request) -> Response:
        asked = query(request, {"after": int, "wait": float})
        after, wait = asked.get("after", 0), asked.get("wait", 0.0)
        if not isinstance(after, int) or not isinstance(wait, float):
            raise InvalidArguments("after and wait are numbers.", next_step="Correct the query.")
        return _said(await self.link.commands(request.path_params["call_id"], after, wait))


async def _piece(request: Request) -> bytes:
    """A body that is no larger than a worker makes it."""
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > PIECE_BYTES_MOST:
            raise InvalidArguments("The piece is too large.", next_step="Update the worker.")
    return bytes(read)


def _said(message: BaseModel) -> Response:
    return Response(message.model_dump_json(), media_type="application/json")


async def _message(request: Request, model: type[M]) -> M:
    try:
        return model.model_validate_json(await request.body())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidArguments(
            f"{model.__name__} {where}: {first['msg']}.", next_step="Update the worker."
        ) from error


def _for_worker(answer: Answer) -> Answer:
    async def guarded(request: Request) -> Response:
        if getattr(request.state, "principal", None) not in {"worker", "operator"}:
            return JSONResponse(error_body("forbidden", "Only a voice worker may ask this."), status_code=403)
        return await told(answer, request)

    return guarded
