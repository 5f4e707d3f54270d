"""The machine's network, as far as sound needs it: LiveKit's media want one interface besides loopback."""

import fcntl
import os
import socket
import struct
import sys
from contextlib import closing

IFF_UP = 0x1
SIOCGIFFLAGS = 0x8913
IFREQ = struct.Struct("16sH14x")
"""An interface's name and its flags, as netdevice(7) has them."""
REMEDY = "Bring one up; any will do, on Linux 'ip link add hub0 type dummy && ip link set hub0 up'."


def interfaces_up() -> list[str]:
    """The network interfaces, lo aside, that are up; media needs one.

    They are asked of the socket layer: in a container /sys may show those of another network namespace.
    """
    names = [name for _, name in socket.if_nameindex() if name.rstrip("0123456789") != "lo"]
    if not sys.platform.startswith("linux"):
        return names  # where flags are asked for in another way, being there has to do
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as asked:
        return [name for name in names if _flags(asked, name) & IFF_UP]


def _flags(asked: socket.socket, interface: str) -> int:
    """An interface's flags; none when it has just gone."""
    try:
        told = fcntl.ioctl(asked, SIOCGIFFLAGS, IFREQ.pack(os.fsencode(interface), 0))
    except OSError:
        return 0
    return int(IFREQ.unpack(told)[1])
