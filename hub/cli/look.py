"""Commands that show what is: status, servers, calls, tools, why and plan."""

import shlex
import time
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

import typer

from hub.cli.api import Values, ask
from hub.cli.show import as_json, clean, line, span, table
from hub.core.errors import NotFound

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
SERVER_COLUMNS = ("server", "state", "transport", "tools", "restarts", "p50 ms", "p95 ms", "last error")
TRANSCRIPT_PAGE = 500


def status(*, json: Json = False) -> None:
    """Show whether the hub is ready, its parts, servers, calls and providers."""
    found = ask("GET", "/api/status")
    if json:
        as_json(found)
        return
    state = "ready" if found["ready"] else "not ready yet"
    line(f"voice-hub {clean(found['version'])}: {state}, at {clean(found['url'])}", "bold")
    up = span(time.time() - float(found["started_at"]))
    line(f"pid {found['pid']}, up {up}, servers from {clean(found['config'])}")
    if not found["voice"]:
        line("Without voice: no calls can be made.", "yellow")
    _calls_and_providers(found)
    if found["parts"]:
        line()
        columns = ("part", "state", "pid", "restarts", "detail")
        table(
            columns, [[p["name"], p["state"], p["pid"], p["restarts"], p["detail"]] for p in found["parts"]]
        )
    line()
    _server_table(found["servers"])
    _problems(found["problems"])


def _calls_and_providers(found: Values) -> None:
    calls = found["calls"]
    line(f"calls: {calls['active']} running, {calls['limit']} at most")
    providers = found["providers"]
    if providers:
        said = (f"{one['kind']} by {'practice' if one['practice'] else one['name']}" for one in providers)
        line("providers: " + clean(", ".join(said)))


def _server_table(servers: list[Values]) -> None:
    if not servers:
        line("There are no servers in servers.json.")
        return
    keys = ("name", "state", "transport", "tools", "restarts", "p50_ms", "p95_ms", "last_error")
    told = [server | {"state": _state(server)} for server in servers]
    table(SERVER_COLUMNS, [[_rounded(server.get(key)) for key in keys] for server in told])
    for server in servers:
        if count := server.get("waiting"):
            name = clean(server["name"])
            waits = "1 change waits" if count == 1 else f"{count} changes wait"
            line(f"{name}: {waits} for approval: hub pins {shlex.quote(name)}", "yellow")


def _state(server: Values) -> str:
    """The state, and how many sessions there are where each voice call has its own."""
    sessions = server.get("sessions")
    return f"{server['state']}, {sessions} sessions" if sessions else str(server["state"])


def _rounded(value: object) -> object:
    return round(value, 1) if isinstance(value, float) else value


def _problems(problems: list[Values]) -> None:
    for one in problems:
        where = [f"line {one['line']}" if one["line"] else "", one.get("path") or ""]
        told = ", ".join(part for part in (one.get("file", "servers.json"), *where) if part)
        line(f"{clean(told)}: {clean(one['message'])} {clean(one['remedy'])}", "yellow")


def servers(
    name: Annotated[str | None, typer.Argument(help="One server, in detail.")] = None, *, json: Json = False
) -> None:
    """Show the servers and their state, or one of them with its tools and last words."""
    found = ask("GET", "/api/servers" if name is None else f"/api/servers/{quote(name, safe='')}")
    if json:
        as_json(found)
    elif name is None:
        _server_table(found["servers"])
    else:
        _one_server(found)


def _one_server(found: Values) -> None:
    for key, value in found.items():
        if key not in {"tools", "stderr", "spec"}:
            line(f"{key.replace('_', ' '):16} {clean(_rounded(value))}")
    tools = found.get("tools")
    if isinstance(tools, list) and tools:
        line()
        rows = [[t["public"], "yes" if t["offered"] else "no", _kind(t), t["rule"]] for t in tools]
        table(("tool", "offered", "kind", "rule"), rows)
    if found.get("stderr"):
        line()
        line("Its last words:", "bold")
        for said in found["stderr"]:
            line(f"  {clean(said)}")


def _kind(tool: Mapping[str, Any]) -> str:
    if tool.get("read_only"):
        return "reads"
    return "destructive" if tool.get("destructive") else "writes"


def calls(
    call_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One call, word for word.")] = None,
    *,
    json: Json = False,
) -> None:
    """List the calls, newest first, or show one with its transcript."""
    if call_id is None:
        found = ask("GET", "/api/calls", limit=50)
        if json:
            as_json(found)
        elif not found["calls"]:
            line("There are no calls yet: hub talk starts one.")
        else:
            keys = ("call_id", "status", "kind", "created_at", "duration_s", "ended_reason", "goal")
            columns = ("call", "status", "mode", "made at", "seconds", "ended because", "goal")
            calls = [
                call | {"kind": "rehearsal" if call.get("rehearsal") else call.get("mode")}
                for call in found["calls"]
            ]
            table(columns, [[_rounded(call.get(key)) for key in keys] for call in calls])
        return
    path = f"/api/calls/{quote(call_id, safe='')}"
    call, turns = ask("GET", path), _transcript(path)
    if json:
        as_json(call | {"turns": turns})
        return
    ended = f", {call['ended_reason']}" if call.get("ended_reason") else ""
    line(f"{clean(call['call_id'])}: {call['status']}{ended}, {span(float(call['duration_s']))}", "bold")
    for turn in turns:
        cut = " (cut off)" if turn.get("interrupted") else ""
        line(f"{float(turn['t']):7.1f}  {clean(turn['role']):8} {clean(turn['text'])}{cut}")


def _transcript(path: str) -> list[Values]:
    turns: list[Values] = []
    after, complete = 0, False
    while not complete:
        page = ask("GET", f"{path}/transcript", after_turn=after, limit=TRANSCRIPT_PAGE, include_tools="true")
        turns += page["turns"]
        complete = page["complete"] or page["next_turn"] == after
        after = page["next_turn"]
    return turns


def tools(
    pattern: Annotated[str, typer.Argument(help="A glob such as 'supabase__*'.")] = "*", *, json: Json = False
) -> None:
    """List the tools that clients and calls are offered."""
    found = ask("GET", "/api/tools", pattern=pattern)
    if json:
        as_json(found)
    elif not found["tools"]:
        line(f"No tool matches {pattern}; hub why '{pattern}' tells of those that are not offered.")
    else:
        rows = [[t["name"], _kind(t), clean(t.get("description"))[:90]] for t in found["tools"]]
        table(("tool", "kind", "description"), rows)


def why(tool: Annotated[str, typer.Argument(help="A tool's name or a glob.")], *, json: Json = False) -> None:
    """Name the rule that offers, hides, renames or gates a tool."""
    found = ask("GET", "/api/why", tool=tool)
    if not found["reasons"]:
        raise NotFound(f"No server has a tool {tool}.", next_step="hub tools lists those that are offered.")
    if json:
        as_json(found)
    else:
        table(("tool", "offered", "rule"), [[r["tool"], r["offered"], r["rule"]] for r in found["reasons"]])


def plan(*, json: Json = False) -> None:
    """Show what servers.json, as it is on disk now, would change."""
    found = ask("GET", "/api/plan")
    if json:
        as_json(found)
        return
    if found["steps"]:
        table(("server", "action", "why"), [[s["server"], s["action"], s["why"]] for s in found["steps"]])
    else:
        line("Nothing would change.")
    _problems(found["problems"])
