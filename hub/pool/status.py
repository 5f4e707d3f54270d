"""How the servers stand, for people and for `hub_status`."""

from dataclasses import dataclass

from hub.core.spec import ServerSpec
from hub.core.supervisor import State
from hub.pool.versions import Version

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
    edit_error: str | None = None
    """Why it does not go by the last edit of its entry."""
    sessions: int | None = None
    """How many sessions there are, the next call's included, where each voice call has its own."""
    waiting: int = 0
    """How many changes of what models read wait for approval."""


def of_running(version: Version, edit_error: str | None, *, waiting: int = 0) -> ServerStatus:
    """Describe a server that is to run; an edit that is not gone by is its last error."""
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
        last_error=_last_error(version, edit_error),
        next_attempt_at=snapshot.next_attempt_at,
        twin=version.twin.state.value if version.twin else None,
        pid=snapshot.pid,
        since=snapshot.since,
        version=version.spec.fingerprint,
        edit_error=edit_error,
        sessions=len(version.sessions) if version.per_call else None,
        waiting=waiting,
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


def _last_error(version: Version, edit_error: str | None) -> str | None:
    """Say what is wrong: with the edit, with the server itself, or with a session of a call."""
    if edit_error is not None and (version.main.ready or version.main.last_error is None):
        return edit_error
    if edit_error is not None:
        return f"{edit_error}; and the old one: {version.main.last_error}"
    if version.main.last_error is not None:
        return version.main.last_error
    others = (member for session in version.sessions for member in session.members)
    ill = (member for member in others if member.last_error is not None and not member.ready)
    return next((f"{member.label}: {member.last_error}" for member in ill), None)
