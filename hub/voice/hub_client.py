"""The worker's HTTP requests to the hub, and their failures in two kinds: not reached, and refused."""

from typing import Any, Final, TypeVar

import httpx2
from pydantic import BaseModel, ValidationError

from hub.core.errors import HubError
from hub.core.wire import (
    Acknowledged,
    AnswerHeard,
    AnswerJudged,
    Brief,
    CommandsDown,
    EventsUp,
    JobStarted,
    RecordingStored,
    WorkerHello,
)

REQUEST_SECONDS: Final = 5.0
ERROR: Final = 400
SERVER_ERROR: Final = 500
Answer = TypeVar("Answer", bound=BaseModel)


class HubUnreachable(HubError):
    """The hub does not answer, or not sensibly; it may again."""

    code = "hub_unreachable"
    retryable = True


class HubRefused(HubError):
    """The hub answered no: the token, or the VoiceCall, is not known to it."""

    code = "hub_refused"

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class HubClient:
    """One pooled connection to the hub."""

    def __init__(self, http: httpx2.AsyncClient, url: str, token: str) -> None:
        self.url = url
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}

    async def hello(self, hello: WorkerHello) -> None:
        await self._request("POST", "/api/worker/hello", hello)

    async def job(self, started: JobStarted) -> Brief:
        return _understood(Brief, await self._request("POST", "/api/worker/jobs", started))

    async def events(self, call_id: str, events: EventsUp) -> Acknowledged:
        answer = await self._request("POST", f"/api/worker/calls/{call_id}/events", events)
        return _understood(Acknowledged, answer)

    async def answer(self, call_id: str, heard: AnswerHeard) -> AnswerJudged:
        answer = await self._request("POST", f"/api/worker/calls/{call_id}/answer", heard)
        return _understood(AnswerJudged, answer)

    async def commands(self, call_id: str, after: int, wait: float) -> CommandsDown:
        """Wait at the hub for commands after the given number."""
        path = f"/api/worker/calls/{call_id}/commands?after={after}&wait={wait:g}"
        return _understood(CommandsDown, await self._request("GET", path, seconds=wait + REQUEST_SECONDS))

    async def recording(
        self, call_id: str, part: int, at: int, data: bytes, *, last: bool
    ) -> RecordingStored:
        """Bring a piece of a recording."""
        path = f"/api/worker/calls/{call_id}/recording/{part}?at={at}&last={int(last)}"
        return _understood(RecordingStored, await self._request("POST", path, data))

    async def _request(
        self,
        method: str,
        path: str,
        body: BaseModel | bytes | None = None,
        *,
        seconds: float = REQUEST_SECONDS,
    ) -> httpx2.Response:
        kind = {} if body is None else {"Content-Type": _kind(body)}
        try:
            response = await self._http.request(
                method,
                self.url + path,
                content=body.model_dump_json() if isinstance(body, BaseModel) else body,
                headers=self._headers | kind,
                timeout=seconds,
            )
        except httpx2.HTTPError as error:
            raise HubUnreachable(
                f"The hub at {self.url} cannot be reached ({type(error).__name__})."
            ) from error
        if response.status_code >= SERVER_ERROR:
            raise HubUnreachable(f"The hub at {self.url} answered {response.status_code}.")
        if response.status_code >= ERROR:
            raise HubRefused(response.status_code, _reason(response))
        return response


def _kind(body: BaseModel | bytes) -> str:
    return "application/json" if isinstance(body, BaseModel) else "application/octet-stream"


def _understood(model: type[Answer], response: httpx2.Response) -> Answer:
    try:
        return model.model_validate_json(response.content)
    except ValidationError as error:
        raise HubUnreachable(f"The hub sent something else than a {model.__name__}.") from error


def _reason(response: httpx2.Response) -> str:
    try:
        body: Any = response.json()
        return str(body["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"The hub answered {response.status_code}."
