"""`share: call`: each voice call has a session of its own, and the next one's is up before it comes."""

from collections import OrderedDict
from collections.abc import Callable

from hub.core.errors import ServerUnavailable
from hub.pool.launcher import Launcher
from hub.pool.versions import Session, Version

REMEMBERED = 1000
"""How many calls are known to be over; a ToolCall of an older one is no longer on its way."""


class CallSessions:
    """Gives sessions to voice calls and takes them back."""

    def __init__(self, launcher: Launcher, places: Callable[[], int]) -> None:
        self._launcher = launcher
        self._places = places
        self._over: OrderedDict[str, None] = OrderedDict()

    def session(self, version: Version, call_id: str | None) -> Session:
        """Return the session that somebody is to use: a call's own where the server is shared per call.

        Raises:
            ServerUnavailable: The call is over, or there are more calls than may be.
        """
        if call_id is None or not version.per_call:
            return version.shared
        own = version.calls.get(call_id)
        return own if own is not None else self._given(version, call_id)

    def over(self, call_id: str) -> None:
        """A call is over: it is given no session any more."""
        self._over[call_id] = None
        if len(self._over) > REMEMBERED:
            self._over.popitem(last=False)

    def settle(self, version: Version) -> None:
        """Let go of sessions that are not needed any more, and have the next call's ready."""
        for call_id in [
            call_id for call_id in version.calls if call_id in self._over or not version.per_call
        ]:
            self._launcher.retire_session(version, version.calls.pop(call_id))
        if version.spare is not None and not (version.per_call and len(version.calls) < self._places()):
            spare, version.spare = version.spare, None
            self._launcher.retire_session(version, spare)
        cost = len(version.calls) + len(version.leaving)  # until it has gone, a session costs what it costs
        may_start = version.ready and not version.retired and cost < self._places()
        if version.per_call and version.spare is None and may_start:
            version.spare = self._launcher.another(version)

    def follow(self, version: Version, before: Version) -> None:
        """Start sessions for the calls that had one in the version before."""
        if version.per_call:
            for call_id in before.calls:
                if call_id not in version.calls and call_id not in self._over:
                    version.calls[call_id] = self._launcher.another(version)

    def _given(self, version: Version, call_id: str) -> Session:
        if call_id in self._over:
            raise ServerUnavailable("The call is over.", next_step="Leave the room.")
        if len(version.calls) >= self._places():
            raise ServerUnavailable(
                f"All {self._places()} sessions of {version.spec.name} are taken by other calls.",
                next_step="End a call, or raise limits.calls in servers.json.",
            )
        session, version.spare = version.spare or self._launcher.another(version), None
        version.calls[call_id] = session
        self.settle(version)
        return session
