"""Calls from the terminal: typed, recited, followed; and every way in which one can go wrong."""

import json
import os
import pty
import sys
import threading
from pathlib import Path
from typing import Any

import anyio
import pytest

from hub.cli import dialogue
from hub.cli.dialogue import Answer, shape
from hub.cli.main import main
from hub.cli.talk import typed_lines
from tests.cli.fake_hub import FakeHub

Output = pytest.CaptureFixture[str]
GREETING = {"kind": "turn", "role": "agent", "text": "Hello, what can I do?"}
STARTED = {"kind": "tool_started", "tool": "shop__count", "text": "shop__count"}
ENDED = {"kind": "tool_ended", "tool": "shop__count", "ok": True, "text": "42 rows"}
PATIENCE = {"kind": "turn", "role": "agent", "text": "One moment."}
REPLY = {"kind": "turn", "role": "agent", "text": "There are 42."}


@pytest.fixture
def call(fake: FakeHub) -> FakeHub:
    """A hub whose agent greets, and answers once after a tool."""
    fake.greeting = [GREETING]
    fake.replies = [[STARTED, PATIENCE, ENDED, REPLY]]
    return fake


def sent(hub: FakeHub) -> list[Any]:
    return [body["text"] for key, body in hub.asked if key.endswith("/send")]


def ends(hub: FakeHub) -> int:
    return sum(key == "POST /api/calls/c1/end" for key, _ in hub.asked)


def test_say_prints_the_dialogue_and_each_tool_call_then_hangs_up(call: FakeHub, capsys: Output) -> None:
    assert main(["talk", "--say", "how many orders", "--goal", "Count"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "agent: Hello, what can I do?",
        "  you: how many orders",
        "       … shop__count",
        "agent: One moment.",
        "       ✓ shop__count 42 rows",
        "agent: There are 42.",
        "The call is over (operator_ended, 12 s). hub calls c1 has every word.",
    ]
    assert ("POST /api/calls", {"goal": "Count", "mode": "text"}) in call.asked
    assert ends(call) == 1


def test_each_line_waits_for_the_answer_before_it(call: FakeHub) -> None:
    call.replies.append([REPLY])
    assert main(["talk", "--say", "one", "--say", "two"]) == 0
    assert sent(call) == ["one", "two"]
    orders = [event["text"] for event in call.events]
    assert orders.index("two") > orders.index("There are 42.")


def test_json_prints_the_events_as_they_came(call: FakeHub, capsys: Output) -> None:
    assert main(["talk", "--json", "--say", "how many"]) == 0
    assert [json.loads(row)["n"] for row in capsys.readouterr().out.splitlines()] == [1, 2, 3, 4, 5, 6]


def test_a_call_that_ends_before_the_answer_is_an_error(call: FakeHub, capsys: Output) -> None:
    call.replies = [[STARTED, {"end": "provider_failed"}]]
    assert main(["talk", "--say", "how many", "never said"]) == 1
    assert "ended before the agent had answered (provider_failed)" in capsys.readouterr().err
    assert sent(call) == ["how many"]
    assert ends(call) == 0


def test_an_agent_that_stays_silent_is_an_error_and_the_call_is_hung_up(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogue.Dialogue.answered, "__defaults__", (0.3,))
    call.replies = [[]]
    assert main(["talk", "--say", "how many"]) == 1
    assert "did not answer within 0.3 s" in capsys.readouterr().err
    assert ends(call) == 1


def test_a_hub_that_is_just_starting_is_waited_for(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogue, "READY_POLL", 0.01)
    error = {"message": "No voice worker is ready.", "retryable": True}
    call.routes["POST /api/calls"] = (503, {"error": error})
    call.routes["GET /api/status"] = (200, {"voice": True, "ready": False})

    def come_up() -> None:
        while sum(key == "POST /api/calls" for key, _ in call.asked) < 3:
            threading.Event().wait(0.01)
        del call.routes["POST /api/calls"]

    coming = threading.Thread(target=come_up)
    coming.start()
    assert main(["talk", "--say", "how many"]) == 0
    coming.join()


@pytest.mark.parametrize(
    ("status", "patience"), [({"voice": True, "ready": True}, 45.0), ({"voice": True, "ready": False}, 0.0)]
)
def test_a_hub_that_has_no_worker_is_not_waited_for_without_end(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch, status: dict[str, bool], patience: float
) -> None:
    monkeypatch.setattr(dialogue, "READY_SECONDS", patience)
    error = {"message": "No voice worker is ready.", "retryable": True}
    call.routes["POST /api/calls"] = (503, {"error": error})
    call.routes["GET /api/status"] = (200, status)
    assert main(["talk", "--say", "how many"]) == 1
    assert capsys.readouterr().err == "No voice worker is ready.\n"


def test_a_hub_without_voice_is_explained(call: FakeHub, capsys: Output) -> None:
    error = {"message": "This hub runs without voice.", "next_step": "Start it without --no-voice."}
    call.routes["POST /api/calls"] = (503, {"error": error})
    assert main(["talk", "--say", "hello"]) == 1
    assert capsys.readouterr().err == "This hub runs without voice. Start it without --no-voice.\n"


def test_without_a_hub_the_exit_status_is_3(home: Path) -> None:
    assert main(["talk", "--say", "hello"]) == 3


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--say"], "needs something to say"),
        (["--say", "  "], "needs something to say"),
        (["hello"], "no --say"),
        (["--mic", "--say", "x"], "three ways to talk"),
        (["--wav", "x.wav", "--mic"], "three ways to talk"),
        (["--wav", "none.wav"], "none.wav cannot be read: no such file"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(
    call: FakeHub, capsys: Output, argv: list[str], said: str
) -> None:
    assert main(["talk", *argv]) == 1
    assert said in capsys.readouterr().err
    assert call.asked == []


def test_lines_from_a_pipe_are_said_one_after_another(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    call.replies.append([REPLY])
    reading, writing = os.pipe()
    os.write(writing, b"one\n\ntwo\n/quit\nnever\n")
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["talk"]) == 0
    assert sent(call) == ["one", "two"]
    assert "  you: one" in capsys.readouterr().out
    assert ends(call) == 1


def test_what_is_typed_is_not_printed_again_and_ctrl_d_hangs_up(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, slave = pty.openpty()

    def type_when_greeted() -> None:
        os.write(master, b"how many\n")
        while not any(event["text"] == REPLY["text"] for event in call.events):
            threading.Event().wait(0.01)
        os.write(master, b"\x04")

    typist = threading.Thread(target=type_when_greeted)
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        typist.start()
        assert main(["talk"]) == 0
    typist.join()
    os.close(master)
    said = capsys.readouterr().out
    assert sent(call) == ["how many"]
    assert "Ctrl-D or /quit hangs up" in said
    assert "you:" not in said
    assert "agent: There are 42." in said
    assert ends(call) == 1


def test_a_typed_call_that_the_agent_ends_is_over_without_a_key(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    call.greeting = [GREETING, {"end": "agent_ended"}]
    master, slave = pty.openpty()
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["talk"]) == 0
    os.close(master)
    assert "agent: Hello" in capsys.readouterr().out


def test_an_error_in_a_typed_call_is_one_sentence(
    call: FakeHub, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    call.routes["POST /api/calls/c1/send"] = (409, {"error": {"message": "The call is over."}})
    master, slave = pty.openpty()
    os.write(master, b"how many\n")
    with os.fdopen(slave) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["talk"]) == 1
    os.close(master)
    assert capsys.readouterr().err == "The call is over.\n"
    assert ends(call) == 1


def test_mic_prints_the_join_link_and_follows_the_call(call: FakeHub, capsys: Output) -> None:
    call.greeting = [GREETING, {"end": "caller_left"}]
    assert main(["talk", "--mic"]) == 0
    said = capsys.readouterr().out
    assert f"http://127.0.0.1:{call.port}/join/c1#the-key" in said
    assert "agent: Hello" in said


@pytest.mark.anyio
async def test_typed_lines_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes("eins\nzw\xf6lf".encode("latin-1"))
    with (tmp_path / "lines").open() as file, anyio.fail_after(5):
        assert [text async for text in typed_lines(file.fileno())] == ["eins", "zw�lf"]


def test_an_answer_is_complete_when_the_agent_spoke_last_and_no_tool_runs() -> None:
    answer = Answer()
    seen = []
    for event in (PATIENCE, STARTED, PATIENCE, ENDED, REPLY, {"kind": "status"}):
        answer.note(event)
        seen.append(answer.complete)
    assert seen == [True, False, False, False, True, True]


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"kind": "turn", "role": "agent", "text": "I", "interrupted": True}, "agent: I —"),
        ({"kind": "turn", "role": "operator", "text": "Hi"}, "agent: Hi"),
        ({"kind": "tool_ended", "tool": "a__b", "ok": False, "text": "down"}, "       ✗ a__b down"),
        ({"kind": "error", "text": "lost\x1b[2J"}, "       ! lost [2J"),
        ({"kind": "provider", "text": "tts failed"}, "       ! tts failed"),
        ({"kind": "status", "text": "in_progress"}, None),
        ({"kind": "turn", "role": "caller", "text": "Hi"}, None),
    ],
)
def test_events_are_shown_as_lines(event: dict[str, Any], shown: str | None) -> None:
    line = shape(event, echo=False)
    assert (line and line[0]) == shown
