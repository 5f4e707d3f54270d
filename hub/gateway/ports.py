"""What the gateway asks of the rest of the hub, so that its tests can bring fakes."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

from anyio.streams.memory import MemoryObjectReceiveStream

from hub.core.catalog import Catalog, Route
from hub.core.ports import Caller, RawResult
from hub.core.spec import Config, ServerSpec
from hub.toolcalls.toolcalls import Scope


class Tools(Protocol):
    """Offers and runs the servers' tools (hub.toolcalls.ToolCalls)."""

    def offered(self, scope: Scope) -> Sequence[Route]: ...

    async def run(
        self,
        scope: Scope,
        caller: Caller,
        name: str,
        arguments: dict[str, Any],
        *,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> RawResult: ...


class Calls(Protocol):
    """Runs VoiceCalls (hub.calls.VoiceCalls); each method returns a plain result (design, section 6)."""

    async def start(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def get(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def transcript(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def list(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def send(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def end(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def recording(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    @property
    def records(self) -> bool:
        """Whether this hub can record."""

    async def news(self, since: int, seconds: float) -> tuple[int, frozenset[str]]:
        """The new version, and the ids of the calls that changed after the old one, once there are any."""

    def pending_action(self, call_id: str) -> dict[str, Any] | None:
        """The change in a call that waits for a yes at this moment, as get_call tells it."""

    async def decide(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]: ...

    async def answer(self, arguments: Mapping[str, Any], by: str) -> dict[str, Any]: ...

    async def give_up(self, call_id: str, wait: str) -> None:
        """Note that nobody waits in a task any more; the call goes on."""

    async def given_up(self, call_id: str, wait: str) -> bool: ...


class Rehearsals(Protocol):
    """Rehearses VoiceCalls (hub.calls.rehearsals.Rehearsals)."""

    async def begin(self, arguments: Mapping[str, Any]) -> dict[str, Any]: ...

    async def get(self, call_id: str, wait_seconds: float) -> dict[str, Any]: ...


class Answered(Protocol):
    """What a server answered."""

    @property
    def result(self) -> RawResult: ...


class Pins(Protocol):
    """What models may read of the servers (hub.pool.pins.Pins); tools are in the Catalog already."""

    def instructions(self, server: str) -> str: ...

    def prompts(self, server: str, listed: Sequence[Any]) -> Sequence[Any]:
        """Of one page of a server's list, what may be shown."""

    def hides_prompt(self, server: str, name: Any) -> bool: ...


class Pace(Protocol):
    """Milliseconds that a tool takes, and from how many ToolCalls that is known (hub.pool.paces.ToolPace)."""

    @property
    def p50_ms(self) -> float: ...

    @property
    def p95_ms(self) -> float: ...

    @property
    def n(self) -> int: ...


class Servers(Protocol):
    """The running servers (hub.pool.Pool)."""

    @property
    def pins(self) -> Pins: ...

    @property
    def config(self) -> Config: ...

    @property
    def catalog(self) -> Catalog: ...

    def spec(self, name: str) -> ServerSpec | None:
        """What a server runs by, also while the file has a broken entry for it."""

    async def call(
        self, server: str, method: str, params: Mapping[str, Any], *, caller: Caller | None
    ) -> Answered: ...

    def pace(self, server: str, tool: str) -> Pace | None:
        """How long a tool takes; None where nobody has called it."""

    def changed(self) -> AbstractAsyncContextManager[MemoryObjectReceiveStream[str]]:
        """A subscription to `catalog` and `servers`."""


Status: TypeAlias = Callable[[str | None], dict[str, Any]]
"""hub_status: all servers, or the named one.

Raises:
    hub.core.errors.NotFound: There is no server of that name.
"""
CallScope: TypeAlias = Callable[[str], Scope | None]
"""What the VoiceCall of an id may use; None once it is over or if there is none."""
