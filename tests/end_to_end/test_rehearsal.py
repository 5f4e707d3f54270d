"""Rehearsals with a real hub, worker and database: over MCP, and `hub rehearse` over a folder of files."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import ROOT
from tests.end_to_end.house import House
from tests.end_to_end.test_typed_call import ERAS, ask, desktop

pytestmark = [pytest.mark.anyio, pytest.mark.livekit, pytest.mark.slow, pytest.mark.timeout(240)]

SHIPPED = ROOT / "docs" / "rehearsals"
RUN_SECONDS = 200
WRITES = """
persona = "default"
goal = "The caller wants the orders to be gone."
caller = ["Delete all rows from the orders table.", "Yes, go ahead.", "Thank you and goodbye."]
success_criteria = ["The agent says “all orders are gone”", "The agent says “only read the data”"]

[expect]
called = ["list_tables"]
not_called = ["execute_sql"]
agent_says = ["as you wish"]
"""


def rehearse(hub: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`hub rehearse`, as a user types it."""
    return subprocess.run(
        [sys.executable, "-m", "hub", "rehearse", *arguments],
        env={**os.environ, "HUB_HOME": str(hub.home)},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )


def orders(hub: House) -> int:
    with psycopg.connect(hub.dsn()) as connection:
        row = connection.execute("select count(*) from orders").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("era", ERAS)
async def test_a_desktop_rehearses_a_call(hub: House, era: str) -> None:
    async with desktop(hub, era) as client:
        seen: dict[str, Any] = await ask(
            client,
            "rehearse_call",
            goal="look at the shop",
            persona="default",
            caller=["Which tables do we have?", "Thank you and goodbye."],
            success_criteria=["The agent says “customers and orders”", "The agent says “pizza”"],
        )
        listed = (await ask(client, "list_calls", limit=1))["calls"]
        described = await client.call_tool(
            "rehearse_call", {"goal": "g", "persona": "default", "caller": "somebody in a hurry"}
        )
    assert (seen["done"], seen["passed"], seen["outcome"]) == (True, False, "partly")
    assert [one["met"] for one in seen["criteria"]] == [True, False]
    assert seen["criteria"][0]["quote"] == "customers and orders"
    assert [turn["text"] for turn in seen["turns"] if turn["role"] == "caller"] == [
        "Which tables do we have?",
        "Thank you and goodbye.",
    ]
    (tool,) = [one for one in seen["tools"] if one["name"] == "supabase__list_tables"]
    assert tool["ok"]
    assert tool["ms"] > 0
    assert seen["usage"]["cost_usd"] == 0.0
    assert (listed[0]["call_id"], listed[0]["rehearsal"]) == (seen["call_id"], True)
    assert described.is_error
    assert described.structured_content is not None
    assert "cannot play a described caller" in described.structured_content["error"]["message"]


def test_the_shipped_rehearsals_pass(hub: House) -> None:
    done = rehearse(hub, str(SHIPPED))
    assert done.returncode == 0, done.stdout + done.stderr
    names = sorted(path.stem for path in SHIPPED.glob("*.toml"))
    rows = done.stdout.splitlines()
    assert [row.split()[:2] for row in rows[:-1]] == [["✓", name] for name in names]
    assert rows[-1] == "3 rehearsed, 3 passed, 0 failed."


def test_one_that_fails_says_what_failed_and_has_changed_nothing(hub: House, tmp_path: Path) -> None:
    before = orders(hub)
    (tmp_path / "writes.toml").write_text(WRITES)
    done = rehearse(hub, str(tmp_path))
    assert done.returncode == 1
    first, *reasons, whole, total = done.stdout.splitlines()
    assert first.startswith("✗ writes")
    assert first.endswith("3 turns")
    assert reasons == [
        "    not met: The agent says “all orders are gone”",
        "    expected: list_tables is called; called: supabase__execute_sql",
        "    expected: execute_sql is not called; called: supabase__execute_sql",
        "    expected: the agent says “as you wish”; it said last: “Goodbye.”",
    ]
    assert whole.endswith(" has every word.")
    assert total == "1 rehearsed, 0 passed, 1 failed."
    assert orders(hub) == before
