"""Which era of the protocol a server speaks: asked once, in bounded time, and remembered."""

import json
import logging
import math
from pathlib import Path
from typing import Any

import anyio
from mcp import MCPError
from mcp.client.session import ClientSession
from mcp_types import UNSUPPORTED_PROTOCOL_VERSION, DiscoverResult
from mcp_types.version import LATEST_MODERN_VERSION, MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from hub.core.errors import ConfigurationError
from hub.core.spec import Era, Transport
from hub.pool.errors import ConnectionLost

PROBE_SECONDS = 5.0
"""For the answer to server/discover, unless servers.json names the era; a legacy server that ignores it costs
this once."""
REMEMBERED = 500
_log = logging.getLogger(__name__)


class Eras:
    """The eras of servers by the fingerprint of their specs, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._mute: set[str] = set()

    def get(self, fingerprint: str) -> Era | None:
        return self._known.get(fingerprint)

    def note(self, fingerprint: str, era: Era) -> None:
        """Remember a verdict; the oldest of many are forgotten."""
        if self._known.get(fingerprint) is era:
            return
        self._known[fingerprint] = era
        self._known = dict(list(self._known.items())[-REMEMBERED:])
        self._write()

    def note_mute(self, fingerprint: str) -> None:
        """Remember for one start that a server never got over the first question."""
        self._mute.add(fingerprint)

    def was_mute(self, fingerprint: str) -> bool:
        """Say so once."""
        was = fingerprint in self._mute
        self._mute.discard(fingerprint)
        return was

    def forget(self, fingerprint: str) -> None:
        """Drop a verdict that turned out wrong."""
        if self._known.pop(fingerprint, None) is not None:
            self._write()

    def _write(self) -> None:
        try:
            new = self._path.with_name(f"{self._path.name}.new")
            new.write_text(json.dumps(self._known, indent=1), encoding="utf-8")
            new.replace(self._path)
        except OSError as error:
            _log.warning("%s cannot be written, so servers are asked again: %s", self._path.name, error)


async def negotiate(session: ClientSession, era: Era, *, named: float | None) -> None:
    """Bring a session up in the given era; `auto` asks, and falls back to the handshake.

    `named`: servers.json names the era, so that a silent server is slow, and may be so for so many seconds.

    Raises:
        mcp.MCPError: The server refused the handshake, or ended.
        ConfigurationError: The server does not speak the era that servers.json names.
        TimeoutError: It has not answered for `named` seconds.
    """
    match era:
        case Era.LEGACY:
            await session.initialize()
        case Era.AUTO:
            if not await _modern(session, PROBE_SECONDS):
                await _handshake(session)
        case Era.MODERN if named is None:
            _insist(await _modern(session, PROBE_SECONDS))
        case Era.MODERN:
            with anyio.move_on_after(named) as scope:
                _insist(await _modern(session, math.inf))
            if scope.cancelled_caught:
                raise TimeoutError(f"it did not answer server/discover for {named:g} s")


def _insist(modern: bool) -> None:
    if not modern:
        raise ConfigurationError(
            f"The server does not speak {Era.MODERN}.", next_step='Remove "era", or set it to "auto".'
        )


async def _modern(session: ClientSession, seconds: float) -> bool:
    answer = await _discover(session, LATEST_MODERN_VERSION, seconds)
    if mutual := _offered(answer):
        answer = await _discover(session, mutual[-1], seconds)
    return _adopted(session, answer)


async def _handshake(session: ClientSession) -> None:
    """Initialize; a server that was slow to answer the first question may have settled for modern since.

    Raises:
        mcp.MCPError: The server refused.
    """
    try:
        await session.initialize()
    except MCPError as refusal:
        mutual = _offered(refusal)
        if not mutual or not _adopted(session, await _discover(session, mutual[-1], PROBE_SECONDS)):
            raise


async def _discover(session: ClientSession, version: str, seconds: float) -> DiscoverResult | MCPError | None:
    """Ask once; None: no answer, or none that can be understood."""
    with anyio.move_on_after(seconds):
        try:
            return DiscoverResult.model_validate(await session.send_discover(version))
        except MCPError as refusal:
            return refusal
        except ValidationError:
            return None
    return None


def _adopted(session: ClientSession, answer: DiscoverResult | MCPError | None) -> bool:
    if not isinstance(answer, DiscoverResult):
        return False
    if not set(answer.supported_versions) & set(MODERN_PROTOCOL_VERSIONS):
        return False
    session.adopt(answer)
    return True


def _offered(answer: object) -> list[str]:
    """Read the modern versions that a refusal names and the hub knows, oldest first."""
    if not isinstance(answer, MCPError) or answer.error.code != UNSUPPORTED_PROTOCOL_VERSION:
        return []
    data: Any = answer.error.data
    supported = data.get("supported") if isinstance(data, dict) else None
    return [version for version in MODERN_PROTOCOL_VERSIONS if version in (supported or ())]


def _read(path: Path) -> dict[str, Era]:
    try:
        known = json.loads(path.read_text("utf-8"))
        return {str(key): Era(value) for key, value in known.items()}
    except (OSError, ValueError, AttributeError):
        return {}


def first_era(wanted: Era, fingerprint: str, eras: Eras) -> Era:
    """Give what to begin with: what is wanted, what is remembered, legacy where the question met silence."""
    if wanted is not Era.AUTO:
        return wanted
    return eras.get(fingerprint) or (Era.LEGACY if eras.was_mute(fingerprint) else Era.AUTO)


def other_era(era: Era, wanted: Era, transport: Transport, error: Exception) -> Era | None:
    """Give what to try next: legacy where the question may have killed it, all where memory was wrong."""
    if wanted is not Era.AUTO:
        return None
    if era is not Era.AUTO:
        return Era.AUTO if not isinstance(error, ConnectionLost) else None
    asked = isinstance(error, ConnectionLost) and error.written
    return Era.LEGACY if asked and transport is Transport.STDIO else None
