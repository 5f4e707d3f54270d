"""What VoiceCalls ask of the rest of the hub."""

from typing import Any, Protocol

from hub.calls.arguments import StartVoiceCall
from hub.calls.prices import Prices
from hub.calls.recordings_files import RecordingFiles
from hub.core.errors import HubError
from hub.core.spec import Limits


class Surroundings(Protocol):
    """The hub around the calls."""

    def url(self) -> str:
        """Where the hub is reached, without a slash at the end."""

    def tools(self, request: StartVoiceCall) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """tools_ready and tools_missing of a call.

        Raises:
            InvalidArguments: The view does not exist.
        """

    def obstacle(self) -> HubError | None:
        """What keeps sound from passing on this machine, if anything does."""

    def limits(self) -> Limits:
        """The bounds of servers.json, as they are now."""

    def prices(self) -> Prices:
        """What the providers ask."""

    def recordings(self) -> RecordingFiles:
        """Where they are kept, and whether new ones may be made."""

    def personas(self) -> list[str] | None:
        """The names of the persona files; None while no worker has told them."""

    def language(self, persona: str | None) -> str | None:
        """The language of a persona that is not English, as far as a worker has told."""

    async def worker_there(self, seconds: float) -> bool:
        """Whether a voice worker is registered, after waiting for one."""

    async def practice(self) -> dict[str, Any]:
        """`practice` kinds, `phrases` and `note` for the join page."""
