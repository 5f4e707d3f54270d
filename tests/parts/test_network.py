"""Which interfaces sound could use."""

import socket
import sys

import pytest

from hub.parts import network


def test_interfaces_that_are_up_are_told_lo_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = {"lo": 0x49, "eth0": 0x1043, "eth1": 0x1002, "lowpan0": 0x1}
    monkeypatch.setattr(socket, "if_nameindex", lambda: list(enumerate(flags, 1)))
    monkeypatch.setattr(network, "_flags", lambda _, name: flags[name])
    monkeypatch.setattr(sys, "platform", "linux")
    assert network.interfaces_up() == ["eth0", "lowpan0"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert network.interfaces_up() == ["eth0", "eth1", "lowpan0"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="flags are asked for as Linux has it")
def test_the_kernel_tells_the_flags_of_an_interface() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        assert network._flags(asked, "lo") & network.IFF_UP
        assert network._flags(asked, "not-there") == 0
