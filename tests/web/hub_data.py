"""What a hub tells the dashboard, with everything that a test does not care about filled in."""

import time
from typing import Any

CALL = "call-1"


def server(name: str, state: str = "ready", **more: Any) -> dict[str, Any]:
    """A server as /api/status tells it."""
    plain = {
        "name": name,
        "state": state,
        "transport": "stdio",
        "era": "2025-11-25",
        "tools": 5,
        "restarts": 0,
        "p50_ms": None,
        "p95_ms": None,
        "last_error": None,
        "next_attempt_at": None,
        "twin": None,
        "pid": 4711,
        "since": time.time() - 60,
        "version": "1.0",
    }
    return plain | more


def a_call(call_id: str, status: str, goal: str, **more: Any) -> dict[str, Any]:
    """A call as list_calls tells it."""
    plain = {
        "call_id": call_id,
        "status": status,
        "mode": "browser",
        "goal": goal,
        "created_at": "2026-01-02T10:00:00.000+00:00",
        "started_at": None,
        "ended_at": None,
        "duration_s": 0.0,
        "ended_reason": None,
    }
    return plain | more


def detail(**more: Any) -> dict[str, Any]:
    """A call as get_call tells it."""
    plain = {
        "call_id": CALL,
        "status": "in_progress",
        "done": False,
        "outcome": None,
        "ended_reason": None,
        "duration_s": 42.0,
        "events": [],
        "last_event": 0,
        "next_step": "",
    }
    return plain | more


def turn(n: int, role: str, text: str, *, final: bool = True, interrupted: bool = False) -> dict[str, Any]:
    """A turn as get_transcript tells it."""
    return {"n": n, "t": float(n), "role": role, "text": text, "final": final, "interrupted": interrupted}


def status(**more: Any) -> dict[str, Any]:
    """A hub where all is well."""
    plain = {
        "version": "0.1.0",
        "pid": 42,
        "url": "",
        "started_at": time.time(),
        "ready": True,
        "voice": True,
        "config": "servers.json",
        "parts": [
            {"name": "voice worker", "state": "ready", "detail": "1 of 4 calls", "pid": 7, "restarts": 1}
        ],
        "servers": [server("notes")],
        "calls": {"active": 0, "limit": 4},
        "providers": [
            {"kind": "stt", "name": "practice", "practice": True},
            {"kind": "llm", "name": "OpenAI gpt-4o", "practice": False},
        ],
        "problems": [],
    }
    return plain | more


def problem(path: str, message: str, remedy: str) -> dict[str, Any]:
    """A problem of servers.json, in line 18."""
    return {"path": path, "line": 18, "message": message, "remedy": remedy, "server": None}


def event(n: int, kind: str, text: str = "", **more: Any) -> dict[str, Any]:
    """An event as get_call tells it."""
    return {"n": n, "t": float(n), "kind": kind, "text": text, **more}
