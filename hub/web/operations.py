"""What an operator sees of the servers and their tools, put together from pool, catalog and servers.json."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from hub.core.errors import NotFound
from hub.core.plan import plan
from hub.core.spec import EVERYTHING, Config, Problem
from hub.pool.config_file import ConfigFile
from hub.pool.pool import Pool

NEVER_STARTED = frozenset({"disabled", "not_configured"})


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
            {"tool": reason.tool, "offered": reason.offered, "rule": reason.rule}
            for reason in self._pool.catalog.why(tool)
        ]

    def plan(self) -> dict[str, Any]:
        wanted: Config = self._file.read()
        running = {
            status.name: spec
            for status in self._pool.servers()
            if status.state not in NEVER_STARTED and (spec := self._pool.spec(status.name)) is not None
        }
        steps = plan(running, wanted)
        return {
            "steps": [
                {"server": step.server, "action": step.action.value, "why": step.why} for step in steps.steps
            ],
            "problems": [told(problem) for problem in wanted.problems],
        }

    def problems(self) -> list[dict[str, Any]]:
        """What is wrong with servers.json as it was last read, and with the file of pins."""
        pins = [{**told(problem), "file": problem.path, "path": ""} for problem in self._pool.pins.problems()]
        return pins + [told(problem) for problem in self._pool.config.problems]

    def stop(self) -> None:
        self._stop()


def told(problem: Problem) -> dict[str, Any]:
    """A problem as plain values."""
    return asdict(problem)
