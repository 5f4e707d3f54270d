"""Finds the running hub and asks it: HUB_PORT and HUB_TOKEN, else what stands in HUB_HOME."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx2

from hub.core.errors import HubError
from hub.settings import Settings, load_settings

REQUEST_SECONDS = 15.0
STATE_FILE = "hub.json"
TOKEN_FILE = "token"  # noqa: S105  # the file's name
UNAUTHORIZED = 401
ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # where one listens, and how it is then reached
Values = dict[str, Any]


class NoHub(HubError):
    """No hub answers where one should be."""

    code = "no_hub"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the hub is, and what opens it."""

    url: str
    token: str


def settings() -> Settings:
    """The settings as a hub started here would have them."""
    return load_settings(Path.cwd())


def running_hub(home: Path) -> Values | None:
    """What a hub wrote about itself into HUB_HOME; None when it did not or the file is damaged."""
    try:
        state = json.loads((home / STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and isinstance(state.get("url"), str) else None


def no_hub(where: str) -> NoHub:
    return NoHub(f"No hub is running ({where}).", next_step="Start one with ./scripts/run or hub serve.")


def find(given: Settings) -> Place:
    """Where the hub of these settings should be.

    Raises:
        NoHub: None has said that it runs, or its token cannot be read.
    """
    if "port" in given.model_fields_set:
        host = ANY_HOST.get(given.host, given.host)
        url = f"http://[{host}]:{given.port}" if ":" in host else f"http://{host}:{given.port}"
    else:
        state = running_hub(given.home)
        if state is None:
            raise no_hub(f"HUB_HOME is {given.home}")
        url = str(state["url"]).rstrip("/")
    if given.token is not None:
        return Place(url, given.token.get_secret_value())
    try:
        return Place(url, (given.home / TOKEN_FILE).read_text(encoding="utf-8").strip())
    except OSError as error:
        raise NoHub(
            f"The token of the hub at {url} cannot be read from {given.home / TOKEN_FILE}.",
            next_step="Set HUB_HOME to that hub's folder, or HUB_TOKEN to its token.",
        ) from error


class HubApi:
    """The JSON API of one running hub."""

    def __init__(self, place: Place, client: httpx2.AsyncClient) -> None:
        self.url = place.url
        self._client = client

    async def get(
        self, path: str, query: Mapping[str, str | float] | None = None, *, seconds: float = REQUEST_SECONDS
    ) -> Values:
        """Read something; `seconds` bounds the answer."""
        return await self._ask("GET", path, seconds, params=query)

    async def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, seconds: float = REQUEST_SECONDS
    ) -> Values:
        """Have something done; `seconds` bounds the answer."""
        return await self._ask("POST", path, seconds, body=dict(body or {}))

    async def delete(self, path: str) -> Values:
        """Delete something."""
        return await self._ask("DELETE", path, REQUEST_SECONDS)

    async def download(self, path: str, *, seconds: float) -> bytes:
        """The bytes of a file."""
        answer = await self._sent("GET", path, seconds)
        if not answer.is_success:
            self._answer(answer)
        return answer.content

    async def _ask(
        self,
        method: str,
        path: str,
        seconds: float,
        *,
        params: Mapping[str, str | float] | None = None,
        body: Values | None = None,
    ) -> Values:
        return self._answer(await self._sent(method, path, seconds, params=params, body=body))

    async def _sent(
        self,
        method: str,
        path: str,
        seconds: float,
        *,
        params: Mapping[str, str | float] | None = None,
        body: Values | None = None,
    ) -> httpx2.Response:
        try:
            return await self._client.request(method, path, params=params, json=body, timeout=seconds)
        except httpx2.ConnectError as error:
            raise no_hub(f"nothing answers at {self.url}") from error
        except httpx2.TimeoutException as error:
            raise HubError(
                f"The hub at {self.url} did not answer within {seconds:g} s.",
                next_step="Look at its log, or stop it with hub stop and start it again.",
            ) from error
        except httpx2.HTTPError as error:
            raise NoHub(
                f"The connection to the hub at {self.url} broke ({error or type(error).__name__}).",
                next_step="See with hub status whether it is still running.",
            ) from error

    def _answer(self, answer: httpx2.Response) -> Values:
        try:
            value = answer.json()
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise NoHub(
                f"What answers at {self.url} is not a voice-hub (HTTP {answer.status_code}).",
                next_step="Set HUB_PORT to the hub's port, or unset it.",
            )
        if answer.is_success:
            return value
        if answer.status_code == UNAUTHORIZED:
            raise HubError(
                f"The hub at {self.url} does not take this token.",
                next_step="Set HUB_HOME to that hub's folder, or HUB_TOKEN to its token.",
            )
        raise told(value, answer.status_code)


def told(value: Values, status: int) -> HubError:
    """The error that the hub answered with."""
    said = value.get("error")
    said = said if isinstance(said, dict) else {}
    error = HubError(
        str(said.get("message") or f"The hub answered HTTP {status}."),
        next_step=str(said.get("next_step") or ""),
    )
    error.code = str(said.get("code") or "internal")
    error.retryable = bool(said.get("retryable"))
    return error


@asynccontextmanager
async def connected(given: Settings) -> AsyncGenerator[HubApi]:
    """A client of the running hub.

    Raises:
        NoHub: None is running.
    """
    place = find(given)
    headers = {"Authorization": f"Bearer {place.token}"}
    # trust_env off: a proxy for the internet has no business between us and this machine's own hub.
    # Reading the machine's certificates takes longer than all the rest: only where https needs them.
    secure = place.url.startswith("https:")
    async with httpx2.AsyncClient(
        base_url=place.url, headers=headers, trust_env=False, verify=secure
    ) as client:
        yield HubApi(place, client)


def ask(method: str, path: str, **query: str | float) -> Values:
    """One question to the running hub, for commands that need no more.

    Raises:
        HubError: No hub, or it refused; in one sentence.
    """

    async def once() -> Values:
        async with connected(settings()) as api:
            if method == "DELETE":
                return await api.delete(path)
            return await (api.post(path) if method == "POST" else api.get(path, query))

    return anyio.run(once)
