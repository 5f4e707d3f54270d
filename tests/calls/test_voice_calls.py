"""What clients can do with VoiceCalls, from the start to the transcript."""

import json
import time
from typing import Any

import anyio
import pytest

from hub.core.errors import (
    AlreadyEnded,
    CallNotFound,
    HubError,
    InvalidArguments,
    NotFound,
    ServerUnavailable,
    TooManyCalls,
    Unauthorized,
    UnsupportedInMode,
)
from tests.calls.conftest import URL, House

pytestmark = pytest.mark.anyio

JOINED = {"kind": "joined"}
SAID = {"kind": "turn", "item": "a", "role": "agent", "text": "Hello.", "final": True}
ENDED = {"kind": "ended", "reason": "caller_left"}


async def test_a_browser_call_waits_for_its_caller_with_a_link_good_for_an_hour(house: House) -> None:
    started = await house.calls.start({"goal": "count the orders"})
    assert started["status"] == "waiting_for_caller"
    assert started["join_url"].startswith(f"{URL}/join/{started['call_id']}#")
    assert started["transcript_uri"] == f"call://{started['call_id']}/transcript"
    assert started["tools_ready"] == [{"server": "shop", "tools": ["shop__list"]}]
    assert "mail is backoff" in started["warnings"][0]
    assert started["next_step"]
    assert house.rooms.opened == []


async def test_the_room_and_the_agent_come_when_the_caller_fetches_the_token(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    joined = await house.join(started)
    again = await house.join(started)
    assert joined["identity"] == again["identity"] == f"caller-{started['call_id']}"
    assert set(joined) == {"url", "token", "identity", "expires_at"}
    assert house.rooms.opened == [(f"call-{started['call_id']}", 60)]


async def test_a_text_call_is_in_progress_at_once(house: House) -> None:
    started = await house.calls.start({"goal": "g", "mode": "text", "max_minutes": 2})
    assert started["status"] == "in_progress"
    assert "join_url" not in started
    assert house.rooms.opened == [(f"call-{started['call_id']}", 120)]


async def test_a_text_call_without_a_worker_says_so_and_is_over(house: House) -> None:
    house.worker_is_there = False
    with pytest.raises(ServerUnavailable, match="No voice worker"):
        await house.calls.start({"goal": "g", "mode": "text"})
    (call,) = (await house.calls.list({}))["calls"]
    assert (call["status"], call["ended_reason"]) == ("ended", "no_worker")


async def test_starting_twice_with_one_key_starts_one_call(house: House) -> None:
    asked = {"goal": "g", "mode": "text", "idempotency_key": "k"}
    first, second = [await house.calls.start(asked) for _ in range(2)]
    assert first["call_id"] == second["call_id"]
    assert second["status"] == "in_progress"
    assert len(house.rooms.opened) == 1


async def test_asking_again_for_a_call_that_fills_the_last_place_is_no_call_too_many(house: House) -> None:
    house.places = 1
    asked = {"goal": "g", "mode": "text", "idempotency_key": "k"}
    first = await house.calls.start(asked)
    assert (await house.calls.start(asked))["call_id"] == first["call_id"]
    with pytest.raises(TooManyCalls):
        await house.calls.start(asked | {"idempotency_key": "other"})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({}, "goal is missing"),
        ({"goal": "g", "mode": "fax"}, "mode"),
        ({"goal": "g", "max_minutes": 0}, "max_minutes"),
        ({"goal": "g", "gaol": "x"}, "There is no parameter gaol"),
        ({"goal": "g", "view": "nope"}, "no view nope"),
        ({"goal": "g", "persona": "pirate"}, "no persona pirate; there are default"),
        ({"goal": "g", "record": "perhaps"}, "record"),
    ],
)
async def test_a_wrong_argument_is_named(house: House, asked: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArguments, match=words):
        await house.calls.start(asked)
    assert (await house.calls.list({}))["calls"] == []


async def test_more_calls_than_the_limit_are_refused_at_start_and_at_the_door(house: House) -> None:
    house.places = 1
    waiting = await house.calls.start({"goal": "waits"})
    await house.calls.start({"goal": "runs", "mode": "text"})
    with pytest.raises(TooManyCalls, match=r"limits\.calls is 1"):
        await house.calls.start({"goal": "one too many"})
    with pytest.raises(TooManyCalls):
        await house.join(waiting)


async def test_a_wrong_or_old_link_opens_nothing(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    call_id = started["call_id"]
    for wrong_id, key in ((call_id, "wrong"), ("nobody", house.keys.join_key("nobody"))):
        with pytest.raises(Unauthorized, match="not valid"):
            await house.calls.join(wrong_id, key, "ws://x")
        with pytest.raises(Unauthorized, match="not valid"):
            await house.calls.join_info(wrong_id, key)
    await house.calls.end({"call_id": call_id})
    with pytest.raises(AlreadyEnded):
        await house.join(started)


async def test_an_expired_link_says_that_it_has_expired(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await house.calls.start({"goal": "g"})
    later = time.time() + 3601
    monkeypatch.setattr("hub.calls.voice_calls.time.time", lambda: later)
    with pytest.raises(Unauthorized, match="expired"):
        await house.join(started)


async def test_the_join_page_learns_what_the_call_is_about(house: House) -> None:
    started = await house.calls.start({"goal": "count the orders"})
    call_id = started["call_id"]
    info = await house.calls.join_info(call_id, house.keys.join_key(call_id))
    assert (info["goal"], info["status"], info["practice"]) == (
        "count the orders",
        "waiting_for_caller",
        ["stt"],
    )
    assert house.rooms.opened == []


async def test_livekit_being_away_does_not_use_up_the_link(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    house.rooms.down = True
    with pytest.raises(ServerUnavailable):
        await house.join(started)
    house.rooms.down = False
    assert await house.join(started)


async def test_what_keeps_sound_from_passing_is_said_at_the_door(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    house.in_the_way = ServerUnavailable("No network interface but loopback is up.")
    with pytest.raises(ServerUnavailable, match="loopback"):
        await house.join(started)
    house.in_the_way = None
    assert await house.join(started)


async def test_a_poll_misses_nothing_and_repeats_nothing(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    seen: list[str] = []
    last = 0
    for n in range(5):
        await worker.tell(SAID | {"item": f"i{n}", "text": f"line {n}"})
        got = await house.calls.get({"call_id": call_id, "after_event": last})
        seen += [event["text"] for event in got["events"] if event["kind"] == "turn"]
        last = got["last_event"]
    assert seen == [f"line {n}" for n in range(5)]
    assert (await house.calls.get({"call_id": call_id, "after_event": last}))["events"] == []


async def test_a_wait_returns_the_moment_something_happens(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    last = (await house.calls.get({"call_id": call_id}))["last_event"]
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.tell, SAID)
            got = await house.calls.get({"call_id": call_id, "wait_seconds": 50, "after_event": last})
    assert [event["text"] for event in got["events"]] == ["Hello."]


async def test_all_that_a_tool_gave_is_had_by_its_number_and_is_in_no_event(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    rows = [{"n": n} for n in range(100)]
    ended = {
        "kind": "tool_ended",
        "tool_call": "t1",
        "tool": "db__run",
        "ok": True,
        "ms": 3,
        "text": "100 rows",
    }
    await worker.tell(JOINED, ended | {"whole": {"total": 100, "rows": rows}})
    await worker.tell(ended | {"tool_call": "t2", "ok": False, "text": "no such table"})
    assert '"whole"' not in json.dumps(await house.calls.get({"call_id": call_id}))
    assert (await house.calls.whole_result(call_id, "t1"))["result"] == {"total": 100, "rows": rows}
    assert (await house.calls.whole_result(call_id, "t2"))["result"] == {"text": "no such table"}
    with pytest.raises(NotFound, match="no result"):
        await house.calls.whole_result(call_id, "t3")


async def test_measurements_wake_nobody_but_make_the_latency(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    usage = {"usage": {"llm_input_tokens": 1e6}, "models": {"llm": "gpt-4o-mini"}}
    for seconds in (0.8, 1.2):
        n = str(seconds)
        await worker.tell(SAID | {"item": f"c{n}", "role": "caller"}, SAID | {"item": f"a{n}"})
        last = (await house.calls.get({"call_id": call_id}))["last_event"]
        await worker.tell({"kind": "measured", "latency": {"e2e_latency": seconds}, **usage})
    got = await house.calls.get({"call_id": call_id, "wait_seconds": 0.01, "after_event": last})
    assert (got["events"], got["last_event"]) == ([], last + 1)
    assert got["latency"]["p50"] == 1.0
    assert got["usage"]["llm"]["cost_usd"] == got["usage"]["cost_usd"] == 0.15
    record = await house.journal.call(call_id)
    assert record is not None
    assert record.cost == 0.15


async def test_until_answered_waits_for_the_caller(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    call_id = started["call_id"]
    await house.join(started)
    worker = await house.work(call_id)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(worker.tell, JOINED)
            got = await house.calls.get({"call_id": call_id, "wait_seconds": 50, "until": "answered"})
    assert got["status"] == "in_progress"


async def test_waiting_longer_than_a_desktop_allows_is_refused(house: House) -> None:
    with pytest.raises(InvalidArguments, match="wait_seconds"):
        await house.calls.get({"call_id": "c", "wait_seconds": 51})


async def test_the_transcript_comes_in_pages_and_formats(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    await worker.tell(
        SAID,
        {"kind": "tool_started", "tool_call": "t", "tool": "shop__list"},
        {
            "kind": "tool_ended",
            "tool_call": "t",
            "tool": "shop__list",
            "ok": True,
            "ms": 12.0,
            "text": "3 rows",
        },
        {"kind": "turn", "item": "b", "role": "caller", "text": "Thanks", "final": False},
        ENDED,
    )
    page = await house.calls.transcript({"call_id": call_id, "limit": 1})
    rest = await house.calls.transcript({"call_id": call_id, "after_turn": page["next_turn"]})
    assert [turn["text"] for turn in page["turns"] + rest["turns"]] == ["Hello.", "Thanks"]
    assert (page["complete"], rest["complete"]) == (False, True)
    assert (rest["turns"][0]["interrupted"], rest["turns"][0]["final"]) == (True, True)
    text = await house.calls.transcript({"call_id": call_id, "format": "text", "include_tools": True})
    assert text["text"].splitlines() == ["agent: Hello.", "tool: shop__list: 3 rows", "caller: Thanks —"]
    srt = await house.calls.transcript({"call_id": call_id, "format": "srt"})
    assert srt["text"].startswith("1\n00:00:0")


async def test_calls_are_listed_page_by_page(house: House) -> None:
    ids = [(await house.calls.start({"goal": f"g{n}"}))["call_id"] for n in range(3)]
    first = await house.calls.list({"limit": 2})
    second = await house.calls.list({"limit": 2, "cursor": first["next_cursor"]})
    assert [call["call_id"] for call in first["calls"] + second["calls"]] == ids[::-1]
    assert second["next_cursor"] is None
    for wrong in ({"since": "yesterday"}, {"cursor": "x"}, {"status": "lost"}):
        with pytest.raises(InvalidArguments):
            await house.calls.list(wrong)
    assert (await house.calls.list({"since": "2999-01-01T00:00:00Z"}))["calls"] == []


async def test_a_typed_word_reaches_the_worker_and_comes_back_as_an_event(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    await worker.tell(JOINED)
    sent: dict[str, Any] = {}

    async def send() -> None:
        sent.update(await house.calls.send({"call_id": call_id, "text": "hi", "kind": "caller"}))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            down = await house.link.commands(call_id, 0, 20)
            assert [(command.kind, command.text) for command in down.commands] == [("caller", "hi")]
            await worker.tell(
                {"kind": "turn", "item": "c", "role": "caller", "text": "hi", "final": True},
                {"kind": "command_done", "command": 1, "outcome": "in_context"},
            )
    assert (sent["accepted"], sent["delivered"]) == (True, "in_context")
    got = await house.calls.get({"call_id": call_id, "after_event": sent["event"]})
    assert "hi" in [event["text"] for event in got["events"]]


async def test_only_the_caller_of_a_text_call_is_typed_for(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    with pytest.raises(UnsupportedInMode):
        await house.calls.send({"call_id": started["call_id"], "text": "x", "kind": "caller"})
    with pytest.raises(ServerUnavailable, match="Nobody has joined"):
        await house.calls.send({"call_id": started["call_id"], "text": "x", "kind": "say"})


async def test_an_instruction_is_an_event_of_the_operator(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    await (await house.work(call_id)).tell(JOINED)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(house.calls.send, {"call_id": call_id, "text": "be brief"})
            await house.link.commands(call_id, 0, 20)
            tasks.cancel_scope.cancel()
    events = (await house.calls.get({"call_id": call_id}))["events"]
    assert ("operator", "instruct: be brief") in [(event["kind"], event["text"]) for event in events]


async def test_a_call_that_nobody_joined_is_cancelled(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g"}))["call_id"]
    assert (await house.calls.end({"call_id": call_id}))["status"] == "ended"
    again = await house.calls.end({"call_id": call_id})
    assert again["already_ended"]
    assert (await house.calls.get({"call_id": call_id}))["ended_reason"] == "cancelled"


async def test_ending_a_running_call_lets_the_worker_say_goodbye(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g", "mode": "text"}))["call_id"]
    worker = await house.work(call_id)
    await worker.tell(JOINED)
    ended: dict[str, Any] = {}

    async def end() -> None:
        ended.update(await house.calls.end({"call_id": call_id, "goodbye": "Bye"}))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(end)
            (command,) = (await house.link.commands(call_id, 0, 20)).commands
            assert (command.kind, command.text, command.reason) == ("end", "Bye", "operator_ended")
            await worker.tell(ENDED | {"reason": "operator_ended"})
    assert (ended["status"], ended["already_ended"]) == ("ended", False)


@pytest.mark.parametrize("method", ["get", "transcript", "end"])
async def test_an_unknown_call_is_named(house: House, method: str) -> None:
    with pytest.raises(CallNotFound, match="no call zzz"):
        await getattr(house.calls, method)({"call_id": "zzz"})


async def test_sending_to_a_call_that_is_over_is_refused(house: House) -> None:
    call_id = (await house.calls.start({"goal": "g"}))["call_id"]
    await house.calls.end({"call_id": call_id})
    with pytest.raises(AlreadyEnded):
        await house.calls.send({"call_id": call_id, "text": "x"})
    with pytest.raises(HubError):
        await house.calls.link(call_id)


async def test_the_link_of_a_waiting_call_can_be_had_again(house: House) -> None:
    started = await house.calls.start({"goal": "g"})
    assert (await house.calls.link(started["call_id"]))["join_url"] == started["join_url"]
    text = await house.calls.start({"goal": "g", "mode": "text"})
    with pytest.raises(UnsupportedInMode):
        await house.calls.link(text["call_id"])
    assert house.live.get(text["call_id"]) is not None
