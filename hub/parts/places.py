"""Ports and keys of the private parts; they stay the same over restarts, so that callers come back."""

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from hub.private_file import write_private

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Ports and secrets of the private parts."""

    livekit_port: int
    livekit_udp_port: int
    livekit_key: str
    livekit_secret: str
    practice_port: int
    practice_token: str


def places(home: Path) -> Places:
    """Read HUB_HOME/places.json (0600), made at the first start; a port that is taken is chosen anew."""
    path = home / "places.json"
    known = _read(path)
    found = Places(
        livekit_port=_port(known.get("livekit_port"), socket.SOCK_STREAM),
        livekit_udp_port=_port(known.get("livekit_udp_port"), socket.SOCK_DGRAM),
        livekit_key=str(known.get("livekit_key") or f"hub{secrets.token_hex(6)}"),
        livekit_secret=str(known.get("livekit_secret") or secrets.token_urlsafe(32)),
        practice_port=_port(known.get("practice_port"), socket.SOCK_STREAM),
        practice_token=str(known.get("practice_token") or f"sbp_{secrets.token_hex(20)}"),
    )
    if asdict(found) != known:
        write_private(path, json.dumps(asdict(found), indent=1))
    return found


def _read(path: Path) -> dict[str, object]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _port(wanted: object, kind: socket.SocketKind) -> int:
    for port in (wanted if isinstance(wanted, int) else 0, 0):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind is socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on the loopback interface")
