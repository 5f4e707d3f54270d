"""Messages to a decoder process: a letter and a length, then JSON ("J") or audio ("A")."""

import struct
from collections.abc import Iterator
from typing import BinaryIO

_HEADER = struct.Struct(">cI")


def packed(kind: bytes, payload: bytes) -> bytes:
    """One message to a decoder."""
    return _HEADER.pack(kind, len(payload)) + payload


def messages(source: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """What is sent, until the other end closes or dies."""
    while len(head := source.read(_HEADER.size)) == _HEADER.size:
        kind, length = _HEADER.unpack(head)
        payload = source.read(length)
        if len(payload) < length:
            return
        yield kind, payload
