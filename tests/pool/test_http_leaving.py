"""Leaving a server over HTTP with SSE: the SDK stumbles over its own end, and nobody has to hear of it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest

from hub.pool import http
from hub.pool.http import HttpSession, http_with_sse
from hub.pool.pulse import Pulse

pytestmark = pytest.mark.anyio


def breaks(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """The SDK's client fails like this as it is left."""

    @asynccontextmanager
    async def client(*_arguments: Any, **_options: Any) -> AsyncGenerator[None]:
        yield
        raise ExceptionGroup("unhandled errors in a TaskGroup", [error])

    monkeypatch.setattr(http, "sse_client", client)


@pytest.mark.parametrize(
    "error", [httpx2.ReadError("gone"), anyio.BrokenResourceError(), anyio.ClosedResourceError()]
)
async def test_a_stream_that_breaks_while_it_is_left_is_no_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    breaks(monkeypatch, error)
    async with http_with_sse(HttpSession("web", Pulse()), "http://127.0.0.1:9/sse", {}):
        pass


async def test_a_mistake_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    breaks(monkeypatch, ZeroDivisionError())
    with pytest.RaisesGroup(ZeroDivisionError):
        async with http_with_sse(HttpSession("web", Pulse()), "http://127.0.0.1:9/sse", {}):
            pass
