"""Who may ask what: every kind of path against every kind of credential, Host and Origin."""

from collections.abc import AsyncGenerator

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.http.access import COOKIE, LOOPBACK, Access, Doorkeeper

pytestmark = pytest.mark.anyio

TOKEN, WORKER = "operator-token", "worker-token"


async def who(request: Request) -> Response:
    return JSONResponse({"principal": getattr(request.state, "principal", None)})


@pytest.fixture
def door() -> Doorkeeper:
    return Doorkeeper(
        token=TOKEN,
        worker_token=WORKER,
        hosts=LOOPBACK,
        call_token=lambda call_id, token: token == f"token-of-{call_id}",
    )


@pytest.fixture
async def client(door: Doorkeeper) -> AsyncGenerator[httpx2.AsyncClient]:
    app = Access(Starlette(routes=[Route("/{path:path}", who, methods=["GET", "POST"])]), door)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:7788") as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    "path",
    ["/mcp", "/mcp/views/voice", "/mcp/servers/x", "/api/status", "/api/worker/hello", "/metrics", "/zzz"],
)
async def test_every_path_wants_a_token(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["error"]["code"] == "unauthorized"
    assert (await client.get(path, headers=bearer("wrong"))).status_code == 401
    assert (await client.get(path, headers=bearer(TOKEN))).json() == {"principal": "operator"}


@pytest.mark.parametrize(
    "path",
    [
        "/healthz",
        "/readyz",
        "/join/abc",
        "/assets/js/x.js",
        "/api/join",
        "/api/join/info",
        "/lk/rtc/v1",
        "/login",
    ],
)
async def test_doors_that_guard_themselves_are_open_and_give_no_rights(
    client: httpx2.AsyncClient, path: str
) -> None:
    assert (await client.get(path)).json() == {"principal": None}


@pytest.mark.parametrize("path", ["/", "/calls/x", "/servers/x"])
async def test_a_page_without_a_cookie_leads_to_the_explanation(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


async def test_a_call_token_opens_its_own_tools_and_nothing_else(client: httpx2.AsyncClient) -> None:
    mine = bearer("token-of-c1")
    assert (await client.post("/mcp/calls/c1", headers=mine)).json() == {"principal": "call:c1"}
    for path in ("/mcp/calls/c2", "/mcp", "/mcp/servers/x", "/api/status", "/api/worker/jobs"):
        assert (await client.post(path, headers=mine)).status_code == 401


async def test_a_worker_token_opens_the_link_and_nothing_else(client: httpx2.AsyncClient) -> None:
    assert (await client.post("/api/worker/jobs", headers=bearer(WORKER))).json() == {"principal": "worker"}
    for path in ("/mcp", "/mcp/calls/c1", "/api/status", "/api/calls"):
        assert (await client.post(path, headers=bearer(WORKER))).status_code == 401


async def test_the_cookie_opens_the_dashboard_but_not_mcp(
    client: httpx2.AsyncClient, door: Doorkeeper
) -> None:
    mine = {"Cookie": f"{COOKIE}={door.cookie()}"}
    assert (await client.get("/api/status", headers=mine)).json() == {"principal": "operator"}
    assert (await client.get("/", headers=mine)).json() == {"principal": "operator"}
    assert (await client.post("/mcp", headers=mine)).status_code == 401
    assert (await client.get("/api/status", headers={"Cookie": f"{COOKIE}=wrong"})).status_code == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:7788", "[bad", ""])
async def test_a_foreign_host_name_is_refused_everywhere(client: httpx2.AsyncClient, host: str) -> None:
    for path in ("/mcp", "/api/status", "/healthz", "/join/abc"):
        answer = await client.get(path, headers=bearer(TOKEN) | {"Host": host})
        assert (answer.status_code, answer.json()["error"]["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost:7788", "[::1]:7788", "127.0.0.1"])
async def test_loopback_by_any_of_its_names_is_fine(client: httpx2.AsyncClient, host: str) -> None:
    assert (await client.get("/mcp", headers=bearer(TOKEN) | {"Host": host})).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "vscode-file://x"])
async def test_a_foreign_origin_is_refused_everywhere(client: httpx2.AsyncClient, origin: str) -> None:
    for path in ("/mcp", "/api/status", "/api/join"):
        answer = await client.post(path, headers=bearer(TOKEN) | {"Origin": origin})
        assert answer.status_code == 403


async def test_a_page_on_another_port_of_this_machine_cannot_use_the_cookie(
    client: httpx2.AsyncClient, door: Doorkeeper
) -> None:
    mine = {"Cookie": f"{COOKIE}={door.cookie()}"}
    elsewhere, here = {"Origin": "http://localhost:9999"}, {"Origin": "http://127.0.0.1:7788"}
    assert (await client.post("/api/stop", headers=mine | elsewhere)).status_code == 403
    assert (await client.post("/api/stop", headers=mine | here)).status_code == 200
    assert (await client.post("/mcp", headers=bearer(TOKEN) | elsewhere)).status_code == 200


def test_a_code_is_good_once(door: Doorkeeper) -> None:
    code = door.new_code()
    assert door.redeem(code)
    assert not door.redeem(code)
    assert not door.redeem("made up")


def test_a_code_grows_old(door: Doorkeeper, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("hub.http.access.time.monotonic", lambda: now[0])
    code = door.new_code()
    now[0] += 601
    assert not door.redeem(code)
