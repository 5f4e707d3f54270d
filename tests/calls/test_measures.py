"""What a call took: each part of each answer, and what every provider asks for it."""

from pathlib import Path
from typing import Any

import pytest

from hub.calls.costs import cost, usage_result
from hub.calls.latency import latency_result
from hub.calls.prices import Prices, load_prices
from hub.core.errors import ConfigurationError
from hub.core.records import Event, EventKind, Role, ToolCallRecord

PRICES = Prices.model_validate(
    {
        "as_of": "2026-11-01",
        "price": [
            {
                "kind": "llm",
                "model": "big*",
                "input_tokens": 2,
                "input_cached_tokens": 1,
                "output_tokens": 10,
            },
            {"kind": "tts", "model": "voice", "characters": 15},
            {"kind": "stt", "model": "ear-*", "audio_hours": 0.36},
        ],
    }
)
ALL = {"llm_input_tokens": 1e6, "llm_input_cached_tokens": 4e5, "llm_output_tokens": 1e5}
ALL |= {"tts_characters_count": 2_000_000.0, "stt_audio_duration": 100.0}
MODELS = {"llm": "big-2", "tts": "voice", "stt": "ear-1"}


class Story:
    """Events in the order in which a worker tells them."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.turns = 0

    def add(self, kind: EventKind, t: float, role: Role | None = None, **data: Any) -> None:
        self.events.append(Event(n=len(self.events) + 1, t=t, kind=kind, role=role, data=data))

    def said(self, role: Role, t: float) -> None:
        self.turns += 1
        self.add(EventKind.TURN, t, role, turn=self.turns)

    def measured(self, t: float = 0.0, **data: Any) -> None:
        self.add(EventKind.STATUS, t, what="measured", **data)

    def tool(self, name: str, ms: float) -> None:
        self.add(EventKind.TOOL_ENDED, 0.0, tool=name, ms=ms)


def record(tool: str, queue_ms: float, server_ms: float, **more: Any) -> ToolCallRecord:
    server, _, name = tool.partition("__")
    return ToolCallRecord(
        id=tool,
        call_id="c1",
        caller="call",
        server=server,
        tool=name,
        started_at=1.0,
        queue_ms=queue_ms,
        server_ms=server_ms,
        outcome="ok",
        **more,
    )


def test_a_spoken_answer_is_split_into_what_it_waited_for() -> None:
    story = Story()
    story.said(Role.AGENT, 1.0)  # the greeting answers nobody
    story.measured(latency={"playback_latency": 0.1})
    story.said(Role.CALLER, 5.0)
    story.measured(latency={"transcription_delay": 0.0, "end_of_turn_delay": 0.2})
    story.tool("notes__list", 100.0)
    story.tool("more", 5.0)  # the worker's own
    story.tool("notes__add", 9000.0)
    story.said(Role.AGENT, 9.0)
    story.measured(latency={"e2e_latency": 0.7, "llm_node_ttft": 0.25, "tts_node_ttfb": 0.15})
    tools = [
        record("notes__list", 20.0, 60.0),
        record("notes__add", 0.0, 50.0, action="a1", approved_by="caller"),
    ]
    told = latency_result(story.events, tools)
    assert told is not None
    assert told["turns"] == [
        {
            "turn": 3,
            "total": 0.7,
            "end_of_turn": 0.2,
            "model": 0.25,
            "speech": 0.15,
            "tool": {
                "total": 9.105,
                "queue": 0.02,
                "transport": 0.02,
                "server": 0.11,
                "confirmation": 8.95,
            },
        }
    ]
    assert (told["p50"], told["p95"]) == (0.7, 0.7)
    assert told["parts"]["tool"] == {"p50": 9.105, "p95": 9.105}


def test_a_typed_answer_takes_until_it_is_there_and_one_that_was_cut_off_does_not_count() -> None:
    story = Story()
    for n, seconds in enumerate((0.1, 0.2, 0.4)):
        story.said(Role.CALLER, 10.0 * n)
        story.said(Role.AGENT, 10.0 * n + seconds)
        story.measured(latency={"llm_node_ttft": 0.05})
    story.said(Role.CALLER, 50.0)
    story.measured(latency={"end_of_turn_delay": 0.2})
    story.said(Role.AGENT, 51.0)
    story.measured(latency={"llm_node_ttft": 0.05})
    told = latency_result(story.events, [])
    assert told is not None
    assert [turn["total"] for turn in told["turns"]] == [0.1, 0.2, 0.4]
    assert (told["p50"], told["p95"]) == (0.2, 0.4)
    assert "tool" not in told["turns"][0]


def test_a_call_without_answers_has_no_latency() -> None:
    assert latency_result([], []) is None


def test_each_provider_is_priced_by_the_table() -> None:
    story = Story()
    story.measured(usage={"llm_input_tokens": 5.0}, models=MODELS, job="j1")
    story.measured(usage=ALL, models=MODELS, job="j1")
    told = usage_result(story.events, PRICES, None)
    assert told is not None
    assert told["llm"]["cost_usd"] == 0.6 * 2 + 0.4 * 1 + 0.1 * 10
    assert (told["tts"]["cost_usd"], told["stt"]["cost_usd"]) == (30.0, 0.01)
    assert told["llm"]["model"] == "big-2"
    assert told["cost_usd"] == cost(story.events, PRICES) == 32.61
    assert told["prices_as_of"] == "2026-11-01"


def test_a_second_worker_counts_from_nothing_and_both_are_paid() -> None:
    story = Story()
    story.measured(usage=ALL, models=MODELS, job="j1")
    story.measured(usage=ALL, models=MODELS, job="j2")
    assert cost(story.events, PRICES) == 2 * 32.61


def test_practice_costs_nothing_and_an_unknown_model_says_so() -> None:
    story = Story()
    story.measured(usage=ALL, models=MODELS | {"llm": "other"}, practice=["tts"], job="j1")
    told = usage_result(story.events, PRICES, None)
    assert told is not None
    assert (told["tts"]["cost_usd"], told["tts"]["practice"]) == (0.0, True)
    assert told["llm"]["cost_usd"] is None
    assert told["unpriced"] == ["llm other"]
    assert told["cost_usd"] == 0.01


def test_the_review_is_paid_too() -> None:
    used = {"model": "big-1", "practice": False, "amounts": {"input_tokens": 1000.0, "output_tokens": 100.0}}
    told = usage_result([], PRICES, {"usage": used})
    assert told is not None
    assert told["review"]["cost_usd"] == told["cost_usd"] == 0.003
    assert usage_result([], PRICES, {"state": "not_available"}) is None


def test_the_shipped_table_knows_what_the_shipped_persona_uses() -> None:
    prices = load_prices()
    used = {"input_tokens": 1e6, "audio_duration": 3600.0}
    for kind, model in (("llm", "gpt-4o"), ("tts", "gpt-4o-mini-tts"), ("stt", "universal-3-6-pro")):
        assert prices.cost(kind, model, used)


def test_a_table_in_the_home_takes_the_place_of_the_shipped_one(hub_home: Path) -> None:
    own = hub_home / "prices.toml"
    own.write_text('as_of = 2027-01-01\n[[price]]\nkind = "llm"\nmodel = "*"\ninput_tokens = 1\n')
    assert load_prices(hub_home).cost("llm", "anything", {"input_tokens": 2e6}) == 2.0


@pytest.mark.parametrize(
    ("text", "words"), [("as_of = 2027-01-01\nprize = []", "prize"), ("as_of =", "prices.toml cannot be")]
)
def test_a_table_that_cannot_be_used_is_named(hub_home: Path, text: str, words: str) -> None:
    (hub_home / "prices.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        load_prices(hub_home)
