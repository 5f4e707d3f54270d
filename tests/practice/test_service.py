"""One port: keys, refusals in each provider's form, and what is open to all."""

from typing import Any

import aiohttp
import pytest

from tests.practice.conftest import Running

pytestmark = pytest.mark.anyio
QUERY = "/supabase/v1/projects/practicepracticeshop/database/query"


async def asked(
    method: str, url: str, headers: dict[str, str] | None = None, **more: Any
) -> tuple[int, dict[str, Any]]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as session,
        session.request(method, url, headers=headers, **more) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize("headers", [None, {"Authorization": "Bearer wrong"}, {"Authorization": "wrong"}])
async def test_a_wrong_key_is_refused_in_each_providers_own_form(
    headers: dict[str, str] | None, practice: Running
) -> None:
    for method, path in (
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/audio/speech"),
        ("GET", "/v1/models"),
        ("GET", "/v1/"),
    ):
        status, body = await asked(method, practice.url + path, headers)
        assert (status, body["error"]["code"]) == (401, "invalid_api_key")
    status, body = await asked("GET", practice.url + "/v3/ws", headers)
    assert (status, list(body)) == (401, ["error"])
    status, body = await asked("POST", practice.url + QUERY, headers)
    assert (status, body) == (401, {"message": "Unauthorized"})


async def test_another_project_is_not_found(practice: Running) -> None:
    url = practice.url + QUERY.replace("shop", "live")
    status, body = await asked("POST", url, practice.headers, json={"query": "select 1"})
    assert (status, body) == (404, {"message": "Project not found"})


async def test_the_phrases_are_listed_with_what_practice_is(practice: Running) -> None:
    status, body = await asked("GET", practice.url + "/phrases")
    assert status == 200
    assert "only these phrases" in body["note"]
    assert {"id", "say", "pattern", "kind"} == set(body["phrases"][0])
    said = [phrase["say"] for phrase in body["phrases"]]
    assert "Which tables do we have?" in said
    assert "How many orders came in this week?" in said


async def test_health_says_what_is_provided(practice: Running) -> None:
    assert await asked("GET", practice.url + "/healthz") == (
        200,
        {"ok": True, "provides": ["stt", "llm", "tts", "supabase"], "problems": {}},
    )


async def test_what_is_not_json_is_refused_in_each_providers_own_form(practice: Running) -> None:
    for path in ("/v1/chat/completions", "/v1/audio/speech"):
        for body in (b"{", b"\xff", b"[]", b"{}"):
            status, told = await asked("POST", practice.url + path, practice.headers, data=body)
            assert (status, told["error"]["type"]) == (400, "invalid_request_error")
    for body in (b"{", b"\xff", b"[]", b"{}", b'{"query": 7}'):
        status, told = await asked("POST", practice.url + QUERY, practice.headers, data=body)
        assert (status, list(told)) == (400, ["message"])


async def test_the_ready_line_says_how_to_use_it(practice: Running) -> None:
    assert practice.told["supabase"] == {
        "url": practice.url + "/supabase",
        "ref": "practicepracticeshop",
        "token": practice.token,
    }
