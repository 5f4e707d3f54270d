"""How the servers stand, for people and for `hub_status`."""

from dataclasses import dataclass

from hub.core.spec import ServerSpec
from hub.core.supervisor import State
from hub.pool.served import Served

DISABLED = "disabled"
NOT_CONFIGURED = "not_configured"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """One server; times are seconds since the epoch."""

    name: str
    state: str
    transport: str
    era: str | None = None
    tools: int = 0
    restarts: int = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    last_error: str | None = None
    next_attempt_at: float | None = None
    twin: str | None = None
    pid: int | None = None
    since: float | None = None
    version: str | None = None
    """Of its spec: changes when servers.json changes what is started."""


@dataclass(slots=True)
class Version:
    """What is started of one version of a spec: the server and, where it has one, its twin."""

    spec: ServerSpec
    main: Served
    twin: Served | None = None

    @property
    def members(self) -> list[Served]:
        return [self.main, self.twin] if self.twin is not None else [self.main]

    @property
    def ready(self) -> bool:
        return all(member.ready for member in self.members)

    def adopt(self, spec: ServerSpec) -> None:
        """Go by a spec that differs in what needs no new process."""
        self.spec = spec
        self.main.adopt(spec)
        overlaid = spec.twin()
        if self.twin is not None and overlaid is not None:
            self.twin.adopt(overlaid)


def of_running(version: Version, candidate: Version | None) -> ServerStatus:
    """Describe a server that is to run; a new version that does not come up is its last error."""
    main, snapshot = version.main, version.main.runner.snapshot
    p50, p95 = main.pace()
    return ServerStatus(
        name=version.spec.name,
        state=main.state.value,
        transport=version.spec.transport.value,
        era=main.protocol_version,
        tools=len(main.tools or ()),
        restarts=snapshot.restarts,
        p50_ms=p50,
        p95_ms=p95,
        last_error=_new_version_error(candidate) or main.last_error,
        next_attempt_at=snapshot.next_attempt_at,
        twin=version.twin.state.value if version.twin else None,
        pid=snapshot.pid,
        since=snapshot.since,
        version=version.spec.fingerprint,
    )


def of_idle(spec: ServerSpec) -> ServerStatus:
    """Describe a server that is not to run, and why."""
    if spec.disabled:
        return ServerStatus(name=spec.name, state=DISABLED, transport=spec.transport.value)
    missing = ", ".join(spec.missing)
    plural = "is" if len(spec.missing) == 1 else "are"
    return ServerStatus(
        name=spec.name,
        state=NOT_CONFIGURED if spec.missing else State.STOPPED.value,
        transport=spec.transport.value,
        last_error=f"{missing} {plural} not set." if missing else None,
    )


def _new_version_error(candidate: Version | None) -> str | None:
    if candidate is None:
        return None
    error = next((member.last_error for member in candidate.members if member.last_error), None)
    return f"the new version does not come up, so the old one stays: {error}" if error else None
