"""Real processes that do not want to go: started, followed, and gone without a rest."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from hub.core.errors import ConfigurationError
from hub.supervision import orphans
from hub.supervision.guardian import Guardian
from hub.supervision.process import Command, Process, StopSteps, exit_reason, running

pytestmark = pytest.mark.anyio
QUICK = StopSteps(close_stdin_wait=0.2, term_wait=0.2, kill_wait=1)
Gone = Callable[[int], Awaitable[None]]


def shell(script: str, environment: dict[str, str], **more: object) -> Command:
    return Command(("sh", "-c", script), environment, **more)  # type: ignore[arg-type]  # a test's own keywords


async def first_line(process: Process) -> str:
    text = b""
    with anyio.fail_after(5):
        while b"\n" not in text:
            text += await process.stdout.receive()
    return text.decode().partition("\n")[0]


async def test_nothing_is_left_of_a_stopped_process(
    stubborn_program: str, environment: dict[str, str], gone: Gone
) -> None:
    async with running(shell(stubborn_program, environment), name="x", guardian=None, stop=QUICK) as process:
        pid = int(await first_line(process))
        assert orphans.alive(pid, 0)
    assert not orphans.alive(process.pid, process.started)
    await gone(pid)


async def test_an_exit_is_noticed_while_a_grandchild_holds_stdout(environment: dict[str, str]) -> None:
    script = "sleep 1000 & echo $!; exit 3"
    async with running(shell(script, environment), name="x", guardian=None, stop=QUICK) as process:
        with anyio.fail_after(5):
            assert await process.wait() == 3


async def test_a_kill_is_told_from_an_exit(environment: dict[str, str]) -> None:
    async with running(shell("exec sleep 1000", environment), name="x", guardian=None) as process:
        os.kill(process.pid, signal.SIGKILL)
        with anyio.fail_after(5):
            assert exit_reason(await process.wait()) == "killed by SIGKILL"
    assert exit_reason(3) == "exit code 3"
    assert exit_reason(-99) == "killed by signal 99"


async def test_a_process_that_ends_with_its_input_is_not_signalled(environment: dict[str, str]) -> None:
    async with running(shell("cat; exit 5", environment), name="x", guardian=None) as process:
        await process.stdin.send(b"hello\n")
        assert await first_line(process) == "hello"
    assert process.exit_code == 5


async def test_some_are_asked_twice(environment: dict[str, str]) -> None:
    script = "trap 'trap \"exit 7\" TERM' TERM; echo up; while :; do sleep 0.05; done"
    steps = StopSteps(close_stdin_wait=0, term_wait=1, kill_wait=0.5, second_term=True)
    async with running(shell(script, environment), name="x", guardian=None, stop=steps) as process:
        await first_line(process)
    assert process.exit_code == 7


async def test_a_stop_is_finished_although_the_task_is_cancelled(
    environment: dict[str, str], gone: Gone
) -> None:
    pid = 0
    with anyio.CancelScope() as scope:
        async with running(
            shell("trap '' TERM; echo $$; while :; do sleep 1; done", environment),
            name="x",
            guardian=None,
            stop=QUICK,
        ) as process:
            pid = int(await first_line(process))
            scope.cancel()
            await anyio.sleep_forever()
    assert process.exit_code == -signal.SIGKILL
    await gone(pid)


async def test_what_the_body_raises_comes_out_unwrapped(environment: dict[str, str]) -> None:
    with pytest.raises(KeyError):
        async with running(shell("cat", environment), name="x", guardian=None):
            raise KeyError


async def test_stderr_is_kept_masked_and_logged(environment: dict[str, str], tmp_path: Path) -> None:
    log = tmp_path / "logs" / "x.log"
    command = shell(
        "echo the key is hunter22 >&2; echo last words >&2; exit 1", environment, secrets=("hunter22",)
    )
    async with running(command, name="x", guardian=None, log=log) as process:
        await process.wait()
        assert await process.last_words() == "last words"
        assert process.stderr_tail() == "the key is [secret]\nlast words"
    assert "hunter22" not in log.read_text()
    assert log.read_text().count("\n") == 2
    assert log.stat().st_mode & 0o077 == 0


async def test_each_line_of_both_outputs_can_be_followed(environment: dict[str, str]) -> None:
    lines: list[str] = []
    command = shell("echo out; echo err >&2; exec cat", environment)
    async with running(command, name="x", guardian=None, on_line=lines.append):
        with anyio.fail_after(5):
            while len(lines) < 2:  # noqa: ASYNC110  # a plain callback
                await anyio.sleep(0.01)
    assert sorted(lines) == ["err", "out"]


async def test_much_output_blocks_nobody(environment: dict[str, str]) -> None:
    script = f"'{sys.executable}' -c 'import sys; sys.stderr.write(\"x\" * 3_000_000)'; echo done"
    async with running(shell(script, environment), name="x", guardian=None) as process:
        assert await first_line(process) == "done"


async def test_a_program_that_is_not_there_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="no program no-such-program"):
        async with running(Command(("no-such-program",), environment), name="x", guardian=None):
            pass


async def test_a_folder_that_is_not_there_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no folder"):
        async with running(shell("true", environment, cwd=tmp_path / "no"), name="x", guardian=None):
            pass


async def test_a_file_that_is_no_program_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("text")
    with pytest.raises(ConfigurationError, match="cannot be run"):
        async with running(Command((str(plain),), environment), name="x", guardian=None):
            pass


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process as another user")
async def test_a_process_can_run_as_another_user(environment: dict[str, str]) -> None:
    async with running(shell("id -u; id -G", environment, user=65534), name="x", guardian=None) as process:
        assert await first_line(process) == "65534"


async def test_the_guardian_knows_a_process_while_it_runs(environment: dict[str, str], home: Path) -> None:
    async with Guardian.open(home) as guardian:
        async with running(shell("cat", environment), name="cat", guardian=guardian) as process:
            assert f'[{process.pid}, {process.started}, "cat"]' in (home / "processes.json").read_text()
        assert f"[{process.pid}," not in (home / "processes.json").read_text()
