"""Processes as Linux tells of them."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hub.bench import machine

pytestmark = pytest.mark.skipif(not machine.PROC.is_dir(), reason="only Linux has /proc")
GONE = 2**22 + 1  # above any pid


@pytest.fixture
def child() -> Iterator[int]:
    """A process of ours that has begun to run Python."""
    code = "print(1, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_a_tree_has_the_process_and_what_it_has_started(child: int) -> None:
    found = machine.tree(os.getpid())
    assert found[0] == os.getpid()
    assert child in found


def test_a_process_takes_memory_and_processor_time_and_says_what_it_is(child: int) -> None:
    assert machine.pss_mb(child) > 1
    assert machine.processor_seconds([os.getpid()]) > 0
    assert "input()" in machine.command_line(child)


def test_a_process_that_has_gone_takes_nothing() -> None:
    assert machine.pss_mb(GONE) == 0
    assert machine.processor_seconds([GONE]) == 0
    assert machine.command_line(GONE) == ""
    assert machine.tree(GONE) == [GONE]
