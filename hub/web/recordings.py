"""A call's recording over HTTP: what there is, the sound itself with ranges, and its deletion."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.calls.recordings import Recordings
from hub.core.recording import MIME_TYPE
from hub.web.api import for_operator

HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; media-src 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class RecordingsApi:
    """The routes under /api/calls/<id>/recording; they want the operator."""

    recordings: Recordings

    def routes(self) -> list[BaseRoute]:
        """All of them."""
        path = "/api/calls/{call_id}/recording"
        return [
            Route(path, for_operator(self._get), methods=["GET"]),
            Route(path, for_operator(self._delete), methods=["DELETE"]),
            Route(path + "/{part:int}", for_operator(self._sound), methods=["GET"]),
        ]

    async def _get(self, request: Request) -> Response:
        return JSONResponse(await self.recordings.get(request.path_params))

    async def _delete(self, request: Request) -> Response:
        return JSONResponse(await self.recordings.delete(request.path_params["call_id"], "the operator"))

    async def _sound(self, request: Request) -> Response:
        call_id, part = request.path_params["call_id"], request.path_params["part"]
        path = await self.recordings.file(call_id, part)
        return FileResponse(
            path,
            media_type=MIME_TYPE,
            filename=f"call-{call_id}-{part}.ogg",
            content_disposition_type="attachment" if "save" in request.query_params else "inline",
            headers=HEADERS,
        )
