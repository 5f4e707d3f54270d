"""What an operator sees of the servers and their tools, put together from pool, catalog and servers.json."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from hub.core import gate
from hub.core.catalog import Reason, Route, hidden_in
from hub.core.errors import NotFound
from hub.core.gate import Ruling, Verdict
from hub.core.plan import Action, Step
from hub.core.spec import EVERYTHING, Config, Confirm, Era, Problem, ServerSpec, Share
from hub.pool.config_file import ConfigFile
from hub.pool.pool import Pool


class ServerOperations:
    """Reads the pool; changes only what an operator asks for."""

    def __init__(self, pool: Pool, file: ConfigFile, stop: Callable[[], None]) -> None:
        self._pool = pool
        self._file = file
        self._stop = stop

    def servers(self) -> list[dict[str, Any]]:
        """Every server of servers.json with its state."""
        return [asdict(status) for status in self._pool.servers()]

    def server(self, name: str) -> dict[str, Any]:
        status = next((one for one in self.servers() if one["name"] == name), None)
        spec = self._pool.config.servers.get(name)
        if status is None:
            raise NotFound(f"There is no server {name}.", next_step="hub servers lists them.")
        reasons = [reason for reason in self._pool.catalog.why("*") if reason.server == name]
        return status | {
            "spec": spec.masked() if spec is not None else {},
            "tools": [
                {
                    "name": reason.name,
                    "public": reason.tool,
                    "offered": reason.offered,
                    "rule": reason.rule,
                    "title": reason.route.definition.get("title") if reason.route else None,
                    "description": reason.route.definition.get("description", "") if reason.route else "",
                    "read_only": reason.route.read_only if reason.route else None,
                    "destructive": reason.route.destructive if reason.route else None,
                }
                for reason in reasons
            ],
            "tool_count": status["tools"],
            "stderr": self._pool.stderr_tail(name),
        }

    def restart_server(self, name: str) -> None:
        if name not in self._pool.config.servers:
            raise NotFound(f"There is no server {name}.", next_step="hub servers lists them.")
        self._pool.restart(name)

    def tools(self, pattern: str) -> list[dict[str, Any]]:
        offered = {reason.tool for reason in self._pool.catalog.why(pattern) if reason.offered}
        return [
            {
                "name": route.public,
                "server": route.server,
                "description": route.definition.get("description", ""),
                "read_only": route.read_only,
                "destructive": route.destructive,
            }
            for route in self._pool.catalog.offered(EVERYTHING)
            if route.public in offered
        ]

    def why(self, tool: str) -> list[dict[str, Any]]:
        return [
            {"tool": reason.tool, "offered": reason.offered, "rule": self._rule(reason)}
            for reason in self._pool.catalog.why(tool)
        ]

    def _rule(self, reason: Reason) -> str:
        """All that decides about a tool: its server's policies, the views, the gate of voice calls."""
        spec = self._pool.spec(reason.server)
        if not reason.offered or reason.route is None or spec is None:
            return reason.rule
        hidden = hidden_in(self._pool.config.views.values(), reason.route)
        gated = gate.rule(reason.route, spec.confirm, None, has_twin=self._has_twin(reason.route))
        return "; ".join([reason.rule, *hidden, *_run_by(spec), _gated(gated, spec.confirm)])

    def _has_twin(self, route: Route) -> bool:
        """Whether the read-only twin offers the tool too."""
        twins = self._pool.voice_catalog.route(route.public) if self._pool.has_twin(route.server) else None
        return twins is not None and twins.tool == route.tool

    def plan(self) -> dict[str, Any]:
        """What servers.json, as it is on disk now, would change."""
        wanted: Config = self._file.read()
        return {
            "steps": [
                {"server": step.server, "action": step.action.value, "why": self._why(step)}
                for step in self._pool.plan(wanted).steps
            ],
            "problems": [told(problem) for problem in wanted.problems],
        }

    def _why(self, step: Step) -> str:
        """The reason of a step; where nothing would be done, also how the last edit stands."""
        if step.action is not Action.KEEP:
            return step.why
        pending = self._pool.pending(step.server)
        return f"{step.why}; {pending}" if pending is not None else step.why

    def problems(self) -> list[dict[str, Any]]:
        """What is wrong with servers.json as it was last read, and with the file of pins."""
        pins = [{**told(problem), "file": problem.path, "path": ""} for problem in self._pool.pins.problems()]
        return pins + [told(problem) for problem in self._pool.config.problems]

    def stop(self) -> None:
        self._stop()


def told(problem: Problem) -> dict[str, Any]:
    """A problem as plain values."""
    return asdict(problem)


def _run_by(spec: ServerSpec) -> list[str]:
    """How its ToolCalls are run, as far as the entry says something of its own."""
    times = spec.timeouts
    rules = {
        "share": "each voice call has a session of its own" if spec.share is Share.CALL else "",
        "concurrency": f"at most {spec.concurrency} at once",
        "timeouts": f"given up after {times.call:g} s without a sign of life, {times.total:g} s in all",
        "era": f"spoken to in the era {spec.era.value}" if spec.era is not Era.AUTO else "",
    }
    return [f"{rule} by {key}" for key, rule in rules.items() if rule and key in spec.written]


def _gated(ruling: Ruling, confirm: Confirm) -> str:
    """What the gate does in a voice call, before anything is known of the arguments."""
    if ruling.verdict is Verdict.CONFIRM:
        return f'in a voice call only after a yes, by confirm "{confirm.value}"'
    if ruling.twin:
        return "in a voice call by the read-only twin, what that refuses only after a yes"
    return "in a voice call without a question"
