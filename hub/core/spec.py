"""What servers.json says, once read by `spec_parse`: ServerSpecs, views, limits, Problems. Frozen values."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from hub.core.backoff import RestartPolicy
from hub.core.masking import masked_argv, masked_fields, masked_url, redacted

VOICE_VIEW = "voice"


class Transport(StrEnum):
    """How a server is reached: a child process, Streamable HTTP, or HTTP with SSE."""

    STDIO = "stdio"
    HTTP = "http"
    SSE = "sse"


class Confirm(StrEnum):
    """What needs a spoken yes in a VoiceCall."""

    NEVER = "never"
    WRITES = "writes"
    ALWAYS = "always"


class Share(StrEnum):
    """Who shares one session with the server."""

    ALL = "all"
    CALL = "call"


class Replace(StrEnum):
    """Whether a changed server may start while its old version still runs."""

    BESIDE = "beside"
    AFTER = "after"


class Era(StrEnum):
    """Which era of the protocol to speak."""

    AUTO = "auto"
    LEGACY = "legacy"
    MODERN = "2026-07-28"


class Severity(StrEnum):
    """An error keeps something from being used; a warning only says that something has no effect."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with servers.json, where, and what would be right."""

    path: str
    line: int
    message: str
    remedy: str
    server: str | None = None
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = " ".join(part for part in (f"line {self.line}" if self.line else "", self.path) if part)
        return f"{where}: {self.message} {self.remedy}".removeprefix(": ")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolPolicy:
    """Which tools of a server are offered, and as what; patterns are globs or @read, @write, @destructive."""

    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict, hash=False)
    preset: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    """Tool name or glob → arguments that are fixed; a glob's count only for tools that know the argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What a read-only twin is started with on top."""

    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    query: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds: to start; without a sign of life in a ToolCall; for a ToolCall in all, queue included."""

    start: float = 60.0
    call: float = 30.0
    total: float = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A named filter over what all servers offer."""

    name: str
    servers: tuple[str, ...] = ("*",)
    allow: tuple[str, ...] = ("*",)
    deny: tuple[str, ...] = ()


EVERYTHING = View(name="")
"""The view of /mcp: whatever the servers' own policies leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds over all VoiceCalls."""

    calls: int = 4
    minutes: float = 15.0
    cost_per_call: float | None = None
    cost_per_day: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """One entry of servers.json, variables replaced; with variables `missing` it has no texts."""

    name: str
    transport: Transport = Transport.STDIO
    command: str = ""
    args: tuple[str, ...] = field(default=(), repr=False)
    env: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    cwd: str | None = None
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, hash=False, repr=False)
    disabled: bool = False
    missing: tuple[str, ...] = ()
    tools: ToolPolicy = ToolPolicy()
    confirm: Confirm = Confirm.WRITES
    read_only: Overlay | None = None
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    timeouts: Timeouts = Timeouts()
    concurrency: int = 8
    share: Share = Share.ALL
    replace: Replace = Replace.BESIDE
    pin: bool = True
    era: Era = Era.AUTO
    is_twin: bool = False
    written: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """The entry as it stands in the file, variables by name: what people may see once it is masked."""
    secrets: tuple[str, ...] = field(default=(), compare=False, repr=False)
    """Values that must never be shown or logged, longest first."""

    @property
    def runnable(self) -> bool:
        """Whether it is to run at all."""
        return not self.disabled and not self.missing

    @property
    def fingerprint(self) -> str:
        """Changes exactly when a new process or session is needed; filters, limits and times do not count."""
        overlay = self.read_only
        needed = (
            *(
                self.name,
                self.transport,
                self.command,
                self.args,
                sorted(self.env.items()),
                self.cwd,
            ),
            *(self.url, sorted(self.headers.items()), self.era, self.is_twin),
            overlay
            and (
                overlay.args,
                sorted(overlay.env.items()),
                sorted(overlay.query.items()),
            ),
        )
        return hashlib.sha256(json.dumps(needed).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def differences(self, other: "ServerSpec") -> tuple[str, ...]:
        """Name the fields in which the two differ, whether or not that needs a new process."""
        compared = (each.name for each in fields(self) if each.compare)
        return tuple(name for name in compared if getattr(self, name) != getattr(other, name))

    def twin(self) -> "ServerSpec | None":
        """Give the same server with its read-only overlay, where it has one; a twin has none."""
        overlay = self.read_only
        if overlay is None:
            return None
        return replace(
            self,
            args=(*self.args, *overlay.args),
            env={**self.env, **overlay.env},
            url=_with_query(self.url, overlay.query),
            read_only=None,
            is_twin=True,
        )

    def masked(self) -> dict[str, Any]:
        """Give the entry for people: as written, secrets masked."""
        shown = dict(self.written)
        for key in ("env", "headers"):
            if isinstance(shown.get(key), Mapping):
                shown[key] = masked_fields(shown[key], all_secret=key == "headers")
        if isinstance(shown.get("args"), list):
            shown["args"] = masked_argv(shown["args"])
        for key in ("url", "serverUrl"):
            if isinstance(shown.get(key), str):
                shown[key] = masked_url(shown[key])
        return shown

    def redact(self, text: str) -> str:
        """Take this server's secrets out of a text, its stderr for instance."""
        return redacted(text, self.secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole servers.json. Broken entries are in `problems` only, and so is all of an unreadable file."""

    servers: Mapping[str, ServerSpec] = field(default_factory=dict, hash=False)
    views: Mapping[str, View] = field(default_factory=lambda: {VOICE_VIEW: View(name=VOICE_VIEW)}, hash=False)
    limits: Limits = Limits()
    problems: tuple[Problem, ...] = ()
    readable: bool = True
    """False: missing, or not JSON, so that it says nothing about which servers are wanted."""

    @property
    def broken(self) -> frozenset[str]:
        """The names of entries that are there but cannot be used."""
        return frozenset(
            problem.server
            for problem in self.problems
            if problem.server is not None
            and problem.severity is Severity.ERROR
            and problem.server not in self.servers
        )


def _with_query(url: str, query: Mapping[str, str]) -> str:
    if not query:
        return url
    parts = urlsplit(url)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in query]
    return urlunsplit(parts._replace(query=urlencode([*kept, *query.items()])))
