"""Names that every language model takes: server__tool within ^[A-Za-z0-9_-]{1,64}$, each only once."""

import hashlib
import re
from collections.abc import Iterable

LONGEST = 64
SEPARATOR = "__"
_LONGEST_SERVER = 24
_SUFFIX = 8
_OTHER = re.compile(r"[^A-Za-z0-9_-]")


def plain_name(server: str, tool: str) -> str:
    """Map a pair to its plain name; another pair may have the same."""
    left, right = _OTHER.sub("_", server), _OTHER.sub("_", tool)
    whole = f"{left}{SEPARATOR}{right}"
    return whole if len(whole) <= LONGEST else _suffixed(server, tool, 0)


def _suffixed(server: str, tool: str, attempt: int) -> str:
    """Shorten both parts and tell the pair by a hash, which depends on nothing else."""
    left, right = _OTHER.sub("_", server), _OTHER.sub("_", tool)
    told = f"{len(server)}:{server}{tool}{attempt or ''}".encode("utf-8", "surrogatepass")
    suffix = hashlib.sha256(told).hexdigest()[:_SUFFIX]
    whole = f"{left[:_LONGEST_SERVER]}{SEPARATOR}{right}"
    return f"{whole[: LONGEST - _SUFFIX - 1]}_{suffix}"


def public_names(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """Name all pairs, the first of those that would share a name keeping the plain one."""
    taken: set[str] = set()
    names = []
    for server, tool in pairs:
        name, attempt = plain_name(server, tool), 0
        while name in taken:
            name, attempt = _suffixed(server, tool, attempt), attempt + 1
        taken.add(name)
        names.append(name)
    return names
